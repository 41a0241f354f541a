"""Codes and one-hot blocks: the two numeric forms of letters, and the way back to strings."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._alphabet import NO_SIGNAL, Alphabet, get_alphabet

# Codes handled at a time: temporaries of this size stay in the processor's cache.
_CHUNK = 1 << 15


def one_hot(
    codes: NDArray[np.uint8], n_letters: int = 4, dtype: DTypeLike = np.uint8
) -> NDArray[Any]:
    """Turn letter codes into one-hot blocks.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length), dtype=uint8
        Codes ``0 .. n_letters - 1``, or ``NO_SIGNAL``.
    n_letters : int, default=4
        Number of channels.
    dtype : dtype, default=np.uint8
        Type of the result.

    Returns
    -------
    blocks : ndarray of shape (n_samples, length, n_letters)
        One 1 in each block; all zeros where the code is ``NO_SIGNAL``.

    Raises
    ------
    ValueError
        If a code is neither a letter's nor ``NO_SIGNAL``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.sequences import one_hot
    >>> one_hot(np.array([[0, 3, 255]], dtype=np.uint8))
    array([[[1, 0, 0, 0],
            [0, 0, 0, 1],
            [0, 0, 0, 0]]], dtype=uint8)
    """
    codes = _check_codes(codes, n_letters)
    dtype = np.dtype(dtype)
    flat = np.ascontiguousarray(codes).reshape(-1)
    if n_letters == 4 and dtype == np.uint8 and sys.byteorder == "little":
        # Four bytes are one 32-bit word, in which letter i sets bit 8 * i. numpy defines a shift
        # beyond the width as 0, which is what NO_SIGNAL needs.
        words = np.empty(flat.size, dtype=np.uint32)
        for start in range(0, flat.size, _CHUNK):
            part = words[start : start + _CHUNK]
            np.multiply(flat[start : start + _CHUNK], np.uint32(8), out=part, dtype=np.uint32)
            np.left_shift(np.uint32(1), part, out=part)
        return words.view(np.uint8).reshape(*codes.shape, 4)
    table = np.zeros((256, n_letters), dtype=dtype)
    table[np.arange(n_letters), np.arange(n_letters)] = 1
    blocks = np.empty((flat.size, n_letters), dtype=dtype)
    for start in range(0, flat.size, _CHUNK):
        part = blocks[start : start + _CHUNK]
        np.take(table, flat[start : start + _CHUNK], axis=0, out=part, mode="clip")
    return blocks.reshape(*codes.shape, n_letters)


def codes_from_one_hot(blocks: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Turn one-hot blocks of any numeric dtype into codes, or return None if they are not one-hot.

    `blocks` has shape (n_samples, length, n_letters). A block is one-hot if it holds zeros and ones
    that sum to at most 1.
    """
    n_samples, length, n_letters = blocks.shape
    codes = np.empty((n_samples, length), dtype=np.uint8)
    step = max(1, 8 * _CHUNK // max(1, length * n_letters))
    for start in range(0, n_samples, step):
        part = blocks[start : start + step]
        if part.dtype.kind in "biu" and part.dtype.itemsize == 1:
            ones = part.view(np.uint8)
            if part.size and ones.max() > 1:
                return None
        else:
            truth = part.astype(bool)
            if not np.array_equal(truth, part):
                return None
            ones = truth.view(np.uint8)
        total = np.zeros(part.shape[:2], dtype=np.uint8)
        code = np.zeros(part.shape[:2], dtype=np.uint8)
        for letter in range(n_letters):
            total += ones[:, :, letter]
            code += ones[:, :, letter] * np.uint8(letter)
        if total.size and total.max() > 1:
            return None
        code[total == 0] = NO_SIGNAL
        codes[start : start + step] = code
    return codes


def first_bad_block(blocks: NDArray[Any] | None) -> str:
    """Name the first position that is not one-hot."""
    if blocks is None:
        return ""
    for row, block in enumerate(blocks):
        bad = ~np.isin(block, (0, 1)).all(axis=1) | (block.sum(axis=1, dtype=float) > 1)
        if bad.any():
            position = int(np.argmax(bad))
            values = block[position].tolist()
            return f" (row {row}, position {position}, both 0-based, holds {values})"
    return ""


def decode_codes(codes: NDArray[np.uint8], alphabet: str | Alphabet = "DNA") -> NDArray[np.object_]:
    """Turn letter codes back into strings.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length), dtype=uint8
        Codes ``0 .. n_letters - 1``, or ``NO_SIGNAL``.
    alphabet : str or Alphabet, default="DNA"
        The alphabet, see `get_alphabet`.

    Returns
    -------
    sequences : ndarray of shape (n_samples,), dtype=object
        Upper-case strings. ``NO_SIGNAL`` becomes the unknown letter (``N``; ``X`` in proteins): the
        codes do not tell one ambiguity letter from another, nor from padding.

    Raises
    ------
    ValueError
        If a code is neither a letter's nor ``NO_SIGNAL``, or is ``NO_SIGNAL`` and the alphabet has
        no unknown letter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.sequences import decode_codes
    >>> decode_codes(np.array([[0, 1, 2, 3, 255]], dtype=np.uint8))
    array(['ACGTN'], dtype=object)
    """
    alphabet = get_alphabet(alphabet)
    codes = _check_codes(codes, alphabet.n_letters)
    if codes.ndim != 2:
        raise ValueError(f"codes must have shape (n_samples, length), got {codes.shape}.")
    n_samples, length = codes.shape
    text = letters_of(codes, alphabet).decode("ascii")
    sequences = np.empty(n_samples, dtype=object)
    sequences[:] = [text[row * length : (row + 1) * length] for row in range(n_samples)]
    return sequences


def letters_of(codes: NDArray[np.uint8], alphabet: Alphabet) -> bytes:
    """Return the upper-case letters of codes, one after the other, as bytes."""
    # asked for where it is needed: an alphabet need not have one
    unknown = alphabet.unknown_letter if (codes == NO_SIGNAL).any() else "?"
    return codes.tobytes().translate(alphabet.letters.ljust(256, unknown).encode("ascii"))


def require_complements(alphabet: Alphabet, remedy: str = "") -> NDArray[np.uint8]:
    """Return the complement codes, or raise, with a remedy, if the alphabet has none."""
    complements = alphabet.complement_codes
    if complements is None:
        raise ValueError(
            f"The alphabet {alphabet.name} has no complements, so there is no reverse complement. "
            f"{remedy}Use 'DNA' or 'RNA', or an Alphabet(..., complements=...)."
        )
    return complements


def strand_complements(both_strands: Any, alphabet: Alphabet) -> NDArray[np.uint8] | None:
    """Return the complement codes if both strands count, None if one does.

    "auto" is both where the alphabet is double-stranded.
    """
    if isinstance(both_strands, str) and both_strands == "auto":
        both_strands = alphabet.double_stranded
    if not isinstance(both_strands, (bool, np.bool_)):
        raise ValueError(f'both_strands must be True, False or "auto", got {both_strands!r}.')
    if not both_strands:
        return None
    if alphabet.complements is None:
        raise ValueError(
            f"both_strands=True needs complements, which the alphabet {alphabet.name} does not "
            "have. Say both_strands=False or 'auto'."
        )
    return alphabet.complement_codes


def _check_codes(codes: Any, n_letters: int) -> NDArray[np.uint8]:
    """Return codes as uint8, or raise if one of them belongs to no letter."""
    codes = np.asarray(codes)
    if codes.dtype != np.uint8:
        raise ValueError(f"codes must have the dtype uint8, got {codes.dtype}.")
    # uint8 wraps around: NO_SIGNAL + 1 is 0, so one comparison covers both kinds of legal codes.
    if codes.size and (codes + np.uint8(1)).max() > n_letters:
        bad = np.argwhere((codes >= n_letters) & (codes != NO_SIGNAL))[0]
        raise ValueError(
            f"The code {codes[tuple(bad)]} at index {tuple(bad.tolist())} belongs to no letter: "
            f"codes are 0 to {n_letters - 1}, or NO_SIGNAL = {NO_SIGNAL}."
        )
    return codes

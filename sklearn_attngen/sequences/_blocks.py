"""Strings of one length straight to one-hot blocks, without codes in between."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._alphabet import NO_SIGNAL, Alphabet
from ._strings import BAD, code_table

# letters that are encoded at a time: what is made of them stays in the processor's cache
_PART = 1 << 18
_MARK = 2  # stands in the block of a letter that must not be there


def encode_blocks(
    column: list[Any] | NDArray[Any], alphabet: Alphabet, unknown: str, length: int | None = None
) -> NDArray[np.uint8] | None:
    """Encode what `string_column` returned as one-hot blocks, if it is sound and of one length.

    Parameters are as for `encode_column`; `length` is what every string must have, None takes that
    of the first. Returns an array of shape (n_samples, length * 4), or None wherever something is
    to be raised, padded or converted, which `encode_column` and `to_matrix` do.
    """
    if alphabet.n_letters != 4 or sys.byteorder != "little" or len(column) == 0:
        return None
    if length is None:
        length = len(column[0]) if isinstance(column[0], (str, bytes)) else 0
    if length == 0 or not _all_of_length(column, length):
        return None
    # Four bytes are one 32-bit word, and two letters are looked up at a time.
    word_table, pair_table = _tables(alphabet, unknown)
    total = len(column) * length
    words = np.empty(total, dtype=np.uint32)
    pairs = words[: total - total % 2].view(np.uint64)
    step = 2 * max(1, _PART // (2 * length))  # even, so that no part ends within a pair
    index = np.empty(_PART // 2, dtype=np.intp)
    end = 0
    for start in range(0, len(column), step):
        letters = _letters(column[start : start + step], length)
        if letters is None:
            return None
        twos = letters[: letters.size // 2 * 2].view(np.uint16)
        for first in range(0, twos.size, index.size):  # once, unless the strings are very long
            some = twos[first : first + index.size]
            picked = index[: some.size]
            picked[:] = some
            begin, end = end, end + some.size
            np.take(pair_table, picked, out=pairs[begin:end], mode="clip")
            if pairs[begin:end].view(np.uint8).max() == _MARK:
                return None
        if letters.size % 2:  # the last letter of all
            words[-1] = word_table[letters[-1]]
            if words[-1:].view(np.uint8).max() == _MARK:
                return None
    return words.view(np.uint8).reshape(len(column), 4 * length)


def _all_of_length(column: list[Any] | NDArray[Any], length: int) -> bool:
    """Say whether a result of that length may be made at all, before there is memory for it."""
    if isinstance(column, np.ndarray):
        return column.dtype.itemsize == length * (4 if column.dtype.kind == "U" else 1)
    try:
        return list(map(len, column)).count(length) == len(column)
    except TypeError:
        return False


def _letters(rows: list[Any] | NDArray[Any], length: int) -> NDArray[np.uint8] | None:
    """Return the bytes of strings, or None if one is not ASCII or not of that length."""
    if isinstance(rows, np.ndarray):
        return _letters_of_array(rows, length)
    try:
        letters = "".join(rows).encode("ascii")
    except (TypeError, UnicodeEncodeError):
        return None
    return np.frombuffer(letters, dtype=np.uint8) if len(letters) == length * len(rows) else None


def _letters_of_array(rows: NDArray[Any], length: int) -> NDArray[np.uint8] | None:
    """Read a U or S array: what is shorter than its width ends in zeros, which are no letters."""
    unicode = rows.dtype.kind == "U"
    rows = np.ascontiguousarray(rows, dtype=rows.dtype.newbyteorder("="))
    if not unicode:
        return rows.view(np.uint8)
    characters = rows.view(np.uint32)
    return characters.astype(np.uint8) if characters.max() < 128 else None


@lru_cache(maxsize=16)
def _tables(alphabet: Alphabet, unknown: str) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Return the block of each byte as one word, and the blocks of each two bytes."""
    codes = np.frombuffer(code_table(alphabet), dtype=np.uint8)
    blocks = np.zeros((256, 4), dtype=np.uint8)
    letters = np.flatnonzero(codes < 4)
    blocks[letters, codes[letters]] = 1
    blocks[codes == BAD] = _MARK
    if unknown == "error":
        blocks[codes == NO_SIGNAL] = _MARK
    words = blocks.view(np.uint32).reshape(256)
    pairs = np.empty((256, 256, 2), dtype=np.uint32)
    pairs[:, :, 0] = words  # the first letter is the lower byte
    pairs[:, :, 1] = words[:, None]
    return words, pairs.view(np.uint64).reshape(1 << 16)

"""The words of many sequences as numbers, which are equal where the words are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet, get_alphabet, read_sequences
from sklearn_attngen.sequences._containers import string_column
from sklearn_attngen.sequences._strings import encode_column

# letters that are looked at a time
_PART = 1 << 20
# an odd number, and its inverse modulo 2**64
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Letters:
    """Sequences of any lengths, one after the other.

    Attributes
    ----------
    codes : ndarray of shape (n_letters_in_all,), dtype=uint8
        Codes of the letters of all sequences.
    lengths : ndarray of shape (n_sequences,), dtype=int64
        Length of each sequence.
    alphabet : Alphabet
        What the codes mean.
    """

    codes: NDArray[np.uint8]
    lengths: NDArray[np.int64]
    alphabet: Alphabet

    def __len__(self) -> int:
        return len(self.lengths)


def read_letters(X: Any, alphabet: str | Alphabet) -> Letters:
    """Read sequences of any lengths: strings in any container, or one-hot."""
    known = get_alphabet(alphabet)
    column = string_column(X)
    if column is not None:
        return Letters(*encode_column(column, known, "zero"), known)
    codes = read_sequences(X, alphabet=known).codes
    assert codes is not None  # numbers are refused
    n, length = codes.shape
    return Letters(codes.ravel(), np.full(n, length, dtype=np.int64), known)


def resolve_k(k: Any, alphabet: Alphabet) -> int:
    """Return the length of a word: "auto" is 25 for four letters, as rare for other alphabets."""
    if isinstance(k, str):
        if k != "auto":
            raise ValueError(f'k must be a number of letters or "auto", got {k!r}.')
        return math.ceil(25 * math.log(4) / math.log(alphabet.n_letters))
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise TypeError(f'k must be an int or "auto", got {type(k).__name__}.')
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}.")
    return int(k)


def resolve_strands(both_strands: Any, alphabet: Alphabet) -> bool:
    """Say whether a word and its reverse complement count as one."""
    if isinstance(both_strands, str) and both_strands == "auto":
        return alphabet.complements is not None
    if not isinstance(both_strands, (bool, np.bool_)):
        raise ValueError(f'both_strands must be True, False or "auto", got {both_strands!r}.')
    if both_strands and alphabet.complements is None:
        raise ValueError(
            f"both_strands=True needs complements, which the alphabet {alphabet.name} lacks. Use "
            "both_strands=False."
        )
    return bool(both_strands)


def hash_words(letters: Letters, k: int, both_strands: bool) -> tuple[Hashes, NDArray[np.int32]]:
    """Return a number for each word of k letters, and the row that the word is in.

    Words with a letter that carries no signal are left out, and each row counts as a word of its
    own, whatever it holds. Equal words have equal numbers; different ones differ, but for one pair
    in 2**64.
    """
    hashes = [hash_rows(letters, both_strands)]
    rows_of = [np.arange(len(letters), dtype=np.int32)]
    for first, part in _parts(letters):
        n_words = len(part.codes) - k + 1
        if n_words < 1:
            continue
        ends = np.cumsum(part.lengths)
        rows = np.repeat(np.arange(len(part), dtype=np.int32), part.lengths)
        unknown = np.concatenate([[0], np.cumsum(part.codes >= letters.alphabet.n_letters)])
        start = np.arange(n_words)
        inside = start + k <= ends[rows[:n_words]]
        start = start[inside & (unknown[k:] == unknown[:n_words])]
        hashes.append(_hash_spans(part, start, start + k, both_strands))
        rows_of.append(np.int32(first) + rows[start])
    return np.concatenate(hashes), np.concatenate(rows_of)


def hash_rows(letters: Letters, both_strands: bool) -> Hashes:
    """Return a number for each whole sequence, letters without signal included."""
    found = []
    for _, part in _parts(letters):
        ends = np.cumsum(part.lengths)
        spans = _hash_spans(part, ends - part.lengths, ends, both_strands)
        found.append(spans ^ (part.lengths.astype(np.uint64) * np.uint64(_INVERSE)))
    return np.concatenate(found)


def link_equal(keys: NDArray[Any], rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return pairs of different rows with a key in common, as (n_pairs, 2).

    Not all of them: every row with a key is linked, maybe through others, to every other one that
    has it.
    """
    order = np.argsort(keys, kind="stable")
    in_order, ordered = rows[order].astype(np.int64), keys[order]
    linked = (ordered[1:] == ordered[:-1]) & (in_order[1:] != in_order[:-1])
    n_rows = int(rows.max()) + 1
    pairs = np.unique(in_order[:-1][linked] * n_rows + in_order[1:][linked])
    return np.stack(np.divmod(pairs, n_rows), axis=1)


def _parts(letters: Letters) -> Iterator[tuple[int, Letters]]:
    """Yield rows with about `_PART` letters, and the number of the first of them."""
    ends = np.cumsum(letters.lengths)
    first = 0
    while first < len(letters):
        begin = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, begin + _PART, side="right")))
        codes = letters.codes[begin : int(ends[last - 1])]
        yield first, Letters(codes, letters.lengths[first:last], letters.alphabet)
        first = last


def _hash_spans(
    part: Letters, start: NDArray[np.int64], end: NDArray[np.int64], both_strands: bool
) -> Hashes:
    """Hash letters from `start` to before `end`: the sum of letter values times powers of a base.

    Sums up to each letter are taken once; a span is the difference of two, moved to power 0.
    """
    alphabet = part.alphabet
    values = np.random.default_rng(0).integers(1, 2**63, size=256, dtype=np.uint64)
    values[alphabet.n_letters :] = values[255]  # all that carries no signal
    up, down = (_powers(base, len(part.codes)) for base in (_BASE, _INVERSE))
    forward = _sums(values[part.codes] * up)
    hashes: Hashes = (forward[end] - forward[start]) * down[start]
    if not both_strands:
        return hashes
    complements = alphabet.complement_codes
    assert complements is not None
    paired = np.arange(256)
    paired[: alphabet.n_letters] = complements
    backward = _sums(values[paired][part.codes] * down)
    return np.minimum(hashes, (backward[end] - backward[start]) * up[end - 1])


def _powers(base: int, n: int) -> Hashes:
    """Return powers 0 to n - 1, modulo 2**64."""
    factors = np.full(n, base, dtype=np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)


def _sums(values: Hashes) -> Hashes:
    """Return the sums of the first 0, 1, ... values, modulo 2**64."""
    return np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(values, dtype=np.uint64)])

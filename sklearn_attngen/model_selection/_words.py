"""The words of many sequences as numbers, which are equal where the words are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, get_alphabet
from sklearn_attngen.sequences._read import read_ragged

# letters that are looked at a time
_PART = 1 << 20

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

    def take(self, rows: NDArray[np.bool_]) -> Letters:
        """Return some of the sequences."""
        if rows.all():
            return self
        codes = self.codes[np.repeat(rows, self.lengths)]
        return Letters(codes, self.lengths[rows], self.alphabet)


def read_letters(X: Any, alphabet: str | Alphabet) -> Letters:
    """Read sequences of any lengths: strings in any container, or one-hot."""
    known = get_alphabet(alphabet)
    codes, lengths, _, _ = read_ragged(X, known)
    return Letters(codes, lengths, known)


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


def hash_words(letters: Letters, k: int, both_strands: bool) -> tuple[Hashes, NDArray[np.int32]]:
    """Return a number for each word of k letters, and the row that the word is in.

    Words with a letter that carries no signal are left out, and each row counts as a word of its
    own, whatever it holds. Equal words have equal numbers; two different ones have the same with a
    probability of one in 2**64.
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
        words = _mix_words(part.codes, k)
        if both_strands:
            words = np.minimum(words, _mix_words(_turned(part), k)[::-1])
        hashes.append(words[start])
        rows_of.append(np.int32(first) + rows[start])
    return np.concatenate(hashes), np.concatenate(rows_of)


def hash_rows(letters: Letters, both_strands: bool) -> Hashes:
    """Return a number for each whole sequence; letters without signal are all the same there."""
    digests = []
    for _, part in _parts(letters):
        ends = np.cumsum(part.lengths).tolist()
        starts = [0, *ends[:-1]]
        forward = part.codes.tobytes()
        backward = _turned(part).tobytes() if both_strands else forward
        n = len(forward)
        for start, end in zip(starts, ends, strict=True):
            row = forward[start:end]
            if both_strands:
                row = min(row, backward[n - end : n - start])
            digests.append(blake2b(row, digest_size=8).digest())
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def link_equal(keys: NDArray[Any], rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return pairs of different rows with a key in common, as (n_pairs, 2).

    Not all of them: every row with a key is linked, maybe through others, to every other one that
    has it.
    """
    order = np.argsort(keys)
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    one, other = rows[order[same]].astype(np.int64), rows[order[same + 1]]
    n_rows = int(rows.max()) + 1
    pairs = np.unique(np.minimum(one, other) * n_rows + np.maximum(one, other))
    pairs = np.stack(np.divmod(pairs, n_rows), axis=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def are_among(keys: NDArray[Any], known: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each key whether it is among the known ones, as ``np.isin``.

    From NumPy 2.3 on that takes several times as long for millions of hashes.
    """
    order = np.argsort(keys)
    ordered, known = keys[order], np.sort(known)
    found = np.empty(len(keys), dtype=bool)
    found[order] = np.searchsorted(known, ordered) < np.searchsorted(known, ordered, "right")
    return found


def connect(pairs: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """Return the group of each row, where pairs of rows are in one group; they count from 0."""
    one, other = pairs.T
    graph = coo_matrix((np.ones(len(one), dtype=bool), (one, other)), shape=(n_rows, n_rows))
    labels = connected_components(graph, directed=False)[1]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(np.int64)[inverse]


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


def _turned(part: Letters) -> NDArray[np.uint8]:
    """Return the codes of the other strand: the last row first, each reverse complemented."""
    complements = part.alphabet.complement_codes
    assert complements is not None
    table = np.full(256, NO_SIGNAL, dtype=np.uint8)
    table[: len(complements)] = complements
    return table[part.codes[::-1]]


def _mix_words(codes: NDArray[np.uint8], k: int) -> Hashes:
    """Hash the k letters from each on: words of twice the length from two of them, side by side.

    What is left to k is reached by two words that overlap.
    """
    # one number a letter, far apart
    hashes = _mix(np.arange(256, dtype=np.uint64), np.uint64(k))[codes]
    length = 1
    while length < k:
        step = min(length, k - length)
        hashes = _mix(hashes[:-step], hashes[step:])
        length += step
    return hashes


def _mix(one: Hashes, other: Hashes | np.uint64) -> Hashes:
    """Make one number of two, in which every bit depends on all bits of both (SplitMix64)."""
    mixed = one * np.uint64(0x9E3779B97F4A7C15) + other
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed

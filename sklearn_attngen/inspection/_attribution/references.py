"""Sequences that a sequence is compared with: drawn from its own letters, or given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._warning import warn_user
from sklearn_attngen.inspection._inputs.fills import LETTER_FILLS
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, read_sequences

Codes = NDArray[np.uint8]

DRAWN = ("shuffle", "dinucleotide")
# Letters of references that are drawn at a time: bounds memory, and is fixed so that the draws do
# not depend on the batch size.
_BLOCK_LETTERS = 2**20


def read_references(references: Any, codes: Codes, alphabet: Alphabet) -> Codes:
    """Read references of sequences (n, L) that are given as strings (n, m): codes (n, m, L)."""
    if isinstance(references, str):
        raise ValueError(
            f"references={references!r} is neither 'uniform' nor one of "
            f"{', '.join(map(repr, DRAWN))}. Sequences are given as an array of strings of shape "
            "(n_sequences, n_references)."
        )
    n, length = codes.shape
    try:
        given = np.asarray(references)
    except ValueError:  # rows of several lengths
        given = np.empty(0)
    shape = given.shape
    if given.dtype.kind not in "OSUT" or given.ndim != 2 or len(given) != n or not given.size:
        raise ValueError(
            "references must be 'uniform', 'shuffle', 'dinucleotide' or an array of strings of "
            f"shape ({n}, n_references), the same number of references for each of the {n} "
            f"sequences, got {type(references).__name__} of shape {shape} and type {given.dtype}."
        )
    rows = given.tolist()
    for row, strings in enumerate(rows):
        for number, string in enumerate(strings):
            if not isinstance(string, str | bytes) or len(string) != length:
                found = f"of length {len(string)}" if hasattr(string, "__len__") else repr(string)
                raise ValueError(
                    f"Reference {number} of row {row} (both 0-based) is {found}, but a string of "
                    f"length {length} is needed, as long as the sequence."
                )
    # One reference of each row at a time, so that errors count the rows of X.
    parts = [
        read_sequences(list(part), alphabet=alphabet).codes for part in zip(*rows, strict=True)
    ]
    read = np.stack([part for part in parts if part is not None], axis=1)
    extra = (read != NO_SIGNAL) & (codes == NO_SIGNAL)[:, None]
    if extra.any():
        row, number, position = np.argwhere(extra)[0]
        raise ValueError(
            f"Reference {number} of row {row} has a letter at position {position} (all 0-based) "
            "where the sequence has none, so that no letter could be given what it changes. Put "
            f"{alphabet.unknown_letter} there."
        )
    return read


def draw_references(
    kind: str, codes: Codes, n_letters: int, n_references: int, rng: np.random.Generator
) -> Iterator[tuple[slice, Codes]]:
    """Draw references block by block: yields rows of ``codes`` and references (rows, m, L).

    Warns at the end of sequences that are all there is to draw: of few letters, or of one kind.
    """
    n, length = codes.shape
    n_same = 0
    step = max(1, _BLOCK_LETTERS // (max(1, length) * n_references))
    for start in range(0, n, step):
        rows = slice(start, min(n, start + step))
        repeated = np.repeat(codes[rows], n_references, axis=0)
        drawn = LETTER_FILLS[kind](repeated, np.ones(repeated.shape, bool), n_letters, rng)
        drawn = drawn.reshape(-1, n_references, length)
        same = (drawn == codes[rows, None]).all(axis=(1, 2))
        n_same += int((same & (codes[rows] != NO_SIGNAL).any(axis=1)).sum())
        yield rows, drawn
    if n_same:
        warn_user(
            f"All references of {n_same} of the {n} sequences are the sequence itself, so that its "
            "contributions are 0 and say nothing. Take references='uniform', or 'shuffle' where "
            "pairs of letters need not stay (few shuffles of peptides keep them)."
        )

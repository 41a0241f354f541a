"""Shuffle sequences so that the counts of adjacent letter pairs stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import NO_SIGNAL

# Segments shuffled at a time: bounds memory, and is fixed so that results do not depend on it
# being tuned.
_BLOCK = 4096


def dinucleotide_shuffle(
    codes: NDArray[np.uint8], n_letters: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw, for each row, a sequence with the same counts of adjacent letter pairs.

    Every sequence with these pair counts, and with the same first and last letter, is equally
    likely.

    Parameters
    ----------
    codes : ndarray of uint8 of shape (n, L)
        Codes ``0 .. n_letters - 1``, or ``NO_SIGNAL``.
    n_letters : int
    rng : numpy.random.Generator

    Returns
    -------
    shuffled : ndarray of uint8 of shape (n, L)
        Positions without a signal stay where they are: each run of letters between them is
        shuffled on its own.

    Notes
    -----
    The pairs of a sequence are the edges of a graph on its letters, the sequence is an Euler path,
    and a random Euler path is a random tree of *last* edges towards the final letter, every other
    edge in random order [1]_. The tree is drawn exactly, by popping cycles [2]_, for all rows at
    once.

    References
    ----------
    .. [1] Altschul, S. F. and Erickson, B. W. (1985). Significance of nucleotide sequence
       alignments: a method for random sequence permutation that preserves dinucleotide and
       codon usage. Molecular Biology and Evolution 2, 526-538.
    .. [2] Propp, J. G. and Wilson, D. B. (1998). How to get a perfectly random sample from a
       generic Markov chain and generate a random spanning tree of a directed graph. Journal of
       Algorithms 27, 170-217.
    """
    shuffled = codes.copy()
    real = codes != NO_SIGNAL
    if not real.any():
        return shuffled
    rows, columns = np.nonzero(real)
    starts = np.ones(rows.size, dtype=bool)
    starts[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1] + 1)
    segment = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    lengths = np.diff(np.append(first, rows.size))
    for begin in range(0, lengths.size, _BLOCK):
        block = slice(begin, min(begin + _BLOCK, lengths.size))
        inside = slice(first[begin], first[begin] + lengths[block].sum())
        segments = np.full((lengths[block].size, lengths[block].max()), NO_SIGNAL, np.uint8)
        row = segment[inside] - begin
        column = np.arange(inside.start, inside.stop) - first[segment[inside]]
        segments[row, column] = codes[rows[inside], columns[inside]]
        new = _shuffle_segments(segments, lengths[block], n_letters, rng)
        shuffled[rows[inside], columns[inside]] = new[row, column]
    return shuffled


def _shuffle_segments(
    segments: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    n_letters: int,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Shuffle rows that start with ``lengths`` letters and hold ``NO_SIGNAL`` after them."""
    n, width = segments.shape
    if width < 3:
        return segments
    every = np.arange(n)
    keys = rng.random((n, width - 1))
    edge = np.arange(width - 1) < (lengths - 1)[:, None]
    source = np.where(edge, segments[:, :-1], n_letters).astype(np.intp)
    target = np.where(edge, segments[:, 1:], 0).astype(np.intp)

    pair = (every[:, None] * n_letters + source) * n_letters + target
    counts = np.bincount(pair[edge], minlength=n * n_letters**2)
    counts = counts.reshape(n, n_letters, n_letters)
    final = segments[every, lengths - 1].astype(np.intp)
    last = _last_edges(counts, final, rng)

    for letter in range(n_letters):
        candidates = (source == letter) & (target == last[:, letter, None])
        rows = np.flatnonzero(candidates.any(axis=1) & (final != letter))
        keys[rows, candidates[rows].argmax(axis=1)] = 2.0  # behind every draw from [0, 1)
    order = np.lexsort((keys, source), axis=-1)
    successors = np.take_along_axis(target, order, axis=1)

    out_degree = counts.sum(axis=2)
    pointer = np.cumsum(out_degree, axis=1) - out_degree
    walk = segments.copy()
    current = segments[:, 0].astype(np.intp)
    shortest = lengths.min()
    for step in range(1, width):
        walking = every if step < shortest else np.flatnonzero(step < lengths)
        letters = current[walking]
        at = pointer[walking, letters]
        pointer[walking, letters] += 1
        current[walking] = successors[walking, at]
        walk[walking, step] = current[walking]
    return walk


def _last_edges(
    counts: NDArray[np.int64], final: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw for each row a random tree of edges towards the final letter.

    Returns (n, n_letters): the letter that each letter's last edge leads to. Edges are drawn from
    the row's own, so letters without one (and the final letter) point at themselves.
    """
    n, n_letters, _ = counts.shape
    letters = np.arange(n_letters)
    # A loop from a letter to itself is never its last edge: leaving it out spares most of the
    # redraws.
    weights = np.where(np.eye(n_letters, dtype=bool), 0, counts)
    weights[np.arange(n), final] = 0
    cumulated = np.cumsum(weights, axis=2)
    total = cumulated[:, :, -1]
    pointing = np.broadcast_to(letters, (n, n_letters)).copy()
    rows, sources = np.nonzero(total > 0)
    while rows.size:
        draws = (rng.random(rows.size) * total[rows, sources]).astype(np.int64)
        pointing[rows, sources] = (cumulated[rows, sources] > draws[:, None]).argmax(axis=1)
        open_rows = np.unique(rows)
        # After at least n_letters steps every walk is in the final letter or on a cycle.
        ends = pointing[open_rows]
        for _ in range(int(n_letters).bit_length()):
            ends = np.take_along_axis(ends, ends, axis=1)
        on_cycle = np.zeros(ends.shape, dtype=bool)
        np.put_along_axis(on_cycle, ends, True, axis=1)
        on_cycle &= total[open_rows] > 0
        at, sources = np.nonzero(on_cycle)
        rows = open_rows[at]
    return pointing

"""Tomtom's comparison of motifs: the best alignment, and how likely chance gives a better one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Scores of columns are rounded to so many steps between the lowest and the highest.
_STEPS = 100


class Matches(NamedTuple):
    """How well queries match targets; every array has shape (n_queries, n_targets).

    ``p_values`` are those of the best alignment; ``offsets`` the position of the query at which the
    target starts (negative if before it); ``overlaps`` the number of aligned positions; ``strands``
    +1, or -1 where the reverse complement of the target matches.
    """

    p_values: Floats
    offsets: Integers
    overlaps: Integers
    strands: Integers


def tomtom(
    queries: list[Floats], targets: list[Floats], complement: NDArray[np.uint8] | None
) -> Matches:
    """Compare every query with every target.

    The score of two aligned columns is their Euclidean distance, negated; that of a query column
    with nothing aligned is the median over all columns of all targets. The null model draws
    target columns at random from all of them.

    Parameters
    ----------
    queries, targets : list of ndarray of shape (width, n_letters)
    complement : ndarray of shape (n_letters,) or None
        Codes of the complements; None compares on one strand.
    """
    n, n_strands = len(targets), 1 if complement is None else 2
    if complement is not None:
        targets = targets + [target[::-1, complement] for target in targets]
    widths = np.array([len(target) for target in targets])
    columns, inverse = np.unique(np.concatenate(targets), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    shares = np.bincount(inverse) / inverse.size
    # The columns of each target by index; beyond its end stands one more, which scores nothing.
    grid = (np.cumsum(widths) - widths)[:, None] + np.arange(widths.max())
    inside = np.arange(widths.max()) < widths[:, None]
    indices = np.where(inside, inverse[np.minimum(grid, inverse.size - 1)], len(columns))

    results = []
    for query in queries:
        scores = _column_scores(query, columns, inverse)
        best, offsets = _best_alignments(scores, indices, widths)
        backward = np.zeros(n, dtype=bool) if n_strands == 1 else best[n:] > best[:n]
        row = np.arange(n) + n * backward
        log_none = _log_chance_of_none(scores, shares, widths[:n], best[row])
        offsets = offsets[row]
        overlaps = np.minimum(offsets + widths[:n], len(query)) - np.maximum(offsets, 0)
        # Chance has a try on each strand.
        p_values = -np.expm1(n_strands * log_none)
        results.append((p_values, offsets, overlaps, np.where(backward, -1, 1)))
    return Matches(*(np.array(part) for part in zip(*results, strict=True)))


def _column_scores(query: Floats, columns: Floats, inverse: Integers) -> Integers:
    """Score each column of the query against each different target column, (width, n_columns).

    The median, which stands for "nothing aligned", is 0.
    """
    distances = np.linalg.norm(query[:, None] - columns[None], axis=2)
    centred = np.median(distances[:, inverse], axis=1)[:, None] - distances
    span = max(float(np.ptp(centred)), 1e-12)
    return np.rint(centred * (_STEPS / span)).astype(np.int64)


def _best_alignments(
    scores: Integers, indices: Integers, widths: Integers
) -> tuple[Integers, Integers]:
    """Return the score and the offset of the best alignment with each target."""
    width, widest = len(scores), indices.shape[1]
    padded = np.column_stack([scores, np.zeros(width, dtype=np.int64)])
    # Offsets run from -(widest - 1) to width - 1; column j of a target lies at offset + j.
    totals = np.zeros((len(indices), widest + width - 1), dtype=np.int64)
    for i in range(width):
        # Position i of the query meets column i - offset: the columns backwards, shifted by i.
        totals[:, i : i + widest] += padded[i, indices[:, ::-1]]
    offsets = np.arange(totals.shape[1]) - (widest - 1)
    possible = offsets > -widths[:, None]
    totals[~possible] = np.iinfo(np.int64).min
    best = totals.argmax(axis=1)
    return totals[np.arange(len(totals)), best], offsets[best]


def _log_chance_of_none(
    scores: Integers, shares: Floats, widths: Integers, best: Integers
) -> Floats:
    """Return the log probability that no alignment with a random target scores as well."""
    width = len(scores)
    low, high = int(scores.min()), int(scores.max())
    densities = [np.bincount(row - low, weights=shares, minlength=high - low + 1) for row in scores]
    wanted = best - width * low  # on a grid from width * low to width * high
    logs = {}
    for start in range(width):
        density = np.ones(1)
        for stop in range(start + 1, width + 1):
            # Added up directly: a Fourier transform would lose the tails.
            density = np.convolve(density, densities[stop - 1])
            logs[start, stop] = _log_below(density, (stop - start) * low, width, low, high)
    result = np.empty(len(widths))
    for other in np.unique(widths):
        spans = [
            (max(offset, 0), min(offset + int(other), width))
            for offset in range(1 - int(other), width)
        ]
        of_width = widths == other
        result[of_width] = np.sum([logs[span][wanted[of_width]] for span in spans], axis=0)
    return result


def _log_below(density: Floats, lowest: int, width: int, low: int, high: int) -> Floats:
    """Return log P(score < s) for every s of the grid from width * low to width * high."""
    at_least = np.zeros(width * (high - low) + 1)
    before = lowest - width * low
    at_least[:before] = 1.0
    tail = np.minimum(np.cumsum(density[::-1])[::-1], 1.0)
    at_least[before : before + len(tail)] = tail
    with np.errstate(divide="ignore"):  # log 0 is right where a lower score cannot be
        return np.log1p(-at_least)

"""How far two saliencies of the same sequences agree on the order of the letters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def rank_correlation(
    a: NDArray[np.float64], b: NDArray[np.float64], real: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return Spearman's correlation over the letters of each row, (n,).

    0 where either saliency is the same for all letters: it then says nothing about their order.
    NaN for rows of fewer than two letters.
    """
    ranks_a, ranks_b = (_centred_ranks(values, real) for values in (a, b))
    size = np.sqrt((ranks_a**2).sum(axis=1) * (ranks_b**2).sum(axis=1))
    correlation = (ranks_a * ranks_b).sum(axis=1)
    correlation = np.divide(correlation, size, out=np.zeros(len(size)), where=size > 0)
    return np.where(real.sum(axis=1) > 1, correlation, np.nan)


def _centred_ranks(values: NDArray[np.float64], real: NDArray[np.bool_]) -> NDArray[np.float64]:
    ranks = rankdata(np.where(real, values, -np.inf), axis=1)
    count = np.maximum(real.sum(axis=1, keepdims=True), 1)
    mean = np.where(real, ranks, 0.0).sum(axis=1, keepdims=True) / count
    return np.where(real, ranks - mean, 0.0)


def top_letters(
    values: NDArray[np.float64],
    real: NDArray[np.bool_],
    fraction: float,
    random: np.random.RandomState,
) -> NDArray[np.bool_]:
    """Return which letters are the most salient ``fraction`` of their row, at least one.

    Ties are broken at random, so that a saliency without an order picks random letters.
    """
    noise = random.random_sample(values.shape)
    order = np.lexsort((noise, np.where(real, -values, np.inf)), axis=1)
    n_real = real.sum(axis=1)
    n_top = np.minimum(np.maximum(1, np.rint(fraction * n_real).astype(np.intp)), n_real)
    chosen = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(chosen, order, np.arange(values.shape[1]) < n_top[:, None], axis=1)
    return chosen


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of the letters chosen in ``a`` that ``b`` chose too, (n,)."""
    n_chosen = a.sum(axis=1)
    shared = (a & b).sum(axis=1)
    return np.divide(shared, n_chosen, out=np.full(len(a), np.nan), where=n_chosen > 0)


def overlap_by_chance(chosen: NDArray[np.bool_], real: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the overlap to expect of as many random letters of each row, (n,)."""
    n_real = real.sum(axis=1)
    n_chosen = chosen.sum(axis=1)
    return np.divide(n_chosen, n_real, out=np.full(len(real), np.nan), where=n_real > 0)

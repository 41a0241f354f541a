"""Resampled rows, and the intervals that they give."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def stratified_rows(y: NDArray[Any], rng: np.random.Generator) -> NDArray[np.intp]:
    """Resample rows with replacement within each class, so that no class can be missing."""
    _, labels, sizes = np.unique(y, return_inverse=True, return_counts=True)
    by_class = np.argsort(labels, kind="stable")
    first = (np.cumsum(sizes) - sizes)[labels[by_class]]
    draws = (rng.random(len(y)) * sizes[labels[by_class]]).astype(np.intp)
    return by_class[first + draws]


def resampled_means(
    columns: list[NDArray[np.float64]], n_bootstrap: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the means (m, n_bootstrap) of m columns of n rows over the same resampled rows."""
    values = np.column_stack(columns)
    n = len(values)
    means = np.empty((n_bootstrap, len(columns)))
    for draw in means:  # one resample in memory at a time
        draw[:] = rng.multinomial(n, np.full(n, 1.0 / n)) @ values / n
    return means.T


def percentile_interval(draws: ArrayLike, confidence_level: float) -> NDArray[np.float64]:
    """Return the bounds between which so many of the draws lie: (2,), or (2, m) for (n, m)."""
    tails = (1 - confidence_level) / 2, (1 + confidence_level) / 2
    return np.quantile(np.asarray(draws, dtype=np.float64), tails, axis=0)

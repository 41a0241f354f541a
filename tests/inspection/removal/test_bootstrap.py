"""Resampled rows, and the intervals that they give."""

import tracemalloc

import numpy as np

from sklearn_attngen.inspection._removal.bootstrap import (
    percentile_interval,
    resampled_means,
    stratified_rows,
)


def test_resamples_keep_the_size_of_each_class_and_draw_evenly():
    y = np.array(["a", "b", "a", "c", "b", "a"])
    generator = np.random.default_rng(0)
    drawn = np.array([stratified_rows(y, generator) for _ in range(3000)])
    assert all(sorted(y[rows]) == sorted(y) for rows in drawn)
    shares = np.bincount(drawn.ravel()) / 3000
    np.testing.assert_allclose(shares, 1, atol=0.1)


def test_means_of_resampled_rows_spread_as_the_mean_does():
    """All columns are those of the same rows."""
    values = np.random.default_rng(0).normal(3, 2, 400)
    means, other = resampled_means([values, 1 - values], 4000, np.random.default_rng(1))
    np.testing.assert_allclose(other, 1 - means)
    np.testing.assert_allclose(means.mean(), values.mean(), atol=0.01)
    np.testing.assert_allclose(means.std(), values.std() / 20, rtol=0.05)


def test_resampled_means_need_no_memory_for_all_resamples():
    values = np.ones(20_000)
    tracemalloc.start()
    try:
        resampled_means([values], 50, np.random.default_rng(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * values.nbytes, "50 resamples are five times as much"


def test_an_interval_holds_as_many_draws_as_its_level_says():
    draws = np.random.default_rng(0).permutation(np.arange(1001.0))
    np.testing.assert_allclose(percentile_interval(draws, 0.9), [50, 950])
    both = percentile_interval(np.column_stack([draws, -draws]), 0.9)
    np.testing.assert_allclose(both, [[50, -950], [950, -50]])

"""Resampled rows, and the intervals that they give."""

import numpy as np

from sklearn_attngen.inspection._removal.bootstrap import percentile_interval, stratified_rows


def test_resamples_keep_the_size_of_each_class_and_draw_evenly():
    y = np.array(["a", "b", "a", "c", "b", "a"])
    generator = np.random.default_rng(0)
    drawn = np.array([stratified_rows(y, generator) for _ in range(3000)])
    assert all(sorted(y[rows]) == sorted(y) for rows in drawn)
    shares = np.bincount(drawn.ravel()) / 3000
    np.testing.assert_allclose(shares, 1, atol=0.1)


def test_an_interval_holds_as_many_draws_as_its_level_says():
    draws = np.random.default_rng(0).permutation(np.arange(1001.0))
    np.testing.assert_allclose(percentile_interval(draws, 0.9), [50, 950])
    both = percentile_interval(np.column_stack([draws, -draws]), 0.9)
    np.testing.assert_allclose(both, [[50, -950], [950, -50]])

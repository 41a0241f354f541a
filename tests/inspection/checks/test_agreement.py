"""Rank correlation and overlap of saliency, row by row."""

import numpy as np
from scipy.stats import spearmanr

from sklearn_attngen.inspection._checks.agreement import (
    overlap,
    overlap_by_chance,
    rank_correlation,
    top_letters,
)


def test_rank_correlation_is_spearmans_over_the_letters():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 6, 40)).round(1)  # with ties
    real = rng.random((6, 40)) < 0.8
    found = rank_correlation(a, b, real)
    expected = [spearmanr(x[r], z[r]).statistic for x, z, r in zip(a, b, real, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_saliency_without_order_agrees_with_nothing():
    a = np.array([[0.25] * 4, [0.1, 0.2, 0.3, 0.4], [1.0, 0, 0, 0]])
    real = np.array([[True] * 4, [True] * 4, [True, False, False, False]])
    found = rank_correlation(a, np.tile([0.1, 0.2, 0.3, 0.4], (3, 1)), real)
    np.testing.assert_allclose(found[:2], [0, 1])
    assert np.isnan(found[2])


def test_top_letters_are_the_most_salient_that_are_there():
    values = np.array([[0.1, 0.9, 0.5, 0.8], [0.4, 0.3, 0.2, 0.1], [0.0, 0.0, 0.0, 0.0]])
    real = np.array([[True, False, True, True], [True] * 4, [False] * 4])
    chosen = top_letters(values, real, 0.5, np.random.RandomState(0))
    np.testing.assert_array_equal(
        chosen, [[False, False, True, True], [True, True, False, False], [False] * 4]
    )
    one = top_letters(values, real, 0.01, np.random.RandomState(0))
    np.testing.assert_array_equal(one.sum(axis=1), [1, 1, 0])


def test_ties_are_broken_at_random():
    """Else two saliencies without an order would agree on the first letters."""
    values, real = np.ones((400, 50)), np.ones((400, 50), dtype=bool)
    random = np.random.RandomState(0)
    a, b = (top_letters(values, real, 0.1, random) for _ in range(2))
    assert abs(overlap(a, b).mean() - 0.1) < 0.03


def test_overlap():
    a = np.array([[True, True, False], [True, False, False], [False] * 3])
    b = np.array([[True, False, True], [True, False, False], [False] * 3])
    np.testing.assert_array_equal(overlap(a, b), [0.5, 1.0, np.nan])


def test_random_letters_overlap_as_chance_says():
    """Of few letters one is taken at least, which is more than the fraction asks for."""
    rng = np.random.RandomState(0)
    for length in (2, 4, 24):
        real = np.ones((4000, length), dtype=bool)
        a, b = (top_letters(rng.random_sample(real.shape), real, 0.1, rng) for _ in range(2))
        expected = overlap_by_chance(a, real)
        np.testing.assert_allclose(expected, max(1, round(0.1 * length)) / length)
        assert abs(overlap(a, b).mean() - expected[0]) < 0.03
    assert np.isnan(overlap_by_chance(np.zeros((1, 3), bool), np.zeros((1, 3), bool))[0])

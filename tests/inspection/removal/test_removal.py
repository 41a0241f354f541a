"""Which positions are removed: order, ties, counts, nesting."""

import numpy as np
import pytest

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._removal.removal import (
    Remover,
    matched_ranks,
    removal_counts,
    removal_ranks,
    stream,
)

REAL = np.array([[True] * 6, [True, False, True, True, False, True]])
VALUES = np.array([[0.1, 0.5, 0.2, 0.0, 0.15, 0.05], [0.2, 0.9, 0.5, 0.1, 0.8, 0.2]])


def first(ranks, k):
    return [set(np.flatnonzero(row < k).tolist()) for row in ranks]


def test_top_and_bottom_follow_the_saliency_of_real_positions():
    top = removal_ranks(VALUES, REAL, "top", seed=0, repeat=0)
    bottom = removal_ranks(VALUES, REAL, "bottom", seed=0, repeat=0)
    assert first(top, 2)[0] == {1, 2}
    assert first(bottom, 2)[0] == {3, 5}
    assert first(top, 1)[1] == {2}
    assert first(bottom, 1)[1] == {3}
    for ranks in (top, bottom, removal_ranks(None, REAL, "random", 0, 0)):
        assert first(ranks, 4)[1] == {0, 2, 3, 5}
        np.testing.assert_array_equal(np.sort(ranks, axis=1), [range(6)] * 2)


def test_ties_are_broken_evenly_and_by_the_seed():
    """By position, a saliency that says nothing would always lose its first letters."""
    flat, real = np.ones((4000, 5)), np.ones((4000, 5), bool)
    for order in ("top", "bottom"):
        ranks = removal_ranks(flat, real, order, seed=1, repeat=0)
        np.testing.assert_allclose((ranks == 0).mean(axis=0), 0.2, atol=0.03)
        np.testing.assert_array_equal(ranks, removal_ranks(flat, real, order, 1, 0))
        assert (ranks != removal_ranks(flat, real, order, seed=1, repeat=1)).any()
        assert (ranks != removal_ranks(flat, real, order, seed=2, repeat=0)).any()


@pytest.mark.parametrize("decimals", [0, 1, 2, 17])
def test_ranks_are_those_of_a_sort_by_value_and_draw(decimals):
    """Rows without equal values are sorted by value only; with and without zeros of either sign."""
    rng = np.random.default_rng(0)
    values, real = rng.random((200, 30)).round(decimals), rng.random((200, 30)) < 0.9
    values[values < 0.1] = 0.0
    draws = stream(5, 1, 2).random(real.shape)
    for order, signed in (("top", -values), ("bottom", values)):
        by_rank = np.lexsort((draws, np.where(real, signed, np.inf)), axis=-1)
        expected = np.argsort(by_rank, axis=1)
        found = removal_ranks(values, real, order, seed=5, repeat=2)
        np.testing.assert_array_equal(found[real], expected[real])
        np.testing.assert_array_equal(np.sort(found, axis=1), np.tile(np.arange(30), (200, 1)))


@pytest.mark.parametrize("length", [255, 256, 257])
def test_everything_can_be_removed_at_any_length(known, length):
    """Ranks are kept in the smallest type that holds them."""
    strings = [("ACGT" * 65)[:length]] * 2
    known.fit(strings)
    data = LetterInput.read(known, strings, "DNA")
    remover = Remover(known, data, None, fill="unknown", seed=0)
    for fraction in (0.5, 1.0):
        counts = remover.selected("random", fraction, 0).sum(axis=1)
        assert counts.tolist() == [int(fraction * length + 0.5)] * 2


def test_draws_are_those_of_the_repeat(known, X):
    """In whatever sequence repeats, orders and fractions are asked for."""
    data = LetterInput.read(known, X, "DNA")
    magnitude = known.saliency(X)
    asked = [
        (order, fraction, repeat)
        for order in ("top", "random")
        for fraction in (0.1, 0.5)
        for repeat in (0, 1)
    ]
    for fill in ("shuffle", "resample", "dinucleotide"):
        remover = Remover(known, data, magnitude, fill=fill, seed=4)
        for each in asked:
            alone = Remover(known, data, magnitude, fill=fill, seed=4).removed(*each)
            np.testing.assert_array_equal(remover.removed(*each), alone)
        first, second = (remover.removed("top", 0.5, repeat) for repeat in (0, 1))
        assert (first != second).any()


def test_random_order_is_even_and_its_own():
    """Shared draws would make the random control the top order of a flat saliency."""
    real = np.ones((4000, 5), bool)
    ranks = removal_ranks(None, real, "random", seed=1, repeat=0)
    np.testing.assert_allclose((ranks == 0).mean(axis=0), 0.2, atol=0.03)
    assert (ranks != removal_ranks(np.ones((4000, 5)), real, "top", 1, 0)).any()


def test_matched_positions_hold_the_letters_of_the_top_ones_at_every_depth():
    """Nested, random, and of the same composition: only the places differ."""
    rng = np.random.default_rng(0)
    codes = rng.choice(np.array([0, 1, 2, 3, 255], np.uint8), (50, 40))
    real = codes != 255
    top = removal_ranks(rng.random(codes.shape), real, "top", seed=0, repeat=0)
    matched = matched_ranks(top, codes, seed=0, repeat=0)
    np.testing.assert_array_equal(np.sort(matched, axis=1), np.tile(np.arange(40), (50, 1)))
    for k in (1, 5, 17):
        for letter in range(4):
            np.testing.assert_array_equal(
                ((codes == letter) & (matched < k)).sum(axis=1),
                ((codes == letter) & (top < k)).sum(axis=1),
            )
    assert ((matched < 5) & (top < 5)).mean() < 0.06  # of 12.5 %, were they the same
    assert (matched != matched_ranks(top, codes, seed=0, repeat=1)).any()
    np.testing.assert_array_equal(matched, matched_ranks(top, codes, seed=0, repeat=0))


def test_matched_positions_of_a_letter_are_drawn_evenly():
    codes = np.tile(np.array([0, 1, 0, 1, 0, 0], np.uint8), (4000, 1))
    top = np.tile(np.array([0, 1, 2, 3, 4, 5]), (4000, 1))
    first_one = matched_ranks(top, codes, seed=3, repeat=0) == 0
    np.testing.assert_allclose(first_one.mean(axis=0)[[0, 2, 4, 5]], 0.25, atol=0.03)
    assert not first_one[:, [1, 3]].any()


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.0, [0, 0, 0]), (0.01, [1, 1, 0]), (0.25, [3, 1, 0]), (0.3, [3, 1, 0]), (1.0, [10, 4, 0])],
)
def test_counts_are_of_real_positions_rounded_to_the_nearest(fraction, expected):
    real = np.zeros((3, 10), dtype=bool)
    real[0], real[1, :4] = True, True
    assert removal_counts(real, fraction).tolist() == expected


@pytest.mark.parametrize(
    ("fraction", "length", "expected"), [(0.58, 25, 15), (0.7, 45, 32), (0.29, 50, 15)]
)
def test_halves_are_rounded_up_though_products_fall_short(fraction, length, expected):
    """0.7 * 45 is 31.499999999999996 in floating point."""
    assert removal_counts(np.ones((1, length), bool), fraction) == expected


def test_a_saliency_is_needed_to_rank_by_it():
    with pytest.raises(ValueError, match="needs a saliency"):
        removal_ranks(None, REAL, "top", 0, 0)

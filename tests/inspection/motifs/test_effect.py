"""The effect of a motif: what replacing its sites does, and what replacing others does."""

import numpy as np
import pytest

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._motifs.effect import _moved, site_effect


def effect_of(known, X, rows, starts, width, column=1, **arguments):
    return site_effect(
        known,
        LetterInput.read(known, X, None),
        np.asarray(rows),
        column,
        np.asarray(starts),
        width,
        n_repeats=20,
        rng=np.random.default_rng(0),
        **arguments,
    )


@pytest.fixture
def yes(known, X):
    """Sequences whose letters at 3, 8 and 15 are all A or C."""
    return np.array([x for x in X if {x[3], x[8], x[15]} <= set("AC")], dtype=object)


def test_letters_that_decide_have_an_effect_and_others_none(known, yes):
    rows = np.arange(len(yes))
    effect, control = effect_of(known, yes, rows, np.full(len(yes), 2), 3)
    assert effect > 0.02
    nothing, _ = effect_of(known, yes, rows, np.full(len(yes), 20), 5)
    assert nothing == pytest.approx(0, abs=1e-12)
    assert control < effect


def test_the_sign_says_for_or_against(known, yes):
    rows, starts = np.arange(len(yes)), np.full(len(yes), 2)
    for_yes, _ = effect_of(known, yes, rows, starts, 3, column=1)
    for_no, _ = effect_of(known, yes, rows, starts, 3, column=0)
    assert for_no == pytest.approx(-for_yes)


def test_several_sites_of_a_sequence_are_replaced_together(known, yes):
    rows = np.repeat(np.arange(len(yes)), 3)
    together, _ = effect_of(known, yes, rows, np.tile([3, 8, 15], len(yes)), 1)
    single, _ = effect_of(known, yes, np.arange(len(yes)), np.full(len(yes), 3), 1)
    assert together > 2 * single


def test_sites_may_hang_over_the_ends(known, yes):
    rows = np.arange(len(yes))
    effect, _ = effect_of(known, yes, rows, np.full(len(yes), -1), 5)
    assert effect > 0.02
    effect_of(known, yes, rows, np.full(len(yes), 28), 5)


def test_the_control_is_as_large_and_elsewhere():
    rng = np.random.default_rng(0)
    mask = np.zeros((200, 40), dtype=bool)
    mask[:, 5:12] = True
    mask[::2, 20:25] = True
    moved = _moved(mask, np.ones_like(mask), rng)
    np.testing.assert_array_equal(moved.sum(axis=1), mask.sum(axis=1))
    assert not (moved & mask).any()
    assert moved[:, [0, 15, 30]].any(axis=0).all()
    full = _moved(np.ones((2, 5), dtype=bool), np.ones((2, 5), dtype=bool), rng)
    assert full.all()


def test_the_control_replaces_letters_only():
    """Padding and N are no letters: a control that falls on them replaces fewer than the sites."""
    rng = np.random.default_rng(0)
    letters = np.zeros((60, 40), dtype=bool)
    for row, count in enumerate(rng.integers(8, 41, 60)):
        letters[row, :count] = True  # padded on the right
    letters[:20, 3] = False  # N inside
    letters[59] = False
    mask = np.zeros_like(letters)
    mask[:, 1:7] = letters[:, 1:7]
    moved = _moved(mask, letters, rng)
    assert not (moved & ~letters).any()
    np.testing.assert_array_equal(moved.sum(axis=1), mask.sum(axis=1))
    assert not (moved & mask)[letters.sum(axis=1) >= 12].any()

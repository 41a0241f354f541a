"""Each fill keeps what it promises, and changes selected letters only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.inspection._inputs.fills import LETTER_FILLS, fill_uniform
from sklearn_attngen.sequences import NO_SIGNAL


@st.composite
def codes_and_mask(draw):
    seed, n, length = draw(st.integers(0, 999)), draw(st.integers(1, 5)), draw(st.integers(1, 25))
    rng = np.random.default_rng(seed)
    codes = rng.choice(np.array([0, 1, 2, 3, NO_SIGNAL], np.uint8), (n, length))
    return codes, rng.random((n, length)) < draw(st.sampled_from([0.0, 0.3, 1.0]))


checked = settings(deadline=None, derandomize=True, max_examples=60)


@pytest.mark.parametrize("fill", LETTER_FILLS)
@checked
@given(data=codes_and_mask())
def test_only_selected_letters_change_and_two_calls_agree(fill, data):
    codes, selected = data
    before = codes.copy()
    filled = LETTER_FILLS[fill](codes, selected, 4, np.random.default_rng(3))
    again = LETTER_FILLS[fill](codes, selected, 4, np.random.default_rng(3))
    np.testing.assert_array_equal(filled, again)
    np.testing.assert_array_equal(codes, before)
    assert filled.dtype == np.uint8
    kept = ~selected | (codes == NO_SIGNAL)
    np.testing.assert_array_equal(filled[kept], codes[kept])
    if fill != "unknown":
        np.testing.assert_array_equal(filled == NO_SIGNAL, codes == NO_SIGNAL)


@checked
@given(data=codes_and_mask())
def test_shuffle_keeps_the_composition_of_each_row(data):
    codes, selected = data
    filled = LETTER_FILLS["shuffle"](codes, selected, 4, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(filled, axis=1), np.sort(codes, axis=1))


@checked
@given(data=codes_and_mask())
def test_shuffle_puts_the_letters_in_the_order_of_their_keys(data):
    """Row by row: the j-th selected letter in that order goes to the j-th selected position."""
    codes, selected = data
    keys = np.random.default_rng(0).random(codes.shape)
    filled = LETTER_FILLS["shuffle"](codes, selected, 4, np.random.default_rng(0))
    for before, after, row_keys, chosen in zip(codes, filled, keys, selected, strict=True):
        at = np.flatnonzero(chosen & (before != NO_SIGNAL))
        np.testing.assert_array_equal(after[at], before[at[np.argsort(row_keys[at])]])


@pytest.mark.parametrize("fill", LETTER_FILLS)
@checked
@given(data=codes_and_mask())
def test_draws_made_once_serve_for_any_selection(fill, data):
    """They do not know what is selected, and are not used up."""
    codes, selected = data
    drawn = LETTER_FILLS[fill].draw(codes, 4, np.random.default_rng(3))
    for mask in (selected, ~selected, selected):
        np.testing.assert_array_equal(
            LETTER_FILLS[fill].place(codes, mask, drawn),
            LETTER_FILLS[fill](codes, mask, 4, np.random.default_rng(3)),
        )


def test_shuffle_permutes_evenly():
    """Each selected letter is equally likely to land on each selected position."""
    codes = np.tile(np.array([0, 3, 1, 3, 2], np.uint8), (30_000, 1))
    selected = np.tile([True, False, True, False, True], (30_000, 1))
    filled = LETTER_FILLS["shuffle"](codes, selected, 4, np.random.default_rng(0))
    for position in (0, 2, 4):
        shares = np.bincount(filled[:, position], minlength=4)[:3] / 30_000
        np.testing.assert_allclose(shares, 1 / 3, atol=0.015)


def test_resample_draws_from_the_row_itself():
    codes = np.array([[0, 0, 0, 1, NO_SIGNAL], [2, 2, 2, 2, 2]], np.uint8).repeat(20_000, axis=0)
    selected = np.ones(codes.shape, dtype=bool)
    filled = LETTER_FILLS["resample"](codes, selected, 4, np.random.default_rng(0))
    shares = np.bincount(filled[:20_000, :4].ravel(), minlength=4) / 80_000
    np.testing.assert_allclose(shares, [0.75, 0.25, 0, 0], atol=0.01)
    assert (filled[20_000:] == 2).all()


def test_unknown_removes_all_signal():
    codes = np.array([[0, 1, 2]], np.uint8)
    filled = LETTER_FILLS["unknown"](
        codes, np.array([[True, False, True]]), 4, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(filled, [[NO_SIGNAL, 1, NO_SIGNAL]])


def test_dinucleotide_of_everything_keeps_pair_counts():
    codes = np.random.default_rng(0).integers(4, size=(3, 50)).astype(np.uint8)
    filled = LETTER_FILLS["dinucleotide"](
        codes, np.ones(codes.shape, bool), 4, np.random.default_rng(1)
    )
    for before, after in zip(codes.astype(int), filled.astype(int), strict=True):
        pairs = [np.bincount(row[:-1] * 4 + row[1:], minlength=16) for row in (before, after)]
        np.testing.assert_array_equal(*pairs)
    assert (codes != filled).any(axis=1).all()


def test_uniform_gives_each_letter_the_same_value():
    codes = np.array([[0, 1, NO_SIGNAL]], np.uint8)
    selected = np.array([[True, False, True]])
    values = fill_uniform(codes, selected, 4)
    np.testing.assert_array_equal(values, [[[0.25] * 4, [0, 1, 0, 0], [0] * 4]])

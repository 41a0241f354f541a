"""The container that the rest of the package works on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sklearn_attngen.sequences import Sequences, decode_codes, one_hot, read_sequences

CODES = np.array([[0, 1, 2, 3, 255], [3, 3, 0, 1, 2], [2, 255, 255, 0, 0]], dtype=np.uint8)
BLOCKS = one_hot(CODES)
LAYOUTS: dict[str, Any] = {
    "strings": decode_codes(CODES),
    "flat": BLOCKS.reshape(3, -1),
    "length_first": BLOCKS,
    "channels_first": BLOCKS.transpose(0, 2, 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_restore_writes_the_layout_that_was_read(layout: str) -> None:
    """Reading and restoring gives the input back, and other letters in the same form."""
    sequences = read_sequences(LAYOUTS[layout])
    assert sequences.layout == layout
    assert sequences.n_samples == 3
    assert sequences.length == 5
    restored = sequences.restore(CODES)
    np.testing.assert_array_equal(restored, LAYOUTS[layout])
    assert restored.dtype == (object if layout == "strings" else np.uint8)
    assert restored.flags["C_CONTIGUOUS"]
    other = np.vstack([CODES, CODES])[:, ::-1]
    np.testing.assert_array_equal(read_sequences(sequences.restore(other)).codes, other)


def test_profiles_can_be_replaced_by_letters() -> None:
    """Perturbing soft input writes letters in its layout."""
    sequences = read_sequences(BLOCKS.transpose(0, 2, 1) * 0.5, kind="letters")
    assert sequences.kind == "profile"
    np.testing.assert_array_equal(sequences.restore(CODES), BLOCKS.transpose(0, 2, 1))


def test_numbers_have_no_letters() -> None:
    """There is nothing to restore."""
    sequences = read_sequences(np.full((3, 7), 0.5), numeric=True)
    with pytest.raises(ValueError, match="no letters"):
        sequences.restore(CODES)


@pytest.mark.parametrize(
    "rows", [[2, 0], np.array([True, False, True]), slice(1, 3), np.array([0, 0, 1])]
)
def test_take(rows: Any) -> None:
    """Rows of letters and of numbers alike; everything else stays."""
    letters = read_sequences(LAYOUTS["flat"])
    taken = letters.take(rows)
    assert isinstance(taken, Sequences)
    assert (taken.layout, taken.kind, taken.alphabet) == ("flat", "letters", letters.alphabet)
    np.testing.assert_array_equal(taken.codes, CODES[rows])
    numbers = read_sequences(np.arange(21.0).reshape(3, 7) / 3, numeric=True)
    np.testing.assert_array_equal(numbers.take(rows).values, numbers.values[rows])

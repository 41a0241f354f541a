"""Ticks of positions: at round numbers, written so that they can be told apart and read."""

import matplotlib as mpl
import numpy as np
import pytest

from sklearn_attngen.inspection._drawing.plot_style import text_width
from sklearn_attngen.inspection._drawing.position_ticks import (
    as_text,
    tick_indices,
    ticks_with_room,
)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (np.arange(60), [0, 10, 20, 30, 40, 50]),
        (np.r_[-30:0, 1:31], [-30, -20, -10, 10, 20, 30]),
        (np.arange(200), [0, 20, 40, 60, 80, 100, 120, 140, 160, 180]),
        (np.arange(5) + 1_000_001, [1_000_001, 1_000_002, 1_000_003, 1_000_004, 1_000_005]),
        (np.arange(1), [0]),
    ],
)
def test_ticks_are_at_round_numbers(numbers, expected):
    assert numbers[tick_indices(numbers)].tolist() == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, -30, 43_044_295], ["0", "-30", "43044295"]),
        ([43_044_295.0, 43_044_300.0], ["43044295", "43044300"]),
        ([0.5, 1.0, -0.0], ["0.5", "1", "0"]),
        ([43_044_295.5, 43_044_295.75], ["43044295.5", "43044295.75"]),
        ([43_044_295.25, 43_044_325.25], ["43044295.25", "43044325.25"]),
        ([1 / 3, 2 / 3], ["0.333333", "0.666667"]),
        ([1e-10, 2e-10], ["1e-10", "2e-10"]),
        ([np.nan, 1.0], ["nan", "1"]),
    ],
)
def test_neighbours_are_told_apart(numbers, expected):
    """Six digits would write all positions of a gene alike."""
    assert as_text(np.array(numbers)) == expected


@pytest.mark.parametrize("inches", [0.2, 1.0, 2.0, 5.0, 20.0])
@pytest.mark.parametrize("size", ["x-small", 14])
@pytest.mark.parametrize("first", [0, 43_044_295, 43_044_295.25])
def test_long_labels_are_fewer(first, size, inches):
    """A label that covers the next one cannot be read; the last one left stays."""
    numbers = np.arange(60) + first
    with mpl.rc_context({"backend": "Agg"}):
        ticks, labels = ticks_with_room(numbers, inches, size=size)
        widths = [text_width(label, size) for label in labels]
    assert labels == as_text(numbers[ticks])
    assert 1 <= len(ticks) <= 10
    assert np.all(np.diff(ticks) * inches / 60 > widths[1:])
    if inches == 20.0:
        assert len(ticks) > 5


def test_positions_with_gaps_keep_several_ticks():
    """Round numbers of three exons stand close together; then ticks are spread evenly."""
    numbers = np.r_[43044295:43044325, 43045000:43045100, 43047777:43047800]
    with mpl.rc_context({"backend": "Agg"}):
        ticks, labels = ticks_with_room(numbers, 4.5)
        widths = [text_width(label, "medium") for label in labels]
    assert len(ticks) >= 3
    assert np.all(np.diff(ticks) * 4.5 / len(numbers) > widths[1:])

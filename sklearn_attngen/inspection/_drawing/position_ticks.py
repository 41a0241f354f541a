"""Numbers of positions: as they are given, and under axes and letters."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen._extras import require

from .plot_style import axes_size, text_width

# In inches.
_BETWEEN_LABELS = 0.1


def check_positions(positions: int | ArrayLike | None, length: int) -> NDArray[Any]:
    """Return the number shown for each position, (L,).

    ``positions`` is None (0-based), the number of the first position, or all numbers.
    """
    if positions is None:
        return np.arange(length)
    numbers = np.asarray(positions)
    if numbers.dtype.kind not in "iuf":
        raise ValueError(f"positions must be numbers, got dtype {numbers.dtype}.")
    if numbers.ndim == 0:
        return np.arange(length) + numbers
    if numbers.shape != (length,):
        raise ValueError(
            f"positions has shape {numbers.shape}, but the sequences have {length} positions: give "
            "one number for each, or the number of the first one."
        )
    return numbers


def tick_indices(numbers: NDArray[Any], at_most: int = 10) -> NDArray[np.intp]:
    """Choose the indices of the positions that get a tick: those with round numbers."""
    if np.issubdtype(numbers.dtype, np.integer):
        for scale in 10 ** np.arange(10):
            for step in (scale, 2 * scale, 5 * scale):
                chosen = np.flatnonzero(numbers % step == 0)
                if 2 <= len(chosen) <= at_most:
                    return chosen
    every = -(-len(numbers) // at_most)
    return np.arange(0, len(numbers), every)


def as_text(numbers: NDArray[Any]) -> list[str]:
    """Return numbers as text: whole ones in full, others with digits enough to be told apart."""
    values = numbers.tolist()
    step = min([1, *(abs(b - a) for a, b in pairwise(values) if a != b)])
    texts: list[str] = []
    for digits in range(6, 18):
        texts = [
            str(int(value)) if float(value).is_integer() else f"{value:.{digits}g}"
            for value in values
        ]
        errors = [abs(float(text) - value) for text, value in zip(texts, values, strict=True)]
        if max(errors) <= step / 100:
            break
    return texts


def ticks_with_room(
    numbers: NDArray[Any], inches: float, *, at_most: int = 10, size: str | float = "medium"
) -> tuple[NDArray[np.intp], list[str]]:
    """Choose the positions that get a tick, few enough for their labels, and return both.

    ``inches`` is the width of an axis with all positions, ``size`` the font size of the labels.
    """
    few = min(at_most, len(numbers))
    rounded = (tick_indices(numbers, n) for n in range(few, 1, -1))
    # round numbers of positions with gaps may all lie close together
    even = (np.linspace(0, len(numbers) - 1, n).astype(np.intp) for n in range(few, 1, -1))
    for ticks in chain(rounded, even):
        labels = as_text(numbers[ticks])
        widest = text_width(max(labels, key=len), size)
        apart = np.diff(ticks).min(initial=len(numbers)) * inches / len(numbers)
        if len(ticks) > 1 and widest + _BETWEEN_LABELS <= apart:
            return ticks, labels
    ticks = tick_indices(numbers, 1)
    return ticks, as_text(numbers[ticks])


def number_positions(ax: Any, numbers: NDArray[Any]) -> None:
    """Write numbers of positions under the axes."""
    size = require("matplotlib", extra="plot", purpose="A display").rcParams["xtick.labelsize"]
    ax.set_xticks(*ticks_with_room(numbers, axes_size(ax)[0], size=size))

"""Colours, axes and ticks that the displays share."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._extras import require

# Okabe and Ito's palette, which readers with any common colour vision can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
NEUTRAL = "#6E6E6E"


def get_axes(ax: Any, figsize: tuple[float, float], purpose: str) -> tuple[Any, Any]:
    """Return (figure, axes): those of ``ax``, or new ones if it is None."""
    plt = require("matplotlib.pyplot", extra="plot", purpose=purpose)
    if ax is None:
        return plt.subplots(figsize=figsize, layout="constrained")
    return ax.figure, ax


def check_positions(positions: Any, length: int) -> NDArray[Any]:
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


def in_words(name: str) -> str:
    """Return a metric's name as an axis label: "Balanced accuracy" for "balanced_accuracy"."""
    special = {"roc_auc": "Area under the ROC curve"}
    return special.get(name, name.replace("_", " ").capitalize())


def plain(text: Any) -> str:
    """Return names from data as text that matplotlib shows as it is: two "$" would be formulas."""
    return str(text).replace("$", r"\$")


def wrapped(text: str, width: int) -> str:
    """Return text in lines of at most ``width`` characters; what is beyond four lines is left out.

    ``plain`` comes after this: a formula's dollars would be parted.
    """
    return "\n".join(textwrap.wrap(text, max(4, width), max_lines=4, placeholder=" …"))


def hide_spines(ax: Any, *sides: str) -> None:
    """Hide the frame of the axes on some sides."""
    for side in sides:
        ax.spines[side].set_visible(False)


def legend_above(ax: Any, handles: Sequence[Any], title: str | None, *, room: float = 1.1) -> None:
    """Put the legend above the axes, in as many columns as there is room for.

    No place inside the axes is free of data in every picture. ``room`` is in widths of the axes;
    1.1 is up to the right edge of a plain figure.
    """
    widest = room * ax.get_window_extent().width
    for n_columns in range(min(4, len(handles)), 0, -1):
        legend = ax.legend(
            handles=handles,
            title=title,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.01),
            borderaxespad=0,
            borderpad=0.2,
            ncols=n_columns,
            frameon=False,
            fontsize="small",
            title_fontsize="small",
            alignment="left",
        )
        if legend.get_window_extent().width <= widest:
            break

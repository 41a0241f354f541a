"""Colours, axes and texts that the displays share."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_attngen._extras import require

# Okabe and Ito's palette, which readers with any common colour vision can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
NEUTRAL = "#6E6E6E"
# Luminance below which a colour cannot be told from a dark one behind it.
_DARK = 0.25
_NO_BREAK = "\N{NO-BREAK SPACE}"
# Width of what stands before a label in a legend, and of the label at the least, in inches.
_LEGEND_HANDLE, _LEAST_LABEL = 0.4, 1.0
# A layout looks at all axes of a figure: one for each of many would take seconds.
_MOST_AXES = 8


def get_axes(ax: Any, figsize: tuple[float, float], purpose: str) -> tuple[Any, Any]:
    """Return (figure, axes): those of ``ax``, or new ones if it is None.

    Raises
    ------
    TypeError
        If ``ax`` is neither.
    """
    plt = require("matplotlib.pyplot", extra="plot", purpose=purpose)
    if ax is None:
        return plt.subplots(figsize=figsize, layout="constrained")
    check_axes(ax)
    return ax.figure, ax


def check_axes(ax: Any) -> None:
    """Raise a TypeError unless this is one matplotlib Axes."""
    plt = require("matplotlib.pyplot", extra="plot", purpose="A display")
    if not isinstance(ax, plt.Axes):
        raise TypeError(
            f"ax must be one matplotlib Axes or None, got {type(ax).__name__}. Of several, as from "
            "plt.subplots(1, 2), pass one: axes[0]."
        )


def axes_size(ax: Any) -> tuple[float, float]:
    """Return width and height of the axes in inches."""
    box = ax.get_window_extent()
    return box.width / ax.figure.dpi, box.height / ax.figure.dpi


def lay_out(ax: Any) -> None:
    """Let the layout of the figure, if it has one, give the axes the size that they will have.

    Not in figures of many axes, where they keep the size that they have.
    """
    engine = ax.figure.get_layout_engine()
    if engine is not None and len(ax.figure.figure.axes) <= _MOST_AXES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without room for the axes it warns when drawn, too
            engine.execute(ax.figure.figure)


def seen_on(ax: Any, color: str) -> str:
    """Return a colour, or white for one that is as dark as the axes."""
    to_rgba = require("matplotlib.colors", extra="plot", purpose="A display").to_rgba
    behind = np.ones(3)
    for part in (ax.figure.figure, ax.figure, ax):  # a part of a figure lies on the whole
        *rgb, alpha = to_rgba(part.get_facecolor())
        behind = alpha * np.array(rgb) + (1 - alpha) * behind
    luminances = [np.dot(rgb, [0.299, 0.587, 0.114]) for rgb in (behind, to_rgba(color)[:3])]
    return "white" if max(luminances) < _DARK else color


def text_scale() -> float:
    """Return how much larger than usual texts are, 1 for smaller ones."""
    rc = require("matplotlib", extra="plot", purpose="A display").rcParams
    return float(max(1.0, rc["font.size"] / 10))


def text_width(text: str, size: str | float) -> float:
    """Return the width of a text, that of its widest line, in inches.

    ``size`` is a font size as matplotlib names it.
    """
    fonts = require("matplotlib.font_manager", extra="plot", purpose="A display")
    paths = require("matplotlib.textpath", extra="plot", purpose="A display")
    font = fonts.FontProperties(size=size)
    measure = paths.text_to_path.get_text_width_height_descent
    return max(measure(line, font, ismath=False)[0] for line in text.split("\n")) / 72


def shortened(text: str, inches: float, size: str | float = "small") -> str:
    """Return a text no wider than this, with an ellipsis in its middle if something is left out.

    Names often differ at their end. ``plain`` comes after this: it would be cut in two.
    """
    width = text_width(text, size)
    short = text
    for kept in range(min(len(text) - 1, int(1.5 * len(text) * inches / max(width, 0.01))), 1, -1):
        if text_width(short, size) <= inches:
            break
        short = f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
    return short


def in_words(name: str) -> str:
    """Return a metric's name as an axis label: "Balanced accuracy" for "balanced_accuracy"."""
    special = {"roc_auc": "Area under the ROC curve"}
    return special.get(name, name.replace("_", " ").capitalize())


def plain(text: Any) -> str:
    """Return names from data as text that matplotlib shows as it is: two "$" would be formulas."""
    return str(text).replace("$", r"\$")


def wrapped(text: str, width: int, *, max_lines: int = 4, ending: str = "") -> str:
    """Return text in lines of at most ``width`` characters; what is beyond them is left out.

    ``ending`` is the end of the text that stays in one piece, and behind the ellipsis, if it fits.
    ``plain`` comes after this: a formula's dollars would be parted.
    """
    width = max(4, width)
    ending = ending if len(ending) + 2 <= width else ""
    in_one_piece = ending.replace(" ", _NO_BREAK)
    lines = textwrap.wrap(
        text.removesuffix(ending) + in_one_piece,
        width,
        max_lines=max_lines,
        placeholder=f" … {in_one_piece}".rstrip(" "),
    )
    return "\n".join(lines).replace(_NO_BREAK, " ")


def wrapped_title(text: str, inches: float, *, max_lines: int = 4, ending: str = "") -> str:
    """Return what is written above a line of letters, in lines of at most this width."""
    text = " ".join(str(text).split())
    if not text:
        return text
    room = 0.95 * inches  # text on a grid of pixels is a little wider than its outline
    width = int(room / max(text_width(text, "small"), 0.01) * len(text))
    lines = ""
    for at_most in range(max(4, width), 3, -1):  # capital letters are wider than the average
        lines = wrapped(text, at_most, max_lines=max_lines, ending=ending)
        if all(text_width(line, "small") <= room for line in lines.split("\n")):
            break
    return lines


def hide_spines(ax: Any, *sides: str) -> None:
    """Hide the frame of the axes on some sides."""
    for side in sides:
        ax.spines[side].set_visible(False)


def legend_above(ax: Any, handles: Sequence[Any], title: str | None, *, room: float = 1.1) -> None:
    """Put the legend above the axes, in as many columns as there is room for.

    No place inside the axes is free of data in every picture. ``room`` is in widths of the axes;
    1.1 is up to the right edge of a plain figure. Labels that are wider than that are shortened.
    """
    widest = room * ax.get_window_extent().width
    # text on a grid of pixels is a little wider than its outline
    inches = max(_LEAST_LABEL, 0.95 * room * axes_size(ax)[0] - _LEGEND_HANDLE)
    labels = [handle.get_label().replace(r"\$", "$") for handle in handles]
    labels = [plain(shortened(label, inches)) for label in labels]
    for n_columns in range(min(4, len(handles)), 0, -1):
        legend = ax.legend(
            handles=handles,
            labels=labels,
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


def make_room_for_legend(ax: Any) -> None:
    """Make the figure of these axes alone higher by what a legend takes beyond a quarter of it."""
    figure, legend = ax.figure, ax.get_legend()
    width, height = figure.get_size_inches()
    taken = legend.get_window_extent().height / figure.dpi
    figure.set_size_inches(width, height + max(0.0, taken - height / 4))

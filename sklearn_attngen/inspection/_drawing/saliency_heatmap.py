"""Draw the saliency of many sequences into axes: one line of colours for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression

from .plot_style import (
    NEUTRAL,
    axes_size,
    hide_spines,
    lay_out,
    plain,
    shortened,
    text_width,
)
from .position_ticks import number_positions

# Both keep their order for readers with any colour vision, and in grey print.
_MAGNITUDE_COLORS, _EVIDENCE_COLORS = "viridis", "PuOr_r"
# Values beyond this share of all values have the same colour: a few would darken all others.
_SATURATED = 0.995
# In inches: the figure, the share of it that is the image, and what a line of a name takes.
_WIDTH, _HEIGHT, _IMAGE, _LINE = 7.5, 4.4, 0.77, 0.16
# Beyond this height a figure is too large to be handled, and names get smaller instead.
_HIGHEST = 40.0
# Length of the lines from names to their rows, as a share of the width.
_LEADER = 0.03
# Names of classes take up to this share of the width that image and names have together, and are
# shortened to no less than so many inches.
_NAMES, _LEAST_NAME = 0.3, 0.35


def heatmap_size(groups: NDArray[Any] | None) -> tuple[float, float]:
    """Return width and height of a figure in inches, with a line of text for each class."""
    n_classes = 1 if groups is None else len(np.unique(groups))
    return _WIDTH, min(_HIGHEST, max(_HEIGHT, n_classes * _LINE / _IMAGE))


def heatmap_order(
    saliency: NDArray[np.float64], groups: NDArray[Any] | None, sort: str | None
) -> NDArray[np.intp]:
    """Return the rows from top to bottom: class by class, as they come or by their peak."""
    keys: list[NDArray[Any]] = []
    if sort == "peak":
        keys.append(np.abs(saliency).argmax(axis=1))
    if groups is not None:
        keys.append(np.unique(groups, return_inverse=True)[1])
    return np.lexsort(keys) if keys else np.arange(len(saliency))


def draw_heatmap(
    ax: Any,
    saliency: NDArray[np.float64],
    groups: NDArray[Any] | None,
    *,
    group_name: str,
    numbers: NDArray[Any],
    signed: bool,
    sort: str | None,
) -> tuple[Any, Any]:
    """Draw each sequence as a line; return the image and the colour bar."""
    rows = heatmap_order(saliency, groups, sort)
    ordered = saliency[rows]
    highest = float(np.quantile(np.abs(ordered), _SATURATED)) or float(np.abs(ordered).max()) or 1.0
    ax.grid(False)  # of a style: it would lie over the image, and look like lines between classes
    image = ax.imshow(
        ordered,
        aspect="auto",
        cmap=_EVIDENCE_COLORS if signed else _MAGNITUDE_COLORS,
        vmin=-highest if signed else 0.0,
        vmax=highest,
        # where there are more rows than pixels, each pixel shows a mean and no row at random
        interpolation="antialiased",
        interpolation_stage="data",
    )
    above, below = bool(ordered.max() > highest), bool(signed and ordered.min() < -highest)
    extend = {(True, True): "both", (True, False): "max", (False, True): "min"}
    bar = ax.figure.colorbar(
        image, ax=ax, extend=extend.get((above, below), "neither"), pad=0.02, fraction=0.05
    )
    bar.set_label("Evidence for the target" if signed else "Share of saliency")
    bar.outline.set_visible(False)
    ax.set_xlabel("Position")
    if groups is None:
        ax.set_ylabel("Sequence" if sort is None else "Sequence (by the place of its peak)")
        ax.yaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    else:
        ax.set_ylabel(group_name)
        lay_out(ax)
        _name_groups(ax, groups)
    lay_out(ax)
    number_positions(ax, numbers)
    hide_spines(ax, "top", "right", "left", "bottom")
    return image, bar


def _name_groups(ax: Any, groups: NDArray[Any]) -> None:
    """Part the classes by lines, and write the name of each beside its rows."""
    names, sizes = np.unique(groups, return_counts=True)
    n_rows, ends = len(groups), np.cumsum(sizes)
    inches = max(0.1, axes_size(ax)[1])
    # Lines between small classes are thinner, lest they hide the rows.
    points = 72 * inches / n_rows * np.minimum(sizes[:-1], sizes[1:])
    for end, thin in zip(ends[:-1], np.clip(points / 20, 0.1, 1), strict=True):
        ax.axhline(end - 0.5, color="white", linewidth=2.5 * thin)
        ax.axhline(end - 0.5, color="black", linewidth=0.8 * thin)
    for_each = inches / len(names)
    two_lines = for_each >= 2 * _LINE
    # Names of small classes are moved apart, each as little as can be.
    room = n_rows / len(names) * min(1.0, (1 + two_lines) * _LINE / for_each)
    apart = room * np.arange(len(names))
    middles = ends - sizes / 2 - 0.5
    places = apart + isotonic_regression(
        middles - apart, y_min=-0.5, y_max=n_rows - 0.5 - apart[-1]
    )
    gap = "\n" if two_lines else " "
    counts = [f"(n={size})" for size in sizes]
    taken = 0.0 if two_lines else max(text_width(f" {count}", "small") for count in counts)
    widest = _NAMES * axes_size(ax)[0] - taken
    if widest < _LEAST_NAME:  # in small axes names alone are written
        gap, counts = "", [""] * len(names)
        widest = max(_LEAST_NAME, widest + taken)
    shown = (plain(shortened(str(name), widest)) for name in names)
    labels = [f"{name}{gap}{count}" for name, count in zip(shown, counts, strict=True)]
    ax.set_yticks(places, labels, fontsize="small")
    for label in ax.get_yticklabels():
        label.set_fontsize(label.get_fontsize() * min(1.0, for_each / _LINE))
    ax.tick_params(axis="y", length=0)
    if np.any(np.abs(places - middles) > np.maximum(room, sizes) / 2):
        # Names that stand beside other rows are led to their own.
        ax.plot(
            np.repeat([[0.0], [-_LEADER]], len(names), axis=1),
            [middles, places],
            color=NEUTRAL,
            linewidth=0.6,
            transform=ax.get_yaxis_transform(),
            clip_on=False,
        )
        ax.tick_params(axis="y", pad=2 + 72 * _LEADER * axes_size(ax)[0])
    ax.set_ylim(n_rows - 0.5, -0.5)

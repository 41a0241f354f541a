"""Draw the saliency of many sequences into axes: one line of colours for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plot_style import hide_spines, plain, tick_indices

# Both keep their order for readers with any colour vision, and in grey print.
_MAGNITUDE_COLORS, _EVIDENCE_COLORS = "viridis", "PuOr_r"
# Values beyond this share of all values have the same colour: a few would darken all others.
_SATURATED = 0.995


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
    # The colour bar and the names of the classes take about a quarter; numbers half an inch each.
    inches = 0.75 * ax.get_window_extent().width / ax.figure.dpi
    ticks = tick_indices(numbers, at_most=min(10, max(2, int(inches / 0.5))))
    ax.set_xticks(ticks, [f"{number:g}" for number in numbers[ticks]])
    if groups is None:
        ax.set_ylabel("Sequence" if sort is None else "Sequence (by the place of its peak)")
        ax.yaxis.get_major_locator().set_params(integer=True)
    else:
        _name_groups(ax, groups)
        ax.set_ylabel(group_name)
    hide_spines(ax, "top", "right", "left", "bottom")
    return image, bar


def _name_groups(ax: Any, groups: NDArray[Any]) -> None:
    """Part the classes by lines, and write the name of each beside its rows."""
    names, sizes = np.unique(groups, return_counts=True)
    ends = np.cumsum(sizes)
    for end in ends[:-1]:
        ax.axhline(end - 0.5, color="white", linewidth=2.5)
        ax.axhline(end - 0.5, color="black", linewidth=0.8)
    # Names of small classes are moved apart; room for one is about a line of text.
    inches = ax.get_window_extent().height / ax.figure.dpi
    room = 0.32 / max(0.64, inches) * len(groups)
    places = (ends - sizes / 2 - 0.5).astype(float)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + room)
    last = len(groups) - 0.5
    for i in reversed(range(len(places))):
        places[i] = min(places[i], last)
        last = places[i] - room
    labels = [f"{plain(name)}\n(n={size})" for name, size in zip(names, sizes, strict=True)]
    ax.set_yticks(places, labels, fontsize="small")
    ax.tick_params(axis="y", length=0)

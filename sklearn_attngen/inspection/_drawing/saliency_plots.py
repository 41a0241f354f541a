"""Draw saliency into axes: profiles of classes, letters of single sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.sequences import Alphabet

from .letters import draw_letters
from .plot_style import (
    NEUTRAL,
    PALETTE,
    axes_size,
    hide_spines,
    lay_out,
    legend_above,
    plain,
    seen_on,
    text_width,
)
from .position_ticks import number_positions, ticks_with_room

_LINE_STYLES = ("-", "--", "-.", ":")
# Heights in units of the tallest letter.
_TITLE, _GAP, _TRACK, _NUMBERS = 0.45, 0.1, 0.2, 0.42
_NUMBER_SIZE = "x-small"
# Inches of a unit that leave room for texts of 10 points; in smaller axes texts are smaller.
_LEAST_UNIT = 0.3
# Each further line of a title.
TITLE_LINE = 0.32


def draw_profile(
    ax: Any,
    saliency: NDArray[np.float64],
    groups: NDArray[Any] | None,
    *,
    group_name: str,
    numbers: NDArray[Any],
    signed: bool,
    class_colors: Mapping[Any, str] | None,
    band: bool,
) -> tuple[list[Any], list[Any]]:
    """Draw the mean over the sequences of each group; return the lines and the bands."""
    lines: list[Any] = []
    bands: list[Any] = []
    x = np.arange(len(numbers))
    # to a single position no line leads, and a band at one place has no width
    alone = len(numbers) == 1
    wide = np.array([-0.2, 0.2]) if alone else x
    labels = np.zeros(len(saliency), dtype=int) if groups is None else groups
    for i, group in enumerate(np.unique(labels)):
        rows = saliency[labels == group]
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        name, color = plain(group), seen_on(ax, PALETTE[i % len(PALETTE)])
        if groups is None:
            name = "All sequences"
        elif class_colors is not None:
            color = class_colors[group]
        lines += ax.plot(
            x,
            mean,
            _LINE_STYLES[i % len(_LINE_STYLES)],
            color=color,
            label=f"{name} (n={len(rows)})",
            marker="o" if alone else None,
            linewidth=1.6,
        )
        if band:
            low = mean - spread if signed else np.maximum(mean - spread, 0)
            edges = (np.broadcast_to(edge, wide.shape) for edge in (low, mean + spread))
            bands.append(ax.fill_between(wide, *edges, color=color, alpha=0.15, linewidth=0))
    level = ax.axhline(
        0.0 if signed else 1 / len(numbers),
        color=NEUTRAL,
        linestyle=(0, (1, 2)),
        linewidth=1,
        zorder=0,
        label="No evidence" if signed else f"Even share (1/{len(numbers)})",
    )
    what = "Mean evidence for the target" if signed else "Mean share of saliency"
    ax.set_ylabel(f"{what}\n± 1 standard deviation" if band else what)
    ax.set_xlim(-0.5, len(numbers) - 0.5)
    if not signed:
        ax.set_ylim(bottom=0)
    lay_out(ax)
    number_positions(ax, numbers)
    hide_spines(ax, "top", "right")
    legend_above(ax, [*lines, level], None if groups is None else group_name, room=1.0)
    return lines, bands


def draw_sequences(
    ax: Any,
    saliency: NDArray[np.float64],
    codes: NDArray[np.uint8],
    *,
    alphabet: Alphabet,
    colors: Mapping[str, str],
    titles: Sequence[str],
    numbers: NDArray[Any],
    signed: bool,
    letters_per_line: int,
) -> list[Any]:
    """Draw the letters of each sequence as high as their saliency; return the patches.

    Under the letters the sequence is written once more in small grey ones, so that
    letters without saliency can be read too.
    """
    n, length = saliency.shape
    width = min(letters_per_line, length)
    tallest = float(np.abs(saliency).max()) or 1.0
    heights = saliency / tallest
    below = float(max(0.0, -heights.min()))
    rc = require("matplotlib", extra="plot", purpose="SaliencyDisplay").rcParams
    pale = dict.fromkeys(alphabet.letters, "#8A8A8A")
    ticks, left = _numbered(numbers, width, axes_size(ax)[0] / width)
    drawn: list[Any] = []
    others = len(ax.texts)
    y = 0.0  # the upper edge of what is drawn next
    for row in range(n):
        y -= _TITLE + TITLE_LINE * titles[row].count("\n")
        title = ax.text(-0.5, y + 0.08, plain(titles[row]), fontsize="small", va="bottom")
        title.set_in_layout(False)  # a long one would take the room of the letters
        for start in range(0, length, width):
            part = slice(start, min(start + width, length))
            line = codes[row, part]
            baseline = y - 1.0
            track = baseline - below - _GAP - _TRACK
            drawn += draw_letters(
                ax, line, baseline, heights[row, part], alphabet=alphabet, colors=colors
            )
            ax.plot([-0.5, len(line) - 0.5], [baseline] * 2, color=NEUTRAL, linewidth=0.6)
            drawn += draw_letters(
                ax,
                line,
                track,
                np.full(len(line), _TRACK),
                alphabet=alphabet,
                colors=pale,
                width=0.6,
            )
            for index in sorted(ticks.keys() & range(part.start, part.stop)):
                ax.text(
                    index - start,
                    track - 0.07,
                    ticks[index],
                    fontsize=_NUMBER_SIZE,
                    color=NEUTRAL,
                    ha="center",
                    va="top",
                )
            y = track - _NUMBERS
    ax.set_xlim(-0.5, width - 0.5)
    ax.set_ylim(y, 0)
    ax.set_xticks([])
    ax.set_yticks([])
    hide_spines(ax, "top", "right", "left", "bottom")
    what = "Evidence" if signed else "Share of saliency"
    ax.set_ylabel(f"{what}\n(tallest letter: {tallest:.2g})", labelpad=4 + 72 * left)
    ax.set_xlabel("Position")
    lay_out(ax)
    shrink = min(1.0, axes_size(ax)[1] / -y / (_LEAST_UNIT * rc["font.size"] / 10))
    for text in ax.texts[others:]:  # in small axes titles would cover the numbers above them
        text.set_fontsize(text.get_fontsize() * shrink)
    return drawn


def _numbered(numbers: NDArray[Any], width: int, inches: float) -> tuple[dict[int, str], float]:
    """Return what is written under which letters, of lines of ``width`` letters this wide.

    And how far to the left of a line it reaches, in inches.
    """
    length = len(numbers)
    indices, labels = ticks_with_room(
        numbers, inches * length, at_most=max(2, length // 9), size=_NUMBER_SIZE
    )
    ticks = dict(zip(indices.tolist(), labels, strict=True))
    left = [
        text_width(label, _NUMBER_SIZE) / 2 - (index % width + 0.5) * inches
        for index, label in ticks.items()
    ]
    return ticks, max(0.0, *left)

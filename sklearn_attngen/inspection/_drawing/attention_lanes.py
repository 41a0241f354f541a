"""Draw the attention of heads into axes: a lane for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet

from .letters import draw_letters
from .plot_style import NEUTRAL, PALETTE, hide_spines, lay_out, legend_above, seen_on
from .position_ticks import number_positions

# Letters of longer sequences would be too narrow to be read.
LONGEST_WITH_LETTERS = 120
_SOFT, _HARD = PALETTE[0], PALETTE[1]
_HARD_NAME = "hard head"  # that of several networks comes behind their number
# In units of the height of a lane.
_STEP, _LETTER, _GAP = 1.18, 0.34, 0.12


def draw_lanes(
    ax: Any,
    attention: NDArray[np.float64],
    *,
    names: list[str],
    numbers: NDArray[Any],
    sequence: int | None,
    codes: NDArray[np.uint8] | None,
    alphabet: Alphabet,
    colors: Mapping[str, str],
    band: bool,
    share_scale: bool,
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Draw (n, n_heads, L); return means, bands, areas of one sequence, and its letters."""
    n, n_heads, length = attention.shape
    mean, spread = attention.mean(axis=0), attention.std(axis=0)
    low, high = np.maximum(mean - spread, 0), mean + spread
    band = band and n > 1
    highest = (high if band else mean).max(axis=1)
    if sequence is not None:
        highest = np.maximum(highest, attention[sequence].max(axis=1))
    if share_scale:
        highest = np.full(n_heads, highest.max())
    highest = np.maximum(highest, np.finfo(float).tiny)
    x, edges = np.arange(length), np.arange(length + 1) - 0.5
    lines: list[Any] = []
    bands: list[Any] = []
    areas: list[Any] = []
    baselines = -_STEP * np.arange(1, n_heads + 1)
    level = None
    for head, (name, base, unit) in enumerate(zip(names, baselines, highest, strict=True)):
        color = _HARD if name.lower().endswith(_HARD_NAME) else _SOFT
        ax.plot([-0.5, length - 0.5], [base] * 2, color=NEUTRAL, linewidth=0.6)
        (level,) = ax.plot(
            [-0.5, length - 0.5],
            [base + 1 / length / unit] * 2,
            color=NEUTRAL,
            linestyle=(0, (1, 2)),
            linewidth=1,
            label=f"Even attention (1/{length})",
        )
        if sequence is not None:
            shown = attention[sequence, head]
            areas.append(
                ax.fill_between(
                    edges,
                    base,
                    base + np.append(shown, shown[-1]) / unit,
                    step="post",
                    color=color,
                    alpha=0.45,
                    linewidth=0,
                    label=f"Sequence {sequence}",
                )
            )
        elif band:
            bands.append(
                ax.fill_between(
                    x,
                    base + low[head] / unit,
                    base + high[head] / unit,
                    color=color,
                    alpha=0.18,
                    linewidth=0,
                    label="One standard deviation",
                )
            )
        lines += ax.plot(
            x,
            base + mean[head] / unit,
            color=color if sequence is None else seen_on(ax, "black"),
            linewidth=1.5 if sequence is None else 0.9,
            marker="o" if length == 1 else None,  # no line leads to a single position
            label=f"Mean (n={n})",
        )
    bottom = baselines[-1]
    letters: list[Any] = []
    if codes is not None:
        bottom -= _GAP + _LETTER
        height = np.full(length, _LETTER)
        letters = draw_letters(ax, codes, bottom, height, alphabet=alphabet, colors=colors)
    own = [f"\n(top: {unit:.2g})" if not share_scale else "" for unit in highest]
    ax.set_yticks(baselines + 0.4, [name + text for name, text in zip(names, own, strict=True)])
    ax.tick_params(axis="y", length=0, labelsize="small")
    ax.set_ylabel(
        f"Attention\n(height of a lane: {highest[0]:.2g})" if share_scale else "Attention"
    )
    ax.set_xlim(-0.5, length - 0.5)
    ax.set_ylim(bottom - _GAP, 0)
    hide_spines(ax, "top", "right", "left")
    lay_out(ax)  # how much room the names of heads leave to numbers and legend
    number_positions(ax, numbers)
    legend_above(ax, [lines[0], *bands[:1], *areas[:1], level], None, room=1.0)
    return lines, bands, areas, letters

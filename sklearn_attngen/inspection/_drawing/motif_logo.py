"""Draw a sequence logo into axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.inspection._motifs.motif import Motif

from .letters import draw_letters


def letter_heights(motif: Motif, kind: str) -> NDArray[np.float64]:
    """Return the height of each letter at each position, (width, n_letters)."""
    if kind == "information":
        return motif.probabilities * motif.information[:, None]
    assert motif.contributions is not None  # the display has checked
    return motif.probabilities * np.maximum(motif.contributions, 0.0)[:, None]


def draw_logo(
    ax: Any,
    motif: Motif,
    heights: NDArray[np.float64],
    baseline: float,
    *,
    colors: Mapping[str, str],
) -> list[Any]:
    """Draw the letters of each position on top of each other, the highest at the top."""
    order = np.argsort(heights, axis=1, kind="stable")
    stacked = np.take_along_axis(heights, order, axis=1)
    bottoms = baseline + np.cumsum(stacked, axis=1) - stacked
    drawn: list[Any] = []
    for rank in range(heights.shape[1]):
        drawn += draw_letters(
            ax,
            order[:, rank].astype(np.uint8),
            bottoms[:, rank],
            stacked[:, rank],
            alphabet=motif.alphabet,
            colors=colors,
        )
    return drawn

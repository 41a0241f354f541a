"""Draw letters as shapes, as high as a number says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

from .plot_style import NEUTRAL, PALETTE, seen_on

UNKNOWN_COLOR = "#B0B0B0"
_NUCLEOTIDES = {
    "classic": {"A": "#109648", "C": "#255C99", "G": "#F7A01B", "T": "#D62839", "U": "#D62839"},
    "colorblind": {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#CC3311", "U": "#CC3311"},
}
# Amino acids by chemistry: acidic, basic, polar, amides, hydrophobic.
_AMINO_ACIDS = {
    "classic": ("#D62839", "#255C99", "#109648", "#8E44AD", "#222222"),
    "colorblind": ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#222222"),
}
_CHEMISTRY = ("DE", "KRH", "GSTYC", "NQ", "AVLIPWFM")


def letter_colors(alphabet: Alphabet, palette: str | Mapping[str, str]) -> dict[str, str]:
    """Return the colour of every letter of an alphabet.

    ``palette`` is "classic" (A green, C blue, G orange, T red), "colorblind", or a mapping of
    letters to colours that covers the alphabet. Signs beside nucleotides or amino acids, such as
    gaps, are grey.
    """
    letters = alphabet.letters
    if not isinstance(palette, str):
        missing = [letter for letter in letters if letter not in palette]
        if missing:
            raise ValueError(f"letter_colors has no colour for {', '.join(missing)}.")
        return {letter: palette[letter] for letter in letters}
    if palette not in _NUCLEOTIDES:
        raise ValueError(
            f"letter_colors must be 'classic', 'colorblind' or a mapping of letters to colours, "
            f"got {palette!r}."
        )
    groups = dict(zip(_CHEMISTRY, _AMINO_ACIDS[palette], strict=True))
    amino_acids = {letter: color for group, color in groups.items() for letter in group}
    residues = {letter for letter in letters if letter.isalpha()}
    for known in (_NUCLEOTIDES[palette], amino_acids):
        if residues and residues <= set(known):
            return {letter: known.get(letter, NEUTRAL) for letter in letters}
    return {letter: PALETTE[i % len(PALETTE)] for i, letter in enumerate(letters)}


@cache
def _glyph(letter: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return vertices and path codes of a letter, stretched to the unit square.

    Letters that are narrow by nature (I, J) stay narrower and are centred. Signs lower than a
    letter, such as "-" and "*", stay lower, in their place on the line: a gap stretched to the full
    height would be an I.
    """
    text = require("matplotlib.textpath", extra="plot", purpose="A display")
    fonts = require("matplotlib.font_manager", extra="plot", purpose="A display")
    # This font is part of matplotlib, so that pictures are the same everywhere.
    font = fonts.FontProperties(family="DejaVu Sans", weight="bold")

    def outline(character: str) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
        path = text.TextPath((0, 0), character, size=1, prop=font)
        box = path.get_extents()
        return path, np.array([box.x0, box.y0]), np.array([box.width, box.height])

    path, origin, size = outline(letter)
    usual = outline("E")[2]
    wide = 1.0 if size[0] > size[1] else min(1.0, size[0] / usual[0])
    high, lift = 1.0, 0.0
    if not letter.isalpha():
        high = min(1.0, size[1] / usual[1])
        lift = float(np.clip(origin[1] / usual[1], 0.0, 1.0 - high))
    vertices = (path.vertices - origin) / size * [wide, high] + [(1 - wide) / 2, lift]
    return vertices, path.codes


def draw_letters(
    ax: Any,
    codes: NDArray[np.uint8],
    bottom: float | NDArray[np.float64],
    heights: NDArray[np.float64],
    *,
    alphabet: Alphabet,
    colors: Mapping[str, str],
    width: float = 0.92,
) -> list[Any]:
    """Draw a line of letters.

    The i-th is centred at x = i and reaches from ``bottom`` (one for all, or one for each) to
    ``heights[i]`` above it; letters of negative height hang upside down. Low signs fill a part of
    that. The limits of the axes are left as they are. Returns a patch for each different letter.
    """
    patches = require("matplotlib.patches", extra="plot", purpose="A display")
    paths = require("matplotlib.path", extra="plot", purpose="A display")
    drawn = []
    for code in np.unique(codes):
        unknown = code == NO_SIGNAL
        letter = alphabet.unknown_letter if unknown else alphabet.letters[code]
        at = np.flatnonzero((codes == code) & (heights != 0))
        if not at.size:
            continue
        vertices, kinds = _glyph(letter)
        size = np.column_stack([np.full(at.size, width), heights[at]])
        corner = np.column_stack([at - width / 2, np.broadcast_to(bottom, codes.shape)[at]])
        # All occurrences of a letter are one patch: thousands of patches would be slow to draw.
        outline = (vertices[None] * size[:, None] + corner[:, None]).reshape(-1, 2)
        patch = patches.PathPatch(
            paths.Path(outline, np.tile(kinds, at.size)),
            facecolor=seen_on(ax, UNKNOWN_COLOR if unknown else colors.get(letter, UNKNOWN_COLOR)),
            linewidth=0,
            snap=False,  # to whole pixels: the stem of a narrow T would be gone
        )
        ax.add_artist(patch)  # add_patch would look for the limits of every curve, which is slow
        drawn.append(patch)
    return drawn

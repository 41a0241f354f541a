"""Pictures of motifs: sequence logos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sklearn_attngen._extras import require
from sklearn_attngen.inspection._motifs.motif import Motif, check_motifs
from sklearn_attngen.inspection._motifs.motif_report import motif_report

from .letters import letter_colors as color_letters
from .motif_logo import draw_logo, letter_heights
from .plot_style import (
    NEUTRAL,
    axes_size,
    check_axes,
    get_axes,
    hide_spines,
    plain,
    text_scale,
    wrapped_title,
)

KINDS = ("information", "contribution")
# Beyond this many logos a figure is too high to be read.
_MOST_MOTIFS = 20
# Heights in inches: a line of a title of usual size, a logo, and the least of a logo in given axes.
_TITLE_LINE, _LOGO, _LEAST = 0.18, 0.75, 0.3
# Heights in units of a logo.
_EDGE, _GAP = 0.06, 0.3
# The number of sites or the q-value, which is kept of a title that is too long.
_IN_BRACKETS = re.compile(r"(?<= )\([^()]*\)$")


class MotifDisplay:
    """Picture of motifs as sequence logos, one below the other.

    Use :meth:`from_estimator`, :meth:`from_report` or :meth:`from_motifs` to make one; the
    parameters are stored as attributes.

    Parameters
    ----------
    motifs : list of Motif
        What is drawn, of one alphabet.
    kind : {"information", "contribution"}, default="information"
        What the height of a position is: its relative entropy to the background in bits, or its
        mean saliency over the sites. The letters share it by how often they stand there.
    titles : sequence of str or None, default=None
        What is written above each logo; None writes names and numbers of sites.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.
    letters_ : list of list of PathPatch
        The letters of each logo.

    See Also
    --------
    motif_report : Find the motifs.

    Notes
    -----
    Information tells how well the sites agree, contribution where the saliency lies in them.
    Neither tells whether the prediction needs the motif: the effect in the title of a motif
    from a report does, beside that of its control.

    Examples
    --------
    >>> from sklearn_attngen.inspection import Motif, MotifDisplay
    >>> motif = Motif("TATA", [[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    >>> display = MotifDisplay.from_motifs([motif])
    >>> display.ax_.get_ylabel()
    'Information (bits)'
    """

    def __init__(
        self,
        motifs: list[Motif],
        *,
        kind: str = "information",
        titles: Sequence[str] | None = None,
    ) -> None:
        self.motifs = motifs
        self.kind = kind
        self.titles = titles

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        kind: str = "information",
        max_per_class: int | None = 2,
        ax: Any = None,
        letter_colors: str | Mapping[str, str] = "classic",
        **report_kwargs: Any,
    ) -> MotifDisplay:
        """Find the motifs of a fitted classifier and draw them.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or Pipeline.
        X : array-like of n sequences of one length L
            In any form that the estimator reads.
        y : array-like of shape (n,) or None, default=None
            True labels; None takes the predicted classes.
        kind : {"information", "contribution"}, default="information"
            What the height of a position is.
        max_per_class : int or None, default=2
            How many motifs of each class are drawn, those of most regions; None draws all.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        letter_colors : {"classic", "colorblind"} or mapping of letter to colour, default="classic"
            Colours of the letters.
        **report_kwargs : dict
            Keyword arguments of :func:`motif_report`, such as ``database``.

        Returns
        -------
        display : MotifDisplay
        """
        _check_kind(kind)
        if ax is not None:  # before the long computation
            check_axes(ax)
        report = motif_report(estimator, X, y, **report_kwargs)
        return cls.from_report(
            report, kind=kind, max_per_class=max_per_class, ax=ax, letter_colors=letter_colors
        )

    @classmethod
    def from_report(
        cls,
        report: Any,
        *,
        kind: str = "information",
        max_per_class: int | None = None,
        ax: Any = None,
        letter_colors: str | Mapping[str, str] = "classic",
    ) -> MotifDisplay:
        """Draw the motifs of a report.

        Parameters
        ----------
        report : DataFrame
            What :func:`motif_report` returned, or some of its rows.
        kind : {"information", "contribution"}, default="information"
            What the height of a position is.
        max_per_class : int or None, default=None
            How many motifs of each class are drawn, those of most regions; None draws all.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        letter_colors : {"classic", "colorblind"} or mapping of letter to colour, default="classic"
            Colours of the letters.

        Returns
        -------
        display : MotifDisplay

        Raises
        ------
        TypeError
            If it is no report.
        ValueError
            As :meth:`from_motifs`.
        """
        if not hasattr(report, "columns") or "motif" not in report.columns:
            raise TypeError("report must be the DataFrame that motif_report returned.")
        report = report.reset_index(drop=True)  # parts put together may number their rows alike
        if max_per_class is not None:
            ranked = report.sort_values("n_seqlets", ascending=False, kind="stable")
            report = report.loc[ranked.groupby("class").head(max_per_class).index.sort_values()]
        titles = [_title(row) for _, row in report.iterrows()]
        return cls.from_motifs(
            report["motif"], kind=kind, titles=titles, ax=ax, letter_colors=letter_colors
        )

    @classmethod
    def from_motifs(
        cls,
        motifs: Iterable[Motif] | Motif,
        *,
        kind: str = "information",
        titles: Sequence[str] | None = None,
        ax: Any = None,
        letter_colors: str | Mapping[str, str] = "classic",
    ) -> MotifDisplay:
        """Draw motifs.

        Parameters
        ----------
        motifs : Motif or iterable of Motif
            At most 20, of one alphabet.
        kind : {"information", "contribution"}, default="information"
            What the height of a position is. "contribution" needs motifs that were found in
            saliency, by :func:`cluster_seqlets` or :func:`motif_report`.
        titles : sequence of str or None, default=None
            What is written above each logo; None writes names and numbers of sites.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        letter_colors : {"classic", "colorblind"} or mapping of letter to colour, default="classic"
            Colours of the letters.

        Returns
        -------
        display : MotifDisplay

        Raises
        ------
        TypeError
            If something else than motifs is given.
        ValueError
            If there are none or more than 20, their alphabets differ, ``kind`` is unknown or asks
            for saliency that a motif does not have, titles and motifs differ in number, or a letter
            has no colour.
        """
        _check_kind(kind)
        listed = check_motifs(motifs)
        if not listed:
            raise ValueError(
                "There are no motifs to draw. If a report has no rows, give it more sequences, "
                "a smaller min_seqlets or another width."
            )
        if len(listed) > _MOST_MOTIFS:
            raise ValueError(
                f"{len(listed)} motifs are too many for one picture: draw at most {_MOST_MOTIFS}, "
                f"such as report[:{_MOST_MOTIFS}], or set max_per_class."
            )
        for motif in listed:
            if motif.alphabet.letters != listed[0].alphabet.letters:
                raise ValueError(
                    f"{motif.name} is written in {motif.alphabet.name}, {listed[0].name} in "
                    f"{listed[0].alphabet.name}: draw motifs of one alphabet in a picture."
                )
            if kind == "contribution" and motif.contributions is None:
                raise ValueError(
                    f"kind='contribution' needs saliency, which {motif.name} does not have: only "
                    "motifs found in saliency do. Draw it with kind='information'."
                )
        if titles is not None and len(titles) != len(listed):
            raise ValueError(
                f"titles holds {len(titles)} texts for {len(listed)} motifs. Give each one."
            )
        return cls(listed, kind=kind, titles=titles).plot(ax=ax, letter_colors=letter_colors)

    def plot(
        self, ax: Any = None, *, letter_colors: str | Mapping[str, str] = "classic"
    ) -> MotifDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        letter_colors : {"classic", "colorblind"} or mapping of letter to colour, default="classic"
            Colours of the letters.

        Returns
        -------
        display : MotifDisplay
            This object.
        """
        alphabet = self.motifs[0].alphabet
        colors = color_letters(alphabet, letter_colors)
        heights = [letter_heights(motif, self.kind) for motif in self.motifs]
        # the letters of a position stand on top of each other
        highest = max(float(height.sum(axis=1).max()) for height in heights)
        if self.kind == "information":
            # The most there can be if all letters were as frequent; other backgrounds allow more.
            highest = max(highest, float(np.log2(alphabet.n_letters)))
        highest = highest or 1.0
        widest = max(motif.width for motif in self.motifs)
        titles = [_named(motif) for motif in self.motifs] if self.titles is None else self.titles
        inches = max(6.0, 0.28 * widest + 1.0)
        scale = text_scale()
        titles, logo = _fitted(titles, ax, inches - 1.0)
        rooms = [_EDGE + scale * _TITLE_LINE / logo * (title.count("\n") + 1) for title in titles]
        in_all = sum(rooms) + (1.0 + _GAP) * len(rooms)
        size = (inches, max(2.0 * scale, logo * in_all + 0.5 * scale))
        self.figure_, self.ax_ = get_axes(ax, size, "MotifDisplay")
        self.letters_: list[list[Any]] = []
        ticks: list[float] = []
        baseline = 0.0
        for motif, height, title, room in zip(self.motifs, heights, titles, rooms, strict=True):
            baseline -= 1.0 + room
            text = self.ax_.text(-0.5, baseline + 1.04, title, fontsize="small", va="bottom")
            text.set_in_layout(False)  # a long one would take the room of the letters
            self.letters_.append(
                draw_logo(self.ax_, motif, height / highest, baseline, colors=colors)
            )
            self.ax_.plot([-0.5, motif.width - 0.5], [baseline] * 2, color=NEUTRAL, linewidth=0.6)
            ticks += [baseline, baseline + 1.0]
            baseline -= _GAP
        self.ax_.set_xlim(-0.5, max(widest, 12) - 0.5)
        self.ax_.set_ylim(baseline + _GAP - _EDGE, 0)
        self.ax_.set_yticks(ticks, ["0", f"{highest:.2g}"] * len(self.motifs), fontsize="small")
        step = 5 if widest > 12 else 2
        self.ax_.set_xticks(np.arange(0, widest, step))
        hide_spines(self.ax_, "top", "right", "left", "bottom")
        self.ax_.set_xlabel("Position in the motif (0-based)")
        self.ax_.set_ylabel("Information (bits)" if self.kind == "information" else "Mean saliency")
        return self


def _named(motif: Motif) -> str:
    """Return the name of a motif and how many sites it has."""
    return plain(motif.name) + (f" ({motif.n_sites} sites)" if motif.n_sites else "")


def _fitted(titles: Sequence[str], ax: Any, width: float) -> tuple[list[str], float]:
    """Return titles in lines, and how high each logo is, in inches.

    A figure of its own, with axes of this width, is as high as it needs to be. In given axes long
    titles are cut rather than logos made flat.
    """
    if ax is None:
        return [_in_lines(title, width, 4) for title in titles], _LOGO
    logo = 0.0
    lines: list[str] = []
    width, height = axes_size(ax)
    for max_lines in range(4, 0, -1):
        lines = [_in_lines(title, width, max_lines) for title in titles]
        n_lines = sum(title.count("\n") + 1 for title in lines)
        logo = (height - text_scale() * _TITLE_LINE * n_lines) / (
            len(titles) * (1.0 + _EDGE + _GAP)
        )
        if logo >= _LEAST:
            break
    return lines, max(logo, _LEAST)


def _in_lines(title: str, width: float, max_lines: int) -> str:
    """Return a title in lines of at most this width in inches; formulas stay as they are."""
    cbook = require("matplotlib.cbook", extra="plot", purpose="MotifDisplay")
    lines = []
    for line in title.split("\n"):
        if not cbook.is_math_text(line):
            found = _IN_BRACKETS.search(line)
            ending = found[0] if found else ""
            text = line.replace(r"\$", "$")
            line = plain(wrapped_title(text, width, max_lines=max_lines, ending=ending))
        lines.append(line)
    return "\n".join(lines)


def _title(row: Any) -> str:
    """Describe a row of a report."""
    text = f"{plain(row['name'])}: {row['n_seqlets']} sites"
    if "match_1" in row.index:
        text += f", like {plain(row['match_1'])} (q = {row['q_value_1']:.1g})"
    # "z" writes no minus before a zero
    return f"{text}\neffect {row['effect']:z.2f}, control {row['effect_control']:z.2f}"


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}.")

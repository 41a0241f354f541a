"""Pictures of motifs: sequence logos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sklearn_attngen.inspection._motifs.motif import Motif, check_motifs
from sklearn_attngen.inspection._motifs.motif_report import motif_report

from .letters import letter_colors as color_letters
from .motif_logo import draw_logo, letter_heights
from .plot_style import NEUTRAL, get_axes, hide_spines, plain

KINDS = ("information", "contribution")
# Beyond this many logos a figure is too high to be read.
_MOST_MOTIFS = 20
# Heights in units of a logo.
_TITLE_LINE, _GAP = 0.24, 0.3


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
            raise ValueError(f"titles holds {len(titles)} texts for {len(listed)} motifs.")
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
        titles = self.titles
        if titles is None:
            sites = [f" ({m.n_sites} sites)" if m.n_sites else "" for m in self.motifs]
            names = [plain(motif.name) for motif in self.motifs]
            titles = [name + site for name, site in zip(names, sites, strict=True)]
        rooms = [0.06 + _TITLE_LINE * (title.count("\n") + 1) for title in titles]
        in_all = sum(rooms) + (1.0 + _GAP) * len(rooms)
        size = (max(6.0, 0.28 * widest + 1.0), max(2.0, 0.75 * in_all + 0.5))
        self.figure_, self.ax_ = get_axes(ax, size, "MotifDisplay")
        self.letters_: list[list[Any]] = []
        ticks: list[float] = []
        baseline = 0.0
        for motif, height, title, room in zip(self.motifs, heights, titles, rooms, strict=True):
            baseline -= 1.0 + room
            self.ax_.text(-0.5, baseline + 1.04, title, fontsize="small", va="bottom", ha="left")
            self.letters_.append(
                draw_logo(self.ax_, motif, height / highest, baseline, colors=colors)
            )
            self.ax_.plot([-0.5, motif.width - 0.5], [baseline] * 2, color=NEUTRAL, linewidth=0.6)
            ticks += [baseline, baseline + 1.0]
            baseline -= _GAP
        self.ax_.set_xlim(-0.5, max(widest, 12) - 0.5)
        self.ax_.set_ylim(baseline + _GAP - 0.06, 0)
        self.ax_.set_yticks(ticks, ["0", f"{highest:.2g}"] * len(self.motifs), fontsize="small")
        step = 5 if widest > 12 else 2
        self.ax_.set_xticks(np.arange(0, widest, step))
        hide_spines(self.ax_, "top", "right", "left", "bottom")
        self.ax_.set_xlabel("Position in the motif (0-based)")
        self.ax_.set_ylabel("Information (bits)" if self.kind == "information" else "Mean saliency")
        return self


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

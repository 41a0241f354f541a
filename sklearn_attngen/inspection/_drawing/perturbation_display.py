"""Picture of perturbation curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike
from sklearn.utils import Bunch

from sklearn_attngen._extras import require
from sklearn_attngen.inspection._removal.perturbation import perturbation_curve

from .plot_style import (
    NEUTRAL,
    PALETTE,
    check_axes,
    get_axes,
    hide_spines,
    in_words,
    legend_above,
    make_room_for_legend,
    plain,
    seen_on,
)

ORDER_NAMES = {
    "top": "Most salient first",
    "random": "Random order (control)",
    "matched": "Random, same letters (control)",
    "bottom": "Least salient first",
}
_ORDER_COLORS = {"top": "#D55E00", "random": NEUTRAL, "matched": "#000000", "bottom": "#0072B2"}
_ORDER_STYLES = {"top": "-", "random": "--", "matched": "-.", "bottom": ":"}
_ORDER_MARKERS = {"top": "o", "random": "s", "matched": "D", "bottom": "^"}
# Of several estimators. Not as many as colours, so that the next round has other pairs.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_MODE_WORDS = {"deletion": "Letters removed", "insertion": "Letters kept"}
_FILL_WORDS = {
    "unknown": "set to unknown",
    "shuffle": "shuffled among themselves",
    "resample": "redrawn from the composition",
    "dinucleotide": "taken from a dinucleotide shuffle",
    "uniform": "set to equal values for all letters",
}


class PerturbationCurveDisplay:
    """Picture of perturbation curves with their controls and intervals.

    Use :meth:`from_estimator`, :meth:`from_curve` or :meth:`from_curves` to make one; the
    parameter is stored as an attribute.

    Parameters
    ----------
    curves : mapping of str to Bunch
        Results of :func:`perturbation_curve` by the name of the estimator.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.
    lines_ : dict of (name, order) to Line2D
        Means over repeats.
    bands_ : dict of (name, order) to PolyCollection
        Intervals over sequences, where the curve has them.
    chance_line_ : Line2D or None
        Chance level, where the metric has one.

    See Also
    --------
    perturbation_curve : Compute a curve.

    Notes
    -----
    The line of the most salient letters says little by itself: any classifier fails once enough
    letters are gone. Read it against its controls, the random order and the one of the same
    letters, and against the least salient letters; where the bands overlap, the saliency is not
    shown to be better than chance. The bands hold the choice of the sequences, not that of the
    training rows or the seed of the fit. Areas and heights of two classifiers compare
    only from the same height without removal on. What a curve does not say is in
    :func:`perturbation_curve`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import PerturbationCurveDisplay
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> X = ["AACA", "ACCA", "AGCA", "AGGA", "ACGA", "AAGA"]
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> display = PerturbationCurveDisplay.from_estimator(
    ...     model, X, y, fractions=(0, 0.25, 0.5), n_bootstrap=50
    ... )
    >>> display.ax_.get_ylabel()
    'Accuracy'
    """

    def __init__(self, curves: Mapping[str, Bunch]) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        name: str | None = None,
        ax: Any = None,
        plot_kwargs: Mapping[str, Any] | None = None,
        **curve_kwargs: Any,
    ) -> PerturbationCurveDisplay:
        """Compute the curve of a fitted classifier and draw it.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or Pipeline.
        X : array-like of n sequences
            In any form that the estimator reads.
        y : array-like of shape (n,)
            True labels.
        name : str or None, default=None
            Name of the estimator; None takes that of its class.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        plot_kwargs : mapping or None, default=None
            Keyword arguments of :meth:`plot`.
        **curve_kwargs : dict
            Keyword arguments of :func:`perturbation_curve`.

        Returns
        -------
        display : PerturbationCurveDisplay
        """
        if ax is not None:  # before the long computation
            check_axes(ax)
        curve = perturbation_curve(estimator, X, y, **curve_kwargs)
        name = type(estimator).__name__ if name is None else name
        return cls.from_curves({name: curve}, ax=ax, **(plot_kwargs or {}))

    @classmethod
    def from_curve(
        cls, curve: Bunch, *, name: str = "estimator", ax: Any = None, **plot_kwargs: Any
    ) -> PerturbationCurveDisplay:
        """Draw one computed curve.

        Parameters
        ----------
        curve : Bunch
            Result of :func:`perturbation_curve`.
        name : str, default="estimator"
            Name of the estimator.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : PerturbationCurveDisplay
        """
        return cls.from_curves({name: curve}, ax=ax, **plot_kwargs)

    @classmethod
    def from_curves(
        cls, curves: Mapping[str, Bunch], *, ax: Any = None, **plot_kwargs: Any
    ) -> PerturbationCurveDisplay:
        """Draw the computed curves of several estimators in one picture.

        Parameters
        ----------
        curves : mapping of str to Bunch
            Results of :func:`perturbation_curve` by the name of the estimator, all with one metric,
            one fill and one mode.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : PerturbationCurveDisplay

        Raises
        ------
        TypeError
            If something else is given than results of :func:`perturbation_curve` by name.
        ValueError
            If there are no curves, or they differ in metric, fill or mode.
        """
        cls._check(curves)
        kinds = {(curve.metric, curve.fill, curve.mode) for curve in curves.values()}
        if len(kinds) > 1:
            raise ValueError(
                f"The curves differ in metric, fill or mode: {sorted(kinds)}. Heights in one "
                "picture would not mean the same; draw them in separate axes."
            )
        return cls(dict(curves)).plot(ax=ax, **plot_kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        orders: Sequence[str] | None = None,
        band: bool = True,
        legend: bool = True,
    ) -> PerturbationCurveDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        orders : sequence of str or None, default=None
            The orders to draw. None draws all that there are for one estimator, and all but
            "bottom" for several, which differ by colour and marker then.
        band : bool, default=True
            Whether to show the intervals.
        legend : bool, default=True
            Whether to explain the lines above the axes.

        Returns
        -------
        display : PerturbationCurveDisplay
            This object.

        Raises
        ------
        ValueError
            If a curve lacks one of the orders, or intervals of different confidence levels were to
            be drawn in one picture.
        """
        orders = self._chosen_orders(orders)
        with_intervals = [curve for curve in self.curves.values() if band and curve.intervals]
        confidence = sorted({curve.confidence_level for curve in with_intervals})
        if len(confidence) > 1:
            raise ValueError(
                f"The intervals of the curves have different confidence levels, {confidence}: "
                "their widths in one picture would not mean the same. Compute the curves with one "
                "confidence_level, or leave the intervals out with band=False."
            )
        is_new = ax is None
        self.figure_, self.ax_ = get_axes(ax, (6.4, 4.2), "PerturbationCurveDisplay")
        ax = self.ax_
        several = len(self.curves) > 1
        self.lines_: dict[tuple[str, str], Any] = {}
        self.bands_: dict[tuple[str, str], Any] = {}
        for i, (name, curve) in enumerate(self.curves.items()):
            percent = 100 * curve.fractions
            for order in (order for order in orders if order in curve.scores):
                color, marker = _ORDER_COLORS[order], _ORDER_MARKERS[order]
                if several:
                    color, marker = PALETTE[i % len(PALETTE)], _MARKERS[i % len(_MARKERS)]
                color = seen_on(ax, color)
                (self.lines_[name, order],) = ax.plot(
                    percent,
                    curve.scores[order].mean(axis=1),
                    linestyle=_ORDER_STYLES[order],
                    marker=marker,
                    markersize=4.5,
                    linewidth=1.6,
                    color=color,
                    label=ORDER_NAMES[order],
                )
                if band and order in curve.intervals:
                    low, high = curve.intervals[order].T
                    self.bands_[name, order] = ax.fill_between(
                        percent, low, high, color=color, alpha=0.15, linewidth=0
                    )
        first = next(iter(self.curves.values()))
        self.chance_line_ = None
        levels = {curve.chance for curve in self.curves.values()} - {None}
        if len(levels) == 1:
            self.chance_line_ = ax.axhline(
                levels.pop(),
                color=seen_on(ax, "black"),
                linestyle=(0, (1, 2)),
                linewidth=1,
                label="Chance",
            )
            low, high = ax.get_ylim()
            ax.set_ylim(low - 0.02 * (high - low), high)
        others = "the others " if first.mode == "insertion" else ""
        ax.set_xlabel(
            f"{_MODE_WORDS[first.mode]} (% of each sequence)\n({others}{_FILL_WORDS[first.fill]})"
        )
        ax.set_ylabel(in_words(first.metric))
        hide_spines(ax, "top", "right")
        if legend:
            title = None
            if band and self.bands_:
                n = {curve.n_samples for curve in self.curves.values()}
                count = f", n={n.pop()}" if len(n) == 1 else ""
                title = f"Mean, {100 * confidence[0]:g} % interval{count}"
            legend_above(ax, self._handles(), title)
            if is_new:
                make_room_for_legend(ax)
        return self

    @staticmethod
    def _check(curves: Any) -> None:
        """Raise unless these are results of perturbation_curve by name."""
        if not isinstance(curves, Mapping):
            raise TypeError(
                "curves must be a dict of names to results of perturbation_curve, got "
                f"{type(curves).__name__}. A single result is drawn by from_curve."
            )
        if not curves:
            raise ValueError("curves is empty: give at least one result of perturbation_curve.")
        for name, curve in curves.items():
            if not all(hasattr(curve, key) for key in ("scores", "metric", "fill", "mode")):
                raise TypeError(
                    f"The curve {name!r} must be a result of perturbation_curve, got "
                    f"{type(curve).__name__}. Several results are drawn by from_curves, which "
                    "takes a dict of names to results, a single one by from_curve."
                )

    def _chosen_orders(self, orders: Sequence[str] | None) -> Sequence[str]:
        """Return the orders to draw; check those that were asked for."""
        if orders is None:
            present = [o for o in ORDER_NAMES if any(o in c.scores for c in self.curves.values())]
            if len(self.curves) == 1:
                return present
            return [order for order in present if order != "bottom"] or present
        if isinstance(orders, str) or len(orders) == 0:
            raise ValueError(f"orders must be a list such as ['top', 'random'], got {orders!r}.")
        for name, curve in self.curves.items():
            missing = [order for order in orders if order not in curve.scores]
            if missing:
                raise ValueError(
                    f"The curve {name!r} has no order {missing[0]!r}: it was computed for "
                    f"{list(curve.scores)}."
                )
        return orders

    def _handles(self) -> list[Any]:
        """Return what the legend explains: lines, or what several estimators and orders have."""
        chance = [] if self.chance_line_ is None else [self.chance_line_]
        if len(self.curves) == 1:
            return [*self.lines_.values(), *chance]
        lines = require("matplotlib.lines", extra="plot", purpose="PerturbationCurveDisplay")
        names: dict[str, Any] = {}
        styles: dict[str, Any] = {}
        for (name, order), line in self.lines_.items():
            own, style = lines.Line2D([], []), lines.Line2D([], [])
            own.update_from(line)
            own.set(linestyle="-", label=plain(name))
            names.setdefault(name, own)
            style.update_from(line)
            style.set(color=NEUTRAL, marker="", label=ORDER_NAMES[order])
            styles.setdefault(order, style)
        return [*names.values(), *styles.values(), *chance]

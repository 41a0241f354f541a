"""Picture of a search over the masked fraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from sklearn_attngen._extras import require

from .plot_style import (
    NEUTRAL,
    PALETTE,
    axes_size,
    check_axes,
    hide_spines,
    in_words,
    legend_above,
    plain,
    seen_on,
    wrapped,
    wrapped_title,
)

_PARAMETER = "mask_fraction"
# Characters that stand beside axes of the usual height.
_LONGEST_LINE = 25
# what tells a search that was not fitted from what is no search
_OF_SEARCHES = ("cv_results_", "param_grid", "param_distributions")


class MaskFractionDisplay:
    """Picture of how test scores of a search depend on the fraction of masked letters.

    Use :meth:`from_search` to make one; the parameters are stored as attributes.

    Parameters
    ----------
    fractions : ndarray of shape (n_fractions,)
        The values of ``mask_fraction``, increasing.
    scores : mapping of str to ndarray of shape (n_fractions, n_folds)
        Test scores by name.
    chosen : float or None, default=None
        The fraction that the search chose.
    labels : mapping of str to str, or None, default=None
        What is written at the axis of a score, as it is: two "$" enclose a formula. None makes it
        from the name.
    notes : mapping of str to str, or None, default=None
        What is written above the picture of a score that is a difference, whose 0 is marked.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the first score.
    axes_ : list of matplotlib Axes
        Axes of each score, one below the other.
    figure_ : matplotlib Figure
        Figure of the picture.
    lines_ : dict of str to Line2D
        Mean over the folds of each score.
    bands_ : dict of str to PolyCollection
        One standard deviation over the folds to either side.

    See Also
    --------
    sklearn_attngen.metrics.PerturbationScorer : Score faithfulness in a search.
    PerturbationCurveDisplay : The whole perturbation curve of one classifier.

    Notes
    -----
    The thin lines are the folds. The band is their spread, not a confidence interval: folds share
    training rows, and each is one fit with one seed. Whether two fractions differ is better seen
    from the thin lines, each of which compares fits on the same rows.

    Faithfulness is the fall of the metric beyond that of random letters, so that 0 means a saliency
    no better than chance; it says nothing of whether the letters matter in a cell. The control of
    masking is in the grid: the fraction 0 is the same network without it.

    The score of the chosen fraction is too good by the choice: it is the best of several on
    the same folds. Test rows that the search has not seen give the honest one.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.inspection import MaskFractionDisplay
    >>> accuracy = np.array([[0.90, 0.92], [0.93, 0.94], [0.91, 0.90]])
    >>> display = MaskFractionDisplay(np.array([0, 0.1, 0.3]), {"accuracy": accuracy}).plot()
    >>> display.ax_.get_ylabel()
    'Accuracy'
    """

    def __init__(
        self,
        fractions: NDArray[np.float64],
        scores: Mapping[str, NDArray[np.float64]],
        *,
        chosen: float | None = None,
        labels: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.fractions = fractions
        self.scores = scores
        self.chosen = chosen
        self.labels = labels
        self.notes = notes

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        scores: Sequence[str] | None = None,
        fixed: Mapping[str, Any] | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> MaskFractionDisplay:
        """Draw the test scores of a fitted search.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or similar
            Fitted, over a parameter called ``mask_fraction`` at any depth, such as
            ``attngenclassifier__mask_fraction``. With ``scoring={"accuracy": "accuracy",
            "faithfulness": PerturbationScorer()}`` both are drawn.
        scores : sequence of str or None, default=None
            Names of the scores to draw, those of ``scoring``; None draws all.
        fixed : mapping of str to value, or None, default=None
            Values of other parameters that were searched too: only candidates with these are drawn.
            None takes those of ``best_params_``.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw: axes whose place is divided among the scores, or as many axes as there
            are scores. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : MaskFractionDisplay

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        TypeError
            If it is no search, ``scores`` is one name, or ``ax`` holds something else than Axes.
        ValueError
            If it did not search over the masked fraction, lacks a score, or has several candidates
            for one fraction.

        Notes
        -----
        Of a halving search the first round is drawn, which has every candidate.
        """
        if not any(hasattr(search, name) for name in _OF_SEARCHES):
            raise TypeError(
                f"search must be a fitted search over mask_fraction, such as GridSearchCV, got "
                f"{type(search).__name__}."
            )
        check_is_fitted(search, "cv_results_")
        if isinstance(scores, str):
            raise TypeError(f"scores must be a list of names, got {scores!r}: pass [{scores!r}].")
        results, best = search.cv_results_, getattr(search, "best_params_", None)
        if "iter" in results:
            results, best = _first_round(results, best, getattr(search, "resource", None))
        candidates = results["params"]
        names = {key for params in candidates for key in params}
        found = sorted(name for name in names if name.rpartition("__")[2] == _PARAMETER)
        if len(found) != 1:
            raise ValueError(
                f"The search varied {sorted(names)}, of which {len(found)} are called "
                f"{_PARAMETER}; exactly one is needed."
            )
        rows = _slice(candidates, found[0], best if fixed is None else fixed, fixed is None)
        values = np.array([candidates[row][found[0]] for row in rows], dtype=np.float64)
        order = np.argsort(values, kind="stable")
        rows, values = [rows[i] for i in order], values[order]
        if np.any(np.diff(values) == 0):
            raise ValueError(
                f"Several candidates have the same {_PARAMETER} and differ in other parameters. "
                "Choose among them with fixed, such as fixed={'kernel_size': 11}."
            )
        there = [key.removeprefix("mean_test_") for key in results if key.startswith("mean_test_")]
        wanted = there if scores is None else list(scores)
        missing = [name for name in wanted if name not in there]
        if missing or not wanted:
            raise ValueError(f"scores must name some of {there}, got {scores!r}.")
        folds = {name: _folds(results, name)[rows] for name in wanted}
        for name, matrix in folds.items():
            if not np.isfinite(matrix).any():
                raise ValueError(
                    f"All test scores {name!r} of the search are missing: fits or scorers failed. "
                    "Search with error_score='raise' to see why."
                )
        described = {name: _describe(search, name) for name in wanted}
        chosen = None
        # The grid may be a slice that does not hold the best candidate.
        if best is not None and best in [candidates[r] for r in rows]:
            chosen = float(best[found[0]])
        display = cls(
            values,
            folds,
            chosen=chosen,
            labels={name: label for name, (label, _) in described.items()},
            notes={name: note for name, (_, note) in described.items() if note is not None},
        )
        return display.plot(ax=ax, **plot_kwargs)

    def plot(
        self, ax: Any = None, *, folds: bool = True, band: bool = True, legend: bool = True
    ) -> MaskFractionDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw: axes whose place is divided among the scores, or as many axes as there
            are scores. None makes a figure.
        folds : bool, default=True
            Whether to show each fold as a thin line.
        band : bool, default=True
            Whether to show the standard deviation over the folds.
        legend : bool, default=True
            Whether to explain the lines above the axes.

        Returns
        -------
        display : MaskFractionDisplay
            This object.
        """
        self.figure_, self.axes_ = _axes_for(ax, len(self.scores))
        self.ax_ = self.axes_[0]
        self.lines_: dict[str, Any] = {}
        self.bands_: dict[str, Any] = {}
        percent = 100 * np.asarray(self.fractions)
        notes = {
            name: wrapped_title(note, axes_size(self.ax_)[0])
            for name, note in (self.notes or {}).items()
        }
        for i, (name, matrix) in enumerate(self.scores.items()):
            axes = self.axes_[i]
            color = seen_on(axes, PALETTE[i % len(PALETTE)])
            mean, spread = matrix.mean(axis=1), matrix.std(axis=1)
            if folds:
                axes.plot(percent, matrix, color=color, linewidth=0.7, alpha=0.45)
            if band:
                self.bands_[name] = axes.fill_between(
                    percent, mean - spread, mean + spread, color=color, alpha=0.15, linewidth=0
                )
            (self.lines_[name],) = axes.plot(
                percent, mean, color=color, marker="o", markersize=4.5, linewidth=1.8
            )
            if name in notes:
                if i > 0:
                    axes.set_title(notes[name], fontsize="small", loc="left")
                axes.axhline(0, color=NEUTRAL, linestyle=(0, (1, 2)), linewidth=1, zorder=0)
            if self.chosen is not None:
                axes.axvline(
                    100 * self.chosen, color=seen_on(axes, "black"), ls="--", lw=1, zorder=0
                )
            axes.set_ylabel((self.labels or {}).get(name, _axis_label(name)))
            axes.tick_params(labelbottom=i == len(self.scores) - 1)
            hide_spines(axes, "top", "right")
        _tick_fractions(self.axes_, percent)
        self.axes_[-1].set_xlabel("Letters masked in training (%)")
        if legend:
            legend_above(self.ax_, self._handles(folds, band), notes.get(next(iter(self.scores))))
        return self

    def _handles(self, folds: bool, band: bool) -> list[Any]:
        """Return what the legend explains, in a colour that is none of the scores'."""
        lines = require("matplotlib.lines", extra="plot", purpose="MaskFractionDisplay")
        patches = require("matplotlib.patches", extra="plot", purpose="MaskFractionDisplay")
        n_folds = next(iter(self.scores.values())).shape[1]
        style = {"color": NEUTRAL, "marker": "o", "markersize": 4.5, "linewidth": 1.8}
        handles = [lines.Line2D([], [], label=f"Mean of {n_folds} folds", **style)]
        if folds:
            handles.append(lines.Line2D([], [], label="Folds", color=NEUTRAL, linewidth=0.7))
        if band:
            label = "± 1 standard deviation of folds"
            handles.append(patches.Patch(facecolor=NEUTRAL, alpha=0.25, label=label))
        if self.chosen is not None:
            style = {"color": seen_on(self.ax_, "black"), "linestyle": "--", "linewidth": 1}
            handles.append(lines.Line2D([], [], label="Chosen by the search", **style))
        return handles


def _first_round(
    results: Mapping[str, Any], best: Mapping[str, Any] | None, resource: str | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the results of a halving search's first round, which has every candidate.

    What it halves, if that is a parameter, is the same for all of them there.
    """

    def without(params: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in params.items() if name != resource}

    rounds = np.asarray(results["iter"])
    first = np.flatnonzero(rounds == rounds.min())
    kept: dict[str, Any] = {
        name: np.asarray(values)[first] for name, values in results.items() if name != "params"
    }
    kept["params"] = [without(results["params"][row]) for row in first]
    return kept, None if best is None else without(best)


def _slice(
    candidates: list[dict[str, Any]],
    parameter: str,
    fixed: Mapping[str, Any] | None,
    complete: bool,
) -> list[int]:
    """Return the candidates that have the fixed values of other parameters."""
    others = {key: value for key, value in (fixed or {}).items() if key != parameter}
    rows = [
        row
        for row, params in enumerate(candidates)
        if parameter in params
        and all(key in params and params[key] == value for key, value in others.items())
        and (not complete or fixed is None or set(params) == {*others, parameter})
    ]
    if not rows:
        raise ValueError(
            f"No candidate of the search has {dict(others)}. Give values of one of "
            "search.cv_results_['params']."
        )
    return rows


def _folds(results: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """Return the test scores of all candidates, (n_candidates, n_folds)."""
    columns: list[NDArray[np.float64]] = []
    while (key := f"split{len(columns)}_test_{name}") in results:
        columns.append(np.asarray(results[key], dtype=np.float64))
    return np.column_stack(columns)


def _describe(search: Any, name: str) -> tuple[str, str | None]:
    """Return the label of a score, and a note on what it is a difference of, if it is one."""
    scorer: Any = getattr(search, "scorer_", None)
    if isinstance(scorer, Mapping):
        scorer = scorer.get(name)
    # a scorer that compares with a control says so by its parameters
    if hasattr(scorer, "control") and hasattr(scorer, "order") and hasattr(scorer, "metric"):
        metric = scorer.metric if isinstance(scorer.metric, str) else "metric"
        letters = {"top": "most salient", "bottom": "least salient", "matched": "matched random"}
        removed = letters.get(scorer.order, scorer.order)
        control = "with all letters"
        if scorer.control is not None:
            control = f"without {letters.get(scorer.control, scorer.control)}"
        note = f"{plain(in_words(metric))} {control} minus without {removed} letters"
        return _axis_label("faithfulness" if name == "score" else name), note
    if name == "score":
        scoring = getattr(search, "scoring", None)
        name = scoring if isinstance(scoring, str) else "accuracy" if scoring is None else "score"
    return _axis_label(name), None


def _axis_label(name: str) -> str:
    """Return the name of a score in words, in lines that fit beside axes; it is no formula."""
    return plain(wrapped(in_words(name), _LONGEST_LINE))


def _axes_for(ax: Any, n: int) -> tuple[Any, list[Any]]:
    """Return the figure and n axes: new ones, parts of the place of ``ax``, or those given."""
    plt = require("matplotlib.pyplot", extra="plot", purpose="MaskFractionDisplay")
    if ax is None:
        figure, axes = plt.subplots(
            n, 1, figsize=(6.4, 1.6 + 2.2 * n), layout="constrained", sharex=True, squeeze=False
        )
        return figure, list(axes[:, 0])
    if isinstance(ax, Sequence | np.ndarray):
        given = list(np.ravel(ax))
        if len(given) != n:
            raise ValueError(
                f"ax holds {len(given)} axes, and there are {n} scores to draw. Pass as many, or "
                "choose scores."
            )
        for one in given:
            check_axes(one)
        return given[0].figure, given
    check_axes(ax)
    if n == 1:
        return ax.figure, [ax]
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            f"ax is no part of a grid that could be divided among {n} scores. Pass a list of {n} "
            "axes, or make ax with plt.subplots."
        )
    ax.set_axis_off()
    parts = place.subgridspec(n, 1)
    axes = [ax.figure.add_subplot(parts[0])]
    axes += [ax.figure.add_subplot(parts[i], sharex=axes[0]) for i in range(1, n)]
    return ax.figure, axes


def _tick_fractions(axes: list[Any], percent: NDArray[np.float64]) -> None:
    """Put ticks at the fractions, but for those too close to the one before to be read."""
    room = (percent.max() - percent.min()) / max(4.0, axes[0].get_window_extent().width / 32)
    kept: list[float] = []
    for value in percent:
        if not kept or value - kept[-1] >= room:
            kept.append(float(value))
    for one in axes:
        one.set_xticks(kept, [f"{value:g}" for value in kept])

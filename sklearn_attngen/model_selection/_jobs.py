"""One fit of a comparison: fit a clone, score it, tell what went wrong."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from traceback import format_exc
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring
from sklearn.utils.parallel import Parallel

from sklearn_attngen.model_selection._inputs import FIXED_COLUMNS, Scorer


@dataclass
class Row:
    """One fit: a row of the table, and what went wrong."""

    estimator: str
    fold: int
    n_train: int
    n_test: int
    fit_seconds: float = 0.0
    score_seconds: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    fitted: Any = None
    fit_error: str | None = None
    score_errors: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the line that `verbose` shows."""
        what = ", ".join(f"{name} {score:.4g}" for name, score in self.scores.items())
        if self.fit_error is not None:
            what = "failed"
        return (
            f"{self.estimator}, fold {self.fold}: {what} "
            f"(fit {self.fit_seconds:.1f} s, score {self.score_seconds:.1f} s)"
        )

    def as_dict(self, with_estimator: bool) -> dict[str, Any]:
        """Give the columns of the table."""
        fixed = {name: getattr(self, name) for name in FIXED_COLUMNS if name != "fitted"}
        return fixed | self.scores | ({"fitted": self.fitted} if with_estimator else {})


def fit_and_score(
    row: Row,
    estimator: BaseEstimator,
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    scorers: dict[str, Scorer],
    *,
    return_train_score: bool,
    return_estimator: bool,
    error_score: float | Literal["raise"],
) -> Row:
    """Fit one estimator on one fold, score it, and fill in its row."""
    sides = {"": (X_test, y_test)} | ({"train_": (X_train, y_train)} if return_train_score else {})
    try:
        start = time.perf_counter()
        try:
            estimator.fit(X_train, y_train)
        except Exception:
            if error_score == "raise":
                raise
            row.fit_error = format_exc()
        row.fit_seconds = time.perf_counter() - start
        for prefix, (X, y) in sides.items():
            if row.fit_error is not None:
                row.scores |= {prefix + name: float(error_score) for name in scorers}
                continue
            start = time.perf_counter()
            scores = _score(estimator, X, y, scorers, raise_exc=error_score == "raise")
            if prefix == "":
                row.score_seconds = time.perf_counter() - start
            for name, score in scores.items():
                if isinstance(score, str):
                    row.score_errors[prefix + name] = score
                    score = float(error_score)
                row.scores[prefix + name] = _as_number(score, name)
    except Exception as error:
        error.add_note(f"While estimator {row.estimator!r} was compared, on fold {row.fold}.")
        raise
    row.fitted = estimator if return_estimator and row.fit_error is None else None
    return row


def _score(
    estimator: BaseEstimator, X: Any, y: Any, scorers: dict[str, Scorer], *, raise_exc: bool
) -> Mapping[str, Any]:
    """Compute all scores; one that fails is a traceback unless `raise_exc`."""
    try:
        scorer = check_scoring(estimator, scoring=scorers, raise_exc=raise_exc)
        scores: Mapping[str, Any] = scorer(estimator, X, y)
    except Exception:
        if raise_exc:
            raise
        # A method that one of the scorers needs is missing, which scikit-learn finds before it
        # computes any: the others still count.
        if len(scorers) == 1:
            return dict.fromkeys(scorers, format_exc())
        scores = {}
        for name, scorer in scorers.items():
            scores = {**scores, **_score(estimator, X, y, {name: scorer}, raise_exc=False)}
    return scores


def _as_number(score: Any, name: str) -> float:
    """Unwrap NumPy scalars; anything but a number is the scorer's mistake."""
    if hasattr(score, "item") and np.size(score) == 1:
        score = score.item()
    if not isinstance(score, Real):
        raise ValueError(
            f"Scorer {name!r} returned {score!r} of type {type(score).__name__}, not a number. "
            "For several numbers, pass a dict with one scorer for each."
        )
    return float(score)


def run(jobs: Iterator[Any], n_jobs: int | None) -> Iterable[Row]:
    """Run the jobs and give each result as soon as it is there, where the backend can."""
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    except ValueError:
        parallel = Parallel(n_jobs=n_jobs)
    results: Iterable[Row] = parallel(jobs)
    return results


def report_failures(rows: list[Row], error_score: float | Literal["raise"]) -> None:
    """Warn of fits and scores that failed, one warning for each estimator; raise if all did."""
    failed = [row for row in rows if row.fit_error is not None]
    if len(failed) == len(rows):
        raise ValueError(
            f"All {len(rows)} fits failed. The error of estimator {failed[0].estimator!r} on fold "
            f"{failed[0].fold} (error_score='raise' raises it):\n{failed[0].fit_error}"
        )
    for name in dict.fromkeys(row.estimator for row in rows):
        own = [row for row in rows if row.estimator == name]
        errors = {row.fold: row.fit_error for row in own if row.fit_error is not None}
        if errors:
            what = f"{len(errors)} of {len(own)} fits of estimator {name!r} failed"
            _warn(what, errors, error_score, FitFailedWarning)
        for score in dict.fromkeys(score for row in own for score in row.score_errors):
            errors = {row.fold: row.score_errors[score] for row in own if score in row.score_errors}
            what = f"Score {score!r} of estimator {name!r} failed"
            _warn(what, errors, error_score, UserWarning)


def _warn(what: str, errors: dict[int, str], error_score: object, category: type[Warning]) -> None:
    """Say what failed, on which folds, and how the first time."""
    fold = next(iter(errors))
    warnings.warn(
        f"{what} on fold(s) {', '.join(map(str, errors))}; set to {error_score}. "
        f"The error on fold {fold} (error_score='raise' raises it):\n{errors[fold]}",
        category,
        stacklevel=4,
    )

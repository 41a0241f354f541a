"""What is compared: the estimators, the scorers and the folds, checked and named."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.dummy import DummyClassifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import StratifiedGroupKFold, check_cv

from sklearn_attngen.sequences._messages import is_missing

Scorer = str | Callable[[Any, Any, Any], float]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]

# Columns of the table that are no scores.
FIXED_COLUMNS = (
    "estimator",
    "fold",
    "n_train",
    "n_test",
    "fit_seconds",
    "score_seconds",
    "fitted",
)


def name_estimators(estimators: Any) -> dict[str, BaseEstimator]:
    """Bring the estimators into a dict, each with a name of its own."""
    if isinstance(estimators, Mapping):
        pairs = list(estimators.items())
    elif isinstance(estimators, (list, tuple)):
        pairs = [item if isinstance(item, tuple) else (None, item) for item in estimators]
    else:
        raise TypeError(
            "estimators must be a dict of name -> estimator or a list, got "
            f"{type(estimators).__name__}. Put a single estimator into a list."
        )
    if not pairs:
        raise ValueError("estimators is empty: there is nothing to compare.")
    for number, pair in enumerate(pairs):
        if len(pair) != 2 or not (pair[0] is None or isinstance(pair[0], str)):
            raise TypeError(f"Item {number} of estimators is no (name, estimator) pair: {pair!r}.")
        name, estimator = pair
        called = f"Estimator {name or number!r}"
        if isinstance(estimator, type):
            raise TypeError(f"{called} is a class: pass an instance, {estimator.__name__}().")
        if not hasattr(estimator, "fit") or not hasattr(estimator, "get_params"):
            raise TypeError(f"{called} is no estimator, it has no fit or get_params: {estimator!r}")
        if is_regressor(estimator):
            raise TypeError(f"{called} is a regressor, not a classifier: {estimator!r}.")
    total = Counter(type(estimator).__name__ for name, estimator in pairs if name is None)
    seen: Counter[str] = Counter()
    named: dict[str, BaseEstimator] = {}
    for name, estimator in pairs:
        if name is None:
            name = type(estimator).__name__
            seen[name] += 1
            if total[name] > 1:
                name = f"{name}-{seen[name]}"
        if name in named:
            raise ValueError(f"The name {name!r} occurs twice among the estimators.")
        named[name] = estimator
    return named


def name_scorers(scoring: Any, *, return_train_score: bool) -> dict[str, Scorer]:
    """Bring the scorers into a dict, keyed by the columns they fill."""
    if scoring is None:
        return {"score": _default_score}
    if isinstance(scoring, Mapping):
        pairs = list(scoring.items())
    elif isinstance(scoring, (list, tuple)):
        pairs = [(_scorer_name(item), item) for item in scoring]
    else:
        pairs = [(_scorer_name(scoring), scoring)]
    if not pairs:
        raise ValueError("scoring is empty: pass None for the estimators' own score.")
    reserved = set(FIXED_COLUMNS)
    for name, scorer in pairs:
        if not isinstance(name, str) or not (isinstance(scorer, str) or callable(scorer)):
            raise TypeError(
                "scoring must be a string, a callable, or a list or dict of these; "
                f"got {scorer!r} as {name!r}."
            )
        if isinstance(scorer, str):
            get_scorer(scorer)  # raises for a name that does not exist
        else:
            _refuse_metric(scorer, name)
        columns = {name, f"train_{name}"} if return_train_score else {name}
        if columns & reserved:
            raise ValueError(
                f"The score name {name!r} is taken by another column or score. "
                "Pass scoring as a dict to name the scores."
            )
        reserved |= columns
    return dict(pairs)


def _refuse_metric(scorer: Any, name: str) -> None:
    """Raise for a metric, a function of labels and predictions, in the place of a scorer."""
    function = scorer
    while isinstance(function, partial):
        function = function.func
    check_scoring(DummyClassifier(), scoring=function)  # raises for a metric of scikit-learn
    try:
        asked = inspect.signature(scorer)
    except ValueError:  # some of what is written in C does not tell
        return
    try:
        asked.bind(None, None, None)
    except TypeError as error:
        raise ValueError(
            f"Scorer {name!r} must take an estimator, X and y; {scorer!r} does not ({error}). Make "
            "a scorer of a metric with sklearn.metrics.make_scorer."
        ) from None


def _scorer_name(scorer: Any) -> str:
    """Give a scorer its column: the string, or the name of the function or class."""
    if isinstance(scorer, str):
        return scorer
    function = getattr(scorer, "_score_func", scorer)
    return str(getattr(function, "__name__", type(function).__name__))


def _default_score(estimator: Any, X: Any, y: Any) -> Any:
    """Score with the estimator's own method."""
    return estimator.score(X, y)


def number_groups(groups: Any) -> NDArray[np.int64]:
    """Count groups as they appear, whatever they are called; a missing one raises."""
    numbers: dict[Any, int] = {}
    codes = []
    for row, group in enumerate(groups):
        if is_missing(group):
            raise ValueError(
                f"The group of row {row} (0-based) is missing. Give every row a group; one that "
                "belongs with no other row needs a group of its own."
            )
        codes.append(numbers.setdefault(group, len(numbers)))
    return np.array(codes, dtype=np.int64)


def draw_splits(X: Any, y: Any, cv: Any, groups: Any) -> list[Split]:
    """Draw the folds, once for all estimators."""
    if groups is not None:
        names, numbers = list(groups), number_groups(groups)
    if groups is not None and (cv is None or isinstance(cv, Integral)):
        cv = StratifiedGroupKFold(5 if cv is None else cv)
    splitter = check_cv(cv, y, classifier=True)
    try:
        drawn = list(splitter.split(X, y, groups))
    except TypeError:
        if groups is None or _can_be_sorted(groups):
            raise
        # such as chromosomes 1, 2 and "X", which splitters of scikit-learn want to sort
        drawn = list(splitter.split(X, y, numbers))
    splits = [(_as_indices(train), _as_indices(test)) for train, test in drawn]
    if not splits:
        raise ValueError("cv gives no folds.")
    for fold, sides in enumerate(splits):
        for side, rows in zip(("train", "test"), sides, strict=True):
            if not rows.size:
                raise ValueError(f"Fold {fold} (0-based) has no {side} rows. Pass another cv.")
    if groups is not None:
        for fold, (train, test) in enumerate(splits):
            both = np.intersect1d(numbers[train], numbers[test])
            if both.size:
                first = names[int(np.flatnonzero(numbers == both[0])[0])]
                raise ValueError(
                    f"Fold {fold} has {both.size} group(s) on the train and on the test side, such "
                    f"as {first}: cv pays no attention to groups. Pass an integer, or a "
                    "splitter that does, such as StratifiedGroupKFold."
                )
    return splits


def _can_be_sorted(groups: Any) -> bool:
    try:
        np.unique(np.asarray(groups))
    except TypeError:
        return False
    return True


def _as_indices(rows: Any) -> NDArray[np.intp]:
    """Turn the rows of one side of a fold, indices or a boolean mask, into indices."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows

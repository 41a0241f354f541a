"""Several classifiers on the same folds, as one table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import column_or_1d

from sklearn_attngen._extras import require
from sklearn_attngen.classifiers._targets import as_they_are, check_classes
from sklearn_attngen.model_selection._inputs import (
    Scorer,
    Split,
    draw_splits,
    name_estimators,
    name_scorers,
)
from sklearn_attngen.model_selection._jobs import Row, fit_and_score, report_failures, run
from sklearn_attngen.sequences._containers import refuse_no_container

if TYPE_CHECKING:
    import pandas as pd


def compare_classifiers(
    estimators: Mapping[str, BaseEstimator] | Sequence[BaseEstimator | tuple[str, BaseEstimator]],
    X: Any,
    y: Any,
    *,
    cv: int | BaseCrossValidator | Iterable[Split] | None = 5,
    scoring: Scorer | Sequence[Scorer] | Mapping[str, Scorer] | None = None,
    groups: Any = None,
    n_jobs: int | None = None,
    return_train_score: bool = False,
    return_estimator: bool = False,
    error_score: float | Literal["raise"] = np.nan,
    verbose: int = 0,
) -> pd.DataFrame:
    """Cross-validate several classifiers on the same folds.

    The folds are drawn once, so that the scores of two classifiers can be compared fold by fold.
    Each classifier is cloned for each fold; its ``random_state`` is left as it is.

    Parameters
    ----------
    estimators : dict of str to estimator, or list of estimators or (str, estimator) tuples
        The classifiers and pipelines to compare, not fitted. Those without a name are called by
        their class, numbered ("Pipeline-1", "Pipeline-2") where a class occurs more than once.
    X : array-like, frame or list of length n_samples
        The sequences, in any form that all of the estimators read and whose rows can be indexed.
    y : array-like of shape (n_samples,)
        The class labels.
    cv : int, splitter or iterable of (train, test) index arrays, default=5
        An integer is the number of stratified folds; where `groups` are given, of stratified folds
        that keep groups together. They are not shuffled: pass a splitter for that.
    scoring : str, callable, list or dict of these, or None, default=None
        What to measure: names that scikit-learn knows, and callables with the signature
        ``scorer(estimator, X, y)`` such as :class:`~sklearn_attngen.metrics.PerturbationScorer`.
        Names of columns are the keys of a dict, the given strings, and for a callable the
        name of its function or class. None takes ``estimator.score`` as column "score".
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of rows that must not be divided between the train and the test side of a
        fold, such as chromosomes or clusters of similar sequences.
    n_jobs : int, default=None
        Number of fits that run at the same time; None is 1 unless in a
        :func:`joblib.parallel_config` context, -1 is all processors.
    return_train_score : bool, default=False
        Whether to score on the train side as well, in columns "train_<score>".
    return_estimator : bool, default=False
        Whether to keep the fitted estimators, in column "fitted".
    error_score : "raise" or number, default=np.nan
        The score where a fit or a scorer fails, with a warning that names the estimator. "raise"
        raises the error at once, with a note that names the estimator and the fold.
    verbose : int, default=0
        Whether to write a line to the standard output when a fit is finished.

    Returns
    -------
    results : pandas.DataFrame
        One row for each estimator and fold, in the order given. Columns: "estimator", "fold" (from
        0), "n_train", "n_test", "fit_seconds", "score_seconds" (all scorers on the test side), one
        for each score, and those that `return_train_score` and `return_estimator` ask for.

    Raises
    ------
    ImportError
        If pandas is not installed.
    TypeError
        If something other than classifiers, sequences or scorers is given.
    ValueError
        If y is not one column, a fold has an empty side or divides a group, a row has no group, a
        name occurs twice, a metric is given for a scorer, a scorer does not return a number, or
        every fit failed.

    See Also
    --------
    summarize_comparison : Mean, spread and paired differences of these results.
    sklearn.model_selection.cross_validate : One estimator.

    Notes
    -----
    Seconds are wall-clock time. They compare the estimators only where the fits do not compete
    for the same cores, which `n_jobs` above 1 makes them do.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_attngen.classifiers import make_kmer_classifier
    >>> from sklearn_attngen.model_selection import compare_classifiers
    >>> X = ["ACACACAC", "CACACACA", "GGATGGAT", "GATGGATG"] * 5
    >>> y = ["repeat", "repeat", "other", "other"] * 5
    >>> results = compare_classifiers(
    ...     {"k-mers": make_kmer_classifier(k=3), "most frequent": DummyClassifier()},
    ...     X, y, cv=2, scoring=["accuracy", "neg_log_loss"],
    ... )
    >>> print(results[["estimator", "fold", "n_train", "n_test", "accuracy"]].to_string())
           estimator  fold  n_train  n_test  accuracy
    0         k-mers     0       10      10       1.0
    1         k-mers     1       10      10       1.0
    2  most frequent     0       10      10       0.5
    3  most frequent     1       10      10       0.5
    """
    pandas = require("pandas", extra="tables", purpose="compare_classifiers")
    named = name_estimators(estimators)
    scorers = name_scorers(scoring, return_train_score=return_train_score)
    if error_score != "raise" and not isinstance(error_score, Real):
        raise ValueError(f"error_score must be 'raise' or a number, got {error_score!r}.")
    if not issparse(X):  # some formats are mappings
        refuse_no_container(X)
    if not hasattr(X, "__len__"):
        raise TypeError(
            f"X must be a list, array, Series or frame of sequences, got {type(X).__name__}. "
            "Pass list(X) where X can be iterated over, [X] where it is one sequence."
        )
    X, y, groups = indexable(X, y, groups)
    if np.ndim(y) != 1:
        y = column_or_1d(y, warn=True)
    check_classes(np.asarray(as_they_are(y)))
    if groups is not None and np.ndim(groups) != 1:
        raise ValueError(
            f"groups must have one entry for each of the {len(y)} sequences, got an array of shape "
            f"{np.shape(groups)}."
        )
    check_classification_targets(y)
    splits = draw_splits(X, y, cv, groups)

    jobs = (
        delayed(fit_and_score)(
            Row(name, fold, len(train), len(test)),
            clone(estimator),
            *_safe_split(estimator, X, y, train),
            *_safe_split(estimator, X, y, test, train),
            scorers,
            return_train_score=return_train_score,
            return_estimator=return_estimator,
            error_score=error_score,
        )
        for name, estimator in named.items()
        for fold, (train, test) in enumerate(splits)
    )
    rows = []
    for row in run(jobs, n_jobs):
        rows.append(row)
        if verbose:
            sys.stdout.write(f"[{len(rows)}/{len(named) * len(splits)}] {row}\n")
            sys.stdout.flush()
    order = {name: rank for rank, name in enumerate(named)}
    rows.sort(key=lambda row: (order[row.estimator], row.fold))
    report_failures(rows, error_score)
    return pandas.DataFrame([row.as_dict(return_estimator) for row in rows])

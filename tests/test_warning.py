"""Warnings point at the user's line, through whichever function they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_validate

from sklearn_attngen.classifiers import make_kmer_classifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import (
    Motif,
    MotifDisplay,
    PerturbationCurveDisplay,
    match_motifs,
    motif_report,
    perturbation_curve,
)
from sklearn_attngen.metrics import PerturbationScorer
from sklearn_attngen.model_selection import SequenceGroupKFold, compare_classifiers

DATA = make_motif_sequences(80, length=20, motifs=["GATTACA", "CCGTGAA"], random_state=0)
SHORT: dict[str, Any] = {"fractions": (0.2,), "n_repeats": 1, "n_bootstrap": 0}
FOLD: dict[str, Any] = {
    "cv": [(np.arange(10, 80), np.arange(10))],
    "scoring": PerturbationScorer(n_repeats=1),
}
FOLDS = SequenceGroupKFold(2, k=16)
KNOWN = [Motif("known", np.full((6, 4), 0.25))]
SEARCH: dict[str, Any] = {"width": 7, "database": KNOWN, "n_repeats": 1}


@pytest.fixture(scope="module")
def model() -> Any:
    return make_kmer_classifier(k=4).fit(DATA.data, DATA.target)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, X, y: perturbation_curve(model, X, y, **SHORT),
        lambda model, X, y: PerturbationCurveDisplay.from_estimator(model, X, y, **SHORT),
        lambda model, X, y: PerturbationScorer(n_repeats=1)(model, X, y),
        lambda model, X, y: cross_validate(FrozenEstimator(model), X, y, **FOLD),
    ],
)
def test_labels_that_no_class_has(ask: Callable[..., Any], model: Any) -> None:
    """Where a display or a scorer asked, they pointed into the package or scikit-learn."""
    y = np.where(np.arange(80) == 3, 7, DATA.target)
    with mpl.rc_context({"backend": "Agg"}), pytest.warns(match="7 in row 3") as caught:
        ask(model, DATA.data, y)
    assert [each.filename for each in caught] == [__file__]


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, X, y: next(FOLDS.split(X, y)),
        lambda model, X, y: cross_validate(model, X, y, cv=FOLDS),
        lambda model, X, y: compare_classifiers({"k-mers": model}, X, y, cv=FOLDS),
    ],
)
def test_folds_of_unequal_size(ask: Callable[..., Any], model: Any) -> None:
    """Where folds are asked for, they pointed into scikit-learn or the package."""
    X = [*DATA.data[:10], *["ACGTTGCA" * 4] * 30]
    with pytest.warns(match="unequal size") as caught:
        ask(clone(model), X, [0, 1] * 20)
    assert [each.filename for each in caught] == [__file__]


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, X, y: match_motifs(KNOWN, KNOWN),
        lambda model, X, y: motif_report(model, X, y, **SEARCH),
        lambda model, X, y: MotifDisplay.from_estimator(model, X, y, **SEARCH),
    ],
)
def test_small_databases(ask: Callable[..., Any], model: Any) -> None:
    """A report and its display pointed into scikit-learn."""
    with mpl.rc_context({"backend": "Agg"}), pytest.warns(match="database has 1 motif") as caught:
        ask(model, DATA.data, DATA.target)
    assert [each.filename for each in caught] == [__file__]

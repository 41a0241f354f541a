"""compare_classifiers: wrong input is named, with what to do."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import dok_matrix
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from sklearn_attngen.model_selection import compare_classifiers

NUMBERS = np.random.default_rng(0).normal(size=(60, 3))
Y = np.repeat(["a", "b"], 30)
STRINGS = ["ACGT"] * 60


class Breaks(DummyClassifier):
    """Must not be fitted."""

    def fit(self, X: object, y: object) -> Breaks:
        raise RuntimeError("the fuse is blown")


def share_right(y_true: Any, y_pred: Any, *, power: int = 1) -> float:
    """A metric of one's own."""
    return float(np.mean(y_true == y_pred) ** power)


def n_test_rows(estimator: object, X: object, y: object) -> float:
    return len(X)


@pytest.mark.parametrize(
    ("estimators", "error", "message"),
    [
        (LogisticRegression(), TypeError, "Put a single estimator into a list"),
        ({}, ValueError, "nothing to compare"),
        ([LogisticRegression], TypeError, r"pass an instance, LogisticRegression\(\)"),
        ({"x": "logistic"}, TypeError, "Estimator 'x' is no estimator"),
        ([LinearRegression()], TypeError, "Estimator 0 is a regressor"),
        ([("x", DummyClassifier()), ("x", DummyClassifier())], ValueError, "'x' occurs twice"),
        ([(DummyClassifier(), "x")], TypeError, r"Item 0 of estimators is no \(name, estimator\)"),
    ],
)
def test_wrong_estimators_raise(estimators: object, error: type[Exception], message: str) -> None:
    """The message says which one, and what to do."""
    with pytest.raises(error, match=message):
        compare_classifiers(estimators, NUMBERS, Y)


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        ([], ValueError, "scoring is empty"),
        ([n_test_rows, n_test_rows], ValueError, "'n_test_rows' is taken"),
        ({"fold": n_test_rows}, ValueError, "'fold' is taken"),
        ({"x": 3}, TypeError, "got 3 as 'x'"),
        ("acuracy", ValueError, "acuracy"),
        ({"a": accuracy_score}, ValueError, "metric function rather than a scorer.*make_scorer"),
        (
            {"a": partial(partial(f1_score, average="macro"), pos_label="a")},
            ValueError,
            "metric fun",
        ),
        ({"a": share_right}, ValueError, r"Scorer 'a' must take an estimator.*make_scorer"),
        ({"a": partial(share_right, power=2)}, ValueError, "Scorer 'a' must take"),
    ],
)
def test_wrong_scorers_raise(scoring: object, error: type[Exception], message: str) -> None:
    """Before anything is fitted."""
    with pytest.raises(error, match=message):
        compare_classifiers([Breaks()], NUMBERS, Y, scoring=scoring)


def test_scorers_with_some_arguments_set_are_scorers() -> None:
    def scaled(estimator: Any, X: Any, y: Any, by: float) -> float:
        return by * len(X)

    scoring = {"x": partial(scaled, by=2.0), "y": partial(scaled, by=1.0)}
    table = compare_classifiers([DummyClassifier()], NUMBERS, Y, scoring=scoring, cv=3)
    assert table["x"].tolist() == [40.0] * 3


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("ACGT", r"got one str\..*\[sequence\]"),
        (bytearray(b"ACGT"), r"got one bytearray\..*\[sequence\]"),
        ({"a": "ACGT"}.values(), r"got one dict_values\. Pass list\(X\)"),
        ({"a": "ACGT"}, r"got one dict\. Pass list\(X\.values\(\)\)"),
        (dict.fromkeys(STRINGS).keys(), r"got one dict_keys\. Its order is arbitrary"),
        (set(STRINGS), r"got one set\. Its order is arbitrary"),
        ((s for s in STRINGS), r"got one generator\. Pass list\(X\)"),
    ],
    ids=["str", "bytearray", "values", "dict", "keys", "set", "generator"],
)
def test_wrong_containers_raise(X: object, message: str) -> None:
    """What cannot be indexed by row is named, with the remedy."""
    with pytest.raises(TypeError, match=message):
        compare_classifiers([DummyClassifier()], X, Y)


def test_sparse_formats_that_are_mappings_are_rows() -> None:
    table = compare_classifiers([DummyClassifier()], dok_matrix(NUMBERS), Y, cv=3)
    assert table["n_test"].tolist() == [len(Y) // 3] * 3


def test_wrong_targets_and_arguments_raise() -> None:
    """Lengths, continuous targets, error_score, and cv without folds."""
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare_classifiers([DummyClassifier()], NUMBERS, Y[:-1])
    with pytest.raises(ValueError, match="Unknown label type"):
        compare_classifiers([DummyClassifier()], NUMBERS, np.linspace(0, 1, 60))
    with pytest.raises(ValueError, match="error_score must be 'raise' or a number"):
        compare_classifiers([DummyClassifier()], NUMBERS, Y, error_score="ignore")
    with pytest.raises(ValueError, match="cv gives no folds"):
        compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=[])


@pytest.mark.parametrize("y", [[None, "b"] * 10, [np.nan, 1.0] * 10], ids=["None", "nan"])
def test_missing_labels_are_named(y: list[Any]) -> None:
    with pytest.raises(ValueError, match="Input y contains NaN"):
        compare_classifiers([DummyClassifier()], ["ACGT"] * 20, y, cv=2)


def test_groups_are_one_column() -> None:
    groups = pd.DataFrame({"gene": np.arange(20) // 2})
    with pytest.raises(ValueError, match=r"one entry for each of the 20.*shape \(20, 1\)"):
        compare_classifiers([DummyClassifier()], ["ACGT"] * 20, [0, 1] * 10, cv=2, groups=groups)

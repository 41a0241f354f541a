"""Every estimator on strings: mistakes in X, y and parameters raise, and say where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_attngen import SequenceOneHotEncoder
from tests.conftest import MAKE, NETS, output


def spoilt(X: Any, row: int, position: int, letter: str) -> list[str]:
    rows = list(X)
    rows[row] = rows[row][:position] + letter + rows[row][position + 1 :]
    return rows


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(("letter", "remedy"), [("?", "position 5"), ("U", "alphabet='RNA'")])
def test_bad_letters_are_named(
    name: str, letter: str, remedy: str, fitted: Any, planted: Any
) -> None:
    """Row and position, counted from 0, and what to do; in fit and later."""
    X, y = planted
    bad = spoilt(X, 3, 5, letter)
    for action in (lambda: clone(fitted(name)).fit(bad, y), lambda: output(fitted(name), bad)):
        with pytest.raises(ValueError, match="Row 3, position 5") as error:
            action()
        assert remedy in str(error.value)


@pytest.mark.parametrize("name", MAKE)
def test_empty_strings_are_named(name: str, fitted: Any, planted: Any) -> None:
    """A sequence without letters is a mistake."""
    X, y = planted
    rows = [*X[:7], "", *X[8:]]
    for action in (lambda: clone(fitted(name)).fit(rows, y), lambda: output(fitted(name), rows)):
        with pytest.raises(ValueError, match=r"(?i)row 7\b"):
            action()


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_sequences_are_named(name: str, missing: Any, planted: Any) -> None:
    """A row without a sequence is a mistake, never a sequence "nan"."""
    X, y = planted
    rows = [*X[:7], missing, *X[8:]]
    with pytest.raises((ValueError, TypeError), match=r"(?i)row 7\b"):
        MAKE[name]().fit(rows, y)


@pytest.mark.parametrize("name", ["attngen", "cnn", "encoded", "encoder"])
def test_other_lengths_are_named(name: str, fitted: Any, planted: Any) -> None:
    """Nothing is padded or cropped in silence."""
    X, y = planted
    ragged = [*X[:7], X[7][:-1], *X[8:]]
    for action in (
        lambda: clone(fitted(name)).fit(ragged, y),
        lambda: output(fitted(name), ragged),
    ):
        with pytest.raises(ValueError, match=r"(?i)row 7\b"):
            action()
    with pytest.raises(ValueError, match="24"):
        output(fitted(name), [x[:-1] for x in X])


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (lambda X: (x for x in X), r"one generator\. Pass list\(X\)"),
        (lambda X: X[0], r"one str\. Pass a list"),
        (set, r"one set\. .*pass a list"),
        (dict.fromkeys, r"one dict\. Pass list\(X\.values\(\)\)"),
    ],
    ids=["generator", "one string", "set", "dict"],
)
def test_what_is_no_collection_of_sequences_raises(
    name: str, wrong: Any, remedy: str, planted: Any
) -> None:
    """With the remedy; a string is not taken for a list of letters."""
    X, y = planted
    with pytest.raises(TypeError, match=f"Expected a collection of sequences, got {remedy}"):
        MAKE[name]().fit(wrong(X), y)


@pytest.mark.parametrize("name", MAKE)
def test_nothing_to_fit_raises(name: str) -> None:
    """scikit-learn's words for an empty input."""
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        MAKE[name]().fit([], [])


@pytest.mark.parametrize("name", NETS)
def test_sparse_matrices_raise(name: str, planted: Any) -> None:
    """Encoded columns are dense; scikit-learn's message says so."""
    X, y = planted
    H = sparse.csr_matrix(SequenceOneHotEncoder().fit_transform(X))
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        MAKE[name]().fit(H, y)


@pytest.mark.parametrize("name", NETS)
def test_letter_codes_are_not_taken_for_numbers(name: str, planted: Any) -> None:
    """Integers 0 to 3 would be read as measurements without a word."""
    codes = np.random.default_rng(0).integers(4, size=(80, 24))
    with pytest.raises(ValueError, match="letter codes"):
        MAKE[name]().fit(codes, planted[1])


@pytest.mark.parametrize("name", NETS)
def test_strings_after_numbers_raise(name: str, planted: Any) -> None:
    """What kind of input it is, is decided in fit."""
    X, y = planted
    numbers = np.random.default_rng(0).normal(size=(80, 24))
    estimator = MAKE[name]().fit(numbers, y)
    with pytest.raises(ValueError, match="cannot read sequences"):
        estimator.predict(X)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda y: np.full(len(y), "no"), "one class: .*'no'"),
        (lambda y: y[:-1], "inconsistent numbers of samples.* 80 .* 79"),
        (lambda y: np.where(y == "no", np.nan, 1.0), "NaN"),
        (lambda y: np.where(y == "no", np.inf, 1.0), "infinity"),
        (lambda y: [*y[:5], None, *y[6:]], r"row 5 \(counted from 0\)"),
        (lambda y: pd.Series([*y[:5], pd.NA, *y[6:]], dtype="string"), "row 5"),
        (lambda y: np.linspace(0, 1, len(y)), "Unknown label type: continuous"),
        (lambda y: None, "requires y"),
        (lambda y: np.array([y, y]).T, r"shape"),
    ],
    ids=["one class", "length", "nan", "inf", "None", "NA", "regression", "no y", "2-D"],
)
def test_wrong_labels_raise(name: str, labels: Any, message: str, planted: Any) -> None:
    """Before any training, without a warning from somewhere inside."""
    X, y = planted
    with pytest.raises(ValueError, match=message):
        MAKE[name]().fit(X, labels(y))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "decision_function", "saliency", "score"]
)
def test_unfitted_raises(name: str, method: str, planted: Any) -> None:
    """scikit-learn's own error, whatever is asked for."""
    arguments = planted if method == "score" else planted[:1]
    with pytest.raises(NotFittedError):
        getattr(MAKE[name](), method)(*arguments)
    assert not hasattr(MAKE[name](), "saliency_")
    assert not hasattr(MAKE[name](), "feature_importances_")


@pytest.mark.parametrize("name", NETS)
def test_parameters_are_validated_in_fit(name: str, planted: Any) -> None:
    """Every parameter has a constraint, and the message names the parameter."""
    estimator = MAKE[name]()
    assert set(estimator._parameter_constraints) == set(estimator.get_params())
    for parameter in set(estimator.get_params()) - {"verbose"}:
        wrong = clone(estimator).set_params(**{parameter: object()})
        with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
            wrong.fit(*planted)

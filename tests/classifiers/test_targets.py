"""Labels to indices, weights of rows and classes, and the validation split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.utils.class_weight import compute_class_weight

from sklearn_attngen import CNNClassifier
from sklearn_attngen.classifiers._targets import (
    check_classes,
    checked_labels,
    encode_target,
    row_weights,
    validation_split,
)
from sklearn_attngen.model_selection import compare_classifiers


def test_labels_become_their_place_in_the_classes() -> None:
    """Numbers, strings and booleans."""
    for classes in (np.array([2, 5, 9]), np.array(["a", "b", "c"]), np.array([False, True])):
        y = classes[[1, 0, 1]]
        assert encode_target(y, classes).tolist() == [1, 0, 1]
        assert encode_target(y.astype(object), classes).dtype == np.int64


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "c", "b"], r"'c' \(row 1, counted from 0\).*\['a', 'b'\]"),
        (["a", "0"], "'0' .row 1"),
        (["zz"], "'zz' .row 0"),
    ],
)
def test_unknown_labels_are_named(y: list[str], message: str) -> None:
    """Also those that sort before the first and after the last class."""
    with pytest.raises(ValueError, match=message):
        encode_target(np.array(y), np.array(["a", "b"]))


@pytest.mark.parametrize(
    "y",
    [
        np.array([0.0, np.nan]),
        np.array([0.0, -np.inf]),
        np.array(["a", None], dtype=object),
        np.array(["a", float("nan")], dtype=object),
        np.array(["a", pd.NA], dtype=object),
        np.array(["a", pd.NaT], dtype=object),
    ],
)
def test_missing_labels_raise(y: Any) -> None:
    """Whatever they are written as."""
    with pytest.raises(ValueError, match="Input y contains"):
        check_classes(y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("others", [["a", "b"], [0.0, 1.0]])
def test_missing_labels_of_a_list_raise_and_are_named(missing: Any, others: list[Any]) -> None:
    """NumPy would write them as the text "nan", a class of its own."""
    labels = [others[0], missing, *others] * 3
    X = ["ACGTACGT"] * len(labels)
    for fit in (
        lambda: CNNClassifier().fit(X, labels),
        lambda: CNNClassifier().partial_fit(X, labels, classes=others),
    ):
        with pytest.raises(ValueError, match=r"y contains NaN or None: the label of row 1 "):
            fit()


@pytest.mark.parametrize("labels", [[0, 1, 1], ["a", "b", "b"]])
def test_masked_labels_are_missing(labels: list[Any]) -> None:
    """NumPy reads what the mask hides."""
    with pytest.raises(ValueError, match="y contains NaN or None: the label of row 1 "):
        checked_labels(np.ma.array(labels, mask=[False, True, False]))
    assert checked_labels(np.ma.array(labels, mask=False)).tolist() == labels


def test_text_and_numbers_are_no_labels() -> None:
    """They have no order; the message names what holds them."""
    mixed = np.array(["a", 1] * 3, dtype=object)
    X = ["ACGTACGT"] * 6
    with pytest.raises(TypeError, match="y holds both text and other labels"):
        CNNClassifier().fit(X, mixed)
    with pytest.raises(TypeError, match="classes holds both text and other labels"):
        CNNClassifier().partial_fit(X, ["a"] * 6, classes=mixed)


def test_text_and_numbers_in_a_list_are_no_labels() -> None:
    """NumPy would write the numbers as text."""
    X, mixed = ["ACGTACGT"] * 6, ["a", 1] * 3
    for ask in (
        lambda: CNNClassifier().fit(X, mixed),
        lambda: CNNClassifier().partial_fit(X, ["a"] * 6, classes=["a", 1]),
        lambda: compare_classifiers([DummyClassifier()], X, mixed, cv=2),
    ):
        with pytest.raises(TypeError, match="holds both text and other labels"):
            ask()
    with pytest.raises(ValueError, match="the label of row 1"):
        compare_classifiers([DummyClassifier()], X, ["a", np.nan, "b"] * 2, cv=2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(2)[[0, 1] * 3], r"\(6, 2\).*argmax\(axis=1\) makes one of one-hot columns"),
        ({"a", "b"}, r"one label for each sequence, got set\.$"),
        (iter("ababab"), r"one label for each sequence, got str_\w+\.$"),
    ],
    ids=["one-hot", "set", "iterator"],
)
def test_what_is_no_column_of_labels_is_told_the_remedy(labels: Any, message: str) -> None:
    """With scikit-learn's words before."""
    with pytest.raises(ValueError, match=f"y should be a 1d array.*{message}"):
        CNNClassifier().fit(["ACGTACGT"] * 6, labels)


def test_labels_that_look_missing_are_labels() -> None:
    """Strings mean what they say."""
    check_classes(np.array(["nan", "", "None"]))
    check_classes(np.array(["nan", "", "None"], dtype=object))
    check_classes(np.array([0, 1]))


CLASSES = np.array(["a", "b", "c"])
INDEX = np.array([0, 0, 0, 0, 1, 1, 2, 2])


def test_weights_have_mean_one() -> None:
    """So that learning rate and consistency mean the same at any scale of weights."""
    weight = np.arange(8.0)
    scaled = row_weights(1000 * weight, INDEX, CLASSES, None)
    np.testing.assert_allclose(scaled, row_weights(weight, INDEX, CLASSES, None))
    assert scaled[1:].mean() == pytest.approx(1)
    assert scaled[0] == 0
    np.testing.assert_allclose(scaled[1:] / scaled[1], weight[1:])


def test_balanced_gives_each_class_the_same_weight() -> None:
    """As scikit-learn counts it, and with weights of rows counted in."""
    weight = row_weights(np.ones(8), INDEX, CLASSES, "balanced")
    expected = compute_class_weight("balanced", classes=np.arange(3), y=INDEX)[INDEX]
    np.testing.assert_allclose(weight, expected / expected.mean())
    weighted = row_weights(np.arange(1.0, 9.0), INDEX, CLASSES, "balanced")
    totals = np.bincount(INDEX, weights=weighted)
    np.testing.assert_allclose(totals, totals[0])


def test_balanced_leaves_out_absent_classes() -> None:
    """A call of partial_fit need not hold all of them, and rows of weight zero do not count."""
    weight = row_weights(
        np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 2, 1]), CLASSES, "balanced"
    )
    np.testing.assert_allclose(weight, [0.75, 0.75, 1.5, 0])


def test_a_dict_multiplies_the_weights() -> None:
    """Classes that it does not name have weight one, as in scikit-learn."""
    weight = row_weights(np.ones(8), INDEX, CLASSES, {"b": 3.0})
    np.testing.assert_allclose(weight / weight[0], np.where(INDEX == 1, 3, 1))


@pytest.mark.parametrize("class_weight", [{"a": 0, "b": 0, "c": 0}, None])
def test_no_weight_at_all_raises(class_weight: dict[str, float] | None) -> None:
    """There would be nothing to train on."""
    sample_weight = np.zeros(8) if class_weight is None else np.ones(8)
    with pytest.raises(ValueError, match="weight zero"):
        row_weights(sample_weight, INDEX, CLASSES, class_weight)


def test_validation_rows_are_drawn_by_class() -> None:
    """A part of each class, every row on one side."""
    index = np.repeat([0, 1], [90, 10])
    train, valid = validation_split(index, 0.2, np.random.RandomState(0))
    assert sorted([*train, *valid]) == list(range(100))
    assert np.bincount(index[valid]).tolist() == [18, 2]
    again = validation_split(index, 0.2, np.random.RandomState(0))
    np.testing.assert_array_equal(valid, again[1])
    other = validation_split(index, 0.2, np.random.RandomState(1))
    assert valid.tolist() != other[1].tolist()


def test_validation_without_classes_where_they_are_too_rare() -> None:
    """One row of a class cannot be on both sides; few held-out rows cannot hold all classes."""
    index = np.arange(20) % 10
    train, valid = validation_split(index, 0.1, np.random.RandomState(0))
    assert len(train) + len(valid) == 20
    assert len(valid) == 2


@pytest.mark.parametrize("index", [np.array([0] * 19 + [1]), np.arange(60) % 20])
def test_every_class_keeps_a_row_to_train_on(index: np.ndarray) -> None:
    """Whatever the seed draws; else one fold of a search fails and another does not."""
    for seed in range(50):
        train, valid = validation_split(index, 0.2, np.random.RandomState(seed))
        assert sorted([*train, *valid]) == list(range(len(index)))
        assert len(valid) == 0.2 * len(index)
        np.testing.assert_array_equal(np.unique(index[train]), np.unique(index))


def test_too_few_rows_to_hold_any_out_raise() -> None:
    """One of each class is enough to train on; the message names the parameter."""
    index = np.array([0, 1, 0, 1])
    train, _ = validation_split(index, 0.5, np.random.RandomState(0))
    assert sorted(index[train]) == [0, 1]
    for few, fraction in ((index, 0.51), (index[:1], 0.5)):
        with pytest.raises(ValueError, match="smaller validation_fraction"):
            validation_split(few, fraction, np.random.RandomState(0))


def test_weights_whose_sum_overflows() -> None:
    """Weights are relative: their size does not matter where they are normalised."""
    index, classes = np.array([0, 1, 1]), np.array(["a", "b"])
    expected = row_weights(np.array([1.0, 2.0, 3.0]), index, classes, None)
    found = row_weights(np.array([1.0, 2.0, 3.0]) * 5e307, index, classes, None)
    np.testing.assert_allclose(found, expected)
    by_class = row_weights(np.full(3, 5.0), index, classes, {"a": 1e308, "b": 1e308})
    np.testing.assert_allclose(by_class, 1)


def test_weights_too_large_to_compute_with() -> None:
    """Networks compute in single precision, and these weights are used as they are."""
    classes, index = np.array([0, 1]), np.array([0, 1])
    with pytest.raises(ValueError, match=r"largest weight .* Divide all weights"):
        row_weights(np.full(2, 1e30), index, classes, {0: 10, 1: 10}, normalise=False)

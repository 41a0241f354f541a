"""Training in parts, and how long it takes: partial_fit, warm starts, stopping, history."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.classifiers._targets import validation_split

Make = Callable[..., Any]
Data = tuple[np.ndarray, np.ndarray]


# calls in parts


def test_partial_fit_learns(make: Make, planted: Data) -> None:
    """One epoch a call, and the history goes on."""
    X, y = planted
    estimator = make()
    for call in range(15):
        for rows in (slice(0, 40), slice(40, 80)):
            estimator.partial_fit(X[rows], y[rows], classes=["no", "yes"] if call == 0 else None)
    assert estimator.n_iter_ == len(estimator.history_) == 30
    assert estimator.score(X, y) > 0.9
    assert estimator.history_[-1]["train_loss"] < estimator.history_[0]["train_loss"]


def test_partial_fit_need_not_see_all_classes(make: Make, planted: Data) -> None:
    """The profile of a class that was not there is not made up."""
    X, y = planted
    estimator = make().partial_fit(X[y == "no"], y[y == "no"], classes=["yes", "no"])
    assert estimator.classes_.tolist() == ["no", "yes"]
    assert estimator.predict_proba(X).shape == (80, 2)
    assert np.isnan(estimator.class_saliency_[1]).all()
    assert np.isfinite(estimator.class_saliency_[0]).all()


def test_classes_of_partial_fit_are_read_as_labels(make: Make, planted: Data) -> None:
    """In one column, and as pandas' own types, which fit makes numbers of."""
    X, y = planted
    column = np.array([["yes"], ["no"]])
    assert make().partial_fit(X, y, classes=column).classes_.tolist() == ["no", "yes"]
    numbers = pd.Series(y == "yes", dtype="Int64")
    estimator = make().partial_fit(X, numbers, classes=numbers)
    assert estimator.classes_.dtype == make().fit(X, numbers).classes_.dtype


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"classes": None}, None, "classes must be passed in the first call.*all labels"),
        (
            {},
            {"classes": ["no", "maybe"]},
            "differ from those of the first call.*Leave classes out",
        ),
        ({}, {"y": ["maybe"] * 80}, r"'maybe' \(row 0, counted from 0\)"),
        ({"classes": ["yes", "maybe"]}, None, "none of the classes"),
        ({"classes": {"yes"}}, None, r"classes must be a list of the labels, got \{'yes'\}"),
        ({"classes": ["yes", None]}, None, "classes contains NaN or None: the label of row 1"),
        ({}, {"classes": ["no", None]}, "classes contains NaN or None: the label of row 1"),
        ({}, {"classes": {"yes"}}, r"classes must be a list of the labels, got \{'yes'\}"),
    ],
)
def test_wrong_classes_in_partial_fit_raise(
    make: Make, planted: Data, first: dict[str, Any], second: Any, message: str
) -> None:
    """All labels there will ever be are named once."""
    X, y = planted
    estimator = make()
    calls = [{"classes": ["no", "yes"], **first}]
    if second is not None:
        estimator.partial_fit(X, y, **calls.pop())
        calls.append(second)
    with pytest.raises(ValueError, match=message):
        estimator.partial_fit(X, **{"y": y, **calls[0]})


def test_partial_fit_goes_on_after_fit(make: Make, planted: Data) -> None:
    """The network is the one that was fitted, for sequences of its length only."""
    X, y = planted
    estimator = make().fit(X, y)
    before = estimator.predict_proba(X)
    epochs = estimator.n_iter_
    estimator.partial_fit(X, y)
    assert estimator.n_iter_ == epochs + 1
    assert 0 < np.abs(estimator.predict_proba(X) - before).mean() < 0.2
    with pytest.raises(ValueError, match="24 letters"):
        estimator.partial_fit([x[:-1] for x in X], y)


def test_warm_start_goes_on(make: Make, planted: Data) -> None:
    """From the weights of the last fit; without it, from the beginning."""
    X, y = planted
    estimator = make(warm_start=True, max_epochs=8).fit(X, y)
    first = estimator.history_[0]["train_loss"]
    estimator.fit(X, y)
    assert estimator.n_iter_ == len(estimator.history_) == 16
    assert estimator.history_[8]["train_loss"] < first
    cold = make(max_epochs=8).fit(X, y).fit(X, y)
    assert cold.n_iter_ == len(cold.history_) == 8


def test_warm_start_keeps_its_classes(make: Make, planted: Data) -> None:
    """Other classes need another network."""
    X, y = planted
    estimator = make(warm_start=True, max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=False to start anew"):
        estimator.fit(X, np.where(y == "no", "a", "b"))
    estimator.set_params(warm_start=False).fit(X, np.where(y == "no", "a", "b"))
    assert estimator.classes_.tolist() == ["a", "b"]


# how long


def test_early_stopping_holds_rows_out_and_stops(make: Make, planted: Data) -> None:
    """The history has the loss of the rows held out; noise as labels cannot be learned."""
    X, y = planted
    noise = np.random.default_rng(0).permutation(y)
    estimator = make(early_stopping=True, max_epochs=60, n_iter_no_change=3).fit(X, noise)
    losses = [row["valid_loss"] for row in estimator.history_]
    assert estimator.n_iter_ == len(losses) < 60
    assert len(losses) == int(np.argmin(losses)) + 1 + 3
    plain = make(max_epochs=2).fit(X, y)
    assert "valid_loss" not in plain.history_[0]


def test_rows_held_out_are_weighed_among_themselves(
    make: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As rows that were passed: both losses are means, however the weights fall on the parts."""
    X, y = planted
    halves = np.arange(40), np.arange(40, 80)
    monkeypatch.setattr("sklearn_attngen.classifiers._training.validation_split", lambda *_: halves)
    weight = np.repeat([1000.0, 1.0], 40)
    drawn = make(early_stopping=True, max_epochs=2).fit(X, y, sample_weight=weight)
    passed = make(max_epochs=2).fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    for name in ("train_loss", "valid_loss"):
        found, expected = ([row[name] for row in fit.history_] for fit in (drawn, passed))
        assert found == pytest.approx(expected, rel=1e-5)


def test_training_that_goes_on_holds_out_the_same_rows(
    make: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss on rows that were trained on before would say nothing."""
    held_out = []

    def split(*given: Any) -> Any:
        parts = validation_split(*given)
        held_out.append(parts[1].tolist())
        return parts

    monkeypatch.setattr("sklearn_attngen.classifiers._training.validation_split", split)
    estimator = make(early_stopping=True, warm_start=True, max_epochs=1, n_layers=0, random_state=0)
    estimator.fit(*planted).fit(*planted)
    pickle.loads(pickle.dumps(estimator)).fit(*planted)
    estimator.set_params(warm_start=False, random_state=1).fit(*planted)
    assert held_out[0] == held_out[1] == held_out[2] != held_out[3]


def test_validation_fraction_says_how_many(make: Make, planted: Data, count_rows: Any) -> None:
    """Rows held out are not trained on."""
    make(
        early_stopping=True,
        validation_fraction=0.25,
        max_epochs=1,
        net_params={"callbacks": [count_rows]},
    ).fit(*planted)
    assert count_rows.seen == [(60, 20)]


def test_automatic_epochs_depend_on_the_number_of_batches(
    make: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defaults train on a few rows as on many: more passes over fewer batches."""
    monkeypatch.setattr("sklearn_attngen.training._schedule.MIN_STEPS", 8)
    monkeypatch.setattr("sklearn_attngen.training._schedule.MIN_EPOCHS", 1)
    found = [make(max_epochs="auto", batch_size=n).fit(*planted).n_iter_ for n in (80, 40, 10)]
    assert found == [8, 4, 1]


def test_history_tells_each_epoch(make: Make, planted: Data) -> None:
    """Plain values, that can be pickled and put into a table."""
    estimator = make(max_epochs=3).fit(*planted)
    assert [row["epoch"] for row in estimator.history_] == [1, 2, 3]
    for row in estimator.history_:
        assert row["train_loss"] > 0
        assert row["dur"] > 0
        assert "batches" not in row
    assert pickle.loads(pickle.dumps(estimator.history_)) == estimator.history_
    estimator.partial_fit(*planted).set_params(warm_start=True).fit(*planted)
    assert [row["epoch"] for row in estimator.history_] == [1, 2, 3, 4, 5, 6, 7]

"""Rows to validate on that the user names, instead of some drawn from the training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder

Make = Callable[..., Any]
Data = tuple[NDArray[Any], NDArray[Any]]


def halves(planted: Data) -> tuple[Any, Any, Any, Any]:
    """Return rows to train on, and as many others to validate on."""
    X, y = planted
    return X[:40], y[:40], X[40:], y[40:]


def test_history_tells_their_loss(make: Make, planted: Data) -> None:
    """That of the network as it is after an epoch, which predictions have after the last one."""
    X, y, X_val, y_val = halves(planted)
    estimator = make(label_smoothing=0.0, precision="float32")
    estimator.fit(X, y, X_val=X_val, y_val=y_val)
    assert estimator.n_iter_ == estimator.max_epochs
    expected = log_loss(y_val, estimator.predict_proba(X_val), labels=estimator.classes_)
    assert estimator.history_[-1]["valid_loss"] == pytest.approx(expected, abs=1e-5)


def test_training_does_not_see_them(make: Make, planted: Data) -> None:
    """Without early stopping they change nothing, whatever they are."""
    X, y, X_val, y_val = halves(planted)
    alone = make().fit(X, y)
    beside = make().fit(X, y, X_val=X_val, y_val=y_val)
    np.testing.assert_array_equal(beside.predict_proba(X_val), alone.predict_proba(X_val))
    np.testing.assert_array_equal(beside.saliency_, alone.saliency_)


def test_early_stopping_goes_by_them_and_trains_on_all_rows(
    make: Make, planted: Data, count_rows: Any
) -> None:
    X, y, X_val, y_val = halves(planted)
    noise = np.random.default_rng(0).permutation(y_val)
    estimator = make(
        early_stopping=True,
        max_epochs=60,
        n_iter_no_change=3,
        net_params={"callbacks": [count_rows]},
    ).fit(X, y, X_val=X_val[:30], y_val=noise[:30])
    losses = [row["valid_loss"] for row in estimator.history_]
    assert set(count_rows.seen) == {(40, 30)}
    assert estimator.n_iter_ == len(losses) == int(np.argmin(losses)) + 1 + 3 < 60


def test_weights_count(make: Make, planted: Data) -> None:
    """A row of weight zero is absent, one of weight two is there twice."""
    X, y, X_val, y_val = halves(planted)
    weight = np.r_[0, 2, np.ones(38)]
    fits = [
        make(max_epochs=1).fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight),
        make(max_epochs=1).fit(
            X, y, X_val=np.r_[X_val[1:], X_val[1:2]], y_val=[*y_val[1:], y_val[1]]
        ),
    ]
    first, second = (fit.history_[0]["valid_loss"] for fit in fits)
    assert first == pytest.approx(second, rel=1e-5)
    assert first != make(max_epochs=1).fit(X, y, X_val=X_val, y_val=y_val).history_[0]["valid_loss"]


def test_every_form_of_the_training_rows_is_read(make: Make, planted: Data) -> None:
    X, y, X_val, y_val = halves(planted)
    expected = make(max_epochs=1).fit(X, y, X_val=X_val, y_val=y_val).history_[0]["valid_loss"]
    frames = [pd.DataFrame({"sequence": part}) for part in (X, X_val)]
    encoder = SequenceOneHotEncoder().fit(X)
    blocks = [encoder.transform(part) for part in (X, X_val)]
    for train, valid in (frames, blocks):
        found = make(max_epochs=1).fit(train, y, X_val=valid, y_val=list(y_val)).history_[0]
        assert found["valid_loss"] == pytest.approx(expected, rel=1e-5)


def test_a_pipeline_can_encode_them(attngen: Make, planted: Data) -> None:
    """By scikit-learn's ``transform_input``."""
    X, y, X_val, y_val = halves(planted)
    with config_context(enable_metadata_routing=True):
        network = attngen(max_epochs=1).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(SequenceOneHotEncoder(), network, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    assert "valid_loss" in pipeline[-1].history_[0]


def test_numbers_can_be_validated_too(make: Make) -> None:
    values = np.random.default_rng(0).normal(size=(30, 8))
    labels = np.arange(30) % 2
    estimator = make(max_epochs=1).fit(
        values[:20], labels[:20], X_val=values[20:], y_val=labels[20:]
    )
    assert np.isfinite(estimator.history_[0]["valid_loss"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_val": None}, "X_val and y_val belong together"),
        ({"X_val": None}, "X_val and y_val belong together"),
        ({"X_val": None, "y_val": None, "sample_weight_val": [1.0]}, "belong together"),
        ({"y_val": ["no"]}, "In the validation rows.*X has 3 rows, y has 1"),
        ({"y_val": ["no", "maybe", "yes"]}, r"validation rows.*'maybe' \(row 1, 0-based\) is none"),
        ({"X_val": ["ACGT"] * 3}, r"In the validation rows.*X_val.*4"),
        ({"X_val": np.zeros((3, 3))}, "In the validation rows"),
        ({"sample_weight_val": [0.0, 0.0, 0.0]}, "In the validation rows.*weight"),
    ],
)
def test_wrong_rows_leave_an_earlier_fit(
    attngen: Make, planted: Data, changes: dict[str, Any], message: str
) -> None:
    X, y = planted
    estimator: AttnGenClassifier = attngen(max_epochs=1).fit(X, y)
    before = estimator.predict_proba(X)
    good: dict[str, Any] = {"X_val": X[:3], "y_val": y[:3]}
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y, **(good | changes))
    np.testing.assert_array_equal(estimator.predict_proba(X), before)

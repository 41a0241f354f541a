"""Metrics of perturbed predictions: equal to scikit-learn's, resampled quickly and rightly."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    get_scorer,
    make_scorer,
)

from sklearn_attngen.inspection._removal.bootstrap import stratified_rows
from sklearn_attngen.inspection._removal.metric import Metric, Responses

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
Y = np.where(X[:, 0] + rng.normal(size=60) > 0.4, "b", "a")
MODEL = LogisticRegression().fit(X, Y)


@pytest.mark.parametrize(
    "metric",
    [
        "accuracy",
        "balanced_accuracy",
        "roc_auc",
        "neg_log_loss",
        "f1_macro",
        "matthews_corrcoef",
        make_scorer(f1_score, pos_label="b"),
    ],
    ids=str,
)
def test_scores_are_those_of_the_scorer_also_resampled(metric):
    measured = Metric(metric, Y, 2)
    responses = Responses(MODEL, X)
    scorer = get_scorer(metric)
    assert measured.score(responses) == pytest.approx(scorer(MODEL, X, Y))
    responses.forget_input()
    rows = stratified_rows(Y, np.random.default_rng(1))
    expected = measured.floor(scorer(MODEL, X[rows], Y[rows]))
    np.testing.assert_allclose(measured.resampler([responses] * 2)(rows), [expected] * 2)


def test_functions_of_labels_and_predictions():
    measured = Metric(lambda y, predicted: float((y == predicted).sum()), Y, 2)
    assert measured.score(Responses(MODEL, X)) == (MODEL.predict(X) == Y).sum()
    assert Metric(accuracy_score, Y, 2).chance == 0.5


def test_callables_without_a_hash_are_metrics_too():
    @dataclass
    class Share:
        of: str

        def __call__(self, y, predicted):
            return float(np.mean((y == predicted)[y == self.of]))

    responses = Responses(MODEL, X)
    measured = Metric(Share("a"), Y, 2)
    assert measured.name == "Share"
    assert measured.score(responses) == Share("a")(Y, MODEL.predict(X))
    assert Metric(make_scorer(Share("a")), Y, 2).score(responses) == measured.score(responses)


def test_decision_functions_are_enough_for_roc_auc():
    model = RidgeClassifier().fit(X, Y)
    expected = get_scorer("roc_auc")(model, X, Y)
    assert Metric("roc_auc", Y, 2).score(Responses(model, X)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "chance"),
    [
        ("accuracy", 0.25),
        ("balanced_accuracy", 0.25),
        ("roc_auc", 0.5),
        ("roc_auc_ovr", 0.5),
        ("neg_log_loss", None),
        ("f1_macro", None),
        (make_scorer(balanced_accuracy_score, adjusted=True), None),
        (make_scorer(accuracy_score, normalize=False), None),
    ],
    ids=str,
)
def test_chance_is_known_where_it_is_known(metric, chance):
    assert Metric(metric, Y, 4).chance == chance


def test_below_chance_counts_as_chance():
    wrong = np.where(MODEL.predict(X) == "a", "b", "a")
    assert Metric("accuracy", wrong, 2).score(Responses(MODEL, X)) == 0.5


def test_each_response_is_asked_for_once():
    calls = []

    class Counting(LogisticRegression):
        def predict(self, X):
            calls.append(len(X))
            return super().predict(X)

    responses = Responses(Counting().fit(X, Y), X)
    measured = Metric("accuracy", Y, 2)
    measured.score(responses)
    measured.score(responses)
    assert calls == [60]


def test_unknown_metrics():
    with pytest.raises(ValueError, match="nonsense"):
        Metric("nonsense", Y, 2)

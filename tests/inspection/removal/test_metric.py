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
    roc_auc_score,
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


@pytest.mark.parametrize("labels", [Y, (Y == "b").astype(int)], ids=["text", "numbers"])
@pytest.mark.parametrize("digits", [1, 9])
@pytest.mark.parametrize(
    "metric",
    [
        "roc_auc",
        make_scorer(roc_auc_score, response_method="predict_proba"),
        make_scorer(roc_auc_score, response_method="predict_proba", max_fpr=0.5),
    ],
    ids=["roc_auc", "probabilities", "partial"],
)
def test_areas_of_resamples_are_those_of_the_scorer(metric, digits, labels):
    """With ties too, and other answers in each cell; inverted ones fall below chance."""

    class Rounded(LogisticRegression):
        def decision_function(self, X):
            return super().decision_function(X).round(digits)

        def predict_proba(self, X):
            return super().predict_proba(X).round(digits)

    models = [Rounded(C=c).fit(X[:, part:], labels) for part, c in ((0, 1.0), (1, 0.1), (2, 1e-3))]
    models[2].coef_ *= -1000
    cells = [Responses(model, X[:, part:]) for part, model in enumerate(models)]
    measured = Metric(metric, labels, 2)
    resampled = measured.resampler(cells)
    scorer = get_scorer(metric)
    for seed in range(5):
        rows = stratified_rows(labels, np.random.default_rng(seed))
        expected = [scorer(cell, rows, labels[rows]) for cell in cells]
        np.testing.assert_allclose(resampled(rows), measured.floor(np.array(expected)), rtol=1e-12)


def test_areas_of_predictions_are_left_to_the_scorer():
    labels = (Y == "b").astype(int)
    responses = Responses(LogisticRegression().fit(X, labels), X)
    measured = Metric(roc_auc_score, labels, 2)
    rows = stratified_rows(labels, np.random.default_rng(0))
    expected = roc_auc_score(labels[rows], responses.predict(rows))
    np.testing.assert_allclose(measured.resampler([responses])(rows), [expected])


def test_resamples_do_not_ask_the_scorer_for_areas():
    """It takes a second for a thousand of them."""

    class Slow:
        _response_method = ("decision_function", "predict_proba")

        def __call__(self, *args):
            raise AssertionError("asked")

    measured = Metric("roc_auc", Y, 2)
    measured.scorer = Slow()
    resampled = measured.resampler([Responses(MODEL, X)])
    expected = roc_auc_score(Y, MODEL.decision_function(X))
    assert resampled(np.arange(len(Y))) == pytest.approx(expected)


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


@pytest.mark.parametrize("metric", ["f1", "average_precision", f1_score, "neg_brier_score"])
def test_metrics_of_one_class_ask_which_it_is(metric):
    """scikit-learn says that pos_label=1 is no label, and not where to write another."""
    with pytest.raises(ValueError, match=r"metric '.*make_scorer\(f1_score, pos_label='b'\)"):
        Metric(metric, Y, 2).score(Responses(MODEL, X))


@pytest.mark.parametrize("metric", ["f1", "roc_auc"])
def test_metrics_of_two_classes_name_those_of_more(metric):
    labels = np.where(X[:, 1] > 0.5, "c", Y)
    responses = Responses(LogisticRegression().fit(X, labels), X)
    with pytest.raises(ValueError, match=rf"metric '{metric}' .*'f1_macro' or 'roc_auc_ovr'"):
        Metric(metric, labels, 3).score(responses)


def test_only_errors_of_the_metric_are_the_metrics():
    """What the estimator or a metric of the user's own says stays as it is."""

    class Broken(LogisticRegression):
        def predict(self, X):
            raise ValueError("pos_label is broken")

    def metric(y_true, y_pred):
        raise ValueError("my own words")

    with pytest.raises(ValueError, match=r"^pos_label is broken$"):
        Metric("f1", Y, 2).score(Responses(Broken().fit(X, Y), X))
    with pytest.raises(ValueError, match=r"^my own words$"):
        Metric(metric, Y, 2).score(Responses(MODEL, X))


def test_a_resample_scores_shared_predictions_once():
    """Curves share predictions, as those with nothing removed: they were scored for each cell."""
    calls = []

    def metric(y_true, y_pred):
        calls.append(len(y_true))
        return accuracy_score(y_true, y_pred)

    score = Metric(metric, Y, 2)
    one, other = Responses(MODEL, X), Responses(MODEL, -X)
    rows = np.arange(0, 60, 2)
    found = score.resampler([one, other, one, one])(rows)
    expected = [accuracy_score(Y[rows], MODEL.predict(sign * X[rows])) for sign in (1, -1, 1, 1)]
    assert found.tolist() == expected
    assert len(calls) == 2

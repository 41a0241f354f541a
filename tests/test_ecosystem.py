"""The classifiers in scikit-learn's own tools: searches, ensembles, selections, displays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (needed by the next line)
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    ValidationCurveDisplay,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    KmerVectorizer,
    PerturbationScorer,
    SequenceOneHotEncoder,
    make_kmer_classifier,
)
from sklearn_attngen.inspection import saliency
from tests.conftest import QUICK

Data = tuple[np.ndarray, np.ndarray]


def attngen(**changes: Any) -> AttnGenClassifier:
    return AttnGenClassifier(**(QUICK | changes))


def cnn(**changes: Any) -> CNNClassifier:
    return CNNClassifier(**(QUICK | changes))


def encoded(**changes: Any) -> Pipeline:
    return Pipeline([("encode", SequenceOneHotEncoder()), ("net", attngen(**changes))])


def raw(**changes: Any) -> Pipeline:
    return Pipeline([("net", attngen(**changes))])


PIPELINES: dict[str, Callable[..., Pipeline]] = {"encoded": encoded, "raw": raw}


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Processes of joblib have one thread of torch; only equal numbers give equal bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# searches and validation ----------------------------------------------------------------------


def test_raw_strings_and_encoded_ones_are_the_same(planted: Data) -> None:
    """The encoder in front changes nothing."""
    X, y = planted
    expected = raw().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(encoded().fit(X, y).predict_proba(X), expected)


@pytest.mark.parametrize(
    ("kind", "name", "backend"),
    [  # each two of them together at least once
        (GridSearchCV, "raw", "loky"),
        (GridSearchCV, "encoded", "threading"),
        (HalvingGridSearchCV, "raw", "threading"),
        (HalvingGridSearchCV, "encoded", "loky"),
    ],
)
def test_searches_over_the_mask_in_parallel_equal_serial(
    kind: type, name: str, backend: str, planted: Data
) -> None:
    """To the last bit, and the best fraction is found in the same place."""
    X, y = planted
    grid = {"net__mask_fraction": [0.0, 0.2, 0.4]}
    more = {"random_state": 0, "min_resources": 40} if kind is HalvingGridSearchCV else {}
    search = kind(PIPELINES[name](max_epochs=4), grid, cv=2, error_score="raise", **more)
    serial = clone(search).fit(X, y)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        parallel = clone(search).fit(X, y)
    for key in ("mean_test_score", "split0_test_score", "param_net__mask_fraction"):
        np.testing.assert_array_equal(serial.cv_results_[key], parallel.cv_results_[key])
    assert serial.best_params_ == parallel.best_params_
    np.testing.assert_array_equal(serial.predict_proba(X), parallel.predict_proba(X))
    assert saliency(parallel, X[:2]).shape == (2, 24)


@pytest.mark.parametrize("name", PIPELINES)
def test_cross_validation(name: str, planted: Data) -> None:
    """Several scores, fitted estimators returned, predictions for every row."""
    X, y = planted
    scores = cross_validate(
        PIPELINES[name](),
        X,
        y,
        cv=2,
        scoring=["accuracy", "roc_auc", "neg_log_loss"],
        return_estimator=True,
        error_score="raise",
    )
    assert scores["test_roc_auc"].mean() > 0.65
    assert all(e[-1].saliency_.shape == (24,) for e in scores["estimator"])
    for method in ("predict", "predict_proba", "decision_function"):
        values = cross_val_predict(PIPELINES[name](), X, y, cv=2, method=method)
        assert len(values) == 80
        predicted = {
            "predict": lambda v: v,
            "predict_proba": lambda v: np.array(["no", "yes"])[v.argmax(axis=1)],
            "decision_function": lambda v: np.where(v > 0, "yes", "no"),
        }[method](values)
        np.testing.assert_allclose(accuracy_score(y, predicted), scores["test_accuracy"].mean())


@pytest.mark.parametrize("form", ["list", "series", "column"])
def test_folds_of_any_container(form: str, planted: Data) -> None:
    """Rows are taken by place."""
    X, y = planted
    index = np.arange(80)[::-1]
    given = {
        "list": X.tolist(),
        "series": pd.Series(X, index=index, dtype="string"),
        "column": pd.DataFrame({"sequence": X}, index=index),
    }[form]
    labels = y if form == "list" else pd.Series(y, index=index)
    expected = cross_validate(raw(max_epochs=4), X, y, cv=2)["test_score"]
    found = cross_validate(raw(max_epochs=4), given, labels, cv=2, error_score="raise")
    np.testing.assert_array_equal(found["test_score"], expected)


def test_learning_curve(planted: Data) -> None:
    """Fits on more and more rows, also in parts."""
    X, y = planted
    for more in ({}, {"exploit_incremental_learning": True}):
        sizes, train, test = learning_curve(
            attngen(),
            X,
            y,
            cv=2,
            train_sizes=[16, 40],
            shuffle=True,
            random_state=0,
            error_score="raise",
            **more,
        )
        assert sizes.tolist() == [16, 40]
        assert train.shape == test.shape == (2, 2)
        assert np.isfinite(test).all()


def test_validation_curve_display(planted: Data) -> None:
    """The picture of a score over the masked fraction."""
    X, y = planted
    display = ValidationCurveDisplay.from_estimator(
        encoded(max_epochs=4),
        X,
        y,
        param_name="net__mask_fraction",
        param_range=[0.0, 0.2, 0.4],
        cv=2,
    )
    assert display.test_scores.shape == (3, 2)
    assert display.ax_.get_xlabel() == "net__mask_fraction"
    plt.close(display.figure_)


def test_weights_of_rows_are_routed(planted: Data) -> None:
    """As a parameter of fit, through a Pipeline and through a search."""
    X, y = planted
    weight = np.linspace(0.1, 3, 80)
    expected = encoded().fit(X, y, net__sample_weight=weight).predict_proba(X)
    plain = encoded().fit(X, y).predict_proba(X)
    assert not np.allclose(expected, plain, atol=1e-3)
    grid = GridSearchCV(encoded(), {"net__dropout": [0.1]}, cv=2)
    found = grid.fit(X, y, net__sample_weight=weight).predict_proba(X)
    reference = encoded(dropout=0.1).fit(X, y, net__sample_weight=weight).predict_proba(X)
    np.testing.assert_array_equal(found, reference)


# the perturbation score -----------------------------------------------------------------------

SCORING = {
    "accuracy": "accuracy",
    "faithfulness": PerturbationScorer(fill="resample", n_repeats=2),
}


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_search_by_faithfulness(backend: str, planted: Data) -> None:
    """A dict of scores, the best one by name, processes equal to threads."""
    X, y = planted
    grid = {"net__mask_fraction": [0.0, 0.3]}
    search = GridSearchCV(
        encoded(), grid, cv=2, scoring=SCORING, refit="faithfulness", error_score="raise"
    )
    serial = clone(search).fit(X, y)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        parallel = clone(search).fit(X, y)
    for key in ("mean_test_accuracy", "mean_test_faithfulness"):
        np.testing.assert_array_equal(serial.cv_results_[key], parallel.cv_results_[key])
    assert serial.best_index_ == serial.cv_results_["mean_test_faithfulness"].argmax()
    assert serial.score(X, y) == SCORING["faithfulness"](serial, X, y)


def test_nested_search(planted: Data) -> None:
    """A search inside of a validation, scored by both."""
    X, y = planted
    inner = GridSearchCV(
        raw(max_epochs=4),
        {"net__mask_fraction": [0.0, 0.3]},
        cv=2,
        scoring=SCORING,
        refit="accuracy",
    )
    scores = cross_validate(inner, X, y, cv=2, scoring=SCORING, error_score="raise")
    assert np.isfinite(scores["test_accuracy"]).all()
    assert np.isfinite(scores["test_faithfulness"]).all()


def permuted_saliency(estimator: Any, X: Any) -> np.ndarray:
    """The true values at random positions."""
    return np.random.default_rng(0).permuted(saliency(estimator, X), axis=1)


@pytest.mark.parametrize("name", ["attngen", "cnn", "kmers"])
def test_faithfulness_of_true_and_permuted_saliency(
    name: str, planted_many: Data, planted_test: Data
) -> None:
    """Positive for the saliency, about zero for a permuted one, on unseen sequences."""
    make = {
        "attngen": lambda: attngen(random_state=1),
        "cnn": lambda: cnn(random_state=1),
        "kmers": lambda: make_kmer_classifier(k=(3, 4), canonical=False, C=1.0),
    }[name]
    model = make().fit(*planted_many)
    scorer = PerturbationScorer(fill="resample", n_repeats=5)
    true = scorer(model, *planted_test)
    permuted = scorer.set_params(saliency=permuted_saliency)(model, *planted_test)
    assert true > 0.08
    assert abs(permuted) < 0.04
    assert true > permuted + 0.08


# ensembles ------------------------------------------------------------------------------------


def test_calibration(planted: Data, planted_again: Data) -> None:
    """From probabilities and from scores; the result can be explained."""
    X, y = planted
    for model in (encoded(), raw()):
        calibrated = CalibratedClassifierCV(model, cv=2, method="sigmoid").fit(X, y)
        assert calibrated.score(*planted_again) > 0.6
        np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(saliency(calibrated, X[:2]).sum(axis=1), 1)


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_voting(voting: str, planted: Data, planted_again: Data) -> None:
    """AttnGen, the CNN and the k-mers together, from strings."""
    members = [("a", raw()), ("c", cnn()), ("k", make_kmer_classifier(k=(3, 4), C=1.0))]
    model = VotingClassifier(members, voting=voting).fit(*planted)
    assert model.score(*planted_again) > 0.75
    if voting == "soft":
        np.testing.assert_allclose(saliency(model, planted[0][:2]).sum(axis=1), 1)


def test_stacking(planted: Data, planted_again: Data) -> None:
    """A logistic regression on the predictions of the three."""
    members = [("a", encoded()), ("c", cnn()), ("k", make_kmer_classifier(k=(3, 4), C=1.0))]
    model = StackingClassifier(members, LogisticRegression(), cv=2).fit(*planted)
    assert model.score(*planted_again) > 0.75


def test_one_versus_rest(planted: Data) -> None:
    """Of encoded input: scikit-learn's own wrapper takes no strings of one dimension."""
    H = SequenceOneHotEncoder().fit_transform(planted[0])
    model = OneVsRestClassifier(attngen()).fit(H, np.arange(80) % 4)
    assert model.predict_proba(H).shape == (80, 4)


# columns --------------------------------------------------------------------------------------


@pytest.fixture
def frame(planted: Data) -> pd.DataFrame:
    """Sequences beside other columns."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"sequence": planted[0], "gc": rng.random(80), "length": rng.integers(9, size=80)}
    )


def test_a_column_of_a_frame(frame: pd.DataFrame, planted: Data) -> None:
    """One column goes to the network, the others are left out or used elsewhere."""
    y = planted[1]
    expected = raw().fit(*planted).predict_proba(planted[0])
    for column in ("sequence", ["sequence"]):
        encode = ColumnTransformer([("dna", SequenceOneHotEncoder(), column)])
        model = make_pipeline(encode, attngen()).fit(frame, y)
        np.testing.assert_array_equal(model.predict_proba(frame), expected)
    mixed = ColumnTransformer(
        [("dna", KmerVectorizer(k=3), "sequence"), ("rest", StandardScaler(), ["gc", "length"])]
    )
    model = make_pipeline(mixed, LogisticRegression()).fit(frame, y)
    assert model.score(frame, y) > 0.9
    assert model[:-1].get_feature_names_out()[-1] == "rest__length"


def test_predictions_of_a_network_beside_other_columns(frame: pd.DataFrame, planted: Data) -> None:
    """A network reads the sequence, another model the rest."""
    members = [
        ("dna", make_pipeline(ColumnTransformer([("s", "passthrough", ["sequence"])]), attngen())),
        (
            "rest",
            make_pipeline(
                ColumnTransformer([("s", "passthrough", ["gc", "length"])]), LogisticRegression()
            ),
        ),
    ]
    model = StackingClassifier(members, cv=2).fit(frame, planted[1])
    assert model.score(frame, planted[1]) > 0.75


def test_union_of_one_hot_and_kmers(planted: Data) -> None:
    """Two views of one sequence, side by side and named."""
    X, y = planted
    union = FeatureUnion([("letters", SequenceOneHotEncoder()), ("kmers", KmerVectorizer(k=3))])
    model = make_pipeline(union, LogisticRegression(max_iter=500)).fit(X, y)
    assert model.score(X, y) > 0.9
    names = union.fit(X).get_feature_names_out()
    assert len(names) == 24 * 4 + 64
    assert (names[0], names[-1]) == ("letters__pos0_A", "kmers__TTT")


def test_pandas_output_goes_into_the_network(planted: Data) -> None:
    """Columns keep their names on the way, and predictions are the same."""
    X, y = planted
    model = encoded().set_output(transform="pandas").fit(X, y)
    assert model[-1].feature_names_in_[5] == "pos1_C"
    np.testing.assert_array_equal(model.predict_proba(X), encoded().fit(X, y).predict_proba(X))
    assert saliency(model, X[:2]).shape == (2, 24)


# selections and importances -------------------------------------------------------------------


def test_select_from_model(planted: Data) -> None:
    """The columns that the network finds important."""
    X, y = planted
    H = SequenceOneHotEncoder().set_output(transform="pandas").fit_transform(X)
    selector = SelectFromModel(attngen(), threshold="mean").fit(H, y)
    kept = selector.get_support()
    importances = selector.estimator_.feature_importances_
    np.testing.assert_array_equal(kept, importances >= importances.mean())
    assert 0 < kept.sum() < 96
    model = make_pipeline(SelectFromModel(attngen(), max_features=40), LogisticRegression())
    assert model.fit(H, y).score(H, y) > 0.8


def test_permutation_importance(planted: Data) -> None:
    """Of columns, which makes blocks that are no letters, and of whole sequences."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (120, 12))
    X, y = ["".join(row) for row in letters], letters[:, 4] == "G"
    H = SequenceOneHotEncoder().fit_transform(X)
    model = cnn(max_epochs=20).fit(H, y)
    result = permutation_importance(model, H, y, n_repeats=2, random_state=0)
    assert result.importances_mean.shape == (48,)
    assert result.importances_mean.argmax() == 4 * 4 + 2
    pipeline = make_pipeline(SequenceOneHotEncoder(), cnn(max_epochs=20)).fit(X, y)
    column = np.array(X, dtype=object).reshape(-1, 1)
    whole = permutation_importance(pipeline, column, y, n_repeats=2, random_state=0)
    assert whole.importances_mean[0] > 0.2


def test_reprs_in_text_and_html(planted: Data) -> None:
    """Fitted and not; the summaries that a notebook shows are cheap."""
    model = encoded(mask_fraction=0.25)
    assert "mask_fraction=0.25" in repr(model)
    assert "AttnGenClassifier" in model.fit(*planted)._repr_html_()

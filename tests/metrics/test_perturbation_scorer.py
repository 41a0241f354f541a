"""PerturbationScorer: its sign and size, and its place in scikit-learn's tools."""

import functools
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from joblib import parallel_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_validate, permutation_test_score
from sklearn.pipeline import make_pipeline

from sklearn_attngen import CNNClassifier
from sklearn_attngen.inspection import saliency
from sklearn_attngen.metrics import PerturbationScorer
from sklearn_attngen.preprocessing import SequenceOneHotEncoder


def permuted_saliency(estimator, X):
    """Move the true values to random positions."""
    return np.random.default_rng(0).permuted(saliency(estimator, X), axis=1)


def opposite_saliency(estimator, X):
    return -saliency(estimator, X) + 1


@pytest.fixture(scope="module", name="data")
def a_or_c_at_three_positions():
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list("ACGT"), (400, 30))], dtype=object)
    y = np.array([sum(x[i] in "AC" for i in (3, 8, 15)) > 1 for x in X]).astype(int)
    return X, y


def one_hot_model(C=1.0):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=C))


def kmer_model():
    counts = CountVectorizer(analyzer="char", ngram_range=(3, 4))
    return make_pipeline(counts, LogisticRegression(max_iter=500))


@pytest.fixture(scope="module", name="fitted")
def fitted_on_the_data(data):
    return one_hot_model().fit(*data)


@pytest.mark.parametrize("fill", ["shuffle", "resample", "dinucleotide", "unknown"])
def test_positive_for_the_true_saliency_and_zero_for_a_permuted_one(fill, fitted, data):
    true = PerturbationScorer(fill=fill)(fitted, *data)
    permuted = PerturbationScorer(fill=fill, saliency=permuted_saliency)(fitted, *data)
    assert isinstance(true, float)
    assert true > 0.1
    assert abs(permuted) < 0.03


def test_permuted_saliency_of_kmers(data):
    X, y = data
    at = np.random.default_rng(1).integers(24, size=len(X))
    X = np.array(
        [x[:i] + "TATAAA" + x[i + 6 :] if c else x for x, i, c in zip(X, at, y, strict=True)],
        dtype=object,
    )
    model = kmer_model().fit(X, y)
    scorer = PerturbationScorer(fill="resample")
    assert scorer(model, X, y) > 0.05
    assert abs(clone(scorer).set_params(saliency=permuted_saliency)(model, X, y)) < 0.03


def test_wrong_letters_and_the_least_salient_are_negative(fitted, data):
    assert PerturbationScorer(fill="resample", saliency=opposite_saliency)(fitted, *data) < -0.03
    assert PerturbationScorer(fill="resample", order="bottom")(fitted, *data) < -0.03


def test_parts_add_up(fitted, data):
    X, y = data
    parts = PerturbationScorer(fill="resample").measure(fitted, X, y)
    assert parts.score == pytest.approx(parts.control - parts.removed)
    assert parts.clean == pytest.approx(fitted.score(X, y))
    assert parts.removed < parts.control < parts.clean
    assert parts.n_samples == 400
    without = PerturbationScorer(fill="resample", control=None).measure(fitted, X, y)
    assert without.control == without.clean == parts.clean
    assert without.removed == parts.removed


def test_metric_can_be_any_scorer(fitted, data):
    parts = PerturbationScorer(metric="roc_auc", fill="resample").measure(fitted, *data)
    assert parts.clean > 0.9
    assert parts.score > 0.1


def test_max_samples_is_a_fixed_sample(fitted, data):
    X, y = data
    scorer = PerturbationScorer(max_samples=100, fill="resample")
    parts = scorer.measure(fitted, X, y)
    assert parts.n_samples == 100
    assert parts.score == scorer(fitted, pd.Series(X), pd.Series(y)) == scorer(fitted, list(X), y)
    assert parts.score != clone(scorer).set_params(random_state=1)(fitted, X, y)
    assert scorer.measure(fitted, X[:50], y[:50]).n_samples == 50


def test_equal_seeds_give_equal_scores_and_wrappers_do_not_matter(fitted, data):
    scorer = PerturbationScorer()
    assert scorer(fitted, *data) == scorer(fitted, *data) == scorer(FrozenEstimator(fitted), *data)


def test_clone_and_pickle(fitted, data):
    scorer = PerturbationScorer(fraction=0.1, saliency=permuted_saliency)
    assert clone(scorer).get_params() == scorer.get_params()
    plain = PerturbationScorer(fraction=0.1)
    assert pickle.loads(pickle.dumps(plain))(fitted, *data) == plain(fitted, *data)
    assert "fraction=0.1" in repr(plain)


@pytest.mark.parametrize("form", ["array", "list", "series", "column"])
def test_cross_validate_from_strings(form, data):
    """Splits of a Series keep their index: rows must be taken by place, not by label."""
    X, y = data
    labels = pd.Series(y, index=np.arange(400)[::-1])
    given = {
        "array": X,
        "list": X.tolist(),
        "series": pd.Series(X, index=labels.index),
        "column": pd.DataFrame({"sequence": X}, index=labels.index)["sequence"],
    }[form]
    scoring = {
        "accuracy": "accuracy",
        "faithfulness": PerturbationScorer(fill="resample", max_samples=80),
    }
    scores = cross_validate(
        one_hot_model(), given, labels, cv=3, scoring=scoring, error_score="raise"
    )
    expected = cross_validate(one_hot_model(), X, y, cv=3, scoring=scoring)
    np.testing.assert_array_equal(scores["test_faithfulness"], expected["test_faithfulness"])
    assert scores["test_faithfulness"].mean() > 0.05


def _search(**kwargs):
    scoring = {"accuracy": "accuracy", "faithfulness": PerturbationScorer(max_samples=60)}
    grid = {"logisticregression__C": [0.1, 10.0]}
    return GridSearchCV(
        one_hot_model(),
        grid,
        cv=2,
        scoring=scoring,
        refit="faithfulness",
        error_score="raise",
        **kwargs,
    )


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_search_in_parallel_equals_serial(backend, data):
    serial = _search().fit(*data)
    with parallel_config(backend=backend):
        parallel = _search(n_jobs=2).fit(*data)
    for key in ("mean_test_accuracy", "mean_test_faithfulness"):
        np.testing.assert_array_equal(serial.cv_results_[key], parallel.cv_results_[key])
    best = serial.cv_results_["mean_test_faithfulness"].argmax()
    assert serial.best_index_ == best
    assert serial.score(*data) == PerturbationScorer(max_samples=60)(serial, *data)


def test_nested_search(data):
    scores = cross_validate(_search(), *data, cv=2, scoring=PerturbationScorer(max_samples=60))
    assert np.isfinite(scores["test_score"]).all()


def test_as_the_scoring_of_a_permutation_test(data):
    score, permuted, _ = permutation_test_score(
        one_hot_model(),
        *data,
        cv=2,
        n_permutations=5,
        random_state=0,
        scoring=PerturbationScorer(fill="resample", max_samples=100),
    )
    assert score > permuted.max()


def test_data_frames_behind_a_column_transformer(data):
    from sklearn.compose import make_column_transformer

    X, y = data
    frame = pd.DataFrame({"sequence": X})
    model = make_pipeline(
        make_column_transformer((SequenceOneHotEncoder(), "sequence")), LogisticRegression()
    )
    scores = cross_validate(
        model, frame, y, cv=2, scoring=PerturbationScorer(fill="resample"), error_score="raise"
    )
    assert scores["test_score"].mean() > 0.05


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fraction": 0.0}, "fraction"),
        ({"fraction": 1.5}, "fraction"),
        ({"order": "sideways"}, "order"),
        ({"control": "none"}, "control"),
        ({"control": "top"}, "always be 0"),
        ({"fill": "zeros"}, "fill"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"max_samples": 0}, "max_samples"),
        ({"saliency": "nonsense"}, "method='nonsense'"),
        ({"saliency": lambda estimator, X: np.ones((len(X), 120))}, r"shape \(400, 120\)"),
        ({"metric": "nonsense"}, "nonsense"),
    ],
)
def test_wrong_parameters(parameters, message, fitted, data):
    with pytest.raises(ValueError, match=message):
        PerturbationScorer(**parameters)(fitted, *data)


def test_wrong_data(fitted, data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PerturbationScorer()(fitted, X, y[:-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PerturbationScorer(max_samples=10)(fitted, X, y[:-1])
    with pytest.raises(TypeError, match="got one str"):
        PerturbationScorer()(fitted, X[0], y)
    with pytest.raises(ValueError, match="needs y"):
        PerturbationScorer()(fitted, X, None)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        PerturbationScorer()(fitted, X[:0], y[:0])
    with pytest.raises(NotFittedError):
        PerturbationScorer()(one_hot_model(), X, y)


def test_a_metric_is_known_by_what_it_is_and_not_by_its_name() -> None:
    """A function of the user's own has no chance level, and a turned sign no floor."""

    def accuracy_score(y_true, y_pred):
        return 0.1 * float(np.mean(y_true == y_pred))

    X = np.array(["ACGTACGTAC", "TTGTACGTAC", "ACGTTCGTAC", "TCGTACGAAC"] * 10, dtype=object)
    y = np.array([0, 1, 0, 1] * 10)
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    assert PerturbationScorer(metric=accuracy_score).measure(model, X, y).clean == pytest.approx(
        0.1
    )
    turned = make_scorer(sklearn.metrics.accuracy_score, greater_is_better=False)
    with pytest.raises(ValueError, match="turns the sign"):
        PerturbationScorer(metric=turned)(model, X, y)
    f2 = functools.partial(sklearn.metrics.fbeta_score, beta=2)
    assert PerturbationScorer(metric=f2).measure(model, X, y).clean == 1.0


@pytest.mark.parametrize("several", [True, False])
def test_searches_take_weights_of_rows(data, several):
    """A search with weights asks each scorer of several whether it uses them."""
    X, y = data[0][:60], data[1][:60]
    scorer = PerturbationScorer(n_repeats=1, max_samples=20)
    search = GridSearchCV(
        CNNClassifier(n_layers=1, max_epochs=1, random_state=0),
        {"n_filters": [3, 4]},
        cv=2,
        scoring={"accuracy": "accuracy", "faithfulness": scorer} if several else scorer,
        refit="faithfulness" if several else True,
        error_score="raise",
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # scikit-learn says which scores are unweighted
        search.fit(X, y, sample_weight=np.ones(60))
    assert np.isfinite(search.best_score_)


def test_missing_labels_are_named(data):
    X, y = data
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    labels = [None, *y.astype(str)[1:20]]
    with pytest.raises(ValueError, match=r"label of row 0 \(counted from 0\) is None"):
        PerturbationScorer()(model, X[:20], labels)

"""inspection.saliency: meanings, input forms, targets, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsOneClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.inspection import saliency
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import get_alphabet


def brute_force(estimator, X, columns):
    """Occlude letter by letter, as the definition says."""
    clean = estimator.predict_proba(X)
    change = np.zeros((len(X), len(X[0])))
    for row, sequence in enumerate(X):
        for position, letter in enumerate(sequence):
            if letter != "N":
                without = sequence[:position] + "N" + sequence[position + 1 :]
                p = estimator.predict_proba([without])[0]
                change[row, position] = clean[row, columns[row]] - p[columns[row]]
    return change


@pytest.fixture
def one_hot_model(X, y):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)


def test_signed_occlusion_is_its_definition(one_hot_model, make_sequences):
    few = make_sequences(8, seed=1)
    few[0] = "N" * 4 + few[0][4:]
    proba = one_hot_model.predict_proba(few)
    expected = brute_force(one_hot_model, few, proba.argmax(axis=1))
    signed = saliency(one_hot_model, few, signed=True)
    np.testing.assert_allclose(signed, expected, atol=1e-12)
    assert signed.dtype == np.float64
    magnitude = saliency(one_hot_model, few)
    np.testing.assert_allclose(
        magnitude, np.abs(expected) / np.abs(expected).sum(axis=1, keepdims=True), atol=1e-9
    )
    assert (magnitude[0, :4] == 0).all()


def test_occlusion_finds_the_known_letters_and_nothing_else(known, X):
    values = saliency(known, X[:20], method="occlusion")
    others = np.delete(values, [3, 8, 15], axis=1)
    assert (others == 0).all()
    assert (values[:, [3, 8, 15]] > 0).all()
    np.testing.assert_allclose(values.sum(axis=1), 1)


def test_target_chooses_the_class(one_hot_model, X, y):
    yes = saliency(one_hot_model, X[:6], target="yes", signed=True)
    no = saliency(one_hot_model, X[:6], target="no", signed=True)
    np.testing.assert_allclose(yes, -no, atol=1e-12)
    mixed = saliency(one_hot_model, X[:6], target=["yes", "no"] * 3, signed=True)
    np.testing.assert_allclose(mixed[0::2], yes[0::2], atol=1e-15)
    np.testing.assert_allclose(mixed[1::2], no[1::2], atol=1e-15)
    predicted = saliency(one_hot_model, X[:6], signed=True)
    by_label = saliency(one_hot_model, X[:6], target=one_hot_model.predict(X[:6]), signed=True)
    np.testing.assert_array_equal(predicted, by_label)


@pytest.mark.parametrize("batch_size", [1, 7, 100_000])
def test_batch_size_does_not_matter(one_hot_model, X, batch_size):
    np.testing.assert_allclose(
        saliency(one_hot_model, X[:9], batch_size=batch_size),
        saliency(one_hot_model, X[:9]),
        atol=1e-12,
    )


def test_batch_size_bounds_what_the_estimator_sees(known, X, monkeypatch):
    seen = []
    original = type(known).predict_proba
    monkeypatch.setattr(
        type(known), "predict_proba", lambda self, X: seen.append(len(X)) or original(self, X)
    )
    saliency(known, X[:10], method="occlusion", batch_size=64)
    assert max(seen) <= 64
    assert sum(seen) == 10 + 10 * 30


def test_a_certain_classifier_still_ranks(make_known, X):
    """With p = 1 to the last digit, differences of p itself are 0 for every letter."""
    certain = make_known(strength=15.0).fit(X)
    X = np.array(["A" * 30], dtype=object)
    assert certain.predict_proba(X)[0, 1] == 1.0
    weights = np.delete(saliency(certain, X, method="occlusion")[0], [3, 8, 15])
    assert (weights == 0).all()


def test_a_row_without_evidence_is_spread_over_its_letters(X, y):
    """A constant classifier: no letter matters, so none is favoured; evidence is 0."""
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=1e-300)).fit(X, y)
    model[-1].coef_[:] = 0
    row = ["NN" + X[0][2:]]
    expected = np.r_[0, 0, np.full(28, 1 / 28)]
    np.testing.assert_allclose(saliency(model, row), [expected])
    assert (saliency(model, row, signed=True) == 0).all()
    np.testing.assert_array_equal(saliency(model, ["N" * 30]), np.zeros((1, 30)))


def test_decision_function_where_there_are_no_probabilities(X, y):
    model = make_pipeline(SequenceOneHotEncoder(), RidgeClassifier()).fit(X, y)
    signed = saliency(model, X[:5], target="yes", signed=True)
    codes = model[0].transform(X[:5]).reshape(5, 30, 4)
    weights = model[-1].coef_.reshape(30, 4)
    np.testing.assert_allclose(signed, (codes * weights).sum(axis=2), atol=1e-12)
    np.testing.assert_allclose(saliency(model, X[:5], target="no", signed=True), -signed)


def test_three_classes(X):
    y = np.array(["ACG".find(x[5]) for x in X])
    y[y < 0] = 0
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    few = X[:5]
    for label in (0, 1, 2):
        np.testing.assert_allclose(
            saliency(model, few, target=label, signed=True),
            brute_force(model, few, [label] * 5),
            atol=1e-12,
        )
    assert (saliency(model, X[:50]).argmax(axis=1) == 5).mean() > 0.9


def _kmer_model():
    return make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(2, 3)), LogisticRegression(max_iter=500)
    )


@pytest.mark.parametrize(
    "make",
    [
        _kmer_model,
        lambda: CalibratedClassifierCV(_kmer_model(), cv=2),
        lambda: VotingClassifier(
            [
                ("k", _kmer_model()),
                ("o", make_pipeline(SequenceOneHotEncoder(), LogisticRegression())),
            ],
            voting="soft",
        ),
        lambda: make_pipeline(SequenceOneHotEncoder(), RandomForestClassifier(10, random_state=0)),
        lambda: make_pipeline(SequenceOneHotEncoder(), SVC()),
    ],
    ids=["kmers", "calibrated", "voting", "forest", "svc"],
)
def test_any_classifier_can_be_explained(make, X, y):
    values = saliency(make().fit(X, y), X[:6])
    assert values.shape == (6, 30)
    assert (values >= 0).all()
    np.testing.assert_allclose(values.sum(axis=1), 1)


def test_string_containers_agree(one_hot_model, X):
    few = X[:4]
    expected = saliency(one_hot_model, few)
    for same in (
        few.tolist(),
        tuple(few),
        few.astype(str),
        few.astype("S"),
        few[:, None],
        pd.Series(few, index=[7, 3, 9, 1]),
        pd.DataFrame({"sequence": few}),
        pl.Series(few.tolist()),
        pl.DataFrame({"sequence": few.tolist()}),
    ):
        np.testing.assert_array_equal(saliency(one_hot_model, same), expected)


def test_one_hot_layouts_are_handed_back_as_they_came(X, y):
    """Flat input stays flat, and a frame keeps its column names (else scikit-learn warns)."""
    encoder = SequenceOneHotEncoder().set_output(transform="pandas").fit(X)
    frame = encoder.transform(X)
    model = LogisticRegression().fit(frame, y)
    expected = saliency(make_pipeline(encoder, model), X[:4])
    np.testing.assert_allclose(saliency(model, frame[:4]), expected, atol=1e-12)
    bare = LogisticRegression().fit(frame.to_numpy(), y)
    np.testing.assert_allclose(saliency(bare, frame[:4].to_numpy()), expected, atol=1e-12)


def test_three_dimensional_input(known, X):
    blocks = SequenceOneHotEncoder().fit_transform(X[:5]).reshape(5, 30, 4)
    expected = saliency(known, X[:5], method="occlusion")
    for layout in (blocks, blocks.transpose(0, 2, 1)):
        np.testing.assert_array_equal(saliency(known, layout, method="occlusion"), expected)


def test_columns_are_kept_for_pipelines_that_select_them(X, y):
    frame = pd.DataFrame({"sequence": X})
    model = make_pipeline(
        make_column_transformer((CountVectorizer(analyzer="char", ngram_range=(2, 2)), "sequence")),
        LogisticRegression(),
    ).fit(frame, y)
    assert saliency(model, frame[:3]).shape == (3, 30)


def test_padding_encoders_read_ragged_strings(X, y):
    """What the pipeline itself pads is explained at the positions of the padded sequence."""
    model = make_pipeline(SequenceOneHotEncoder(pad="left"), LogisticRegression()).fit(X, y)
    values = saliency(model, [X[0], X[1][10:]])
    assert values.shape == (2, 30)
    assert (values[1, :10] == 0).all()
    assert (values[1, 10:] > 0).any()


def test_alphabet_comes_from_the_estimator_or_the_caller():
    rng = np.random.default_rng(0)
    protein = get_alphabet("protein")
    X = ["".join(rng.choice(list(protein.letters), 12)) for _ in range(80)]
    y = [int(x[4] in protein.letters[:10]) for x in X]
    encoder = SequenceOneHotEncoder(alphabet="protein")
    model = make_pipeline(encoder, LogisticRegression()).fit(X, y)
    expected = saliency(model, X[:3])
    assert expected.shape == (3, 12)
    np.testing.assert_allclose(
        saliency(model[-1], encoder.transform(X[:3]), alphabet="protein"), expected, atol=1e-12
    )


def test_own_methods_of_a_network_are_asked(known, X):
    few = X[:3]
    np.testing.assert_array_equal(saliency(known, few), known.saliency(few))
    saliency(known, few)
    assert known.asked_ == (None, None, False)
    saliency(known, few, method="integrated_gradients", target="yes", signed=True)
    assert known.asked_ == ("integrated_gradients", "yes", True)


@pytest.mark.parametrize("default", ["attention", "attention_x_gradient"])
def test_auto_with_sign_avoids_attention(default, make_known, X):
    """Attention has no sign; any other default is kept."""
    model = make_known(saliency_method=default).fit(X)
    saliency(model, X[:2], signed=True)
    assert model.asked_ == ("gradient_x_input", None, True)
    saliency(model, X[:2])
    assert model.asked_ == (None, None, False)
    other = make_known(saliency_method="integrated_gradients").fit(X)
    saliency(other, X[:2], signed=True)
    assert other.asked_ == (None, None, True)


def test_auto_with_sign_prefers_the_interior_where_there_is_one(planted, quick):
    """The gradient at the sequence itself says little where the network is sure."""
    model = AttnGenClassifier(**quick | {"max_epochs": 1}).fit(*planted)
    few = planted[0][:3]
    np.testing.assert_array_equal(
        saliency(model, few, signed=True),
        model.saliency(few, method="interior_gradient", signed=True),
    )


def test_unfitted(X):
    with pytest.raises(NotFittedError):
        saliency(make_pipeline(SequenceOneHotEncoder(), LogisticRegression()), X)


def test_estimators_without_scores(X, y):
    regressor = make_pipeline(SequenceOneHotEncoder(), LinearRegression()).fit(X, np.arange(300))
    with pytest.raises(TypeError, match="neither predict_proba nor decision_function"):
        saliency(regressor, X)
    hard = VotingClassifier([("a", make_pipeline(SequenceOneHotEncoder(), SVC()))]).fit(X, y)
    with pytest.raises(TypeError, match=r"Use a classifier that .* such as one with voting='soft'"):
        saliency(hard, X)
    with pytest.raises(TypeError, match="first argument must be a fitted classifier, got str"):
        saliency("not an estimator", X)


def test_scores_that_are_not_one_per_class(X):
    class Pairwise(ClassifierMixin, BaseEstimator):
        classes_ = np.arange(4)

        def fit(self, X, y):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            return np.zeros(len(X), int)

        def decision_function(self, X):
            return np.zeros((len(X), 6))

    with pytest.raises(ValueError, match=r"decision_function of Pairwise gave shape \(\d+, 6\)"):
        saliency(Pairwise(), X[:2])


def test_one_versus_one_works(X):
    y = np.arange(300) % 3
    model = make_pipeline(SequenceOneHotEncoder(), OneVsOneClassifier(RidgeClassifier())).fit(X, y)
    assert saliency(model, X[:2]).shape == (2, 30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "attention"}, "method='occlusion', which works for every classifier"),
        ({"method": "nonsense"}, "method='nonsense' is none of .*: 'auto', 'occlusion'"),
        ({"method": None}, "method"),
        ({"target": "maybe"}, r"'maybe' \(row 0, 0-based\) is none of the classes"),
        ({"target": ["yes", "maybe"]}, "row 1"),
        ({"target": ["yes"] * 3}, r"target has shape \(3,\), but X holds 2 sequences"),
        ({"batch_size": 0}, "batch_size"),
        ({"signed": "yes"}, "signed"),
    ],
)
def test_wrong_arguments(one_hot_model, X, arguments, message):
    with pytest.raises(ValueError, match=message):
        saliency(one_hot_model, X[:2], **arguments)


def test_wrong_data(one_hot_model, X):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        saliency(one_hot_model, [])
    with pytest.raises(ValueError, match="row 1"):
        saliency(one_hot_model, [X[0], X[1][:-1]])
    with pytest.raises(ValueError, match="30"):
        saliency(one_hot_model, [x[:-1] for x in X[:2]])


def test_encoders_that_refuse_unknown_letters(X, y):
    """The encoder's own error would speak of an N that the user never wrote."""
    model = make_pipeline(SequenceOneHotEncoder(unknown="error"), LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="unknown='error'"):
        saliency(model, X[:2])

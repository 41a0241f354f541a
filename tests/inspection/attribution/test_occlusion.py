"""Occlusion of networks: asked directly, it is what the estimator answers without the letter."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import mutagenesis, saliency
from sklearn_attngen.metrics import infidelity
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

PARAMETERS = {"n_filters": 8, "kernel_size": 7, "batch_size": 20, "max_epochs": 2}
LENGTH = 60


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list("ACGT"), (40, LENGTH))], dtype=object)
    return X, np.array(["no", "yes"])[np.arange(40) % 2]


@pytest.fixture(scope="module")
def rows(data):
    """Whole, with N at the ends and inside, and with a single letter."""
    X = data[0]
    return np.array(
        [X[0], "NN" + X[1][2:30] + "N" + X[1][31:58] + "NN", "N" * 9 + "A" + "N" * 50], dtype=object
    )


def perturbed(model, X):
    return infidelity(model, X, saliency=np.ones((len(X), LENGTH)), n_repeats=1)


def by_definition(model, X, column):
    """Ask for each sequence without each letter."""
    clean = model.predict_proba(X)[:, column]
    change = np.zeros((len(X), LENGTH))
    for row, sequence in enumerate(X):
        for position in np.flatnonzero(np.array(list(sequence)) != "N"):
            without = sequence[:position] + "N" + sequence[position + 1 :]
            change[row, position] = clean[row] - model.predict_proba([without])[0, column]
    return change


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("strands", [False, "average"])
def test_networks_give_what_their_probabilities_say(kind, strands, data, rows):
    model = kind(**PARAMETERS, reverse_complement=strands, random_state=0).fit(*data)
    expected = by_definition(model, rows, 1)
    signed = saliency(model, rows, "occlusion", target="yes", signed=True)
    np.testing.assert_allclose(signed, expected, atol=2e-6)
    assert np.abs(expected).max() > 0.001
    size = np.abs(expected)
    magnitude = saliency(model, rows, "occlusion", target="yes")
    np.testing.assert_allclose(magnitude, size / size.sum(axis=1, keepdims=True), atol=1e-3)
    for batch_size in (1, 7):
        again = saliency(model, rows, "occlusion", "yes", signed=True, batch_size=batch_size)
        np.testing.assert_allclose(again, signed, atol=1e-6)


def test_networks_behind_encoders_and_searches(data, rows):
    network = AttnGenClassifier(**PARAMETERS, random_state=0)
    pipeline = make_pipeline(SequenceOneHotEncoder(), network)
    search = GridSearchCV(pipeline, {"attngenclassifier__n_heads": [2]}, cv=2).fit(*data)
    expected = by_definition(search, rows, 0)
    signed = saliency(search, rows, "occlusion", target="no", signed=True)
    np.testing.assert_allclose(signed, expected, atol=2e-6)


class Cautious(CNNClassifier):
    """Says less than its network does."""

    def predict_proba(self, X):
        return 0.8 * super().predict_proba(X) + 0.1


def test_an_estimator_that_changes_the_probabilities_is_asked_itself(data, rows):
    model = Cautious(**PARAMETERS, random_state=0).fit(*data)
    expected = by_definition(model, rows, 1)
    signed = saliency(model, rows, "occlusion", target="yes", signed=True)
    np.testing.assert_allclose(signed, expected, atol=1e-6)
    bold = by_definition(super(Cautious, model), rows, 1)
    assert np.abs(bold - expected).max() > 1e-4


def test_networks_are_not_asked_for_whole_sequences(data, rows):
    """One pass for the sequences; of each letter, only what it reaches."""
    model = AttnGenClassifier(**PARAMETERS, random_state=0).fit(*data)
    asked = []
    original = model.predict_proba
    model.predict_proba = lambda X: asked.append(len(X)) or original(X)
    saliency(model, rows, "occlusion")
    assert asked == [len(rows)]


class Answers(ClassifierMixin, BaseEstimator):
    """Answers the same for each sequence."""

    def __init__(self, scores, predicted="yes"):
        self.scores = scores
        self.predicted = predicted

    def fit(self, X, y=None):
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict_proba(self, X):
        return np.tile(self.scores, (len(X), 1))

    def predict(self, X):
        return np.array([self.predicted] * len(X))


@pytest.mark.parametrize(
    "scores", [(8.2, -9.1), (-2.5, 3.5), (0.4, 0.9), (0.1, 0.2), (0.5, np.nan)]
)
@pytest.mark.parametrize("explain", [saliency, mutagenesis, perturbed])
def test_what_is_no_probability_is_not_explained_as_one(scores, explain, data):
    """Logits, and probabilities of labels that may be true at once."""
    model = Answers(scores).fit(*data)
    with pytest.raises(ValueError, match=r"Answers gave no probabilities.*Softmax"):
        explain(model, data[0][:3])


@pytest.mark.parametrize("scores", [(0.0, 0.0), (0.999, 0.003)])
def test_zeros_and_sums_of_half_precision_are_explained(scores, data):
    assert saliency(Answers(scores).fit(*data), data[0][:3]).shape == (3, LENGTH)


def test_who_knows_nothing_is_not_as_sure_as_before(data):
    """Zeros for all classes, as one-versus-rest trees may give, leave no probability."""

    class SixthLetter(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict_proba(self, X):
            return np.asarray(X)[:, 20:24].astype(float)

        def predict(self, X):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]

    X = data[0]
    y = np.array([sequence[5] for sequence in X])
    model = make_pipeline(SequenceOneHotEncoder(), SixthLetter()).fit(X, y)
    row = X[y == "A"][:1]
    without = row[0][:5] + "N" + row[0][6:]
    assert model.predict_proba([row[0], without]).tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    only = np.eye(LENGTH)[[5]]
    np.testing.assert_array_equal(saliency(model, row, signed=True), only)
    np.testing.assert_array_equal(saliency(model, row), only)


@pytest.mark.parametrize("explain", [saliency, mutagenesis])
def test_several_labels_at_once_are_not_explained(explain, data):
    model = Answers((0.5, 0.5), ["no", "yes"]).fit(*data)
    with pytest.raises(ValueError, match=r"predict of Answers gave shape \(3, 2\).*for each label"):
        explain(model, data[0][:3])


def test_pairwise_decision_functions_are_refused(data):
    """Of three classes too, whose three pairs look like one column for each."""
    X, y = data[0], np.arange(40) % 3
    model = make_pipeline(SequenceOneHotEncoder(), SVC(decision_function_shape="ovo")).fit(X, y)
    with pytest.raises(ValueError, match=r"pairwise.*Set decision_function_shape='ovr'"):
        saliency(model, X[:2], "occlusion")
    model.set_params(svc__decision_function_shape="ovr")
    assert saliency(model, X[:2], "occlusion", signed=True).any()

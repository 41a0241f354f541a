"""Classifiers whose decision is known exactly, small ones that are fitted, and their data."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import NO_SIGNAL, read_sequences


class KnownLetters(ClassifierMixin, BaseEstimator):
    """Says "yes" if most of the letters at ``positions`` are A or C; looks at nothing else."""

    def __init__(self, positions=(3, 8, 15), strength=2.0, saliency_method="attention"):
        self.positions = positions
        self.strength = strength
        self.saliency_method = saliency_method

    def fit(self, X, y=None):
        self.classes_ = np.array(["no", "yes"])
        self.length_ = read_sequences(X).length
        return self

    def _evidence(self, X):
        codes = read_sequences(X, length=self.length_).codes[:, list(self.positions)]
        signs = np.select([codes == NO_SIGNAL, codes < 2], [0.0, 1.0], -1.0)
        return self.strength * signs

    def predict_proba(self, X):
        yes = 1 / (1 + np.exp(-self._evidence(X).sum(axis=1)))
        return np.column_stack([1 - yes, yes])

    def predict(self, X):
        return self.classes_[(self._evidence(X).sum(axis=1) > 0).astype(int)]

    def saliency(self, X, method=None, target=None, *, signed=False):
        """Give the same share to each known position; record what was asked for."""
        self.asked_ = (method, target, signed)
        values = np.zeros((read_sequences(X).n_samples, self.length_))
        values[:, list(self.positions)] = 1 / len(self.positions)
        return values


def random_sequences(n, length=30, seed=0, letters="ACGT"):
    rng = np.random.default_rng(seed)
    return np.array(["".join(row) for row in rng.choice(list(letters), (n, length))], dtype=object)


class ThreeAs(ClassifierMixin, BaseEstimator):
    """The probability of "yes" is 0.2, and 0.2 more for each A at the three places."""

    def fit(self, X, y=None):
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict_proba(self, X):
        yes = 0.2 + 0.2 * (read_sequences(X).codes[:, [3, 8, 15]] == 0).sum(axis=1)
        return np.column_stack([1 - yes, yes])

    def predict(self, X):
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]


@pytest.fixture
def figures():
    """Draw without windows, and close what was drawn."""
    with mpl.rc_context({"backend": "Agg"}):
        yield
        plt.close("all")


@pytest.fixture(name="X")
def sequences_of_30():
    """300 random sequences of 30 nt."""
    return random_sequences(300)


@pytest.fixture
def make_sequences():
    return random_sequences


@pytest.fixture
def make_known():
    return KnownLetters


@pytest.fixture
def known(X):
    """The fitted classifier that looks at positions 3, 8 and 15."""
    return KnownLetters().fit(X)


@pytest.fixture
def y(known, X):
    """The labels that the known classifier gives."""
    return known.predict(X)


@pytest.fixture
def three_as():
    """Adds up what letters do, so that its falls are known by hand."""
    return ThreeAs().fit(None)


@pytest.fixture
def with_as(X):
    """Each sequence has all three: "yes" with 0.8."""
    letters = np.array([list(x) for x in X])
    letters[:, [3, 8, 15]] = "A"
    return np.array(["".join(row) for row in letters], dtype=object)


@pytest.fixture
def linear(X, y):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=10)).fit(X, y)


def fit_small(kind, data, **changes):
    """Fit one small network of a kind; the tests of DeepLIFT import it."""
    parameters = {"n_filters": 8, "n_layers": 1, "kernel_size": 7, "batch_size": 20}
    parameters["n_estimators"] = 1
    return kind(**parameters | {"max_epochs": 6, "random_state": 0} | changes).fit(*data)


@pytest.fixture(scope="module", params=[AttnGenClassifier, CNNClassifier])
def network(request, planted):
    return fit_small(request.param, planted)


@pytest.fixture(scope="module")
def few(planted):
    """Five planted sequences, the first of which begins with three unknown letters."""
    X = planted[0][:5].copy()
    X[0] = "NNN" + X[0][3:]
    return X

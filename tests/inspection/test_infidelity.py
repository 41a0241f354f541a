"""Infidelity: values known by hand, its scale, its control, errors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection._infidelity import infidelity
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import read_sequences

PLACES = [3, 8, 15]


class ThreeAs(ClassifierMixin, BaseEstimator):
    """The probability of "yes" is 0.2, and 0.2 more for each A at the three places."""

    def fit(self, X, y=None):
        self.classes_ = np.array(["no", "yes"])
        return self

    def predict_proba(self, X):
        yes = 0.2 + 0.2 * (read_sequences(X).codes[:, PLACES] == 0).sum(axis=1)
        return np.column_stack([1 - yes, yes])

    def predict(self, X):
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]


@pytest.fixture
def model():
    return ThreeAs().fit(None)


@pytest.fixture
def with_as(X):
    """Each sequence has all three: "yes" with 0.8."""
    letters = np.array([list(x) for x in X])
    letters[:, PLACES] = "A"
    return np.array(["".join(row) for row in letters], dtype=object)


@pytest.fixture
def evidence(X):
    """What each letter in fact adds."""
    values = np.zeros((len(X), 30))
    values[:, PLACES] = 0.2
    return values


def test_true_evidence_foretells_everything(model, with_as, evidence):
    found = infidelity(model, with_as, saliency=evidence, fill="unknown")
    assert found.score == pytest.approx(0, abs=1e-20)
    assert found.relative == pytest.approx(0, abs=1e-12)
    assert found.scale == pytest.approx(1)
    assert found.control_relative > 0.8
    assert found.control_interval[0] < found.control_relative < found.control_interval[1]


def test_the_scale_of_evidence_counts_only_if_it_is_given(model, with_as, evidence):
    fitted = infidelity(model, with_as, saliency=2 * evidence, fill="unknown")
    assert fitted.scale == pytest.approx(0.5)
    assert fitted.relative == pytest.approx(0, abs=1e-12)
    # told twice of what falls: the errors are as large as the falls
    word = infidelity(model, with_as, saliency=2 * evidence, fill="unknown", scale=1)
    assert word.relative == pytest.approx(1)
    assert word.scale == 1


def test_every_letter_replaced_is_known_by_hand(model, with_as, evidence):
    """0.6 falls; evidence of 0.2 at each place tells all of it, at one place a third."""
    arguments = {"fill": "unknown", "fraction": 1.0, "n_repeats": 1, "scale": 1}
    one = np.where(np.arange(30) == PLACES[0], evidence, 0)
    found = infidelity(model, with_as, saliency=one, **arguments)
    assert found.score == pytest.approx(0.4**2)
    assert found.relative == pytest.approx((0.4 / 0.6) ** 2)
    np.testing.assert_allclose(found.interval, (0.4 / 0.6) ** 2)
    np.testing.assert_allclose(found.by_sequence, 0.4**2)


def test_no_evidence_and_evidence_elsewhere_foretell_nothing(model, with_as, evidence):
    none = infidelity(model, with_as, saliency=0 * evidence, fill="unknown")
    assert none.relative == 1
    elsewhere = infidelity(model, with_as, saliency=np.roll(evidence, 5, axis=1), fill="unknown")
    assert elsewhere.relative > 0.7  # the number of replaced letters tells a little
    shape = {"saliency": lambda model, X: evidence, "fill": "resample"}
    told = infidelity(model, with_as, **shape)
    assert told.relative < 0.4


def test_letters_that_stay_by_chance_foretell_no_fall(model, X, evidence):
    """Of one letter, a shuffle changes nothing."""
    found = infidelity(model, ["A" * 30] * 5, saliency=evidence[:5], fill="shuffle")
    assert found.score == 0
    assert np.isnan(found.relative)
    assert found.interval is None


def test_any_classifier_and_any_seed(X, y):
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=10)).fit(X, y)
    found = infidelity(model, X, n_bootstrap=20)
    assert found.interval[1] < found.control_interval[0]
    again = infidelity(model, X, n_bootstrap=20)
    np.testing.assert_array_equal(found.by_sequence, again.by_sequence)
    other = infidelity(model, X, n_bootstrap=20, random_state=1)
    assert found.score != other.score
    flat = SequenceOneHotEncoder().fit_transform(X)
    uniform = infidelity(model[-1], flat, fill="uniform", n_bootstrap=0)
    assert uniform.relative < uniform.control_relative


def test_wrong_arguments(known, model, with_as, evidence):
    with pytest.raises(ValueError, match=r"shape \(300, 29\)"):
        infidelity(model, with_as, saliency=evidence[:, 1:])
    with pytest.raises(ValueError, match="fraction"):
        infidelity(model, with_as, fraction=0)
    with pytest.raises(ValueError, match="scale"):
        infidelity(model, with_as, scale="none")
    with pytest.raises(ValueError, match="none of the classes"):
        infidelity(model, with_as, target=7)
    with pytest.raises(NotFittedError):
        infidelity(LogisticRegression(), with_as)

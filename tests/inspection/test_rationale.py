"""Comprehensiveness and sufficiency: values known by hand, controls, intervals, errors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection._rationale import comprehensiveness, sufficiency
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
def ranked(X):
    """The places come first, second and third; all others are equal."""
    values = np.zeros((len(X), 30))
    values[:, PLACES] = [3, 2, 1]
    return values


ARGUMENTS = {"fractions": (1 / 30, 0.1), "fill": "unknown", "n_bootstrap": 50}


def test_values_that_are_known_by_hand(model, with_as, ranked):
    """Without one place 0.6 is left, without three 0.2; with one alone 0.4, with three 0.8."""
    lost = comprehensiveness(model, with_as, saliency=ranked, control="bottom", **ARGUMENTS)
    np.testing.assert_allclose(lost.by_fraction, [0.2, 0.6])
    np.testing.assert_allclose(lost.by_sequence, 0.4)
    np.testing.assert_allclose(lost.interval, 0.4)
    assert lost.score == pytest.approx(0.4)
    assert lost.control == pytest.approx(0, abs=1e-12)
    assert lost.advantage == pytest.approx(0.4)
    kept = sufficiency(model, with_as, saliency=ranked, control="bottom", **ARGUMENTS)
    np.testing.assert_allclose(kept.by_fraction, [0.4, 0], atol=1e-12)
    assert kept.score == pytest.approx(0.2)
    assert kept.control == pytest.approx(0.6)
    assert kept.advantage == pytest.approx(0.4)


def test_the_random_control_loses_its_share(model, with_as, ranked):
    """Of 0.6, random positions take the fraction of positions that they are."""
    found = comprehensiveness(
        model, with_as, saliency=ranked, fractions=(0.5,), fill="unknown", n_repeats=20
    )
    assert found.control == pytest.approx(0.3, abs=0.01)
    low, high = found.control_interval
    assert low < 0.3 < high
    low, high = found.advantage_interval
    assert low < 0.3 < high < 0.6


def test_a_flat_saliency_has_no_advantage(model, with_as):
    flat = np.ones((300, 30))
    for measure in (comprehensiveness, sufficiency):
        found = measure(model, with_as, saliency=flat, fractions=(0.2, 0.4), fill="unknown")
        low, high = found.advantage_interval
        assert low < 0 < high
        assert found.by_sequence.std() > 0


def test_the_class_may_be_chosen(model, with_as, ranked):
    lost = comprehensiveness(model, with_as, saliency=ranked, target="no", **ARGUMENTS)
    assert lost.score == pytest.approx(-0.4)


def test_all_and_nothing(model, with_as, ranked):
    """Everything removed is nothing kept, and nothing removed is everything kept."""
    arguments = {"saliency": ranked, "fractions": (0, 1), "fill": "unknown", "n_bootstrap": 0}
    lost = comprehensiveness(model, with_as, **arguments)
    kept = sufficiency(model, with_as, **arguments)
    np.testing.assert_allclose(lost.by_fraction, [0, 0.6])
    np.testing.assert_allclose(kept.by_fraction, [0.6, 0])
    np.testing.assert_allclose(lost.control_by_fraction, [0, 0.6])
    assert lost.interval is None
    assert lost.advantage_interval is None


def test_without_a_control(model, with_as, ranked):
    found = comprehensiveness(model, with_as, saliency=ranked, control=None, **ARGUMENTS)
    assert found.control is found.advantage is found.advantage_interval is None
    assert found.control_by_sequence is found.control_by_fraction is None


@pytest.mark.parametrize("measure", [comprehensiveness, sufficiency])
def test_any_classifier_and_any_seed(measure, X, y):
    """A pipeline, one without probabilities, and draws that only the seed decides."""
    for final in (LogisticRegression(C=10), RidgeClassifier()):
        model = make_pipeline(SequenceOneHotEncoder(), final).fit(X, y)
        found = measure(model, X, fractions=(0.1,), n_bootstrap=20)
        assert found.advantage_interval[0] > 0
        same = measure(model, X, fractions=(0.1,), n_bootstrap=20)
        np.testing.assert_array_equal(found.by_sequence, same.by_sequence)
        np.testing.assert_array_equal(found.interval, same.interval)
        other = measure(model, X, fractions=(0.1,), n_bootstrap=20, random_state=1)
        assert (found.by_sequence != other.by_sequence).any()


@pytest.mark.parametrize("measure", [comprehensiveness, sufficiency])
def test_wrong_arguments(measure, model, with_as, ranked):
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(model, with_as, fractions=(0, 2))
    with pytest.raises(ValueError, match=r"shape \(300, 29\)"):
        measure(model, with_as, saliency=ranked[:, 1:])
    with pytest.raises(ValueError, match="none of the classes"):
        measure(model, with_as, saliency=ranked, target="maybe")
    with pytest.raises(ValueError, match="control"):
        measure(model, with_as, saliency=ranked, control="top")
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        measure(model, [])
    with pytest.raises(NotFittedError):
        measure(LogisticRegression(), with_as)

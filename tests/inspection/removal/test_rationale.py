"""Comprehensiveness and sufficiency: values known by hand, controls, intervals, errors."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection._removal.rationale import comprehensiveness, sufficiency
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

PLACES = [3, 8, 15]


@pytest.fixture
def ranked(X):
    """The places come first, second and third; all others are equal."""
    values = np.zeros((len(X), 30))
    values[:, PLACES] = [3, 2, 1]
    return values


ARGUMENTS = {"fractions": (1 / 30, 0.1), "fill": "unknown", "n_bootstrap": 50}


def test_values_that_are_known_by_hand(three_as, with_as, ranked):
    """Without one place 0.6 is left, without three 0.2; with one alone 0.4, with three 0.8."""
    lost = comprehensiveness(three_as, with_as, saliency=ranked, control="bottom", **ARGUMENTS)
    np.testing.assert_allclose(lost.by_fraction, [0.2, 0.6])
    np.testing.assert_allclose(lost.by_sequence, 0.4)
    np.testing.assert_allclose(lost.interval, 0.4)
    assert lost.score == pytest.approx(0.4)
    assert lost.control == pytest.approx(0, abs=1e-12)
    assert lost.advantage == pytest.approx(0.4)
    kept = sufficiency(three_as, with_as, saliency=ranked, control="bottom", **ARGUMENTS)
    np.testing.assert_allclose(kept.by_fraction, [0.4, 0], atol=1e-12)
    assert kept.score == pytest.approx(0.2)
    assert kept.control == pytest.approx(0.6)
    assert kept.advantage == pytest.approx(0.4)


def test_the_random_control_loses_its_share(three_as, with_as, ranked):
    """Of 0.6, random positions take the fraction of positions that they are."""
    found = comprehensiveness(
        three_as, with_as, saliency=ranked, fractions=(0.5,), fill="unknown", n_repeats=20
    )
    assert found.control == pytest.approx(0.3, abs=0.01)
    low, high = found.control_interval
    assert low < 0.3 < high
    low, high = found.advantage_interval
    assert low < 0.3 < high < 0.6


def test_a_flat_saliency_has_no_advantage(three_as, with_as):
    flat = np.ones((300, 30))
    for measure in (comprehensiveness, sufficiency):
        found = measure(three_as, with_as, saliency=flat, fractions=(0.2, 0.4), fill="unknown")
        low, high = found.advantage_interval
        assert low < 0 < high
        assert found.by_sequence.std() > 0


def test_the_class_may_be_chosen(three_as, with_as, ranked):
    lost = comprehensiveness(three_as, with_as, saliency=ranked, target="no", **ARGUMENTS)
    assert lost.score == pytest.approx(-0.4)


def test_all_and_nothing(three_as, with_as, ranked):
    """Everything removed is nothing kept, and nothing removed is everything kept."""
    arguments = {"saliency": ranked, "fractions": (0, 1), "fill": "unknown", "n_bootstrap": 0}
    lost = comprehensiveness(three_as, with_as, **arguments)
    kept = sufficiency(three_as, with_as, **arguments)
    np.testing.assert_allclose(lost.by_fraction, [0, 0.6])
    np.testing.assert_allclose(kept.by_fraction, [0.6, 0])
    np.testing.assert_allclose(lost.control_by_fraction, [0, 0.6])
    assert lost.interval is None
    assert lost.advantage_interval is None


def test_without_a_control(three_as, with_as, ranked):
    found = comprehensiveness(three_as, with_as, saliency=ranked, control=None, **ARGUMENTS)
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
def test_wrong_arguments(measure, three_as, with_as, ranked):
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(three_as, with_as, fractions=(0, 2))
    with pytest.raises(ValueError, match=r"shape \(300, 29\)"):
        measure(three_as, with_as, saliency=ranked[:, 1:])
    with pytest.raises(ValueError, match="none of the classes"):
        measure(three_as, with_as, saliency=ranked, target="maybe")
    with pytest.raises(ValueError, match="control"):
        measure(three_as, with_as, saliency=ranked, control="top")
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        measure(three_as, [])
    with pytest.raises(NotFittedError):
        measure(LogisticRegression(), with_as)

"""Infidelity: values known by hand, its scale, its control, errors."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection._removal.infidelity import infidelity
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

PLACES = [3, 8, 15]


@pytest.fixture
def evidence(X):
    """What each letter in fact adds."""
    values = np.zeros((len(X), 30))
    values[:, PLACES] = 0.2
    return values


def test_true_evidence_foretells_everything(three_as, with_as, evidence):
    found = infidelity(three_as, with_as, saliency=evidence, fill="unknown")
    assert found.score == pytest.approx(0, abs=1e-20)
    assert found.relative == pytest.approx(0, abs=1e-12)
    assert found.scale == pytest.approx(1)
    assert found.control_relative > 0.8
    assert found.control_interval[0] < found.control_relative < found.control_interval[1]


def test_the_scale_of_evidence_counts_only_if_it_is_given(three_as, with_as, evidence):
    fitted = infidelity(three_as, with_as, saliency=2 * evidence, fill="unknown")
    assert fitted.scale == pytest.approx(0.5)
    assert fitted.relative == pytest.approx(0, abs=1e-12)
    # told twice of what falls: the errors are as large as the falls
    word = infidelity(three_as, with_as, saliency=2 * evidence, fill="unknown", scale=1)
    assert word.relative == pytest.approx(1)
    assert word.scale == 1


def test_evidence_that_points_the_wrong_way_foretells_nothing(three_as, with_as, evidence):
    """A unit has no sign: the fitted scale does not turn evidence round."""
    found = infidelity(three_as, with_as, saliency=-evidence, fill="unknown")
    assert found.scale == 0
    assert found.relative == pytest.approx(1)


def test_every_letter_replaced_is_known_by_hand(three_as, with_as, evidence):
    """0.6 falls; evidence of 0.2 at each place tells all of it, at one place a third."""
    arguments = {"fill": "unknown", "fraction": 1.0, "n_repeats": 1, "scale": 1}
    one = np.where(np.arange(30) == PLACES[0], evidence, 0)
    found = infidelity(three_as, with_as, saliency=one, **arguments)
    assert found.score == pytest.approx(0.4**2)
    assert found.relative == pytest.approx((0.4 / 0.6) ** 2)
    np.testing.assert_allclose(found.interval, (0.4 / 0.6) ** 2)
    np.testing.assert_allclose(found.by_sequence, 0.4**2)


def test_intervals_hold_that_the_scale_is_fitted(three_as, with_as):
    """Evidence that says nothing has a scale near 0, above it by chance or not."""
    told = np.random.default_rng(0).normal(size=len(with_as))
    told -= told.mean() + 0.01  # by chance points the wrong way
    evidence = np.zeros((len(with_as), 30))
    evidence[:, 0] = told
    arguments = {"fill": "unknown", "fraction": 1.0, "n_repeats": 1, "n_bootstrap": 2000}
    found = infidelity(three_as, with_as, saliency=evidence, **arguments)
    assert (found.scale, found.relative) == (0, 1)
    drawn = told[np.random.default_rng(1).integers(0, len(told), (2000, len(told)))]
    # as each sequence falls by the same
    by_hand = 1 - np.maximum(drawn.mean(axis=1), 0) ** 2 / (drawn**2).mean(axis=1)
    np.testing.assert_allclose(found.interval, np.quantile(by_hand, (0.025, 0.975)), atol=0.003)


def test_no_evidence_and_evidence_elsewhere_foretell_nothing(three_as, with_as, evidence):
    none = infidelity(three_as, with_as, saliency=0 * evidence, fill="unknown")
    assert none.relative == 1
    np.testing.assert_allclose(none.interval, 1)  # each resample is measured by its own falls
    elsewhere = infidelity(three_as, with_as, saliency=np.roll(evidence, 5, axis=1), fill="unknown")
    assert elsewhere.relative > 0.7  # the number of replaced letters tells a little
    shape = {"saliency": lambda three_as, X: evidence, "fill": "resample"}
    told = infidelity(three_as, with_as, **shape)
    assert told.relative < 0.4


def test_letters_that_stay_by_chance_foretell_no_fall(three_as, X, evidence):
    """Of one letter, a shuffle changes nothing."""
    found = infidelity(three_as, ["A" * 30] * 5, saliency=evidence[:5], fill="shuffle")
    assert found.score == 0
    assert np.isnan(found.relative)
    assert found.interval is None


def test_no_interval_of_resamples_in_which_nothing_falls(three_as):
    """Of six sequences one has what counts; a resample without it says nothing."""
    X = ["A" * 30, *["C" * 30] * 5]
    arguments = {"saliency": np.ones((6, 30)), "fraction": 1.0, "fill": "unknown"}
    found = [infidelity(three_as, X, n_bootstrap=1, random_state=i, **arguments) for i in range(9)]
    assert all(result.relative > 0 for result in found)
    without = [result.interval is None for result in found]
    assert any(without)
    assert not all(without)
    assert [result.control_interval is None for result in found] == without


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


def test_wrong_arguments(known, three_as, with_as, evidence):
    with pytest.raises(ValueError, match=r"shape \(300, 29\)"):
        infidelity(three_as, with_as, saliency=evidence[:, 1:])
    with pytest.raises(ValueError, match="fraction"):
        infidelity(three_as, with_as, fraction=0)
    with pytest.raises(ValueError, match="scale"):
        infidelity(three_as, with_as, scale="none")
    with pytest.raises(ValueError, match="none of the classes"):
        infidelity(three_as, with_as, target=7)
    with pytest.raises(NotFittedError):
        infidelity(LogisticRegression(), with_as)

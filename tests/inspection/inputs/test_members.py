"""Ensembles of networks: whose mean their saliency is, and which of them are none."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.feature_extraction import KmerVectorizer
from sklearn_attngen.inspection import saliency
from sklearn_attngen.inspection._attribution.saliency import method_name
from sklearn_attngen.inspection._inputs.members import find_members
from sklearn_attngen.inspection._report.facts import model_facts
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

SMALL = {"n_filters": 4, "n_layers": 1, "max_epochs": 1, "n_estimators": 1}


def _network(seed=0, **parameters):
    return AttnGenClassifier(**SMALL, random_state=seed, **parameters)


def _voting(*members, **parameters):
    named = [(f"member{i}", member) for i, member in enumerate(members)]
    return VotingClassifier(named, voting="soft", **parameters)


def _mean(members, X, target, **options):
    """Return the mean of the networks' own saliencies for classes given by number."""
    own = [saliency(m, X, target=m.classes_[target], **options) for m in members]
    return np.mean(own, axis=0)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda: _voting(_network(0), _network(1)),
        lambda: make_pipeline(SequenceOneHotEncoder(), _voting(_network(0), _network(1))),
        lambda: _voting(make_pipeline(SequenceOneHotEncoder(), _network(0)), _network(1)),
        lambda: CalibratedClassifierCV(_network(0), cv=2, method="isotonic"),
        lambda: CalibratedClassifierCV(_network(0), cv=2, method="isotonic", ensemble=False),
        lambda: make_pipeline(
            SequenceOneHotEncoder(), BaggingClassifier(_network(0), 2, random_state=0)
        ),
        lambda: GridSearchCV(_voting(_network(0), _network(1)), {"voting": ["soft"]}, cv=2),
        lambda: _voting(_network(0), CNNClassifier(**SMALL, random_state=0)),
    ],
    ids=["voting", "encoded", "encoders inside", "calibrated", "one calibrated", "bagging",
         "search", "two kinds"],
)  # fmt: skip
def test_is_the_mean_of_the_networks(wrap, X, y):
    model = wrap().fit(X, y)
    members = find_members(model)
    assert members is not None
    assert sum(member.weight for member in members) == pytest.approx(1)
    target = np.searchsorted(model.classes_, model.predict(X[:5]))
    for signed in (False, True):
        values = saliency(model, X[:5], signed=signed)
        expected = _mean([member.final for member in members], X[:5], target, signed=signed)
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)
        if not signed:
            np.testing.assert_allclose(values.sum(axis=1), 1)
        in_parts = saliency(model, X[:5], signed=signed, batch_size=2)
        np.testing.assert_allclose(in_parts, values, rtol=0.01, atol=1e-4)


def test_the_weights_are_those_of_the_ensemble(X, y):
    a, b, c = _network(0), _network(1), _network(2)
    inner = _voting(b, c, weights=[1, 3])
    model = VotingClassifier(
        [("a", a), ("inner", inner), ("left out", _network(3))], voting="soft", weights=[2, 1, 5]
    )
    model.set_params(**{"left out": "drop"}).fit(X, y)
    members = find_members(model)
    assert [member.weight for member in members] == pytest.approx([2 / 3, 1 / 12, 1 / 4])
    own = [saliency(member.final, X[:3], target=1) for member in members]
    expected = np.average(own, axis=0, weights=[8, 1, 3])
    np.testing.assert_allclose(saliency(model, X[:3], target="yes"), expected, rtol=1e-6)


def test_members_without_weight_are_not_asked(X, y):
    kmers = make_pipeline(KmerVectorizer(k=2), LogisticRegression())
    model = _voting(_network(0), kmers, weights=[1, 0]).fit(X, y)
    expected = saliency(model.estimators_[0], X[:3], target=0)
    np.testing.assert_array_equal(saliency(model, X[:3], target="no"), expected)


def test_the_class_is_the_one_that_the_ensemble_predicts(X, y):
    """Each member alone would explain its own prediction, which may be another one."""
    model = _voting(_network(0), _network(1)).fit(X, y)
    by_labels = saliency(model, X, "interior_gradient", model.predict(X), signed=True)
    np.testing.assert_array_equal(saliency(model, X, "interior_gradient", signed=True), by_labels)
    with pytest.raises(ValueError, match=r"'maybe' \(row 0, 0-based\) is none of the classes"):
        saliency(model, X, target="maybe")
    with pytest.raises(ValueError, match="target has shape"):
        saliency(model, X, target=["yes", "no"])


def test_methods_are_those_of_the_members(X, y):
    model = _voting(_network(0), CNNClassifier(**SMALL, random_state=0)).fit(X, y)
    assert method_name(model, "auto") == "attention_x_gradient and interior_gradient"
    assert method_name(_voting(_network(0)).fit(X, y), "auto") == "attention_x_gradient"
    assert saliency(model, X[:2], "integrated_gradients").shape == (2, 30)
    with pytest.raises(ValueError, match="'attention' is none of those that work for CNN"):
        saliency(model, X[:2], "attention")
    occluded = saliency(model, X[:2], "occlusion")  # of the ensemble as a whole
    assert not np.allclose(occluded, saliency(model, X[:2]))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: _voting(c, make_pipeline(KmerVectorizer(k=2), LogisticRegression())),
        lambda c: _voting(c, make_pipeline(SequenceOneHotEncoder(pad="left", length=33), c)),
        lambda c: _voting(make_pipeline(KmerVectorizer(k=2), LogisticRegression())),
        lambda c: make_pipeline(
            SequenceOneHotEncoder(),
            BaggingClassifier(LogisticRegression(), 2, max_features=0.5, random_state=0),
        ),
    ],
    ids=["a k-mer model", "padding inside", "no network", "other features"],
)
def test_everything_else_is_occluded(wrap, X, y):
    model = wrap(_network(0)).fit(X, y)
    assert find_members(model) is None
    assert method_name(model, "auto") == "occlusion"
    np.testing.assert_array_equal(saliency(model, X[:2]), saliency(model, X[:2], "occlusion"))


def test_members_that_have_not_seen_all_classes(X, y):
    """The columns of their classes are not those of the ensemble."""
    three = np.where(np.arange(len(y)) < 3, "maybe", y)
    model = _voting(_network(0), _network(1)).fit(X, three)
    model.estimators_[1] = _network(1).fit(X, model.le_.transform(three) % 2)
    assert find_members(model) is None


def test_members_that_see_other_features(X, y):
    """Features drawn by bagging are no letters of the sequence in their order."""
    bagged = BaggingClassifier(_network(0), 2, random_state=0)
    bagged.fit(SequenceOneHotEncoder().fit_transform(X), y)
    assert find_members(bagged) is not None
    bagged.estimators_features_[1] = bagged.estimators_features_[1][::-1]
    assert find_members(bagged) is None


def test_frozen_members(X, y):
    fitted = [_network(seed).fit(X, y) for seed in range(2)]
    model = _voting(*(FrozenEstimator(each) for each in fitted)).fit(X, y)
    members = find_members(model)
    assert members is not None
    assert [member.final for member in members] == fitted
    values = saliency(model, X[:3], target="yes")
    np.testing.assert_allclose(values, _mean(fitted, X[:3], np.ones(3, int)), rtol=1e-6)


def test_a_calibrator_that_turns_the_network_round(X, y):
    """Evidence for a class would be evidence against it."""
    network = _network(0).fit(X, y)
    model = CalibratedClassifierCV(FrozenEstimator(network), method="sigmoid").fit(X, y)
    calibrator = model.calibrated_classifiers_[0].calibrators[0]
    calibrator.a_ = -2.0
    assert find_members(model) is not None
    calibrator.a_ = 2.0
    assert find_members(model) is None
    np.testing.assert_array_equal(
        saliency(model, X[:2], signed=True), saliency(model, X[:2], "occlusion", signed=True)
    )


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
def test_calibration_of_three_classes(method, X, y):
    three = np.where(np.arange(len(y)) % 3 == 2, "maybe", y)
    network = _network(0).fit(X, three)
    model = CalibratedClassifierCV(FrozenEstimator(network), method=method).fit(X, three)
    for calibrator in model.calibrated_classifiers_[0].calibrators:
        calibrator.a_ = -1.0
    expected = saliency(network, X[:3], target="no", signed=True)
    values = saliency(model, X[:3], target="no", signed=True)
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_members_dropped_after_the_fit_stay(X, y):
    """As for the prediction, which goes by what was fitted."""
    model = _voting(_network(0), _network(1)).fit(X, y)
    expected = saliency(model, X[:3])
    model.set_params(member0="drop")
    np.testing.assert_array_equal(saliency(model, X[:3]), expected)


def test_bagged_networks_behind_named_columns(X, y):
    """No warning about names, which bagging does not hand on."""
    encoder = SequenceOneHotEncoder().set_output(transform="pandas")
    model = make_pipeline(encoder, BaggingClassifier(_network(0), 2, random_state=0)).fit(X, y)
    np.testing.assert_allclose(saliency(model, X[:3]).sum(axis=1), 1)


def test_deeplift_of_the_members(X, y):
    pytest.importorskip("captum")
    model = _voting(make_pipeline(SequenceOneHotEncoder(), _network(0)), _network(1)).fit(X, y)
    members = [member.final for member in find_members(model)]
    own = [saliency(each, X[:3], "deeplift", each.classes_[1]) for each in members]
    values = saliency(model, X[:3], "deeplift", "yes")
    np.testing.assert_allclose(values, np.mean(own, axis=0), rtol=1e-6)


def test_the_report_counts_the_networks(X, y):
    model = _voting(_network(0), CNNClassifier(**SMALL, random_state=0)).fit(X, y)
    facts = dict(model_facts(model))
    modules = [member.final.module_ for member in find_members(model)]
    count = sum(weights.numel() for module in modules for weights in module.parameters())
    assert facts["Trained weights of 2 networks"] == f"{count:,}"
    assert "PyTorch" in facts["Versions"]

"""Looking inside estimators: what hides a network, what shows it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_attngen import AttnGenClassifier, make_kmer_classifier
from sklearn_attngen.inspection import mutagenesis, saliency
from sklearn_attngen.inspection._inputs.unwrap import alphabet_of, find_network, first_step
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import get_alphabet


class Reverse(TransformerMixin, BaseEstimator):
    """Moves letters: what is behind it does not see the positions of the sequence."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return [x[::-1] for x in X]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: c,
        lambda c: make_pipeline(SequenceOneHotEncoder(), c),
        lambda c: make_pipeline("passthrough", SequenceOneHotEncoder(), c),
        lambda c: make_pipeline(make_pipeline(SequenceOneHotEncoder()), make_pipeline(c)),
        lambda c: GridSearchCV(c, {"strength": [1.0, 2.0]}, cv=2),
        lambda c: make_pipeline(
            SequenceOneHotEncoder(), GridSearchCV(c, {"strength": [1.0]}, cv=2)
        ),
    ],
    ids=["bare", "encoded", "passthrough", "nested", "search", "search inside"],
)
@pytest.mark.parametrize("frozen", [False, True])
def test_networks_are_found(wrap, frozen, make_known, X, y):
    estimator = wrap(make_known()).fit(X, y)
    if frozen:
        estimator = FrozenEstimator(estimator)
    found = find_network(estimator)
    assert found is not None
    assert type(found[0]).__name__ == "KnownLetters"
    assert (saliency(estimator, X[:3])[:, [3, 8, 15]] == 1 / 3).all()


def test_a_frozen_encoder_still_encodes(make_known, X, y):
    encoder = SequenceOneHotEncoder().fit(X)
    estimator = make_pipeline(FrozenEstimator(encoder), make_known()).fit(X, y)
    assert find_network(estimator) is not None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: make_pipeline(Reverse(), c),
        lambda c: make_pipeline(make_pipeline(Reverse(), SequenceOneHotEncoder()), c),
        lambda c: CalibratedClassifierCV(c, cv=2),
        lambda c: make_pipeline(SequenceOneHotEncoder(), LogisticRegression()),
    ],
    ids=["moved", "moved inside", "calibrated", "no network"],
)
def test_everything_else_is_occluded(wrap, make_known, X, y):
    estimator = wrap(make_known()).fit(X, y)
    assert find_network(estimator) is None
    assert saliency(estimator, X[:3]).shape == (3, 30)


def test_occlusion_sees_the_positions_of_the_input(make_known, X, y):
    """Behind a step that reverses, the known letters are at the mirrored positions."""
    values = saliency(make_pipeline(Reverse(), make_known()).fit(X, y), X[:3])
    assert (values[:, [26, 21, 14]] > 0).all()
    assert (values[:, [3, 8, 15]] == 0).all()


def test_search_without_best_estimator(X, y):
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression())
    search = GridSearchCV(model, {"logisticregression__C": [1.0]}, cv=2, refit=False).fit(X, y)
    with pytest.raises(ValueError, match="refit=True"):
        saliency(search, X[:2])


@pytest.mark.parametrize(
    "make",
    [
        lambda c: make_pipeline(SequenceOneHotEncoder(), RFECV(LogisticRegression(), step=60)),
        lambda c: make_pipeline(
            SequenceOneHotEncoder(), RidgeClassifierCV(store_cv_results=True, scoring=None)
        ),
        lambda c: TunedThresholdClassifierCV(c, cv=2, store_cv_results=True),
    ],
    ids=["features", "ridge", "threshold"],
)
def test_results_of_cross_validation_make_no_search(make, make_known, X, y):
    """Others than searches keep them too."""
    estimator = make(make_known()).fit(X, y)
    np.testing.assert_array_equal(
        saliency(estimator, X[:2]), saliency(estimator, X[:2], "occlusion")
    )


def test_fitted_parts_read_the_alphabet_that_they_were_fitted_with(planted):
    """As their predictions do, whatever was set since then."""
    X, y = planted
    network = AttnGenClassifier(n_filters=4, n_layers=1, max_epochs=1, n_estimators=1)
    encoded = make_pipeline(SequenceOneHotEncoder(), LogisticRegression())
    counted = make_kmer_classifier(k=3)
    for estimator, name in (
        (network, "alphabet"),
        (encoded, "sequenceonehotencoder__alphabet"),
        (counted, "kmers__alphabet"),
    ):
        estimator.fit(X, y)
        expected = mutagenesis(estimator, X[:2])
        for alphabet in ("TGCA", "RNA", "protein"):
            estimator.set_params(**{name: alphabet})
            assert alphabet_of(estimator) == get_alphabet("DNA")
            np.testing.assert_array_equal(mutagenesis(estimator, X[:2]), expected)


def test_alphabets_are_found_at_any_depth():
    def encoder(alphabet):
        return SequenceOneHotEncoder(alphabet=alphabet)

    rna = Pipeline([("e", encoder("rna")), ("c", LogisticRegression())])
    assert alphabet_of(rna) == get_alphabet("RNA")
    assert alphabet_of(CalibratedClassifierCV(FrozenEstimator(rna))) == get_alphabet("RNA")
    assert alphabet_of(LogisticRegression()) == get_alphabet("DNA")
    with pytest.raises(ValueError, match="several alphabets"):
        alphabet_of(Pipeline([("a", rna), ("b", encoder("DNA"))]))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda e: make_pipeline(e, LogisticRegression()),
        lambda e: make_pipeline("passthrough", None, e, LogisticRegression()),
        lambda e: make_pipeline(make_pipeline(FrozenEstimator(e)), LogisticRegression()),
    ],
    ids=["pipeline", "passthrough", "nested and frozen"],
)
def test_the_first_step_is_what_reads_the_input(wrap):
    encoder = SequenceOneHotEncoder()
    assert first_step(wrap(encoder)) is encoder
    forest = LogisticRegression()
    assert first_step(forest) is forest


def test_a_threshold_on_a_classifier_that_is_not_fitted_again(make_known, X, y):
    """It has results of cross-validation and refit=False, as a failed search has, but predicts."""
    known = make_known().fit(X, y)
    tuned = TunedThresholdClassifierCV(known, cv="prefit", refit=False, store_cv_results=True)
    tuned.fit(X, y)
    np.testing.assert_array_equal(saliency(tuned, X[:2]), saliency(tuned, X[:2], "occlusion"))

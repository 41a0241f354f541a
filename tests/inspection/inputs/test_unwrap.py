"""Looking inside estimators: what hides a network, what shows it."""

from itertools import product

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.feature_selection import RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    KmerVectorizer,
    make_kmer_classifier,
)
from sklearn_attngen.inspection import mutagenesis, saliency
from sklearn_attngen.inspection._inputs.unwrap import (
    alphabet_of,
    chosen_alphabet,
    find_network,
    first_step,
)
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet, get_alphabet

PAIRS = "ABCDEFGHIJKLMNOP"
SMALL = {"n_filters": 4, "n_layers": 0, "n_estimators": 1, "max_epochs": 1, "random_state": 0}


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


def translate(sequences):
    """Turn each two nucleotides into an amino acid."""
    pairs = {a + b: "ACDEFGHIKLMNPQRS"[i] for i, (a, b) in enumerate(product("ACGT", repeat=2))}
    return ["".join(pairs.get(s[i : i + 2], "X") for i in range(0, len(s), 2)) for s in sequences]


def to_dna(sequences):
    return [s.replace("U", "T") for s in sequences]


def by_hand(model, X, letters):
    """Ask for each mutant: changes of the probability of the second class."""
    mutants = [x[:i] + a + x[i + 1 :] for x in X for i in range(len(x)) for a in letters]
    mutated = model.predict_proba(mutants)[:, 1].reshape(len(X), -1, len(letters))
    return mutated - model.predict_proba(X)[:, 1, None, None]


@pytest.mark.parametrize(
    ("change", "inner", "outer", "letters"),
    [(translate, "protein", "DNA", "ACGT"), (to_dna, "DNA", "RNA", "ACGU")],
    ids=["translation", "transcription"],
)
def test_steps_may_change_the_alphabet(change, inner, outer, letters, make_sequences, y):
    """The alphabet is that of X, whatever later steps read; each mutant is asked for."""
    X = make_sequences(300, letters=letters)
    model = make_pipeline(FunctionTransformer(change), SequenceOneHotEncoder(alphabet=inner))
    model = make_pipeline(model, CNNClassifier(alphabet=inner, **SMALL)).fit(X, y)
    target = model.classes_[1]
    changes = mutagenesis(model, X[:2], target, scale="probability", alphabet=outer)
    assert changes.shape == (2, 30, 4)
    np.testing.assert_allclose(changes, by_hand(model, X[:2], letters), atol=1e-7)
    assert saliency(model, X[:2], alphabet=outer).shape == (2, 30)


def test_strings_that_cannot_be_read_ask_for_their_alphabet(make_sequences, y):
    X = make_sequences(300, letters="ACGU")
    model = make_pipeline(FunctionTransformer(to_dna), SequenceOneHotEncoder())
    model = make_pipeline(model, LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="alphabet='RNA'"):
        saliency(model, X[:2])
    encoded = SequenceOneHotEncoder(alphabet="ACGTE").fit_transform(["ACE", "TGE"])
    with pytest.raises(ValueError, match="pass alphabet="):
        saliency(LogisticRegression().fit(encoded, [0, 1]), encoded)


def test_what_reads_the_input_decides_on_its_alphabet(X, y):
    """Also inside wrappers; what later steps read does not matter."""
    counted = make_pipeline(KmerVectorizer(k=2), LogisticRegression()).fit(X, y)
    voting = VotingClassifier([("m", FrozenEstimator(counted))], voting="soft").fit(X, y)
    for model in (counted, make_pipeline(counted), voting):
        assert chosen_alphabet(model, "DNA") == get_alphabet("DNA")
        with pytest.raises(ValueError, match=r"alphabet is protein, but .* reads DNA"):
            chosen_alphabet(model, "protein")
    changed = make_pipeline(FunctionTransformer(), counted)
    voting = VotingClassifier([("m", FrozenEstimator(changed))], voting="soft").fit(X, y)
    for model in (changed, voting):
        assert chosen_alphabet(model, "protein") == get_alphabet("protein")


@pytest.fixture
def pairs(make_sequences):
    """Letters that may stand for two bases, which fitting does not find out."""
    return make_sequences(300, letters=PAIRS, length=12)


def test_networks_that_take_the_columns_for_other_letters(pairs, y):
    """The 16 columns of a letter were explained as four positions; predictions are what they are.

    Which of two alphabets X is written in has to be said.
    """
    encoder = SequenceOneHotEncoder(alphabet=PAIRS)
    model = make_pipeline(encoder, AttnGenClassifier(**SMALL)).fit(pairs, y)
    X, target = pairs[:2], model.classes_[1]
    with pytest.raises(ValueError, match=r"AttnGenClassifier\(alphabet='ABCDEFGHIJKLMNOP'\)"):
        saliency(model, X, alphabet=PAIRS)
    with pytest.raises(ValueError, match=r"several alphabets \(ABCDEFGHIJKLMNOP, DNA\)"):
        saliency(model, X)
    assert saliency(model, X, "occlusion", alphabet=PAIRS).shape == (2, 12)
    changes = mutagenesis(model, X, target, scale="probability", alphabet=PAIRS)
    np.testing.assert_allclose(changes, by_hand(model, X, PAIRS), atol=1e-7)


def test_encoders_inside_wrappers_read_their_letters_in_any_order(X, y):
    """As they do outside; an alphabet with another unknown letter is another one."""
    encoder = SequenceOneHotEncoder(alphabet="ATCG")
    part = make_pipeline(encoder, LogisticRegression())
    for model in (
        part.fit(X, y),
        CalibratedClassifierCV(part, cv=2).fit(X, y),
        VotingClassifier([("a", part)], voting="soft").fit(X, y),
    ):
        assert chosen_alphabet(model, "DNA") == get_alphabet("DNA")
        with pytest.raises(ValueError, match="alphabet is mine, but"):
            chosen_alphabet(model, Alphabet("mine", "ACGT", ambiguous="?"))


def test_networks_of_ensembles_that_take_the_columns_for_other_letters(pairs, y):
    encoder, network = SequenceOneHotEncoder(alphabet=PAIRS), AttnGenClassifier(**SMALL)
    around = make_pipeline(encoder, BaggingClassifier(network, 2)).fit(pairs, y)
    column = pairs[:, None]
    inside = BaggingClassifier(make_pipeline(encoder, network), 2).fit(column, y)
    for model, X in ((around, pairs), (inside, column)):
        with pytest.raises(ValueError, match=r"AttnGenClassifier\(alphabet='ABCDEFGHIJKLMNOP'\)"):
            saliency(model, X[:2], alphabet=PAIRS)

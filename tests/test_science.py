"""Does the method do on real DNA what it is for? Trained at the defaults, on embedded data.

By default it would be three networks, in three times the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    PerturbationScorer,
    make_kmer_classifier,
)
from sklearn_attngen.datasets import load_splice_junctions, make_motif_sequences
from sklearn_attngen.inspection import saliency

pytestmark = pytest.mark.slow
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def splice() -> Split:
    """Training and test half: X, y, X, y."""
    data = load_splice_junctions()
    train = data.split == "train"
    return data.data[train], data.target[train], data.data[~train], data.target[~train]


@pytest.fixture(scope="module")
def attngen(splice: Split) -> AttnGenClassifier:
    """Trained once."""
    return AttnGenClassifier(n_estimators=1, random_state=0).fit(*splice[:2])


@pytest.fixture(scope="module")
def cnn(splice: Split) -> CNNClassifier:
    """The rival, trained once."""
    return CNNClassifier(n_estimators=1, random_state=0).fit(*splice[:2])


def test_splice_junctions_are_classified(attngen: AttnGenClassifier, splice: Split) -> None:
    """Test sequences share no 25-mer with those trained on."""
    assert attngen.score(*splice[2:]) > 0.93


@pytest.mark.parametrize(("label", "letters"), [("EI", {30, 31}), ("IE", {28, 29})])
def test_the_letters_at_the_junction_stand_out(
    attngen: AttnGenClassifier, splice: Split, label: str, letters: set[int]
) -> None:
    """The GT of the donor and the AG of the acceptor are among the four most salient positions."""
    profile = attngen.class_saliency_[attngen.classes_.tolist().index(label)]
    assert letters <= set(np.argsort(profile)[-4:].tolist())
    X, y = splice[2:]
    unseen = attngen.saliency(X[y == label]).mean(axis=0)
    assert letters <= set(np.argsort(unseen)[-4:].tolist())


def test_gates_open_where_position_matters(attngen: AttnGenClassifier) -> None:
    """They start at 0.1: wide open on junctions in the middle, not on motifs that lie anywhere."""

    def gates(classifier: AttnGenClassifier) -> list[float]:
        parts = classifier.module_.encoder, classifier.module_.pooling
        return [part.position.gate.item() for part in parts]

    motifs = make_motif_sequences(1500, length=60, task="presence", random_state=0)
    anywhere = AttnGenClassifier(n_filters=16, max_epochs=10, n_estimators=1, random_state=0)
    anywhere.fit(motifs.data, motifs.target)
    assert min(gates(attngen)) > 0.4
    assert max(gates(anywhere)) < 0.3


def permuted_saliency(estimator: Any, X: Any) -> np.ndarray:
    """The true values at random positions."""
    return np.random.default_rng(0).permuted(saliency(estimator, X), axis=1)


@pytest.mark.parametrize("fill", ["shuffle", "resample"])
@pytest.mark.parametrize("name", ["attngen", "cnn"])
def test_removing_salient_letters_hurts_more_than_removing_random_ones(
    name: str, fill: str, splice: Split, request: pytest.FixtureRequest
) -> None:
    """And letters chosen by a permuted saliency are random ones."""
    model = request.getfixturevalue(name)
    scorer = PerturbationScorer(fill=fill, max_samples=600)
    true = scorer(model, *splice[2:])
    permuted = scorer.set_params(saliency=permuted_saliency)(model, *splice[2:])
    assert true > 0.1
    assert abs(permuted) < 0.04


@pytest.mark.parametrize("fill", ["shuffle", "resample"])
def test_the_same_for_kmers_where_kmers_decide(fill: str) -> None:
    """On motifs that may stand anywhere: on splice sites k-mers are too weak to lose much."""
    data = make_motif_sequences(1200, length=60, random_state=0)
    model = make_kmer_classifier().fit(data.data[:800], data.target[:800])
    X, y = data.data[800:], data.target[800:]
    assert model.score(X, y) > 0.8
    scorer = PerturbationScorer(fill=fill)
    assert scorer(model, X, y) > 0.08
    assert abs(scorer.set_params(saliency=permuted_saliency)(model, X, y)) < 0.04

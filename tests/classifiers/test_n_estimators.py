"""Several networks in one classifier: each as it would train alone, answering together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import AttentionHeadsDisplay, saliency, sanity_checks
from sklearn_attngen.inspection._attribution.attention import guiding_attention
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork
from sklearn_attngen.networks import attend, networks_in
from sklearn_attngen.training import resolve_networks

RNG = np.random.default_rng(0)
X = np.array(["".join(row) for row in RNG.choice(list("ACGT"), (60, 16))], dtype=object)
Y = np.where(np.arange(60) % 2, "b", "a")
KINDS = pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])


def quick(kind: type, **parameters: Any) -> Any:
    small = {"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0}
    return kind(**{**small, **parameters})


@KINDS
def test_each_network_trains_as_it_would_alone(kind: type) -> None:
    """On a loss of its own: without noise the first one ends at the same weights."""
    noiseless = {"dropout": 0.0, "precision": "float32"}
    if kind is AttnGenClassifier:
        noiseless["mask_fraction"] = 0
    alone = quick(kind, n_estimators=1, **noiseless).fit(X, Y).module_.state_dict()
    first, second = quick(kind, n_estimators=2, **noiseless).fit(X, Y).module_.networks
    for name, weights in alone.items():
        assert torch.equal(weights, first.state_dict()[name]), name
    assert not all(torch.equal(alone[name], second.state_dict()[name]) for name in alone)


@KINDS
@pytest.mark.parametrize("strands", [False, "average"])
def test_the_answer_is_the_mean_of_their_logits(kind: type, strands: Any) -> None:
    estimator = quick(kind, n_estimators=3, reverse_complement=strands).fit(X, Y)
    whole = estimator.decision_function(X)
    module = estimator.net_.module_
    parts = []
    for network in networks_in(module):
        estimator.net_.module_ = network
        parts.append(estimator.decision_function(X))
    estimator.net_.module_ = module
    np.testing.assert_allclose(whole, np.mean(parts, axis=0), rtol=1e-4, atol=1e-6)
    assert estimator.n_estimators_ == len(parts) == 3


@KINDS
def test_the_number_follows_the_rows(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sklearn_attngen.training._schedule.FEW_ROWS", 50)
    assert quick(kind).fit(X[:50], Y[:50]).n_estimators_ == 3
    assert quick(kind).fit(X, Y).n_estimators_ == 1
    weight = np.ones(60)
    weight[:10] = 0  # rows without weight are left out
    assert quick(kind).fit(X, Y, weight).n_estimators_ == 3
    assert quick(kind).partial_fit(X[:20], Y[:20], classes=["a", "b"]).n_estimators_ == 1
    assert quick(kind).fit(RNG.normal(size=(40, 5)), Y[:40]).n_estimators_ == 1
    assert resolve_networks(3, 10**6, 200) == 3


@KINDS
def test_long_sequences_are_trained_on_by_one(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number bounds the time of a fit: it counts letters too."""
    monkeypatch.setattr("sklearn_attngen.training._schedule.FEW_LETTERS", 60 * 16 - 1)
    assert quick(kind).fit(X, Y).n_estimators_ == 1
    assert quick(kind).fit(X[:59], Y[:59]).n_estimators_ == 3


@KINDS
def test_training_that_goes_on_keeps_the_number(kind: type) -> None:
    estimator = quick(kind, warm_start=True).fit(X, Y)
    before = estimator.module_
    assert estimator.fit(X, Y).module_ is before
    assert estimator.partial_fit(X, Y).n_estimators_ == 3
    assert estimator.set_params(n_estimators=3).partial_fit(X, Y).module_ is before
    with pytest.raises(ValueError, match=r"n_estimators=4 differs from the n_estimators=3 "):
        estimator.set_params(n_estimators=4).fit(X, Y)
    several = quick(kind, n_estimators=2).partial_fit(X, Y, classes=["a", "b"])
    assert len(networks_in(several.module_)) == 2


@KINDS
@pytest.mark.parametrize("method", ["auto", "occlusion", "mutagenesis", "integrated_gradients"])
def test_all_methods_explain_them(kind: type, method: str) -> None:
    estimator = quick(kind, n_estimators=2).fit(X, Y)
    values = saliency(estimator, X[:4], method)
    np.testing.assert_allclose(values.sum(axis=1), 1)
    assert estimator.saliency_.shape == (16,)


def test_heads_say_whose_they_are() -> None:
    estimator = quick(AttnGenClassifier, n_estimators=2, n_heads=1).fit(X, Y)
    names = AttentionHeadsDisplay.from_estimator(estimator, X).names
    assert names == [
        "Network 0, head 0", "Network 0, hard head", "Network 1, head 0", "Network 1, hard head",
    ]  # fmt: skip


def test_checks_take_them_as_one() -> None:
    """Each layer of all networks gets new weights at once; uniform heads are those of all."""
    one, two = (quick(AttnGenClassifier, n_estimators=n).fit(X, Y) for n in (1, 2))
    options: dict[str, Any] = {
        "checks": ["model_randomization"],
        "n_repeats": 2,
        "max_sequences": 4,
    }
    tables = [sanity_checks(estimator, X, Y, **options) for estimator in (one, two)]
    assert tables[0]["detail"].tolist() == tables[1]["detail"].tolist()
    found = sanity_checks(two, X, Y, checks=["uniform_attention"], n_repeats=2, max_sequences=4)
    assert np.isfinite(found["score"].iloc[0])


@pytest.mark.parametrize("strands", [False, "average"])
def test_leaks_are_looked_for_in_the_masks_of_a_network(strands: bool | str) -> None:
    """Each network is masked by its own attention to the strand it sees, not by any mean."""
    estimator = quick(AttnGenClassifier, n_estimators=2, reverse_complement=strands).fit(X, Y)
    data = LetterInput.read(estimator, X[:7], None)
    first = attend(
        networks_in(estimator.module_)[0], LetterNetwork.find(estimator, data).tensor(data.codes)
    )
    np.testing.assert_allclose(guiding_attention(estimator, data, 3), first[1], rtol=1e-5)

"""Training that goes on, by ``partial_fit`` or a warm start: what it follows and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sklearn_attngen import AttnGenClassifier, CNNClassifier

RNG = np.random.default_rng(0)
X = np.array(["".join(row) for row in RNG.choice(list("ACGT"), (60, 16))], dtype=object)
Y = np.arange(60) % 2


def quick(**parameters: Any) -> CNNClassifier:
    return CNNClassifier(
        **{"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0, **parameters}
    )


def test_weights_count_between_calls_of_partial_fit() -> None:
    """A call of weight 1,000 is not a call of weight 1."""
    probabilities = [
        quick()
        .partial_fit(X, Y, classes=[0, 1], sample_weight=np.full(60, weight))
        .predict_proba(X)
        for weight in (1e-8, 1.0)
    ]
    assert not np.allclose(*probabilities, atol=1e-4)


def test_partial_fit_refuses_what_needs_all_rows() -> None:
    """Balanced weights and early stopping cannot be had from some rows."""
    with pytest.raises(ValueError, match="balanced"):
        quick(class_weight="balanced").partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="early_stopping"):
        quick(early_stopping=True).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="one class"):
        quick().partial_fit(X, np.zeros(60), classes=[0])


def test_training_goes_on_with_sequences_only() -> None:
    """A network of letters is not trained on measurements."""
    estimator = quick(warm_start=True).fit(X, Y)
    noise = RNG.normal(size=(60, 64))
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.fit(noise, Y)
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.partial_fit(noise, Y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_filters", 8),
        ("kernel_size", 5),
        ("n_layers", 0),
        ("n_heads", 1),
        ("dropout", 0.5),
        ("alphabet", "TGCA"),
        ("reverse_complement", "average"),
    ],
)
def test_training_that_goes_on_cannot_change_the_network(name: str, value: Any) -> None:
    """A changed parameter that is not taken over must not be passed over in silence."""
    estimator = AttnGenClassifier(
        n_filters=4, n_layers=1, max_epochs=1, warm_start=True, random_state=0
    ).fit(X, Y)
    old = estimator.get_params()[name]
    expected = estimator.predict_proba(X)
    estimator.set_params(**{name: value})
    for train in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=f"^{name}=.* differs from the {name}=.*warm_start=F"):
            train(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    estimator.set_params(**{name: old}).fit(X, Y)
    assert estimator.n_iter_ == 2
    estimator.set_params(**{name: value}, warm_start=False).fit(X, Y)
    assert estimator.n_iter_ == 1


def test_what_training_can_change_may_change() -> None:
    """Another rate goes on; without letters nothing is dropped out, so that dropout is free."""
    estimator = quick(warm_start=True).fit(X, Y).set_params(learning_rate=1e-4, max_epochs=1)
    assert estimator.fit(X, Y).n_iter_ == 3
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y).set_params(dropout=0.5)
    assert estimator.fit(numbers, Y).n_iter_ == 4


def test_an_alphabet_means_nothing_to_numbers() -> None:
    """It is no part of what goes on."""
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y)
    assert estimator.set_params(alphabet="protein").fit(numbers, Y).n_iter_ == 4


def test_training_on_numbers_cannot_change_to_strands() -> None:
    """Numbers have none; a new fit would refuse them too."""
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y).set_params(reverse_complement="augment")
    for train in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match="Set reverse_complement=False"):
            train(numbers, Y)


def test_training_that_goes_on_follows_the_device() -> None:
    """A device that is not there raises, also when the network is."""
    estimator = quick(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="device='nowhere'"):
        estimator.set_params(device="nowhere").fit(X, Y)
    assert estimator.set_params(device="cpu").fit(X, Y).device_ == "cpu"


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
def test_training_that_goes_on_and_diverges_leaves_the_fit(kind: type) -> None:
    """The weights from before, not the ones that are no numbers."""
    estimator = kind(n_filters=4, n_layers=1, max_epochs=2, warm_start=True, random_state=0)
    expected = estimator.fit(X, Y).predict_proba(X)
    with pytest.raises(ValueError, match="diverged"):
        estimator.set_params(learning_rate=1e30).fit(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    assert not estimator.module_.training


def test_calls_go_on_after_one_that_diverged() -> None:
    """The optimiser's memory is put back with the weights; else each later call diverges too."""
    estimator = quick(batch_size=8).partial_fit(X, Y, classes=[0, 1])
    rate = estimator.learning_rate
    with pytest.raises(ValueError, match="Lower learning_rate"):
        estimator.set_params(learning_rate=1e38).partial_fit(X, Y)
    memory = estimator.net_.optimizer_.state_dict()["state"].values()
    assert all(torch.isfinite(each["exp_avg"]).all() for each in memory)
    before = estimator.predict_proba(X)
    estimator.set_params(learning_rate=rate).partial_fit(X, Y)
    assert not np.array_equal(estimator.predict_proba(X), before)


def test_calls_follow_the_parameters_of_the_optimiser() -> None:
    """Weight decay, and another optimiser, which has no memory yet."""
    estimator = quick().partial_fit(X, Y, classes=[0, 1])
    estimator.set_params(weight_decay=3.0).partial_fit(X, Y)
    groups = estimator.net_.optimizer_.param_groups
    assert {group["weight_decay"] for group in groups} == {5.0, 3.0}
    before = estimator.net_.optimizer_.state_dict()["state"]
    estimator.partial_fit(X, Y)
    after = estimator.net_.optimizer_.state_dict()["state"]
    assert all(after[key]["step"] > before[key]["step"] for key in before)
    sgd = {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9}
    estimator.set_params(net_params=sgd).partial_fit(X, Y)
    assert isinstance(estimator.net_.optimizer_, torch.optim.SGD)
    estimator.set_params(net_params=None).partial_fit(X, Y)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (torch.optim.RMSprop, {"optimizer__momentum": 0.9}),
        (torch.optim.RMSprop, {"optimizer__centered": True}),
        (torch.optim.AdamW, {"optimizer__amsgrad": True}),
    ],
    ids=["momentum", "centered", "amsgrad"],
)
def test_calls_follow_options_that_need_another_memory(kind: type, changed: dict[str, Any]) -> None:
    """What the optimiser has not remembered so far it starts to remember."""
    estimator = quick(net_params={"optimizer": kind}).partial_fit(X, Y, classes=[0, 1])
    estimator.set_params(net_params={"optimizer": kind, **changed}).partial_fit(X, Y)
    assert np.isfinite(estimator.predict_proba(X)).all()


def test_a_first_call_that_is_refused_leaves_nothing() -> None:
    estimator = quick()
    with pytest.raises(ValueError, match="classes must be passed"):
        estimator.partial_fit(X, Y)
    assert not hasattr(estimator, "n_features_in_")


def test_a_call_after_one_that_failed_draws_what_that_one_would_have() -> None:
    """A job that is run again after its memory had been short has the outcome of one that ran."""
    given = {"early_stopping": True, "warm_start": True}
    failing, other = quick(**given).fit(X, Y), quick(**given).fit(X, Y)

    class Short(Callback):
        def on_batch_end(self, net: Any, **kwargs: Any) -> None:
            raise MemoryError

    for wrong, error in (({"callbacks": [Short()]}, MemoryError), ({"lr": 1}, ValueError)):
        with pytest.raises(error):
            failing.set_params(net_params=wrong).fit(X, Y)
        failing.set_params(net_params=None, early_stopping=False)
        failing.partial_fit(X, Y)
        other.set_params(early_stopping=False).partial_fit(X, Y)
        np.testing.assert_array_equal(failing.predict_proba(X), other.predict_proba(X))
        failing.set_params(early_stopping=True)
    for each in (failing, other):
        each.set_params(early_stopping=True).fit(X, Y)
    np.testing.assert_array_equal(failing.predict_proba(X), other.predict_proba(X))

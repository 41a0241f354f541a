"""What of skorch can be reached through an estimator, and how its callbacks end a fit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping
from skorch.callbacks import EpochScoring as SkorchScoring

Make = Callable[..., Any]
Data = tuple[np.ndarray, np.ndarray]


def test_skorch_can_be_reached(make: Make, planted: Data) -> None:
    """Another optimiser, a callback of skorch, the net afterwards."""
    params = {
        "optimizer": torch.optim.SGD,
        "optimizer__nesterov": True,
        "optimizer__momentum": 0.9,
        "optimizer__dampening": 0,
    }
    kept = dict(params)
    estimator = make(net_params=params).fit(*planted)
    assert isinstance(estimator.net_.optimizer_, torch.optim.SGD)
    assert estimator.net_.module_ is estimator.module_
    assert params == kept
    pickle.dumps(estimator)


def test_callbacks_of_the_user_join_the_mask_schedule(attngen: Make, planted: Data) -> None:
    """They do not replace what the estimator needs."""
    scoring = SkorchScoring(lambda net, X, y: 0.5, name="half", on_train=True, use_caching=False)
    estimator = attngen(net_params={"callbacks": [scoring]}).fit(*planted)
    assert [row["half"] for row in estimator.history_] == [0.5] * 12
    fractions = [row["mask_fraction"] for row in estimator.history_]
    assert fractions[0] < fractions[-1] == estimator.mask_fraction


@pytest.mark.parametrize("name", ["lr", "max_epochs", "module__n_filters", "train_split"])
def test_two_values_for_one_thing_raise(make: Make, planted: Data, name: str) -> None:
    """The message says which parameter of the estimator to use."""
    with pytest.raises(ValueError, match=r"net_params may not set .*; use "):
        make(net_params={name: 1}).fit(*planted)


class Interrupt(Callback):
    """What Ctrl-C does, in the middle of an epoch."""

    def on_batch_begin(self, net: Any, **kwargs: Any) -> None:
        if len(net.history) == 3:
            raise KeyboardInterrupt


def test_ctrl_c_stops_the_program(make: Make, planted: Data) -> None:
    """A search must not go on with a half-trained network that looks like a fitted one."""
    estimator = make(net_params={"callbacks": [Interrupt()]})
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(*planted)
    assert not hasattr(estimator, "net_")
    assert not hasattr(estimator, "saliency_")


def test_early_stopping_of_skorch_ends_quietly(make: Make, planted: Data) -> None:
    """The user's own rule for when to stop; the estimator is fitted then."""
    rule = EarlyStopping(monitor="train_loss", patience=2, threshold=10.0, sink=lambda _: None)
    estimator = make(max_epochs=30, net_params={"callbacks": [rule]}).fit(*planted)
    assert 2 <= estimator.n_iter_ < 30
    assert estimator.saliency_.shape == (24,)

"""Row 3, fit against a hand-written loop, and row 4, the price of masking."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch.callbacks import Callback
from torch import Tensor
from torch.nn import functional as F

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import channels_first, labels, sequences
from benchmarks.speed._table import Result
from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder
from sklearn_attngen.networks import PositionBias, set_generator

EPOCHS, QUICK_EPOCHS = 8, 2


class _Bare(AttnGenClassifier):
    """A classifier that does not summarise saliency after training."""

    def _summarise_saliency(self, *args: Any) -> None:
        pass


class _CaughtError(Exception):
    """Training is about to begin."""


class _Catch(Callback):
    """Keeps the states of the generators that training begins with, and ends it."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Keep what a loop needs to take the same steps."""
        self.module = net.module_
        self.order = net.order_generators[0].get_state()
        self.noise = net.noise_generator.get_state()
        raise _CaughtError


@dataclass(frozen=True)
class _Start:
    """What a training begins with."""

    module: torch.nn.Module
    order: Tensor
    noise: Tensor


@lru_cache(maxsize=1)
def _data(settings: Settings) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    X = sequences(settings.rows(20_000, 300), settings.letters(), settings.seed)
    return X, labels(X)


def _epochs(settings: Settings) -> int:
    return QUICK_EPOCHS if settings.quick else EPOCHS


def _parameters(settings: Settings) -> dict[str, Any]:
    return {
        "mask_fraction": 0,
        "n_estimators": 1,
        "precision": "float32",
        "max_epochs": _epochs(settings),
        "device": "cpu",
        "random_state": settings.seed,
    }


def fit(settings: Settings) -> Callable[[], Any]:
    """Fit from strings, with all that fit does."""
    X, y = _data(settings)
    return lambda: AttnGenClassifier(**_parameters(settings)).fit(X, y).module_


def fit_encoded(settings: Settings) -> Callable[[], Any]:
    """Fit from one-hot input, without saliency: the training alone."""
    X, y = _data(settings)
    encoded = SequenceOneHotEncoder().fit_transform(X)
    return lambda: _Bare(**_parameters(settings)).fit(encoded, y).module_


def hand_written(settings: Settings) -> Callable[[], Any]:
    """Train the same network on the same batches, with nothing around it.

    The input is held as float32, so that a batch is one look-up; the optimiser, the schedule, the
    loss and the dropout are those of the classifier. Its mean is taken as there, so that the last
    bits agree too: they grow over the steps.
    """
    X, y = _data(settings)
    parameters = _parameters(settings)
    own = AttnGenClassifier(**parameters)
    start = _start(X, y, parameters)
    x, target = torch.from_numpy(channels_first(X)), torch.from_numpy(y)
    n_batches, epochs = math.ceil(len(x) / own.batch_size), _epochs(settings)

    def train() -> torch.nn.Module:
        module = copy.deepcopy(start.module).train()
        order, noise = torch.Generator(), torch.Generator()
        order.set_state(start.order)
        noise.set_state(start.noise)
        set_generator(module, noise)
        position = [p for name, p in module.named_parameters() if name.endswith("position.weight")]
        others = [p for p in module.parameters() if all(p is not each for each in position)]
        groups: list[dict[str, Any]] = [
            {"params": position, "weight_decay": PositionBias.decay},
            {"params": others},
        ]
        optimizer = torch.optim.AdamW(
            groups,
            lr=own.learning_rate,
            weight_decay=own.weight_decay,
            fused=True,
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=own.learning_rate, total_steps=epochs * n_batches
        )
        for _ in range(epochs):
            for rows in torch.randperm(len(x), generator=order).tensor_split(n_batches):
                optimizer.zero_grad()
                votes = module(x[rows], votes=True)
                loss = F.cross_entropy(
                    votes.flatten(0, 1),
                    target[rows].repeat_interleave(votes.shape[1]),
                    reduction="none",
                    label_smoothing=own.label_smoothing,
                )
                loss.unflatten(0, (-1, votes.shape[1])).mean(dim=1).mean().backward()
                optimizer.step()
                schedule.step()
        set_generator(module, None)
        return module.eval()

    return train


def _start(X: Any, y: Any, parameters: dict[str, Any]) -> _Start:
    catch = _Catch()
    try:
        AttnGenClassifier(**parameters, net_params={"callbacks": [catch]}).fit(X, y)
    except _CaughtError:
        return _Start(copy.deepcopy(catch.module), catch.order, catch.noise)
    raise RuntimeError("Training did not begin.")


def masked(settings: Settings) -> Callable[[], Any]:
    return _with_mask(settings, 0.15)


def unmasked(settings: Settings) -> Callable[[], Any]:
    return _with_mask(settings, 0.0)


def _with_mask(settings: Settings, fraction: float) -> Callable[[], Any]:
    X, y = _data(settings)
    masks = {"mask_fraction": fraction, "mask_cooldown": 0}  # all steps, however many
    parameters = _parameters(settings) | masks | {"precision": "auto"}
    return lambda: AttnGenClassifier(**parameters).fit(X, y).module_


def _same_weights(ours: Any, rival: Any) -> None:
    theirs = rival.state_dict()
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-5, atol=1e-6)


LOOP = "the same network in a hand-written loop"
COMPARISONS = [
    Comparison(
        "3",
        "fit of AttnGen, mask 0, float32, training only",
        fit_encoded,
        LOOP,
        hand_written,
        costs=1.10,
        equal=_same_weights,
        peaks=False,
    ),
    Comparison(
        "3",
        "the same with reading of strings and saliency_",
        fit,
        LOOP,
        hand_written,
        costs=1.15,
        equal=_same_weights,
        note="the peaks are those of the process beyond the strings; the loop holds all rows as "
        "float32.",
    ),
    Comparison(
        "4",
        "fit of AttnGen, mask 0.15",
        masked,
        "the same with mask 0",
        unmasked,
        costs=1.9,
        note='moonshot <= 1.25x. Both with precision="auto".',
    ),
]


def loop_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS if each.row == "3"]


def mask_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS if each.row == "4"]

"""A small network and small data, without any estimator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from sklearn_attngen.networks import AttnGenNetwork, build_module
from sklearn_attngen.training import Masking, SequenceDataset, SequenceNet, build_net


@pytest.fixture
def data() -> SequenceDataset:
    """Sixty sequences of 12 letters; the class says whether letter 5 is one of the first two."""
    codes = torch.randint(4, (60, 12), generator=torch.Generator().manual_seed(0))
    return SequenceDataset(codes.to(torch.uint8), (codes[:, 5] < 2).long(), torch.ones(60))


@pytest.fixture
def make_module() -> Callable[[], torch.nn.Module]:
    """Build the same small network again and again."""

    def make() -> torch.nn.Module:
        return build_module(
            AttnGenNetwork,
            torch.Generator().manual_seed(0),
            n_channels=4,
            n_positions=12,
            n_classes=2,
            n_filters=8,
            kernel_size=3,
            n_layers=1,
            n_heads=2,
            dropout=0.1,
        )

    return make


@pytest.fixture
def masking() -> Masking:
    """The method with a quarter of the letters masked."""
    return Masking(
        fraction=0.25,
        by="positions",
        order="lowest",
        value="resample",
        schedule="linear",
        warmup=0.5,
        cooldown=0.0,
        consistency=1.0,
    )


@pytest.fixture
def make_net(make_module: Callable[[], torch.nn.Module]) -> Callable[..., SequenceNet]:
    """Build a net for six epochs of three batches; arguments change what is passed."""

    def make(module: torch.nn.Module | None = None, **changes: Any) -> SequenceNet:
        parameters: dict[str, Any] = {
            "previous": None,
            "n_channels": 4,
            "strands": None,
            "masking": None,
            "bfloat16": False,
            "epochs": 6,
            "n_batches": 3,
            "epochs_done": 0,
            "cycle": True,
            "batch_size": 20,
            "learning_rate": 0.02,
            "weight_decay": 0.0,
            "label_smoothing": 0.0,
            "device": "cpu",
            "valid": None,
            "patience": 2,
            "verbose": 0,
            "net_params": None,
        }
        module = make_module() if module is None else module
        return build_net(module, **(parameters | changes))

    return make

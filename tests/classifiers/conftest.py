"""Both networks, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from skorch.callbacks import Callback

from sklearn_attngen import AttnGenClassifier, CNNClassifier


@pytest.fixture(params=["attngen", "cnn"])
def make(request: pytest.FixtureRequest, quick: dict[str, Any]) -> Callable[..., Any]:
    """Make one of the two networks with quick parameters; arguments change them."""
    kind = {"attngen": AttnGenClassifier, "cnn": CNNClassifier}[request.param]
    return lambda **changes: kind(**(quick | changes))


@pytest.fixture
def attngen(quick: dict[str, Any]) -> Callable[..., AttnGenClassifier]:
    """Make AttnGen with quick parameters; arguments change them."""
    return lambda **changes: AttnGenClassifier(**(quick | changes))


@pytest.fixture
def cnn(quick: dict[str, Any]) -> Callable[..., CNNClassifier]:
    """Make the CNN with quick parameters; arguments change them."""
    return lambda **changes: CNNClassifier(**(quick | changes))


class CountRows(Callback):
    """Remember how many rows each epoch trains on and validates on."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def on_epoch_begin(self, net: Any, dataset_train: Any, dataset_valid: Any, **_: Any) -> None:
        self.seen.append((len(dataset_train), len(dataset_valid)))


@pytest.fixture
def count_rows() -> CountRows:
    """Make a callback that remembers how many rows each epoch has."""
    return CountRows()

"""Both networks, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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

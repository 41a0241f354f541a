"""Values of a row's letters in a random order: a control for where they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def permuted(
    values: NDArray[np.float64], real: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Permute the values of the real positions of each row among themselves; others stay."""
    # others keep their order behind all letters; no two keys are equal, so that any sort will do
    keys = np.where(real, rng.random(values.shape), 1.0 + np.arange(values.shape[1]))
    source = np.argsort(keys, axis=1)
    target = np.argsort(~real, axis=1, kind="stable")
    result = np.empty_like(values)
    np.put_along_axis(result, target, np.take_along_axis(values, source, axis=1), axis=1)
    return result

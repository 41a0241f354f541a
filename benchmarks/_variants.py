"""AttnGen with one thing changed, the same changes for every data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn_attngen import AttnGenClassifier

Makers = dict[str, Callable[[int], Any]]


def attngen(**changes: Any) -> Callable[[int], Any]:
    """Return a maker of classifiers that differ from the defaults."""
    return lambda seed: AttnGenClassifier(random_state=seed, **changes)


def ablation(**common: Any) -> Makers:
    """Return what is masked in training: by attention, at random, otherwise, or nothing."""
    changes: dict[str, dict[str, Any]] = {
        "sampled": {},
        "lowest": {"mask_order": "lowest"},
        "random": {"mask_order": "random"},
        "highest": {"mask_order": "highest"},
        "no mask": {"mask_fraction": 0},
        "sampled, no KL": {"consistency_weight": 0},
        "sampled, by mass": {"mask_by": "mass"},
        "sampled, zeros": {"mask_value": "zero"},
        "sampled, uniform": {"mask_value": "uniform"},
    }
    return {name: attngen(**common, **change) for name, change in changes.items()}


def fractions(**common: Any) -> Makers:
    """Return the mask fractions of the paper's curve, and one beyond."""
    values = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
    return {f"mask {value}": attngen(mask_fraction=value, **common) for value in values}

"""What the numbers of the sanity checks mean, in words."""

from __future__ import annotations

import math

# Documented in sanity_checks; the two kinds of checks ask for opposite things.
INDEPENDENT = (0.3, 0.6)
STABLE = (0.7, 0.4)

_WORDS = {
    "model_randomization": (
        "passes: without the learned weights the saliency is another one",
        "passes in part: some of the saliency comes without the learned weights",
        "fails: an untrained network gives much the same saliency",
    ),
    "label_randomization": (
        "passes: a model of shuffled labels has another saliency",
        "passes in part: some of the saliency comes without the labels",
        "fails: a model of shuffled labels has much the same saliency",
    ),
    "seed_stability": (
        "stable: fits that differ in the seed agree",
        "stable in part: average the saliency of several fits",
        "unstable: each seed gives other letters; do not interpret a single fit",
    ),
    "method_agreement": (
        "agree",
        "agree in part: prefer the method with the better perturbation curve",
        "disagree: at least one is wrong about this model; compare perturbation curves",
    ),
}
CASCADE = "a step of the cascade; see its last row"


def agreement(check: str, correlation: float, overlap: float, by_chance: float) -> float:
    """Return the larger of the correlation and the overlap corrected for chance.

    For a randomisation the size of the correlation: an order turned round is not a new one.
    """
    if math.isnan(correlation) or math.isnan(overlap):
        return math.nan
    beyond = (overlap - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0
    return max(abs(correlation) if _is_randomization(check) else correlation, beyond)


def _is_randomization(check: str) -> bool:
    return check.endswith("randomization")


def verdict(check: str, value: float) -> str:
    """Say in words what an agreement means for a check."""
    if math.isnan(value):
        return "undefined: no sequence has two letters to compare"
    good, partly, bad = _WORDS[check]
    if _is_randomization(check):
        passes, in_part = value < INDEPENDENT[0], value < INDEPENDENT[1]
    else:
        passes, in_part = value >= STABLE[0], value >= STABLE[1]
    return good if passes else partly if in_part else bad

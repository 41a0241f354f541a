"""Row 8: a perturbation curve against the loop that one writes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import fitted, labels, sequences
from benchmarks.speed._table import Result
from sklearn_attngen.inspection import perturbation_curve

FRACTIONS = (0.05, 0.1, 0.2, 0.3, 0.5)
ORDERS = ("top", "random", "bottom")
FILL, REPEATS = "unknown", 1


def _data(settings: Settings) -> tuple[Any, NDArray[np.object_], NDArray[np.int64]]:
    X = sequences(settings.rows(3_000, 60), settings.letters(), settings.seed + 2)
    return fitted(settings), X, labels(X)


def curve(settings: Settings) -> Callable[[], Any]:
    classifier, X, y = _data(settings)
    return lambda: (
        perturbation_curve(
            classifier,
            X,
            y,
            fractions=FRACTIONS,
            orders=ORDERS,
            fill=FILL,
            n_repeats=REPEATS,
            n_bootstrap=0,
            random_state=settings.seed,
        ).scores
    )


def plain_loop(settings: Settings) -> Callable[[], Any]:
    """Replace letters of strings by N one sequence at a time, and predict again each time."""
    classifier, X, y = _data(settings)

    def run() -> dict[str, NDArray[np.float64]]:
        rng = np.random.default_rng(settings.seed)
        magnitude = classifier.saliency(X)
        scores = {order: np.empty((len(FRACTIONS), REPEATS)) for order in ORDERS}
        for order in ORDERS:
            for i, fraction in enumerate(FRACTIONS):
                for repeat in range(REPEATS):
                    perturbed = []
                    for sequence, values in zip(X, magnitude, strict=True):
                        ranked = _ranked(values, order, rng)
                        letters = list(sequence)
                        for position in ranked[: int(fraction * len(letters) + 0.5)]:
                            letters[position] = "N"
                        perturbed.append("".join(letters))
                    accuracy = np.mean(classifier.predict(perturbed) == y)
                    scores[order][i, repeat] = max(accuracy, 0.5)
        return scores

    return run


def _ranked(values: NDArray[np.float64], order: str, rng: np.random.Generator) -> NDArray[np.intp]:
    if order == "random":
        return rng.permutation(len(values))
    return np.argsort(-values if order == "top" else values)


def _same_scores(ours: Any, rival: Any) -> None:
    """Compare the orders that leave nothing to chance; the random one only roughly."""
    for order in ("top", "bottom"):
        np.testing.assert_array_equal(ours[order], rival[order])
    np.testing.assert_allclose(ours["random"].mean(1), rival["random"].mean(1), atol=0.15)


COMPARISON = Comparison(
    "8",
    "perturbation curve, 5 fractions, 3 orders",
    curve,
    "a loop over orders, fractions and strings",
    plain_loop,
    as_fast=5,
    equal=_same_scores,
    note=f"fill={FILL!r}; the loop computes the saliency once.",
)


def curve_rows(settings: Settings) -> list[Result]:
    return [compare(COMPARISON, settings)]

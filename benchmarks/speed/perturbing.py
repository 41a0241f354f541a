"""Row 8: a perturbation curve against the loop that one writes first, and against its floor."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import fitted, labels, sequences
from benchmarks.speed._table import Result
from sklearn_attngen import SequenceOneHotEncoder
from sklearn_attngen.inspection import perturbation_curve

FRACTIONS = (0.05, 0.1, 0.2, 0.3, 0.5)
ORDERS = ("top", "random", "bottom")
FILL, REPEATS = "unknown", 1

Saliency = Callable[[Any, Any], NDArray[np.float64]]


def _network(settings: Settings) -> tuple[Any, Saliency]:
    return fitted(settings), lambda classifier, X: classifier.saliency(X)


def _linear(settings: Settings) -> tuple[Any, Saliency]:
    return _fitted_linear(settings.letters(), settings.seed), _weights


@cache
def _fitted_linear(length: int, seed: int) -> Any:
    X = sequences(512, length, seed + 1)
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, labels(X))


def _weights(pipeline: Any, X: Any) -> NDArray[np.float64]:
    """Weigh each letter as the regression does."""
    blocks = pipeline[:-1].transform(X) * np.abs(pipeline[-1].coef_[0])
    return blocks.reshape(len(X), -1, 4).sum(axis=2)


def _data(settings: Settings) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    X = sequences(settings.rows(3_000, 60), settings.letters(), settings.seed + 2)
    return X, labels(X)


def _curve(classifier: Any, saliency: Saliency, settings: Settings) -> Callable[[], Any]:
    X, y = _data(settings)

    def run() -> dict[str, Any]:
        found = perturbation_curve(
            classifier,
            X,
            y,
            fractions=FRACTIONS,
            orders=ORDERS,
            fill=FILL,
            n_repeats=REPEATS,
            saliency=saliency,
            n_bootstrap=0,
            random_state=settings.seed,
        )
        return {"baseline": found.baseline, **found.scores}

    return run


def _loop(classifier: Any, saliency: Saliency, settings: Settings) -> Callable[[], Any]:
    """Replace letters of strings by N one sequence at a time, and predict again each time."""
    X, y = _data(settings)

    def run() -> dict[str, Any]:
        rng = np.random.default_rng(settings.seed)
        magnitude = saliency(classifier, X)
        scores: dict[str, Any] = {"baseline": _accuracy(classifier, X, y)}
        for order in ORDERS:
            scores[order] = np.empty((len(FRACTIONS), REPEATS))
            for i, fraction in enumerate(FRACTIONS):
                for repeat in range(REPEATS):
                    perturbed = _perturbed(X, magnitude, order, fraction, rng)
                    scores[order][i, repeat] = _accuracy(classifier, perturbed, y)
        return scores

    return run


def curve(settings: Settings) -> Callable[[], Any]:
    return _curve(*_network(settings), settings)


def plain_loop(settings: Settings) -> Callable[[], Any]:
    return _loop(*_network(settings), settings)


def linear_curve(settings: Settings) -> Callable[[], Any]:
    return _curve(*_linear(settings), settings)


def linear_loop(settings: Settings) -> Callable[[], Any]:
    return _loop(*_linear(settings), settings)


def bare_predictions(settings: Settings) -> Callable[[], Any]:
    """Predict strings that were perturbed before, and compute the saliency: nothing else."""
    classifier, saliency = _network(settings)
    X, y = _data(settings)
    magnitude = saliency(classifier, X)
    rng = np.random.default_rng(settings.seed)
    inputs = {
        order: [
            [_perturbed(X, magnitude, order, fraction, rng) for _ in range(REPEATS)]
            for fraction in FRACTIONS
        ]
        for order in ORDERS
    }

    def run() -> dict[str, Any]:
        saliency(classifier, X)
        scores: dict[str, Any] = {"baseline": _accuracy(classifier, X, y)}
        for order, each in inputs.items():
            scores[order] = np.array(
                [[_accuracy(classifier, strings, y) for strings in draws] for draws in each]
            )
        return scores

    return run


def _perturbed(
    X: Any, magnitude: NDArray[np.float64], order: str, fraction: float, rng: np.random.Generator
) -> list[str]:
    perturbed = []
    for sequence, values in zip(X, magnitude, strict=True):
        ranked = _ranked(values, order, rng)
        letters = list(sequence)
        for position in ranked[: int(fraction * len(letters) + 0.5)]:
            letters[position] = "N"
        perturbed.append("".join(letters))
    return perturbed


def _ranked(values: NDArray[np.float64], order: str, rng: np.random.Generator) -> NDArray[np.intp]:
    if order == "random":
        return rng.permutation(len(values))
    return np.argsort(-values if order == "top" else values)


def _accuracy(classifier: Any, X: Any, y: NDArray[np.int64]) -> float:
    return max(float(np.mean(classifier.predict(X) == y)), 0.5)


def _same_scores(ours: Any, rival: Any) -> None:
    """Compare what leaves nothing to chance; the random order only roughly."""
    for name in ("baseline", "top", "bottom"):
        np.testing.assert_array_equal(ours[name], rival[name])
    np.testing.assert_allclose(ours["random"].mean(1), rival["random"].mean(1), atol=0.15)


WHAT = "perturbation curve, 5 fractions, 3 orders"
COMPARISONS = [
    Comparison(
        "8",
        WHAT,
        curve,
        "a loop over orders, fractions and strings",
        plain_loop,
        as_fast=5,
        equal=_same_scores,
        note=f"fill={FILL!r}; the loop computes the saliency and the clean accuracy once.",
    ),
    Comparison(
        "8",
        WHAT,
        curve,
        "its saliency and predictions alone",
        bare_predictions,
        costs=1.1,
        equal=_same_scores,
        peaks=False,
    ),
    Comparison(
        "8",
        "the same of one-hot logistic regression",
        linear_curve,
        "the loop",
        linear_loop,
        as_fast=5,
        equal=_same_scores,
        note="Weights are the saliency, so that what is not prediction counts.",
    ),
]


def curve_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS]

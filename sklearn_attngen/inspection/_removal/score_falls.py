"""How far the score of a class falls with letters removed or kept, with a control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

from sklearn_attngen.inspection._inputs.answers import class_scores, target_columns
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import Alphabet

from .bootstrap import percentile_interval, resampled_means
from .perturbation import check_fractions
from .removal import BOOTSTRAP_STREAM, Remover, saliency_values, stream


def measure_falls(
    mode: str,
    estimator: Any,
    X: Any,
    *,
    fractions: ArrayLike,
    control: str | None,
    fill: str,
    n_repeats: int,
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike,
    target: Any,
    alphabet: str | Alphabet | None,
    n_bootstrap: int,
    confidence_level: float,
    random_state: int | np.random.RandomState | None,
    batch_size: int | None,
) -> Bunch:
    """Measure the fall of the target's score for the top order and the control.

    ``mode`` is "deletion" for comprehensiveness and "insertion" for sufficiency.
    """
    check_fitted_classifier(estimator)
    wanted = check_fractions(fractions)
    data = LetterInput.read(estimator, X, alphabet)
    seed = draw_seed(random_state)
    magnitude = np.abs(saliency_values(saliency, estimator, X, data, alphabet, batch_size))
    remover = Remover(estimator, data, magnitude, fill=fill, seed=seed, mode=mode)
    columns = target_columns(estimator, data, target)
    every = np.arange(len(columns))
    clean = class_scores(estimator, data.with_codes(data.codes))[every, columns]
    falls: dict[str, NDArray[np.float64]] = {}
    for order in ("top",) if control is None else ("top", control):
        falls[order] = np.zeros((len(wanted), len(columns)))
        for repeat in range(n_repeats):
            for i, fraction in enumerate(wanted):
                if fraction == (0.0 if mode == "deletion" else 1.0):
                    continue  # nothing is changed
                changed = remover.restore(remover.removed(order, fraction, repeat))
                falls[order][i] += clean - class_scores(estimator, changed)[every, columns]
        falls[order] /= n_repeats
    top = falls["top"].mean(axis=0)
    other = None if control is None else falls[control].mean(axis=0)
    sign = 1.0 if mode == "deletion" else -1.0
    gain = None if other is None else sign * (top - other)
    measured = [values for values in (top, other, gain) if values is not None]
    intervals: list[NDArray[np.float64] | None] = [None, None, None]
    if n_bootstrap:
        means = resampled_means(measured, n_bootstrap, stream(seed, BOOTSTRAP_STREAM))
        intervals[: len(means)] = [percentile_interval(draws, confidence_level) for draws in means]
    return Bunch(
        score=float(top.mean()),
        control=None if other is None else float(other.mean()),
        advantage=None if gain is None else float(gain.mean()),
        interval=intervals[0],
        control_interval=intervals[1],
        advantage_interval=intervals[2],
        fractions=wanted,
        by_fraction=falls["top"].mean(axis=1),
        control_by_fraction=None if control is None else falls[control].mean(axis=1),
        by_sequence=top,
        control_by_sequence=other,
    )

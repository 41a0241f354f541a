"""Look inside ensembles whose answer is the mean of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier

from .unwrap import check_letters, last_behind_encoders, peel

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Member:
    """A network that takes part in the answer of an ensemble.

    Attributes
    ----------
    final : estimator
        What explains itself.
    readers : list of callables
        What the input goes through before, in this order.
    weight : float
        Its share of the answer; the shares of all members sum to 1.
    """

    final: Any
    readers: list[Reader]
    weight: float


def find_members(estimator: Any) -> list[Member] | None:
    """Find the networks whose mean an ensemble answers; a network alone is its only member.

    Looks into VotingClassifier, BaggingClassifier and CalibratedClassifierCV, and into those inside
    of them.

    Returns
    -------
    members : list of Member or None
        None if anything in it is no network that sees the letters where the ensemble does, has not
        seen all classes, or is calibrated to say the opposite.
    """
    return _find(estimator, inside=False)


def _find(estimator: Any, before: Sequence[Any] = (), *, inside: bool) -> list[Member] | None:
    """Find them in an estimator that is given the columns of the encoders ``before`` it."""
    found = last_behind_encoders(estimator)
    if found is None:
        return None
    final, encoders = found
    # with padding of its own, a member's positions are not those of the others
    if inside and any(peel(encoder).pad != "error" for encoder in encoders):
        return None
    readers: list[Reader] = [encoder.transform for encoder in encoders]
    if callable(getattr(final, "saliency", None)):
        check_letters(final, (*before, *encoders))
        return [Member(final, readers, 1.0)]
    if isinstance(final, BaggingClassifier):
        readers.append(np.asarray)  # it gives its members columns without names
    averaged = [(part, weight) for part, weight in _averaged(final) if weight]
    total = sum(weight for _, weight in averaged)
    members: list[Member] = []
    for part, weight in averaged:
        below = _find(part, (*before, *encoders), inside=True)
        if below is None or len(part.classes_) != len(final.classes_):
            return None
        share = weight / total
        members += [
            Member(each.final, readers + each.readers, each.weight * share) for each in below
        ]
    return members or None


def _averaged(ensemble: Any) -> list[tuple[Any, float]]:
    """Return the fitted estimators whose mean an ensemble answers, with weights; empty if none."""
    if isinstance(ensemble, VotingClassifier) and ensemble.voting == "soft":
        weights = [1.0] * len(ensemble.estimators_)
        if ensemble.weights is not None:
            named = zip(ensemble.estimators, ensemble.weights, strict=True)
            weights = [weight for (_, part), weight in named if part != "drop"]
        return list(zip(ensemble.estimators_, weights, strict=True))
    if isinstance(ensemble, CalibratedClassifierCV):
        calibrated = ensemble.calibrated_classifiers_
        if all(_rises(calibrator) for part in calibrated for calibrator in part.calibrators):
            return [(part.estimator, 1.0) for part in calibrated]
    if isinstance(ensemble, BaggingClassifier):
        every = list(range(ensemble.n_features_in_))
        if all(features.tolist() == every for features in ensemble.estimators_features_):
            return [(part, 1.0) for part in ensemble.estimators_]
    return []


def _rises(calibrator: Any) -> bool:
    """Say whether more of a score is more of a probability, which a sigmoid may turn round."""
    return getattr(calibrator, "a_", -1.0) < 0

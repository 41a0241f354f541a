"""What an estimator answers: the scores of its classes, and the columns that targets have there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.classifiers._targets import index_target

from .letter_input import LetterInput
from .unwrap import last_step


def class_scores(estimator: Any, X: Any, method: str | None = None) -> NDArray[np.float64]:
    """Return one score per class, (n, n_classes).

    From ``method``, "predict_proba" or "decision_function"; None takes the first that is there.
    """
    n_classes = len(estimator.classes_)
    if method is None:
        has_probabilities = hasattr(estimator, "predict_proba")
        method = "predict_proba" if has_probabilities else "decision_function"
    scores = getattr(estimator, method)(X)
    if method == "decision_function" and np.ndim(scores) == 1:
        scores = np.column_stack([-np.asarray(scores), scores])
    is_table = not isinstance(scores, list) and np.ndim(scores) == 2
    # three classes make three pairs: columns alone do not tell
    pairwise = getattr(last_step(estimator), "decision_function_shape", "ovr") == "ovo"
    pairwise = pairwise and method == "decision_function" and n_classes > 2
    if pairwise or not is_table or scores.shape[1] != n_classes:
        shape = "a list" if isinstance(scores, list) else f"shape {np.shape(scores)}"
        remedy = " Set decision_function_shape='ovr'." if pairwise else ""
        raise ValueError(
            f"{method} of {type(estimator).__name__} gave {shape}; one column for each of its "
            f"{n_classes} classes is needed. Estimators with several outputs, and decision "
            f"functions that compare classes pairwise, cannot be explained.{remedy}"
        )
    return np.asarray(scores, dtype=np.float64)


def target_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.int64]:
    """Return the column of the target class of each sequence in ``classes_``, (n,)."""
    if target is None:
        target = estimator.predict(data.with_codes(data.codes))
    return label_columns(estimator, target, data.sequences.n_samples)


def label_columns(estimator: Any, target: Any, n: int) -> NDArray[np.int64]:
    """Return the column in ``classes_`` of a label, or of each of n labels, (n,)."""
    return index_target(target, np.asarray(estimator.classes_), n, type(estimator).__name__)


def checked_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.int64]:
    """Return the same after the estimator has read the input, and raised if it cannot.

    For those who then ask the network inside directly, whose errors would help nobody.
    """
    predicted = target_columns(estimator, data, None)
    return predicted if target is None else target_columns(estimator, data, target)

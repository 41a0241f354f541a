"""What an estimator answers: the scores of its classes, and the columns that targets have there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._warning import warn_user
from sklearn_attngen.classifiers._targets import index_target

from .letter_input import LetterInput
from .unwrap import last_step

# How far the sum of probabilities may be from 1, as it is in half precision.
_NOT_ONE = 0.01


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
    scores = np.asarray(scores, dtype=np.float64)
    if method == "predict_proba":
        _check_probabilities(estimator, scores)
    return scores


def _check_probabilities(estimator: Any, scores: NDArray[np.float64]) -> None:
    """Raise unless each row holds probabilities of exclusive classes.

    Without a word, changes of anything else would be ranked as if they were those of probabilities.
    Rows of zeros are left: some classifiers answer so where they know nothing.
    """
    total = scores.sum(axis=1)
    right = (np.abs(total - 1.0) <= _NOT_ONE) & (scores >= -_NOT_ONE).all(axis=1)
    right |= (scores == 0.0).all(axis=1)
    if right.all():
        return
    values = ", ".join(f"{value:.3g}" for value in scores[right.argmin()][:5])
    raise ValueError(
        f"predict_proba of {type(estimator).__name__} gave no probabilities of its classes, which "
        f"would sum to 1, but {values}. Where it gives logits, as a skorch net with a loss of its "
        "own does, pass predict_nonlinearity=torch.nn.Softmax(dim=1) to it; where several labels "
        "may be true at once, explain one classifier for each label."
    )


def target_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.int64]:
    """Return the column of the target class of each sequence in ``classes_``, (n,)."""
    n = data.sequences.n_samples
    if target is None:
        target = estimator.predict(data.with_codes(data.codes))
        if np.shape(target) != (n,):
            raise ValueError(
                f"predict of {type(estimator).__name__} gave shape {np.shape(target)}; one class "
                f"for each of the {n} sequences is needed. Explain one classifier for each label."
            )
    return label_columns(estimator, target, n)


def label_columns(estimator: Any, target: Any, n: int) -> NDArray[np.int64]:
    """Return the column in ``classes_`` of a label, or of each of n labels, (n,)."""
    return index_target(target, np.asarray(estimator.classes_), n, type(estimator).__name__)


def checked_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.int64]:
    """Return the same after the estimator has read the input, and raised if it cannot.

    For those who then ask the network inside directly, whose errors would help nobody.
    """
    predicted = target_columns(estimator, data, None)
    return predicted if target is None else target_columns(estimator, data, target)


def check_labels_known(estimator: Any, labels: NDArray[Any]) -> None:
    """Warn of labels that no answer can be equal to; raise where all are such.

    An estimator that was fitted on some of the rows may never have seen a rare class, so that some
    such labels can be right.
    """
    classes = np.asarray(estimator.classes_).tolist()
    given = labels.tolist()
    known = set(classes)
    unknown = [row for row, label in enumerate(given) if label not in known]
    if not unknown:
        return
    row, some = unknown[0], classes[:5]
    label = given[row]
    if len(unknown) == len(given):
        raise ValueError(
            f"No label in y is a class of the estimator: y holds {label!r} in row {row}, the "
            f"classes are {some}. Pass the labels in the form of fit."
        )
    question = ""
    if isinstance(label, str):
        names = {str(name).casefold(): name for name in classes}
        close = get_close_matches(label.casefold(), names, n=1)
        question = f" Did you mean {names[close[0]]!r}?" if close else ""
    warn_user(
        f"{len(unknown)} of {len(given)} labels in y, such as {label!r} in row {row} (0-based), "
        f"are no classes of the estimator, and count as wrong answers. The classes are {some}."
        f"{question}"
    )

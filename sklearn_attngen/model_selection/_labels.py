"""Read class labels, and say which of them cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sklearn_attngen.classifiers._targets import check_no_missing
from sklearn_attngen.sequences._messages import is_missing

__all__ = ["are_classes", "is_text", "read_labels"]


def read_labels(y: ArrayLike, n_rows: int, name: str) -> NDArray[Any]:
    """Return the labels as an array of shape (n_rows,); what is no label of a class raises."""
    try:
        labels = column_or_1d(_as_they_are(y))
        if len(labels) != n_rows:
            raise ValueError(f"{len(labels)} labels for {n_rows} sequences.")
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    _check(labels, name)
    try:
        check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return labels


def are_classes(y: ArrayLike, name: str = "y") -> bool:
    """Say whether a target names classes; numbers to regress on and several columns do not."""
    given = _as_they_are(y)
    target = np.asarray(given)
    if target.ndim == 1 or (target.ndim == 2 and target.shape[1] == 1):
        _check(target.ravel(), name)
    kind = type_of_target(given, input_name=name)
    if kind == "unknown":
        raise ValueError(
            f"{name} has the dtype {target.dtype}, of which scikit-learn cannot tell whether it "
            f"holds classes. Pass {name}.astype(int) or {name}.astype(str)."
        )
    return kind in ("binary", "multiclass")


def is_text(labels: NDArray[Any]) -> bool:
    """Say whether labels are text, rather than numbers."""
    return labels.dtype.kind in "US" or isinstance(labels[0], str)


def _as_they_are(y: ArrayLike) -> ArrayLike:
    """Keep NumPy from writing a missing label of a list as text."""
    if isinstance(y, list | tuple) and any(is_missing(label) for label in y):
        return np.array(y, dtype=object)
    return y


def _check(labels: NDArray[Any], name: str) -> None:
    check_no_missing(labels, name)
    if labels.dtype.kind == "O" and len({isinstance(label, str) for label in labels}) > 1:
        raise TypeError(f"{name} holds both text and other labels. Write all of them as text.")

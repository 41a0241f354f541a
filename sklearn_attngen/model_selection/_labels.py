"""Read class labels, and say which of them cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from sklearn_attngen.classifiers._targets import as_they_are, check_classes


def read_labels(y: ArrayLike, n_rows: int, name: str) -> NDArray[Any]:
    """Return the labels as an array of shape (n_rows,); what is no label of a class raises."""
    try:
        labels = column_or_1d(as_they_are(y))
        if len(labels) != n_rows:
            raise ValueError(
                f"{len(labels)} labels for {n_rows} sequences. Pass one each, in the order X, y, "
                "X_test, y_test."
            )
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    check_classes(labels, name)
    kind = _kind(labels, name)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"{name}: class labels are needed, and these are {kind} numbers. Make classes of them "
            f"first, for example {name} > 0.5."
        )
    return labels


def are_classes(y: ArrayLike, name: str = "y") -> bool:
    """Say whether a target names classes; numbers to regress on and several columns do not."""
    given = as_they_are(y)
    target = np.asarray(given)
    if target.ndim == 1 or (target.ndim == 2 and target.shape[1] == 1):
        check_classes(target.ravel(), name)
    return _kind(given, name) in ("binary", "multiclass")


def is_text(labels: NDArray[Any]) -> bool:
    """Say whether labels are text, rather than numbers."""
    return labels.dtype.kind in "US" or isinstance(labels[0], str)


def _kind(y: ArrayLike, name: str) -> str:
    """Return scikit-learn's name for what a target holds; raise where it has none."""
    kind = str(type_of_target(y, input_name=name))
    if kind == "unknown":
        target = np.asarray(y)
        raise ValueError(
            f"{name} is an array of {target.ndim} dimension(s) and dtype {target.dtype}, of which "
            f"scikit-learn cannot tell whether it holds classes. Pass one label for each sequence, "
            f"as {name}.astype(int) or {name}.astype(str)."
        )
    return kind

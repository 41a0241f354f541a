"""Classes, weights and the validation split of a classification target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import column_or_1d

from sklearn_attngen.sequences._messages import is_missing

# of a row whose weight is used as it is: millions of such rows can be added up in single precision
LARGEST_WEIGHT = 1e30


def as_they_are(y: ArrayLike) -> ArrayLike:
    """Keep NumPy from writing labels of a list as text that are none, and from unmasking them."""
    if isinstance(y, np.ma.MaskedArray) and np.ma.is_masked(y):
        return np.array(y.tolist(), dtype=object)  # None where it is masked
    if not isinstance(y, list | tuple):
        return y
    mixed = len({isinstance(label, str) for label in y}) > 1
    return np.array(y, dtype=object) if mixed or any(map(is_missing, y)) else y


def label_column(y: ArrayLike, *, warn: bool = False) -> NDArray[Any]:
    """Return labels as an array of shape (n,), with a remedy where they are no column."""
    try:
        return column_or_1d(as_they_are(y), warn=warn)
    except ValueError as error:
        is_table = re.search(r"shape \(\d+, \d+\)", str(error))
        one_hot = "; np.asarray(y).argmax(axis=1) makes one of one-hot columns" if is_table else ""
        raise ValueError(
            f"{error} Pass a list or an array of one label for each sequence, got "
            f"{type(y).__name__}{one_hot}."
        ) from error


def check_classes(y: NDArray[Any], name: str = "y") -> None:
    """Raise if labels cannot be compared, before that fails with a message about types.

    Raises
    ------
    ValueError
        If a label is NaN, infinite, None or pandas' NA.
    TypeError
        If there are both text and other labels.
    """
    missing: Iterable[bool] = ()
    if y.dtype.kind == "O":
        missing = map(is_missing, y)
    elif y.dtype.kind == "f":
        missing = np.isnan(y)
    row = next((row for row, is_one in enumerate(missing) if is_one), None)
    if row is not None:
        raise ValueError(
            f"Input {name} contains NaN or None: the label of row {row} (counted from 0) is "
            f"{y[[row]].tolist()[0]!r}. Leave such rows out, or give them a class of their own."
        )
    if y.dtype.kind == "O" and len({isinstance(label, str) for label in y}) > 1:
        raise TypeError(f"{name} holds both text and other labels. Write all of them as text.")
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name=name)


def checked_labels(y: ArrayLike, name: str = "y") -> NDArray[Any]:
    """Return labels as an array of shape (n,), checked."""
    labels = label_column(y)
    check_classes(labels, name)
    return labels


def encode_target(y: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """Return the index of each label in the sorted classes.

    Raises
    ------
    ValueError
        If a label is not one of the classes; the message names row and label.
    """
    index = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    wrong = np.flatnonzero(classes[index] != y)
    if wrong.size:
        raise ValueError(
            f"y holds the label {y[wrong].tolist()[0]!r} (row {wrong[0]}, counted from 0), which "
            f"is none of the classes {classes.tolist()}. Pass every label in the `classes` of the "
            f"first call."
        )
    return index.astype(np.int64)


def index_target(target: Any, classes: NDArray[Any], n: int, name: str) -> NDArray[np.int64]:
    """Return the index among the classes, in any order, of a label or of each of n labels, (n,).

    Raises
    ------
    ValueError
        If there is another number of labels, or one is none of the classes, which are those of
        the estimator of this name.
    """
    labels = np.asarray(target)
    if labels.ndim == 0:
        labels = np.full(n, target, dtype=labels.dtype)
    if labels.shape != (n,):
        raise ValueError(
            f"target has shape {labels.shape}, but X holds {n} sequences: give one label for "
            "all of them, one label for each, or None for the predicted classes."
        )
    # not np.isin, to which 12 and "12" are the same where classes are many
    matches = labels[:, None] == classes
    missing = np.flatnonzero(~matches.any(axis=1))
    if missing.size:
        raise ValueError(
            f"target {labels.tolist()[missing[0]]!r} (row {missing[0]}, 0-based) is none of the "
            f"classes {classes.tolist()} of {name}."
        )
    return matches.argmax(axis=1).astype(np.int64)


def row_weights(
    sample_weight: NDArray[np.floating],
    index: NDArray[np.int64],
    classes: NDArray[Any],
    class_weight: Mapping[Any, float] | str | None,
    *,
    normalise: bool = True,
) -> NDArray[np.float64]:
    """Combine weights of rows and classes; normalised, the rows of positive weight have mean 1.

    "balanced" counts each class by the weights of its rows, so that a row of weight 2 equals two
    rows.
    """
    weight = _bounded(sample_weight.astype(np.float64), normalise)
    if class_weight == "balanced":
        totals = np.bincount(index, weights=weight, minlength=len(classes))
        present = totals > 0
        factor = np.zeros(len(classes))
        factor[present] = totals.sum() / (present.sum() * totals[present])
        weight = weight * factor[index]
    elif class_weight is not None:
        factor = compute_class_weight(class_weight, classes=classes, y=classes)
        if not (finite := np.isfinite(factor)).all():
            raise ValueError(
                f"class_weight must be finite, got {factor[finite.argmin()]} for the class "
                f"{classes[[finite.argmin()]].tolist()[0]!r}."
            )
        if (factor < 0).any():
            raise ValueError(
                f"class_weight must not be negative, got {factor.min()} for the class "
                f"{classes[[factor.argmin()]].tolist()[0]!r}."
            )
        weight = weight * _bounded(factor, normalise)[index]
    positive = weight > 0
    if not positive.any():
        raise ValueError(
            "All rows have weight zero; sample_weight times class_weight must be positive for at "
            "least one row."
        )
    if not normalise and weight.max() > LARGEST_WEIGHT:
        raise ValueError(
            f"The largest weight of a row, sample_weight times class_weight, is {weight.max():g}, "
            "too much to add up in single precision. Divide all weights by it."
        )
    return weight / weight[positive].mean() if normalise else weight


def _bounded(weight: NDArray[np.float64], relative: bool) -> NDArray[np.float64]:
    """Return weights whose sums and products do not overflow, where only their ratios matter."""
    return weight / weight.max() if relative and weight.max(initial=0) > 1e100 else weight


def validation_split(
    index: NDArray[np.int64], fraction: float, random_state: np.random.RandomState
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows into training and validation, by class where each class has enough rows.

    Where not, each class keeps a row to train on.

    Raises
    ------
    ValueError
        If there are too few rows for the fraction.
    """
    classes, first, counts = np.unique(index, return_index=True, return_counts=True)
    n_valid = int(np.ceil(fraction * len(index)))
    if len(index) - n_valid < len(classes):
        raise ValueError(
            f"early_stopping=True holds out {n_valid} of {len(index)} rows "
            f"(validation_fraction={fraction}), which leaves too few to train on: every class "
            f"needs one. Pass more rows, a smaller validation_fraction or early_stopping=False."
        )
    stratify = index if counts.min() >= 2 and n_valid >= len(counts) else None
    rows = np.arange(len(index))
    train, valid = train_test_split(
        rows, test_size=n_valid, stratify=stratify, random_state=random_state
    )
    if len(np.unique(index[train])) < len(classes):
        valid = random_state.choice(np.delete(rows, first), n_valid, replace=False)
        train = np.setdiff1d(rows, valid)
    return np.sort(train), np.sort(valid)

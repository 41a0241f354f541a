"""What a picture of saliency is made of, checked."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen.inspection._inputs.values import check_saliency

KINDS = ("profile", "sequences", "heatmap")
# Beyond this many sequences the letters of a figure cannot be read.
_MOST_SEQUENCES = 20
# A mean or a smoothed row may miss 0 by so much of the largest value.
_ROUNDING = 1e-9


def check_kind(kind: str, X: Any) -> None:
    """Raise unless pictures of this kind can be drawn of so many sequences."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}.")
    if kind == "sequences":
        if X is None:
            raise ValueError("kind='sequences' draws letters and needs X. Pass the sequences.")
        n = X.shape[0] if hasattr(X, "shape") else len(X)
        if n > _MOST_SEQUENCES and not isinstance(X, str):  # one string is refused as such
            raise ValueError(
                f"kind='sequences' draws every sequence of X, and {n} are too many to be read: "
                f"pass at most {_MOST_SEQUENCES}, such as X[:4]."
            )


def check_values(saliency: ArrayLike, signed: bool) -> NDArray[np.float64]:
    """Return saliency as an array of shape (n, L), or raise."""
    values = check_saliency(saliency)
    negative = values < -_ROUNDING * np.abs(values).max()
    if not signed and negative.any():
        row, position = np.argwhere(negative)[0]
        raise ValueError(
            f"saliency is {values[row, position]:g} in row {row} at position {position} (both "
            "0-based), and shares are never negative. Pass signed=True to draw evidence for and "
            "against the target."
        )
    return values if signed else np.maximum(values, 0.0)


def check_drawing(
    kind: str,
    groups: NDArray[Any] | None,
    sort: str | None,
    letters_per_line: Any,
    class_colors: Mapping[Any, str] | None,
) -> None:
    """Raise unless a picture of this kind can be drawn so."""
    if sort not in (None, "peak"):
        raise ValueError(f"sort must be 'peak' or None, got {sort!r}.")
    if sort is not None and kind != "heatmap":
        raise ValueError(
            f"sort={sort!r} orders the lines of a heat map, and kind={kind!r} has none. "
            "Leave sort out, or say kind='heatmap'."
        )
    if not isinstance(letters_per_line, Integral) or letters_per_line < 1:
        raise ValueError(
            f"letters_per_line must be a whole number, at least 1, got {letters_per_line!r}."
        )
    if class_colors is not None and groups is not None:
        missing = [group for group in np.unique(groups) if group not in class_colors]
        if missing:
            raise ValueError(f"class_colors has no colour for the class {missing[0]!s}.")


def check_labels(labels: Any, n: int) -> list[str] | None:
    """Return n labels as texts, or raise."""
    if labels is None:
        return None
    if isinstance(labels, str):
        raise ValueError(f"labels must be a list of texts, got one text, {labels!r}.")
    texts = [str(label) for label in labels]
    if len(texts) != n:
        raise ValueError(f"labels holds {len(texts)} texts for {n} sequences. Give each one.")
    return texts


def written_labels(true: NDArray[Any] | None, predicted: NDArray[Any]) -> list[str]:
    """Return what is written above sequences: their row, and true and predicted class."""
    known = [""] * len(predicted) if true is None else [f"true {label}, " for label in true]
    return [
        f"Sequence {row}: {label}predicted {guess}"
        for row, (label, guess) in enumerate(zip(known, predicted, strict=True))
    ]

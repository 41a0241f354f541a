"""Saliency that is given, and the letters that it belongs to, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet, read_sequences
from sklearn_attngen.sequences._containers import masked_as_nan
from sklearn_attngen.sequences._strings import describe

from .letter_input import LetterInput


def check_saliency(saliency: Any, what: str = "saliency") -> NDArray[np.float64]:
    """Return saliency as an array of shape (n, L), or raise."""
    try:
        values = np.asarray(masked_as_nan(saliency), dtype=np.float64)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{what} must hold a number for each position of each sequence, shape (n, L), got "
            f"{describe(saliency)}: {str(error)[:80]}"
        ) from error
    if values.ndim != 2 or 0 in values.shape:
        by_letter = (
            " Attributions of one-hot letters are summed over the axis of the letters first."
        )
        raise ValueError(
            f"{what} has shape {values.shape}, but needs one row for each sequence and one column "
            f"for each position, at least one of both.{by_letter if values.ndim == 3 else ''}"
        )
    if not np.isfinite(values).all():
        row, position = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(
            f"{what} is {values[row, position]} in row {row} at position {position} (both "
            "0-based), and finite values are needed. Replace it, with 0 for instance."
        )
    return values


def checked_saliency(values: Any, data: LetterInput) -> NDArray[np.float64]:
    """Return one finite value for each position, (n, L), or say what is wrong."""
    values = check_saliency(values, "The saliency")
    if values.shape != data.codes.shape:
        raise ValueError(
            f"The saliency has shape {values.shape}, but X holds {data.codes.shape[0]} sequences "
            f"of length {data.codes.shape[1]}: one value for each position is needed, shape "
            f"{data.codes.shape}."
        )
    return values


def codes_for(X: Any, shape: tuple[int, ...], alphabet: Alphabet) -> NDArray[np.uint8]:
    """Return the codes of the letters that saliency of this shape belongs to, or raise."""
    sequences = read_sequences(X, alphabet=alphabet)
    if shape != (sequences.n_samples, sequences.length):
        raise ValueError(
            f"saliency has shape {shape}, but X holds {sequences.n_samples} sequences of length "
            f"{sequences.length}: one value for each letter is needed."
        )
    assert sequences.codes is not None  # read as letters
    return sequences.codes

"""What stands in the place of removed letters: pure functions on code arrays.

Every function takes ``codes`` (n, L) and ``selected`` (n, L) and changes selected letters only;
positions without a signal are never changed, whatever ``selected`` says. All draws cover the whole
array in a fixed order, so that the result depends on the generator's state alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import NO_SIGNAL

from ._dinucleotide import dinucleotide_shuffle

Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Fill = Callable[[Codes, Mask, int, np.random.Generator], Codes]

FILLS = ("unknown", "shuffle", "resample", "dinucleotide", "uniform")


def fill_unknown(codes: Codes, selected: Mask, n_letters: int, rng: np.random.Generator) -> Codes:
    """Set the selected letters to the unknown letter (N), which carries no signal."""
    return np.where(selected, np.uint8(NO_SIGNAL), codes)


def fill_shuffle(codes: Codes, selected: Mask, n_letters: int, rng: np.random.Generator) -> Codes:
    """Permute the selected letters of each row among themselves."""
    keys = rng.random(codes.shape)
    selected = selected & (codes != NO_SIGNAL)
    # Selected columns come first in both orders, the others after them in place: one gather and
    # one scatter move the j-th selected letter (at random) to the j-th selected column (from the
    # left).
    source = np.argsort(np.where(selected, keys, 2.0), axis=1, kind="stable")
    target = np.argsort(~selected, axis=1, kind="stable")
    filled = np.empty_like(codes)
    np.put_along_axis(filled, target, np.take_along_axis(codes, source, axis=1), axis=1)
    return filled


def fill_resample(codes: Codes, selected: Mask, n_letters: int, rng: np.random.Generator) -> Codes:
    """Draw the selected letters, with replacement, from all real letters of the row."""
    draws = rng.random(codes.shape)
    real = codes != NO_SIGNAL
    ranked = np.sort(codes, axis=1)  # NO_SIGNAL is the largest code: real letters first
    picks = (draws * real.sum(axis=1, keepdims=True)).astype(np.intp)
    return np.where(selected & real, np.take_along_axis(ranked, picks, axis=1), codes)


def fill_dinucleotide(
    codes: Codes, selected: Mask, n_letters: int, rng: np.random.Generator
) -> Codes:
    """Take the selected letters from a shuffle of the row that keeps its dinucleotide counts."""
    return np.where(selected, dinucleotide_shuffle(codes, n_letters, rng), codes)


LETTER_FILLS: dict[str, Fill] = {
    "unknown": fill_unknown,
    "shuffle": fill_shuffle,
    "resample": fill_resample,
    "dinucleotide": fill_dinucleotide,
}


def fill_uniform(one_hot_values: NDArray[np.uint8], codes: Codes, selected: Mask) -> NDArray:
    """Give every letter the value 1 / n_letters at the selected positions of a one-hot array.

    Parameters
    ----------
    one_hot_values : ndarray of shape (n, L, n_letters)
        The one-hot form of ``codes``.
    codes : ndarray of shape (n, L)
    selected : ndarray of bool of shape (n, L)

    Returns
    -------
    values : ndarray of float32 of shape (n, L, n_letters)
    """
    values = one_hot_values.astype(np.float32)
    values[selected & (codes != NO_SIGNAL)] = 1.0 / one_hot_values.shape[2]
    return values

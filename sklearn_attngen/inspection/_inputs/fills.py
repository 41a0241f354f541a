"""What stands in the place of removed letters: pure functions on code arrays.

Every fill takes ``codes`` (n, L) and ``selected`` (n, L) and changes selected letters only;
positions without a signal are never changed, whatever ``selected`` says. All draws cover the whole
array in a fixed order, so that the result depends on the generator's state alone, and so that draws
made once serve for any selection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import NO_SIGNAL, one_hot

from .dinucleotide import dinucleotide_shuffle

Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

FILLS = ("unknown", "shuffle", "resample", "dinucleotide", "uniform")


@dataclass(frozen=True)
class LetterFill:
    """A fill in two steps, of which the first does not know what is selected.

    Attributes
    ----------
    draw : callable
        From ``(codes, n_letters, rng)`` to what ``place`` needs.
    place : callable
        From ``(codes, selected, drawn)`` to the filled codes.
    """

    draw: Callable[[Codes, int, np.random.Generator], NDArray]
    place: Callable[[Codes, Mask, NDArray], Codes]

    def __call__(
        self, codes: Codes, selected: Mask, n_letters: int, rng: np.random.Generator
    ) -> Codes:
        """Fill the selected positions of ``codes``."""
        return self.place(codes, selected, self.draw(codes, n_letters, rng))


def _draw_unknown(codes: Codes, n_letters: int, rng: np.random.Generator) -> Codes:
    return np.array(NO_SIGNAL, dtype=np.uint8)


def _draw_keys(codes: Codes, n_letters: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.random(codes.shape)


def _draw_letters(codes: Codes, n_letters: int, rng: np.random.Generator) -> Codes:
    """Draw letters, with replacement, from all real letters of the row."""
    draws = rng.random(codes.shape)
    real = codes != NO_SIGNAL
    ranked = np.sort(codes, axis=1)  # NO_SIGNAL is the largest code: real letters first
    picks = (draws * real.sum(axis=1, keepdims=True)).astype(np.intp)
    return np.where(real, np.take_along_axis(ranked, picks, axis=1), np.uint8(NO_SIGNAL))


def _place_drawn(codes: Codes, selected: Mask, drawn: Codes) -> Codes:
    # as np.where does, without a branch for each letter
    return codes ^ ((codes ^ drawn) * selected)


def _place_shuffled(codes: Codes, selected: Mask, keys: NDArray[np.float64]) -> Codes:
    """Permute the selected letters of each row: those of lower keys go further left."""
    selected = selected & (codes != NO_SIGNAL)
    counts = selected.sum(axis=1)
    width = int(counts.max(initial=0))
    # Only what is selected is sorted: one row for each sequence, with an end that sorts last.
    at = np.flatnonzero(selected)
    held = np.flatnonzero(np.arange(width) < counts[:, None])
    order = np.full((len(codes), width), 2.0)
    order.put(held, keys.take(at))
    letters = np.zeros(order.shape, dtype=np.uint8)
    letters.put(held, codes.take(at))
    letters = np.take_along_axis(letters, np.argsort(order, axis=1), axis=1)
    filled = codes.copy()
    filled.put(at, letters.take(held))
    return filled


LETTER_FILLS = {
    # the unknown letter (N), which carries no signal
    "unknown": LetterFill(_draw_unknown, _place_drawn),
    # the selected letters of each row, permuted among themselves
    "shuffle": LetterFill(_draw_keys, _place_shuffled),
    # letters drawn, with replacement, from all real letters of the row
    "resample": LetterFill(_draw_letters, _place_drawn),
    # letters of a shuffle of the row that keeps its dinucleotide counts
    "dinucleotide": LetterFill(dinucleotide_shuffle, _place_drawn),
}


def fill_uniform(codes: Codes, selected: Mask, n_letters: int) -> NDArray[np.float32]:
    """Return one-hot values, (n, L, n_letters), but 1 / n_letters each where selected."""
    values = one_hot(codes, n_letters, np.float32)
    values[selected & (codes != NO_SIGNAL)] = 1.0 / n_letters
    return values

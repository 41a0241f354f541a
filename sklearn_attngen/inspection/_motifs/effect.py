"""What a motif does: the change of the prediction when its sites are replaced."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.inspection._inputs.answers import class_scores
from sklearn_attngen.inspection._inputs.fills import LETTER_FILLS
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.sequences import NO_SIGNAL

Mask = NDArray[np.bool_]


def site_effect(
    estimator: Any,
    data: LetterInput,
    rows: NDArray[np.int64],
    column: int,
    starts: NDArray[np.int64],
    width: int,
    *,
    n_repeats: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Measure how much a class's score falls when sites are replaced, and when other letters are.

    Parameters
    ----------
    estimator : fitted classifier
    data : LetterInput
    rows, starts : ndarray of shape (n_sites,)
        Where the sites are. What hangs over an end of the sequence is left out.
    column : int
        The class, by its place in ``classes_``.
    width : int
        Width of the sites.
    n_repeats : int
        Draws of the letters, and of the places of the control.
    rng : numpy.random.Generator

    Returns
    -------
    effect, control : float
        Mean fall over the sequences with sites. The control replaces as many letters, in as many
        pieces, elsewhere in the same sequences.
    """
    every, index = np.unique(rows, return_inverse=True)
    codes = data.codes[every]
    sites = np.zeros(codes.shape, dtype=bool)
    places = starts[:, None] + np.arange(width)
    inside = (places >= 0) & (places < codes.shape[1])
    sites[np.broadcast_to(index[:, None], places.shape)[inside], places[inside]] = True
    sites &= codes != NO_SIGNAL

    def score(letters: NDArray[np.uint8]) -> NDArray[np.float64]:
        return class_scores(estimator, data.with_codes(letters, every))[:, column]

    clean = score(codes)
    n_letters = data.sequences.alphabet.n_letters
    resample = LETTER_FILLS["resample"]
    falls = np.zeros(2)
    for _ in range(n_repeats):
        for i, selected in enumerate((sites, _moved(sites, codes != NO_SIGNAL, rng))):
            falls[i] += (clean - score(resample(codes, selected, n_letters, rng))).mean()
    effect, control = falls / n_repeats
    return float(effect), float(control)


def _moved(mask: Mask, letters: Mask, rng: np.random.Generator) -> Mask:
    """Turn each row of a mask of letters round, as if nothing stood between its letters."""
    moved = np.zeros_like(mask)
    counts = letters.sum(axis=1)
    for count in np.unique(counts[counts > 0]):
        rows = counts == count
        places = letters & rows[:, None]
        moved[places] = _turned(mask[places].reshape(-1, count), rng).ravel()
    return moved


def _turned(mask: Mask, rng: np.random.Generator) -> Mask:
    """Turn each row of a mask round by a random distance at which it covers least of itself."""
    length = mask.shape[1]
    spectrum = np.fft.rfft(mask, axis=1)
    overlap = np.rint(np.fft.irfft(spectrum * spectrum.conj(), n=length, axis=1))
    free = overlap == overlap.min(axis=1, keepdims=True)
    distance = np.where(free, rng.random(mask.shape), -1.0).argmax(axis=1)
    places = (np.arange(length) - distance[:, None]) % length
    return np.take_along_axis(mask, places, axis=1)

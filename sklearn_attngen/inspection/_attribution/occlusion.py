"""Occlusion: what the classifier says without each letter in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sklearn_attngen.inspection._inputs.answers import class_scores, target_columns
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of
from sklearn_attngen.inspection._inputs.unwrap import check_reads_unknown
from sklearn_attngen.sequences import NO_SIGNAL

from .substitutions import network_substitutions

# Letters times alphabet size in one batch of perturbed sequences unless the user sets batch_size.
BATCH_ENTRIES = 2**21
# Changes below this share of the probability they are changes of are rounding errors.
_ROUNDING = 1e-12
# Sequences by which a network is compared with its estimator, and how far they may be apart.
_COMPARED, _APART = 16, 1e-4
# Rows and positions that were set to unknown, and the scores of all classes then.
_Answers = Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]


def occlusion(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    signed: bool = False,
    batch_size: int | None = None,
) -> NDArray[np.float64]:
    """Measure the change of the target's score when each letter is set to unknown.

    Parameters
    ----------
    estimator : fitted classifier
    data : LetterInput of n sequences of length L
    target : label, array of n labels or None
        None takes the predicted class of each sequence.
    signed : bool
    batch_size : int or None
        Number of perturbed sequences in memory at a time, or, for networks, of the parts of them
        that the letter reaches.

    Returns
    -------
    saliency : ndarray of float64 of shape (n, L)
        Signed changes, or magnitudes that sum to 1 in each row.
    """
    if data.sequences.layout == "strings":
        check_reads_unknown(estimator, "Occlusion", remedy="choose another method")
    codes = data.codes
    n, length = codes.shape
    entries = length * data.sequences.alphabet.n_letters
    rows_at_a_time = batch_size or max(1, BATCH_ENTRIES // entries)

    batches = batches_of(n, length, rows_at_a_time)
    clean = np.concatenate(
        [class_scores(estimator, data.with_codes(codes[rows], rows)) for rows in batches]
    )
    columns = target_columns(estimator, data, target)
    score = clean[np.arange(n), columns]
    probabilities = hasattr(estimator, "predict_proba")
    # Probabilities near 1 have lost the digits that those of the other classes still have.
    use_rest = probabilities & (score > 0.5)
    base = np.where(use_rest, _rest(clean, columns), score)

    change = np.zeros(codes.shape)
    network = _deciding_network(estimator, data, clean, min(_COMPARED, rows_at_a_time))
    if network is None:
        answers = _from_estimator(estimator, data, rows_at_a_time)
    else:
        answers = _from_network(network, codes, clean, batch_size)
    for row, position, scores in answers:
        kept = scores[np.arange(row.size), columns[row]]
        rest = _rest(scores, columns[row])
        change[row, position] = np.where(use_rest[row], rest - base[row], base[row] - kept)
    noise = _ROUNDING * np.abs(base)[:, None]
    change[np.abs(change) <= noise] = 0.0
    return change if signed else normalised_magnitude(change, codes != NO_SIGNAL)


def _from_estimator(estimator: Any, data: LetterInput, batch_size: int) -> _Answers:
    rows, positions = np.nonzero(data.codes != NO_SIGNAL)
    for some in batches_of(rows.size, data.codes.shape[1], batch_size):
        row, position = rows[some], positions[some]
        perturbed = data.codes[row]
        perturbed[np.arange(row.size), position] = NO_SIGNAL
        yield row, position, class_scores(estimator, data.with_codes(perturbed, row))


def _from_network(
    network: LetterNetwork,
    codes: NDArray[np.uint8],
    clean: NDArray[np.float64],
    batch_size: int | None,
) -> _Answers:
    parts = network_substitutions(network, codes, unknown=True, batch_size=batch_size)
    for rows, logits, substituted in parts:
        row, position = np.nonzero(codes[rows] != NO_SIGNAL)
        without = substituted[row, position, 0]
        # A letter that changes nothing leaves the scores as they are, to the last bit.
        same = (without == logits[row]).all(axis=1, keepdims=True)
        yield row + rows.start, position, np.where(same, clean[rows][row], softmax(without, axis=1))


def _deciding_network(
    estimator: Any, data: LetterInput, clean: NDArray[np.float64], n_rows: int
) -> LetterNetwork | None:
    """Return the network inside if its softmax is what the estimator answers (n, n_classes)."""
    network = LetterNetwork.find(estimator, data)
    if network is None or not hasattr(estimator, "predict_proba"):
        return None
    answers = softmax(network.logits(data.codes[:n_rows]), axis=1)
    expected = clean[:n_rows]
    same = answers.shape == expected.shape and np.allclose(answers, expected, rtol=0, atol=_APART)
    return network if same else None


def normalised_magnitude(values: NDArray[Any], real: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return absolute values scaled to sum 1 in each row, 0 where there is no letter.

    A row without any evidence is spread evenly over its real positions; a row without real
    positions is 0.
    """
    magnitude = np.where(real, np.abs(values), 0.0)
    largest = magnitude.max(axis=1, keepdims=True)
    # By the maximum first: the sum of denormal numbers would lose their ratios.
    magnitude = np.divide(magnitude, largest, out=real.astype(np.float64), where=largest > 0)
    total = magnitude.sum(axis=1, keepdims=True)
    return np.divide(magnitude, total, out=magnitude, where=total > 0)


def _rest(scores: NDArray[np.float64], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum the scores of all classes but the target's."""
    others = scores.copy()
    others[np.arange(len(scores)), columns] = 0.0
    return others.sum(axis=1)

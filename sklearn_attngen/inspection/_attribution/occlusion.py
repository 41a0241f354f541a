"""Occlusion: what the classifier says without each letter in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork
from sklearn_attngen.inspection._inputs.unwrap import last_step, refuses_unknown_letters
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
        refuses_unknown_letters(estimator, "Occlusion", remedy="choose another method")
    codes = data.codes
    entries = codes.shape[1] * data.sequences.alphabet.n_letters
    rows_at_a_time = batch_size or max(1, BATCH_ENTRIES // entries)

    clean = _in_batches(estimator, data, codes, rows_at_a_time)
    columns = target_columns(estimator, data, target)
    every = np.arange(len(codes))
    score = clean[every, columns]
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
    for start in range(0, rows.size, batch_size):
        row, position = rows[start : start + batch_size], positions[start : start + batch_size]
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
    return np.asarray(scores, dtype=np.float64)


def target_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.intp]:
    """Return the column of the target class of each sequence in ``classes_``, (n,)."""
    if target is None:
        target = estimator.predict(data.with_codes(data.codes))
    return label_columns(estimator, target, data.sequences.n_samples)


def label_columns(estimator: Any, target: Any, n: int) -> NDArray[np.intp]:
    """Return the column in ``classes_`` of a label, or of each of n labels, (n,)."""
    classes = np.asarray(estimator.classes_)
    labels = np.asarray(target)
    if labels.ndim == 0:
        labels = np.full(n, target, dtype=labels.dtype)
    if labels.shape != (n,):
        raise ValueError(
            f"target has shape {labels.shape}, but X holds {n} sequences: give one label for "
            "all of them, one label for each, or None for the predicted classes."
        )
    matches = labels[:, None] == classes[None, :]
    missing = np.flatnonzero(~matches.any(axis=1))
    if missing.size:
        raise ValueError(
            f"target {labels.tolist()[missing[0]]!r} (row {missing[0]}, 0-based) is none of the "
            f"classes {classes.tolist()} of {type(estimator).__name__}."
        )
    return matches.argmax(axis=1)


def checked_columns(estimator: Any, data: LetterInput, target: Any) -> NDArray[np.intp]:
    """Return the same after the estimator has read the input, and raised if it cannot.

    For those who then ask the network inside directly, whose errors would help nobody.
    """
    predicted = target_columns(estimator, data, None)
    return predicted if target is None else target_columns(estimator, data, target)


def _in_batches(
    estimator: Any, data: LetterInput, codes: NDArray[np.uint8], batch_size: int
) -> NDArray[np.float64]:
    batches = [slice(s, s + batch_size) for s in range(0, len(codes), batch_size)]
    return np.concatenate(
        [class_scores(estimator, data.with_codes(codes[rows], rows)) for rows in batches]
    )


def _rest(scores: NDArray[np.float64], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum the scores of all classes but the target's."""
    others = scores.copy()
    others[np.arange(len(scores)), columns] = 0.0
    return others.sum(axis=1)

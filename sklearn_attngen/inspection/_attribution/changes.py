"""Changes of the score of a class when one letter at a time is another one, or unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sklearn_attngen.inspection._inputs.answers import checked_columns, class_scores
from sklearn_attngen.inspection._inputs.containers import Rows
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of
from sklearn_attngen.sequences import NO_SIGNAL

from .scores import Score
from .substitutions import network_substitutions

# Letters times alphabet size in one batch of changed sequences unless the user sets batch_size.
_BATCH_ENTRIES = 2**21
# Changes below this share of the score they are changes of are rounding errors.
_ROUNDING = 1e-12
# Sequences by which a network is compared with its estimator, and how far they may be apart.
_COMPARED, _APART = 16, 1e-4


def score_changes(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    scale: str = "auto",
    unknown: bool = False,
    batch_size: int | None = None,
) -> NDArray[np.float64]:
    """Return the change of the target's score for each new letter at each position.

    Parameters
    ----------
    estimator : fitted classifier
    data : LetterInput of n sequences of length L
    target : label, array of n labels or None
        None takes the predicted class of each sequence.
    scale : str
        See :func:`mutagenesis`.
    unknown : bool, default=False
        Replace by the unknown letter instead of by every letter of the alphabet.
    batch_size : int or None, default=None
        Number of changed sequences in memory at a time, or, for networks, of the parts of them
        that the letter reaches.

    Returns
    -------
    changes : ndarray of float64 of shape (n, L, n_letters or 1)
        0 at the letter that is there, and where there is none.
    """
    columns = checked_columns(estimator, data, target)
    rows = slice(0, min(len(data.codes), batch_size or _COMPARED, _COMPARED))
    few = data.codes[rows]
    network = LetterNetwork.find(estimator, data)
    if (
        scale != "decision_function"
        and network is not None
        and _decides(network, few, estimator, data.with_codes(few, rows))
    ):
        score = Score("softmax" if scale == "probability" else "logits")
        changes, clean = _in_network(score, network, data.codes, columns, unknown, batch_size)
    else:
        score = Score.of(estimator, scale, data.with_codes(data.codes))
        changes, clean = _by_sequences(score, estimator, data, columns, unknown, batch_size)
    changes[np.abs(changes) <= _ROUNDING * np.abs(clean)[:, None, None]] = 0.0
    return changes


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


def _decides(network: LetterNetwork, codes: NDArray[np.uint8], estimator: Any, X: Any) -> bool:
    """Tell whether the softmax of a network is what the estimator around it answers."""
    if not hasattr(estimator, "predict_proba"):
        return False
    answers = class_scores(estimator, X, "predict_proba")
    own = softmax(network.logits(codes), axis=1)
    return own.shape == answers.shape and np.allclose(own, answers, rtol=0, atol=_APART)


def _in_network(
    score: Score,
    network: LetterNetwork,
    codes: NDArray[np.uint8],
    columns: NDArray[np.intp],
    unknown: bool,
    batch_size: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return changes and the scores of the sequences (n,), from logits of a network."""
    new = np.array([NO_SIGNAL]) if unknown else np.arange(network.n_letters)
    replaced = (codes[:, :, None] != new) & (codes != NO_SIGNAL)[:, :, None]
    changes, clean = np.zeros(replaced.shape), np.empty(len(codes))
    parts = network_substitutions(network, codes, unknown=unknown, batch_size=batch_size)
    for rows, logits, substituted in parts:
        clean[rows], sure = score.of_sequences(logits, columns[rows])
        row, position, letter = np.nonzero(replaced[rows])
        changed = score.reduce(substituted[row, position, letter], columns[rows][row], sure[row])
        changes[rows][row, position, letter] = changed - clean[rows][row]
    return changes, clean


def _by_sequences(
    score: Score,
    estimator: Any,
    data: LetterInput,
    columns: NDArray[np.intp],
    unknown: bool,
    batch_size: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the same from any estimator, which is asked for each changed sequence."""
    codes, n_letters = data.codes, data.sequences.alphabet.n_letters
    n, length = codes.shape
    if batch_size is None:
        batch_size = max(1, _BATCH_ENTRIES // (length * n_letters))

    def ask(letters: NDArray[np.uint8], rows: Rows) -> NDArray[np.float64]:
        return score.ask(estimator, data.with_codes(letters, rows))

    changes = np.zeros((n, length, 1 if unknown else n_letters))
    clean, sure = np.empty(n), np.zeros(n, dtype=bool)
    for some in batches_of(n, length, batch_size):
        clean[some], sure[some] = score.of_sequences(ask(codes[some], some), columns[some])
    rows, positions = np.nonzero(codes != NO_SIGNAL)
    others = 1 if unknown else n_letters - 1
    for some in batches_of(rows.size * others, length, batch_size):
        which, step = np.divmod(np.arange(some.start, some.stop), others)
        row, position = rows[which], positions[which]
        place = step if unknown else (codes[row, position] + 1 + step) % n_letters
        changed = codes[row]
        changed[np.arange(row.size), position] = NO_SIGNAL if unknown else place
        scores = score.reduce(ask(changed, row), columns[row], sure[row])
        changes[row, position, place] = scores - clean[row]
    return changes, clean

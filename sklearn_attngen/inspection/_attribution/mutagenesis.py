"""In-silico mutagenesis: what the classifier says with every other letter at every position."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

from .changes import normalised_magnitude, score_changes
from .scores import SCALES


@validate_params(
    {
        "scale": [StrOptions(set(SCALES))],
        "centered": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
    },
    prefer_skip_nested_validation=True,
)
def mutagenesis(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    scale: str = "auto",
    centered: bool = False,
    batch_size: int | None = None,
    alphabet: str | Alphabet | None = None,
) -> NDArray[np.float64]:
    """Measure how the score of a class changes with every single substitution.

    Each letter of each sequence is replaced by every other letter of the alphabet, one at a time,
    and the fitted classifier is asked again. Works for every classifier that reads sequences.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with ``predict_proba`` or ``decision_function``, or a Pipeline that
        ends in one.
    X : array-like of n sequences
        In any form that the estimator reads: strings, or one-hot in two or three dimensions.
    target : label, array-like of n labels or None, default=None
        The class whose score is followed. None takes the class that the estimator predicts.
    scale : {"auto", "log_odds", "probability", "decision_function"}, default="auto"
        - ``"log_odds"``: natural logarithm of p / (1 - p), where p is the target's probability. It
          stays informative where the classifier is nearly certain. It comes from the decision
          function, without rounding, where the probabilities are the logistic function or the
          softmax of that (networks of this package, logistic regression, gradient boosting);
          for other classifiers probabilities are cut at 1e-12.
        - ``"probability"``: the target's probability.
        - ``"decision_function"``: the target's column of ``decision_function``; with two classes
          and one column, its negative for the first class.
        - ``"auto"``: log-odds for networks of this package, alone or behind a
          :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder`; else the probability, or
          the decision function where there is none.
    centered : bool, default=False
        Subtract from the changes of each position their mean over all letters, the one that is
        there (with change 0) included. The value at that letter is then its contribution against
        a random letter; such *hypothetical* scores are what
        :func:`to_modisco_npz` takes.
    batch_size : int or None, default=None
        Number of mutated sequences that are held in memory at a time, or, for networks, of the
        parts of them that a substitution reaches. None chooses it by speed for networks; for
        others by the length, so that the sequences have 524,288 letters together. Results do not
        depend on it beyond rounding of the classifier.
    alphabet : str, Alphabet or None, default=None
        What X is written in. None takes the estimator's ``alphabet`` parameter, or that of one of
        its parts, and DNA where there is none. It must be said where a step of your own changes
        the alphabet first, as a translation does.

    Returns
    -------
    changes : ndarray of float64 of shape (n, L, n_letters)
        Score of the mutant less that of the sequence, letters in the order of the alphabet
        (``ACGT``). Negative where the substitution speaks against the target. 0 at the letter that
        is there, and at all letters of positions without one (N, padding). With `centered` the
        sum over letters is 0.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If the target is no class of the estimator, if the estimator lacks the scale, or if X
        cannot be read.

    See Also
    --------
    saliency : With ``method="mutagenesis"``, one number for each letter.
    perturbation_curve : The control: removes many letters at once, and random ones beside them.

    Notes
    -----
    A change says what the *classifier* would answer to the mutant. It is no effect of a mutation on
    a cell, nor does it see letters that stand in for each other: where two motifs are each enough,
    no single substitution in either changes the answer. It takes (n_letters - 1) * L + 1
    predictions for a sequence. In networks of this package only the positions that a substitution
    can reach are computed again (:func:`~sklearn_attngen.networks.substitution_logits`). Networks
    that average over both strands are asked for both.

    References
    ----------
    .. [1] J. Zhou and O. G. Troyanskaya, "Predicting effects of noncoding variants with deep
       learning-based sequence model", Nature Methods 12 (2015) 931-934.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import mutagenesis
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> X = ["AACA", "ACCA", "AGCA", "AGGA", "ACGA", "AAGA"]
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> changes = mutagenesis(model, ["ATGA"], target=1, scale="probability")
    >>> changes.shape
    (1, 4, 4)
    >>> changes[0, 2].round(2)  # A, C, G, T in place of the G
    array([-0.21, -0.41,  0.  , -0.21])
    """
    check_fitted_classifier(estimator)
    data = LetterInput.read(estimator, X, alphabet)
    changes = score_changes(estimator, data, target, scale=scale, batch_size=batch_size)
    if centered:
        changes -= changes.mean(axis=2, keepdims=True)
    return changes


def mutagenesis_saliency(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    signed: bool = False,
    batch_size: int | None = None,
) -> NDArray[np.float64]:
    """Summarise the substitutions of a position: (n, L).

    Signed: the fall of the score, averaged over the other letters, so that a letter that speaks for
    the target is positive. Magnitude: the mean size of the changes of the probability where there
    is one, rows with sum 1.
    """
    by_probability = not signed and hasattr(estimator, "predict_proba")
    scale = "probability" if by_probability else "auto"
    changes = score_changes(estimator, data, target, scale=scale, batch_size=batch_size)
    n_others = changes.shape[2] - 1
    if signed:
        return -changes.sum(axis=2) / n_others
    return normalised_magnitude(np.abs(changes).sum(axis=2), data.codes != NO_SIGNAL)

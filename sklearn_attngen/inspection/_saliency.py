"""Saliency of any fitted classifier."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_attngen.sequences import Alphabet

from ._letter_input import LetterInput
from ._occlusion import occlusion
from ._unwrap import check_fitted_classifier, find_network


@validate_params(
    {
        "method": [str],
        "signed": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
    },
    prefer_skip_nested_validation=True,
)
def saliency(
    estimator: Any,
    X: Any,
    method: str = "auto",
    target: Any = None,
    signed: bool = False,
    batch_size: int | None = None,
    *,
    alphabet: str | Alphabet | None = None,
) -> NDArray[np.float64]:
    """Measure how much each prediction of a fitted classifier rests on each letter.

    Works for every classifier that reads sequences: the networks of this package, alone or behind a
    :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder`, and any other scikit-learn
    estimator or pipeline, from k-mer counts to a voting ensemble.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with ``predict_proba`` or ``decision_function``, or a Pipeline that
        ends in one. Searches (``best_estimator_``) and ``FrozenEstimator`` are looked into.
    X : array-like of n sequences
        In any form that the estimator reads: strings, or one-hot in two or three dimensions.
        Strings of unequal lengths, where the estimator reads them, have a saliency as long as the
        longest one, L, with zeros after the end of a shorter one; behind a padding
        ``SequenceOneHotEncoder`` at the start of a pipeline, it has the positions of its columns.
    method : str, default="auto"
        - ``"auto"``: the network's own default where there is a network, else ``"occlusion"``. With
          ``signed=True``, ``"gradient_x_input"`` for a network whose default rests on
          attention, which has no sign.
        - ``"occlusion"``: each letter in turn is set to unknown (N), and the change of the
          target's probability is measured (of its decision function where there is no
          ``predict_proba``). For every estimator; needs L predictions a sequence.
        - any method of the network's own ``saliency``: ``"attention"``, ``"gradient_x_input"``,
          ``"attention_x_gradient"``, ``"integrated_gradients"``.
    target : label, array-like of n labels or None, default=None
        The class to explain. None takes the class that the estimator predicts. Methods that do
        not know classes (``"attention"``) ignore it.
    signed : bool, default=False
        False gives a magnitude, how much the decision rests on a letter. True gives evidence:
        positive where the letter speaks for the target, negative where it speaks against it,
        not scaled.
    batch_size : int or None, default=None
        Number of perturbed sequences that occlusion holds in memory at a time. None chooses it
        by the length, so that their one-hot form takes a few MB. Results do not depend on it
        beyond rounding. The networks' own methods use the network's batches.
    alphabet : str, Alphabet or None, default=None
        What occlusion reads X in. None takes the estimator's ``alphabet`` parameter, or that of
        one of its parts, and DNA where there is none.

    Returns
    -------
    saliency : ndarray of float64 of shape (n, L)
        Magnitudes are non-negative and each row sums to 1. Positions without a letter (N, padding)
        get 0.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If the method needs a network and there is none, if the target is no class of the
        estimator, or if X cannot be read.

    See Also
    --------
    perturbation_curve : Test whether the decision does rest on the salient letters.
    SaliencyDisplay : Draw the result.

    Notes
    -----
    Occlusion works on probabilities. A classifier that is nearly certain still gives a ranking:
    the changes are then taken from the probabilities of the other classes, which keep their digits
    when that of the target rounds to 1. Where no single letter changes anything (a decision tree
    often behaves so) the evidence is 0 throughout, and the magnitude is spread evenly over the
    letters of the row: it says nothing about them, and a perturbation test then removes random
    ones. What several letters hold redundantly, occlusion of one letter cannot see.

    Ambiguity letters are read as unknown before any change is measured.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import saliency
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> X = ["AACA", "ACCA", "AGCA", "AGGA", "ACGA", "AAGA"]
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> saliency(model, ["ATGA"]).round(2)
    array([[0., 0., 1., 0.]])
    """
    check_fitted_classifier(estimator)
    if method != "occlusion":
        found = find_network(estimator)
        if found is not None:
            final, encoders = found
            for encoder in encoders:
                X = encoder.transform(X)
            return final.saliency(X, _own_method(final, method, signed), target, signed=signed)
        if method != "auto":
            raise ValueError(
                f"method={method!r} asks a network for its own explanation, but "
                f"{type(estimator).__name__} has none that sees the letters (only a classifier "
                "with a saliency method, alone or behind SequenceOneHotEncoder, does). Use "
                "method='occlusion', which works for every classifier, or 'auto'."
            )
    data = LetterInput.read(estimator, X, alphabet)
    return occlusion(estimator, data, target, signed=signed, batch_size=batch_size)


def _own_method(final: Any, method: str, signed: bool) -> str | None:
    """Translate "auto" for an estimator with a saliency method; None is its default."""
    if method != "auto":
        return method
    unsigned = str(getattr(final, "saliency_method", "")).startswith("attention")
    return "gradient_x_input" if signed and unsigned else None

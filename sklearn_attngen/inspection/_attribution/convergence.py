"""Completeness: how far the evidence of the letters adds up to what the network says."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.answers import checked_columns
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import Alphabet

from .saliency import saliency

METHODS = ("integrated_gradients", "deeplift", "interior_gradient", "gradient_x_input")


@validate_params(
    {
        "method": [StrOptions(set(METHODS))],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
    },
    prefer_skip_nested_validation=True,
)
def convergence_delta(
    estimator: Any,
    X: Any,
    method: str = "integrated_gradients",
    target: Any = None,
    batch_size: int | None = None,
    *,
    alphabet: str | Alphabet | None = None,
) -> Bunch:
    """Report by how much signed evidence misses the change of the output that it explains.

    Integrated gradients and DeepLIFT promise *completeness*: over the letters of a sequence the
    evidence adds up to the output for the sequence less the output for the baseline, here equal
    shares of all letters. Sums over a few points, and layers without a rule, break the promise;
    this says how far.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier of this package with a network, alone or behind a
        :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder`.
    X : array-like of n sequences
        As for :func:`saliency`.
    method : str, default="integrated_gradients"
        ``"integrated_gradients"`` or ``"deeplift"``; also ``"interior_gradient"`` and
        ``"gradient_x_input"``, which promise nothing and are there to compare with.
    target : label, array-like of n labels or None, default=None
        The class to explain. None takes the class that the estimator predicts.
    batch_size : int or None, default=None
        Number of sequences in memory at a time, as for :func:`saliency`.
    alphabet : str, Alphabet or None, default=None
        What X is written in, as for :func:`saliency`.

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch`
        - ``delta`` : ndarray of shape (n,), evidence less the change of the output: 0 if complete.
        - ``change`` : ndarray of shape (n,), output for the sequence less output for the
          baseline, in the units of the evidence: the target's logit above the mean of all logits.
        - ``relative`` : ndarray of shape (n,), size of the delta as a share of that of the change;
          infinite where the change is 0 and the delta is not.

    Raises
    ------
    ImportError
        If the method is ``"deeplift"`` and Captum is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If there is no network, the method is unknown, the target is no class of the estimator, or X
        cannot be read.

    See Also
    --------
    saliency : The evidence itself, with ``signed=True``.
    perturbation_curve : Whether the decision rests on the letters, which this does not say.

    Notes
    -----
    A small delta is good bookkeeping and no proof of a good explanation: evidence can add up and
    lie on the wrong letters. The control for that is :func:`perturbation_curve`. A share of a
    change near 0 is large for no bad reason; look at the median. Captum's DeepLIFT has rules for
    ReLU and its kin, but none for the maximum over positions of both networks, nor for the products
    and exponentials of AttnGen. It passes plain gradients through these: its delta is not small.
    Against shuffled sequences it is reported by :func:`deeplift`.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML
       (2017).
    .. [2] A. Shrikumar, P. Greenside and A. Kundaje, "Learning important features through
       propagating activation differences", ICML (2017).

    Examples
    --------
    >>> from sklearn_attngen import CNNClassifier
    >>> from sklearn_attngen.inspection import convergence_delta
    >>> X, y = ["AACATA", "ACCAGA", "AGCACC", "AGGATT", "ACGAGT", "AAGATG"], [0, 0, 0, 1, 1, 1]
    >>> model = CNNClassifier(n_filters=4, max_epochs=2, random_state=0).fit(X, y)
    >>> result = convergence_delta(model, X)
    >>> bool((abs(result.delta) < 0.05).all())
    True
    """
    check_fitted_classifier(estimator)
    data = LetterInput.read(estimator, X, alphabet)
    network = LetterNetwork.find(estimator, data)
    if network is None:
        raise ValueError(
            "convergence_delta needs a network of this package that sees the letters, and "
            f"{type(estimator).__name__} has none: other classifiers are explained by occlusion "
            "and mutagenesis, which promise no sum."
        )
    columns = checked_columns(estimator, data, target)
    labels = np.asarray(estimator.classes_)[columns]
    evidence = saliency(estimator, X, method, labels, True, batch_size, alphabet=alphabet)

    from sklearn_attngen.networks._operations import equal_shares

    codes = data.codes
    change = np.zeros(len(codes))
    for rows in batches_of(len(codes), codes.shape[1], batch_size):
        x = network.tensor(codes[rows])
        logits = (network.outputs(x) - network.outputs(equal_shares(x))).cpu().numpy()
        change[rows] = logits[np.arange(len(logits)), columns[rows]] - logits.mean(axis=1)
    delta = evidence.sum(axis=1) - change
    size, missed = np.abs(change), np.abs(delta)
    # 0 / 0, a row without letters, misses nothing.
    infinite = np.where(missed > 0, np.inf, 0.0)
    relative = np.divide(missed, size, out=infinite, where=size > 0)
    return Bunch(delta=delta, change=change, relative=relative)

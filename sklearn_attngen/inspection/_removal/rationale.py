"""What a prediction loses without the salient letters, and what it keeps with them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.sequences import Alphabet

from .removal import CONSTRAINTS
from .score_falls import measure_falls

_CONSTRAINTS = CONSTRAINTS | {
    "fractions": ["array-like"],
    "control": [StrOptions({"random", "matched", "bottom"}), None],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def comprehensiveness(
    estimator: Any,
    X: Any,
    *,
    fractions: ArrayLike = (0.01, 0.05, 0.1, 0.2, 0.5),
    control: str | None = "random",
    fill: str = "resample",
    n_repeats: int = 5,
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike = "auto",
    target: Any = None,
    alphabet: str | Alphabet | None = None,
    n_bootstrap: int = 500,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
    batch_size: int | None = None,
) -> Bunch:
    """Measure how much probability the predicted class loses without the most salient letters.

    The comprehensiveness of ERASER [1]_: p(class | sequence) - p(class | sequence without the
    letters), averaged over sequences and over several fractions of letters. Larger is more
    faithful: the salient letters are all that the prediction needs, and nothing is left that
    could replace them.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`~sklearn_attngen.inspection.saliency`. Where
        it has no ``predict_proba``, its decision function takes the place of probability.
    X : array-like of n sequences
        In any form that the estimator reads.
    fractions : array-like of float in [0, 1], default=(0.01, 0.05, 0.1, 0.2, 0.5)
        Increasing. Fractions of the real positions of each sequence, at least one position for
        any above 0.
    control : {"random", "matched", "bottom"} or None, default="random"
        What the same is measured with for comparison, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`.
    fill : {"resample", "shuffle", "dinucleotide", "unknown", "uniform"}, default="resample"
        What stands in the place of removed letters, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`. ``"unknown"`` comes closest to the
        original, which takes words out of a text, and is unlike the sequences that most classifiers
        were fitted on.
    n_repeats : int, default=5
        Draws of the random positions and of the fill.
    saliency : str, callable or array-like of shape (n, L), default="auto"
        A method of :func:`~sklearn_attngen.inspection.saliency`, a callable
        ``(estimator, X) -> (n, L)``, or the values. Positions are ranked by magnitude.
    target : label, array-like of n labels or None, default=None
        The class whose probability is looked at. None takes the class that is predicted for the
        unchanged sequence. The saliency is the one for the predicted class unless it is given.
    alphabet : str, Alphabet or None, default=None
        Alphabet of X; None takes the estimator's.
    n_bootstrap : int, default=500
        Number of times that the sequences are resampled for the intervals; 0 leaves them out.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws.
    batch_size : int or None, default=None
        Batch size of occlusion, see :func:`~sklearn_attngen.inspection.saliency`.

    Returns
    -------
    result : Bunch
        - score : float, the mean fall of probability
        - control : float or None, the same for the control positions
        - advantage : float or None, score - control: positive for a faithful saliency, about 0 for
          one that says nothing
        - interval, control_interval, advantage_interval : ndarray of shape (2,) or None,
          percentile intervals over sequences
        - fractions : ndarray of shape (n_fractions,)
        - by_fraction, control_by_fraction : ndarray of shape (n_fractions,), None without a control
        - by_sequence, control_by_sequence : ndarray of shape (n,), None without a control

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If a fraction, the saliency or the target does not fit, if X cannot be read, or if the fill
        cannot be put into X.

    See Also
    --------
    sufficiency : What is left of the probability with the salient letters alone.
    sklearn_attngen.inspection.perturbation_curve : The same question asked of a metric, with y.

    Notes
    -----
    Read ``advantage``, not ``score``: an unsteady classifier loses probability with any letter, so
    that a large score alone says nothing about the saliency. Scores of two classifiers compare how
    certain they are as well as how faithful their saliency is.

    The number needs no labels, and says nothing about whether the prediction is right. What a
    classifier holds redundantly it does not lose: with two sites of which each is enough,
    a saliency that points at one of them scores low.

    Unlike in [1]_, the fraction 0 does not count in the mean unless it is asked for.

    References
    ----------
    .. [1] DeYoung et al. (2020). ERASER: A Benchmark to Evaluate Rationalized NLP Models. ACL.
       https://arxiv.org/abs/1911.03429

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.metrics import comprehensiveness
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(200)]
    >>> y = [int(x[4] in "AC") for x in X]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> result = comprehensiveness(model, X, fractions=(0.1,))
    >>> bool(result.score > 0.3 > 0.1 > result.control)
    True
    """
    return measure_falls(
        "deletion",
        estimator,
        X,
        fractions=fractions,
        control=control,
        fill=fill,
        n_repeats=n_repeats,
        saliency=saliency,
        target=target,
        alphabet=alphabet,
        n_bootstrap=n_bootstrap,
        confidence_level=confidence_level,
        random_state=random_state,
        batch_size=batch_size,
    )


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def sufficiency(
    estimator: Any,
    X: Any,
    *,
    fractions: ArrayLike = (0.01, 0.05, 0.1, 0.2, 0.5),
    control: str | None = "random",
    fill: str = "resample",
    n_repeats: int = 5,
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike = "auto",
    target: Any = None,
    alphabet: str | Alphabet | None = None,
    n_bootstrap: int = 500,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
    batch_size: int | None = None,
) -> Bunch:
    """Measure how much probability the predicted class loses with the most salient letters alone.

    The sufficiency of ERASER [1]_: p(class | sequence) - p(class | its salient letters, all
    others filled), averaged over sequences and over several fractions of letters. *Smaller* is more
    faithful: 0 says that the salient letters are enough for the prediction.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`~sklearn_attngen.inspection.saliency`. Where
        it has no ``predict_proba``, its decision function takes the place of probability.
    X : array-like of n sequences
        In any form that the estimator reads.
    fractions : array-like of float in [0, 1], default=(0.01, 0.05, 0.1, 0.2, 0.5)
        Increasing. Fractions of the real positions of each sequence that are kept, at least one
        position for any above 0.
    control : {"random", "matched", "bottom"} or None, default="random"
        What the same is measured with for comparison, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`.
    fill : {"resample", "shuffle", "dinucleotide", "unknown", "uniform"}, default="resample"
        What stands in the place of all other letters, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`.
    n_repeats : int, default=5
        Draws of the random positions and of the fill.
    saliency : str, callable or array-like of shape (n, L), default="auto"
        A method of :func:`~sklearn_attngen.inspection.saliency`, a callable
        ``(estimator, X) -> (n, L)``, or the values. Positions are ranked by magnitude.
    target : label, array-like of n labels or None, default=None
        The class whose probability is looked at. None takes the class that is predicted for the
        unchanged sequence. The saliency is the one for the predicted class unless it is given.
    alphabet : str, Alphabet or None, default=None
        Alphabet of X; None takes the estimator's.
    n_bootstrap : int, default=500
        Number of times that the sequences are resampled for the intervals; 0 leaves them out.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws.
    batch_size : int or None, default=None
        Batch size of occlusion, see :func:`~sklearn_attngen.inspection.saliency`.

    Returns
    -------
    result : Bunch
        As for :func:`comprehensiveness`, but for ``advantage``, which is control - score, so that
        it is positive for a faithful saliency here too.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If a fraction, the saliency or the target does not fit, if X cannot be read, or if the fill
        cannot be put into X.

    See Also
    --------
    comprehensiveness : What is lost without the salient letters.
    sklearn_attngen.inspection.perturbation_curve : With ``mode="insertion"``, the same of a metric.

    Notes
    -----
    Read ``advantage``, beside its interval: a class that is predicted by default, for sequences
    that hold nothing, needs no letters, and every saliency looks sufficient for it. The control has
    that in it too. For the other caveats see :func:`comprehensiveness`.

    References
    ----------
    .. [1] DeYoung et al. (2020). ERASER: A Benchmark to Evaluate Rationalized NLP Models. ACL.
       https://arxiv.org/abs/1911.03429

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.metrics import sufficiency
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(200)]
    >>> y = [int(x[4] in "AC") for x in X]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> result = sufficiency(model, X, fractions=(0.1,))
    >>> bool(result.score < 0.1 < 0.3 < result.control)
    True
    """
    return measure_falls(
        "insertion",
        estimator,
        X,
        fractions=fractions,
        control=control,
        fill=fill,
        n_repeats=n_repeats,
        saliency=saliency,
        target=target,
        alphabet=alphabet,
        n_bootstrap=n_bootstrap,
        confidence_level=confidence_level,
        random_state=random_state,
        batch_size=batch_size,
    )

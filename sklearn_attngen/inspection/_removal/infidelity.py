"""How well signed evidence foretells what a replacement of letters does."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.answers import class_scores, target_columns
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.permuted import permuted
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

from .bootstrap import percentile_interval, resampled_means
from .removal import BOOTSTRAP_STREAM, CONSTRAINTS, CONTROL_STREAM, Remover, saliency_values, stream


@validate_params(
    CONSTRAINTS
    | {
        "fraction": [Interval(Real, 0, 1, closed="right")],
        "scale": [Interval(Real, None, None, closed="neither"), StrOptions({"fit"})],
    },
    prefer_skip_nested_validation=True,
)
def infidelity(
    estimator: Any,
    X: Any,
    *,
    fraction: float = 0.1,
    fill: str = "resample",
    n_repeats: int = 20,
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike = "auto",
    target: Any = None,
    scale: float | str = "fit",
    alphabet: str | Alphabet | None = None,
    n_bootstrap: int = 500,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
    batch_size: int | None = None,
) -> Bunch:
    """Measure how badly signed evidence foretells the effect of replacing random letters.

    The infidelity of Yeh et al. [1]_ for letters: random letters of each sequence are replaced; the
    sum of the evidence of those that changed is compared with how much the score of the class falls
    in fact; the squared difference is averaged. *Smaller* is more faithful.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`~sklearn_attngen.inspection.saliency`. Where
        it has no ``predict_proba``, its decision function takes the place of probability.
    X : array-like of n sequences
        In any form that the estimator reads.
    fraction : float in (0, 1], default=0.1
        Fraction of the real positions of each sequence that is drawn at a time, at least one.
    fill : {"resample", "shuffle", "dinucleotide", "unknown", "uniform"}, default="resample"
        What stands in their place, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`.
    n_repeats : int, default=20
        Number of replacements of each sequence.
    saliency : str, callable or array-like of shape (n, L), default="auto"
        A method of :func:`~sklearn_attngen.inspection.saliency` that has signs, a callable
        ``(estimator, X) -> (n, L)``, or the values: signed evidence for the target.
    target : label, array-like of n labels or None, default=None
        The class whose score is looked at. None takes the class that is predicted for the unchanged
        sequence.
    scale : float or "fit", default="fit"
        What evidence is multiplied by. "fit" takes the one number from 0 up that makes the squared
        differences least, over all sequences and replacements together: evidence is in units of its
        method (logits for gradients), which need not be those of the score. A unit has no sign:
        evidence that points the wrong way gets 0. 1 takes evidence at its word.
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
        - score : float, the mean squared difference
        - relative : float, score over the mean squared fall, nan if nothing falls: 0 for
          evidence that foretells everything, 1 for evidence of 0 everywhere
        - control, control_relative : float, the same for the evidence permuted among the
          real positions of each sequence, with a scale of its own
        - interval, control_interval : ndarray of shape (2,) or None, percentile intervals of the
          relative numbers over sequences, with a fitted scale fitted to each resample
        - scale : float
        - by_sequence : ndarray of shape (n,), mean squared differences

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If the saliency has no sign or another shape, the target is no class, X cannot be read, or
        the fill cannot be put into X.

    See Also
    --------
    comprehensiveness : Needs no sign, and looks at the most salient letters only.
    sklearn_attngen.inspection.saliency : Evidence, with ``signed=True``.

    Notes
    -----
    Read ``relative`` beside ``control_relative``: evidence that says nothing about places gets the
    control's number, which is below 1 where the mere number of replaced letters matters.

    No evidence reaches 0 where letters act together, nor with a fill that puts letters in: it
    speaks for the letters that are there, and not for those that come. Random replacements also
    miss narrow motifs most of the time: the number is about all letters, and comprehensiveness
    about the few that matter most.

    References
    ----------
    .. [1] Yeh et al. (2019). On the (In)fidelity and Sensitivity of Explanations. NeurIPS.
       https://arxiv.org/abs/1901.09392

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.metrics import infidelity
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(100)]
    >>> y = [int(x[4] in "AC") for x in X]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> result = infidelity(model, X, fill="unknown", fraction=0.2)
    >>> bool(result.relative < 0.2 < 0.8 < result.control_relative)
    True
    """
    check_fitted_classifier(estimator)
    data = LetterInput.read(estimator, X, alphabet)
    seed = draw_seed(random_state)
    columns = target_columns(estimator, data, target)
    labels = np.asarray(estimator.classes_)[columns]
    evidence = saliency_values(
        saliency, estimator, X, data, alphabet, batch_size, labels, signed=True
    )
    real = data.codes != NO_SIGNAL
    remover = Remover(estimator, data, None, fill=fill, seed=seed)
    every = np.arange(len(columns))
    clean = class_scores(estimator, data.with_codes(data.codes))[every, columns]
    elsewhere = permuted(evidence, real, stream(seed, CONTROL_STREAM, 0))
    told, told_control, fall = (np.empty((len(clean), n_repeats)) for _ in range(3))
    for repeat in range(n_repeats):
        removed = remover.removed("random", fraction, repeat)
        if removed.ndim == 3:
            changed = remover.selected("random", fraction, repeat)
        else:
            changed = removed != data.codes
        scores = class_scores(estimator, remover.restore(removed))
        fall[:, repeat] = clean - scores[every, columns]
        told[:, repeat] = np.where(changed, evidence, 0.0).sum(axis=1)
        told_control[:, repeat] = np.where(changed, elsewhere, 0.0).sum(axis=1)
    size = (fall**2).mean(axis=1)
    moments = [
        ((each**2).mean(axis=1), (each * fall).mean(axis=1)) for each in (told, told_control)
    ]
    drawn: list[Any] = []
    if n_bootstrap and size.any():
        rng = stream(seed, BOOTSTRAP_STREAM)
        means = resampled_means([size, *moments[0], *moments[1]], n_bootstrap, rng)
        falling = means[:, means[0] > 0]
        if falling.size:  # a few resamples may all lack the sequences whose score falls
            sizes, *drawn = falling
    results = []
    for foretold, (squares, products) in zip((told, told_control), moments, strict=True):
        factor = float(_factor(squares.mean(), products.mean(), scale))
        error = ((factor * foretold - fall) ** 2).mean(axis=1)
        relative = float(error.mean() / size.mean()) if size.any() else float("nan")
        interval = None
        if drawn:
            squares, products, *drawn = drawn
            # a fitted scale is fitted to each resample: it is as uncertain as the rest
            factors = _factor(squares, products, scale)
            errors = sizes + factors * (factors * squares - 2 * products)
            ratios = np.maximum(errors, 0.0) / sizes
            interval = percentile_interval(ratios, confidence_level)
        results.append((float(error.mean()), relative, interval, factor, error))
    (score, relative, interval, factor, by_sequence), control = results
    return Bunch(
        score=score,
        relative=relative,
        interval=interval,
        control=control[0],
        control_relative=control[1],
        control_interval=control[2],
        scale=factor,
        by_sequence=by_sequence,
    )


def _factor(squares: ArrayLike, products: ArrayLike, scale: float | str) -> NDArray[np.float64]:
    """Return the scale, or the factor from 0 up that brings what is foretold closest to the falls.

    From the means of the squares of what is foretold and of its products with the falls.
    """
    squares, products = np.asarray(squares), np.asarray(products)
    if scale != "fit":
        return np.full(squares.shape, float(scale))
    wanted = np.divide(products, squares, out=np.zeros(squares.shape), where=squares > 0)
    return np.maximum(wanted, 0.0)

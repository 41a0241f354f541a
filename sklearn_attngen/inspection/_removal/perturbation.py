"""Perturbation curves: how a metric falls as positions are removed, and its controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen._validation import validate_params
from sklearn_attngen.classifiers._targets import checked_labels
from sklearn_attngen.inspection._inputs.answers import check_labels_known
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.progress import progress
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.sequences import Alphabet

from .bootstrap import percentile_interval, stratified_rows
from .metric import Metric, Responses
from .removal import BOOTSTRAP_STREAM, CONSTRAINTS, MODES, ORDERS, Remover, saliency_values, stream


@validate_params(
    CONSTRAINTS
    | {
        "fractions": ["array-like"],
        "orders": ["array-like"],
        "mode": [StrOptions(set(MODES))],
        "metric": [str, callable],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def perturbation_curve(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    fractions: ArrayLike = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5),
    orders: Sequence[str] = ("top", "random", "bottom"),
    fill: str = "shuffle",
    mode: str = "deletion",
    n_repeats: int = 5,
    metric: str | Callable[..., float] = "accuracy",
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike = "auto",
    alphabet: str | Alphabet | None = None,
    n_bootstrap: int = 500,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
    batch_size: int | None = None,
    verbose: int = 0,
) -> Bunch:
    """Remove growing fractions of the positions and measure what the classifier still gets right.

    If the salient letters are those that the decision rests on, then removing them first hurts more
    than removing as many random ones. The random order is the control: a fall that it shares is
    the damage that any change does. The matched order is the stricter control: as many random
    letters of each kind, so that a fall that it shares may come from the composition alone.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`saliency`. It is not fitted again.
    X : array-like of n sequences
        Sequences that the estimator was not fitted on, in any form that it reads, as for
        :func:`saliency`.
    y : array-like of shape (n,)
        True labels: the metric is taken against them.
    fractions : array-like of float in [0, 1], default=(0, 0.05, 0.1, 0.2, 0.3, 0.5)
        Increasing. Fractions of the *real* positions of each sequence (not N), rounded to
        the nearest integer, halves up, and at least one position for any fraction above 0.
    orders : sequence of {"top", "random", "matched", "bottom"}, \
            default=("top", "random", "bottom")
        What is removed first: the most salient positions, random ones, random ones that hold as
        many of each letter as the most salient ones do, the least salient ones.
    fill : str, default="shuffle"
        What stands in the place of what is removed.

        - ``"shuffle"``: the selected letters, permuted among themselves. A single letter stays.
        - ``"resample"``: letters drawn from the sequence's own composition.
        - ``"dinucleotide"``: letters taken from a shuffle of the whole sequence that keeps its
          dinucleotide counts. Of fewer than some 15 letters, half or more stay in place.
        - ``"unknown"``: N, which carries no signal. Unlike anything in most training data; and
          where N is common in one class, a label in itself.
        - ``"uniform"``: 1 / n_letters for each letter. One-hot input only.
    mode : {"deletion", "insertion"}, default="deletion"
        "deletion" fills the positions that come first in the order and keeps the others.
        "insertion" keeps only the positions that come first, as many as the fraction says, and
        fills all others: the curve then tells what is enough for the decision. For a faithful
        saliency it rises fastest with the order "top".
    n_repeats : int, default=5
        Draws of the random orders, of the fill, and of the order among equal saliencies.
    metric : str or callable, default="accuracy"
        Name of a scikit-learn scorer, a scorer, or a function ``(y_true, y_pred) -> float``.
        Greater has to be better.
    saliency : str, callable or array-like of shape (n, L), default="auto"
        A method of :func:`saliency`, a callable ``(estimator, X) -> (n, L)``, or the values
        themselves. Positions are ranked by magnitude.
    alphabet : str, Alphabet or None, default=None
        Alphabet of X; None takes the estimator's.
    n_bootstrap : int, default=500
        Number of times that the sequences are resampled (within each class) for the intervals; 0
        leaves them out. Cheap for accuracy, balanced accuracy and, with two classes, the area under
        the ROC curve; every other metric is evaluated anew for each resample, order, fraction and
        repeat whose predictions differ.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws.
    batch_size : int or None, default=None
        Batch size of occlusion, see :func:`saliency`.
    verbose : int, default=0
        Above 0: show a progress bar (needs tqdm).

    Returns
    -------
    curve : Bunch
        - fractions : ndarray of shape (n_fractions,)
        - scores : dict of order to ndarray of shape (n_fractions, n_repeats)
        - intervals : dict of order to ndarray of shape (n_fractions, 2), the
          percentile interval over sequences of the mean over repeats
        - baseline : float, the metric on the unchanged sequences
        - area : dict of order to float, the mean height of the curve over the range of
          fractions (trapezoids). For a faithful saliency top < random < bottom with
          ``mode="deletion"``, and the reverse with ``mode="insertion"``.
        - area_intervals : dict of order to ndarray of shape (2,)
        - chance : float or None
        - n_samples, n_repeats : int
        - metric, fill, mode : str
        - confidence_level : float

        ``intervals`` and ``area_intervals`` are empty with ``n_bootstrap=0``.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes.
    ValueError
        If a fraction, an order, the saliency or y does not fit, if X cannot be read, if the fill
        cannot be put into X, or if the metric of the sequences as they are is not finite.

    Warns
    -----
    UserWarning
        If some labels in y are no classes of the estimator.

    See Also
    --------
    PerturbationCurveDisplay : Draw the result.
    sklearn_attngen.metrics.PerturbationScorer : One number, for cross-validation and searches.

    Notes
    -----
    Values below chance count as chance, in scores, baseline, intervals and areas: a
    model that is flipped below chance by a perturbation has not lost more than one that guesses.
    Chance is 1 / n_classes for accuracy and balanced accuracy and 0.5 for areas under the ROC
    curve; other metrics have none.

    Positions are ranked by magnitude, never by signed evidence: removing only the letters that
    speak for a class flips any model and proves nothing.

    Removal is nested, so that a larger fraction removes all that a smaller one did, and the orders
    share their random draws, so that none depends on which others are asked for. The intervals
    hold the sampling of the sequences; the spread over repeats is in ``scores``. Curves of several
    classifiers fitted with different seeds are needed to see how much one fit differs from another.

    Random positions hit salient ones by chance, and matched ones more often where a letter is rare.
    Towards a fraction of 1 all orders become the same, and at 1 they are.

    The curve says whether the saliency finds what *this* classifier uses. It says nothing about
    biology, nor about what a classifier fitted anew would do without these letters.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.inspection import perturbation_curve
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(200)]
    >>> y = [int(x[4] in "AC") for x in X]
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    >>> curve = perturbation_curve(model, X, y, fractions=(0, 0.1), fill="resample")
    >>> {order: scores.mean(axis=1).round(2).tolist() for order, scores in curve.scores.items()}
    {'top': [1.0, 0.55], 'random': [1.0, 0.95], 'bottom': [1.0, 1.0]}
    """
    check_fitted_classifier(estimator)
    wanted = check_fractions(fractions)
    _check_orders(orders)
    data = LetterInput.read(estimator, X, alphabet)
    labels = checked_labels(y)
    check_consistent_length(data.codes, labels)
    check_labels_known(estimator, labels)
    seed = draw_seed(random_state)
    magnitude = None
    if any(order != "random" for order in orders):
        magnitude = np.abs(saliency_values(saliency, estimator, X, data, alphabet, batch_size))
    remover = Remover(estimator, data, magnitude, fill=fill, seed=seed, mode=mode)
    score = Metric(metric, labels, len(estimator.classes_))

    clean = Responses(estimator, data.with_codes(data.codes))
    baseline = float(score.score(clean))
    if not np.isfinite(baseline):
        raise ValueError(
            f"metric {score.name!r} is {baseline} for the sequences as they are: there is "
            "nothing to fall from. Areas under curves need rows of every class in y."
        )
    clean.forget_input()
    unchanged = 0.0 if mode == "deletion" else 1.0
    shape = (len(orders), n_repeats, len(wanted))
    cells: dict[tuple[int, int, int], Responses] = {}
    scores = np.empty(shape)
    # What is the same for several orders, fractions or repeats is predicted once.
    answered = {_digest(data.codes): (clean, baseline)}
    with progress(verbose, scores.size, "perturbation_curve", "score") as bar:
        # repeats outside of orders, which share the draws of a repeat
        for repeat, (j, order) in product(range(n_repeats), enumerate(orders)):
            for i, fraction in enumerate(wanted):
                known = (clean, baseline)
                if fraction != unchanged:
                    removed = remover.removed(order, fraction, repeat)
                    key = _digest(removed)
                    if key not in answered:
                        responses = Responses(estimator, remover.restore(removed))
                        answered[key] = responses, float(score.score(responses))
                        responses.forget_input()
                    known = answered[key]
                cells[j, repeat, i], scores[j, repeat, i] = known
                bar.update(1)
    draws = np.empty((0, len(orders), len(wanted)))
    if n_bootstrap:
        rng = stream(seed, BOOTSTRAP_STREAM)
        resampled = score.resampler([cells[at] for at in np.ndindex(shape)])
        groups = np.unique(labels, return_inverse=True)[1]  # numbers sort faster than labels
        draws = np.stack(
            [
                resampled(stratified_rows(groups, rng)).reshape(shape).mean(axis=1)
                for _ in range(n_bootstrap)
            ]
        )
    areas = _area(wanted, scores.mean(axis=1))
    area_draws = _area(wanted, draws)
    return Bunch(
        fractions=wanted,
        scores={order: scores[i].T.copy() for i, order in enumerate(orders)},
        intervals={
            order: percentile_interval(draws[:, i], confidence_level).T
            for i, order in enumerate(orders)
            if n_bootstrap
        },
        baseline=baseline,
        area={order: float(areas[i]) for i, order in enumerate(orders)},
        area_intervals={
            order: percentile_interval(area_draws[:, i], confidence_level)
            for i, order in enumerate(orders)
            if n_bootstrap
        },
        chance=score.chance,
        n_samples=len(labels),
        n_repeats=n_repeats,
        metric=score.name,
        fill=fill,
        mode=mode,
        confidence_level=confidence_level,
    )


def _digest(removed: NDArray) -> bytes:
    """Return what only an equal array has too."""
    return blake2b(np.ascontiguousarray(removed).data, digest_size=32).digest()


def _area(fractions: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean height over the last axis, by trapezoids."""
    if len(fractions) == 1:
        return heights[..., 0]
    widths = np.diff(fractions)
    return ((heights[..., 1:] + heights[..., :-1]) / 2 * widths).sum(axis=-1) / widths.sum()


def check_fractions(fractions: ArrayLike) -> NDArray[np.float64]:
    """Return the fractions, or say what is wrong with them."""
    try:
        checked = np.asarray(fractions, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"fractions must be numbers between 0 and 1, such as [0, 0.1, 0.2], got {fractions!r}."
        ) from error
    if checked.ndim != 1 or checked.size == 0:
        raise ValueError(
            f"fractions has shape {checked.shape}; give a non-empty list, such as [0, 0.1, 0.2]."
        )
    outside = checked[~((checked >= 0) & (checked <= 1))]
    if outside.size:
        raise ValueError(
            f"fractions must lie between 0 and 1, got {outside[0]:g}. They are fractions of the "
            "positions of each sequence, not percentages."
        )
    if np.any(np.diff(checked) <= 0):
        raise ValueError(
            f"fractions must increase, got {checked.tolist()}. Use sorted(set(fractions))."
        )
    return checked


def _check_orders(orders: Sequence[str]) -> None:
    unknown = [order for order in orders if order not in ORDERS]
    if unknown or len(orders) == 0 or len(set(orders)) < len(orders):
        raise ValueError(
            f"orders must be a list of different ones of {list(ORDERS)}, got {orders!r}."
        )

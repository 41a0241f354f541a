"""A scorer for the faithfulness of a classifier's saliency."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch, _safe_indexing, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _num_samples, check_consistent_length

from sklearn_attngen.classifiers._targets import checked_labels
from sklearn_attngen.inspection import perturbation_curve
from sklearn_attngen.inspection._inputs.fills import FILLS
from sklearn_attngen.inspection._removal.removal import ORDERS
from sklearn_attngen.sequences import Alphabet


class PerturbationScorer(BaseEstimator):
    """Score how much more a metric falls without the salient letters than without random ones.

    A scorer for ``cross_validate``, ``GridSearchCV`` and everything else that takes a
    ``scoring`` callable. It removes a fraction of the positions of each sequence by their saliency,
    removes as many control positions in the same way, and compares what the classifier still gets
    right. Every sequence classifier can be scored, as a Pipeline from strings too.

    Parameters
    ----------
    fraction : float in (0, 1], default=0.2
        Fraction of the real positions of each sequence that is removed.
    order : {"top", "bottom", "random", "matched"}, default="top"
        What is removed: the most salient positions, the least salient, random ones, or random ones
        that hold as many of each letter as the most salient ones do.
    fill : {"shuffle", "resample", "dinucleotide", "unknown", "uniform"}, default="shuffle"
        What stands in their place, see
        :func:`~sklearn_attngen.inspection.perturbation_curve`.
    control : {"random", "matched", "bottom", "top"} or None, default="random"
        What is removed for comparison. None compares with the unchanged sequences.
    metric : str or callable, default="accuracy"
        Name of a scikit-learn scorer, a scorer, or a function ``(y_true, y_pred) -> float``.
        Greater has to be better.
    n_repeats : int, default=5
        Draws of the random positions and of the fill. The score is their mean.
    saliency : str or callable, default="auto"
        A method of :func:`~sklearn_attngen.inspection.saliency`, or a callable
        ``(estimator, X) -> (n, L)``.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws. An int gives every candidate of a search the same draws.
    max_samples : int or None, default=None
        Score a random sample of at most this many rows, the same for every call with an int as
        ``random_state``. None takes all rows.
    alphabet : str, Alphabet or None, default=None
        Alphabet of the sequences; None takes the estimator's.

    See Also
    --------
    sklearn_attngen.inspection.perturbation_curve : The whole curve, with intervals.

    Notes
    -----
    The score is ``metric(after removing control) - metric(after removing order)``, the metric taken
    against the true labels: positive for a faithful saliency, about 0 for one that says
    nothing, negative for one that points at the wrong letters (and for ``order="bottom"``). Metrics
    below chance count as chance, so that it is at most the metric's own
    height above chance: compare scores of classifiers whose accuracies are close, or read
    :meth:`measure`, which gives the parts.

    The default fill keeps the letters of a sequence and only loses their order, so that it changes
    nothing where one letter is selected or all selected letters are alike (a run of G, say): the
    score is then too low. ``fill="resample"`` has no such blind spot.

    Without the control, a score says more about how fragile the classifier is than about its
    saliency.

    Compare classifiers by one kind of saliency. All but ``"attention"`` are of probabilities (of
    the decision function where there are none): where a class is nearly certain, a letter that
    speaks against it moves a probability by little, so that the letters named are those that speak
    for the prediction, and accuracy falls further without them. "auto" takes the networks' own,
    from a gradient, and ``"occlusion"``, by prediction, for other estimators;
    ``"mutagenesis"`` is exact for both. To rank by log-odds, pass
    ``lambda estimator, X: abs(mutagenesis(estimator, X, scale="log_odds")).sum(axis=2)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_validate
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_attngen.metrics import PerturbationScorer
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = np.array(["".join(rng.choice(list("ACGT"), 20)) for _ in range(300)], dtype=object)
    >>> y = np.array([int(x[4] in "AC") for x in X])
    >>> model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression())
    >>> scoring = {"accuracy": "accuracy", "faithfulness": PerturbationScorer(fill="resample")}
    >>> scores = cross_validate(model, X, y, cv=3, scoring=scoring)
    >>> bool(scores["test_faithfulness"].mean() > 0.1)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "fraction": [Interval(Real, 0, 1, closed="right")],
        "order": [StrOptions(set(ORDERS))],
        "fill": [StrOptions(set(FILLS))],
        "control": [StrOptions(set(ORDERS)), None],
        "metric": [str, callable],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "saliency": [str, callable],
        "random_state": ["random_state"],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
    }

    def __init__(
        self,
        *,
        fraction: float = 0.2,
        order: str = "top",
        fill: str = "shuffle",
        control: str | None = "random",
        metric: str | Callable[..., float] = "accuracy",
        n_repeats: int = 5,
        saliency: str | Callable[[Any, Any], NDArray[Any]] = "auto",
        random_state: int | np.random.RandomState | None = 0,
        max_samples: int | None = None,
        alphabet: str | Alphabet | None = None,
    ) -> None:
        self.fraction = fraction
        self.order = order
        self.fill = fill
        self.control = control
        self.metric = metric
        self.n_repeats = n_repeats
        self.saliency = saliency
        self.random_state = random_state
        self.max_samples = max_samples
        self.alphabet = alphabet

    def __call__(self, estimator: Any, X: Any, y: ArrayLike) -> float:
        """Score a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or Pipeline.
        X : array-like of n sequences
            Sequences that it was not fitted on, in any form that it reads.
        y : array-like of shape (n,)
            True labels.

        Returns
        -------
        score : float
            Larger is more faithful.
        """
        return self.measure(estimator, X, y).score

    def _accept_sample_weight(self) -> bool:
        """Tell searches, which ask every scorer of several, that weights of rows are not used."""
        return False

    def measure(self, estimator: Any, X: Any, y: ArrayLike) -> Bunch:
        """Measure the score and its parts.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or Pipeline.
        X : array-like of n sequences
            Sequences that it was not fitted on, in any form that it reads.
        y : array-like of shape (n,)
            True labels.

        Returns
        -------
        parts : Bunch
            - score : float, control - removed
            - clean : float, the metric on the unchanged sequences
            - control : float, after removing the control positions; equal to ``clean`` for
              ``control=None``
            - removed : float, after removing the positions of ``order``
            - n_samples : int

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator gives no scores for classes.
        ValueError
            If a parameter, the saliency or the data do not fit.

        Warns
        -----
        UserWarning
            If some labels in y are no classes of the estimator.
        """
        self._validate_params()
        if self.control == self.order:
            raise ValueError(
                f"control and order are both {self.order!r}, so that the score would always be 0. "
                "Use control='random', or None for the unchanged sequences."
            )
        if y is None:
            raise ValueError("PerturbationScorer needs y, the true labels.")
        checked_labels(y)  # all of them, before a sample is drawn
        if self.max_samples is not None and self.max_samples < (n_samples := _num_samples(X)):
            check_consistent_length(X, y)
            rng = check_random_state(self.random_state)
            rows = np.sort(rng.permutation(n_samples)[: self.max_samples])
            X, y = _safe_indexing(X, rows), _safe_indexing(y, rows)
        curve = perturbation_curve(
            estimator,
            X,
            y,
            fractions=(self.fraction,),
            orders=(self.order,) if self.control is None else (self.order, self.control),
            fill=self.fill,
            n_repeats=self.n_repeats,
            metric=self.metric,
            saliency=self.saliency,
            alphabet=self.alphabet,
            n_bootstrap=0,
            random_state=self.random_state,
        )
        removed = curve.area[self.order]
        control = curve.baseline if self.control is None else curve.area[self.control]
        return Bunch(
            score=control - removed,
            clean=curve.baseline,
            control=control,
            removed=removed,
            n_samples=curve.n_samples,
        )

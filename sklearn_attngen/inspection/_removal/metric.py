"""Metrics of perturbed predictions, fast enough to be resampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    get_scorer,
    make_scorer,
    roc_auc_score,
)
from sklearn.utils.metaestimators import available_if

from sklearn_attngen.inspection._inputs.answers import label_columns

# Words of scikit-learn's errors about metrics of one class or of two, where labels are others.
_ABOUT_CLASSES = ("pos_label", "average=", "multi_class")


def _estimator_has(method: str) -> Callable[[Any], bool]:
    return lambda self: hasattr(self.estimator, method)


class Responses(ClassifierMixin, BaseEstimator):
    """A classifier's answers to one fixed input, to be asked for again row by row.

    Its ``X`` is an array of row numbers. That lets any scikit-learn scorer score resampled
    rows without a new prediction. ``numbered`` answers have the numbers of the classes in place of
    their labels: scorers take several times as long for text.
    """

    def __init__(self, estimator: Any, X: Any, numbered: bool = False) -> None:
        self.estimator = estimator
        self.X = X
        self.numbered = numbered
        self._answers: dict[str, NDArray[Any]] = {}

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels of the estimator, or their numbers."""
        classes = self.estimator.classes_
        return np.arange(len(classes)) if self.numbered else classes

    def _ask(self, method: str, rows: NDArray[np.intp]) -> NDArray[Any]:
        if method not in self._answers:
            answers = np.asarray(getattr(self.estimator, method)(self.X))
            if self.numbered and method == "predict":
                answers = label_columns(self.estimator, answers, len(answers))
            self._answers[method] = answers
        return self._answers[method][rows]

    def predict(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the predicted classes of the rows."""
        return self._ask("predict", rows)

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the class probabilities of the rows."""
        return self._ask("predict_proba", rows)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the log probabilities of the rows."""
        return self._ask("predict_log_proba", rows)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the decision function of the rows."""
        return self._ask("decision_function", rows)

    def forget_input(self) -> None:
        """Free the input once the answers that are needed are known."""
        self.X = None


class Metric:
    """A scorer with its name and its chance level.

    Parameters
    ----------
    metric : str or callable
        Name of a scikit-learn scorer, a scorer from ``make_scorer``, or a function
        ``(y_true, y_pred) -> float``.
    y : ndarray of shape (n,)
        True labels.
    n_classes : int

    Attributes
    ----------
    name : str
    chance : float or None
        The lowest value that counts: 1 / n_classes for accuracy and balanced accuracy, 0.5 for
        areas under the ROC curve, None for anything else.
    """

    def __init__(self, metric: Any, y: NDArray[Any], n_classes: int) -> None:
        # Scorers, unlike plain functions, know which response of the estimator they need.
        is_scorer = isinstance(metric, str) or hasattr(metric, "_score_func")
        self.scorer = get_scorer(metric) if is_scorer else make_scorer(metric)
        function = self.scorer._score_func
        # known by identity: a function of the user's own may have any name, and no hash
        is_accuracy = function is accuracy_score or function is balanced_accuracy_score
        is_known = is_accuracy or function is roc_auc_score
        if is_known and self.scorer._sign < 0:
            raise ValueError(
                f"metric turns the sign of {function.__name__}, so that its chance level is no "
                f"lower bound. Pass the metric itself, where larger is better."
            )
        plain = not self.scorer._kwargs
        name = getattr(function, "__name__", type(function).__name__)
        self.name = metric if isinstance(metric, str) else name.removesuffix("_score")
        self.y = y
        self.chance: float | None = None
        self._is_auc = plain and function is roc_auc_score
        if is_accuracy and plain:
            self.chance = 1.0 / n_classes
        elif function is roc_auc_score:
            self.chance = 0.5
        self._class_rows: NDArray[np.float64] | None = None
        if plain and function is accuracy_score:
            self._class_rows = np.ones((1, len(y)))
        elif plain and function is balanced_accuracy_score:
            labels = np.unique(y)
            self._class_rows = (labels[:, None] == y[None, :]).astype(np.float64)

    def _response(self, responses: Responses) -> str:
        """Return the method that the scorer asks."""
        wanted = getattr(self.scorer, "_response_method", "predict")
        wanted = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        for method in wanted:
            if hasattr(responses, method):
                return str(method)
        raise ValueError(
            f"metric {self.name!r} needs {' or '.join(wanted)}, which "
            f"{type(responses.estimator).__name__} does not have. Use another metric, or wrap "
            "the classifier in sklearn.calibration.CalibratedClassifierCV."
        )

    def score(self, responses: Responses) -> float:
        """Score all rows."""
        every = np.arange(len(self.y))
        getattr(responses, self._response(responses))(every)  # its errors are the estimator's
        try:
            value = float(self.scorer(responses, every, self.y))
        except ValueError as error:
            if not any(word in str(error) for word in _ABOUT_CLASSES):
                raise
            raise ValueError(
                f"metric {self.name!r} does not fit the labels: {str(error).rstrip('.')}. Of two "
                "classes say which one counts, as in sklearn.metrics.make_scorer(f1_score, "
                f"pos_label={max(self.y.tolist())!r}); of more take a mean, such as 'f1_macro' or "
                "'roc_auc_ovr'."
            ) from error
        return self.floor(value)

    def floor(self, value: Any) -> Any:
        """Count what is below chance as chance."""
        return value if self.chance is None else np.maximum(value, self.chance)

    def resampler(
        self, cells: Sequence[Responses]
    ) -> Callable[[NDArray[np.intp]], NDArray[np.float64]]:
        """Return a function from resampled row numbers to the score of each cell."""
        if self._class_rows is None:
            if by_ranks := self._by_ranks(cells):
                return by_ranks
            different = {id(cell): cell for cell in cells}  # fractions of 0 are all the same

            def by_scorer(rows: NDArray[np.intp]) -> NDArray[np.float64]:
                y = self.y[rows]
                scores = {key: self.scorer(cell, rows, y) for key, cell in different.items()}
                return self.floor(np.array([scores[id(cell)] for cell in cells]))

            return by_scorer
        classes = self._class_rows
        every = np.arange(len(self.y))
        # One matrix product scores every cell: accuracies are means over rows.
        correct = np.column_stack([cell.predict(every) == self.y for cell in cells]).astype(float)

        def by_counts(rows: NDArray[np.intp]) -> NDArray[np.float64]:
            counts = classes * np.bincount(rows, minlength=len(every))
            recalls = (counts @ correct) / counts.sum(axis=1, keepdims=True)
            return self.floor(recalls.mean(axis=0))

        return by_counts

    def _by_ranks(
        self, cells: Sequence[Responses]
    ) -> Callable[[NDArray[np.intp]], NDArray[np.float64]] | None:
        """Return the same for the area under the ROC curve of two classes, else None.

        It is the share of pairs of a row of each class whose scores are in the right order.
        """
        method = self._response(cells[0])
        if not self._is_auc or method == "predict":
            return None
        classes = np.asarray(cells[0].classes_)
        if len(classes) != 2 or not np.array_equal(np.unique(self.y), classes):
            return None
        every = np.arange(len(self.y))
        is_second = self.y == classes[1]
        second, first = every[is_second], every[~is_second]
        shape = len(cells), len(second)
        order = np.empty((len(cells), len(first)), dtype=np.intp)
        below, up_to = np.empty(shape, dtype=np.intp), np.empty(shape, dtype=np.intp)
        for i, cell in enumerate(cells):
            scores = getattr(cell, method)(every)
            scores = scores[:, 1] if scores.ndim == 2 else scores
            order[i] = first[np.argsort(scores[first])]
            below[i] = np.searchsorted(scores[order[i]], scores[second], "left")
            up_to[i] = np.searchsorted(scores[order[i]], scores[second], "right")

        def by_ranks(rows: NDArray[np.intp]) -> NDArray[np.float64]:
            counts = np.bincount(rows, minlength=len(every)).astype(np.float64)
            sums = np.zeros((len(cells), len(first) + 1))
            np.cumsum(counts[order], axis=1, out=sums[:, 1:])
            # twice the number of rows of the first class before each of the second; ties are half
            before = np.take_along_axis(sums, below, 1) + np.take_along_axis(sums, up_to, 1)
            n_pairs = counts[second].sum() * counts[first].sum()
            return self.floor(before @ counts[second] / (2 * n_pairs))

        return by_ranks

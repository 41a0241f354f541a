"""The score of a class whose changes are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from sklearn_attngen.inspection._inputs.answers import class_scores

SCALES = ("auto", "log_odds", "probability", "decision_function")
# Log-odds of scores of 0 and 1, which a forest gives, are those of this probability instead.
_LEAST = 1e-12
# How far probabilities may be from those that follow from a decision function: in single precision
# 1 - p is rounded as p is.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6


@dataclass(frozen=True)
class Score:
    """How the score of a class is made of what a classifier answers.

    Attributes
    ----------
    kind : {"logits", "softmax", "log_odds", "probability", "decision_function"}
        The first two are log-odds and probability from logits.
    """

    kind: str

    @classmethod
    def of(cls, estimator: Any, scale: str, X: Any) -> Score:
        """Return the score of an estimator that is asked through its methods.

        The sequences X tell whether its decision function holds logits, which keep the digits that
        probabilities near 0 and 1 have lost: all of them, as such probabilities agree with many a
        decision function.
        """
        if scale == "auto":
            scale = "probability" if hasattr(estimator, "predict_proba") else "decision_function"
        score = cls(scale)
        if not hasattr(estimator, score.method):
            raise ValueError(
                f"scale={scale!r} needs {score.method}, which {type(estimator).__name__} does not "
                "have. Use scale='auto'."
            )
        logits = cls("logits")
        if scale == "log_odds" and hasattr(estimator, logits.method):
            probabilities = score.ask(estimator, X)
            try:
                own = softmax(logits.ask(estimator, X), axis=1)
            except ValueError:  # it compares classes pairwise, and probabilities say enough
                return score
            if np.allclose(own, probabilities, rtol=_RELATIVE, atol=_ABSOLUTE):
                return logits
        return score

    @property
    def method(self) -> str:
        """What to ask of an estimator."""
        by_decision = self.kind in ("decision_function", "logits")
        return "decision_function" if by_decision else "predict_proba"

    def ask(self, estimator: Any, X: Any) -> NDArray[np.float64]:
        """Return what an estimator answers, one column for each class."""
        answers = class_scores(estimator, X, self.method)
        # of two classes, the columns are the log-odds and their negative
        halved = self.kind == "logits" and answers.shape[1] == 2
        return answers / 2 if halved else answers

    def of_sequences(
        self, answers: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the scores of sequences, and whether the classifier is sure of the target."""
        values = softmax(answers, axis=1) if self.kind == "softmax" else answers
        sure = values[np.arange(len(values)), columns] > 0.5
        return self.reduce(answers, columns, sure), sure

    def reduce(
        self, answers: NDArray[np.float64], columns: NDArray[np.intp], sure: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Make one score of those of all classes."""
        scores = softmax(answers, axis=1) if self.kind == "softmax" else answers.copy()
        every = np.arange(len(scores))
        own = scores[every, columns]
        if self.kind == "decision_function":
            return own
        if self.kind == "logits":
            scores[every, columns] = -np.inf
            return own - logsumexp(scores, axis=1)
        scores[every, columns] = 0.0
        rest = scores.sum(axis=1)
        # zeros for all classes, as of who knows nothing, are no certainty
        rest[(own == 0.0) & (rest == 0.0)] = 1.0
        if self.kind in ("probability", "softmax"):
            # The rest keeps its digits where the probability itself rounds to 1.
            return np.where(sure, -rest, own)
        return np.log(np.maximum(own, _LEAST)) - np.log(np.maximum(rest, _LEAST))

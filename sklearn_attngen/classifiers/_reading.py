"""Reading X and y: the same form in every call, and a word on what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d

from sklearn_attngen.classifiers._targets import (
    as_they_are,
    check_classes,
    index_target,
    label_column,
    row_weights,
)
from sklearn_attngen.sequences import Alphabet, Sequences, read_sequences
from sklearn_attngen.sequences._containers import masked_as_nan
from sklearn_attngen.sequences._sequences import Layout


@dataclass(frozen=True)
class Rows:
    """Sequences with the indices of their classes and their weights."""

    sequences: Sequences
    index: NDArray[np.int64]
    weight: NDArray[np.floating]

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Return some of the rows, in order."""
        if len(rows) == len(self.index):
            return self
        return Rows(self.sequences.take(rows), self.index[rows], self.weight[rows])

    def weighed_alone(self) -> Rows:
        """Return the same rows with weights of mean 1."""
        return replace(self, weight=self.weight / self.weight.mean())


class ReadingMixin:
    """Reading of what classifiers are given.

    ``fit`` decides how X is read (``_kind``, ``_layout``, ``_alphabet``), and later calls follow.
    """

    alphabet: str | Alphabet
    class_weight: Mapping[Any, float] | str | None
    classes_: NDArray[Any]
    _alphabet: Alphabet
    _kind: Literal["letters", "numeric"]
    _layout: Layout

    def _read(self, X: Any, *, reset: bool) -> Sequences:
        return read_sequences(
            X,
            alphabet=self.alphabet if reset else self._alphabet,
            numeric=True,
            kind=None if reset else self._kind,
            layout=None if reset else self._layout,
            estimator=self,
            reset=reset,
        )

    def _read_fitted(self, X: Any) -> Sequences:
        check_is_fitted(self)
        return self._read(X, reset=False)

    def _read_training(self, X: Any, *, reset: bool) -> Sequences:
        sequences = self._read(X, reset=reset)
        if sequences.kind == "profile":
            raise ValueError(
                f"{type(self).__name__} was trained on sequences and cannot go on with numbers "
                f"that are not one-hot. Pass sequences, or refit with warm_start=False."
            )
        return sequences

    def _read_validation(
        self,
        sequences: Sequences,
        X: Any,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None,
        classes: NDArray[Any],
    ) -> Rows | None:
        """Return rows to validate on, in the form of the training sequences."""
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            raise ValueError(
                "X_val and y_val belong together: pass both, and sample_weight_val only with them."
            )
        try:
            validation = read_sequences(
                X,
                alphabet=sequences.alphabet,
                numeric=True,
                kind="letters" if sequences.kind == "letters" else "numeric",
                layout=sequences.layout,
                estimator=self,
                reset=False,
            )
            labels, weight = self._check_target(validation, y, sample_weight)
            index = index_target(labels, classes, len(labels), "y")
            weight = row_weights(weight, index, classes, self.class_weight)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"In the validation rows, X_val and y_val: {error}") from error
        return Rows(validation, index, weight).take(np.flatnonzero(weight > 0))

    def _known_classes(self, classes: ArrayLike | None, first: bool) -> NDArray[Any]:
        """Return the classes of calls of partial_fit, which the first one has to name."""
        if classes is None:
            if not first:
                return self.classes_
            raise ValueError(
                "classes must be passed in the first call to partial_fit: all labels that there "
                "will ever be, such as np.unique(y)."
            )
        try:
            known = column_or_1d(as_they_are(classes))
        except ValueError:
            raise ValueError(f"classes must be a list of the labels, got {classes!r}.") from None
        check_classes(known, "classes")
        known = np.unique(known)
        if first:
            self._check_classes(known, "classes")
        elif not np.array_equal(self.classes_, known):
            raise ValueError(
                f"classes={known.tolist()} differ from those of the first call to partial_fit, "
                f"{self.classes_.tolist()}. Leave classes out, or start anew with "
                f"sklearn.base.clone."
            )
        return known

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Put back what reading says of the columns, so that an earlier fit stays as it was."""
        said = ("n_features_in_", "feature_names_in_")
        before = {name: value for name, value in vars(self).items() if name in said}
        try:
            yield
        except BaseException:
            for name in said:
                self.__dict__.pop(name, None)
            self.__dict__.update(before)
            raise

    def _check_classes(self, classes: NDArray[Any], name: str) -> None:
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes to tell apart, but {name} holds "
                f"one class: {classes.tolist()}."
            )

    def _check_target(
        self, sequences: Sequences, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[np.floating]]:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        labels = label_column(y, warn=True)
        check_classes(labels)
        check_classification_targets(labels)
        if len(labels) != sequences.n_samples:
            raise ValueError(
                f"Found input variables with inconsistent numbers of samples: X has "
                f"{sequences.n_samples} rows, y has {len(labels)} labels."
            )
        weight = _check_sample_weight(
            masked_as_nan(sample_weight),
            np.empty((len(labels), 1)),
            dtype=np.float64,
            ensure_non_negative=True,
        )
        return labels, weight

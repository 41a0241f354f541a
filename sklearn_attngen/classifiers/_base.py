"""What AttnGenClassifier and CNNClassifier share: parameters, fitting, predicting, pickles."""

from __future__ import annotations

import warnings
from abc import ABCMeta
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils._param_validation import Hidden, Interval, Options, StrOptions
from torch import Tensor

from sklearn_attngen._validation import fit_context
from sklearn_attngen._version import __version__
from sklearn_attngen.classifiers._reading import Rows
from sklearn_attngen.classifiers._saliency import SaliencyMixin
from sklearn_attngen.classifiers._targets import encode_target
from sklearn_attngen.classifiers._training import as_tensor
from sklearn_attngen.networks import (
    Voting,
    evaluation_mode,
    leave_inference_mode,
    networks_in,
)
from sklearn_attngen.sequences import Alphabet, Sequences
from sklearn_attngen.training import expand

# positions of one batch outside of training: bounds memory whatever the number of rows
POSITIONS_PER_BATCH = 2**15
# what a pickle calls the version that it was saved with
_VERSION = "_sklearn_attngen_version"


class SequenceClassifier(SaliencyMixin, ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of the classifiers: a scikit-learn estimator that composes a private skorch net.

    Subclasses say which network they train (``_network``) and how it masks (``_masking``).
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_filters": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 0, 8, closed="both")],
        "n_estimators": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "reverse_complement": [
            Options(bool, {False}),
            Hidden(Options(np.bool_, {np.False_})),
            StrOptions({"augment", "average"}),
        ],
        "alphabet": [str, Alphabet],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "net_params": [dict, None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    @fit_context(prefer_skip_nested_validation=True)
    @torch.inference_mode(False)
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train on sequences and their classes.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Strings of one length (list, array, Series, one-column frame), or one-hot input of shape
            (n_samples, L * n_letters), (n_samples, L, n_letters) or (n_samples, n_letters, L).
            Other 2-D numbers are read as L positions with one channel; whole numbers from 0 to
            n_letters - 1 in a multiple of n_letters columns look like letter codes, and raise.
        y : array-like of shape (n_samples,)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. Rows of weight zero are left out.
        X_val : array-like of shape (n_val,) or (n_val, n_features), default=None
            Sequences to validate on, such as those of a chromosome, in the form of X. Their loss
            stands in ``history_``, and with ``early_stopping=True`` they decide when to stop, in
            the place of rows drawn from X. No network is trained on them.
        y_val : array-like of shape (n_val,), default=None
            Their class labels, all of which are in y.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of these rows. They are multiplied by ``class_weight``, of which "balanced"
            counts these rows.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError, ValueError
            If X cannot be read (the message names row and position), if X and y differ in length,
            if y, or its rows of positive weight, has fewer than two classes, if X_val or y_val is
            wrong in one of these ways, or there is one without the other, or if with
            ``warm_start=True`` a parameter of the network was changed.
        """
        continues = self.warm_start and hasattr(self, "net_")
        if continues:
            self._go_on()
        with self._unchanged_on_error():
            sequences = self._read_training(X, reset=not continues)
            y, weight = self._check_target(sequences, y, sample_weight)
            classes = np.unique(y)
            if not continues:
                self._check_classes(classes, "y")
            known = self.classes_ if continues else classes
            valid = self._read_validation(sequences, X_val, y_val, sample_weight_val, known)
        if continues and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"With warm_start=True the classes must stay {self.classes_.tolist()}, got "
                f"{classes.tolist()}. Set warm_start=False to start anew."
            )
        n_rows = int((weight > 0).sum())
        module = self.module_ if continues else self._start(sequences, classes, n_rows)
        with self._as_before_on_error(module):
            return self._train(module, Rows(sequences, encode_target(y, classes), weight), valid)

    @fit_context(prefer_skip_nested_validation=True)
    @torch.inference_mode(False)
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on some rows, with half of the learning rate and no cycle.

        Weights are used as they are, so that they count between calls. Where there are masks, their
        ramp takes the share ``mask_warmup`` of ``max_epochs`` calls ("auto": 16), and they never
        end. ``saliency_`` is that of up to 100 rows of this call; up to 32 of them move
        ``interior_point_``, by a quarter of the way to their own.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,)
            Class labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will ever be; needed in the first call only.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`fit`, but for one class only; also if ``classes`` is missing in the first
            call or changes later, a parameter of the network does, or a weight is above 1e30.
        """
        if self.early_stopping:
            raise ValueError(
                "partial_fit trains one epoch and cannot stop early. Set early_stopping=False."
            )
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all rows at once, and partial_fit sees only some. '
                "Pass a dict of weights, or sample_weight."
            )
        first = not hasattr(self, "net_")
        if not first:
            self._go_on()
        with self._unchanged_on_error():
            sequences = self._read_training(X, reset=first)
            y, weight = self._check_target(sequences, y, sample_weight)
            known = self._known_classes(classes, first)
            index = encode_target(y, known)
        module = self._start(sequences, known) if first else self.module_
        with self._as_before_on_error(module):
            return self._train(module, Rows(sequences, index, weight), cycle=False)

    def decision_function(self, X: Any) -> NDArray[np.floating]:
        """Return the logits.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes the logit of ``classes_[1]`` less that of ``classes_[0]``.
        """
        logits = self._logits(self._read_fitted(X))
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            float64; columns in the order of ``classes_``.
        """
        return torch.from_numpy(self._logits(self._read_fitted(X))).double().softmax(1).numpy()

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithms of class probabilities, also of those that are 0 in float64.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            float64; columns in the order of ``classes_``.
        """
        return torch.from_numpy(self._logits(self._read_fitted(X))).double().log_softmax(1).numpy()

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels from ``classes_``.
        """
        index = self._logits(self._read_fitted(X)).argmax(axis=1)
        return self.classes_[index]

    def __getstate__(self) -> dict[str, Any]:
        """Say which version of the package it was, as scikit-learn does for its own estimators."""
        return {**super().__getstate__(), _VERSION: __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load or copy a classifier, also in torch's inference mode; refuse networks of before."""
        state = dict(state)
        saved = state.pop(_VERSION, None)  # a subclass may leave it out
        module = state["net_"].module_ if "net_" in state else None
        heads = [] if module is None else [each.head for each in networks_in(module)]
        if "n_estimators" not in state or not all(isinstance(head, Voting) for head in heads):
            raise ValueError(
                f"This {type(self).__name__} was saved by an earlier version of sklearn-attngen "
                f"({saved or 'before 0.1.0'}), whose networks this one ({__version__}) cannot run. "
                "Fit it again."
            )
        if saved not in (None, __version__):
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    original_sklearn_version=f"{saved} of sklearn-attngen",
                    current_sklearn_version=__version__,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)
        if module is not None:
            leave_inference_mode(module)
            # the CPU, where the device of the fit is missing
            self.device_ = str(self.net_.device)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit has come to its end."""
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Any:
        """Accept strings, 2-D and 3-D arrays."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = True
        return tags

    def _batches(self, sequences: Sequences) -> Iterator[Tensor]:
        """Yield network inputs (m, n_channels, L) of bounded size."""
        data = self._network_input(sequences)
        parameter = next(self.module_.parameters())
        step = max(1, POSITIONS_PER_BATCH // self.length_)
        for start in range(0, len(data), step):
            part = as_tensor(data[start : start + step])
            yield expand(part.to(parameter.device), self._n_channels, parameter.dtype)

    def _strands(self, x: Tensor) -> list[Tensor]:
        """Return one-hot input, and its reverse complement where both strands are averaged."""
        return [x, x.flip(2)[:, self._complement]] if self._averages else [x]

    def _logits(self, sequences: Sequences) -> NDArray[np.floating]:
        """Return logits (n, n_classes), averaged over both strands where asked for."""
        parts = []
        with evaluation_mode(self.module_), torch.no_grad():
            for x in self._batches(sequences):
                logits = [self.module_(strand) for strand in self._strands(x)]
                parts.append(torch.stack(logits).mean(dim=0).cpu())
        return torch.cat(parts).numpy()

"""The saliency of a network classifier: per sequence, per class, per feature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sklearn_attngen.classifiers._targets import index_target
from sklearn_attngen.classifiers._training import TrainingMixin
from sklearn_attngen.networks import (
    INTERIOR_POINT,
    attend,
    attention_x_gradient,
    evaluation_mode,
    gradient_x_input,
    halfway_point,
    integrated_gradients,
    interior_gradient,
    path_gradient,
    probability_change,
)
from sklearn_attngen.sequences import Sequences

# those that are taken at a point between no letters and the letters
_INTERIOR = ("attention_x_gradient", "interior_gradient")

# where, from no letters (0) to the letters (1), the others take theirs
_POINTS: dict[str, tuple[float, ...]] = {
    "gradient_x_input": (1.0,),
    "integrated_gradients": tuple((step + 0.5) / 16 for step in range(16)),
}

# rows that tell where that point is, in `fit` and in the short trainings of `partial_fit`; and the
# most values that they may have, which bounds memory for long sequences
POINT_ROWS, PARTIAL_POINT_ROWS, POINT_VALUES = 128, 32, 2**24
# positions that `saliency_` averages over at most: bounds its memory for long sequences
SUMMARY_POSITIONS = 2**22


class SaliencyMixin(TrainingMixin):
    """Saliency of classifiers that train a network.

    Subclasses list what they offer in ``_saliency_methods``.
    """

    saliency_method: str
    interior_point_: float
    _batches: Callable[[Sequences], Iterator[Tensor]]
    _strands: Callable[[Tensor], list[Tensor]]
    _saliency_methods: tuple[str, ...] = (
        "interior_gradient",
        "gradient_x_input",
        "integrated_gradients",
    )

    def saliency(
        self,
        X: Any,
        method: str | None = None,
        target: Any = None,
        *,
        signed: bool = False,
    ) -> NDArray[np.float64]:
        """Return how much the probability of a class rests on each letter.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.
        method : str, default=None
            One of the methods listed in the notes; None takes ``saliency_method``.
        target : label or array-like of shape (n_samples,), default=None
            The class whose probability, or evidence, is asked for, one for all rows or one for
            each; None takes the class that is predicted. "attention" does not depend on it. Of two
            classes, either has the same magnitudes.
        signed : bool, default=False
            Return evidence for the target instead of a magnitude: in logits above the mean of all
            classes, positive where the letter speaks for the target, and not scaled.

        Returns
        -------
        saliency : ndarray of shape (n_samples, L), dtype=float64
            Non-negative, each row with sum 1 (positions without a letter get 0; a row without any
            evidence is uniform over its letters, one without any letter all zeros).
            With ``signed=True`` any sign and sum.

        Raises
        ------
        ValueError
            If the method is unknown or has no sign, or a target is no class.

        Notes
        -----
        A magnitude is how much the target's probability would change if another letter stood
        there, added up over the other letters, as in silico mutagenesis measures it; a gradient
        tells it to first order [4]_ (:func:`sklearn_attngen.networks.probability_change`). Letters
        that speak against a class that is nearly certain count for little by it. Evidence
        (``signed=True``) is the gradient times the way to the letter from equal shares of all
        letters, and has no such scale.

        "gradient_x_input" takes the gradient at the sequence; as evidence it is corrected as by
        Majdandzic et al. (2023) [1]_. "interior_gradient" takes it on the way to the sequence from
        equal shares of all letters [3]_, at ``interior_point_``: there half of what tells the
        training sequences apart has come to the output, and a network that is sure of its class is
        not yet flat (:func:`sklearn_attngen.networks.halfway_point`). "integrated_gradients"
        averages it over 16 points of that way [2]_. AttnGen has two more: "attention" is the
        attention of all heads, spread over the width of the first filters (one forward pass), and
        "attention_x_gradient" multiplies a magnitude with the root of the sum of the attention at
        ``interior_point_`` and equal shares; its gradient is that of "interior_gradient", but the
        first filters take their derivative at the sequence
        (:func:`sklearn_attngen.networks.attention_x_gradient`). All but "attention" and
        "integrated_gradients" cost one forward and one backward pass, and one more forward pass
        for the probability itself, or, for evidence, for the class that is predicted. Where several
        networks answer, all this is of their mean, and a pass is one of each. Where both strands
        are averaged, the probability is that of both, and magnitudes, as shares of a row, are the
        mean over the strands. A magnitude says that the network uses the letter, not whether it
        speaks for the class; check it with
        :func:`sklearn_attngen.inspection.perturbation_curve` and its random control.

        References
        ----------
        .. [1] A. Majdandzic et al., "Correcting gradient-based interpretations of deep neural
           networks for genomics", Genome Biology 24 (2023) 109.
        .. [2] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML
           (2017).
        .. [3] M. Sundararajan, A. Taly and Q. Yan, "Gradients of counterfactuals",
           arXiv:1611.02639 (2016).
        .. [4] A. Sasse, M. Chikina and S. Mostafavi, "Quick and effective approximation of in
           silico saturation mutagenesis experiments with first-order Taylor expansion", iScience
           27 (2024) 110807.
        """
        sequences = self._read_fitted(X)
        method = self.saliency_method if method is None else method
        if not isinstance(method, str) or method not in self._saliency_methods:
            got = repr(method)
            if not isinstance(method, str):
                got = f"{type(method).__name__}. Labels of classes are passed as target="
            raise ValueError(
                f"method must be one of {self._saliency_methods} for {type(self).__name__}, got "
                f"{got}."
            )
        if signed and "attention" in method:
            raise ValueError(
                f"method={method!r} has no sign, because attention has none. Use "
                f'"interior_gradient" or "integrated_gradients" for signed evidence.'
            )
        index = None
        if target is not None:
            name = type(self).__name__
            index = index_target(target, self.classes_, sequences.n_samples, name)
        return self._saliency(sequences, method, index, signed)

    @torch.inference_mode(False)  # gradients are computed whatever mode the caller is in
    def _saliency(
        self,
        sequences: Sequences,
        method: str,
        index: NDArray[np.int64] | None,
        signed: bool = False,
    ) -> NDArray[np.float64]:
        parts, start = [], 0
        dtype = torch.bfloat16 if self._in_bfloat16 and method in _INTERIOR and not signed else None
        for x in self._batches(sequences):
            stop = start + len(x)
            strands = self._strands(x)
            if method == "attention":
                found = [attend(self.module_, strand)[1] for strand in strands]
            else:
                target = None if index is None else torch.from_numpy(index[start:stop]).to(x.device)
                found = self._evidence(strands, method, target, signed, dtype)
            if not signed:
                found = [_shares(values, x) for values, x in zip(found, strands, strict=True)]
            evidence = found[0].double()
            if self._averages:
                evidence = (evidence + found[1].double().flip(1)) / 2
            parts.append(evidence.cpu())
            start = stop
        return torch.cat(parts).numpy()

    def _evidence(
        self,
        strands: list[Tensor],
        method: str,
        target: Tensor | None,
        signed: bool,
        dtype: torch.dtype | None,
    ) -> list[Tensor]:
        """Return evidence for a target, or None for the predicted class, of each strand (m, L)."""
        module = self.module_
        if target is None or not signed:
            # of more than two classes it must be the one that `predict` names, in full precision
            precision = dtype if len(self.classes_) == 2 else None
            with evaluation_mode(module, precision), torch.no_grad():
                answers = torch.stack([module(strand) for strand in strands])
            logits = answers.to(torch.promote_types(answers.dtype, torch.float32)).mean(dim=0)
            target = logits.argmax(dim=1) if target is None else target
        point = self.interior_point_
        if signed:
            explain: dict[str, Callable[[torch.nn.Module, Tensor, Tensor], Tensor]] = {
                "interior_gradient": partial(interior_gradient, point=point),
                "gradient_x_input": gradient_x_input,
                "integrated_gradients": integrated_gradients,
            }
            return [explain[method](module, x, target) for x in strands]
        if method == "attention_x_gradient":
            return [
                attention_x_gradient(module, x, target, point, logits=logits, dtype=dtype)
                for x in strands
            ]
        points = _POINTS.get(method, (point,))
        return [
            probability_change(
                path_gradient(module, x, target, points, dtype=dtype), x, logits, target
            )
            for x in strands
        ]

    def _find_interior_point(
        self, sequences: Sequences, index: NDArray[np.int64], anew: bool
    ) -> None:
        """Set ``interior_point_``, from rows of all classes alike as far as there are such.

        Unless it is found anew, fewer rows move it by their share, and rows that tell nothing leave
        it where it was.
        """
        n_rows = POINT_ROWS if anew else PARTIAL_POINT_ROWS
        n_rows = max(1, min(n_rows, POINT_VALUES // (sequences.length * self._n_channels)))
        # a generator of its own: later draws of the classifier do not depend on this one
        order = np.random.RandomState(0).permutation(len(index))
        by_class = np.argsort(index[order], kind="stable")
        counts = np.bincount(index)
        some = np.minimum(counts, n_rows)  # of each class; its first, its second, ...
        rank = np.arange(some.sum()) - np.repeat(some.cumsum() - some, some)
        place = by_class[np.repeat(counts.cumsum() - counts, some) + rank]
        rows = order[place[np.lexsort((place, rank))[:n_rows]]]
        del order, by_class, place, rank  # memory grows with the rows, the search needs a few
        batches = self._batches(sequences.take(rows))
        known = None if anew else getattr(self, "interior_point_", None)
        near = None if known is None else min(max(known, 0.01), 0.99)
        point = halfway_point(self.module_, batches, near)
        if point is None:
            self.interior_point_ = INTERIOR_POINT if known is None else known
        elif known is None:
            self.interior_point_ = point
        else:
            self.interior_point_ = known + min(1, len(rows) / POINT_ROWS) * (point - known)

    def _summarise_saliency(
        self, sequences: Sequences, index: NDArray[np.int64], n_rows: int
    ) -> None:
        """Set ``saliency_``, ``class_saliency_`` and ``feature_importances_``."""
        n_classes = len(self.classes_)
        n_rows = max(1, min(n_rows, SUMMARY_POSITIONS // sequences.length))
        if sequences.n_samples > n_rows:
            chosen = self._random.choice(sequences.n_samples, n_rows, replace=False)
            # a rare class keeps a row, or its profile would be undefined
            missing = np.setdiff1d(np.unique(index), index[chosen])
            first = [np.flatnonzero(index == label)[0] for label in missing]
            chosen = np.sort(np.concatenate([chosen, np.asarray(first, dtype=chosen.dtype)]))
            sequences, index = sequences.take(chosen), index[chosen]
        saliency = self._saliency(sequences, self.saliency_method, None)
        self.saliency_ = saliency.mean(axis=0)
        self.class_saliency_ = np.full((n_classes, sequences.length), np.nan)
        for label in np.unique(index):
            # without a copy of the rows
            self.class_saliency_[label] = saliency.mean(axis=0, where=(index == label)[:, None])
        if sequences.codes is None:
            self.feature_importances_ = self.saliency_.copy()
            return
        letters = np.arange(sequences.alphabet.n_letters, dtype=np.uint8)
        n_rows = len(saliency)
        by_letter = np.stack(
            [
                np.einsum("nl,nl->l", saliency, sequences.codes == letter) / n_rows
                for letter in letters
            ],
            axis=1,
        )
        # rows without any letter have no saliency, and saliency_ sums to less than 1 with them
        self.feature_importances_ = by_letter.ravel() / max(by_letter.sum(), 1e-300)


def _shares(values: Tensor, x: Tensor) -> Tensor:
    """Return non-negative values (m, L) of letters, in float64, as rows with sum 1."""
    values = values.double()
    real = (x != 0).any(dim=1) if x.shape[1] > 1 else torch.ones_like(values, dtype=torch.bool)
    values = values * real
    total = values.sum(dim=1, keepdim=True)
    uniform = real.double() / real.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.where(total > 0, values / total.clamp(min=1e-300), uniform)

"""The sanity checks of attention: whether it matters, and what masks that follow it give away."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_attngen.inspection._attribution.attention import guiding_attention
from sklearn_attngen.inspection._attribution.saliency import method_name, saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import (
    NO_NETWORK,
    LetterNetwork,
    gradients_allowed,
    poolings_in,
)
from sklearn_attngen.inspection._inputs.progress import progress
from sklearn_attngen.inspection._inputs.unwrap import find_network, last_step
from sklearn_attngen.inspection._removal.removal import Remover
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

from .runs import COLUMNS, not_applicable

ATTENTION_CHECKS = ("uniform_attention", "mask_leak")
# what is left of a saliency when all positions get the same attention; None: no order at all
WITHOUT_ATTENTION = {"attention_x_gradient": "interior_gradient", "attention": None}
# accuracies need more sequences than correlations do
SCORED_ROWS = 2000
FOLDS = 5
# neighbouring positions whose masks are read together, wherever in the sequence they are
WINDOW = 6
# documented in sanity_checks: shares of the way from chance to 1
LEAK = (0.05, 0.3)


class AttentionRuns:
    """Scores what attention adds, and a classifier that sees only where masks would be.

    Parameters
    ----------
    model : fitted classifier, without the wrappers of searches
    data : LetterInput of all sequences
    y : ndarray of shape (n,)
        True classes.
    method, n_repeats, top, batch_size, alphabet
        As in ``sanity_checks``.
    random : RandomState
    """

    def __init__(
        self,
        model: Any,
        data: LetterInput,
        y: NDArray[Any],
        *,
        method: str,
        n_repeats: int,
        top: float,
        batch_size: int | None,
        alphabet: str | Alphabet | None,
        random: np.random.RandomState,
    ) -> None:
        self.model = model
        self.method = method_name(model, method)
        self.n_repeats = n_repeats
        self.top = top
        self.batch_size = batch_size
        self.random = random
        self.bar: Any = progress(False, 0, "sanity_checks", "saliency")
        self._all = (data, y, alphabet)

    @cached_property
    def _rows(self) -> tuple[LetterInput, NDArray[Any]]:
        """Sequences that are scored and their labels, drawn when they are needed first."""
        data, y, alphabet = self._all
        if len(y) <= SCORED_ROWS:
            return data, y
        rows = np.sort(self.random.choice(len(y), SCORED_ROWS, replace=False))
        codes = data.with_codes(data.codes[rows], rows)
        return LetterInput.read(self.model, codes, alphabet), y[rows]

    def count(self, check: str) -> int:
        """Return the number of saliencies to come."""
        if self._why_no_attention():
            return 0
        if check == "mask_leak":
            return 0 if self._why_no_mask() else 1
        if self.method not in WITHOUT_ATTENTION:
            return 0
        return 1 if WITHOUT_ATTENTION[self.method] is None else 2

    def rows_of(self, check: str) -> list[dict[str, Any]]:
        """Return the rows of one check."""
        reason = self._why_no_attention()
        if reason:
            return [not_applicable(check, "", reason)]
        if check == "uniform_attention":
            reason = self._why_no_folds()
            if reason:
                return [not_applicable(check, "", reason)]
            return [self._uniform_heads(), self._uniform_saliency()]
        reason = self._why_no_mask() or self._why_no_folds()
        return [not_applicable(check, "", reason)] if reason else self._mask_leak()

    # the checks --------------------------------------------------------------------------------

    def _uniform_heads(self) -> dict[str, Any]:
        """Compare the classifier with itself when its heads weigh all positions alike."""
        import torch

        with gradients_allowed():
            copied = copy.deepcopy(self.model)
        network = LetterNetwork.find(copied, self._rows[0])
        assert network is not None  # as the original has one
        with torch.no_grad():
            for pooling in poolings_in(network.module):
                for layer in (pooling.score, pooling.position):
                    for parameter in layer.parameters():
                        parameter.zero_()
        codes = self._rows[0].codes
        own, uniform = (self._correct(model, codes) for model in (self.model, copied))
        score, control, chance = self._score(own), self._score(uniform), self._chance
        error = self._error(own - uniform)
        if score - control > 2 * error:
            said = "attention matters: with uniform heads the classifier is less accurate"
        elif control - score > 2 * error:
            said = "attention harms: with uniform heads the classifier is more accurate"
        else:
            said = "no difference found: with uniform heads the classifier is about as accurate"
        detail = "balanced accuracy, and with uniform heads"
        return self._row("uniform_attention", detail, score, control, error, chance, 1, said)

    def _uniform_saliency(self) -> dict[str, Any]:
        """Compare the faithfulness of the saliency with that of the same without attention."""
        check = "uniform_attention"
        if self.method not in WITHOUT_ATTENTION:
            return not_applicable(check, "faithfulness", f"{self.method} rests on no attention")
        clean = self._correct(self.model, self._rows[0].codes)
        if self._score(clean) - self._chance <= 2 * self._error(clean):
            reason = "the classifier is no better than chance on these sequences"
            return not_applicable(check, "faithfulness", reason)
        other = WITHOUT_ATTENTION[self.method]
        seed = int(self.random.randint(2**31))
        without_top = self._correct_without("top", self.method, seed)
        without_random = self._correct_without("random", None, seed)
        without_other = without_random
        if other is not None:
            without_other = self._correct_without("top", other, seed)
        top, random, rest = (
            max(self._score(correct), self._chance)
            for correct in (without_top, without_random, without_other)
        )
        error = self._error(without_other - without_top)
        difference = rest - top
        alone = "random letters are" if other is None else f"{other} alone is"
        if difference > 2 * error:
            said = f"attention helps: {alone} less faithful"
        elif difference < -2 * error:
            said = f"attention harms: {alone} more faithful"
        else:
            said = f"no difference found: {alone} about as faithful"
        detail = f"faithfulness, and of {other or 'random letters'}"
        scores = random - top, random - rest, error, 0.0
        return self._row(check, detail, *scores, self.n_repeats, said)

    def _mask_leak(self) -> list[dict[str, Any]]:
        """Classify by which letters would be masked, and by as many random ones."""
        final = self._final
        attention = self._guide()
        rows = []
        for order in dict.fromkeys(("lowest", final.mask_order)):
            correct, control = self._read_patterns(attention, order, final.mask_by)
            score, other, chance = self._score(correct), self._score(control), self._chance
            error = self._error(correct - control)
            beyond = (score - max(other, chance)) / (1 - chance)
            if beyond < max(LEAK[0], 2 * error / (1 - chance)):
                said = "passes: masks that follow attention tell no more of the class than random"
            elif beyond < LEAK[1]:
                said = "leaks in part: where the network looks tells some of the class"
            else:
                said = "leaks: where the network looks tells the class; do not score refits on it"
            of = "the attention" if final.mask_by == "mass" else "the letters"
            detail = f"masks of {100 * final.mask_fraction:g} % of {of}, {order}"
            scores = score, other, error, chance
            rows.append(self._row("mask_leak", detail, *scores, self.n_repeats, said))
        return rows

    # helpers -----------------------------------------------------------------------------------

    @property
    def _final(self) -> Any:
        """The estimator that holds the network, None if there is none."""
        return (find_network(self.model) or (None,))[0]

    @property
    def _chance(self) -> float:
        return 1 / len(np.unique(self._rows[1]))

    def _why_no_attention(self) -> str:
        """Return why there is no attention to look at, empty if there is."""
        if LetterNetwork.find(self.model, self._all[0]) is None:
            return f"{type(last_step(self.model)).__name__} {NO_NETWORK}"
        if not poolings_in(self._final.module_):
            return f"{type(self._final).__name__} holds a network without attention"
        labels = np.unique(self._all[1])
        if len(labels) < 2:
            return f"y holds one class only, {labels.tolist()}"
        if set(labels.tolist()).isdisjoint(self.model.classes_.tolist()):
            return "no label in y is a class of the estimator"
        return ""

    def _why_no_mask(self) -> str:
        if not getattr(self._final, "mask_fraction", 0):
            return f"{type(self._final).__name__} was fitted with mask_fraction=0"
        return ""

    def _why_no_folds(self) -> str:
        labels, sizes = np.unique(self._rows[1], return_counts=True)
        if sizes.min() >= FOLDS:
            return ""
        label = labels.tolist()[int(sizes.argmin())]
        return (
            f"class {label!r} has {sizes.min()} of the {sizes.sum()} rows, and the check needs "
            f"{FOLDS} of each"
        )

    def _guide(self) -> NDArray[np.float64]:
        """Return the attention that masks follow in training."""
        attention = guiding_attention(self.model, self._rows[0], self.batch_size)
        self.bar.update(1)
        return attention

    def _explain(self, method: str) -> NDArray[np.float64]:
        data = self._rows[0]
        values = saliency(
            self.model,
            data.with_codes(data.codes),
            method,
            batch_size=self.batch_size,
            alphabet=data.sequences.alphabet,
        )
        self.bar.update(1)
        return values

    def _correct(self, model: Any, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return 1 for each sequence whose class is predicted, else 0."""
        data, y = self._rows
        return np.asarray(model.predict(data.with_codes(codes)) == y, dtype=np.float64)

    def _correct_without(self, order: str, method: str | None, seed: int) -> NDArray[np.float64]:
        """Return the share of the repeats in which the rest of a sequence is enough."""
        data = self._rows[0]
        magnitude = None if method is None else self._explain(method)
        remover = Remover(self.model, data, magnitude, fill="resample", seed=seed)
        parts = [
            self._correct(self.model, remover.removed(order, self.top, repeat))
            for repeat in range(self.n_repeats)
        ]
        return np.mean(parts, axis=0)

    def _read_patterns(
        self, attention: NDArray[np.float64], order: str, by: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the share of the repeats in which the mask alone gives the class, and a control.

        The control masks as many letters of each sequence, at random.
        """
        y = self._rows[1]
        reader = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
        )
        parts = []
        for _ in range(self.n_repeats):
            pattern = self._pattern(attention, order, by)
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=self.random.randint(2**31))
            for read in (pattern, self._elsewhere(pattern)):
                predicted = cross_val_predict(reader, _features(read), y, cv=folds)
                parts.append(np.asarray(predicted == y, dtype=np.float64))
        return np.mean(parts[::2], axis=0), np.mean(parts[1::2], axis=0)

    def _elsewhere(self, pattern: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return masks of as many letters of each sequence, at random."""
        real = self._rows[0].codes != NO_SIGNAL
        keys = np.where(real, self.random.uniform(size=pattern.shape), np.inf)
        return keys.argsort(axis=1).argsort(axis=1) < pattern.sum(axis=1, keepdims=True)

    def _pattern(self, attention: NDArray[np.float64], order: str, by: str) -> NDArray[np.bool_]:
        """Return which letters the training would mask at the end of its ramp."""
        import torch

        from sklearn_attngen.networks._masking import masked_positions

        scores = torch.from_numpy(attention)
        real = torch.from_numpy(self._rows[0].codes != NO_SIGNAL)
        generator = torch.Generator().manual_seed(int(self.random.randint(2**31)))
        fraction = self._final.mask_fraction
        return masked_positions(
            scores, real, fraction, by=by, order=order, generator=generator
        ).numpy()

    def _score(self, correct: NDArray[np.float64]) -> float:
        """Return the mean over classes of the mean over their sequences."""
        y = self._rows[1]
        return float(np.mean([correct[y == label].mean() for label in np.unique(y)]))

    def _error(self, values: NDArray[np.float64]) -> float:
        """Return the standard error of what ``_score`` gives for the same values."""
        parts = [values[self._rows[1] == label] for label in np.unique(self._rows[1])]
        variances = [part.var(ddof=1) / len(part) if len(part) > 1 else 0.0 for part in parts]
        return float(np.sqrt(np.sum(variances)) / len(parts))

    @staticmethod
    def _row(
        check: str,
        detail: str,
        score: float,
        control: float,
        error: float,
        chance: float,
        n_repeats: int,
        said: str,
    ) -> dict[str, Any]:
        return dict.fromkeys(COLUMNS, np.nan) | {
            "check": check,
            "detail": detail,
            "score": score,
            "control_score": control,
            "standard_error": error,
            "chance": chance,
            "n_repeats": n_repeats,
            "verdict": said,
        }


def _features(pattern: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Describe masks (n, L): each position, and how often each pattern of neighbours occurs."""
    n, length = pattern.shape
    width = min(WINDOW, length)
    bits = pattern.astype(np.intp)
    n_windows = length - width + 1
    windows = sum(bits[:, i : i + n_windows] << i for i in range(width))
    flat = (np.arange(n)[:, None] << width) + windows
    counts = np.bincount(flat.ravel(), minlength=n << width).reshape(n, -1)
    return np.hstack([bits, counts]).astype(np.float32)

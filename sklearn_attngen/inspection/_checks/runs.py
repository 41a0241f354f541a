"""The single sanity checks, and the rows they give."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_attngen.inspection._attribution.saliency import method_name, saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import NO_NETWORK, LetterNetwork, gradients_allowed
from sklearn_attngen.inspection._inputs.progress import progress
from sklearn_attngen.inspection._inputs.unwrap import find_network, last_step
from sklearn_attngen.sequences import NO_SIGNAL

from .agreement import overlap, overlap_by_chance, rank_correlation, top_letters
from .randomization import layers_in_order, randomized_in_turn
from .verdict import CASCADE, agreement, verdict

RUN_CHECKS = ("model_randomization", "label_randomization", "seed_stability", "method_agreement")
COLUMNS = (
    "check",
    "detail",
    "correlation",
    "correlation_std",
    "overlap",
    "other_correlation",
    "other_overlap",
    "score",
    "control_score",
    "standard_error",
    "chance",
    "n_repeats",
    "verdict",
)
_NETWORK_METHODS = ("attention", "gradient_x_input", "integrated_gradients")
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


class SanityRuns:
    """Explains the same sequences and classes again and again, and compares.

    Parameters
    ----------
    model : fitted classifier, without the wrappers of searches
    data : LetterInput of the sequences to explain
    method, compare_with, n_repeats, top, batch_size
        As in ``sanity_checks``.
    random : RandomState
    """

    def __init__(
        self,
        model: Any,
        data: LetterInput,
        *,
        method: str,
        compare_with: Sequence[str] | None,
        n_repeats: int,
        top: float,
        batch_size: int | None,
        random: np.random.RandomState,
    ) -> None:
        self.model = model
        self.data = data
        self.method = method
        self.n_repeats = n_repeats
        self.top = top
        self.batch_size = batch_size
        self.random = random
        self.bar: Any = progress(False, 0, "sanity_checks", "saliency")
        self.X = data.with_codes(data.codes)
        self.real = data.codes != NO_SIGNAL
        self.target = np.asarray(model.predict(self.X))
        self.reference = self.explain(model)
        self.network = LetterNetwork.find(model, data)
        self.method_name = method_name(model, method)
        if compare_with is None:
            others = ("occlusion",) if self.method_name == "mutagenesis" else ("mutagenesis",)
            compare_with = others if find_network(model) is None else _NETWORK_METHODS
        self.compare_with = [str(name) for name in compare_with if name != self.method_name]

    def explain(self, model: Any, method: str | None = None) -> NDArray[np.float64]:
        """Return the magnitude of the saliency for the classes that the checked model predicts."""
        values = saliency(
            model,
            self.X,
            self.method if method is None else method,
            self.target,
            batch_size=self.batch_size,
            alphabet=self.data.sequences.alphabet,
        )
        self.bar.update(1)
        return values

    def count(self, checks: Sequence[str]) -> int:
        """Return the number of saliencies to come."""
        number = {
            "model_randomization": self.n_repeats * len(self._layers()),
            "label_randomization": 0 if self._why_not_fitted() else self.n_repeats,
            "seed_stability": 0 if self._why_not_seeded() else self.n_repeats,
            "method_agreement": len(self.compare_with),
        }
        return sum(number[check] for check in checks)

    def rows_of(self, check: str, X: Any, y: NDArray[Any]) -> list[dict[str, Any]]:
        """Return the rows of one check; clones are fitted on X and y."""
        if check == "model_randomization":
            return self._model_randomization()
        if check == "label_randomization":
            return self._label_randomization(X, y)
        if check == "seed_stability":
            return self._seed_stability(X, y)
        return [self._method_agreement(method) for method in self.compare_with]

    # the checks --------------------------------------------------------------------------------

    def _model_randomization(self) -> list[dict[str, Any]]:
        check = "model_randomization"
        if self.network is None:
            name = type(last_step(self.model)).__name__
            return [not_applicable(check, "", f"{name} {NO_NETWORK}")]
        names: list[str] = []
        values: list[list[NDArray[np.float64]]] = []
        for _ in range(self.n_repeats):
            with gradients_allowed():
                copied = copy.deepcopy(self.model)
            network = LetterNetwork.find(copied, self.data)
            assert network is not None  # as the original has one
            x = network.tensor(self.data.codes[:2])
            steps = randomized_in_turn(network.module, x, int(self.random.randint(2**31)))
            pairs = [(name, self.explain(copied)) for name in steps]
            names = [name for name, _ in pairs]
            values.append([value for _, value in pairs])
        rows = []
        for depth, name in enumerate(names):
            detail = name if depth == 0 else f"{name} and after"
            last = depth == len(names) - 1
            pairs_here = [(self.reference, repeat[depth]) for repeat in values]
            row = self._row(check, "all layers" if last else detail, pairs_here)
            rows.append(row if last else row | {"verdict": CASCADE})
        return rows

    def _label_randomization(self, X: Any, y: NDArray[Any]) -> list[dict[str, Any]]:
        check = "label_randomization"
        reason = self._why_not_fitted()
        if reason:
            return [not_applicable(check, "", reason)]
        pairs = []
        for _ in range(self.n_repeats):
            shuffled = self._fitted(clone(self.model), X, self.random.permutation(y))
            pairs.append((self.reference, self.explain(shuffled)))
        return [self._row(check, "fits on shuffled labels", pairs)]

    def _seed_stability(self, X: Any, y: NDArray[Any]) -> list[dict[str, Any]]:
        check = "seed_stability"
        reason = self._why_not_seeded()
        if reason:
            return [not_applicable(check, "", reason)]
        values = []
        for _ in range(self.n_repeats):
            other = clone(self.model)
            names = [name for name in other.get_params() if _is_seed(name)]
            other.set_params(**{name: int(self.random.randint(2**31)) for name in names})
            values.append(self.explain(self._fitted(other, X, y)))
        detail = f"{self.n_repeats} fits in pairs"
        return [self._row(check, detail, list(combinations(values, 2)))]

    def _method_agreement(self, method: str) -> dict[str, Any]:
        check, detail = "method_agreement", f"{self.method_name} and {method}"
        try:
            values = self.explain(self.model, method)
        except (ImportError, ValueError) as error:
            # The checked method has worked on the same input, so it is this method that cannot.
            return not_applicable(check, detail, str(error))
        return self._row(check, detail, [(self.reference, values)])

    def _fitted(self, model: Any, X: Any, y: NDArray[Any]) -> Any:
        """Fit a clone; what it cannot be fitted on is said in terms of ``sanity_checks``."""
        try:
            return model.fit(X, y)
        except ValueError as error:
            raise ValueError(
                f"A clone of {type(model).__name__} could not be fitted on the {len(y)} rows given "
                f"for it ({error}). Pass the training data as X_train and y_train, or leave "
                "'label_randomization' and 'seed_stability' out of checks."
            ) from error

    # helpers -----------------------------------------------------------------------------------

    def _row(self, check: str, detail: str, pairs: list[Pair]) -> dict[str, Any]:
        """Compare pairs of saliencies of the same sequences."""
        rows = np.arange(len(self.real))
        other = np.roll(rows, 1)
        is_other = other != rows  # of one sequence there is none
        both = self.real & self.real[other]
        numbers = []
        for a, b in pairs:
            top_a, top_b = (top_letters(v, self.real, self.top, self.random) for v in (a, b))
            numbers.append(
                [
                    _mean(rank_correlation(a, b, self.real)),
                    _mean(overlap(top_a, top_b)),
                    _mean(rank_correlation(a, b[other], both)[is_other]),
                    _mean(overlap(top_a, top_b[other])[is_other]),
                    _mean(overlap_by_chance(top_a, self.real)),
                ]
            )
        means = np.mean(numbers, axis=0)
        spread = np.std(np.array(numbers)[:, 0], ddof=1) if len(pairs) > 1 else np.nan
        found = agreement(check, means[0], means[1], means[4])
        return dict.fromkeys(COLUMNS, np.nan) | {
            "check": check,
            "detail": detail,
            "correlation": means[0],
            "correlation_std": spread,
            "overlap": means[1],
            "other_correlation": means[2],
            "other_overlap": means[3],
            "n_repeats": len(pairs),
            "verdict": verdict(check, found),
        }

    def _layers(self) -> list[tuple[str, Any]]:
        if self.network is None:
            return []
        with gradients_allowed():  # of a copy: other threads may use, copy or save the network
            module = copy.deepcopy(self.network.module)
        return layers_in_order(module, self.network.tensor(self.data.codes[:2]))

    def _why_not_fitted(self) -> str:
        """Return why clones cannot be fitted, empty if they can."""
        parameters = self.model.get_params(deep=True).values()
        if any(isinstance(value, FrozenEstimator) for value in parameters):
            return "a part of the estimator is frozen, and a clone would keep what it has learned"
        return ""

    def _why_not_seeded(self) -> str:
        if not any(_is_seed(name) for name in self.model.get_params(deep=True)):
            return "the estimator has no random_state"
        return self._why_not_fitted()


def _is_seed(name: str) -> bool:
    return name.rpartition("__")[2] == "random_state"


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is defined, NaN if nothing is."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else np.nan


def not_applicable(check: str, detail: str, reason: str) -> dict[str, Any]:
    """Return a row that says why there are no numbers."""
    empty = dict.fromkeys(COLUMNS, np.nan)
    said = {"check": check, "detail": detail, "n_repeats": 0}
    return empty | said | {"verdict": f"not applicable: {reason}"}

"""Accuracy, and how many of the deciding letters a saliency finds, on planted motifs.

``python -m benchmarks.planted_motifs`` trains on generated sequences in which the deciding letters
are known. The figure for a saliency is its average precision over the letters of a sequence,
averaged over test sequences; mutated letters count neither as right nor as wrong. ``oracle`` knows
the motifs and the rate of mutations. ``--what ablation`` compares what is masked in training,
``--what fractions`` how much, of single networks. The rows are drawn by the seed, with ``--set`` as
without: choose parameters on seeds that no table has, such as ``--seeds 70 71 72``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import average_precision_score, get_scorer

from benchmarks._data import Split, add_running_arguments, chosen
from benchmarks._figures import add_figure_argument, check_figure, draw_fractions
from benchmarks._measure import measure, print_table
from benchmarks._variants import (
    Makers,
    ablation,
    add_trial_arguments,
    attngen,
    changed,
    fractions,
    trial_name,
)
from sklearn_attngen import CNNClassifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import saliency

LETTERS = "ACGT"


class Oracle(ClassifierMixin, BaseEstimator):
    """Class probabilities and letters of a model that knows how the sequences were made.

    Exact up to chance copies of motifs, which the generator removes, and, but for "spacing", to
    overlaps, which it avoids, and to decoys (shuffled motifs), which count as background here.
    """

    def __init__(self, task: str, motifs: tuple[str, ...], mutation_rate: float) -> None:
        self.task = task
        self.motifs = motifs
        self.mutation_rate = mutation_rate

    def fit(self, X: Any, y: Any) -> Oracle:
        """Take the classes from the labels."""
        self.classes_ = np.unique(y)
        return self

    def _likelihoods(self, X: Any) -> list[NDArray[np.float64]]:
        """Return how much likelier each window is as each motif than as background."""
        codes = np.array([[LETTERS.index(letter) for letter in sequence] for sequence in X])
        rate = max(self.mutation_rate, 1e-6)
        result = []
        for motif in self.motifs:
            ratio = np.full((len(motif), 4), rate / 3 / 0.25)
            ratio[np.arange(len(motif)), [LETTERS.index(letter) for letter in motif]] = (
                1 - rate
            ) / 0.25
            windows = np.lib.stride_tricks.sliding_window_view(codes, len(motif), axis=1)
            result.append(ratio[np.arange(len(motif)), windows].prod(axis=2))
        return result

    def _classes(self) -> list[list[tuple[int, ...]]]:
        """Return the sets of motifs that make each class."""
        n = len(self.motifs)
        if self.task == "presence":
            return [[(i,)] for i in range(n)]
        rounds: list[list[tuple[int, ...]]] = []
        for shift in range(len(self.classes_)):
            circle = [0, *np.roll(np.arange(1, n), shift).tolist()]
            rounds.append([(circle[k], circle[-1 - k]) for k in range(n // 2)])
        return rounds

    def _explain(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        likelihoods, length = self._likelihoods(X), len(X[0])
        widths = [len(motif) for motif in self.motifs]
        evidence, letters = [], np.zeros((len(X), length))
        if self.task == "spacing":
            gaps = 5 + 10 * np.arange(len(self.classes_))
            spans = sum(widths) + gaps
            # the middle of the pair comes from one range for all classes
            places = length - spans.max() + 1
            for gap, first in zip(gaps, spans.max() // 2 - spans // 2, strict=True):
                second = first + widths[0] + gap
                pair = (
                    likelihoods[0][:, first : first + places]
                    * likelihoods[1][:, second : second + places]
                )
                evidence.append(pair.sum(axis=1))
                for start, width in zip((first, second), widths, strict=True):
                    for offset in range(start, start + width):
                        letters[:, offset : offset + places] += pair
        else:
            total = [value.mean(axis=1, keepdims=True) for value in likelihoods]
            for sets in self._classes():
                products = [np.prod([total[i] for i in motifs], axis=0) for motifs in sets]
                evidence.append(np.sum(products, axis=0)[:, 0])
                for motifs, product in zip(sets, products, strict=True):
                    for i in motifs:
                        share = likelihoods[i] / likelihoods[i].sum(axis=1, keepdims=True)
                        for offset in range(widths[i]):
                            letters[:, offset : offset + share.shape[1]] += product * share
        return np.stack(evidence, axis=1), letters

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest class."""
        return self.classes_[self._explain(X)[0].argmax(axis=1)]

    def saliency(self, X: Any, method: str | None = None) -> NDArray[np.float64]:
        """Return the probability of each letter to be one of a planted motif, up to a factor."""
        return self._explain(X)[1]


@dataclass(frozen=True)
class AveragePrecision:
    """Score a saliency against the planted letters of known sequences."""

    method: str
    rows: int
    truth: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = field(repr=False)

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Return the mean over sequences, or NaN where the estimator lacks the method."""
        X = X[: self.rows]
        method = None if self.method == "default" else self.method
        if isinstance(estimator, Oracle):
            scores = estimator.saliency(X) if method is None else None
        elif method == "occlusion":
            scores = (
                None if not isinstance(estimator, CNNClassifier) else saliency(estimator, X, method)
            )
        else:
            known = method is None or method in getattr(estimator, "_saliency_methods", ())
            scores = saliency(estimator, X, method or "auto") if known else None
        if scores is None:
            return float("nan")
        pairs = ((*self.truth[sequence], score) for sequence, score in zip(X, scores, strict=True))
        return float(
            np.mean([average_precision_score(p[use], s[use]) for p, use, s in pairs if p.any()])
        )


MODELS: Makers = {
    "AttnGen": attngen(),
    "AttnGen, no mask": attngen(mask_fraction=0),
    "CNN": lambda seed: CNNClassifier(random_state=seed),
}
METHODS = (
    "default",
    "attention",
    "interior_gradient",
    "gradient_x_input",
    "integrated_gradients",
    "occlusion",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, one task after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_running_arguments(parser)
    parser.add_argument("--what", choices=["models", "ablation", "fractions"], default="models")
    parser.add_argument("--tasks", nargs="+", default=["presence", "pairs", "spacing"])
    parser.add_argument("--width", type=int, default=9, help="letters of a motif")
    parser.add_argument("--mutation-rate", type=float, default=0.0)
    parser.add_argument("--rows", type=int, default=6000, help="training rows")
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--explained-rows", type=int, default=300)
    add_trial_arguments(parser, held_out=False)
    add_figure_argument(parser, "the mask fractions, with the task in its name")
    options = parser.parse_args(arguments)
    check_figure(parser, options.figure, options.what == "fractions")
    trial = trial_name(parser, options)
    makers = {"models": MODELS, "ablation": ablation(), "fractions": fractions()}[options.what]
    makers = changed(chosen(makers, options.only), options.set, options.mean_of)
    for task in options.tasks:
        truth: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        motifs: dict[int, tuple[str, ...]] = {}

        def draw(seed: int, task: str = task, truth: Any = truth, motifs: Any = motifs) -> Split:
            data = make_motif_sequences(
                options.rows + 2000,
                length=options.length,
                task=task,
                motif_width=options.width,
                mutation_rate=options.mutation_rate,
                random_state=1000 + seed,
            )
            truth.clear()
            letters = zip(data.positions, ~data.mutated, strict=True)
            truth.update(zip(data.data, letters, strict=True))
            motifs[seed] = tuple(data.motifs)
            n = options.rows
            source = (
                f"{task}, {options.length} nt, width {options.width}, "
                f"mutated {options.mutation_rate}"
            )
            return Split(data.data[:n], data.target[:n], data.data[n:], data.target[n:], source)

        def oracle(seed: int, task: str = task, motifs: Any = motifs) -> Oracle:
            return Oracle(task, motifs[seed], options.mutation_rate)

        known = METHODS if options.what == "models" else METHODS[:3]
        scorers: dict[str, Any] = {"accuracy": get_scorer("accuracy")}
        scorers |= {
            f"AP, {method}": AveragePrecision(method, options.explained_rows, truth)
            for method in known
        }
        print(f"\n{task}: motifs of {options.width}, {options.mutation_rate:.0%} mutated")
        results = measure(
            f"planted_{options.what}_{task}_{options.rows}_{options.length}_{options.width}_"
            f"{options.mutation_rate}{trial}",
            {**makers, "oracle": oracle},
            draw,
            options.seeds,
            scorers,
            resume=options.resume,
            quick=options.quick,
        )
        print_table(results, next(iter(makers)), ["accuracy", "AP, default", "AP, attention"])
        if options.figure is not None:
            path = options.figure.with_stem(f"{options.figure.stem}_{task}")
            panels = {"Accuracy": ["accuracy"], "AP": [name for name in scorers if "AP" in name]}
            title = f"Planted {task}, {options.rows:,} rows, {options.mutation_rate:.0%} mutated"
            draw_fractions(results, path, panels, title)


if __name__ == "__main__":
    main()

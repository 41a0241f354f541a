"""How faithful the exact effects of single letters are, and how much that depends on their scale.

``python -m benchmarks.letter_effects --data FOLDER`` replaces each letter by each other one and
asks every classifier again. The mean size of the changes is a saliency: of log-odds, or of the
probability of the predicted class, where a letter that speaks against a class that is nearly
certain counts for little. Beside them stands the saliency that a classifier has by default: that of
the network itself, or for others occlusion, which measures probabilities. So the same read-out can
be compared among classifiers, and different read-outs on the same classifier. "for the prediction"
is the share of the changes that lower the predicted class, averaged over sequences.
Networks are single ones. Measured on a fifth of the training rows that is held out (by place,
where that is known); no test split is read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from benchmarks import leakage, other_sets
from benchmarks._data import add_arguments, chosen, rows_of
from benchmarks._measure import measure, print_table
from benchmarks._variants import Makers, single
from sklearn_attngen import PerturbationScorer
from sklearn_attngen.inspection import mutagenesis, saliency

SCALES = {"log-odds": "log_odds", "probability": "probability"}


def makers(both_strands: bool) -> Makers:
    """Return the classifiers of the other measurements, networks as single ones."""
    known = other_sets.makers(both_strands)
    return {name: partial(_single, make) for name, make in known.items()}


def _single(make: Callable[[int], Any], seed: int) -> Any:
    return single(make(seed))


@dataclass(frozen=True)
class LetterEffects:
    """The gap of the default saliency and of exact effects, on each scale.

    The gap is what balanced accuracy falls by without the most salient tenth of the letters, beyond
    its fall without as many random ones, over its height above chance.
    """

    rows: int

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        """Measure on the same random rows for every classifier."""
        rows = np.sort(check_random_state(0).permutation(len(y))[: self.rows])
        X, y = np.asarray(X)[rows], np.asarray(y)[rows]
        found = self._gaps("default", saliency(estimator, X), estimator, X, y)
        for name, scale in SCALES.items():
            changes = mutagenesis(estimator, X, scale=scale)
            found |= self._gaps(name, np.abs(changes).sum(axis=2), estimator, X, y)
            falls = -changes.sum(axis=2)
            share = np.maximum(falls, 0).sum(axis=1) / np.abs(falls).sum(axis=1).clip(min=1e-300)
            found[f"for the prediction, {name}"] = float(share.mean())
        return found

    def _gaps(self, name: str, values: Any, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        found = {}
        for fill in ("resample", "unknown"):
            scorer = PerturbationScorer(
                fraction=0.1, fill=fill, metric="balanced_accuracy", saliency=lambda *_: values
            )
            parts = scorer.measure(estimator, X, y)
            above = parts.clean - 1 / len(estimator.classes_)
            found["accuracy"] = float(parts.clean)
            found[f"gap, {fill}, {name}"] = parts.score / above if above > 0 else float("nan")
        return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--sets", nargs="+", choices=leakage.SETS, default=list(leakage.SETS))
    parser.add_argument("--rows", type=int, help="training rows, drawn by class (default: all)")
    parser.add_argument("--explained-rows", type=int, default=500)
    options = parser.parse_args(arguments)
    chosen(makers(False), options.only)  # a wrong name shows before anything is measured
    for name in options.sets:
        split = leakage.load(name, options.data)
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        print(f"\n{name} ({split.source}), a fifth of the training rows held out")
        known = chosen(makers(leakage.both_strands(name)), options.only)
        results = measure(
            f"letter_effects_{name}_{options.rows or 'all'}".replace(" ", "_"),
            known,
            partial(rows_of, split, options.rows, True),
            options.seeds,
            {"effects": LetterEffects(options.explained_rows)},
            resume=options.resume,
            quick=options.quick,
        )
        gaps = [f"gap, resample, {name}" for name in ("default", *SCALES)]
        print_table(results, next(iter(known)), gaps)


if __name__ == "__main__":
    main()

"""Accuracy and faithfulness on human against worm, from 20,000 training rows, full test split.

``python -m benchmarks.human_or_worm --data FOLDER`` reads human_or_worm_mixed_200.csv.gz there;
without a folder demo_human_or_worm of Genomic Benchmarks is downloaded. The table says which.
Networks train on random strands and average both at prediction, except the plain CNN. Beside
accuracy stands what the default saliency is worth on some test rows: accuracy and probability of
the true class with a tenth of the letters removed, and accuracy with a fifth kept.
``--what ablation`` compares what is masked in training, ``--what fractions`` how much.
``--held-out`` measures on training rows that are left out (by regions, where the file names them),
and ``--set`` tries other parameters there: this is how defaults are chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils import check_random_state

from benchmarks._data import add_arguments, chosen, load_human_or_worm, rows_of
from benchmarks._figures import add_figure_argument, check_figure, draw_fractions
from benchmarks._measure import measure, print_table
from benchmarks._plain_cnn import PlainCNN
from benchmarks._variants import ablation, add_trial_arguments, changed, fractions, trial_name
from sklearn_attngen import AttnGenClassifier, CNNClassifier, make_kmer_classifier
from sklearn_attngen.inspection import perturbation_curve, saliency
from sklearn_attngen.metrics import comprehensiveness

MAKERS = {
    "AttnGen": lambda seed: AttnGenClassifier(reverse_complement="average", random_state=seed),
    "AttnGen, no mask": lambda seed: AttnGenClassifier(
        mask_fraction=0, reverse_complement="average", random_state=seed
    ),
    "AttnGen, masks to the end": lambda seed: AttnGenClassifier(
        mask_cooldown=0, reverse_complement="average", random_state=seed
    ),
    "AttnGen, three networks": lambda seed: AttnGenClassifier(
        n_estimators=3, reverse_complement="average", random_state=seed
    ),
    "CNN": lambda seed: CNNClassifier(reverse_complement="average", random_state=seed),
    "CNN, three networks": lambda seed: CNNClassifier(
        n_estimators=3, reverse_complement="average", random_state=seed
    ),
    "plain CNN": lambda seed: PlainCNN(random_state=seed),
    "k-mers": lambda seed: make_kmer_classifier(),
}


@dataclass(frozen=True)
class Faithfulness:
    """What the letters that the default saliency names are worth, with bootstrap intervals.

    For each fill the accuracy after the top and as many random letters are removed, their
    difference, and the gap: the difference over (accuracy - chance). Then the probability of the
    true class, and accuracy with only the top or random letters kept. Passes over what has no
    probabilities.
    """

    rows: int
    removed: float = 0.1
    kept: float = 0.2
    n_repeats: int = 2

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        """Measure on the same random rows for every classifier."""
        if not hasattr(estimator, "predict_proba"):
            return {}
        rows = np.sort(check_random_state(0).permutation(len(y))[: self.rows])
        X, y = X[rows], y[rows]
        common: dict[str, Any] = {"saliency": saliency(estimator, X), "n_repeats": self.n_repeats}
        found: dict[str, float] = {}
        some, few = (f"{100 * share:g} %" for share in (self.removed, self.kept))
        orders = ("top", "random")
        for fill in ("resample", "unknown"):
            curve = perturbation_curve(
                estimator, X, y, fractions=(self.removed,), orders=orders, fill=fill, **common
            )
            for order in orders:
                name = f"{fill}, {order} {some} removed"
                found |= _with_interval(name, curve.area[order], curve.intervals[order][0])
            difference = curve.area["random"] - curve.area["top"]
            found[f"{fill}, difference"] = difference
            above = curve.baseline - curve.chance
            found[f"{fill}, gap"] = difference / above if above > 0 else float("nan")
        fall = comprehensiveness(
            estimator, X, fractions=(self.removed,), target=y, fill="resample", **common
        )
        column = np.searchsorted(estimator.classes_, y)
        clean = estimator.predict_proba(X)[np.arange(len(y)), column].mean()
        found["P(true)"] = float(clean)
        found[f"P(true), resample, top {some} removed"] = float(clean - fall.score)
        found[f"P(true), resample, random {some} removed"] = float(clean - fall.control)
        found |= _with_interval(
            "P(true), resample, difference", fall.advantage, fall.advantage_interval
        )
        curve = perturbation_curve(
            estimator,
            X,
            y,
            fractions=(self.kept,),
            orders=orders,
            fill="resample",
            mode="insertion",
            **common,
        )
        for order in orders:
            name = f"only {order} {few} kept"
            found |= _with_interval(name, curve.area[order], curve.intervals[order][0])
        return found


def _with_interval(name: str, value: float, interval: Any) -> dict[str, float]:
    low, high = interval
    return {name: float(value), f"{name}, from": float(low), f"{name}, to": float(high)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=20_000, help="training rows, drawn by class")
    parser.add_argument("--what", choices=["models", "ablation", "fractions"], default="models")
    parser.add_argument("--perturbed-rows", type=int, default=3000)
    add_trial_arguments(parser)
    add_figure_argument(parser, "the mask fractions")
    options = parser.parse_args(arguments)
    check_figure(parser, options.figure, options.what == "fractions")
    trial = trial_name(parser, options)
    split = load_human_or_worm(options.data)
    print(f"{split.source}: {len(split.y_train):,} training rows, {len(split.y_test):,} test rows")
    if options.held_out:
        print("a fifth of the training rows is measured on, and the test rows are left alone")
    strands = {"reverse_complement": "average"}
    sets = {"models": MAKERS, "ablation": ablation(**strands), "fractions": fractions(**strands)}
    makers = sets[options.what]
    makers = changed(chosen(makers, options.only), options.set, options.mean_of)
    results = measure(
        f"human_or_worm_{options.what}_{options.rows}{trial}",
        makers,
        partial(rows_of, split, options.rows, options.held_out),
        options.seeds,
        {"accuracy": get_scorer("accuracy"), "faithfulness": Faithfulness(options.perturbed_rows)},
        resume=options.resume,
        quick=options.quick,
    )
    print_table(results, next(iter(makers)), ["accuracy", "resample, gap", "unknown, gap"])
    if options.figure is not None:
        panels = {
            "Accuracy": ["accuracy"],
            "Gap, 10 % of the letters": ["resample, gap", "unknown, gap"],
            "Accuracy, 20 % of the letters": ["only top 20 % kept", "only random 20 % kept"],
        }
        title = f"{split.source}, {options.rows:,} rows{trial.replace('_', ' ')}"
        draw_fractions(results, options.figure, panels, title)


if __name__ == "__main__":
    main()

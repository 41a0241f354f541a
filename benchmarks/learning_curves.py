"""How many training rows it takes: accuracy and log loss over the number of rows.

``python -m benchmarks.learning_curves --data FOLDER`` draws rows by class from the training split
of human against worm and of worm splice sites, and measures on a fifth of that split that is held
out, whole regions or genes where they are known, another fifth for each seed. Without a folder
demo_human_or_worm is downloaded. No test split is read. ``--figure`` draws the curves, ``--set``
tries other parameters.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from sklearn.metrics import accuracy_score, log_loss

from benchmarks import leakage, other_sets
from benchmarks._data import Split, add_arguments, chosen, hold_out, sample
from benchmarks._figures import add_figure_argument, check_figure, draw_learning
from benchmarks._measure import measure, print_table
from benchmarks._variants import Makers, add_trial_arguments, attngen, changed, trial_name

DEFAULT_SETS = ("human or worm", "worm splice")
METRICS = {"accuracy": "Accuracy", "log loss": "Log loss"}


@dataclass(frozen=True)
class Quality:
    """Accuracy and log loss, from one prediction."""

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        """Score the probabilities of the classes."""
        probabilities = estimator.predict_proba(X)
        predicted = estimator.classes_[probabilities.argmax(axis=1)]
        loss = log_loss(y, probabilities, labels=estimator.classes_)
        return {"accuracy": float(accuracy_score(y, predicted)), "log loss": float(loss)}


def makers(both_strands: bool) -> Makers:
    """Return the classifiers, and AttnGen with masks at random and with masks until the end."""
    make = partial(attngen, reverse_complement="average" if both_strands else False)
    return {
        **other_sets.makers(both_strands),
        "AttnGen, masks at random": make(mask_order="random"),
        "AttnGen, masks to the end": make(mask_cooldown=0),
    }


def read(names: Sequence[str], options: argparse.Namespace) -> dict[str, dict[int, Split]]:
    """Load sets and hold a fifth out for each seed, the same for every number of rows.

    Ends the program where the numbers of rows are not there.
    """
    held_out = {}
    for name in names:
        split = leakage.load(name, options.data)
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        held_out[name] = {seed: hold_out(split, seed) for seed in options.seeds}
        there = min(len(part.y_train) for part in held_out[name].values())
        if max(options.rows) > there:
            raise SystemExit(
                f"--rows: {max(options.rows):,} of {name!r} are not there; without those held out "
                f"there are {there:,}."
            )
    return held_out


def rows_of(held_out: dict[int, Split], n_rows: int, seed: int) -> Split:
    """Draw rows from those that a seed does not hold out."""
    return sample(held_out[seed], n_rows, seed)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and draw, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--sets", nargs="+", choices=leakage.SETS, default=list(DEFAULT_SETS))
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 2500, 5000])
    add_trial_arguments(parser, held_out=False)
    add_figure_argument(parser, "the curves")
    options = parser.parse_args(arguments)
    check_figure(parser, options.figure)
    trial = trial_name(parser, options)
    chosen(makers(False), options.only)  # a wrong name shows before anything is measured
    curves: dict[str, pd.DataFrame] = {}
    for name, held_out in read(options.sets, options).items():
        known = changed(
            chosen(makers(leakage.both_strands(name)), options.only), options.set, options.mean_of
        )
        parts = []
        for n_rows in sorted(set(options.rows)):
            print(f"\n{name} ({held_out[options.seeds[0]].source}), {n_rows:,} of these rows")
            part = measure(
                f"learning_{name}_{n_rows}{trial}".replace(" ", "_"),
                known,
                partial(rows_of, held_out, n_rows),
                options.seeds,
                {"quality": Quality()},
                resume=options.resume,
                quick=options.quick,
            )
            print_table(part, next(iter(known)), list(METRICS))
            parts.append(part.assign(rows=n_rows))
        curves[name] = pd.concat(parts)
        wide = curves[name].pivot_table(METRICS, "rows", "classifier", sort=False)
        print(f"\n{name}: means over seeds\n{wide[list(METRICS)].round(4).to_string()}")
    if options.figure is not None and curves:
        draw_learning(curves, options.figure, METRICS)


if __name__ == "__main__":
    main()

"""What the data sets behind docs/results.md, and their splits, give away.

``python -m benchmarks.leakage --data FOLDER`` prints the report of each set that is there, the
splice junctions included; without a folder demo_human_or_worm and human_nontata_promoters of
Genomic Benchmarks are downloaded. Then balanced and plain accuracy of each classifier on a fifth of
the training rows, drawn at random and in whole groups of rows that share a word, another fifth for
each seed (a group that dominates may be in all of them); ``--set`` tries other parameters. Test
splits are read for the report, and no classifier sees them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer

from benchmarks import other_sets
from benchmarks._data import (
    Split,
    add_arguments,
    chosen,
    few_rows,
    hold_out,
    load_human_or_worm,
    load_splice,
    sample,
)
from benchmarks._measure import measure, print_table
from benchmarks._variants import add_trial_arguments, changed, trial_name
from sklearn_attngen.model_selection import leakage_report, sequence_groups

SETS = ("human or worm", "splice junctions", *other_sets.SETS)


def both_strands(name: str) -> bool:
    """Say whether both strands of a set mean the same."""
    return name == "human or worm" or (name in other_sets.SETS and other_sets.SETS[name][1])


def load(name: str, folder: Path | None) -> Split | None:
    """Load a set; None where it is not to be had."""
    if name == "human or worm":
        return load_human_or_worm(folder)
    return load_splice() if name == "splice junctions" else other_sets.load(name, folder)


def folds(split: Split, k: int) -> dict[str, Callable[[int], Split]]:
    """Return two ways to hold out a fifth of the training rows.

    Rows that come from the same place, where that is known, are relatives too.
    """
    groups = sequence_groups(split.X_train, k=k, groups=split.groups)
    sizes = np.bincount(groups)
    print(f"{len(groups):,} training rows: {len(sizes):,} groups, {sizes.max():,} in the largest")
    return {
        "at random": partial(hold_out, split._replace(groups=None)),
        "by groups": partial(hold_out, split._replace(groups=groups.astype(object))),
    }


def print_report(split: Split, k: int) -> None:
    """Print it with the verdicts in line."""
    report = leakage_report(split.X_train, split.y_train, split.X_test, split.y_test, k=k)
    report["verdict"] = report["verdict"].str.ljust(report["verdict"].str.len().max())
    print(report.round(3).to_string(index=False, na_rep="-"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the reports, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--k", type=int, default=25, help="letters of a word that relatives share")
    parser.add_argument("--rows", type=int, default=5000, help="training rows to hold a fifth of")
    add_trial_arguments(parser, held_out=False)
    options = parser.parse_args(arguments)
    trial = trial_name(parser, options)
    chosen(other_sets.makers(False), options.only)  # a wrong name shows before anything is measured
    for name in options.sets:
        split = load(name, options.data)
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        if options.quick:
            split = few_rows(split)
        print(f"\n{name} ({split.source})")
        print_report(split, options.k)
        makers = changed(
            chosen(other_sets.makers(both_strands(name)), options.only),
            options.set,
            options.mean_of,
        )
        means = {}
        for kind, data in folds(sample(split, options.rows, 0), options.k).items():
            print(f"\n{name}, a fifth of the training rows held out {kind}")
            results = measure(
                f"leakage_{name}_{options.rows}_{kind}{trial}".replace(" ", "_"),
                makers,
                data,
                options.seeds,
                {
                    "accuracy": get_scorer("balanced_accuracy"),
                    "plain accuracy": get_scorer("accuracy"),
                },
                resume=options.resume,
                quick=options.quick,
            )
            print_table(results, next(iter(makers)), ["accuracy", "plain accuracy"])
            means[kind] = results.groupby("classifier", sort=False)["accuracy"].mean()
        both = pd.DataFrame(means)
        both["less"] = both["by groups"] - both["at random"]
        print(f"\n{name}: balanced accuracy of both\n{both.round(4).to_string()}")


if __name__ == "__main__":
    main()

"""What the data sets behind docs/results.md, and their splits, give away.

``python -m benchmarks.leakage --data FOLDER`` prints the report of each set that is there, the
splice junctions included; without a folder demo_human_or_worm and human_nontata_promoters of
Genomic Benchmarks are downloaded. Then balanced accuracy of the k-mer classifier on folds of the
training rows, drawn at random and by groups of rows that share a word, each seed another order.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t
from sklearn.model_selection import StratifiedKFold, cross_val_score

from benchmarks import other_sets
from benchmarks._data import (
    Split,
    add_arguments,
    chosen,
    few_rows,
    load_human_or_worm,
    load_splice,
    sample,
)
from sklearn_attngen import make_kmer_classifier
from sklearn_attngen.model_selection import SequenceGroupKFold, leakage_report, sequence_groups

FOLDS = 5


def folds_of(split: Split, seeds: Sequence[int], both_strands: bool, k: int) -> pd.DataFrame:
    """Return the mean balanced accuracy over random folds and over folds of groups, by seed."""
    X, y = split.X_train, split.y_train
    kinds: dict[str, Callable[[int], Any]] = {
        "at random": lambda seed: StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
        "by groups": lambda seed: SequenceGroupKFold(FOLDS, k=k, shuffle=True, random_state=seed),
    }
    classifier = make_kmer_classifier(canonical=both_strands)
    rows = [
        {
            kind: cross_val_score(classifier, X, y, cv=cv(seed), scoring="balanced_accuracy").mean()
            for kind, cv in kinds.items()
        }
        for seed in seeds
    ]
    return pd.DataFrame(rows, index=pd.Index(seeds, name="seed"))


def print_folds(scores: pd.DataFrame) -> None:
    """Print the means, and the paired difference with its interval."""
    difference = scores["at random"] - scores["by groups"]
    text = ", ".join(f"{kind} {scores[kind].mean():.4f}" for kind in scores)
    text += f"; difference {difference.mean():+.4f}"
    if len(difference) > 1:
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        width = t.ppf(0.975, len(difference) - 1) * error
        text += f" ({difference.mean() - width:+.4f} to {difference.mean() + width:+.4f})"
    print(f"k-mers, {FOLDS} folds of training rows: {text}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the reports, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--k", type=int, default=25, help="letters of a word that relatives share")
    parser.add_argument("--rows", type=int, default=20_000, help="training rows for the folds")
    options = parser.parse_args(arguments)
    sets: dict[str, tuple[Callable[[], Split | None], bool]] = {
        "human or worm": (lambda: load_human_or_worm(options.data), True),
        "splice junctions": (load_splice, False),
    }
    for name, (_, both_strands) in other_sets.SETS.items():
        sets[name] = (partial(other_sets.load, name, options.data), both_strands)
    for name, (load, both_strands) in chosen(sets, options.only).items():
        split = load()
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        if options.quick:
            split = few_rows(split)
        print(f"\n{name} ({split.source})")
        report = leakage_report(
            split.X_train, split.y_train, split.X_test, split.y_test, k=options.k
        )
        width = report["verdict"].str.len().max()
        report["verdict"] = report["verdict"].str.ljust(width)
        print(report.round(3).to_string(index=False, na_rep="-"))
        part = sample(split, options.rows, 0)
        sizes = np.bincount(sequence_groups(part.X_train, k=options.k))
        print(f"{len(part.y_train):,} training rows: {len(sizes):,} groups, ", end="")
        print(f"{sizes.max():,} rows in the largest")
        print_folds(folds_of(part, options.seeds, both_strands, options.k))


if __name__ == "__main__":
    main()

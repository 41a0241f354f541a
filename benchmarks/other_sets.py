"""Accuracy and faithfulness on the smaller sets: official windows, promoters, worm splice sites.

``python -m benchmarks.other_sets --data FOLDER`` reads the files of each set there and passes over
what is missing; without a folder only human_nontata_promoters of Genomic Benchmarks is measured,
which is downloaded. Accuracy is balanced accuracy (the mean of the recalls of the classes), because
the official windows are twelve worms to one human; the recall of each class is beside it.
``--rows`` draws training rows by class; ``--held-out`` measures on a fifth of the training rows,
whole genes where they are known, and ``--set`` tries other parameters there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.pipeline import make_pipeline

from benchmarks._data import (
    Split,
    add_arguments,
    chosen,
    load_file,
    load_published,
    rows_of,
)
from benchmarks._measure import measure, print_table
from benchmarks._variants import Makers, add_trial_arguments, changed, trial_name
from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    PerturbationScorer,
    SequenceOneHotEncoder,
    make_kmer_classifier,
)

# file, and whether both strands mean the same there
SETS = {
    "official windows": ("human_or_worm_official_subset.csv.gz", True),
    "promoters": ("human_nontata_promoters_official_test.csv.gz", False),
    "worm splice": ("worm_splice_60.csv.gz", False),
}


@dataclass(frozen=True)
class Recall:
    """The recall of one class."""

    label: Any

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Score on the rows of the class."""
        rows = np.asarray(y) == self.label
        return float(np.mean(estimator.predict(np.asarray(X)[rows]) == self.label))


def makers(both_strands: bool) -> Makers:
    """Return the classifiers, on both strands where both mean the same."""
    strands = "average" if both_strands else False
    return {
        "AttnGen": lambda seed: AttnGenClassifier(reverse_complement=strands, random_state=seed),
        "AttnGen, no mask": lambda seed: AttnGenClassifier(
            mask_fraction=0, reverse_complement=strands, random_state=seed
        ),
        "CNN": lambda seed: CNNClassifier(reverse_complement=strands, random_state=seed),
        "k-mers": lambda seed: make_kmer_classifier(canonical=both_strands),
        "one-hot logistic": lambda seed: make_pipeline(
            SequenceOneHotEncoder(), LogisticRegression(C=0.03, max_iter=2000)
        ),
    }


def load(name: str, folder: Path | None) -> Split | None:
    """Load a set; None where it is not to be had."""
    file, _ = SETS[name]
    if folder is None:
        return load_published("human_nontata_promoters") if name == "promoters" else None
    path = Path(folder) / file
    return load_file(path) if path.exists() else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--rows", type=int, help="training rows, drawn by class (default: all)")
    add_trial_arguments(parser)
    options = parser.parse_args(arguments)
    trial = trial_name(parser, options)
    chosen(makers(False), options.only)  # a wrong name shows before anything is measured
    for name in options.sets:
        split = load(name, options.data)
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        print(f"\n{split.source}: {len(split.y_train):,} training rows, {len(split.y_test):,} test")
        if options.held_out:
            print("a fifth of the training rows is measured on, and the test rows are left alone")
        scorers: dict[str, Any] = {"accuracy": get_scorer("balanced_accuracy")}
        scorers |= {f"recall, {label}": Recall(label) for label in np.unique(split.y_train)}
        scorers["faithfulness"] = PerturbationScorer(
            fraction=0.1, fill="resample", metric="balanced_accuracy", max_samples=1000
        )
        scorers["log likelihood"] = get_scorer("neg_log_loss")
        known = changed(chosen(makers(SETS[name][1]), options.only), options.set, options.mean_of)
        results = measure(
            f"other_sets_{name.replace(' ', '_')}_{options.rows or 'all'}{trial}",
            known,
            partial(rows_of, split, options.rows, options.held_out),
            options.seeds,
            scorers,
            resume=options.resume,
            quick=options.quick,
        )
        print_table(results, next(iter(known)), ["accuracy", "log likelihood"])


if __name__ == "__main__":
    main()

"""Where measurements get their sequences: a local folder, or what anyone can download."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split
from sklearn.utils import Bunch, resample

from sklearn_attngen.datasets import fetch_genomic_benchmark, load_splice_junctions

T = TypeVar("T")
VARIABLE = "SKLEARN_ATTNGEN_DATA"


class Split(NamedTuple):
    """Sequences and labels of a training and a test split, and what they are.

    ``groups`` tells which training rows come from the same place, where that is known.
    """

    X_train: NDArray[np.object_]
    y_train: NDArray[np.object_]
    X_test: NDArray[np.object_]
    y_test: NDArray[np.object_]
    source: str
    groups: NDArray[np.object_] | None = None


class Different(argparse.Action):
    """Take values that are to differ: of one that is there twice, nothing could be paired."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Store the values, or end the program before anything is measured."""
        if len(set(values)) < len(values):
            parser.error(f"{option}: {' '.join(map(str, values))} holds a value twice")
        setattr(namespace, self.dest, values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that all measurements share."""
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get(VARIABLE),
        help=f"folder with human_or_worm_mixed_200.csv.gz (default: the variable {VARIABLE}; "
        "without either, demo_human_or_worm is downloaded)",
    )
    add_running_arguments(parser)


def add_running_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every measurement, also of those that need no data."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], action=Different)
    parser.add_argument("--only", nargs="+", metavar="CLASSIFIER", help="names of classifiers")
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument(
        "--quick", action="store_true", help="few rows and small networks: does it run at all?"
    )


def chosen(known: Mapping[str, T], only: Sequence[str] | None) -> dict[str, T]:
    """Return those that ``--only`` names, or all; a wrong name ends the program."""
    for name in only or ():
        if name not in known:
            raise SystemExit(f"--only: no {name!r} here; there are {', '.join(map(repr, known))}.")
    return {name: known[name] for name in only or known}


def load_human_or_worm(folder: Path | None) -> Split:
    """Load human against worm: a local file of windows, or demo_human_or_worm."""
    if folder is None:
        return load_published("demo_human_or_worm")
    return load_file(Path(folder) / "human_or_worm_mixed_200.csv.gz")


def load_published(name: str) -> Split:
    """Download a set of Genomic Benchmarks, and leave out what has no letters."""
    train = fetch_genomic_benchmark(name, split="train", verbose=1)
    test = fetch_genomic_benchmark(name, split="test", verbose=1)
    parts = [*_with_letters(train), *_with_letters(test)]
    return Split(*parts, f"{name} without rows that are all N")


def load_file(path: Path) -> Split:
    """Load a file with the columns sequence, label and split.

    A column "piece" or "gene" says which rows come from the same place.
    """
    return _from_frame(pd.read_csv(path), path.name)


def load_splice() -> Split:
    """Load the embedded splice junctions."""
    bunch = load_splice_junctions()
    frame = pd.DataFrame({"sequence": bunch.data, "label": bunch.target, "split": bunch.split})
    return _from_frame(frame, "load_splice_junctions")


def sample(split: Split, n_rows: int, seed: int) -> Split:
    """Draw training rows, by class, or say that there are fewer; the test split stays whole."""
    if n_rows > len(split.y_train):
        print(f"of {n_rows:,} rows asked for, all {len(split.y_train):,} training rows are taken")
    if n_rows >= len(split.y_train):
        return split
    rows = np.arange(len(split.y_train))
    if len(rows) - n_rows < len(np.unique(split.y_train)):
        # train_test_split wants a row of each class on the other side too
        rows = resample(
            rows, replace=False, n_samples=n_rows, stratify=split.y_train, random_state=seed
        )
    else:
        rows, _ = train_test_split(
            rows, train_size=n_rows, stratify=split.y_train, random_state=seed
        )
    return take(split, rows)


def take(split: Split, rows: NDArray[np.intp]) -> Split:
    """Keep some of the training rows."""
    groups = None if split.groups is None else split.groups[rows]
    return split._replace(X_train=split.X_train[rows], y_train=split.y_train[rows], groups=groups)


def hold_out(split: Split, seed: int) -> Split:
    """Put a fifth of the training rows in the place of the test split, which is not read.

    Drawn by class, and whole groups where they are known.
    """
    folds: Any = StratifiedKFold(5, shuffle=True, random_state=seed)
    if split.groups is not None:
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    rows, held_out = next(folds.split(split.X_train, split.y_train, split.groups))
    part = take(split, rows)
    source = f"{split.source}, its training rows less a fifth"
    valid = split.X_train[held_out], split.y_train[held_out]
    return part._replace(X_test=valid[0], y_test=valid[1], source=source)


def rows_of(split: Split, n_rows: int | None, held_out: bool, seed: int) -> Split:
    """Return the rows of a seed: some or all, on the test split or on rows held out."""
    if held_out:
        split = hold_out(split, seed)
    return split if n_rows is None else sample(split, n_rows, seed)


def few_rows(split: Split) -> Split:
    """Keep at most 256 training rows and 64 test rows: enough to see that a measurement runs."""
    split = sample(split, min(256, len(split.y_train)), 0)
    if len(split.y_test) <= 64:
        return split
    rows, _ = train_test_split(
        np.arange(len(split.y_test)), train_size=64, stratify=split.y_test, random_state=0
    )
    return split._replace(X_test=split.X_test[rows], y_test=split.y_test[rows])


def _with_letters(bunch: Bunch) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Leave out rows that are all N: in demo_human_or_worm N alone says "human"."""
    real = np.array([bool(set(sequence.upper()) - {"N"}) for sequence in bunch.data])
    print(f"left out {(~real).sum():,} of {len(real):,} rows, which are all N")
    return bunch.data[real], bunch.target[real]


def _from_frame(frame: pd.DataFrame, source: str) -> Split:
    train = frame[frame["split"] == "train"]
    test = frame[frame["split"] == "test"]
    place = next((name for name in ("piece", "gene") if name in frame), None)
    return Split(
        train["sequence"].to_numpy(object),
        train["label"].to_numpy(object),
        test["sequence"].to_numpy(object),
        test["label"].to_numpy(object),
        source,
        None if place is None else train[place].to_numpy(object),
    )

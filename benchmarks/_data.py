"""Where measurements get their sequences: a local folder, or what anyone can download."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from sklearn_attngen.datasets import fetch_genomic_benchmark, load_splice_junctions

VARIABLE = "SKLEARN_ATTNGEN_DATA"


class Split(NamedTuple):
    """Sequences and labels of a training and a test split, and what they are."""

    X_train: NDArray[np.object_]
    y_train: NDArray[np.object_]
    X_test: NDArray[np.object_]
    y_test: NDArray[np.object_]
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that all measurements share."""
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get(VARIABLE),
        help=f"folder with human_or_worm_mixed_200.csv.gz (default: the variable {VARIABLE}; "
        "without either, demo_human_or_worm is downloaded)",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])


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
    """Load a file with the columns sequence, label and split."""
    return _from_frame(pd.read_csv(path), path.name)


def load_splice() -> Split:
    """Load the embedded splice junctions."""
    bunch = load_splice_junctions()
    frame = pd.DataFrame({"sequence": bunch.data, "label": bunch.target, "split": bunch.split})
    return _from_frame(frame, "load_splice_junctions")


def sample(split: Split, n_rows: int, seed: int) -> Split:
    """Draw training rows, by class; the test split stays whole."""
    if n_rows >= len(split.y_train):
        return split
    rows = np.arange(len(split.y_train))
    rows, _ = train_test_split(rows, train_size=n_rows, stratify=split.y_train, random_state=seed)
    return split._replace(X_train=split.X_train[rows], y_train=split.y_train[rows])


def _with_letters(bunch: Bunch) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Leave out rows that are all N: in demo_human_or_worm N alone says "human"."""
    real = np.array([bool(set(sequence.upper()) - {"N"}) for sequence in bunch.data])
    print(f"left out {(~real).sum():,} of {len(real):,} rows, which are all N")
    return bunch.data[real], bunch.target[real]


def _from_frame(frame: pd.DataFrame, source: str) -> Split:
    train = frame[frame["split"] == "train"]
    test = frame[frame["split"] == "test"]
    return Split(
        train["sequence"].to_numpy(object),
        train["label"].to_numpy(object),
        test["sequence"].to_numpy(object),
        test["label"].to_numpy(object),
        source,
    )

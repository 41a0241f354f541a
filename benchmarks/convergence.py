"""How fast and how steadily networks train: validation loss and accuracy after every epoch.

``python -m benchmarks.convergence --task splice`` takes the embedded splice junctions, ``pairs``
generated pairs of motifs, ``human_or_worm`` what ``--data FOLDER`` holds or, without it,
demo_human_or_worm, which is downloaded. A fifth of the training rows is held out: by class, and
whole regions of a genome where the file names them. The test split is not read. Rows are the same
for all seeds, so that a spread is that of training. The learning rate goes through one cycle, at
whose end a network is best: the steps to a level say as much about the schedule as about
the network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from skorch.callbacks import Callback

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
from benchmarks._figures import add_figure_argument, check_figure, draw_courses
from benchmarks._measure import Store, print_table, settings_of, smaller
from benchmarks._variants import Makers, attngen
from sklearn_attngen import CNNClassifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.networks import evaluation_mode
from sklearn_attngen.sequences import one_hot, read_sequences

WITHIN = 0.005
BATCH = 512
TASKS = ("splice", "pairs", "human_or_worm")
ROWS = {"splice": 2250, "pairs": 6000, "human_or_worm": 20_000}


class Watch(Callback):
    """Notes steps, seconds, and loss and accuracy on held-out rows after each epoch.

    The clock stands still while it does. Both strands are averaged where the classifier does so.
    """

    def __init__(self, X: Any, y: NDArray[np.int64], both_strands: bool) -> None:
        codes = read_sequences(X).codes
        assert codes is not None  # sequences, not numbers
        self.x = torch.from_numpy(np.ascontiguousarray(one_hot(codes).transpose(0, 2, 1)))
        self.y = torch.from_numpy(y)
        self.both_strands = both_strands
        self.epochs: list[dict[str, float]] = []

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.start, self.stopped = time.perf_counter(), 0.0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Stop the clock and predict."""
        now = time.perf_counter()
        device = next(net.module_.parameters()).device
        parts = []
        with evaluation_mode(net.module_), torch.no_grad():
            for part in self.x.split(BATCH):
                x = part.to(device).float()
                logits = net.module_(x)
                if self.both_strands:
                    logits = (logits + net.module_(x.flip(1, 2))) / 2
                parts.append(logits.cpu())
        logits = torch.cat(parts)
        correct = (logits.argmax(1) == self.y).float().mean()
        self.epochs.append(
            {
                "steps": net.step,
                "seconds": round(now - self.start - self.stopped, 3),
                "loss": float(torch.nn.functional.cross_entropy(logits, self.y)),
                "accuracy": float(correct),
            }
        )
        self.stopped += time.perf_counter() - now


def makers(both_strands: bool, epochs: int | str) -> Makers:
    """Return the networks that are compared, each one alone."""
    strands = "average" if both_strands else False
    common = {"reverse_complement": strands, "max_epochs": epochs, "n_estimators": 1}
    return {
        "AttnGen": attngen(**common),
        "AttnGen, no mask": attngen(mask_fraction=0, **common),
        "CNN": lambda seed: CNNClassifier(random_state=seed, **common),
    }


def load(task: str, folder: Path | None, rows: int) -> Split:
    """Load the rows to train on, and in the place of the test split those held out."""
    if task == "splice":
        split = load_splice()
    elif task == "pairs":
        data = make_motif_sequences(
            rows, length=200, task="pairs", motif_width=9, random_state=1000
        )
        split = Split(data.data, data.target, data.data[:0], data.target[:0], "planted pairs")
    else:
        split = load_human_or_worm(folder)
    return hold_out(sample(split, rows, 0), 0)


def train(estimator: Any, split: Split) -> list[dict[str, float]]:
    """Fit a classifier and return its epochs."""
    classes, y = np.unique(split.y_train, return_inverse=True)
    assert set(split.y_test) <= set(classes)
    watch = Watch(
        split.X_test,
        np.searchsorted(classes, split.y_test).astype(np.int64),
        estimator.reverse_complement == "average",
    )
    estimator.set_params(net_params={"callbacks": [watch]}).fit(split.X_train, y)
    return watch.epochs


def measure_courses(
    name: str, known: Makers, split: Split, seeds: Sequence[int], *, resume: bool, quick: bool
) -> list[dict[str, Any]]:
    """Train every classifier with every seed; each course is kept at once."""
    store = Store(name, known, seeds, resume=resume)
    rows = []
    for seed in seeds:
        for label, make in known.items():
            estimator = smaller(make(seed)) if quick else make(seed)
            settings = settings_of(split, "convergence", estimator)
            row = store.find(label, seed, settings)
            if row is None:
                row = {"classifier": label, "seed": seed, "settings": settings}
                row |= {"rows": len(split.y_train), "epochs": train(estimator, split)}
                store.add(row)
                last = row["epochs"][-1]
                print({"classifier": label, "seed": seed} | last, flush=True)
            rows.append(row)
    return rows


def summarise(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return what each course comes to; NaN for a level that it does not reach."""
    frame = pd.DataFrame(
        {
            "classifier": row["classifier"],
            "seed": row["seed"],
            "best accuracy": max(epoch["accuracy"] for epoch in row["epochs"]),
            "final accuracy": row["epochs"][-1]["accuracy"],
            "least loss": min(epoch["loss"] for epoch in row["epochs"]),
            "final loss": row["epochs"][-1]["loss"],
            "steps": row["epochs"][-1]["steps"],
            "seconds": row["epochs"][-1]["seconds"],
        }
        for row in rows
    )
    levels = {"own best": frame["best accuracy"]}
    levels["best of all"] = frame.groupby("seed")["best accuracy"].transform("max")
    for name, best in levels.items():
        reached = [
            next((e for e in row["epochs"] if e["accuracy"] >= level - WITHIN), {})
            for row, level in zip(rows, best, strict=True)
        ]
        for unit in ("steps", "seconds"):
            frame[f"{unit} to near {name}"] = [epoch.get(unit, np.nan) for epoch in reached]
    return frame


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--task", choices=TASKS, default="splice")
    parser.add_argument("--rows", type=int, help="training rows, with those held out")
    parser.add_argument("--epochs", type=int, help="epochs of each training (default: automatic)")
    add_figure_argument(parser, "loss and accuracy over the steps")
    options = parser.parse_args(arguments)
    check_figure(parser, options.figure)
    n_rows = options.rows or ROWS[options.task]
    split = load(options.task, options.data, n_rows)
    split = few_rows(split) if options.quick else split
    how = "by class" if split.groups is None else "whole regions"
    print(f"{split.source}: {len(split.y_train):,} rows, {len(split.y_test):,} held out, {how}")
    known = makers(options.task == "human_or_worm", options.epochs or "auto")
    known = chosen(known, options.only)
    rows = measure_courses(
        f"convergence_{options.task}_{n_rows}{'_quick' if options.quick else ''}",
        known,
        split,
        options.seeds,
        resume=options.resume,
        quick=options.quick,
    )
    results = summarise(rows)
    print(f"\n'near' is within {100 * WITHIN:g} points of accuracy, of the same seed")
    reference = next(iter(known))
    for metric in ("final loss", "best accuracy", "steps to near own best"):
        print_table(results, reference, [metric], table=metric == "final loss")
    level = "steps to near best of all"
    missed = results[results[level].isna()].groupby("classifier", sort=False)["seed"].count()
    for name, count in missed.items():
        print(f"{name}: {count} of {len(options.seeds)} seeds do not come near the best of all")
    if options.figure is not None:
        courses = {
            name: [row["epochs"] for row in rows if row["classifier"] == name] for name in known
        }
        draw_courses(courses, options.figure, split.source)


if __name__ == "__main__":
    main()

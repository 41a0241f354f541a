"""Fit classifiers over paired seeds, keep each result in a file, print a table."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

import sklearn_attngen
from benchmarks._data import Split, few_rows

RESULTS = Path(__file__).parent / "results"
# ends of the names of what bounds another figure
BOUNDS = (", from", ", to")


class Store:
    """Results in ``results/NAME.jsonl``, each appended at once.

    With ``resume`` those found there with the same settings are known, else those of the named
    classifiers and seeds are taken out, and what others left stays.
    A last line that an interrupted run wrote half is taken out.
    """

    def __init__(
        self, name: str, classifiers: Iterable[str], seeds: Sequence[int], *, resume: bool
    ) -> None:
        RESULTS.mkdir(exist_ok=True)
        self.path = RESULTS / f"{name}.jsonl"
        text = self.path.read_text() if self.path.exists() else ""
        rows = [self._read(line, i) for i, line in enumerate(text.split("\n")[:-1], 1)]
        if not resume:
            anew = set(product(classifiers, seeds))
            rows = [row for row in rows if (row["classifier"], row["seed"]) not in anew]
        whole = "".join(f"{json.dumps(row)}\n" for row in rows)
        if whole != text:
            written = self.path.with_suffix(".part")
            written.write_text(whole)
            written.replace(self.path)  # whole or not at all
        self._known = {(row["classifier"], row["seed"], row["settings"]): row for row in rows}

    def _read(self, line: str, number: int) -> dict[str, Any]:
        try:
            return json.loads(line)
        except json.JSONDecodeError as error:
            raise SystemExit(
                f"{self.path}, line {number} (counted from 1): {error}. Mend or delete the file."
            ) from error

    def find(self, label: str, seed: int, settings: str) -> dict[str, Any] | None:
        """Return a row that was measured before, or None."""
        return self._known.get((label, seed, settings))

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row."""
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def settings_of(split: Split, what: Any, estimator: Any) -> str:
    """Return what a result depends on, in twelve letters: data, measure, classifier, versions."""
    settings = f"{split.source}, {what!r}, {_code()}, {sorted(estimator.get_params().items())!r}"
    settings = re.sub(r" at 0x[0-9a-f]+", "", settings)  # of functions, another in each process
    digest = hashlib.sha256(settings.encode())
    for part in (split.X_train, split.y_train, split.X_test, split.y_test):
        digest.update("\n".join(map(str, part)).encode() + b"\0")
    return digest.hexdigest()[:12]


def measure(
    name: str,
    makers: Mapping[str, Callable[[int], Any]],
    data: Callable[[int], Split],
    seeds: list[int],
    scorers: Mapping[str, Callable[[Any, Any, Any], float | Mapping[str, float]]],
    *,
    resume: bool = False,
    quick: bool = False,
) -> pd.DataFrame:
    """Fit every classifier with every seed on the training rows and score it on the test split.

    Each result is appended to ``results/NAME.jsonl`` at once; with ``resume`` those found there
    with the same rows, settings, versions and code are not measured again. A scorer may give
    several named figures. ``quick`` takes few rows and small networks, and a file of its own.
    """
    store = Store(f"{name}_quick" if quick else name, makers, seeds, resume=resume)
    wanted = []
    for seed in seeds:
        split = few_rows(data(seed)) if quick else data(seed)
        for label, make in makers.items():
            estimator = smaller(make(seed)) if quick else make(seed)
            settings = settings_of(split, scorers, estimator)
            if (known := store.find(label, seed, settings)) is not None:
                wanted.append(known)
                continue
            start = time.perf_counter()
            fitted = estimator.fit(split.X_train, split.y_train)
            row: dict[str, Any] = {
                "classifier": label,
                "seed": seed,
                "settings": settings,
                "rows": len(split.y_train),
                "fit_seconds": round(time.perf_counter() - start, 1),
            }
            for metric, scorer in scorers.items():
                value = scorer(fitted, split.X_test, split.y_test)
                row |= value if isinstance(value, Mapping) else {metric: float(value)}
            wanted.append(row)
            store.add(row)
            print(_in_short(row), flush=True)
    return pd.DataFrame(wanted)


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only the file and the table need."""
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in row.items()
        if name != "settings" and not name.endswith(BOUNDS)
    }


def smaller(estimator: Any) -> Any:
    """Make a network small and its training short, whichever of these parameters it has."""
    small = {"n_filters": 8, "n_layers": 1, "max_epochs": 2, "epochs": 1}
    known = {name: name.rpartition("__")[2] for name in estimator.get_params()}
    return estimator.set_params(
        **{name: small[last] for name, last in known.items() if last in small}
    )


@cache
def _code() -> str:
    """Return what identifies package and measurements, and the versions they compute with."""
    package, here = Path(sklearn_attngen.__file__).parent, Path(__file__).parent
    digest = hashlib.sha256()
    for path in (*sorted(package.rglob("*.py")), *sorted(here.glob("*.py"))):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()}, torch {version('torch')}, scikit-learn {version('scikit-learn')}"


def print_table(
    results: pd.DataFrame,
    reference: str,
    metrics: Sequence[str] = ("accuracy",),
    *,
    table: bool = True,
) -> None:
    """Print mean (standard deviation) over seeds, and paired differences to a reference.

    ``table=False`` leaves the means out, for further metrics of results that were printed.
    """
    columns = [c for c in results.columns if c not in ("classifier", "seed", "settings", "rows")]
    bounds = [c for c in columns if c.endswith(BOUNDS)]
    columns = [c for c in columns if c not in bounds]
    grouped = results.groupby("classifier", sort=False)[columns]
    mean, spread = grouped.mean(), grouped.std()
    cells = [
        [_with_spread(*pair) for pair in zip(*rows, strict=True)]
        for rows in zip(mean.to_numpy(), spread.to_numpy(), strict=True)
    ]
    if table:
        print(f"\nmean (standard deviation) over seeds {sorted(results['seed'].unique().tolist())}")
        print(pd.DataFrame(cells, index=mean.index, columns=mean.columns).T.to_string())
        _print_bounds(results, bounds)
    for metric in metrics:
        _print_paired(results, reference, metric)


def _print_paired(results: pd.DataFrame, reference: str, metric: str) -> None:
    """Print by how much a reference is above each other classifier that has the metric."""
    if metric not in results:
        return
    wide = results.pivot(index="seed", columns="classifier", values=metric).dropna(
        axis=1, how="all"
    )
    if wide.shape[1] < 2 or reference not in wide:
        return
    pairs = wide.rsub(wide[reference], axis=0)
    difference = pairs.agg(["mean", "min", "max"]).T
    count = pairs.count()
    half = t.ppf(0.975, (count - 1).clip(lower=1)) * pairs.std() / np.sqrt(count)
    difference["from"], difference["to"] = difference["mean"] - half, difference["mean"] + half
    print(
        f"\n{metric} of {reference} less that of each other, paired by seed: mean, least, largest, "
        f"95 % interval of the mean (Student's t)"
    )
    print(difference.drop(index=reference).round(4).to_string())


def _print_bounds(results: pd.DataFrame, bounds: list[str]) -> None:
    """Print the bootstrap intervals that scorers gave, as "NAME, from" and "NAME, to"."""
    if not bounds:
        return
    mean = results.groupby("classifier", sort=False)[bounds].mean()
    names = list(dict.fromkeys(name.rpartition(", ")[0] for name in bounds))
    cells = {
        name: [
            "-" if np.isnan(low) else f"{low:.4f} to {high:.4f}"
            for low, high in mean[[f"{name}, from", f"{name}, to"]].to_numpy()
        ]
        for name in names
    }
    print("\n95 % bootstrap intervals over test rows, the mean of their ends over seeds")
    print(pd.DataFrame(cells, index=mean.index).T.to_string())


def _with_spread(mean: float, spread: float) -> str:
    """Write a mean with its spread, which a single seed lacks."""
    if np.isnan(mean):
        return "-"
    return f"{mean:.4f}" if np.isnan(spread) else f"{mean:.4f} ({spread:.4f})"

"""Fit classifiers over paired seeds, keep each result in a file, print a table."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

import sklearn_attngen
from benchmarks._data import Split

RESULTS = Path(__file__).parent / "results"


def measure(
    name: str,
    makers: Mapping[str, Callable[[int], Any]],
    data: Callable[[int], Split],
    seeds: list[int],
    scorers: Mapping[str, Callable[[Any, Any, Any], float]],
    *,
    resume: bool = False,
) -> pd.DataFrame:
    """Fit every classifier with every seed on the training rows and score it on the test split.

    Each result is appended to ``results/NAME.jsonl`` at once; with ``resume`` those found there
    with the same settings, versions and code of the package are not measured again.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.jsonl"
    if not resume:
        path.unlink(missing_ok=True)
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["classifier"], row["seed"], row["settings"]): row for row in rows}
    code, wanted = _code(), []
    for seed in seeds:
        split = data(seed)
        for label, make in makers.items():
            estimator = make(seed)
            settings = f"{split.source}, {len(split.y_train)} rows, {scorers!r}, {code}"
            settings += f", {sorted(estimator.get_params().items())!r}"
            settings = hashlib.sha256(settings.encode()).hexdigest()[:12]
            if (known := done.get((label, seed, settings))) is not None:
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
                row[metric] = float(scorer(fitted, split.X_test, split.y_test))
            wanted.append(row)
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
    return pd.DataFrame(wanted)


def _code() -> str:
    """Return what identifies the package as it is, and the versions it computes with."""
    folder = Path(sklearn_attngen.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()}, torch {version('torch')}, scikit-learn {version('scikit-learn')}"


def print_table(results: pd.DataFrame, reference: str, metric: str = "accuracy") -> None:
    """Print mean (standard deviation) over seeds, and the paired difference to a reference."""
    columns = [c for c in results.columns if c not in ("classifier", "seed", "settings", "rows")]
    grouped = results.groupby("classifier", sort=False)[columns]
    mean, spread = grouped.mean(), grouped.std()
    cells = [
        [_with_spread(*pair) for pair in zip(*rows, strict=True)]
        for rows in zip(mean.to_numpy(), spread.to_numpy(), strict=True)
    ]
    table = pd.DataFrame(cells, index=mean.index, columns=mean.columns).T
    wide = results.pivot(index="seed", columns="classifier", values=metric)
    pairs = wide.rsub(wide[reference], axis=0)
    difference = pairs.agg(["mean", "min", "max"]).T
    half = t.ppf(0.975, pairs.count() - 1) * pairs.std() / np.sqrt(pairs.count())
    difference["from"], difference["to"] = difference["mean"] - half, difference["mean"] + half
    print(f"\nmean (standard deviation) over seeds {sorted(results['seed'].unique().tolist())}")
    print(table.to_string())
    print(
        f"\n{metric} of {reference} less that of each other, paired by seed: mean, least, largest, "
        f"95 % interval of the mean (Student's t)"
    )
    print(difference.drop(index=reference).round(4).to_string())


def _with_spread(mean: float, spread: float) -> str:
    """Write a mean with its spread, which a single seed lacks."""
    if np.isnan(mean):
        return "-"
    return f"{mean:.4f}" if np.isnan(spread) else f"{mean:.4f} ({spread:.4f})"

"""What the tests of the measurements share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import _measure, other_sets
from sklearn_attngen.datasets import make_motif_sequences

LABELS = np.array(["human", "worm"])
QUICK = ["--quick", "--seeds", "0"]


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Measurements of a test do not touch those of the repository."""
    monkeypatch.setattr(_measure, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated sequences in files like those that the measurements read."""
    path = tmp_path_factory.mktemp("data")
    n = 360
    data = make_motif_sequences(n, length=60, motif_width=6, random_state=0)
    frame = pd.DataFrame({"sequence": data.data, "label": LABELS[data.target]})
    frame["split"] = np.where(np.arange(n) < 280, "train", "test")
    for file, _ in other_sets.SETS.values():
        frame.to_csv(path / file, index=False)
    frame["piece"] = [f"region {i // 7}" for i in range(n)]
    frame.to_csv(path / "human_or_worm_mixed_200.csv.gz", index=False)
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]

"""The demo runs from strings to figures, with short fits."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plot_splice_junctions.py"
ROWS = {
    "mask_fraction.csv": 2,
    "comparison_folds.csv": 12,
    "comparison.csv": 4,
    "test_scores.csv": 4,
}
FIGURES = ["saliency_profile.png", "saliency_letters.png", "perturbation_curve.png"]


@pytest.mark.slow
def test_demo_runs_quickly_and_quietly(tmp_path: Path) -> None:
    """Every table and figure is written and named at the end, and no warning reaches the user."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "--quick", "results/demo"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"},
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout + done.stderr
    assert "Warning" not in shown, shown
    folder = tmp_path / "results" / "demo"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*ROWS, *FIGURES])
    ending = done.stdout.partition("Tables and figures:")[2]
    for name in [*ROWS, *FIGURES]:
        assert str(Path("results", "demo", name)) in ending
    for name, n_rows in ROWS.items():
        with open(folder / name, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == n_rows, name
        assert all(value != "" for row in rows for value in row.values()), name
    for name in FIGURES:
        assert (folder / name).read_bytes().startswith(b"\x89PNG"), name
    assert "[CV 3/3]" in done.stdout  # progress of the search, from its worker processes
    assert "[12/12]" in done.stdout

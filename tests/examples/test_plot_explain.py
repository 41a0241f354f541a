"""The example of explanations runs as a script and shows each display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plot_explain.py"
FIGURES = [
    "profile.png",
    "heatmap.png",
    "sequences.png",
    "deletion.png",
    "insertion.png",
    "motifs.png",
    "mask_fraction.png",
    "heads.png",
    "attention.png",
]


@pytest.mark.slow
def test_example_runs_quietly(tmp_path: Path) -> None:
    """Every picture and the report is written, and no warning reaches the user."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "made"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout + done.stderr
    assert "Warning" not in shown, shown
    made = {path.name: path for path in (tmp_path / "made").iterdir()}
    assert sorted(made) == sorted([*FIGURES, "report.html"])
    for name in FIGURES:
        assert made[name].read_bytes().startswith(b"\x89PNG"), name
    assert made["report.html"].read_text(encoding="utf-8").endswith("</html>\n")
    assert "comprehensiveness" in done.stdout

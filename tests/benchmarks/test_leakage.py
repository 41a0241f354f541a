"""What data sets give away: random folds beside folds by groups."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _data, leakage
from sklearn_attngen.model_selection import leakage_report
from tests.benchmarks.conftest import LABELS, QUICK, rows_of


def test_leakage(folder: Path, results: Path, capsys: pytest.CaptureFixture) -> None:
    """A report for each set, and both ways to hold rows out; random rows have no relatives."""
    sets = ["--sets", "human or worm", "splice junctions"]
    leakage.main([*QUICK, "--data", str(folder), *sets, "--only", "CNN", "k-mers"])
    shown = capsys.readouterr().out
    assert len(re.findall(r"test rows related to training +0 +64", shown)) == 2
    assert shown.count("balanced accuracy of both") == 2
    rows = [row for path in sorted(results.iterdir()) for row in rows_of(path)]
    assert [row["classifier"] for row in rows] == ["CNN", "k-mers"] * 4


def test_trials_of_leakage_have_files_of_their_own(
    results: Path, capsys: pytest.CaptureFixture
) -> None:
    """Each says what was set."""
    only = ["--sets", "splice junctions", "--only", "CNN", "--set", "class_weight=balanced"]
    leakage.main([*QUICK, *only])
    names = {path.name for path in results.iterdir()}
    assert names == {
        f"leakage_splice_junctions_5000_{kind}_class_weight=balanced_quick.jsonl"
        for kind in ("at_random", "by_groups")
    }
    assert "with class_weight=balanced" in capsys.readouterr().out


def test_rows_held_out_by_groups_have_no_relatives_in_training() -> None:
    """At random they have."""
    rng = np.random.default_rng(0)
    families = ["".join(rng.choice(list("ACGT"), 70)) for _ in range(60)]
    X = np.array([each[i : i + 60] for each in families for i in (0, 4, 9)], dtype=object)
    y = np.repeat(LABELS[rng.permutation(60) % 2], 3)
    ways = leakage.folds(_data.Split(X, y, X[:1], y[:1], "families"), 25)
    for seed in (0, 1):
        related = {}
        for kind, data in ways.items():
            part = data(seed)
            report = leakage_report(part.X_train, X_test=part.X_test).set_index("check")
            related[kind] = report.n_rows["test rows related to training"]
        assert related["by groups"] == 0 < related["at random"]
    pieces = np.repeat(np.arange(30).astype(object), 6)  # two families each
    split = _data.Split(X, y, X[:1], y[:1], "families", groups=pieces)
    part = leakage.folds(split, 25)["by groups"](0)
    named = dict(zip(X, pieces, strict=True))
    assert not {named[x] for x in part.X_train} & {named[x] for x in part.X_test}

"""Results of the measurements: kept, gone on with, compared in pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from benchmarks import _data, _measure, splice_junctions
from tests.benchmarks.conftest import rows_of


def test_resumed_results_and_quick_ones_have_their_own_file(results: Path) -> None:
    split = _data.load_splice()
    makers = {"k-mers": splice_junctions.MAKERS["k-mers"]}
    calls = []

    def score(*_: Any) -> float:
        calls.append(1)
        return 1.0

    def measure(**how: bool) -> pd.DataFrame:
        return _measure.measure("x", makers, lambda seed: split, [0], {"one": score}, **how)

    first = measure()
    measure(quick=True)
    assert sorted(path.name for path in results.iterdir()) == ["x.jsonl", "x_quick.jsonl"]
    pd.testing.assert_frame_equal(measure(resume=True), first)
    assert len(calls) == 2
    measure()
    assert len(calls) == 3


def test_results_of_other_rows_are_not_resumed(results: Path) -> None:
    """Also where rows of the same number and name were drawn or grouped in another way."""
    split = _data.load_splice()
    makers = {"k-mers": splice_junctions.MAKERS["k-mers"]}
    scores = {"one": lambda *_: 1.0}
    known = _measure.settings_of(split, scores, makers["k-mers"](0))
    for changed in (
        split._replace(X_train=split.X_train[::-1]),
        split._replace(y_train=split.y_train[::-1]),
        split._replace(X_test=split.X_test[::-1]),
        split._replace(y_test=split.y_test[::-1]),
    ):
        assert changed.source == split.source
        assert _measure.settings_of(changed, scores, makers["k-mers"](0)) != known
    assert _measure.settings_of(split, scores, makers["k-mers"](0)) == known


def test_results_of_another_process_are_resumed() -> None:
    """Where the function of a pipeline, as k-mers have one, stands elsewhere in memory."""
    split = _data.load_splice()

    def make() -> Any:
        def root(X: Any) -> Any:
            return X

        return FunctionTransformer(root)

    known = [_measure.settings_of(split, {}, estimator) for estimator in (make(), make())]
    assert known[0] == known[1]


def test_a_run_for_other_classifiers_or_seeds_keeps_what_is_there(results: Path) -> None:
    store = _measure.Store("x", ["a", "b"], [0, 1], resume=False)
    for label, seed in (("a", 0), ("a", 1), ("b", 0)):
        store.add({"classifier": label, "seed": seed, "settings": "s"})
    again = _measure.Store("x", ["a"], [1], resume=False)
    assert again.find("a", 1, "s") is None, "it is measured anew"
    assert [(row["classifier"], row["seed"]) for row in rows_of(again.path)] == [("a", 0), ("b", 0)]


def test_a_line_written_half_is_taken_out(results: Path) -> None:
    """A run that was stopped while it wrote goes on, and nothing is glued to what it left."""
    which: Any = ["a"], [0, 1]
    store = _measure.Store("x", *which, resume=False)
    store.add({"classifier": "a", "seed": 0, "settings": "s"})
    with store.path.open("a") as file:
        file.write('{"classifier": "a", "see')
    again = _measure.Store("x", *which, resume=True)
    assert again.find("a", 0, "s") is not None
    again.add({"classifier": "a", "seed": 1, "settings": "s"})
    last = _measure.Store("x", *which, resume=True)
    assert last.find("a", 0, "s") is not None
    assert last.find("a", 1, "s") is not None


def test_a_damaged_line_is_named(results: Path) -> None:
    """Nothing that was measured is thrown away unseen."""
    _measure.Store("x", ["a"], [0], resume=False).add({"classifier": "b", "seed": 0, "settings": 1})
    with (results / "x.jsonl").open("a") as file:
        file.write("damaged\n")
    with pytest.raises(SystemExit, match=r"x\.jsonl, line 2 \(counted from 1\): Expecting value"):
        _measure.Store("x", ["a"], [0], resume=False)


@pytest.mark.parametrize("metric", ["accuracy", "gap"])
def test_paired_differences(metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of classifiers that have the metric; a metric that none has is passed over."""
    values = {"a": [0.9, 0.8], "b": [0.7, 0.7], "c": [float("nan")] * 2}
    rows = [
        {"classifier": name, "seed": seed, metric: value}
        for name, both in values.items()
        for seed, value in enumerate(both)
    ]
    _measure.print_table(pd.DataFrame(rows), "a", [metric, "other"], table=False)
    title, _, _, line = capsys.readouterr().out.strip().split("\n")
    assert title.startswith(f"{metric} of a less that of each other")
    name, *numbers = line.split()
    assert name == "b"
    # t of one degree of freedom is 12.7 at 97.5 %
    np.testing.assert_allclose(np.array(numbers, float), [0.15, 0.1, 0.2, -0.4853, 0.7853])
    _measure.print_table(pd.DataFrame(rows), "c", [metric], table=False)
    assert capsys.readouterr().out == ""

"""Rows of the measurements: drawn, held out by groups, and named where they are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import _data, other_sets, splice_junctions


@pytest.mark.parametrize("column", ["piece", "gene"])
def test_rows_from_one_place_are_held_out_together(column: str, tmp_path: Path) -> None:
    path = tmp_path / "some.csv.gz"
    frame = pd.DataFrame({"sequence": [f"row {i}" for i in range(60)], "label": ["a", "b"] * 30})
    frame["split"] = "train"
    frame[column] = [f"place {i // 6}" for i in range(60)]
    frame.to_csv(path, index=False)
    part = _data.hold_out(_data.load_file(path), 0)
    places = [{int(row.split()[1]) // 6 for row in rows} for rows in (part.X_train, part.X_test)]
    assert places[0] | places[1] == set(range(10))
    assert not places[0] & places[1]


def test_held_out_rows_are_whole_groups_and_the_test_split_is_not_read(folder: Path) -> None:
    split = _data.load_human_or_worm(folder)
    held = _data.hold_out(split, 0)
    assert len(held.X_train) + len(held.X_test) == len(split.X_train)
    assert set(held.X_test) <= set(split.X_train)
    known = dict(zip(split.X_train, split.groups, strict=True))
    assert {known[x] for x in held.X_test}.isdisjoint(held.groups)
    assert [known[x] for x in held.X_train] == held.groups.tolist()
    drawn = _data.sample(split, 100, 0)
    assert [known[x] for x in drawn.X_train] == drawn.groups.tolist()
    one_less = _data.sample(split, len(split.y_train) - 1, 0)
    assert len(set(one_less.X_train)) == len(split.y_train) - 1
    by_class = _data.hold_out(split._replace(groups=None), 0)
    assert abs(np.mean(by_class.y_test == "worm") - np.mean(split.y_train == "worm")) < 0.02


def test_a_wrong_name_of_a_classifier_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And those that there are; right names keep the order they were asked for in."""
    with pytest.raises(SystemExit, match="no 'AttGen' here; there are 'AttnGen', 'AttnGen, no mas"):
        splice_junctions.main(["--only", "AttGen"])
    monkeypatch.setattr(other_sets, "load", None)  # nothing is read before
    with pytest.raises(SystemExit, match="no 'AttGen' here; there are 'AttnGen', 'AttnGen, no mas"):
        other_sets.main(["--only", "AttGen"])
    assert list(_data.chosen({"a": 1, "b": 2, "c": 3}, ["c", "a"])) == ["c", "a"]
    assert _data.chosen({"a": 1, "b": 2}, None) == {"a": 1, "b": 2}


def test_a_seed_given_twice_ends_the_program_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ended after all fits, when results were to be paired by seed."""
    monkeypatch.setattr(splice_junctions, "measure", None)
    with pytest.raises(SystemExit):
        splice_junctions.main(["--seeds", "0", "1", "0"])
    assert "--seeds: 0 1 0 holds a value twice" in capsys.readouterr().err


def test_fewer_rows_than_asked_for_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name of the results has the number that was asked for."""
    split = _data.load_human_or_worm(folder)
    assert _data.sample(split, 1000, 0) is split
    assert capsys.readouterr().out == "of 1,000 rows asked for, all 280 training rows are taken\n"
    few = _data.few_rows(_data.sample(split, 100, 0))
    assert len(few.y_train) == len(_data.sample(few, 100, 0).y_train) == 100
    assert capsys.readouterr().out == ""

"""Trials of other parameters: on training rows only, and named by what they change."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _data, _measure, _variants, human_or_worm, splice_junctions

TRIAL = ["--only", "AttnGen", "--set", "mask_fraction=0.3"]


@pytest.mark.parametrize("module", [splice_junctions, human_or_worm])
def test_parameters_are_not_tried_on_the_test_split(
    module: Any, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit):
        module.main(TRIAL + (["--data", str(folder)] if module is human_or_worm else []))
    assert "--set needs --held-out" in capsys.readouterr().err


@pytest.mark.parametrize("module", [splice_junctions, human_or_worm])
def test_trials_leave_the_test_split_alone(
    module: Any, folder: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They measure on rows of the training split that no classifier was fitted to."""
    seen: list[_data.Split] = []

    def measure(name: str, makers: Any, data: Any, seeds: list[int], *args: Any, **kw: Any) -> Any:
        # other numbers of rows are kept apart too
        which = "splice_junctions" if module is splice_junctions else "human_or_worm"
        rows = "" if module is splice_junctions else "_20000"
        assert name == f"{which}_models{rows}_held_out_mask_fraction=0.3"
        assert {label: make(0).mask_fraction for label, make in makers.items()} == {"AttnGen": 0.3}
        seen.extend(data(seed) for seed in seeds)
        raise SystemExit

    monkeypatch.setattr(module, "measure", measure)
    given = ["--data", str(folder)] if module is human_or_worm else []
    with pytest.raises(SystemExit):
        module.main([*given, *TRIAL, "--held-out", "--seeds", "0", "1"])
    whole = _data.load_human_or_worm(folder) if given else _data.load_splice()
    tested = [set(split.X_test) for split in seen]
    for split, rows in zip(seen, tested, strict=True):
        assert rows
        assert rows <= set(whole.X_train)
        assert not rows & (set(split.X_train) | set(whole.X_test))
    assert tested[0] != tested[1]


def test_trials_set_parameters_where_there_are_such() -> None:
    """Of words and of numbers; one that no classifier has is a slip."""
    makers = {name: splice_junctions.MAKERS[name] for name in ("AttnGen", "CNN", "k-mers")}
    # one option given twice adds up
    parser = argparse.ArgumentParser()
    _variants.add_trial_arguments(parser)
    assert parser.parse_args(["--set", "a=1", "--set", "b=2", "c=3"]).set == ["a=1", "b=2", "c=3"]
    made = _variants.changed(makers, ["mask_order=lowest", "n_filters=3", "mask_fraction=0.2"])
    attngen, cnn, kmers = (make(7) for make in made.values())
    assert (attngen.mask_order, attngen.n_filters, attngen.mask_fraction) == ("lowest", 3, 0.2)
    assert (cnn.n_filters, cnn.random_state) == (3, 7)
    assert kmers.get_params().keys() == makers["k-mers"](7).get_params().keys()
    for slip in ("n_filter=3", "n_filters"):
        with pytest.raises(SystemExit, match=f"'{slip}' is no NAME=VALUE of a classifier here"):
            _variants.changed(makers, [slip])


@pytest.mark.parametrize(
    ("assignments", "complaint"),
    [
        (["n_filters=3", "n_filters=4"], "n_filters is set twice"),
        (["mask_fraction=0.2"], "differ in mask_fraction"),
        (["random_state=3"], "differ in random_state"),
    ],
)
def test_trials_set_nothing_that_the_table_hides(assignments: list[str], complaint: str) -> None:
    """Its rows are named by what the classifiers differ in, and by seeds."""
    with pytest.raises(SystemExit, match=complaint):
        _variants.changed(_variants.fractions(), assignments)


def test_means_of_fits_differ_by_seed_only() -> None:
    """The first fit is the one that would be measured alone; what has no seed stays as it is."""
    makers = {name: splice_junctions.MAKERS[name] for name in ("AttnGen", "k-mers")}
    made = _variants.changed(makers, ["n_filters=3"], 2)
    mean, kmers = (make(7) for make in made.values())
    assert mean.voting == "soft"
    fits = [fit for _, fit in mean.estimators]
    assert [fit.random_state for fit in fits] == [7, 1007]
    assert all(fit.n_filters == 3 and fit.mask_fraction == 0.15 for fit in fits)
    assert kmers.get_params().keys() == makers["k-mers"](7).get_params().keys()
    small = _measure.smaller(mean)
    assert [fit.max_epochs for _, fit in small.estimators] == [2, 2]


def test_means_of_fits_are_kept_apart(capsys: pytest.CaptureFixture) -> None:
    parser = argparse.ArgumentParser()
    _variants.add_trial_arguments(parser)
    options = parser.parse_args(["--mean-of", "3", "--held-out"])
    assert _variants.trial_name(parser, options) == "_held_out_mean_of_3"
    with pytest.raises(SystemExit):
        _variants.trial_name(parser, parser.parse_args(["--mean-of", "0"]))
    assert "a mean is of one fit at least" in capsys.readouterr().err

"""The measurements behind docs/results.md run, and their helpers compute what they say."""

from __future__ import annotations

import argparse
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from benchmarks import (
    _data,
    _figures,
    _measure,
    _variants,
    convergence,
    human_or_worm,
    leakage,
    learning_curves,
    other_sets,
    planted_motifs,
    read_outs,
    splice_junctions,
    unknown_shortcut,
)
from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.model_selection import leakage_report

LABELS = np.array(["human", "worm"])
QUICK = ["--quick", "--seeds", "0"]


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Measurements of a test do not touch those of the repository."""
    monkeypatch.setattr(_measure, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture(scope="module")
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


@pytest.mark.parametrize("what", ["models", "ablation", "fractions"])
def test_splice_junctions(what: str, results: Path, tmp_path: Path) -> None:
    figure = tmp_path / "figures" / "fractions.png"
    drawn = ["--figure", str(figure)] if what == "fractions" else []
    splice_junctions.main([*QUICK, "--what", what, *drawn])
    rows = rows_of(results / f"splice_junctions_{what}_quick.jsonl")
    assert len(rows) == {"models": 5, "ablation": 9, "fractions": 7}[what]
    assert all(0 <= row["accuracy"] <= 1 and row["rows"] == 256 for row in rows)
    assert figure.exists() == bool(drawn)


def test_planted_motifs(results: Path, tmp_path: Path) -> None:
    shape = ["--rows", "300", "--length", "60", "--width", "6", "--explained-rows", "20"]
    planted_motifs.main([*QUICK, "--tasks", "presence", *shape])
    rows = {row["classifier"]: row for row in rows_of(next(results.iterdir()))}
    assert list(rows) == [*planted_motifs.MODELS, "oracle"]
    assert rows["oracle"]["AP, default"] > 0.95, "it knows the motifs"
    assert rows["CNN"]["AP, occlusion"] > 0
    figure = tmp_path / "fractions.png"
    few = ["--only", "mask 0", "mask 0.15", "--figure", str(figure)]
    planted_motifs.main([*QUICK, "--what", "fractions", "--tasks", "presence", *shape, *few])
    assert (tmp_path / "fractions_presence.png").stat().st_size > 5000


def test_human_or_worm(folder: Path, results: Path, capsys: pytest.CaptureFixture) -> None:
    human_or_worm.main([*QUICK, "--data", str(folder)])
    rows = {row["classifier"]: row for row in rows_of(next(results.iterdir()))}
    assert list(rows) == list(human_or_worm.MAKERS)
    assert "P(true)" not in rows["plain CNN"]
    kmers = rows["k-mers"]
    for name in ("only top 20 % kept", "only random 20 % kept", "resample, top 10 % removed"):
        assert 0.5 <= kmers[f"{name}, from"] <= kmers[name] <= kmers[f"{name}, to"] <= 1
    shown = capsys.readouterr().out
    assert "95 % bootstrap intervals" in shown
    assert "only top 20 % kept" in shown


class FirstTen(ClassifierMixin, BaseEstimator):
    """Counts A and T among the first ten of a hundred letters, and says so."""

    def fit(self, X: Any, y: Any) -> FirstTen:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        counts = np.array([[x[:10].count("A"), x[:10].count("T")] for x in X]) + 0.01
        return counts / counts.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def saliency(self, X: Any, *_: Any, **__: Any) -> Any:
        return np.tile(np.arange(100) < 10, (len(X), 1)) / 10


def test_faithfulness_of_a_saliency_that_is_right() -> None:
    """The letters that it names are enough, and without them nothing is left."""
    rng = np.random.default_rng(0)
    y = np.array(["A", "T"] * 50)
    tails = rng.choice(list("CG"), (100, 90))
    X = np.array([10 * a + "".join(b) for a, b in zip(y, tails, strict=True)], dtype=object)
    found = human_or_worm.Faithfulness(rows=80)(FirstTen().fit(X, y), X, y)
    assert found["only top 20 % kept"] == 1
    assert found["unknown, gap"] == pytest.approx(1, abs=0.1)
    assert found["resample, top 10 % removed"] < found["resample, random 10 % removed"]
    assert found["P(true)"] > 0.99 > found["P(true), resample, top 10 % removed"]
    difference = (
        found["P(true), resample, random 10 % removed"]
        - found["P(true), resample, top 10 % removed"]
    )
    assert found["P(true), resample, difference"] == pytest.approx(difference)


def test_other_sets(folder: Path, results: Path, capsys: pytest.CaptureFixture) -> None:
    other_sets.main([*QUICK, "--data", str(folder), "--sets", "promoters", "worm splice"])
    assert len(list(results.iterdir())) == 2
    other_sets.main([*QUICK, "--data", str(results), "--sets", "promoters"])
    assert "promoters: not here, passed over" in capsys.readouterr().out


def test_other_sets_can_be_held_out_rows_of_the_training_split(
    folder: Path, results: Path, capsys: pytest.CaptureFixture
) -> None:
    """With a file of their own; parameters are tried there only."""
    some = ["--data", str(folder), "--sets", "promoters", "--only", "CNN"]
    other_sets.main([*QUICK, *some, "--held-out", "--rows", "100", "--set", "dropout=0"])
    assert [path.name for path in results.iterdir()] == [
        "other_sets_promoters_100_held_out_dropout=0_quick.jsonl"
    ]
    assert "the test rows are left alone" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        other_sets.main([*QUICK, *some, "--set", "dropout=0"])
    assert "--set needs --held-out" in capsys.readouterr().err


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


def test_learning_curves(
    folder: Path, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """More rows of the same training split, scored on the same rows, which are not among them."""
    figure = tmp_path / "figures" / "curves.png"
    sizes = ["--rows", "200", "20", "--figure", str(figure)]
    some = ["--data", str(folder), "--sets", "worm splice"]
    learning_curves.main([*QUICK, *some, *sizes])
    rows = {path.name: rows_of(path) for path in results.iterdir()}
    assert {name: [row["rows"] for row in part] for name, part in rows.items()} == {
        "learning_worm_splice_20_quick.jsonl": [20] * 6,
        "learning_worm_splice_200_quick.jsonl": [200] * 6,
    }
    assert all(row["log loss"] > 0 for part in rows.values() for row in part)
    assert figure.stat().st_size > 5000
    assert "worm splice: means over seeds" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"300 of 'worm splice' are not .*there are 224"):
        learning_curves.main([*QUICK, *some, "--rows", "20", "300"])
    assert "20 of these rows" not in capsys.readouterr().out, "nothing is measured before"
    held_out = {1: _data.hold_out(leakage.load("worm splice", folder), 1)}
    small, large = (learning_curves.rows_of(held_out, n, 1) for n in (20, 200))
    assert small.X_test.tolist() == large.X_test.tolist()
    assert not set(large.X_train) & set(large.X_test)


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


def test_unknown_shortcut(folder: Path, results: Path) -> None:
    unknown_shortcut.main([*QUICK, "--data", str(folder)])
    for path in results.iterdir():
        assert [row["classifier"] for row in rows_of(path)] == ["mask resample", "mask zero"]


def test_read_outs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    small = partial(AttnGenClassifier, max_epochs=1, n_filters=8)
    monkeypatch.setattr(read_outs, "AttnGenClassifier", small)
    monkeypatch.setattr(sys, "argv", ["read_outs", "--rows", "80", "--explained-rows", "10"])
    read_outs.main()
    assert "mean over seeds [0]" in capsys.readouterr().out


@pytest.mark.parametrize("task", convergence.TASKS)
def test_convergence(
    task: str, folder: Path, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    figure = tmp_path / "courses.png"
    arguments = ["--task", task, "--data", str(folder), "--quick", "--seeds", "0", "1"]
    arguments += ["--rows", "320", "--figure", str(figure)]
    convergence.main(arguments)
    first = capsys.readouterr().out
    assert ("whole regions" if task == "human_or_worm" else "by class") in first
    assert "final loss of AttnGen less that of each other" in first
    assert figure.stat().st_size > 5000
    (path,) = results.iterdir()
    rows = rows_of(path)
    assert len(rows) == 6
    for row in rows:
        steps = [epoch["steps"] for epoch in row["epochs"]]
        assert steps == [steps[0], 2 * steps[0]], "two epochs, counted in steps"
        assert row["epochs"][0]["seconds"] <= row["epochs"][1]["seconds"]
        assert all(epoch["loss"] > 0 for epoch in row["epochs"])
    convergence.main([*arguments, "--resume"])
    assert rows_of(path) == rows, "nothing was measured again"


def test_the_last_epoch_is_the_fitted_network(folder: Path) -> None:
    """Loss and accuracy of the course are those of the classifier, on both strands."""
    split = convergence.load("human_or_worm", folder, 200)
    estimator = _measure.smaller(convergence.makers(True, "auto")["AttnGen"](0))
    last = convergence.train(estimator, split)[-1]
    truth = np.searchsorted(LABELS, split.y_test)
    probabilities = estimator.predict_proba(split.X_test)
    loss = -np.log(probabilities[np.arange(len(truth)), truth]).mean()
    assert last["loss"] == pytest.approx(loss, rel=1e-4)
    assert last["accuracy"] == pytest.approx(np.mean(probabilities.argmax(axis=1) == truth))


def test_levels_are_reached_at_the_first_epoch_that_is_near() -> None:
    def row(name: str, *accuracies: float) -> dict[str, Any]:
        epochs = [
            {"steps": 10 * (i + 1), "seconds": i + 1.0, "loss": 1 - a, "accuracy": a}
            for i, a in enumerate(accuracies)
        ]
        return {"classifier": name, "seed": 0, "epochs": epochs}

    found = convergence.summarise([row("a", 0.5, 0.9, 0.904), row("b", 0.95, 0.94, 0.97)])
    found = found.set_index("classifier")
    assert found["steps to near own best"].tolist() == [20, 30]
    assert found["seconds to near best of all"].isna().tolist() == [True, False]
    assert found.loc["b", "steps to near best of all"] == 30
    assert found["final loss"].tolist() == pytest.approx([0.096, 0.03])


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


def test_a_wrong_name_of_a_classifier_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And those that there are; right names keep the order they were asked for in."""
    with pytest.raises(SystemExit, match="no 'AttGen' here; there are 'AttnGen', 'AttnGen, no mas"):
        splice_junctions.main(["--only", "AttGen"])
    monkeypatch.setattr(other_sets, "load", None)  # nothing is read before
    with pytest.raises(SystemExit, match="no 'AttGen' here; there are 'AttnGen', 'AttnGen, no mas"):
        other_sets.main(["--only", "AttGen"])
    assert list(_data.chosen({"a": 1, "b": 2, "c": 3}, ["c", "a"])) == ["c", "a"]
    assert _data.chosen({"a": 1, "b": 2}, None) == {"a": 1, "b": 2}


def test_figures_are_of_fractions_only(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        splice_junctions.main(["--figure", "x.png"])
    assert "it needs --what fractions" in capsys.readouterr().err


def test_what_hardly_differs_looks_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An axis that shrank to a thousandth of a point would make mountains of it."""
    import matplotlib.pyplot as plt

    kept: list[Any] = []
    monkeypatch.setattr(_figures, "_save", lambda plt, figure, path: kept.append(figure))
    values = {"mask 0": 0.9991, "mask 0.5": 1.0}
    rows = [{"classifier": name, "seed": 0, "accuracy": value} for name, value in values.items()]
    _figures.draw_fractions(pd.DataFrame(rows), tmp_path / "x", {"Accuracy": ["accuracy"]}, "title")
    low, high = kept[0].axes[0].get_ylim()
    plt.close(kept[0])
    assert low < 0.9991 < 1.0 < high
    assert high - low == pytest.approx(_figures.LEAST_SPAN)


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


def test_lines_of_the_figure_are_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fractions on the x axis in order, whatever the order of the rows."""
    kept: list[Any] = []
    monkeypatch.setattr(_figures, "_save", lambda plt, figure, path: kept.append(figure))
    rows = [
        {"classifier": f"mask {fraction}", "seed": seed, "accuracy": fraction + seed / 10}
        for seed in (0, 1)
        for fraction in (0.5, 0, 0.15)
    ]
    rows.append({"classifier": "oracle", "seed": 0, "accuracy": 0.9})
    _figures.draw_fractions(pd.DataFrame(rows), tmp_path / "x", {"Accuracy": ["accuracy"]}, "title")
    (ax,) = kept[0].axes
    line = ax.get_lines()[0]
    np.testing.assert_allclose(line.get_xdata(), [0, 0.15, 0.5])
    np.testing.assert_allclose(line.get_ydata(), [0.05, 0.2, 0.55])
    assert [text.get_text() for text in ax.texts] == ["oracle"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Masked fraction of the letters", "Accuracy")
    import matplotlib.pyplot as plt

    plt.close(kept[0])

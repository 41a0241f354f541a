"""The measurements behind docs/results.md run, and measure what they say."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks import (
    _data,
    calibration,
    human_or_worm,
    leakage,
    learning_curves,
    letter_effects,
    other_sets,
    planted_motifs,
    read_outs,
    splice_junctions,
    unknown_shortcut,
)
from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder
from tests.benchmarks.conftest import QUICK, rows_of


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


def test_the_oracle_of_spacing_knows_where_motifs_can_be() -> None:
    """In 27 letters there is one place for each class, and the one that agrees better wins."""
    data = planted_motifs.make_motif_sequences(
        400, length=27, task="spacing", motif_width=6, mutation_rate=0.3, random_state=0
    )
    oracle = planted_motifs.Oracle("spacing", tuple(data.motifs), 0.3).fit(data.data, data.target)
    planted = data.positions | data.mutated
    places = np.array([planted[data.target == target][0] for target in (0, 1)])
    assert not oracle.saliency(data.data)[:, ~places.any(axis=0)].any()
    letters, motifs = np.array([list(x) for x in data.data]), np.array(list("".join(data.motifs)))
    agree = np.stack([(letters[:, place] == motifs).sum(axis=1) for place in places])
    clear = agree[0] != agree[1]
    np.testing.assert_array_equal(oracle.predict(data.data)[clear], agree.argmax(axis=0)[clear])


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


class Unsure(ClassifierMixin, BaseEstimator):
    """Has a third of the logit that is right."""

    def fit(self, X: Any, y: Any) -> Unsure:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        positive = 1 / (1 + np.exp(-X[:, 0]))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: Any) -> Any:
        return self.classes_[(X[:, 0] > 0).astype(int)]


class UnsureWithDecision(Unsure):
    def decision_function(self, X: Any) -> Any:
        return X[:, 0]


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
        "learning_worm_splice_20_quick.jsonl": [20] * 7,
        "learning_worm_splice_200_quick.jsonl": [200] * 7,
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


def test_calibration(folder: Path, results: Path, capsys: pytest.CaptureFixture) -> None:
    """A factor on the logits changes how sure a classifier is, and no prediction."""
    some = ["--data", str(folder), "--only", "CNN", "k-mers", "--rows", "120"]
    calibration.main([*QUICK, *some, "--sets", "promoters"])
    calibration.main([*QUICK, *some, "--sets", "promoters", "--folds", "at random"])
    names = [f"calibration_promoters_120_{kind}_quick.jsonl" for kind in ("at_random", "by_groups")]
    assert sorted(path.name for path in results.iterdir()) == names
    for row in (row for name in names for row in rows_of(results / name)):
        assert row["accuracy, as it is"] == row["accuracy, calibrated"]
        fall = row["log loss, as it is"] - row["log loss, calibrated"]
        assert row["log loss saved"] == pytest.approx(fall)
        assert row["factor"] > 0
    assert "held out by groups" in capsys.readouterr().out
    calibration.main([*QUICK, *some, "--sets", "promoters", "--resume"])
    assert "'classifier'" not in capsys.readouterr().out, "nothing is measured again"


def test_letter_effects(folder: Path, results: Path) -> None:
    """Each read-out is measured for each classifier, and of log-odds in a linear model exactly."""
    some = ["--data", str(folder), "--only", "CNN", "one-hot logistic", "--rows", "120"]
    letter_effects.main([*QUICK, *some, "--sets", "promoters", "--explained-rows", "40"])
    rows = rows_of(results / "letter_effects_promoters_120_quick.jsonl")
    assert [row["classifier"] for row in rows] == ["CNN", "one-hot logistic"]
    for row in rows:
        for read_out in ("default", *letter_effects.SCALES):
            assert {f"gap, {fill}, {read_out}" for fill in ("resample", "unknown")} <= row.keys()
        assert 0 <= row["for the prediction, log-odds"] <= 1


def test_letters_for_a_sure_prediction_count_more_as_probabilities() -> None:
    """Which is why a gap is higher on their scale, of one and the same classifier."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list("ACGT"), size=(600, 40))])
    score = np.array([row[:20].count("A") - row[:20].count("C") for row in X])
    X, y = X[score != 0], score[score != 0] > 0
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X[:400], y[:400])
    found = letter_effects.LetterEffects(80)(model, X[400:], y[400:])
    shares = [found[f"for the prediction, {scale}"] for scale in ("probability", "log-odds")]
    assert shares[0] > shares[1] > 0.5
    gaps = [found[f"gap, resample, {scale}"] for scale in ("probability", "log-odds")]
    assert gaps[0] > gaps[1] > 0.1


@pytest.mark.parametrize("unsure", [Unsure, UnsureWithDecision])
def test_the_factor_of_a_calibration_is_that_of_the_logits(unsure: type[Unsure]) -> None:
    """Also where a decision value of two classes is the difference of their logits."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 1))
    y = np.where(rng.random(3000) < 1 / (1 + np.exp(-3 * X[:, 0])), "yes", "no")
    folds = calibration.FOLDS["at random"]
    fitted = calibration._calibrated(lambda seed: unsure(), folds, 0).fit(X, y)
    found = calibration.Probabilities()(fitted, X, y)
    assert found["factor"] == pytest.approx(3, rel=0.1)
    assert found["log loss, calibrated"] < found["log loss, as it is"]
    assert found["too sure, as it is"] < -0.05 < found["too sure, calibrated"] < 0.05


def test_unknown_shortcut(folder: Path, results: Path) -> None:
    unknown_shortcut.main([*QUICK, "--data", str(folder)])
    names = [f"unknown_shortcut_5000_{what}_quick.jsonl" for what in ("as_it_is", "with_rows_of_N")]
    assert sorted(path.name for path in results.iterdir()) == names
    for name in names:
        classifiers = [row["classifier"] for row in rows_of(results / name)]
        assert classifiers == ["mask resample", "mask zero"]


def test_read_outs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    small = partial(AttnGenClassifier, max_epochs=1, n_filters=8)
    monkeypatch.setattr(read_outs, "AttnGenClassifier", small)
    monkeypatch.setattr(sys, "argv", ["read_outs", "--rows", "80", "--explained-rows", "10"])
    read_outs.main()
    assert "mean over seeds [0]" in capsys.readouterr().out

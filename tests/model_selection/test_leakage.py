"""The report finds what was planted, and nothing where nothing was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.datasets import load_splice_junctions
from sklearn_attngen.model_selection import leakage_report, sequence_groups
from sklearn_attngen.sequences import reverse_complement


def random_sequences(n: int, length: int = 60, seed: int = 0, letters: str = "ACGT") -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(letters), length)) for _ in range(n)]


def report(*arguments: Any, **options: Any) -> pd.DataFrame:
    return leakage_report(*arguments, **options).set_index("check")


SHORTCUTS = ("unknown letters", "length", "composition")


def test_clean_data_is_called_clean() -> None:
    """Random letters with random labels: every verdict says that nothing was found."""
    X, y = random_sequences(300), np.arange(300) % 2
    found = report(X[:200], y[:200], X[200:], y[200:])
    rest = found.drop(index=list(SHORTCUTS))
    assert (rest.n_rows == 0).all()
    assert (rest.verdict == "none").all()
    assert "label of the relative" not in found.index
    for check in ("unknown letters", "length"):
        assert found.verdict[check] == "the same in all rows"
    assert pd.isna(found.n_rows["length"])
    assert np.isnan(found.share["length"])
    assert found.verdict["composition"] == "not surely above chance"
    assert found.chance["composition"] == 0.5


@pytest.mark.parametrize(("n", "copies"), [(20, 20), (60, 10)])
def test_relatives_are_no_shortcut(n: int, copies: int) -> None:
    """Rows of a family with a label at random tell each other's class by anything they share."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        family = [
            "".join(rng.choice(list("ACGTN"), rng.integers(60, 200), p=[0.24] * 4 + [0.04]))
            for _ in range(n)
        ]
        X = [each for each in family for _ in range(copies)]
        found = report(X, np.repeat(rng.permutation(n) % 2, copies))
        assert found.of["length"] == n
        for check in SHORTCUTS:
            assert found.verdict[check] == "not surely above chance"


def test_copies_are_counted_on_both_strands_and_their_conflicts() -> None:
    """One copy, one turned copy of another label, one row of its own."""
    a, b, c = random_sequences(3)
    X, y = [a, b, a.lower(), *reverse_complement([b]), c], ["x", "x", "x", "z", "z"]
    found = report(X, y)
    assert found.n_rows["duplicates"] == 2
    assert found.n_rows["conflicting labels"] == 2  # b and its turned copy
    assert found.n_rows["related rows"] == 4
    assert found.verdict["duplicates"].startswith("drop them")
    assert found.verdict["conflicting labels"] == "no classifier can be right on all of them"
    assert found.verdict["related rows"] == "equal, or 25 letters in common: SequenceGroupKFold"
    one_strand = report(X, y, both_strands=False)
    assert one_strand.n_rows[["duplicates", "conflicting labels"]].tolist() == [1, 0]


@pytest.mark.parametrize("k", [6, 10, 70])
def test_counts_are_those_of_looking_at_every_pair(k: int) -> None:
    """Windows of one stretch, on both strands, with N, copies and conflicting labels."""

    def words(sequence: str) -> set[str]:
        both = sequence, str(reverse_complement(sequence))
        found = {strand[i : i + k] for strand in both for i in range(len(strand) - k + 1)}
        return {min(both)} | {word for word in found if "N" not in word}

    rng = np.random.default_rng(k)
    stretch = "".join(rng.choice(list("ACGTACGTN"), 400))
    X, width = [], rng.integers(8, 30, 60)
    for start, length in zip(rng.integers(0, 370, 60), width, strict=True):
        window = stretch[start : start + length]
        X.append(window if rng.random() < 0.5 else str(reverse_complement(window)))
    X[40:50] = X[5:15]
    y = rng.integers(0, 2, 60)
    train, test = list(range(30)), list(range(30, 60))
    whole = [min(x, str(reverse_complement(x))) for x in X]
    seen = [i for i in test if any(whole[i] == whole[j] for j in train)]
    expected = {
        "duplicates": 30 - len({whole[j] for j in train}),
        "related rows": sum(any(words(X[i]) & words(X[j]) for j in train if j != i) for i in train),
        "test rows seen in training": len(seen),
        "seen with another label": sum(
            all(y[i] != y[j] for j in train if whole[i] == whole[j]) for i in seen
        ),
        "test rows related to training": sum(
            any(words(X[i]) & words(X[j]) for j in train) for i in test
        ),
    }
    found = report(X[:30], y[:30], X[30:], y[30:], k=k)["n_rows"]
    assert {check: int(found[check]) for check in expected} == expected


def test_test_rows_are_looked_up_in_training() -> None:
    """A copy, an overlap, one that overlaps two classes; k says what an overlap is."""
    a, b, c, new = random_sequences(4)
    X, y = [a, b, c], [0, 1, 1]
    X_test = [a, b[20:] + new[:20], a[:30] + b[:30], new, c[:24]]
    found = report(X, y, X_test, [0, 0, 1, 1, 1])
    assert found.n_rows["test rows seen in training"] == 1
    assert found.n_rows["test rows related to training"] == 3
    assert found.of["test rows related to training"] == 5
    # the first only: the second has the other label, the third relatives of both
    assert found[["n_rows", "of"]].loc["label of the relative"].tolist() == [1, 3]
    for third in (0, 1):  # whichever label it has
        same = report(X, y, X_test, [0, 0, third, 1, 1]).loc["label of the relative"]
        assert same[["n_rows", "of"]].tolist() == [1, 3]
    assert found.verdict["test rows seen in training"] == "the score on them says nothing"
    assert found.verdict["test rows related to training"].startswith("a leak, unless")
    assert found.verdict["label of the relative"] == "too few to tell"
    assert np.isnan(found.score["label of the relative"])
    shorter = report(X, y, X_test, [0, 0, 1, 1, 1], k=24)
    assert shorter.n_rows["test rows related to training"] == 4
    assert shorter.n_rows["label of the relative"] == 2


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_labels_of_relatives_are_compared_with_chance(share: float) -> None:
    """Also where one class is rare, and agreement common."""
    rng = np.random.default_rng(0)
    X = random_sequences(200)
    y, other = (rng.random((2, 200)) < share).astype(int)
    found = report(X, y, [x[:40] for x in X], other).loc["label of the relative"]
    assert found.verdict == "not surely above chance"
    assert found.score == pytest.approx((y == other).mean())
    expected = y.mean() * other.mean() + (1 - y.mean()) * (1 - other.mean())
    assert found.chance == pytest.approx(expected)
    same = report(X, y, [x[:40] for x in X], y).loc["label of the relative"]
    assert same.verdict == "looking it up would do"
    assert same.score == 1.0
    assert same.chance == pytest.approx(y.mean() ** 2 + (1 - y.mean()) ** 2)


@pytest.mark.parametrize(("n_groups", "verdict"), [(9, "too few to tell"), (12, "not surely")])
def test_test_rows_of_one_place_say_it_once(n_groups: int, verdict: str) -> None:
    """Twenty windows of a place have one label, which is that of the training row or not."""
    X = random_sequences(n_groups)
    y = np.arange(n_groups) % 2
    y_test = y.copy()
    y_test[:2] = y[:2][::-1]  # two places in all have another label
    windows = [x[start : start + 35] for x in X for start in range(20)]
    found = report(X, y, windows, np.repeat(y_test, 20)).loc["label of the relative"]
    assert found["n_rows"] == 20 * (n_groups - 2)
    assert found.verdict.startswith(verdict)


def test_another_label_may_lie_between_those_of_equal_rows() -> None:
    """Of three classes the second is none of the first and the third."""
    (a, b), y_test = random_sequences(2), [1, 1, 0]
    report = leakage_report([a, a, b], [0, 2, 1], [a, b, a], y_test).set_index("check")
    assert report.loc["seen with another label", ["n_rows", "of"]].tolist() == [1, 3]


def test_verdicts_say_what_is_there() -> None:
    """One class is none to tell, and short rows that are equal have no long word in common."""
    report = leakage_report(random_sequences(60), [1] * 60).set_index("check")
    assert report.loc["composition", "verdict"] == "there is one class only"
    X = random_sequences(30)
    report = leakage_report(X + X, [0] * 30 + [1] * 30).set_index("check")
    assert report.loc["composition", "verdict"] == "too few unrelated rows to tell"
    related = leakage_report(["ACGT", "ACGT", "TTTT"]).set_index("check").loc["related rows"]
    assert related["n_rows"] == 2
    assert related["verdict"].startswith("equal, or 25 letters")


def test_labels_that_training_rows_do_not_have() -> None:
    """Copies with another label, and classes that only test rows have."""
    X = random_sequences(6)
    y = [0, 0, 1, 1, 0, 1]
    found = report([*X, X[0]], [*y, 1], [*X[:3], "TTTTT"], [1, 1, 2, 2])
    # the first is there with both labels
    assert found[["n_rows", "of"]].loc["seen with another label"].tolist() == [2, 3]
    assert found.verdict["seen with another label"] == "no classifier can be right on both"
    assert found.n_rows["test labels unknown in training"] == 2
    assert found.verdict["test labels unknown in training"] == "no classifier can name their class"


def test_short_copies_count_as_relatives() -> None:
    """They have no word of k letters."""
    found = report(["ACGT", "GGA"], [0, 1], ["ACGT", "CCC"], [0, 1])
    assert found.n_rows["test rows related to training"] == 1
    assert found.n_rows["label of the relative"] == 1


def test_rows_shorter_than_a_word_are_not_called_unrelated() -> None:
    """Peptides of 9 letters, where words of proteins have 12: nothing was compared."""
    X, X_test = ["SIINFEKLM", "GILGFVFTL"], ["SIINFEKLV"]
    checks = ["related rows", "test rows related to training"]
    found = report(X, None, X_test, alphabet="protein")
    assert found.verdict[checks].tolist() == ["no row has 12 letters to compare: set k"] * 2
    found = report(X, None, X_test, alphabet="protein", k=8)
    assert found.n_rows[checks].tolist() == [0, 1]
    assert found.verdict["related rows"] == "none"
    found = report(X * 2, None, ["SIINFEKLM"], alphabet="protein")
    assert found.verdict[checks].str.contains("set k").tolist() == [False, False]


def test_rows_of_n_are_found_and_that_they_tell_the_class() -> None:
    """As in the published demo_human_or_worm. They are left out of everything else."""
    X, y = random_sequences(1000), np.array(["human", "worm"] * 500)
    rows = np.flatnonzero(y == "human")[:90]
    for row in rows:
        X[row] = "N" * 60
    found = report(X, y, ["N" * 60, *X[-3:]])
    assert found.n_rows["rows without letters"] == 90
    assert found.verdict["rows without letters"] == "all of class 'human': N tells the class"
    assert found.n_rows["test rows without letters"] == 1
    assert found.verdict["test rows without letters"] == "nothing to classify: drop them"
    assert found.n_rows[["duplicates", "related rows"]].tolist() == [0, 0]
    assert found.of[["duplicates", "composition"]].tolist() == [910, 910]
    assert found[["n_rows", "of"]].loc["test rows seen in training"].tolist() == [3, 3]
    assert found.verdict["unknown letters"] == "the same in all rows"
    assert found.verdict["composition"] == "not surely above chance"
    X[1] = "N" * 60
    assert "of class" not in report(X, y).verdict["rows without letters"]
    few = [*random_sequences(40), "N" * 60]
    assert "of class" not in report(few, [0, 1] * 20 + [0]).verdict["rows without letters"]


def test_rows_of_n_are_of_the_common_class_by_chance() -> None:
    """Where nearly all rows are, what any few rows hold is no sign."""
    X, y = ["N" * 60] * 12 + random_sequences(300), [0] * 292 + [1] * 20
    assert report(X, y).verdict["rows without letters"] == "nothing to classify: drop them"
    y = [1] * 12 + [0] * 292 + [1] * 8
    assert report(X, y).verdict["rows without letters"] == "all of class 1: N tells the class"


@pytest.mark.parametrize(
    ("check", "of_one_class", "verdict"),
    [
        ("unknown letters", lambda s: "NNN" + s[3:], "N tells the class"),
        ("length", lambda s: s[:-5], "length tells the class: cut both alike"),
        ("composition", lambda s: s.replace("A", "G"), "no order needed: compare with k-mers"),
    ],
)
def test_shortcuts_are_found_one_at_a_time(check: str, of_one_class: Any, verdict: str) -> None:
    """What tells the classes has a score of 1; the others stay near chance."""
    X, y = random_sequences(400), np.arange(400) % 2
    X = [of_one_class(x) if label else x for x, label in zip(X, y, strict=True)]
    found = report(X, y)
    assert found.score[check] == 1.0
    assert found.n_rows[check] == found.of[check] == 400
    assert found.verdict[check] == verdict
    for other in {*SHORTCUTS} - {check}:
        # shares are fractions of the length, which tell a little of it
        assert found.score[other] < 0.7, other


def test_a_small_shortcut_is_called_small() -> None:
    """In one of eleven rows of a class: surely no chance, if there are rows enough to tell."""
    X, y = random_sequences(4000, 40), np.arange(4000) % 2
    X = ["NNNNN" + x[5:] if row % 22 == 1 else x for row, x in enumerate(X)]
    found = report(X, y, k=40).loc["unknown letters"]
    assert found.score == pytest.approx(0.5455, abs=0.001)
    assert found.verdict == "tells a little of the class"
    by_place = report(X[:200], y[:200], k=40).loc["unknown letters"]
    assert by_place.verdict == "not surely above chance", "200 rows are too few to be sure"


def test_n_counts_as_a_share() -> None:
    """Twice the N in twice the length is no sign."""
    X, y = random_sequences(200, 57), np.arange(200) % 2
    X = ["NNN" + x if label else "NNN" + x + "NNN" + x[::-1] for x, label in zip(X, y, strict=True)]
    assert report(X, y, both_strands=False).verdict["unknown letters"] == "the same in all rows"


def test_rare_classes_count_as_much_and_too_rare_ones_not_at_all() -> None:
    """Balanced accuracy; a class of nine rows is named and left out."""
    X = [*random_sequences(500, 50), *random_sequences(20, 60, seed=1)]
    y = [0] * 500 + [1] * 20
    found = report(X, y).loc["length"]
    assert found.score == 1.0
    X, y = X + random_sequences(9, 60, seed=2), y + [2] * 9
    found = report(X, y).loc["length"]
    assert found.score == 1.0
    assert found.of == 520
    assert found.verdict == "length tells the class: cut both alike (but for 1 rare classes)"
    flat = random_sequences(220)
    score = report(flat, [0] * 200 + [1] * 20).score["composition"]
    assert 0.3 < score < 0.7, "all of the larger class would be 0.91 right"


def test_many_classes_are_told_by_length() -> None:
    """Ten classes, each of its own length."""
    y = np.repeat(range(10), 30)
    X = [x[: 50 + label] for x, label in zip(random_sequences(300, 80), y, strict=True)]
    assert report(X, y).score["length"] == 1.0


def test_three_classes_and_few_rows() -> None:
    """Chance is a third; a class of a few rows tells nothing, and is not measured."""
    X, y = random_sequences(90), np.arange(90) % 3
    assert report(X, y).chance["composition"] == pytest.approx(1 / 3)
    few = report(X[:15], y[:15]).loc["length"]
    assert few.verdict == "too few unrelated rows to tell"
    assert pd.isna(few.n_rows)


def test_without_labels_only_sequences_are_looked_at() -> None:
    """Text labels, Series and other containers are fine."""
    X = pd.Series(random_sequences(10))
    found = report(X, X_test=X[:2])
    assert found.n_rows["test rows seen in training"] == 2
    assert not {"conflicting labels", "length", "label of the relative"} & set(found.index)


def test_proteins_are_read_in_their_alphabet_on_both_sides() -> None:
    """Twelve letters in common, on one strand."""
    X = random_sequences(3, letters="ACDEFGHIKLMNPQRSTVWY")
    found = report(X, X_test=[X[0][:12] + X[1][:11], X[2][::-1]], alphabet="protein")
    assert found.n_rows["test rows related to training"] == 1


@pytest.mark.parametrize(
    ("y", "y_test", "error", "match"),
    [
        (
            [0, 1, 0],
            None,
            ValueError,
            "y: 3 labels for 4 sequences.*each, in the order X, y, X_test",
        ),
        (None, [0, 1, 0, 1], ValueError, "y_test was given without y"),
        (["0", "1", "0", "1"], [0, 1, 0, 1], TypeError, "y holds labels like '0' and y_test"),
        ([0, np.nan, 0, 1], None, ValueError, "y contains NaN"),
        (["a", None, "b", "a"], None, ValueError, "y contains NaN or None: the label of row 1"),
        ([0, 1, 0, 1], [0, 1, None, 0], ValueError, "y_test contains NaN or None.* row 2"),
        (np.array(["a", 1, "b", 2], dtype=object), None, TypeError, "y holds both text and other"),
        (
            [0.1, 0.7, 0.2, 0.4],
            None,
            ValueError,
            "y: class labels are needed.* continuous.* Make classes",
        ),
        ([0, 1, 0, 1], [0.1, 0.7, 0.2, 0.4], ValueError, "y_test: class labels are needed"),
        ([0, 1, 0, 1], [[0, 1]] * 4, ValueError, "y_test: y should be a 1d array"),
        (["a", np.nan, "b", "a"], None, ValueError, "y contains NaN or None: the label of row 1"),
        (["a", 1, "b", 2], None, TypeError, "y holds both text and other"),
        (np.array([0, 1, 0, 1], dtype=object), None, ValueError, r"dtype object.*y\.astype\(int\)"),
    ],
)
def test_labels_that_cannot_be_compared_are_named(
    y: Any, y_test: Any, error: type[Exception], match: str
) -> None:
    """And which argument they are in."""
    X = random_sequences(4)
    with pytest.raises(error, match=match):
        leakage_report(X, y, X, y_test)


def test_sequences_that_cannot_be_read_are_named() -> None:
    """With the argument, where there are two."""
    X = random_sequences(4)
    with pytest.raises(ValueError, match="y_test was given without X_test"):
        leakage_report(X, [0, 1, 0, 1], y_test=[0])
    with pytest.raises(ValueError, match="Row 0, position 2"):
        leakage_report(["AC?"])
    with pytest.raises(ValueError, match="X_test: Row 0, position 2"):
        leakage_report(X, X_test=["AC?"])
    for arguments, name in (((["NNN"],), "X"), ((X, None, ["NNN"]), "X_test")):
        with pytest.raises(ValueError, match=f"No sequence of {name} has a letter"):
            leakage_report(*arguments)


def test_the_embedded_split_shares_no_word() -> None:
    """As its card promises."""
    data = load_splice_junctions()
    train = data.split == "train"
    found = report(data.data[train], data.target[train], data.data[~train], data.target[~train])
    assert found.n_rows["test rows related to training"] == 0
    assert found.n_rows["duplicates"] == found.n_rows["conflicting labels"] == 0


def test_the_other_strand_of_rna_is_no_copy() -> None:
    """It is another molecule, unless both strands are asked for."""
    rna = random_sequences(10, letters="ACGU")
    turned = list(reverse_complement(rna, "RNA"))
    for check in ("duplicates", "related rows"):
        assert report(rna + turned, alphabet="RNA").n_rows[check] == 0
        assert report(rna + turned, alphabet="RNA", both_strands=True).n_rows[check] > 0
    groups = sequence_groups(rna + turned, alphabet="RNA")
    assert len(set(groups)) == 20

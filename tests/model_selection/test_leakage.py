"""The report finds what was planted, and nothing where nothing was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.datasets import load_splice_junctions
from sklearn_attngen.model_selection import leakage_report
from sklearn_attngen.sequences import reverse_complement


def random_sequences(n: int, length: int = 60, seed: int = 0, letters: str = "ACGT") -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(letters), length)) for _ in range(n)]


def report(*arguments: Any, **options: Any) -> pd.DataFrame:
    return leakage_report(*arguments, **options).set_index("check")


def test_clean_data_is_called_clean() -> None:
    """Random letters with random labels: every verdict says that nothing was found."""
    X, y = random_sequences(300), np.arange(300) % 2
    found = report(X[:200], y[:200], X[200:], y[200:])
    counts = found.loc[:"rows without letters", "n_rows"]
    assert (counts == 0).all()
    assert "label of the relative" not in found.index
    for check in ("unknown letters", "length"):
        assert found.verdict[check] == "the same in all rows"
    assert found.verdict["composition"] == "does not tell the classes beyond chance"
    assert found.chance["composition"] == 0.5


def test_copies_are_counted_on_both_strands_and_their_conflicts() -> None:
    """One copy, one turned copy of another label, one row of its own."""
    a, b, c = random_sequences(3)
    X, y = [a, b, a.lower(), *reverse_complement([b]), c], ["x", "x", "x", "z", "z"]
    found = report(X, y)
    assert found.n_rows["duplicates"] == 2
    assert found.n_rows["conflicting labels"] == 2  # b and its turned copy
    assert found.n_rows["related rows"] == 4
    assert "drop" in found.verdict["duplicates"]
    one_strand = report(X, y, both_strands=False)
    assert one_strand.n_rows[["duplicates", "conflicting labels"]].tolist() == [1, 0]


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
    shorter = report(X, y, X_test, [0, 0, 1, 1, 1], k=24)
    assert shorter.n_rows["test rows related to training"] == 4
    assert shorter.n_rows["label of the relative"] == 2


def test_short_copies_count_as_relatives() -> None:
    """They have no word of k letters."""
    found = report(["ACGT", "GGA"], [0, 1], ["ACGT", "CCC"], [0, 1])
    assert found.n_rows["test rows related to training"] == 1
    assert found.n_rows["label of the relative"] == 1


def test_rows_of_n_are_found_and_that_they_tell_the_class() -> None:
    """As in the published demo_human_or_worm, where 3.7 % of the human rows are all N."""
    X, y = random_sequences(2000), np.array(["human", "worm"] * 1000)
    rows = np.flatnonzero(y == "human")[:37]
    for row in rows:
        X[row] = "N" * 60
    found = report(X, y)
    assert found.n_rows["rows without letters"] == 37
    assert "class 'human'" in found.verdict["rows without letters"]
    X[1] = "N" * 60
    assert "of class" not in report(X, y).verdict["rows without letters"]


@pytest.mark.parametrize(
    ("check", "of_one_class"),
    [
        ("unknown letters", lambda s: "NNN" + s[3:]),
        ("length", lambda s: s[:-5]),
        ("composition", lambda s: s.replace("A", "G")),
    ],
)
def test_shortcuts_are_found_one_at_a_time(check: str, of_one_class: Any) -> None:
    """What tells the classes has a score near 1; the others stay at chance."""
    X, y = random_sequences(400), np.arange(400) % 2
    X = [of_one_class(x) if label else x for x, label in zip(X, y, strict=True)]
    found = report(X, y)
    assert found.score[check] > 0.9
    for other in {"unknown letters", "length", "composition"} - {check}:
        assert found.score[other] < 0.65, other


def test_three_classes_and_few_rows() -> None:
    """Chance is a third; a class of a few rows tells nothing, and is not measured."""
    X, y = random_sequences(90), np.arange(90) % 3
    assert report(X, y).chance["composition"] == pytest.approx(1 / 3)
    assert "not measured" in report(X[:15], y[:15]).verdict["length"]


def test_without_labels_only_sequences_are_looked_at() -> None:
    """Text labels, Series and other containers are fine."""
    X = pd.Series(random_sequences(10))
    found = report(X, X_test=X[:2])
    assert found.n_rows["test rows seen in training"] == 2
    assert not {"conflicting labels", "length", "label of the relative"} & set(found.index)


def test_what_is_missing_or_of_another_length_is_named() -> None:
    """Labels of one side only, too few labels, letters of no alphabet."""
    X = random_sequences(4)
    with pytest.raises(ValueError, match="y has 3 labels for 4 sequences"):
        leakage_report(X, [0, 1, 0])
    with pytest.raises(ValueError, match="y_test was given without X_test"):
        leakage_report(X, [0, 1, 0, 1], y_test=[0])
    with pytest.raises(ValueError, match="y_test was given without y"):
        leakage_report(X, X_test=X, y_test=[0, 1, 0, 1])
    with pytest.raises(ValueError, match="Row 0, position 2"):
        leakage_report(["AC?"])


def test_the_embedded_split_shares_no_word() -> None:
    """As its card promises."""
    data = load_splice_junctions()
    train = data.split == "train"
    found = report(data.data[train], data.target[train], data.data[~train], data.target[~train])
    assert found.n_rows["test rows related to training"] == 0
    assert found.n_rows["duplicates"] == found.n_rows["conflicting labels"] == 0

"""Groups hold all that shares long words, and folds never tear them apart."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV, cross_validate

from sklearn_attngen import make_kmer_classifier
from sklearn_attngen.datasets import load_splice_junctions
from sklearn_attngen.model_selection import (
    SequenceGroupKFold,
    compare_classifiers,
    sequence_groups,
)
from sklearn_attngen.sequences import reverse_complement


def random_sequences(n: int, length: int = 60, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(n)]


def families(seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Windows of 60 letters: three of each of 20 stretches, half of them of the other strand."""
    windows, origin = [], []
    for number, stretch in enumerate(random_sequences(20, 100, seed)):
        for shift in (0, 20, 40):
            windows.append(stretch[shift : shift + 60])
            origin.append(number)
    turned = list(reverse_complement(windows[::2]))
    windows[::2] = turned
    order = np.random.default_rng(seed).permutation(len(windows))
    return [windows[i] for i in order], np.array(origin)[order]


def test_overlapping_windows_are_one_group_on_either_strand() -> None:
    """Also where the first and the last overlap by too little, through the one between them."""
    X, origin = families()
    assert adjusted_rand_score(origin, sequence_groups(X)) == 1.0
    assert adjusted_rand_score(origin, sequence_groups(X, both_strands=False)) < 1.0
    assert len(set(sequence_groups(X, k=41))) == len(X)  # windows share 40 letters


def test_labels_count_groups_as_they_appear() -> None:
    """The first sequence has group 0, and the order of the others changes names only."""
    X, _ = families()
    labels = sequence_groups(X)
    assert labels.dtype == np.int64
    assert labels[0] == 0
    first = np.unique(labels, return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert adjusted_rand_score(labels, sequence_groups(X[::-1])[::-1]) == 1.0


def test_what_carries_no_signal_links_nothing_but_equal_rows_are_linked() -> None:
    """N is no word in common; short rows and rows of N have no words, but may be copies."""
    n, m = "N" * 30, "ACGTTGCATTGACCATGCAAGGTCA"
    with pytest.warns(UserWarning, match="No sequence has 25 letters to compare"):
        groups = sequence_groups([n + m[:20], n + m[5:], "AC", "GT", "AG", n, n])
    assert groups.tolist() == [0, 1, 2, 2, 3, 4, 4]


def test_peptides_are_shorter_than_a_word_of_proteins() -> None:
    """That none of them is related would be no news; a smaller k or known groups is what helps."""
    X, y = ["SIINFEKLM", "SIINFEKLV", "GILGFVFTL", "NLVPMVATV"], [0, 1, 0, 1]
    with pytest.warns(UserWarning, match="No sequence has 12 letters.* Set k") as caught:
        next(SequenceGroupKFold(2, alphabet="protein").split(X, y))
    assert caught[0].filename == __file__
    assert sequence_groups(X, k=8, alphabet="protein").tolist() == [0, 0, 1, 2]
    assert sequence_groups(X, groups=[0, 1, 1, 2], alphabet="protein").tolist() == [0, 1, 1, 2]


def test_known_groups_are_kept_together_too() -> None:
    """By name, and joined with what sequences share."""
    a, b, c, d = random_sequences(4)
    assert sequence_groups([a, b, c, d, a], groups=["x", "y", "y", "z", "z"]).tolist() == [
        0,
        1,
        1,
        0,
        0,
    ]
    with pytest.raises(ValueError, match="one entry for each of the 4"):
        sequence_groups([a, b, c, d], groups=["x"])


def test_every_container_gives_the_same_groups() -> None:
    """And so do proteins in their own alphabet."""
    X, _ = families()
    expected = sequence_groups(X)
    for same in (
        tuple(X),
        np.array(X),
        np.array(X, dtype=object),
        pd.Series(X, index=range(9, 69)),
    ):
        np.testing.assert_array_equal(sequence_groups(same), expected)
    protein = ["MKTAYIAKQRQISFVKSHFSRQ", "AKQRQISFVKSHFSRQMKTAYI", "MKTAYIWWWW"]
    assert sequence_groups(protein, alphabet="protein").tolist() == [0, 0, 1]


def test_folds_keep_groups_together_and_classes_apart() -> None:
    """No family on both sides; every row is tested once; classes are spread."""
    X, origin = families()
    y = origin % 2
    tested = []
    for train, test in SequenceGroupKFold(4).split(X, y):
        assert not set(origin[train]) & set(origin[test])
        assert 0.3 < y[test].mean() < 0.7
        tested.extend(test)
    assert sorted(tested) == list(range(len(X)))


def test_folds_need_no_labels_and_may_be_shuffled() -> None:
    """Equal seeds give equal folds."""
    X, origin = families()
    for cv in (SequenceGroupKFold(3), SequenceGroupKFold(3, shuffle=True, random_state=0)):
        for train, test in cv.split(X):
            assert not set(origin[train]) & set(origin[test])
    folds = [
        [test.tolist() for _, test in SequenceGroupKFold(3, shuffle=True, random_state=s).split(X)]
        for s in (0, 0, 1)
    ]
    assert folds[0] == folds[1] != folds[2]


def test_it_goes_where_any_splitter_goes() -> None:
    """Cross-validation, searches, comparisons; groups that are known go along."""
    X, origin = families()
    y = origin % 2
    model = make_kmer_classifier(k=3)
    cv = SequenceGroupKFold(3)
    assert cv.get_n_splits(X, y) == 3
    assert len(cross_validate(model, X, y, cv=cv, groups=origin)["test_score"]) == 3
    search = GridSearchCV(model, {"classifier__C": [0.1, 1.0]}, cv=cv).fit(X, y)
    assert search.n_splits_ == 3
    assert len(compare_classifiers({"k-mers": model}, X, y, cv=cv)) == 3
    again = pickle.loads(pickle.dumps(clone(cv, safe=False)))
    assert repr(again).startswith("SequenceGroupKFold(")


def test_groups_go_along_with_metadata_routing() -> None:
    """As for GroupKFold, without asking for them."""
    X, origin = families()
    with config_context(enable_metadata_routing=True):
        scores = cross_validate(
            make_kmer_classifier(k=3),
            X,
            origin % 2,
            cv=SequenceGroupKFold(3),
            params={"groups": origin},
        )
    assert len(scores["test_score"]) == 3


def test_number_of_folds_of_numpy() -> None:
    X, y = random_sequences(20), [0, 1] * 10
    given = SequenceGroupKFold(np.uint8(3)).split(X, y)
    for found, expected in zip(given, SequenceGroupKFold(3).split(X, y), strict=True):
        np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("n_splits", [0, 1, 2.5])
def test_there_are_at_least_two_folds(n_splits: Any) -> None:
    """As for every splitter."""
    with pytest.raises(ValueError, match="fold"):
        next(SequenceGroupKFold(n_splits).split(random_sequences(4)))


def test_every_parameter_reaches_the_groups() -> None:
    """Rows that share nothing else are kept together by it, or torn apart."""
    a, b, c, d, e, f = random_sequences(6, 40)
    overlapping = [a, a[20:] + d[:20], b, b[20:] + e[:20], c, c[20:] + f[:20]]

    def torn(X: list[str], groups: Any = None, **parameters: Any) -> int:
        folds = SequenceGroupKFold(3, **parameters).split(X, groups=groups)
        return sum(len(set(test // 2) & set(train // 2)) for train, test in folds)

    assert torn(overlapping, k=20) == 0
    assert torn(overlapping, k=21) > 0
    unrelated = random_sequences(6)
    assert torn(unrelated) > 0
    assert torn(unrelated, groups=["x", "x", "y", "y", "z", "z"]) == 0
    turned = [a, *reverse_complement([a]), b, *reverse_complement([b]), c, *reverse_complement([c])]
    assert torn(turned) == 0
    assert torn(turned, both_strands=False) > 0
    protein = [letter * 13 + tail for letter in "EKL" for tail in ("WA", "AW")]
    assert torn(protein, alphabet="protein") == 0
    with pytest.raises(ValueError, match="Row 0, position 0"):
        torn(protein)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [([1, "1", 2, "2"], [0, 1, 2, 3]), ([("a", 1), ("a", 2), ("a", 1), "a"], [0, 1, 0, 2])],
)
def test_groups_of_any_type_stay_what_they_are(groups: Any, expected: list[int]) -> None:
    """1 and "1" are two."""
    known = np.empty(4, dtype=object)
    known[:] = groups
    assert sequence_groups(random_sequences(4), groups=known).tolist() == expected


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_group_is_named(missing: Any) -> None:
    """It is not one that all such rows are in."""
    with pytest.raises(ValueError, match=r"The group of row 2 \(0-based\) is missing"):
        sequence_groups(random_sequences(4), groups=pd.Series(["a", "b", missing, missing]))


def test_a_masked_group_is_named() -> None:
    groups = np.ma.array([0, 1, 2, 2], mask=[0, 0, 1, 0])
    with pytest.raises(ValueError, match=r"The group of row 2 \(0-based\) is missing"):
        sequence_groups(random_sequences(4), groups=groups)


def test_a_seed_needs_shuffling() -> None:
    """As scikit-learn says."""
    with pytest.raises(ValueError, match="random_state"):
        SequenceGroupKFold(2, random_state=0)


def test_too_few_groups_and_one_that_is_too_large() -> None:
    """The message names k, which is what can be done about it."""
    (a,) = random_sequences(1)
    with pytest.raises(ValueError, match=r"1 group\(s\), fewer than the 2 folds.*larger k"):
        next(SequenceGroupKFold(2).split([a] * 6))
    for n_splits, copies in ((4, 5), (2, 8)):
        others = random_sequences(12 - copies, seed=1)
        with pytest.warns(UserWarning, match=f"One group holds {copies} of the 12 sequences"):
            list(SequenceGroupKFold(n_splits).split([a] * copies + others))
        fewer = [a] * (copies - 1) + random_sequences(13 - copies, seed=1)
        list(SequenceGroupKFold(n_splits).split(fewer))  # without a warning, which would be raised
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(SequenceGroupKFold(2).split(random_sequences(4), [0, 1]))


def test_a_larger_k_is_advised_only_where_it_can_help() -> None:
    """Neither against groups that were given, nor against too few sequences."""
    X = random_sequences(6)
    with pytest.raises(ValueError, match=r"folds\. Take fewer folds\. Known groups stay") as error:
        next(SequenceGroupKFold(2).split(X, None, [0] * 6))
    assert "larger k" not in str(error.value)
    with pytest.raises(ValueError, match=r"6 group\(s\), fewer than the 7 .*fewer folds\.$"):
        next(SequenceGroupKFold(7).split(X))
    with pytest.warns(UserWarning, match=r"One group holds 5 of the 6 .*Known groups stay"):
        list(SequenceGroupKFold(2).split(X, None, [0] * 5 + [1]))


def test_stacking_leaves_it_as_it_was() -> None:
    """StackingClassifier gives every splitter that has none a random_state."""
    X, origin = families()
    y = origin % 2
    cv = SequenceGroupKFold(2)
    before = [test.tolist() for _, test in cv.split(X, y)]
    StackingClassifier([("k-mers", make_kmer_classifier(k=3))], cv=cv).fit(X, y)
    assert [test.tolist() for _, test in cv.split(X, y)] == before


@pytest.mark.parametrize("shuffle", [False, True])
def test_many_rows_without_relatives_are_spread_evenly(shuffle: bool) -> None:
    """Though they are handed out in bundles: folds of equal size and classes, families whole."""
    X, origin = families()
    X += random_sequences(900, seed=1)
    y = np.concatenate([origin % 2, np.arange(900) % 3 == 0])
    seed = 0 if shuffle else None
    cv = SequenceGroupKFold(3, shuffle=shuffle, random_state=seed)
    tested = []
    for train, test in cv.split(X, y):
        assert not set(origin[train[train < 60]]) & set(origin[test[test < 60]])
        assert abs(len(test) - 320) <= 6
        assert abs(int(y[test].sum()) - int(y.sum()) / 3) <= 6
        tested.extend(test.tolist())
    assert sorted(tested) == list(range(960))
    assert [test.tolist() for _, test in cv.split(X, y)] == [
        test.tolist() for _, test in cv.split(X, y)
    ]


@pytest.mark.parametrize(
    ("y", "error", "match"),
    [
        (np.array([0, 1] * 30, dtype=object), ValueError, r"dtype object.*astype\(int\)"),
        (["a", None] * 30, ValueError, "y contains NaN or None: the label of row 1"),
        (np.array(["a", 1] * 30, dtype=object), TypeError, "y holds both text and other"),
        (["a", 1] * 30, TypeError, "y holds both text and other"),
    ],
)
def test_labels_that_are_no_classes_are_named(y: Any, error: type[Exception], match: str) -> None:
    """Instead of folds that pay no attention to them."""
    with pytest.raises(error, match=match):
        next(SequenceGroupKFold(2).split(families()[0], y))


def test_numbers_to_regress_on_are_no_classes() -> None:
    """They are left alone; classes of pandas count."""
    X, origin = families()
    folds = [test.tolist() for _, test in SequenceGroupKFold(3).split(X)]
    for y in (origin + 0.5, np.stack([origin, origin], axis=1)):
        assert [test.tolist() for _, test in SequenceGroupKFold(3).split(X, y)] == folds
    for y in (pd.Series(origin % 2, dtype="Int64"), pd.Series(list("ab"))[origin % 2]):
        for _, test in SequenceGroupKFold(3).split(X, y):
            assert 0.3 < (origin[test] % 2).mean() < 0.7


def test_the_embedded_split_keeps_groups_apart() -> None:
    """As its card promises."""
    data = load_splice_junctions()
    groups = sequence_groups(data.data)
    train = data.split == "train"
    assert not set(groups[train]) & set(groups[~train])

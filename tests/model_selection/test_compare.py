"""compare_classifiers: one table, the same folds, failures that name their estimator."""

from __future__ import annotations

import math
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import DataConversionWarning, FitFailedWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_attngen.model_selection import compare_classifiers

RNG = np.random.default_rng(0)
Y = np.repeat(["a", "b"], 30)
NUMBERS = RNG.normal(size=(60, 3)) + (Y == "b")[:, None]
STRINGS = [
    "".join(
        RNG.choice(list("ACGT"), size=20, p=[0.4, 0.1, 0.1, 0.4] if label == "a" else [0.25] * 4)
    )
    for label in Y
]


def counts() -> object:
    """A classifier of strings that is nobody's part of this package."""
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(2, 2), lowercase=False)
    return make_pipeline(vectorizer, LogisticRegression())


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def __init__(self, seed: object = None) -> None:
        self.seed = seed

    def fit(self, X: object, y: object) -> Recorder:
        self.X_, self.y_ = X, np.asarray(y)
        self.classes_ = np.unique(self.y_)
        return self

    def predict(self, X: object) -> object:
        return np.full(len(X), self.classes_[0])


class Breaks(Recorder):
    """Fails to fit where the train side holds the first row, 0 (`when` "some"), or always."""

    def __init__(self, when: str = "always") -> None:
        self.when = when

    def fit(self, X: object, y: object) -> Breaks:
        if self.when == "always" or 0 in np.asarray(X):
            raise RuntimeError("the fuse is blown")
        super().fit(X, y)
        return self


def broken_scorer(estimator: object, X: object, y: object) -> float:
    raise RuntimeError("the ruler is broken")


def n_test_rows(estimator: object, X: object, y: object) -> float:
    return len(X)


def test_scores_equal_cross_validate() -> None:
    """The table holds what scikit-learn measures for each estimator alone."""
    estimators = {"linear": LogisticRegression(), "neighbours": KNeighborsClassifier()}
    scoring = ["accuracy", "roc_auc"]
    results = compare_classifiers(
        estimators, NUMBERS, Y, cv=3, scoring=scoring, return_train_score=True
    )
    for name, estimator in estimators.items():
        own = results[results["estimator"] == name]
        expected = cross_validate(
            estimator, NUMBERS, Y, cv=3, scoring=scoring, return_train_score=True
        )
        for score in scoring:
            np.testing.assert_array_equal(own[score], expected[f"test_{score}"])
            np.testing.assert_array_equal(own[f"train_{score}"], expected[f"train_{score}"])


def test_columns_and_rows() -> None:
    """One row for each estimator and fold in the order given, with sizes and seconds."""
    results = compare_classifiers(
        {"b": DummyClassifier(), "a": LogisticRegression()}, NUMBERS, Y, cv=4, scoring="accuracy"
    )
    assert list(results.columns) == [
        "estimator", "fold", "n_train", "n_test", "fit_seconds", "score_seconds", "accuracy",
    ]  # fmt: skip
    assert results["estimator"].tolist() == ["b"] * 4 + ["a"] * 4
    assert results["fold"].tolist() == [0, 1, 2, 3] * 2
    assert (results["n_train"] + results["n_test"] == 60).all()
    assert (results[["fit_seconds", "score_seconds"]] > 0).all(axis=None)


def test_folds_are_the_same_for_all_estimators() -> None:
    """A splitter without a seed is asked for its folds once."""
    cv = StratifiedKFold(3, shuffle=True)
    rows = np.arange(60)[:, None]
    results = compare_classifiers([Recorder(), Recorder()], rows, Y, cv=cv, return_estimator=True)
    first, second = (
        [set(fitted.X_.ravel()) for fitted in results.loc[results["estimator"] == name, "fitted"]]
        for name in ("Recorder-1", "Recorder-2")
    )
    assert first == second
    assert first[0] != first[1]


def test_estimators_and_their_seeds_are_left_alone() -> None:
    """What is fitted are clones with the same parameters."""
    recorder = Recorder(seed=7)
    results = compare_classifiers([recorder], NUMBERS, Y, cv=2, return_estimator=True)
    assert not hasattr(recorder, "X_")
    assert [fitted.seed for fitted in results["fitted"]] == [7, 7]


@pytest.mark.parametrize(
    "X",
    [
        STRINGS,
        tuple(STRINGS),
        np.array(STRINGS),
        np.array(STRINGS, dtype=object),
        pd.Series(STRINGS),
        pd.Series(STRINGS, index=np.arange(60)[::-1], dtype="string[pyarrow]"),
        pl.Series(STRINGS),
    ],
    ids=["list", "tuple", "U", "object", "Series", "pyarrow-reversed-index", "polars"],
)
def test_sequences_of_every_kind_give_the_same_table(X: object) -> None:
    """Rows are taken by position, never by index label."""
    expected = compare_classifiers([counts()], STRINGS, Y, cv=3)["score"]
    got = compare_classifiers([counts()], X, pd.Series(Y), cv=3)["score"]
    np.testing.assert_array_equal(got, expected)
    assert expected.mean() > 0.6


def test_frames_and_three_dimensional_arrays_stay_what_they_are() -> None:
    """An estimator gets its rows in the container that came in."""
    frame = pd.DataFrame({"sequence": STRINGS, "gc": 0.5})
    results = compare_classifiers([Recorder()], frame, Y, cv=2, return_estimator=True)
    assert list(results["fitted"][0].X_.columns) == ["sequence", "gc"]
    cube = np.zeros((60, 5, 4), dtype=np.uint8)
    results = compare_classifiers([Recorder()], cube, Y, cv=2, return_estimator=True)
    assert results["fitted"][0].X_.shape == (30, 5, 4)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel_equals_serial(backend: str) -> None:
    """n_jobs changes neither the numbers nor the order of the rows."""
    estimators = {"linear": LogisticRegression(), "neighbours": KNeighborsClassifier()}
    serial = compare_classifiers(estimators, NUMBERS, Y, cv=3)
    with joblib.parallel_config(backend=backend):
        parallel = compare_classifiers(estimators, NUMBERS, Y, cv=3, n_jobs=2)
    seconds = ["fit_seconds", "score_seconds"]
    pd.testing.assert_frame_equal(parallel.drop(columns=seconds), serial.drop(columns=seconds))


def test_backend_without_generators_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A joblib backend that cannot hand out results one by one hands them out at the end."""
    backend = joblib.parallel.ThreadingBackend
    monkeypatch.setattr(backend, "supports_return_generator", False)
    with joblib.parallel_config(backend="threading"):
        results = compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=3, n_jobs=2)
    assert len(results) == 3


def test_verbose_writes_a_line_for_each_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress names estimator, fold and scores; without verbose nothing is written."""
    compare_classifiers({"linear": LogisticRegression()}, NUMBERS, Y, cv=2, scoring="accuracy")
    assert capsys.readouterr().out == ""
    compare_classifiers(
        {"linear": LogisticRegression()}, NUMBERS, Y, cv=2, scoring="accuracy", verbose=1
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[1/2] linear, fold 0: accuracy 0.")
    assert lines[1].startswith("[2/2] linear, fold 1: accuracy 0.")


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        (None, ["score"]),
        ("accuracy", ["accuracy"]),
        (["accuracy", n_test_rows], ["accuracy", "n_test_rows"]),
        (make_scorer(accuracy_score), ["accuracy_score"]),
        ({"mine": n_test_rows, "accuracy": "accuracy"}, ["mine", "accuracy"]),
    ],
)
def test_columns_are_named_by_the_scorers(scoring: object, columns: list[str]) -> None:
    """Strings, keys, functions and classes name the columns."""
    results = compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=2, scoring=scoring)
    assert list(results.columns[6:]) == columns


def test_scorer_objects_are_named_by_their_class() -> None:
    """A PerturbationScorer is an instance with __call__ and has no __name__."""

    class Ruler:
        def __call__(self, estimator: object, X: object, y: object) -> np.float64:
            return np.float64(0.25)

    results = compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=2, scoring=Ruler())
    assert results["Ruler"].tolist() == [0.25, 0.25]


def test_groups_stay_together() -> None:
    """With an integer cv the folds keep groups together; with a splitter it decides."""
    groups = np.tile(np.arange(12), 5)
    rows = np.arange(60)[:, None]
    for cv in (3, None, GroupKFold(3)):
        results = compare_classifiers(
            [Recorder()], rows, Y, cv=cv, groups=groups, return_estimator=True
        )
        for fitted in results["fitted"]:
            train = fitted.X_.ravel()
            test = np.setdiff1d(rows, train)
            assert not set(groups[train]) & set(groups[test])


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_groups_that_are_divided_raise() -> None:
    """A splitter that pays no attention to groups is not used without a word."""
    message = r"Fold 0 has 12 group\(s\) on the train and on the test side, such as 0: cv pays"
    with pytest.raises(ValueError, match=message):
        compare_classifiers(
            [Recorder()], NUMBERS, Y, cv=StratifiedKFold(3), groups=np.tile(np.arange(12), 5)
        )


@pytest.mark.parametrize("cv", [3, GroupKFold(3)], ids=["number", "splitter"])
def test_groups_of_numbers_and_text(cv: Any) -> None:
    """Chromosomes 1, 2, 3 and X cannot be sorted, and are groups all the same."""
    groups = pd.Series([1, 2, 3, "X"] * 15, dtype=object)
    results = compare_classifiers(
        [Recorder()], np.arange(60)[:, None], Y, cv=cv, groups=groups, return_estimator=True
    )
    for fitted in results["fitted"]:
        train = fitted.X_.ravel()
        assert not set(groups[train]) & set(groups.drop(train))


def test_splitters_see_the_names_of_groups() -> None:
    """One that holds out chromosome 2 must find it, also beside a chromosome X."""

    class Chromosome(GroupKFold):
        def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
            held_out = np.array([group == 2 for group in groups])
            yield np.flatnonzero(~held_out), np.flatnonzero(held_out)

    groups = [1, 2, 3, "X"] * 15
    results = compare_classifiers(
        [Recorder()], np.arange(60)[:, None], Y, cv=Chromosome(2), groups=groups,
        return_estimator=True,
    )  # fmt: skip
    train = results["fitted"].iloc[0].X_.ravel()
    assert {groups[row] for row in np.setdiff1d(np.arange(60), train)} == {2}


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_divided_groups_of_numbers_and_text_are_named() -> None:
    groups = [1, "X"] * 30
    with pytest.raises(ValueError, match=r"such as (1|'X'): cv pays no attention"):
        compare_classifiers([Recorder()], NUMBERS, Y, cv=StratifiedKFold(3), groups=groups)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("container", [list, pd.Series, lambda g: np.array(g, dtype=object)])
def test_rows_without_a_group_raise(missing: object, container: Any) -> None:
    """They are no group of their own kind, and cannot be sorted among the others."""
    groups = [f"g{row // 3}" for row in range(60)]
    groups[7] = missing
    with pytest.raises(ValueError, match=r"The group of row 7 \(0-based\) is missing"):
        compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=2, groups=container(groups))


@pytest.mark.parametrize("side", ["train", "test"])
def test_empty_sides_raise(side: str) -> None:
    """Before anything is fitted."""
    rows = np.arange(60)
    empty = (rows[:0], rows) if side == "train" else (rows, rows[:0])
    with pytest.raises(ValueError, match=rf"Fold 1 \(0-based\) has no {side} rows"):
        compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=[(rows[::2], rows[1::2]), empty])


def test_targets_are_one_column() -> None:
    """One column of a table will do, with scikit-learn's warning; several are refused."""
    with pytest.raises(ValueError, match=r"y should be a 1d array.*\(60, 2\)"):
        compare_classifiers(
            [DummyClassifier()], NUMBERS, np.eye(2, dtype=int)[RNG.integers(2, size=60)]
        )
    with pytest.warns(DataConversionWarning, match="column-vector"):
        results = compare_classifiers([counts()], STRINGS, Y[:, None], cv=2)
    pd.testing.assert_series_equal(
        results["score"], compare_classifiers([counts()], STRINGS, Y, cv=2)["score"]
    )


def test_cv_takes_index_arrays_and_masks() -> None:
    """Any iterable of splits is used as it is, a generator included."""
    mask = np.arange(60) % 3 == 0
    splits = ((side, ~side) for side in (mask, ~mask))
    results = compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=splits)
    assert results["n_train"].tolist() == [20, 40]
    assert results["n_test"].tolist() == [40, 20]


def test_precomputed_kernels_are_cut_both_ways() -> None:
    """Pairwise input is indexed on rows and columns, as in cross_validate."""
    kernel = NUMBERS @ NUMBERS.T
    results = compare_classifiers([SVC(kernel="precomputed")], kernel, Y, cv=3)
    expected = cross_validate(SVC(kernel="precomputed"), kernel, Y, cv=3)["test_score"]
    np.testing.assert_array_equal(results["score"], expected)


def test_failed_fits_warn_and_keep_the_others() -> None:
    """One estimator that breaks costs its own rows only, and is named."""
    estimators = {"good": DummyClassifier(), "bad": Breaks(when="some")}
    rows = np.arange(60)[:, None]
    with pytest.warns(
        FitFailedWarning, match=r"1 of 2 fits of estimator 'bad' failed on fold\(s\) 1"
    ):
        results = compare_classifiers(estimators, rows, Y, cv=2, scoring=["accuracy", n_test_rows])
    bad = results[results["estimator"] == "bad"].set_index("fold")
    assert math.isnan(bad.loc[1, "accuracy"])
    assert math.isnan(bad.loc[1, "n_test_rows"])
    assert bad.loc[0, "accuracy"] == 0.5
    assert results[results["estimator"] == "good"].notna().all(axis=None)


def test_error_score_is_the_score_of_failures() -> None:
    """A number takes the place of every score, of the train side as well."""
    estimators = {"good": DummyClassifier(), "bad": Breaks()}
    with pytest.warns(FitFailedWarning, match="the fuse is blown"):
        results = compare_classifiers(
            estimators, NUMBERS, Y, cv=2, error_score=-1, return_train_score=True
        )
    assert (results.loc[results["estimator"] == "bad", ["score", "train_score"]] == -1).all(
        axis=None
    )


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_error_score_raise_raises_and_names(n_jobs: int | None) -> None:
    """The estimator's own error comes through, with a note of where it happened."""
    estimators = {"good": DummyClassifier(), "bad": Breaks()}
    with pytest.raises(RuntimeError, match="the fuse is blown") as caught:
        compare_classifiers(estimators, NUMBERS, Y, cv=2, error_score="raise", n_jobs=n_jobs)
    assert "estimator 'bad'" in caught.value.__notes__[0]


def test_all_fits_failed_raises() -> None:
    """A table of nothing but NaN is a mistake in the set-up."""
    with pytest.raises(ValueError, match=r"All 2 fits failed(.|\n)*the fuse is blown"):
        compare_classifiers([Breaks()], NUMBERS, Y, cv=2)


def test_failed_scorers_warn_and_keep_the_other_scores() -> None:
    """A scorer that breaks, or one whose method the estimator lacks, is NaN; the rest count."""
    scoring = {"accuracy": "accuracy", "loss": "neg_log_loss", "auc": "roc_auc"}
    with pytest.warns(UserWarning, match="of estimator 'Recorder' failed") as caught:
        results = compare_classifiers([Recorder()], NUMBERS, Y, cv=2, scoring=scoring)
    assert len(caught) == 2
    assert results["accuracy"].tolist() == [0.5, 0.5]
    assert results[["loss", "auc"]].isna().all(axis=None)
    with pytest.warns(UserWarning, match="the ruler is broken"):
        results = compare_classifiers([Recorder()], NUMBERS, Y, cv=2, scoring=broken_scorer)
    assert results["broken_scorer"].isna().all()
    with pytest.raises(RuntimeError, match="the ruler is broken"):
        compare_classifiers(
            [Recorder()], NUMBERS, Y, cv=2, scoring=broken_scorer, error_score="raise"
        )


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, None, np.array([0.5, 0.6])], ids=["dict", "None", "array"]
)
def test_scorer_that_returns_no_number_raises(value: object) -> None:
    """Arrays, dicts and a forgotten return would be no score, and are not taken for a failure."""
    with pytest.raises(ValueError, match="Scorer 'mine' returned"):
        compare_classifiers(
            [DummyClassifier()],
            NUMBERS,
            Y,
            cv=2,
            scoring={"mine": lambda *_: value},
        )


def test_repeated_folds_are_numbered_through() -> None:
    """Repeats are folds of their own, so that differences are paired."""
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    results = compare_classifiers([DummyClassifier()], NUMBERS, Y, cv=cv)
    assert results["fold"].tolist() == list(range(6))


def test_missing_pandas_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before hours of fits, not after."""
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match=r"sklearn-attngen\[tables\]"):
        compare_classifiers([Breaks()], STRINGS, Y)

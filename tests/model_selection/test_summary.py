"""summarize_comparison: means, spreads, and intervals that know that folds overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier

from sklearn_attngen.model_selection import compare_classifiers, summarize_comparison


def table(**scores: list[float]) -> pd.DataFrame:
    """A comparison with one score, given fold by fold for each estimator."""
    rows = [
        {
            "estimator": name,
            "fold": fold,
            "n_train": 80,
            "n_test": 20,
            "fit_seconds": 2.0 + fold,
            "score_seconds": 0.5,
            "accuracy": value,
        }
        for name, values in scores.items()
        for fold, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_mean_and_spread() -> None:
    """Means and standard deviations (n - 1) over the folds, and mean seconds."""
    summary = summarize_comparison(table(z=[0.8, 0.9, 1.0], a=[0.5, 0.5, 0.5]))
    assert summary.index.tolist() == ["z", "a"]
    assert summary.index.name == "estimator"
    assert list(summary.columns) == [
        "accuracy_mean",
        "accuracy_std",
        "fit_seconds",
        "score_seconds",
    ]
    assert summary.loc["z", "accuracy_mean"] == pytest.approx(0.9)
    assert summary.loc["z", "accuracy_std"] == pytest.approx(0.1)
    assert summary.loc["a", "accuracy_std"] == 0
    assert summary.loc["z", "fit_seconds"] == 3.0


def test_interval_is_nadeau_and_bengios() -> None:
    """Checked against the formula written out: t quantile x sqrt((1/J + n_test/n_train) s^2)."""
    a = np.array([0.91, 0.90, 0.95, 0.93, 0.92])
    b = np.array([0.90, 0.91, 0.91, 0.90, 0.90])
    summary = summarize_comparison(table(a=list(a), b=list(b)), reference="b", confidence=0.9)
    difference = a - b
    half = stats.t.ppf(0.95, 4) * np.sqrt((1 / 5 + 20 / 80) * difference.var(ddof=1))
    got = summary.loc["a", ["accuracy_diff", "accuracy_diff_low", "accuracy_diff_high"]]
    mean = difference.mean()
    np.testing.assert_allclose(got.astype(float), [mean, mean - half, mean + half])
    own = summary.loc["b", ["accuracy_diff", "accuracy_diff_low", "accuracy_diff_high"]]
    assert (own == 0).all()


def test_rows_are_paired_by_fold_and_not_by_place() -> None:
    """A table that was sorted by score in between gives the same summary."""
    results = table(a=[0.9, 0.8, 0.7], b=[0.6, 0.7, 0.8])
    shuffled = results.sample(frac=1, random_state=0)
    expected = summarize_comparison(results, reference="b")
    got = summarize_comparison(shuffled, reference="b")
    pd.testing.assert_frame_equal(got.loc[expected.index], expected)


def test_missing_folds_stay_visible() -> None:
    """A mean over the folds that happened to work would flatter the estimator that failed."""
    summary = summarize_comparison(table(a=[0.9, np.nan], b=[0.6, 0.7]), reference="b")
    assert np.isnan(summary.loc["a", "accuracy_mean"])
    assert np.isnan(summary.loc["a", "accuracy_diff"])
    assert summary.loc["b", "accuracy_mean"] == pytest.approx(0.65)


def test_single_fold_has_no_spread() -> None:
    """One fold gives a mean and a difference, no spread and no interval."""
    summary = summarize_comparison(table(a=[0.9], b=[0.7]), reference="b")
    assert summary.loc["a", "accuracy_diff"] == pytest.approx(0.2)
    assert np.isnan(summary.loc["a", "accuracy_std"])
    assert np.isnan(summary.loc["a", "accuracy_diff_low"])


def test_kept_estimators_are_no_score() -> None:
    """The column "fitted" is left out, train scores are summarised."""
    X, y = np.arange(20.0)[:, None], np.tile([0, 1], 10)
    results = compare_classifiers(
        [DummyClassifier()], X, y, cv=2, return_estimator=True, return_train_score=True
    )
    summary = summarize_comparison(results)
    assert list(summary.columns[:4]) == [
        "score_mean", "score_std", "train_score_mean", "train_score_std",
    ]  # fmt: skip


def test_columns_that_the_user_added_are_no_scores() -> None:
    """Text tells tables apart that are put together; numbers that are objects stay scores."""
    results = table(a=[0.8, 0.9], b=[0.7, 0.6])
    expected = summarize_comparison(results, reference="b")
    results["data"] = "splice"
    results["kind"] = pd.Categorical(["x", "y"] * 2)
    results["fold size"] = ["20"] * 4
    results["accuracy"] = results["accuracy"].astype(object)
    pd.testing.assert_frame_equal(summarize_comparison(results, reference="b"), expected)


def test_wrong_tables_raise() -> None:
    """Each message says what is wrong with the table."""
    good = table(a=[0.9, 0.8], b=[0.6, 0.7])
    with pytest.raises(ValueError, match="no column 'fold'"):
        summarize_comparison(good.drop(columns="fold"))
    with pytest.raises(ValueError, match="no column 'estimator'"):
        summarize_comparison([1, 2])
    with pytest.raises(ValueError, match="reference 'c' is not among the estimators"):
        summarize_comparison(good, reference="c")
    with pytest.raises(ValueError, match=r"folds of 'b' are not those of 'a'.*in one call"):
        summarize_comparison(good.iloc[:-1])
    with pytest.raises(ValueError, match="A fold of 'a' occurs twice"):
        summarize_comparison(pd.concat([good, good]))
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        summarize_comparison(good, confidence=95)

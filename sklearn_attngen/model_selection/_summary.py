"""What a comparison of classifiers says: mean, spread, and paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sklearn_attngen._extras import require
from sklearn_attngen.model_selection._inputs import FIXED_COLUMNS

if TYPE_CHECKING:
    import pandas as pd


def summarize_comparison(
    results: pd.DataFrame, reference: str | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Summarise the folds of a comparison, one row for each estimator.

    Parameters
    ----------
    results : pandas.DataFrame
        What :func:`compare_classifiers` returned. Columns of text that were added are left out.
    reference : str, default=None
        Name of the estimator that the others are compared with. None leaves the columns of
        differences out.
    confidence : float, default=0.95
        Level of the confidence intervals of the differences, between 0 and 1.

    Returns
    -------
    summary : pandas.DataFrame
        Indexed by estimator, in the order of `results`. For each score the columns "<score>_mean"
        and "<score>_std" (over the folds, with n - 1); with a `reference` also "<score>_diff", the
        mean of score minus the reference's score on the same fold, and "<score>_diff_low" and
        "<score>_diff_high", its confidence interval. At last "fit_seconds" and "score_seconds", the
        means. Where a fold has no score (NaN), what depends on it is NaN and not the mean of
        the rest.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If `results` is no such table, the folds of two estimators differ, `reference` is not in it,
        or `confidence` is not between 0 and 1.

    See Also
    --------
    compare_classifiers : The folds.

    Notes
    -----
    The train sides of the folds overlap, so the differences on the folds are not independent and
    their plain standard error is too small. The interval is the corrected resampled t-test's [1]_:
    the variance of the mean of J differences is taken as (1 / J + n_test / n_train) times their
    sample variance, with J - 1 degrees of freedom. Repeated folds, as of
    :class:`~sklearn.model_selection.RepeatedStratifiedKFold`, make it narrower. Where the
    differences of all folds are equal, such as 0 where both estimators are always right, its width
    is 0, which is no certainty. Each interval has its level by itself: of many, a few miss.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52,
       239-281, 2003.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_attngen.model_selection import summarize_comparison
    >>> results = pd.DataFrame({
    ...     "estimator": ["a", "a", "a", "b", "b", "b"], "fold": [0, 1, 2, 0, 1, 2],
    ...     "n_train": 80, "n_test": 40, "fit_seconds": 1.0, "score_seconds": 0.5,
    ...     "accuracy": [0.90, 0.92, 0.94, 0.88, 0.91, 0.91],
    ... })
    >>> summary = summarize_comparison(results, reference="b")
    >>> print(summary[["accuracy_mean", "accuracy_diff", "accuracy_diff_low"]].round(3).to_string())
               accuracy_mean  accuracy_diff  accuracy_diff_low
    estimator
    a                   0.92           0.02             -0.019
    b                   0.90           0.00              0.000
    """
    pandas = require("pandas", extra="tables", purpose="summarize_comparison")
    needed = [name for name in FIXED_COLUMNS if name != "fitted"]
    missing = [name for name in needed if name not in getattr(results, "columns", ())]
    if missing:
        raise ValueError(
            f"results must be the table of compare_classifiers; it has no column {missing[0]!r}."
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
    names = list(dict.fromkeys(results["estimator"]))
    if reference is not None and reference not in names:
        raise ValueError(f"reference {reference!r} is not among the estimators: {names}.")
    by_fold = results.set_index("fold").sort_index()
    folds = {name: by_fold[by_fold["estimator"] == name] for name in names}
    for name in names:
        if folds[name].index.has_duplicates:
            raise ValueError(
                f"A fold of {name!r} occurs twice. Where tables were put together, give each "
                "its own fold numbers or estimator names."
            )
        if not folds[name].index.equals(folds[names[0]].index):
            raise ValueError(
                f"The folds of {name!r} are not those of {names[0]!r}. Compare both in one call, "
                "or take the folds out that one of them lacks."
            )
    is_number = pandas.api.types.is_numeric_dtype
    scores = [
        name
        for name, column in results.infer_objects().items()
        if name not in FIXED_COLUMNS and is_number(column.dtype)
    ]
    rows = []
    for name in names:
        row: dict[str, float] = {}
        for score in scores:
            values = folds[name][score].to_numpy(dtype=float)
            row[f"{score}_mean"] = values.mean()
            row[f"{score}_std"] = values.std(ddof=1) if len(values) > 1 else np.nan
            if reference is not None:
                difference = values - folds[reference][score].to_numpy(dtype=float)
                ratio = float((folds[name]["n_test"] / folds[name]["n_train"]).mean())
                half = _half_width(difference, ratio, confidence)
                row[f"{score}_diff"] = difference.mean()
                row[f"{score}_diff_low"] = difference.mean() - half
                row[f"{score}_diff_high"] = difference.mean() + half
        for seconds in ("fit_seconds", "score_seconds"):
            row[seconds] = folds[name][seconds].mean()
        rows.append(row)
    return pandas.DataFrame(rows, index=pandas.Index(names, name="estimator"))


def _half_width(difference: np.ndarray, ratio: float, confidence: float) -> float:
    """Give half the width of the corrected resampled t interval of the mean difference."""
    n_folds = len(difference)
    if n_folds < 2:
        return float("nan")
    variance = (1 / n_folds + ratio) * difference.var(ddof=1)
    return float(stats.t.ppf((1 + confidence) / 2, n_folds - 1) * np.sqrt(variance))

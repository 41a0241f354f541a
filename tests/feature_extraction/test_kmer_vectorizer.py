"""KmerVectorizer: what it writes, how it composes, and what it refuses."""

from __future__ import annotations

import pickle
import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_attngen.feature_extraction import KmerVectorizer
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import decode_codes, reverse_complement

SETTINGS = settings(deadline=None, derandomize=True, max_examples=50)
RNG = np.random.default_rng(0)
X = decode_codes(RNG.integers(0, 4, (120, 30)).astype(np.uint8))
Y = np.array(["GTA" in s for s in X]).astype(int)
WORDS = st.lists(st.text("ACGTN", min_size=1, max_size=25), min_size=1, max_size=6)


def checks() -> list[Any]:
    """scikit-learn's checks; it warns that it has few for estimators of strings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(estimator_checks_generator(KmerVectorizer()))


@pytest.mark.parametrize(("estimator", "check"), checks())
def test_scikit_learn_checks(estimator: Any, check: Any) -> None:
    """Those that exist for estimators of strings."""
    check(estimator)


# What it writes.


def test_by_hand() -> None:
    """Values, names, type."""
    vectorizer = KmerVectorizer(k=2)
    counts = vectorizer.fit_transform(["AAANC", "CA"])
    assert scipy.sparse.issparse(counts)
    assert counts.format == "csr"
    assert counts.dtype == np.float32
    assert counts.shape == (2, 16)
    found = vectorizer.get_feature_names_out()[counts.indices].tolist()
    assert found == ["AA", "CA"]
    assert counts.data.tolist() == [2, 1]


@SETTINGS
@given(WORDS, st.integers(1, 4), st.booleans())
def test_counts_sum_to_the_valid_windows(rows: list[str], k: int, canonical: bool) -> None:
    """No window is lost, none is counted twice, none that holds an N counts as an A."""
    windows = [[row[i : i + k] for i in range(len(row) - k + 1)] for row in rows]
    valid = [sum("N" not in window for window in row) for row in windows]
    vectorizer = KmerVectorizer(k=k, canonical=canonical).fit(["ACGT"])
    assert vectorizer.transform(rows).sum(axis=1).ravel().tolist() == [valid]


@SETTINGS
@given(WORDS)
def test_canonical_counts_do_not_depend_on_the_strand(rows: list[str]) -> None:
    """Counts of a sequence and of its reverse complement are equal."""
    vectorizer = KmerVectorizer(k=(1, 3), canonical=True).fit(["ACGT"])
    flipped = reverse_complement(rows)
    difference = vectorizer.transform(rows) - vectorizer.transform(flipped)
    assert abs(difference).sum() == 0


def test_range_is_the_columns_of_each_k_side_by_side() -> None:
    """Both ends included."""
    together = KmerVectorizer(k=(2, 4)).fit(X)
    apart = [KmerVectorizer(k=k).fit(X) for k in (2, 3, 4)]
    expected = scipy.sparse.hstack([vectorizer.transform(X) for vectorizer in apart])
    assert abs(together.transform(X) - expected).sum() == 0
    names = np.concatenate([vectorizer.get_feature_names_out() for vectorizer in apart])
    assert together.get_feature_names_out().tolist() == names.tolist()
    assert together.k_range_ == (2, 4)


def test_agrees_with_count_vectorizer() -> None:
    """On the columns that CountVectorizer has seen."""
    other = CountVectorizer(analyzer="char", ngram_range=(1, 5), lowercase=False).fit(X)
    ours = KmerVectorizer(k=(1, 5)).fit(X)
    column = {name: i for i, name in enumerate(ours.get_feature_names_out())}
    places = [column[name] for name in other.get_feature_names_out()]
    assert abs(ours.transform(X)[:, places] - other.transform(X)).sum() == 0
    assert ours.transform(X).sum() == other.transform(X).sum()


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64, bool, "int32"])
@pytest.mark.parametrize("binary", [False, True])
def test_dtype(dtype: Any, binary: bool) -> None:
    """Of counts and of occurrences."""
    counts = KmerVectorizer(k=2, dtype=dtype, binary=binary).fit_transform(X)
    assert counts.dtype == np.dtype(dtype)
    expected = KmerVectorizer(k=2).fit_transform(X).toarray()
    np.testing.assert_array_equal(
        counts.toarray(), (expected > 0 if binary else expected).astype(dtype)
    )


ENCODED = SequenceOneHotEncoder().fit_transform(X)
FORMS: dict[str, Any] = {
    "list": X.tolist(),
    "lower": [s.lower() for s in X],
    "U": X.astype(str),
    "S": X.astype("S"),
    "pandas": pd.Series(X),
    "frame": pd.DataFrame({"seq": X}),
    "polars": pl.Series(X.tolist()),
    "flat": ENCODED,
    "flat float": ENCODED.astype(float),
    "length first": ENCODED.reshape(120, 30, 4),
    "channels first": ENCODED.reshape(120, 30, 4).transpose(0, 2, 1),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_forms_are_the_same(form: Any) -> None:
    """Strings and one-hot; fitted on one, transforms the other."""
    expected = KmerVectorizer(k=3).fit_transform(X)
    for counts in (
        KmerVectorizer(k=3).fit_transform(form),
        KmerVectorizer(k=3).fit(form).transform(X),
        KmerVectorizer(k=3).fit(X).transform(form),
    ):
        assert abs(counts - expected).sum() == 0


def test_rows_are_counted_on_their_own() -> None:
    """Subsets and orders of ragged rows give subsets and orders of the result."""
    rng = np.random.default_rng(1)
    rows = np.array([s[: rng.integers(1, 30)] for s in X], dtype=object)
    vectorizer = KmerVectorizer(k=(2, 3), canonical=True).fit(rows)
    counts = vectorizer.transform(rows)
    order = rng.permutation(120)[:15]
    assert abs(vectorizer.transform(rows[order]) - counts[order]).sum() == 0


def test_short_sequences_give_empty_rows() -> None:
    """At fit, if another one is long enough, and always at transform."""
    vectorizer = KmerVectorizer(k=3)
    assert vectorizer.fit_transform(["AC", "ACG"]).sum(axis=1).ravel().tolist() == [[0, 1]]
    assert vectorizer.transform(["AC"]).nnz == 0
    with pytest.raises(ValueError, match=r"shorter than k=3 \(the longest has 2 letters\)"):
        vectorizer.fit(["AC", "A"])


@pytest.mark.parametrize(
    ("alphabet", "rows", "k", "n_columns"),
    [("RNA", ["ACGU"], 2, 16), ("protein", ["ACDWY", "XACDE"], 2, 400), ("HEC", ["HHEC"], 3, 27)],
)
def test_other_alphabets(alphabet: str, rows: list[str], k: int, n_columns: int) -> None:
    """All words of their letters."""
    counts = KmerVectorizer(k=k, alphabet=alphabet).fit_transform(rows)
    assert counts.shape[1] == n_columns
    expected = sum(len(row) - k + 1 for row in rows) - rows[-1].count("X")
    assert counts.sum() == expected


# Fitting.


def test_attributes_clone_and_pickle() -> None:
    """What is documented is set; copies count the same."""
    vectorizer = KmerVectorizer(k=(2, 3), canonical=True)
    assert vectorizer.fit(X) is vectorizer
    assert vectorizer.n_features_in_ == 1
    assert vectorizer.alphabet_.name == "DNA"
    copy = pickle.loads(pickle.dumps(vectorizer))
    assert abs(copy.transform(X) - vectorizer.transform(X)).sum() == 0
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    assert KmerVectorizer(k=1).fit(ENCODED).n_features_in_ == 120


@pytest.mark.parametrize("method", ["transform", "get_feature_names_out"])
def test_unfitted_raises(method: str) -> None:
    """In scikit-learn's way."""
    with pytest.raises(NotFittedError):
        getattr(KmerVectorizer(), method)(X)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("k", 0), ("k", 2.5), ("k", "6"), ("canonical", "yes"), ("binary", 2), ("alphabet", 4)],
)
def test_parameters_are_validated_in_fit(parameter: str, value: Any) -> None:
    """Not in ``__init__``; the message names parameter and value."""
    vectorizer = KmerVectorizer(**{parameter: value})
    for fit in (vectorizer.fit, vectorizer.fit_transform):
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter"):
            fit(X)


@pytest.mark.parametrize(
    "k", [True, (True, 3), (3,), (3, 2), (0, 2), (1, 2, 3), ("a", "b"), (2.0, 3.0), ()]
)
def test_bad_ranges_raise(k: Any) -> None:
    """With an example of a good one."""
    with pytest.raises(ValueError, match=r"such as \(3, 6\), got"):
        KmerVectorizer(k=k).fit(X)


@pytest.mark.parametrize("dtype", [object, "U1", complex, np.float16])
def test_bad_dtypes_raise(dtype: Any) -> None:
    """Those that sparse matrices or estimators do not take."""
    with pytest.raises(ValueError, match="dtype must be an integer type"):
        KmerVectorizer(dtype=dtype).fit(X)


@pytest.mark.parametrize(
    ("k", "alphabet", "fits"),
    [
        (13, "DNA", 12),
        (40, "DNA", 12),
        (10**9, "DNA", 12),
        ((11, 13), "DNA", 12),
        ((20, 30), "DNA", 12),
        (6, "protein", 5),
        (26, "HP", 25),  # which is as many as are allowed
        ((1, 25), "HP", 24),  # each fits, together they do not
    ],
)
def test_too_many_columns_raise(k: Any, alphabet: str, fits: int) -> None:
    """Before memory is asked for, with the largest k that fits and the way to hash."""
    rows = ["A" * 50]
    with pytest.raises(ValueError, match=f"Choose k up to {fits}, or hash"):
        KmerVectorizer(k=k, alphabet=alphabet).fit(rows)


def test_the_way_to_hash_works() -> None:
    """The vectoriser that the error names counts words of that length."""
    named = {"analyzer": "char", "ngram_range": (30, 30), "alternate_sign": False}
    text = ", ".join(f"{key}={value!r}" for key, value in named.items())
    with pytest.raises(ValueError, match=re.escape(f"HashingVectorizer({text})")):
        KmerVectorizer(k=30).fit(["A" * 50])
    counts = HashingVectorizer(**named, norm=None).fit_transform(["ACGT" * 10])
    assert counts.sum() == 11
    assert counts.min() == 0


def test_square_arrays_are_read_as_in_the_fit() -> None:
    """One-hot along both axes at transform, along one of them in fit."""
    blocks = ENCODED.reshape(120, 30, 4)[:, :4]
    square = SequenceOneHotEncoder().fit_transform(["CGTA"]).reshape(1, 4, 4)
    for axes in ((0, 1, 2), (0, 2, 1)):
        vectorizer = KmerVectorizer(k=2).fit(blocks.transpose(axes))
        expected = KmerVectorizer(k=2).fit_transform(["CGTA"])
        assert abs(vectorizer.transform(square.transpose(axes)) - expected).sum() == 0


def test_canonical_needs_complements() -> None:
    """Proteins have no other strand."""
    with pytest.raises(ValueError, match=r"protein has no complements.*Set canonical=False"):
        KmerVectorizer(k=2, canonical=True, alphabet="protein").fit(["ACD"])


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (["ACGU"], ValueError, "alphabet='RNA'"),
        (["ACGT", "AC-T"], ValueError, "Row 1, position 2"),
        (["ACGT", None], ValueError, "row 1 .* is missing"),
        (["ACGT", ""], ValueError, "row 1 .* is empty"),
        ([], ValueError, r"0 sample\(s\)"),
        ("ACGT", TypeError, "Pass a list"),
        (np.full((2, 8), 0.5), ValueError, "not one-hot"),
        (np.arange(8).reshape(2, 4) % 4, ValueError, "letter codes"),
    ],
)
def test_bad_sequences_raise(rows: Any, error: type[Exception], message: str) -> None:
    """In fit, in transform and in both at once."""
    vectorizer = KmerVectorizer(k=2).fit(["ACGT"])
    for method in (vectorizer.transform, vectorizer.fit_transform, vectorizer.fit):
        with pytest.raises(error, match=message):
            method(rows)


# How it composes.


def test_pipelines_and_searches() -> None:
    """The word that decides is found, and k can be searched."""
    pipeline = make_pipeline(KmerVectorizer(binary=True), LogisticRegression(C=100))
    search = GridSearchCV(pipeline, {"kmervectorizer__k": [1, 3, (1, 3)]}, cv=3).fit(X, Y)
    assert search.best_params_["kmervectorizer__k"] in (3, (1, 3))
    fitted = search.best_estimator_
    names = fitted[:-1].get_feature_names_out()
    assert names[np.argmax(fitted[-1].coef_)] == "GTA"


@pytest.mark.parametrize("column", ["seq", ["seq"]])
def test_column_transformer(column: Any) -> None:
    """Beside other columns."""
    table = pd.DataFrame({"gc": np.linspace(0, 1, 120), "seq": X})
    transformer = make_column_transformer((KmerVectorizer(k=2), column), ("passthrough", ["gc"]))
    assert transformer.fit_transform(table).shape == (120, 17)
    assert transformer.get_feature_names_out()[0] == "kmervectorizer__AA"


def test_set_output() -> None:
    """The default stays sparse; frames of sparse columns are refused by scikit-learn."""
    vectorizer = KmerVectorizer(k=2).set_output(transform="default")
    assert scipy.sparse.issparse(vectorizer.fit_transform(X))
    with pytest.raises(ValueError, match="outputs a scipy sparse matrix"):
        KmerVectorizer(k=2).set_output(transform="pandas").fit_transform(X)

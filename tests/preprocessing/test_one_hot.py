"""SequenceOneHotEncoder: what it writes, how it composes, and what it refuses."""

from __future__ import annotations

import pickle
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
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_attngen.feature_extraction import KmerVectorizer
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet, decode_codes, one_hot
from sklearn_attngen.sequences import _blocks as blocks_module

SETTINGS = settings(deadline=None, derandomize=True, max_examples=50)
RNG = np.random.default_rng(0)
X = decode_codes(RNG.integers(0, 4, (150, 8)).astype(np.uint8))
Y = np.array([s[3] in "AG" for s in X]).astype(int)


def checks() -> list[Any]:
    """scikit-learn's checks; it warns that it has few for estimators of strings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(estimator_checks_generator(SequenceOneHotEncoder()))


@pytest.mark.parametrize(("estimator", "check"), checks())
def test_scikit_learn_checks(estimator: Any, check: Any) -> None:
    """Those that exist for estimators of strings."""
    check(estimator)


# What it writes.


def test_columns_go_position_by_position() -> None:
    """Worked out by hand: values, names, dtype."""
    encoder = SequenceOneHotEncoder()
    result = encoder.fit_transform(["AcN"])
    assert result.dtype == np.uint8
    assert result.tolist() == [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]]
    names = encoder.get_feature_names_out()
    assert names.dtype == object
    assert names[[0, 3, 4, 11]].tolist() == ["pos0_A", "pos0_T", "pos1_A", "pos2_T"]
    assert len(names) == result.shape[1]


@SETTINGS
@given(
    st.sampled_from(["DNA", "RNA", "protein", "HEC"]),
    st.integers(1, 9),
    st.data(),
)
def test_inverse_transform_is_the_inverse(name: str, length: int, data: st.DataObject) -> None:
    """Upper-case residues and the unknown letter come back."""
    encoder = SequenceOneHotEncoder(alphabet=name)
    letters = {"DNA": "ACGTN", "RNA": "ACGUN", "protein": "ACDEFGHIKLMNPQRSTVWYX", "HEC": "HECX"}
    strings = st.text(letters[name], min_size=length, max_size=length)
    rows = data.draw(st.lists(strings, min_size=1, max_size=5))
    encoded = encoder.fit_transform(rows)
    assert encoder.inverse_transform(encoded).tolist() == rows
    assert encoder.inverse_transform(encoded.astype(float)).tolist() == rows
    names = encoder.get_feature_names_out()
    for row, sequence in zip(encoded, rows, strict=True):
        unknown = encoder.alphabet_.unknown_letter
        expected = [f"pos{i}_{letter}" for i, letter in enumerate(sequence) if letter != unknown]
        assert names[row.astype(bool)].tolist() == expected


def test_padding_comes_back_as_the_unknown_letter() -> None:
    """As documented: zeros do not tell padding from N."""
    encoder = SequenceOneHotEncoder(pad="left")
    encoded = encoder.fit_transform(["ACGT", "GR"])
    assert encoder.inverse_transform(encoded).tolist() == ["ACGT", "NNGN"]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64, bool, "float32"])
def test_dtype(dtype: Any) -> None:
    """Any real type, by class or by name."""
    encoder = SequenceOneHotEncoder(dtype=dtype).fit(X)
    assert encoder.transform(X).dtype == np.dtype(dtype)
    np.testing.assert_array_equal(
        encoder.transform(X), SequenceOneHotEncoder().fit_transform(X).astype(dtype)
    )


FORMS = [list, tuple, np.array, pd.Series, pl.Series, lambda rows: pd.DataFrame({"seq": rows})]


@pytest.mark.parametrize("form", FORMS)
def test_containers_are_the_same(form: Any) -> None:
    """Fitted on one form, it transforms every other, without a warning."""
    expected = SequenceOneHotEncoder().fit_transform(X)
    rows = [s.lower() for s in X]
    np.testing.assert_array_equal(SequenceOneHotEncoder().fit_transform(form(rows)), expected)
    np.testing.assert_array_equal(SequenceOneHotEncoder().fit(X).transform(form(rows)), expected)
    np.testing.assert_array_equal(SequenceOneHotEncoder().fit(form(rows)).transform(X), expected)


def test_rows_are_encoded_on_their_own() -> None:
    """Subsets and orders of rows give subsets and orders of the result."""
    encoder = SequenceOneHotEncoder().fit(X)
    order = np.random.default_rng(1).permutation(len(X))[:20]
    np.testing.assert_array_equal(encoder.transform(X[order]), encoder.transform(X)[order])


# Fitting.


def test_fit_sets_the_documented_attributes() -> None:
    """And returns the encoder, which clones and pickles."""
    encoder = SequenceOneHotEncoder(alphabet="rna")
    assert encoder.fit(["ACGU"]) is encoder
    assert encoder.length_ == 4
    assert encoder.n_features_in_ == 1
    assert isinstance(encoder.alphabet_, Alphabet)
    copy = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(copy.transform(["UUUU"]), encoder.transform(["UUUU"]))
    fresh = clone(encoder)
    assert fresh.get_params() == encoder.get_params()
    assert not hasattr(fresh, "length_")


def test_refit_forgets() -> None:
    """The second fit alone counts."""
    encoder = SequenceOneHotEncoder().fit(X).fit(["AC", "GT"])
    assert encoder.transform(["GG"]).shape == (1, 8)


def test_a_refit_that_fails_leaves_the_fit() -> None:
    """Else the columns would be those of other letters, without a word."""
    encoder = SequenceOneHotEncoder().fit(["ACG"])
    with pytest.raises(ValueError, match="'X' is not in the"):
        encoder.set_params(alphabet="TGCA").fit(["ACX"])
    assert encoder.transform(["ACG"]).argmax(axis=1).tolist() == [0]
    assert encoder.get_feature_names_out()[0] == "pos0_A"


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "get_feature_names_out"])
def test_unfitted_raises(method: str) -> None:
    """In scikit-learn's way."""
    with pytest.raises(NotFittedError):
        getattr(SequenceOneHotEncoder(), method)(X)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("length", 0), ("length", 2.5), ("pad", "both"), ("unknown", "ignore"), ("alphabet", 4)],
)
def test_parameters_are_validated_in_fit(parameter: str, value: Any) -> None:
    """Not in ``__init__``; the message names parameter and value."""
    encoder = SequenceOneHotEncoder(**{parameter: value})
    for fit in (encoder.fit, encoder.fit_transform):
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter"):
            fit(X)


@pytest.mark.parametrize("dtype", [object, "U1", complex])
def test_dtypes_without_numbers_raise(dtype: Any) -> None:
    """They would give something that no estimator reads."""
    with pytest.raises(ValueError, match="real numeric type"):
        SequenceOneHotEncoder(dtype=dtype).fit(X)


# Lengths.


def test_lengths_at_fit() -> None:
    """Equal lengths, unless asked to pad; the first row that differs is named."""
    with pytest.raises(ValueError, match=r"row 1 .* has 2 letters, expected 3 \(the length of row"):
        SequenceOneHotEncoder().fit(["ACG", "AC"])
    with pytest.raises(ValueError, match=r"row 0 .* has 3 letters, expected 4 \(length=4\)"):
        SequenceOneHotEncoder(length=4).fit(["ACG"])
    assert SequenceOneHotEncoder(pad="right").fit(["A", "ACG"]).length_ == 3
    assert SequenceOneHotEncoder(pad="right", length=5).fit(["A", "ACG"]).length_ == 5


def test_lengths_at_transform() -> None:
    """As in fit; shorter is padded if asked for, longer is never cropped."""
    with pytest.raises(ValueError, match=r"expected 8 \(the length in fit\).*pad='right'"):
        SequenceOneHotEncoder().fit(X).transform(["ACG"])
    for pad in ("error", "left", "right"):
        with pytest.raises(ValueError, match="never cropped silently"):
            SequenceOneHotEncoder(pad=pad).fit(X).transform(["A" * 9])
    left = SequenceOneHotEncoder(pad="left").fit(X).transform(["ACG"])
    right = SequenceOneHotEncoder(pad="right").fit(X).transform(["ACG"])
    np.testing.assert_array_equal(left[:, 20:], right[:, :12])
    assert left[:, :20].sum() == right[:, 12:].sum() == 0


# What it refuses.


@pytest.mark.parametrize(
    "wrong", [np.eye(4), np.zeros((2, 3, 4)), [[0, 1]], pd.DataFrame({"a": [1.0]}), [1, 2]]
)
def test_numbers_raise_with_the_remedy(wrong: Any) -> None:
    """Encoded input needs no encoder."""
    with pytest.raises(TypeError, match=r"SequenceOneHotEncoder encodes strings.*already"):
        SequenceOneHotEncoder().fit(wrong)
    with pytest.raises(TypeError, match="encodes strings"):
        SequenceOneHotEncoder().fit(X).transform(wrong)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (["ACGU"], ValueError, "alphabet='RNA'"),
        (["ACGT", "AC-T"], ValueError, "Row 1, position 2"),
        (["ACGT", None], ValueError, "row 1 .* is missing"),
        ([None, "ACGT"], ValueError, "row 0 .* is missing"),
        (["ACGT", ""], ValueError, "row 1 .* is empty"),
        (["ACGT", 7], TypeError, "row 1 .* of type int"),
        ([], ValueError, r"0 sample\(s\)"),
        ("ACGT", TypeError, "Pass a list"),
    ],
)
def test_bad_sequences_raise(rows: Any, error: type[Exception], message: str) -> None:
    """In fit, in transform and in both at once."""
    encoder = SequenceOneHotEncoder().fit(["ACGT"])
    for method in (encoder.transform, encoder.fit_transform, encoder.fit):
        with pytest.raises(error, match=message):
            method(rows)


def test_a_length_beyond_memory_is_the_error_of_lengths() -> None:
    """Nothing is allocated before the lengths are known to agree."""
    with pytest.raises(ValueError, match=r"row 0 .* has 4 letters, expected 1000000000000"):
        SequenceOneHotEncoder(length=10**12).fit_transform(["ACGT"] * 3)
    with pytest.raises(ValueError, match=r"row 1 .* has 4 letters, expected 1000000"):
        SequenceOneHotEncoder().fit_transform(["A" * 10**6] + ["ACGT"] * 10**6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.float32])
@pytest.mark.parametrize("pad", ["error", "right"])
def test_each_type_gives_the_same_blocks_and_the_same_errors(
    dtype: type, pad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Types of one byte are written directly; where a part ends makes no difference."""
    monkeypatch.setattr(blocks_module, "_PART", 16)
    rows = ["ACGTN", "ttgca"] * 9
    encoder = SequenceOneHotEncoder(dtype=dtype, pad=pad)
    codes = np.array([[0, 1, 2, 3, 255], [3, 3, 2, 1, 0]] * 9, dtype=np.uint8)
    for result in (encoder.fit_transform(rows), encoder.transform(np.array(rows))):
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, one_hot(codes).reshape(18, -1))
    assert (encoder.length_, encoder.n_features_in_) == (5, 1)
    for row in (0, 3, 4, 17):
        wrong = [*rows[:row], "AC-TT", *rows[row + 1 :]]
        for method in (encoder.transform, encoder.fit_transform):
            with pytest.raises(ValueError, match=f"Row {row}, position 2"):
                method(wrong)
    with pytest.raises(ValueError, match=r"row 17 .* 6 letters, expected 5 \(the length in fit\)"):
        encoder.transform([*rows[:17], "ACGTAC"])


def test_unknown_error() -> None:
    """Ambiguity letters raise with that setting only."""
    with pytest.raises(ValueError, match="Row 0, position 1.*unknown='zero'"):  # noqa: RUF043
        SequenceOneHotEncoder(unknown="error").fit(["AN"])


def test_inverse_transform_refuses_what_is_not_one_hot() -> None:
    """With row and position, or with the numbers of columns."""
    encoder = SequenceOneHotEncoder().fit(X)
    encoded = encoder.transform(X)
    encoded[5, 9] = encoded[5, 8] = 1
    with pytest.raises(ValueError, match="row 5, position 2"):
        encoder.inverse_transform(encoded)
    with pytest.raises(ValueError, match="row 0, position 0"):
        encoder.inverse_transform(np.full((1, 32), 0.25))
    with pytest.raises(ValueError, match="28 columns, but this encoder writes 32"):
        encoder.inverse_transform(np.zeros((1, 28)))


# How it composes.


def test_pipelines_and_searches() -> None:
    """The column that decides is found, and parameters can be searched."""
    pipeline = make_pipeline(SequenceOneHotEncoder(), LogisticRegression())
    assert cross_val_score(pipeline, X, Y, cv=3).mean() > 0.9
    search = GridSearchCV(
        make_pipeline(SequenceOneHotEncoder(), PCA(n_components=3), LogisticRegression()),
        {"sequenceonehotencoder__dtype": [np.uint8, np.float32]},
        cv=2,
    ).fit(pd.Series(X), Y)
    assert search.predict(list(X)).shape == (150,)


@pytest.mark.parametrize("column", ["seq", ["seq"]])
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_column_transformer(column: Any, frame: Any) -> None:
    """By name or by list of names, beside other columns."""
    table = frame({"gc": np.linspace(0, 1, 150), "seq": X.tolist()})
    transformer = ColumnTransformer(
        [("one_hot", SequenceOneHotEncoder(), column), ("scale", StandardScaler(), ["gc"])]
    )
    result = transformer.fit_transform(table)
    assert result.shape == (150, 33)
    np.testing.assert_array_equal(result[:, :32], SequenceOneHotEncoder().fit_transform(X))
    assert transformer.get_feature_names_out()[0] == "one_hot__pos0_A"


def test_feature_union_with_kmers() -> None:
    """Dense and sparse columns side by side, with their names."""
    union = FeatureUnion([("one_hot", SequenceOneHotEncoder()), ("kmers", KmerVectorizer(k=2))])
    result = union.fit_transform(X)
    assert scipy.sparse.issparse(result)
    assert result.shape == (150, 32 + 16)
    np.testing.assert_array_equal(
        result.toarray()[:, :32], SequenceOneHotEncoder().fit_transform(X)
    )
    assert union.get_feature_names_out()[[0, 32]].tolist() == ["one_hot__pos0_A", "kmers__AA"]


def test_set_output() -> None:
    """Frames of pandas, with the index of the input, and of polars."""
    encoder = SequenceOneHotEncoder().set_output(transform="pandas")
    frame = encoder.fit_transform(pd.DataFrame({"seq": X}, index=np.arange(100, 250)))
    assert frame.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert frame.index[0] == 100
    assert (frame.dtypes == np.uint8).all()
    assert encoder.inverse_transform(frame).tolist() == X.tolist()
    polars = SequenceOneHotEncoder().set_output(transform="polars").fit_transform(X)
    assert isinstance(polars, pl.DataFrame)
    assert polars.shape == (150, 32)
    transformer = make_column_transformer(
        (SequenceOneHotEncoder(), "seq"), verbose_feature_names_out=False
    ).set_output(transform="pandas")
    assert transformer.fit_transform(pd.DataFrame({"seq": X})).columns[0] == "pos0_A"

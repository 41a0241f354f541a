"""The one place that reads input: every form of the same data is the same, traps raise."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from sklearn.base import BaseEstimator

from sklearn_attngen import sequences
from sklearn_attngen.sequences import (
    NO_SIGNAL,
    decode_codes,
    get_alphabet,
    one_hot,
    read_sequences,
)

CODES = np.random.default_rng(0).integers(0, 4, (6, 7)).astype(np.uint8)
CODES[2, 3] = NO_SIGNAL
STRINGS = decode_codes(CODES)
BLOCKS = one_hot(CODES)
FLAT = BLOCKS.reshape(6, -1)
FORMS: dict[str, Any] = {
    "list": STRINGS.tolist(),
    "lower case": [s.lower() for s in STRINGS],
    "array": STRINGS,
    "U": STRINGS.astype(str),
    "S": STRINGS.astype("S"),
    "series": pd.Series(STRINGS),
    "frame": pd.DataFrame({"seq": STRINGS}),
    "polars": pl.Series(STRINGS.tolist()),
    "flat": FLAT,
    "flat bool": FLAT.astype(bool),
    "flat int64": FLAT.astype(np.int64),
    "flat float32": FLAT.astype(np.float32),
    "flat float64": FLAT.astype(np.float64),
    "flat float16": FLAT.astype(np.float16),
    "flat objects": FLAT.astype(object),
    "flat Fortran": np.asfortranarray(FLAT),
    "flat list": FLAT.tolist(),
    "flat frame": pd.DataFrame(FLAT),
    "flat bool frame": pd.DataFrame(FLAT.astype(bool)),
    "flat polars": pl.DataFrame(FLAT),
    "flat tensor": torch.tensor(FLAT),
    "length first": BLOCKS,
    "length first list": BLOCKS.tolist(),
    "length first list of arrays": list(BLOCKS),
    "length first tensor": torch.tensor(BLOCKS).float().requires_grad_(),
    "channels first": BLOCKS.transpose(0, 2, 1),
    "channels first float": BLOCKS.transpose(0, 2, 1).astype(np.float64),
    "channels first tensor": torch.tensor(BLOCKS).permute(0, 2, 1),
    "list of tensors": list(torch.tensor(BLOCKS)),
}


class Reader(BaseEstimator):
    """An estimator that does nothing but read."""

    def fit(self, X: Any, y: Any = None) -> Reader:
        """Read, and learn the kind."""
        sequences = read_sequences(X, numeric=True, estimator=self)
        self.kind_ = sequences.kind
        return self

    def read(self, X: Any) -> Any:
        """Read as at predict time."""
        return read_sequences(X, kind=self.kind_, numeric=True, estimator=self, reset=False)


@pytest.mark.parametrize("X", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("kind", [None, "letters"])
def test_all_forms_are_the_same_letters(X: Any, kind: Any) -> None:
    """Content decides, not the container or the dtype."""
    sequences = read_sequences(X, kind=kind)
    assert sequences.kind == "letters"
    assert sequences.values is None
    np.testing.assert_array_equal(sequences.codes, CODES)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.parametrize("X", FORMS.values(), ids=FORMS.keys())
def test_n_features_in_is_the_same_for_all_forms(X: Any) -> None:
    """Length times letters, at fit; what was fitted on one form reads every other."""
    reader = Reader().fit(X)
    assert reader.n_features_in_ == 28
    np.testing.assert_array_equal(reader.read(STRINGS).codes, CODES)
    np.testing.assert_array_equal(reader.read(FLAT).codes, CODES)
    np.testing.assert_array_equal(reader.read(BLOCKS).codes, CODES)


@pytest.mark.parametrize("X", [STRINGS, FLAT, BLOCKS])
def test_other_lengths_raise_at_predict(X: Any) -> None:
    """In all forms, with the two lengths or numbers of features."""
    reader = Reader().fit(X)
    shorter = (STRINGS.astype("U6"), FLAT[:, :24], BLOCKS[:, :6])
    for other in shorter:
        with pytest.raises(ValueError, match=r"(?s)(24|6).*(28|7)"):
            reader.read(other)


@pytest.mark.parametrize("make", [np.asarray, torch.from_numpy, pd.DataFrame, np.ndarray.tolist])
@pytest.mark.parametrize("single", [BLOCKS[0], BLOCKS[0].T], ids=["rows", "columns"])
def test_a_single_one_hot_sequence_is_told_of_its_missing_axis(make: Any, single: Any) -> None:
    """The line runs, out of a frame or a list too."""
    reader = Reader().fit(BLOCKS)
    features, X = single.shape[1], make(single)
    with pytest.raises(ValueError, match=rf"X has {features} features.*28 features") as caught:
        reader.read(X)
    line = str(caught.value).partition("of its own: ")[2].removesuffix(".")
    np.testing.assert_array_equal(reader.read(eval(line, {"np": np, "X": X})).codes, CODES[:1])


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame, np.ndarray.tolist])
def test_codes_in_the_place_of_one_hot_are_told_how_to_become_strings(make: Any) -> None:
    """Their width is the length in fit; the line runs."""
    X = make(np.minimum(CODES, 3))
    with pytest.raises(ValueError, match=r"X has 7 features.*28 features") as caught:
        Reader().fit(BLOCKS).read(X)
    line = str(caught.value).partition("Of letter codes ")[2].removesuffix(" makes strings.")
    decoded = eval(line, {"np": np, "X": X, "sequences": sequences})
    np.testing.assert_array_equal(read_sequences(decoded).codes, np.minimum(CODES, 3))


def test_feature_names_of_an_earlier_fit_are_forgotten() -> None:
    """Refit on strings, then predict on a frame of other names without an error."""
    reader = Reader().fit(pd.DataFrame(FLAT).add_prefix("x"))
    assert len(reader.feature_names_in_) == 28
    reader.fit(STRINGS)
    assert not hasattr(reader, "feature_names_in_")


def test_other_alphabets() -> None:
    """The number of letters sets the width of a block."""
    protein = ["ACDW", "YYXB"]
    sequences = read_sequences(protein, alphabet="protein")
    assert sequences.codes is not None
    flat = one_hot(sequences.codes, 20).reshape(2, -1)
    np.testing.assert_array_equal(read_sequences(flat, alphabet="protein").codes, sequences.codes)
    np.testing.assert_array_equal(
        read_sequences(["AU"], alphabet="RNA").codes, read_sequences(["AT"]).codes
    )


def test_one_hot_proteins_are_not_taken_for_dna() -> None:
    """Five positions a residue, four of them unknown: also where sequences are padded."""
    rng = np.random.default_rng(0)
    protein = get_alphabet("protein")
    X = ["".join(rng.choice(list(protein.letters), 12 - i % 8)) for i in range(20)]
    padded = read_sequences(X, alphabet="protein", length=12, pad="right")
    flat = one_hot(padded.codes, 20).reshape(20, -1)
    assert read_sequences(flat, alphabet=protein).length == 12
    either = (
        r"looks like one-hot proteins.*alphabet='protein'.* categories, .* classifier of tables"
    )
    for alphabet in ("DNA", "RNA", "HP"):
        with pytest.raises(ValueError, match=either):
            read_sequences(flat, alphabet=alphabet)
    assert (
        read_sequences(flat, kind="letters").length == 60
    )  # as a classifier reads that was fitted
    unknown = one_hot(read_sequences(["N" * 40 + "ACGTA"] * 3).codes).reshape(3, -1)
    assert read_sequences(unknown).length == 45


# Lengths and padding.


def test_ragged_strings_raise_with_row_lengths_and_remedy() -> None:
    """The first row that differs from row 0."""
    with pytest.raises(ValueError, match=r"row 2 \(0-based\) has 3 letters, expected 4.*pad="):
        read_sequences(["ACGT", "ACGT", "ACG", "A"])


def test_strings_that_are_longer_than_the_first_can_be_padded_too() -> None:
    """Which of them is the first is chance."""
    with pytest.raises(ValueError, match=r"row 1 \(0-based\) has 4 letters, expected 3.*pad="):
        read_sequences(["ACG", "ACGT"])


def test_longer_strings_are_never_cropped() -> None:
    """Whatever the padding."""
    for pad in ("error", "left", "right"):
        with pytest.raises(ValueError, match=r"row 1 .* has 5 letters, expected 4.*never cropped"):
            read_sequences(["ACGT", "ACGTA"], length=4, pad=pad)


def test_padding() -> None:
    """To the length asked for, or to the longest; without signal."""
    n = NO_SIGNAL
    assert read_sequences(["ACG", "T"], pad="right").codes.tolist() == [[0, 1, 2], [3, n, n]]
    assert read_sequences(["ACG", "T"], pad="left").codes.tolist() == [[0, 1, 2], [n, n, 3]]
    assert read_sequences(["A"], pad="left", length=3).codes.tolist() == [[n, n, 0]]


@pytest.mark.parametrize("X", [STRINGS, FLAT, BLOCKS, BLOCKS.transpose(0, 2, 1)])
def test_required_length_holds_for_all_forms(X: Any) -> None:
    """Not only for strings."""
    assert read_sequences(X, length=7).length == 7
    with pytest.raises(ValueError, match=r"7 .*expected .*8"):
        read_sequences(X, length=8)


# Numbers.


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.float64, np.float64),
        (">f8", np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.int64, np.float64),
        (np.uint8, np.float64),
    ],
)
@pytest.mark.parametrize("width", [5, 8])
def test_numbers_become_one_channel(dtype: Any, expected: Any, width: int) -> None:
    """Float64 stays, the smaller floats are float32, whole numbers are exact."""
    X = (np.arange(3 * width).reshape(3, width) * 5).astype(dtype)
    sequences = read_sequences(X, numeric=True)
    assert sequences.kind == "numeric"
    assert sequences.codes is None
    assert sequences.values.dtype == expected
    assert sequences.values.dtype.isnative
    assert sequences.values.shape == (3, width, 1)
    np.testing.assert_array_equal(sequences.values[:, :, 0], X)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64, object])
def test_integer_codes_raise(dtype: Any) -> None:
    """The silent mistake: 20 positions of codes read as 5 positions of 4 channels."""
    codes = np.random.default_rng(0).integers(0, 4, (5, 20)).astype(dtype)
    for numeric in (True, False):
        with pytest.raises(
            ValueError, match=r"look like letter codes.*decode_codes\(np.asarray\(X\)"
        ):
            read_sequences(codes, numeric=numeric)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float64])
def test_one_hot_columns_of_which_some_are_missing_are_called_that(dtype: Any) -> None:
    """As a bagging of features or their selection leaves them: no letter codes."""
    kept = BLOCKS.reshape(len(BLOCKS), -1)[:, [0, 1, 2, 4, 5, 6, 8, 9]].astype(dtype)
    with pytest.raises(ValueError, match=r"zeros and ones that are not one-hot.*must all be there"):
        read_sequences(kept, numeric=True)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float64])
@pytest.mark.parametrize("numeric", [True, False])
def test_flat_channels_first_is_called_that(dtype: Any, numeric: bool) -> None:
    """The remedies it names read the sequences as they were meant, out of a frame too."""
    X = pd.DataFrame(BLOCKS.transpose(0, 2, 1).reshape(len(BLOCKS), -1).astype(dtype))
    with pytest.raises(ValueError, match="one-hot, but letter by letter") as caught:
        read_sequences(X, numeric=numeric)
    told = re.search(r"X3 = (.*), or columns .* position, (.*)\.$", str(caught.value))
    names = {"np": np, "X": X, "X3": eval(told[1], {"np": np, "X": X})}
    np.testing.assert_array_equal(read_sequences(names["X3"]).codes, CODES)
    np.testing.assert_array_equal(read_sequences(eval(told[2], names)).codes, CODES)


def test_small_integers_of_another_width_are_numbers() -> None:
    """As scikit-learn's own checks send them."""
    X = np.random.default_rng(0).integers(0, 3, (20, 5))
    assert read_sequences(X, numeric=True).kind == "numeric"


@pytest.mark.parametrize("width", [7, 8])
def test_numbers_raise_where_only_sequences_are_read(width: int) -> None:
    """With the first position that is not one-hot, if there are positions."""
    where = r".*row 0, position 0" if width == 8 else ""
    with pytest.raises(ValueError, match=rf"not one-hot{where}.*SequenceOneHotEncoder"):
        read_sequences(np.full((2, width), 0.3))


def test_profile_at_predict_time() -> None:
    """Permuted columns (sum 2) and uniform fills (0.25) are read, not refused."""
    X = FLAT.astype(float)
    X[:, :4] = 0.25
    X[:, 4:6] = 1
    sequences = read_sequences(X, kind="letters")
    assert sequences.kind == "profile"
    assert sequences.codes is None
    assert sequences.values.dtype == np.float32
    np.testing.assert_array_equal(sequences.values, X.reshape(6, 7, 4))
    blocks = X.reshape(6, 7, 4)
    for view, layout in ((blocks, "length_first"), (blocks.transpose(0, 2, 1), "channels_first")):
        three = read_sequences(view, kind="letters")
        assert three.layout == layout
        np.testing.assert_array_equal(three.values, sequences.values)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int8])
@pytest.mark.parametrize("value", [2, 127])
def test_codes_are_no_profile_at_predict_time(dtype: Any, value: int) -> None:
    """Integers that no permuted columns and no fill could give, with their place."""
    codes = np.zeros((3, 8))
    codes[1, 5] = value
    codes = codes.astype(dtype)
    for X in (codes, codes.reshape(3, 2, 4), codes.reshape(3, 2, 4).transpose(0, 2, 1)):
        with pytest.raises(ValueError, match=r"row 1 at position 1 .*as strings.*decode_codes"):
            read_sequences(X, kind="letters")


@pytest.mark.parametrize("dtype", [np.int64, bool, np.float64])
def test_permuted_columns_are_a_profile_at_predict_time(dtype: Any) -> None:
    """Blocks of zeros and ones of any sum; and floats of any size, as they are."""
    assert read_sequences(np.ones((2, 8), dtype=dtype), kind="letters").kind == "profile"
    for value in (1.5, 2.0, -1.0):
        assert read_sequences(np.full((2, 8), value), kind="letters").kind == "profile"


def test_width_must_be_whole_blocks() -> None:
    """At predict time without an estimator to compare with."""
    with pytest.raises(ValueError, match=r"9 columns.*no multiple of the 4 letters"):
        read_sequences(np.ones((2, 9)), kind="letters")


def test_numeric_kind_takes_one_hot_content_too() -> None:
    """A model of numbers stays one, whatever the test rows look like."""
    reader = Reader().fit(np.random.default_rng(0).normal(size=(6, 28)))
    assert reader.kind_ == "numeric"
    assert reader.read(FLAT).values.shape == (6, 28, 1)


@pytest.mark.parametrize("X", [STRINGS, BLOCKS])
def test_numeric_kind_refuses_sequences(X: Any) -> None:
    """It cannot know what they are."""
    reader = Reader().fit(np.random.default_rng(0).normal(size=(6, 28)))
    with pytest.raises(ValueError, match=r"Reader was fitted on (2-D )?numbers"):
        reader.read(X)


# Three dimensions.


def test_ambiguous_orientation_raises() -> None:
    """Both axes read as one-hot: the flat form says which is meant."""
    X = np.eye(4, dtype=np.uint8)[None]
    with pytest.raises(ValueError, match=r"can be read as .* and as .*reshape\(len\(X\), -1\)"):
        read_sequences(X)
    assert read_sequences(X.reshape(1, -1)).codes.tolist() == [[0, 1, 2, 3]]


def test_content_decides_between_square_orientations() -> None:
    """AAAA is one-hot along one axis only."""
    X = one_hot(np.zeros((2, 4), dtype=np.uint8))
    assert read_sequences(X).layout == "length_first"
    assert read_sequences(X.transpose(0, 2, 1)).layout == "channels_first"


def test_soft_square_input_is_ambiguous() -> None:
    """A profile has no content that could decide."""
    with pytest.raises(ValueError, match="can be read as"):
        read_sequences(np.full((1, 4, 4), 0.25), kind="letters")


def test_the_layout_of_the_fit_decides_between_square_orientations() -> None:
    """Not the content, which differs from call to call; what fits only the other way raises."""
    square = one_hot(np.zeros((2, 4), dtype=np.uint8))
    first = read_sequences(square, kind="letters", layout="length_first")
    assert (first.kind, first.layout) == ("letters", "length_first")
    for array, layout in ((square, "channels_first"), (square.transpose(0, 2, 1), "length_first")):
        with pytest.raises(ValueError, match=r"is one-hot if its axes are.*X\.transpose"):
            read_sequences(array, kind="letters", layout=layout)
    soft = read_sequences(np.full((2, 4, 4), 0.25), kind="letters", layout="channels_first")
    assert (soft.kind, soft.layout) == ("profile", "channels_first")
    for layout in ("flat", "strings"):
        assert read_sequences(square, kind="letters", layout=layout).layout == "length_first"
    assert read_sequences(BLOCKS, kind="letters", layout="channels_first").layout == "length_first"


def test_three_dimensions_that_are_not_one_hot_raise_at_fit() -> None:
    """With the position; scikit-learn's words where the shape is wrong."""
    X = BLOCKS.astype(float)
    X[3, 2] = 0.25
    with pytest.raises(ValueError, match="row 3, position 2"):
        read_sequences(X, numeric=True)
    with pytest.raises(ValueError, match=r"\(n_samples, length, 4\).*got \(2, 5, 6\)"):
        read_sequences(np.zeros((2, 5, 6)))
    with pytest.raises(ValueError, match=r"got \(1, 2, 3, 4\)"):
        read_sequences(np.zeros((1, 2, 3, 4)))


# What scikit-learn refuses, and how.


@pytest.mark.parametrize("estimator", [None, Reader()])
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, r"0 sample\(s\)"),
        (np.zeros((0, 8)), ValueError, r"0 sample\(s\)"),
        (np.zeros((2, 0)), ValueError, r"0 feature\(s\)"),
        (np.zeros(8), ValueError, "Expected 2D array, got 1D array"),
        ([1.0, 2.0], ValueError, "Expected 2D array, got 1D array"),
        (np.full((2, 8), np.nan), ValueError, "NaN"),
        (np.full((2, 8), np.inf), ValueError, "infinity"),
        (np.full((2, 2, 4), np.nan), ValueError, "NaN"),
        (np.full((2, 8), 1j), ValueError, "Complex data not supported"),
        (scipy.sparse.csr_matrix(FLAT), TypeError, "Sparse data was passed"),
        (scipy.sparse.dok_matrix(FLAT), TypeError, "Sparse data was passed"),
        ("ACGT", TypeError, "Pass a list"),
        (["ACGT", None], ValueError, "row 1 .* is missing"),
    ],
)
def test_refused(X: Any, error: type[Exception], message: str, estimator: Any) -> None:
    """The same with and without an estimator."""
    with pytest.raises(error, match=message):
        read_sequences(X, numeric=True, estimator=estimator)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([0, 1, 1]), r"int64 of shape \(3,\).*If these are labels, X and y are swapped"),
        ([0, 1, 1], "list.*X and y are swapped"),
        (pd.Series(list(BLOCKS)), r"Rows of ndarray are made one array by np\.stack\(list\(X\)\)"),
        (None, "Expected sequences, got None. Pass the sequences as strings"),
        (5, "got scalar array instead: int. Pass the sequences as strings"),
        (np.array(0.5), r"got scalar array instead: ndarray.*\. Pass the sequences as strings"),
        (object(), "got scalar array instead: object. Pass the sequences as strings"),
        (np.ma.masked, "got scalar array instead: MaskedConstant"),
        (pd.DataFrame(), "got a table without columns"),
    ],
)
@pytest.mark.parametrize("estimator", [None, Reader()])
def test_what_has_no_rows_is_told_the_remedy(X: Any, message: str, estimator: Any) -> None:
    """Labels in the place of sequences, rows that were never stacked, nothing."""
    with pytest.raises(ValueError, match=message):
        read_sequences(X, numeric=True, estimator=estimator)


@pytest.mark.parametrize("of_rows", [np.ma.asarray, list])
@pytest.mark.parametrize("X", [FLAT, FLAT.astype(object), BLOCKS])
def test_masked_values_raise_and_can_be_filled(X: Any, of_rows: Any) -> None:
    """NumPy reads what the mask hides; filled with zeros they are letters without signal."""
    masked = np.ma.array(X, mask=np.zeros(X.shape, dtype=bool))
    codes = read_sequences(of_rows(masked)).codes
    np.testing.assert_array_equal(codes, read_sequences(X).codes)
    masked[1, :4] = np.ma.masked
    rows = of_rows(masked)
    with pytest.raises(ValueError, match=r"Row 1 \(0-based\) of X .*np\.ma\.array\(X\)\.f"):
        read_sequences(rows, numeric=True)
    found = read_sequences(np.ma.array(rows).filled(0)).codes
    assert found is not None
    assert found[1, 0] == NO_SIGNAL


@pytest.mark.parametrize("as_row", [list, np.asarray, torch.as_tensor])
def test_encoded_rows_of_several_lengths_are_named(as_row: Any) -> None:
    """NumPy would call the array inhomogeneous."""
    rows = [as_row(row.tolist()) for row in (BLOCKS[0], BLOCKS[1], BLOCKS[2][:-1])]
    with pytest.raises(ValueError, match=r"Row 2 \(0-based\) of X has the shape .*, but row 0 has"):
        read_sequences(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [BLOCKS[0], *BLOCKS[1:].tolist()],
        [BLOCKS[0].tolist(), *map(torch.as_tensor, BLOCKS[1:])],
        [pa.array(row.ravel()) for row in BLOCKS],
        pl.Series(BLOCKS.reshape(len(BLOCKS), -1)),
    ],
    ids=["array and lists", "lists and tensors", "arrays of pyarrow", "column of arrays"],
)
def test_rows_may_come_in_any_container(rows: Any) -> None:
    """Where NumPy makes one array of them, their own shapes do not matter."""
    np.testing.assert_array_equal(read_sequences(rows).codes, read_sequences(BLOCKS).codes)


@pytest.mark.parametrize(("name", "value"), [("pad", "both"), ("kind", "profile")])
def test_misspelt_settings_raise(name: str, value: str) -> None:
    """With the choices."""
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        read_sequences(["A"], **{name: value})

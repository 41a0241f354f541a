"""Letters in the form of other numbers raise; numbers that only look a little so pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_attngen import CNNClassifier
from sklearn_attngen.sequences import NO_SIGNAL, decode_codes, one_hot, read_sequences

rng = np.random.default_rng(0)
CODES = rng.integers(0, 4, (120, 12)).astype(np.uint8)
STRINGS = decode_codes(CODES)
CHARACTERS = np.frombuffer("".join(STRINGS).encode(), dtype=np.uint8).reshape(120, 12)
FLAT = one_hot(CODES).reshape(120, -1)
TABLES = [np.asarray, pd.DataFrame, pl.DataFrame, lambda X: pa.table(pd.DataFrame(X))]


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("numeric", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_numbers_of_characters_raise(make: Any, numeric: bool, dtype: Any) -> None:
    """What np.frombuffer reads was taken for measurements; the error's line makes strings."""
    X = make(CHARACTERS.astype(dtype))
    with pytest.raises(
        ValueError, match=r"numbers of characters, such as \d+ for '[ACGT]'"
    ) as told:
        read_sequences(X, numeric=numeric)
    line = str(told.value).partition("strings: ")[2].partition(". ")[0].removesuffix(".")
    assert eval(line, {"np": np, "X": X}) == STRINGS.tolist()


def test_small_letters_and_unknown_ones_count() -> None:
    """As ASCII they are as far from measurements as the others."""
    X = CHARACTERS + np.uint8(32)
    X[3, 4] = ord("N")
    with pytest.raises(ValueError, match="numbers of characters"):
        read_sequences(X, numeric=True)


def test_numbers_of_characters_raise_at_predict_time() -> None:
    """They were told how to decode letter codes, which fails for them."""
    model = CNNClassifier(n_filters=8, max_epochs=1, n_estimators=1, random_state=0)
    model.fit(STRINGS, CODES[:, 0])
    with pytest.raises(ValueError, match="numbers of characters"):
        model.predict(CHARACTERS)
    with pytest.raises(ValueError, match="X has 12 features"):  # of no rows there is no first one
        model.predict(CHARACTERS[:0])


def test_measurements_of_the_same_range_pass_as_floats() -> None:
    """Such as temperatures from 97 to 100: the error says how, and it is so."""
    X = np.random.default_rng(0).integers(97, 101, (30, 12))
    with pytest.raises(ValueError, match="numbers of characters") as told:
        read_sequences(X, numeric=True)
    line = str(told.value).partition("Measurements pass as floats: ")[2].removesuffix(".")
    assert read_sequences(eval(line, {"np": np, "X": X}), numeric=True).kind == "numeric"


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("numeric", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_column_beside_one_hot_ones_raises(make: Any, numeric: bool, first: bool) -> None:
    """An index before them or labels behind them: all was read as measurements, labels included."""
    other = np.arange(120)[:, None]
    X = make(np.hstack([other, FLAT] if first else [FLAT, other % 2]))
    place = "first" if first else "last"
    with pytest.raises(ValueError, match=rf"49 columns.*one-hot without the {place} one") as told:
        read_sequences(X, numeric=numeric)
    line = str(told.value).partition("leave it out, ")[2].partition(". ")[0].removesuffix(".")
    left = eval(line, {"np": np, "X": X})
    np.testing.assert_array_equal(read_sequences(left).codes, CODES)


@pytest.mark.parametrize("first", [False, True])
def test_categories_beside_a_number_pass_in_another_order(first: bool) -> None:
    """Of four levels each they look like letters: the error says how they pass, and it is so."""
    number = np.random.default_rng(0).normal(size=(120, 1))
    X = np.hstack([number, FLAT] if first else [FLAT, number])
    with pytest.raises(ValueError, match="49 columns") as told:
        read_sequences(X, numeric=True)
    line = str(told.value).partition("among theirs: ")[2].removesuffix(".")
    moved = eval(line, {"np": np, "X": X})
    assert read_sequences(moved, numeric=True).kind == "numeric"
    assert sorted(moved.T.tolist()) == sorted(X.T.tolist())
    with pytest.raises(ValueError, match=r"\[:, 1:\]\.$" if first else r"\[:, :-1\]\.$"):
        read_sequences(X)


def test_a_column_beside_letters_of_which_some_are_unknown_raises() -> None:
    """Nearly half of them N."""
    some = np.where(np.arange(12) < 5, np.uint8(NO_SIGNAL), CODES)
    X = np.hstack([np.arange(120)[:, None], one_hot(some).reshape(120, -1)])
    with pytest.raises(ValueError, match="one-hot without the first one"):
        read_sequences(X, numeric=True)


@pytest.mark.parametrize(
    "X",
    [
        CHARACTERS.astype(float),
        np.where(np.arange(120)[:, None] < 119, CHARACTERS, 64),
        CHARACTERS[:, :9],
        np.hstack([FLAT[:, :36], FLAT[:, :1]]),
        np.hstack([FLAT, FLAT[:, :2]]),
        np.zeros((120, 49)),
        rng.integers(0, 2, (120, 49)),
        np.hstack([np.where(np.arange(120)[:, None] < 119, FLAT, 2), FLAT[:, :1]]),
    ],
)
def test_other_numbers_pass(X: Any) -> None:
    """Floats, few columns, several more columns, zeros, and rows that are no letters."""
    assert read_sequences(X, numeric=True).kind == "numeric"

"""Strings into codes: every letter, every container, and errors that say where."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.sequences import NO_SIGNAL, _strings, get_alphabet
from sklearn_attngen.sequences._containers import string_column
from sklearn_attngen.sequences._strings import encode_column, to_matrix

SETTINGS = settings(deadline=None, derandomize=True, max_examples=60)
WORDS = st.lists(st.text("ACGTNRYacgtn", min_size=1, max_size=15), min_size=1, max_size=8)
FORMS = {
    "list": list,
    "tuple": tuple,
    "object": lambda rows: np.array(rows, dtype=object),
    "U": np.array,
    "S": lambda rows: np.array(rows, dtype="S"),
    "bytes": lambda rows: [row.encode() for row in rows],
    "pandas": pd.Series,
    "polars": pl.Series,
}


def encode(X: Any, alphabet: str = "DNA", unknown: str = "zero") -> tuple[np.ndarray, np.ndarray]:
    """Codes and lengths of strings in any container."""
    column = string_column(X)
    assert column is not None
    return encode_column(column, get_alphabet(alphabet), unknown)


def expected_codes(rows: list[str], letters: str) -> list[int]:
    """The definition, one letter at a time."""
    return [
        letters.index(letter) if letter in letters else NO_SIGNAL
        for letter in "".join(rows).upper()
    ]


@SETTINGS
@given(WORDS, st.sampled_from(sorted(FORMS)))
def test_codes_follow_the_definition(rows: list[str], form: str) -> None:
    """Ragged strings in every container, upper and lower case."""
    codes, lengths = encode(FORMS[form](rows))
    assert codes.dtype == np.uint8
    assert lengths.dtype == np.int64
    assert codes.tolist() == expected_codes(rows, "ACGT")
    assert lengths.tolist() == [len(row) for row in rows]


@pytest.mark.parametrize("name", ["DNA", "RNA", "protein", "HEC", "ACGT-"])
def test_every_letter_of_every_alphabet(name: str) -> None:
    """Residues count up, ambiguity letters carry no signal, in both cases."""
    alphabet = get_alphabet(name)
    for letters in (alphabet.letters, alphabet.letters.lower()):
        codes, _ = encode([letters], alphabet=name)
        assert codes.tolist() == list(range(alphabet.n_letters))
    for letters in (alphabet.ambiguous, alphabet.ambiguous.lower()):
        codes, _ = encode([letters], alphabet=name)
        assert set(codes.tolist()) == {NO_SIGNAL}


@SETTINGS
@given(WORDS, st.data())
def test_errors_name_row_and_position(rows: list[str], data: st.DataObject) -> None:
    """Of the first wrong character, in every container."""
    row = data.draw(st.integers(0, len(rows) - 1))
    position = data.draw(st.integers(0, len(rows[row])))
    wrong = data.draw(st.sampled_from("U-*> 5\té漢@"))
    if position == len(rows[row]) and wrong.isspace():
        position = 0
    rows[row] = rows[row][:position] + wrong + rows[row][position:]
    form = data.draw(
        st.sampled_from(sorted(set(FORMS) - ({"S", "bytes"} if wrong > "~" else {""})))
    )
    with pytest.raises(ValueError, match=rf"^Row {row}, position {position} \(both 0-based\): "):
        encode(FORMS[form](rows))


def test_bytes_beyond_ascii_raise() -> None:
    """They are not letters in any encoding."""
    for X in ([b"AC", b"G\xe9"], np.array([b"AC", b"G\xe9"])):
        with pytest.raises(ValueError, match="Row 1, position 1"):
            encode(X)


def test_bytes_and_strings_may_mix() -> None:
    """Each is read as what it is."""
    assert encode(["AC", b"GT"])[0].tolist() == [0, 1, 2, 3]


def test_unknown_error_names_the_first_ambiguity_letter() -> None:
    """And only with that setting."""
    with pytest.raises(ValueError, match=r"Row 1, position 2.*'r' is an ambiguity letter"):
        encode(["ACGT", "ACrN"], unknown="error")
    codes, _ = encode(["ACGT"], unknown="error")
    assert codes.tolist() == [0, 1, 2, 3]


def test_foreign_characters_come_before_ambiguity_letters() -> None:
    """The worse error is reported first."""
    with pytest.raises(ValueError, match="'-' is not in the DNA alphabet"):
        encode(["ANA", "A-A"], unknown="error")


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("row", [0, 2])
def test_missing_rows_raise(missing: object, row: int) -> None:
    """Named, wherever they are."""
    rows: list[Any] = ["ACGT", "ACGT", "ACGT"]
    rows[row] = missing
    for X in (rows, np.array(rows, dtype=object), pd.Series(rows, dtype=object)):
        with pytest.raises(ValueError, match=rf"row {row} \(0-based\) is missing"):
            encode(X)


@pytest.mark.parametrize("dtype", ["str", "string[python]", "string[pyarrow]", "category"])
def test_missing_values_of_pandas_raise(dtype: str) -> None:
    """Each dtype has a missing value of its own."""
    with pytest.raises(ValueError, match=r"row 1 \(0-based\) is missing"):
        encode(pd.Series(["ACGT", None], dtype=dtype))


def test_missing_values_of_polars_raise() -> None:
    """Null is not the empty string."""
    with pytest.raises(ValueError, match=r"row 1 \(0-based\) is missing"):
        encode(pl.Series(["ACGT", None]))


def test_only_missing_values_raise() -> None:
    """A column of nothing is no column of numbers."""
    with pytest.raises(ValueError, match=r"row 0 \(0-based\) is missing"):
        encode([None, None])


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("text", ["nan", "NaN"])
def test_missing_values_that_became_text_raise(text: str, form: str) -> None:
    """NumPy and older pandas write them so as text, and DNA has the letters N, A and N."""
    with pytest.raises(ValueError, match=rf"row 2 \(0-based\) reads '{text}'.*dropna\(\) before"):
        encode(FORMS[form](["ACGT" * 6, "NAN", text]))
    for others in ("NAN", "ACGT"):
        assert encode(FORMS[form]([others, text]))[1].tolist() == [len(others), 3]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_missing_proteins_that_became_text_raise(form: str) -> None:
    """N, N and E are residues, and O is one without signal."""
    rows = ["MKTAYIAK" * 3, "NONE", "None"]
    with pytest.raises(ValueError, match=r"row 2 \(0-based\) reads 'None'.*written 'NONE'"):
        encode(FORMS[form](rows), alphabet="protein")
    assert encode(FORMS[form](rows[1:]), alphabet="protein")[1].tolist() == [4, 4]


@pytest.mark.parametrize("value", [5, 0.5, ["A"], (), [], object(), True])
@pytest.mark.parametrize("row", [0, 1])
def test_other_types_raise(value: object, row: int) -> None:
    """With row and type."""
    rows: list[Any] = ["ACGT", "ACGT"]
    rows[row] = value
    name = type(value).__name__
    with pytest.raises(TypeError, match=rf"row {row} \(0-based\) is of type {name}, not str"):
        encode(rows)


def test_records_of_biopython_are_told_apart() -> None:
    """Their str() is a description of several lines; the letters are in ``seq``."""
    with pytest.raises(TypeError, match=r"SimpleNamespace, not str.*\[str\(s\.seq\) for s in X\]"):
        encode([SimpleNamespace(seq="ACGT")])


@pytest.mark.parametrize("form", sorted(FORMS))
def test_short_rows_are_quoted(form: str) -> None:
    """They may be labels, names of files or the header of a table, which a letter does not tell."""
    with pytest.raises(ValueError, match=r"Row 1, position 1 .*The row reads 'seq\.fa'\.$"):
        encode(FORMS[form](["ACGT", "seq.fa", "ACGT"]))
    with pytest.raises(ValueError, match="Row 1, position 0 ") as caught:
        encode(FORMS[form](["ACGT", 21 * "-"]))
    assert "reads" not in str(caught.value)


@pytest.mark.parametrize("make", [list, tuple, lambda s: bytearray(s.encode())])
def test_letters_that_are_no_string_yet_are_told_how_to_become_one(make: Any) -> None:
    """Their str() holds brackets; the line runs."""
    X = ["ACGT", make("TTGA")]
    with pytest.raises(TypeError, match=r"row 1 .* not str") as caught:
        encode(X)
    X = X[1:]
    line = str(caught.value).partition("for example ")[2].removesuffix(".")
    assert encode(eval(line, {"X": X}))[0].tolist() == [3, 3, 2, 0]


def test_dicts_are_told_the_key() -> None:
    """Their str() is no sequence."""
    with pytest.raises(TypeError, match=r"of type dict, not str.*\[s\['seq'\] for s in X\]"):
        encode([{"seq": "ACGT"}])


@pytest.mark.parametrize("form", sorted(set(FORMS)))
def test_empty_strings_raise(form: str) -> None:
    """The first one is named."""
    with pytest.raises(ValueError, match=r"row 1 \(0-based\) is empty"):
        encode(FORMS[form](["AC", "", "G", ""]))


def test_only_empty_strings_raise() -> None:
    """Also in an array whose width is 0 or 1."""
    for X in (["", ""], np.array(["", ""]), np.array([b"", b""])):
        with pytest.raises(ValueError, match=r"row 0 \(0-based\) is empty"):
            encode(X)


@pytest.mark.parametrize("X", [[], (), np.array([], dtype=object), np.array([], dtype="U5")])
def test_no_rows_raise(X: Any) -> None:
    """In scikit-learn's words."""
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        encode(X)


def test_result_is_writable_and_owned() -> None:
    """Writing to the codes leaves the input alone, whatever it was."""
    for X in (["ACGT"], np.array(["ACGT"]), np.array([b"ACGT"])):
        codes, _ = encode(X)
        codes[:] = 0
        assert encode(X)[0].tolist() == [0, 1, 2, 3]


@SETTINGS
@given(WORDS, st.sampled_from(["left", "right"]), st.integers(0, 3))
def test_padding_adds_positions_on_one_side(rows: list[str], pad: str, extra: int) -> None:
    """The letters stay in order on the other side."""
    codes, lengths = encode(rows)
    target = max(map(len, rows)) + extra
    matrix = to_matrix(codes, lengths, length=target, pad=pad)
    justify = str.rjust if pad == "left" else str.ljust
    padded, _ = encode([justify(row, target, "N") for row in rows])
    np.testing.assert_array_equal(matrix.reshape(-1), padded)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_parts_join_without_a_seam(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strings are encoded a part at a time; where a part ends changes neither codes nor errors."""
    rng = np.random.default_rng(0)
    rows = ["".join(rng.choice(list("ACGTNacgt"), n)) for n in rng.integers(1, 9, 50)]
    for part in (1, 7, 40):
        monkeypatch.setattr(_strings, "_PART", part)
        codes, lengths = encode(FORMS[form](rows))
        assert codes.tolist() == expected_codes(rows, "ACGT")
        assert lengths.tolist() == [len(row) for row in rows]
        for row in (0, 23, 49):
            for letter in "!\u00e9":  # é fits into bytes, but not into ASCII
                if letter == "\u00e9" and form in ("S", "bytes"):
                    continue
                wrong = [*rows[:row], rows[row] + letter, *rows[row + 1 :]]
                with pytest.raises(
                    ValueError, match=rf"(?i)row {row}\b.*position {len(rows[row])}\b"
                ):
                    encode(FORMS[form](wrong))
            wrong = [*rows[:row], rows[row] + "R", *rows[row + 1 :]]
            with pytest.raises(ValueError, match=r"(?i)row \d+"):
                encode(FORMS[form](wrong), unknown="error")


def test_a_row_that_is_no_string_is_named_in_a_later_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are counted from the first of all, not from the first of the part."""
    monkeypatch.setattr(_strings, "_PART", 4)
    rows: list[Any] = ["ACGT"] * 9
    with pytest.raises(TypeError, match="row 7 "):
        encode([*rows[:7], ["A", "C", "G", "T"], "ACGT"])
    with pytest.raises(ValueError, match=r"row 8 .*missing"):
        encode([*rows[:8], None])
    assert encode([*rows[:8], b"ACGT"])[1].tolist() == [4] * 9


@pytest.mark.parametrize("form", ["list", "object", "S", "bytes", "mapped"])
def test_encoding_takes_little_more_memory_than_the_codes(form: str, tmp_path: Path) -> None:
    """One byte a letter, and some bytes a row; no second copy of the letters."""
    n, length = 2_000, 1_000
    rows = ["ACGTN" * (length // 5)] * n
    X = FORMS[form](rows) if form != "mapped" else np.array(rows, dtype="S")
    if form == "mapped":
        np.save(tmp_path / "letters.npy", X)
        X = np.load(tmp_path / "letters.npy", mmap_mode="r")
    encode(X[:2])
    tracemalloc.start()
    codes, _ = encode(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes.nbytes == n * length
    assert codes.flags.writeable
    assert peak < 1.6 * n * length

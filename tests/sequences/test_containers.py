"""Containers: which of them hold strings, and which are refused."""

from __future__ import annotations

import io
from collections import UserList, deque
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from sklearn.dummy import DummyClassifier
from sklearn.utils import Bunch
from skorch.dataset import Dataset

from sklearn_attngen.sequences._containers import string_column, to_numeric_container

ROWS = ["ACGTN", "acgtr"]
STRINGS: dict[str, Any] = {
    "list": ROWS,
    "tuple": tuple(ROWS),
    "list of bytes": [row.encode() for row in ROWS],
    "list of numpy strings": list(np.array(ROWS)),
    "list of lists": [[row] for row in ROWS],
    "list of arrays": [np.array([row]) for row in ROWS],
    "list of arrays without dimensions": [np.array(row) for row in ROWS],
    "object array": np.array(ROWS, dtype=object),
    "U array": np.array(ROWS),
    "U array with room": np.array(ROWS, dtype="U9"),
    "U array of the other byte order": np.array(ROWS, dtype=">U5"),
    "U array with strides": np.array([ROWS[0], "T", ROWS[1], "T"])[::2],
    "S array": np.array(ROWS, dtype="S"),
    "object column": np.array(ROWS, dtype=object)[:, None],
    "U column": np.array(ROWS)[:, None],
    "U matrix": np.array(ROWS)[:, None].view(np.matrix),
    "pandas str": pd.Series(ROWS),
    "pandas object": pd.Series(ROWS, dtype=object),
    "pandas string[python]": pd.Series(ROWS, dtype="string[python]"),
    "pandas string[pyarrow]": pd.Series(ROWS, dtype="string[pyarrow]"),
    "pandas arrow": pd.Series(ROWS, dtype=pd.ArrowDtype(pa.string())),
    "pandas categorical": pd.Series(ROWS, dtype="category"),
    "pandas str array": pd.Series(ROWS).array,
    "pandas object array": pd.array(ROWS, dtype="string[python]"),
    "pandas arrow array": pd.array(ROWS, dtype="string[pyarrow]"),
    "pandas values": pd.Categorical(ROWS),
    "arrow table": pa.table({"sequence": ROWS}),
    "arrow batch": pa.RecordBatch.from_pydict({"sequence": ROWS}),
    "pandas with another index": pd.Series(ROWS, index=[7, 3]),
    "pandas index": pd.Index(ROWS),
    "pandas frame": pd.DataFrame({"seq": ROWS}),
    "polars series": pl.Series("seq", ROWS),
    "polars frame": pl.DataFrame({"seq": ROWS}),
    "pyarrow array": pa.array(ROWS),
}
if hasattr(np.dtypes, "StringDType"):  # numpy 2
    STRINGS["StringDType array"] = np.array(ROWS, dtype=np.dtypes.StringDType())


def as_text(row: Any) -> str:
    """Bytes are letters too."""
    return row.decode() if isinstance(row, bytes) else str(row)


@pytest.mark.parametrize("X", STRINGS.values(), ids=STRINGS.keys())
def test_strings_are_found_in_every_container(X: Any) -> None:
    """In the order of the rows, whatever the index."""
    column = string_column(X)
    assert column is not None
    assert [as_text(row) for row in column] == ROWS


@pytest.mark.parametrize(
    "X",
    [
        [[0, 1], [1, 0]],
        [0.5, 1.0],
        np.eye(3),
        np.eye(3, dtype=object),
        np.zeros((2, 1), dtype=object),
        pd.DataFrame({"a": [0, 1], "b": [1, 0]}),
        pd.Series([1.0, 2.0]),
        pl.DataFrame({"a": [0, 1], "b": [1, 0]}),
        pa.table({"a": [0, 1], "b": [1, 0]}),
        pa.table([pa.array([0, 1]), pa.array([1, 0])], names=["a", "a"]),
        pd.DataFrame({"column_names": [0, 1], "column": [1, 0]}),
        pd.DataFrame({"column": [0.5, 1.0]}),
        pd.array([0.5, 1.0]),
        torch.zeros(2, 4),
        [torch.zeros(4), torch.zeros(4)],
        [np.zeros(4), np.zeros(4)],
        [np.array(0.5), np.array(1.0)],
        scipy.sparse.dok_matrix(np.eye(3)),
    ],
)
def test_numbers_are_not_strings(X: Any) -> None:
    """Sparse formats that are mappings included."""
    assert string_column(X) is None


@pytest.mark.parametrize(
    ("X", "remedy"),
    [
        ("ACGT", r"\[sequence\]"),
        (b"ACGT", r"\[sequence\]"),
        (bytearray(b"ACGT"), r"\[sequence\]"),
        ({"ACGT"}, "order is arbitrary"),
        (frozenset(["ACGT"]), "order is arbitrary"),
        ({"a": "ACGT"}, r"list\(X.values\(\)\)"),
        (Bunch(data=ROWS, target=[0, 1]), r"X\['data'\]"),
        ({"data": ROWS, "target": [0, 1]}, r"X\['data'\]"),
        ("peaks.fa", "read_fasta"),
        (Path("peaks.fa"), "read_fasta"),
        (io.StringIO(">a\nACGT\n"), "read_fasta"),
        ((row for row in ROWS), r"list\(X\)"),
        (map(str, ROWS), r"list\(X\)"),
        (deque(ROWS), r"list\(X\)"),
        ({"a": "ACGT"}.values(), r"list\(X\)"),
        (np.array("ACGT"), "pass a list"),
        (torch.utils.data.TensorDataset(torch.eye(4)), "labels as y"),
        (Dataset(np.eye(4), np.arange(4)), "labels as y"),
        (torch.utils.data.DataLoader(ROWS), "labels as y"),
        (pl.DataFrame({"sequence": ROWS}).lazy(), r"got one LazyFrame\. Pass X\.collect\(\)"),
    ],
)
def test_no_collection_raises(X: Any, remedy: str) -> None:
    """With what to pass instead."""
    with pytest.raises(TypeError, match=remedy):
        string_column(X)


@pytest.mark.parametrize(
    "X", [[list("ACGT")], np.array([list("ACGT")]), np.array([list("ACGT")], dtype=object)]
)
def test_one_letter_a_cell_raises(X: Any) -> None:
    """With the line that joins them."""
    with pytest.raises(ValueError, match=r"4 columns of strings.*''.join\(row\)"):
        string_column(X)


@pytest.mark.parametrize(
    "X",
    [
        np.array([["A", "C"], ["G", "T"]]),
        np.array([[b"A", b"C"], [b"G", b"T"]]),
        [[b"A", b"C"], [b"G", b"T"]],
        np.array([["AC"], ["GT"]])[:, :, None],
        np.array([["A", "C"], ["G", "T"]])[:, None],
        np.array([["A", "C"], ["G", "T"]], dtype=object)[:, :, None],
        np.array([["A", "C"], ["G", "T"]])[:, :, None].tolist(),
        (((b"A", b"C"),), ((b"G", b"T"),)),
        list(np.array([["A", "C"], ["G", "T"]])[:, :, None, None]),
    ],
)
def test_the_line_that_joins_cells_runs(X: Any) -> None:
    """Whatever dimensions the cells have, and on bytes too."""
    with pytest.raises(ValueError, match="join them") as caught:
        string_column(X)
    line = str(caught.value).partition("join them: ")[2].partition(";")[0]
    column = string_column(eval(line, {"X": X, "np": np}))
    assert column is not None
    assert [as_text(row) for row in column] == ["AC", "GT"]


def test_strings_of_three_dimensions_are_called_that() -> None:
    """Arrays and nested lists; the first of them may be missing, and lists of several lengths."""
    X = np.array([["ACGT", "AC"], ["ACGT", "AC"]])[:, :, None]
    with pytest.raises(ValueError, match=r"got an array of shape \(2, 2, 1\) and dtype <U4\. If"):
        string_column(X)
    with pytest.raises(ValueError, match=r"got rows of shape \(2, 2, 1\) and dtype <U4\. If"):
        string_column(X.tolist())
    X = X.astype(object)
    X[0] = None
    with pytest.raises(
        ValueError, match=r"got an array of shape \(2, 2, 1\) and dtype object\. If"
    ):
        string_column(X)
    with pytest.raises(ValueError, match="got nested rows of several shapes"):
        string_column([[["ACGT"]], [["ACGT"], ["AC"]]])


@pytest.mark.parametrize("as_rows", [list, lambda rows: np.array(rows, dtype=object)])
def test_one_letter_a_cell_raises_also_if_the_first_is_missing(as_rows: Any) -> None:
    """It would be read as numbers."""
    with pytest.raises(ValueError, match="2 columns of strings"):
        string_column(as_rows([[None, "C"], ["G", "T"]]))


@pytest.mark.parametrize("first", [[None], [None, None], (np.nan,)])
def test_missing_cells_before_strings_are_no_columns(first: Any) -> None:
    """The row that is no string is named where the column is read."""
    assert string_column([first, "ACGT"]) == [first, "ACGT"]


@pytest.mark.parametrize("as_rows", [list, lambda rows: np.array(rows, dtype=object)])
def test_rows_of_a_table_are_told_which_cell_is_the_sequence(as_rows: Any) -> None:
    """As they come from csv.reader and such."""
    rows = [(0.5, "a", row) for row in ROWS]
    with pytest.raises(ValueError, match=r"rows of 3 cells.*\[row\[2\] for row in X\]"):
        string_column(as_rows(rows))


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((0, 2), "U1"),
        np.zeros((0, 2, 1), "S1"),
        pd.DataFrame({"seq": ROWS})[:0],
        pl.DataFrame({"seq": ROWS})[:0],
    ],
)
def test_no_rows_of_strings_are_strings(X: Any) -> None:
    """So that it is the rows that are missing."""
    assert string_column(X) == []


@pytest.mark.parametrize(
    "frame", [pd.DataFrame, pl.DataFrame, pa.table, pa.RecordBatch.from_pydict]
)
def test_tables_of_one_letter_a_cell_raise(frame: Any) -> None:
    """The line runs on the table."""
    X = frame({"a": ["A", "C"], "b": ["G", "T"]})
    with pytest.raises(ValueError, match="2 columns of strings") as caught:
        string_column(X)
    line = str(caught.value).partition("join them: ")[2].partition(";")[0]
    assert eval(line, {"X": X}) == ["AG", "CT"]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("rows", [ROWS, [None, ROWS[0]]], ids=["whole", "first missing"])
def test_tables_raise_and_name_the_column(frame: Any, rows: list[Any]) -> None:
    """A table of several columns: the remedy names the one whose texts are the longest."""
    X = frame({"gc": [0.1, 0.2], "id": ["a", "b"], "seq": rows, "label": ["c", "d"]})
    with pytest.raises(ValueError, match=r"table of 4 columns.*X\['seq'\].*ColumnTransformer"):
        string_column(X)


def test_fields_of_records_are_named() -> None:
    """As np.genfromtxt reads a table: the remedy names the one that holds the longest text."""
    rows = [("a", row, 0.5) for row in ROWS]
    X = np.array(rows, dtype=[("id", "U1"), ("seq", "U9"), ("gc", float)])
    for records in (X, X.view(np.recarray)):
        with pytest.raises(ValueError, match=r"fields \['id', 'seq', 'gc'\].* such as X\['seq'\]"):
            string_column(records)
    assert list(string_column(X["seq"])) == ROWS
    with pytest.raises(ValueError, match=r"such as X\['gc'\]"):
        string_column(X[["gc"]])
    records = pd.DataFrame({"id": ["a", "b"], "seq": [None, ROWS[0]]}).to_records()
    with pytest.raises(ValueError, match=r"such as X\['seq'\]"):
        string_column(records)


def test_an_estimator_is_no_collection() -> None:
    """As it comes where a method of the estimator is passed as a function of estimator and X."""
    with pytest.raises(TypeError, match=r"got one DummyClassifier.*lambda estimator, X: "):
        string_column(DummyClassifier())


def test_unknown_sequence_types_are_left_to_scikit_learn() -> None:
    """No guess is made about objects that are no known container."""
    assert string_column(UserList(ROWS)) is None


def test_tensors_become_arrays() -> None:
    """Also those that need a gradient, or have a dtype that numpy does not know."""
    for tensor in (torch.ones(2, requires_grad=True), torch.ones(2, dtype=torch.bfloat16)):
        array = to_numeric_container(tensor)
        assert isinstance(array, np.ndarray)
        np.testing.assert_array_equal(array, [1, 1])
    X = [[1, 0]]
    assert to_numeric_container(X) is X


def test_objects_that_look_like_sequences_are_named_later() -> None:
    """Such as Biopython's, which have a length and letters: the message about them has a remedy."""

    class Seq:
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> str:
            return "ACGT"[index]

    rows = [Seq(), Seq()]
    assert string_column(rows) == rows


@pytest.mark.parametrize("dtype", ["U5", "S5", object])
def test_masked_strings_are_missing(dtype: Any) -> None:
    """Whatever the array holds at the masked place is not read."""
    column = string_column(np.ma.array(np.array(ROWS, dtype=dtype), mask=[False, True]))
    assert column is not None
    assert as_text(column[0]) == ROWS[0]
    assert column[1] is None


@pytest.mark.parametrize("missing", [None, np.nan])
@pytest.mark.parametrize("kind", [list, tuple])
def test_rows_of_one_cell_whose_first_is_missing(missing: Any, kind: type) -> None:
    """Which row it is can be said only of a column."""
    rows = [kind([missing]), kind([ROWS[0]])]
    column = string_column(rows)
    assert column is not None
    assert column[1] == ROWS[0]

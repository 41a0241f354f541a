"""Unwrap the containers in which strings and numbers arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set, ValuesView
from os import PathLike
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from ._messages import is_missing

_TEXT = (str, bytes)


def string_column(X: Any) -> list[Any] | NDArray[Any] | None:
    """Return the column of strings that `X` holds, or None if it holds numbers.

    The column is a list, or a 1-D array of fixed-width strings (dtype U or S), and is not checked:
    its elements may still be missing or no strings at all.

    Raises
    ------
    TypeError
        If `X` is a single string or no sequence (a set, a mapping or its values, a generator).
    ValueError
        If `X` has more than one column and one of them holds strings.
    """
    if issparse(X):  # some formats are mappings; scikit-learn has the words for all of them
        return None
    refuse_no_container(X)
    if isinstance(X, (list, tuple)):
        return _from_rows(list(X))
    if isinstance(X, np.ndarray):
        return _from_array(X)
    columns, table = getattr(X, "columns", None), len(getattr(X, "shape", ())) == 2
    if _is_arrow(X) and columns is not None:
        columns, table = X.schema.names, True  # its columns are no names, and batches have no shape
    if columns is not None and table:
        return _from_frame(X, list(columns))
    if hasattr(X, "to_list") and hasattr(X, "name"):  # Series and Index of pandas, Series of polars
        if getattr(getattr(X, "dtype", None), "kind", "O") in "biufc":
            return None
        return _from_rows(X.to_list())
    if hasattr(X, "to_pylist"):  # arrays of pyarrow
        return _from_rows(X.to_pylist())
    kind = getattr(getattr(X, "dtype", None), "kind", None)
    if kind in ("O", "U", "S") and getattr(X, "ndim", 0) == 1:  # arrays of pandas
        return _from_rows(list(X))
    return None


def to_numeric_container(X: Any) -> Any:
    """Turn a torch tensor (any device, any dtype) into an ndarray; leave the rest alone."""
    if not (hasattr(X, "detach") and hasattr(X, "cpu")):
        return X
    X = X.detach().cpu()
    if str(X.dtype) == "torch.bfloat16":  # numpy has no such type
        X = X.float()
    return X.numpy()


def masked_as_nan(values: Any) -> Any:
    """Put NaN where a mask hides numbers, which NumPy would read all the same."""
    if isinstance(values, np.ma.MaskedArray):
        return np.ma.filled(values.astype(np.float64), np.nan)
    return values


def refuse_no_container(X: Any) -> None:
    """Raise for a single string and for what has no rows in an order."""
    remedy = None
    if isinstance(X, (*_TEXT, bytearray)):
        remedy = (
            "Pass a list, also for a single sequence: [sequence]. datasets.read_fasta reads files."
        )
    elif isinstance(X, PathLike) or hasattr(X, "readline"):
        remedy = "Read the file first, for example with datasets.read_fasta(path).data."
    elif type(X).__name__ == "LazyFrame":  # of polars
        remedy = "Pass X.collect()."
    elif isinstance(X, Mapping) and "data" in X:  # what read_fasta and other functions return
        remedy = "Pass its sequences alone: X['data']."
    elif hasattr(X, "get_params"):
        remedy = (
            "Pass the sequences. Where a function of estimator and X is due, pass "
            "lambda estimator, X: estimator.saliency(X), not estimator.saliency."
        )
    elif isinstance(X, Set):
        remedy = "Its order is arbitrary, so labels cannot match: pass a list."
    elif isinstance(X, Mapping):
        remedy = "Pass list(X.values()), in the order of the labels."
    elif isinstance(X, (Iterator, ValuesView, deque)):
        remedy = "Pass list(X)."
    elif any(base.__module__.startswith("torch.utils.data") for base in type(X).__mro__):
        remedy = "Pass its sequences alone, and its labels as y."
    if remedy is not None:
        name = type(X).__name__
        raise TypeError(f"Expected a collection of sequences, got one {name}. {remedy}")


def _from_rows(rows: list[Any]) -> list[Any] | None:
    """Rows of a list: strings, or single-element rows that hold a string."""
    first = rows[0] if rows else None
    if isinstance(first, _TEXT) or not rows:
        return rows
    if _is_unsized(first):
        return _from_rows([row.item() if _is_unsized(row) else row for row in rows])
    if all(map(_is_single, rows)) and any(_is_text(row[0]) for row in rows):
        return [row[0] for row in rows]  # the first may be missing
    if isinstance(first, (list, tuple, np.ndarray)) and len(first):
        if len(first) == 1 and _is_text(first[0]):
            return rows
        _refuse_cells_of_text(rows)
    if any(isinstance(row, _TEXT) for row in rows) or all(map(is_missing, rows)):
        return rows
    if isinstance(first, (list, tuple)) or np.isscalar(first) or hasattr(first, "__array__"):
        return None
    return rows  # objects that are neither strings nor numbers: the row is named later


def _is_text(value: Any) -> bool:
    return isinstance(value, _TEXT)


def _is_unsized(row: Any) -> bool:
    return isinstance(row, np.ndarray) and row.ndim == 0


def _is_single(row: Any) -> bool:
    if isinstance(row, np.ndarray):
        return len(row.shape) > 0 and len(row) == 1
    return isinstance(row, (list, tuple)) and len(row) == 1


def _from_array(X: NDArray[Any]) -> list[Any] | NDArray[Any] | None:
    if fields := X.dtype.names:
        texts = _lengths_of_text((name, X[name].ravel()) for name in fields)
        name = max(texts, key=texts.__getitem__, default=fields[0])
        raise ValueError(
            f"Expected one column of sequences, got an array with the fields {list(fields)}. Pass "
            f"the field that holds the sequences, such as X[{name!r}]."
        )
    if X.dtype.kind not in "USOT":
        return None
    if X.ndim == 0:
        raise TypeError("Expected a collection of sequences, got a 0-D array: pass a list.")
    if isinstance(X, np.matrix):
        X = np.asarray(X)  # its columns have two dimensions, and columns of their own
    if X.ndim == 2 and X.shape[1] == 1:
        return _from_array(X[:, 0])
    if X.ndim > 1:
        if X.dtype.kind in "OSTU":
            _refuse_cells_of_text(X)
        return [] if not len(X) and X.dtype.kind in "STU" else None
    if X.dtype.kind in "US" and not np.ma.is_masked(X):
        return X
    return _from_rows(X.tolist())


def _from_frame(X: Any, columns: list[Any]) -> list[Any] | NDArray[Any] | None:
    if not columns:
        raise ValueError("Expected one column of sequences, got a table without columns.")
    if len(columns) == 1:
        return string_column(X.column(0) if _is_arrow(X) else X[columns[0]])
    places = range(len(columns))
    if hasattr(X, "iloc"):
        parts = (X.iloc[:, i] for i in places)
    elif _is_arrow(X):
        parts = (X.column(i) for i in places)
    else:
        parts = (X[name] for name in columns)
    texts = _lengths_of_text(zip(columns, parts, strict=True))
    if texts:
        name = max(texts, key=texts.__getitem__)
        if texts[name] == 1:
            # tables of pyarrow have no rows to go through
            rows = "zip(*X.to_pydict().values())" if _is_arrow(X) else "X.to_numpy()"
            _refuse_columns(len(columns), rows)
        raise ValueError(
            f"Expected one column of sequences, got a table of {len(columns)} columns. Pass the "
            f"column that holds the sequences, such as X[{name!r}], or name it in a "
            f"ColumnTransformer([('sequence', estimator, {name!r})])."
        )
    return None


def _is_arrow(X: Any) -> bool:
    return type(X).__module__.startswith("pyarrow")


def _lengths_of_text(columns: Iterable[tuple[Any, Any]]) -> dict[Any, int]:
    """Return how long the text of each column is: names and labels are shorter than sequences."""
    firsts = ((name, _first_of(column)) for name, column in columns)
    return {name: len(first) for name, first in firsts if _is_text(first)}


def _first_of(column: Any) -> Any:
    """Return the first value of a column that is not missing, None if all are."""
    values = (value.as_py() if hasattr(value, "as_py") else value for value in column)
    return next((value for value in values if not is_missing(value)), None)


def _refuse_cells_of_text(rows: list[Any] | NDArray[Any]) -> None:
    """Raise if the first row of cells that are not missing holds text, in several or deeper.

    The other rows are not looked at: where they are numbers they are many.
    """
    in_cells = (row for row in rows if not _is_text(row))
    row = next((row for row in in_cells if not all(map(is_missing, _cells(row)))), ())
    cells = list(_cells(row))
    texts = {place: cell for place, cell in enumerate(cells) if _is_text(cell)}
    if not texts:
        return
    longest = max(texts, key=lambda place: len(texts[place]))
    empty = repr(texts[longest][:0])
    if any(isinstance(cell, (list, tuple, np.ndarray)) for cell in row):
        raise ValueError(
            f"Expected one string a row, got {_shape_and_dtype(rows)}. If the cells of a row are "
            f"one sequence, join them: [{empty}.join(np.ravel(row)) for row in X]; otherwise pass "
            "one column of sequences."
        )
    if all(_is_text(cell) or is_missing(cell) for cell in cells):
        _refuse_columns(len(cells), empty=empty)
    raise ValueError(
        f"Expected one column of sequences, got rows of {len(cells)} cells, not all of them "
        f"numbers. Pass the sequences alone, such as [row[{longest}] for row in X]."
    )


def _cells(row: Any) -> Iterator[Any]:
    """Yield what the row holds, however deep."""
    if isinstance(row, np.ndarray):
        row = row.ravel().tolist()
    if isinstance(row, (list, tuple)):
        for cell in row:
            yield from _cells(cell)
    else:
        yield row


def _shape_and_dtype(rows: list[Any] | NDArray[Any]) -> str:
    what = "an array" if isinstance(rows, np.ndarray) else "rows"
    try:
        array = np.asarray(rows)
    except ValueError:
        return "nested rows of several shapes"
    return f"{what} of shape {array.shape} and dtype {array.dtype}"


def _refuse_columns(n_columns: int, rows: str = "X", empty: str = "''") -> NoReturn:
    raise ValueError(
        f"Expected one column of sequences, got {n_columns} columns of strings. If each cell holds "
        f"one letter, join them: [{empty}.join(row) for row in {rows}]; otherwise pass one column."
    )

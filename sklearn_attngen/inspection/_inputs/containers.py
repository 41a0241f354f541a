"""Arrays, Series, frames and tables, made anew with other contents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp] | slice


def in_container(values: NDArray[Any], like: Any, rows: Rows) -> Any:
    """Put contents for the given rows into a container like the one given.

    Parameters
    ----------
    values : ndarray
        Strings (dtype=object) of shape (m,), or numbers of the shape that the container has for m
        rows. Floats are fractions: where the container holds integers or bools, they keep their
        own type.
    like : object
        Its kind, dtype, index, name and columns are taken over. Lists give arrays.
    rows : ndarray of int of shape (m,), or slice
    """
    if len(getattr(like, "shape", ())) == 2 and values.ndim == 1:
        values = values[:, None]
    library = type(like).__module__.partition(".")[0]
    if library == "pyarrow":
        return _in_arrow(values, like)
    if library == "polars":
        return _in_polars(values, like)
    if hasattr(like, "iloc"):
        return _in_pandas(values, like, rows)
    if hasattr(like, "new_tensor"):
        like = like if _holds(like.is_floating_point(), values) else like.float()
        return like.new_tensor(values)
    if isinstance(like, np.ndarray):
        return values.astype(_type_for(values, like.dtype), copy=False)
    return values


def _in_pandas(values: NDArray[Any], like: Any, rows: Rows) -> Any:
    index = like.index[rows]
    if like.ndim == 1:
        dtype = _type_for(values, like.dtype)
        return type(like)(values, index=index, name=like.name, dtype=dtype)
    frame = type(like)(values, index=index)
    types = {place: _type_for(values, dtype) for place, dtype in enumerate(like.dtypes)}
    if len(set(types.values())) == 1:  # at once, instead of column by column
        frame = frame.astype(types[0]) if types[0] is not None else frame
    else:
        frame = frame.astype(types)
    frame.columns = like.columns
    return frame


def _in_polars(values: NDArray[Any], like: Any) -> Any:
    if values.ndim == 1:
        return type(like)(like.name, values.tolist())
    frame = type(like)(values, schema=list(like.columns), orient="row")
    if values.dtype.kind == "O":  # strings, where the type may name all that there were
        return frame
    types = {name: dtype for name, dtype in like.schema.items() if _holds(dtype.is_float(), values)}
    return frame.cast(types)


def _in_arrow(values: NDArray[Any], like: Any) -> Any:
    import pyarrow as pa

    def column(part: NDArray[Any], dtype: Any) -> Any:
        made = pa.array(part)
        return made.cast(dtype) if _holds(pa.types.is_floating(dtype), part) else made

    if hasattr(like, "schema"):
        parts = values.reshape(len(values), -1).T
        columns = [
            column(part, dtype) for part, dtype in zip(parts, like.schema.types, strict=True)
        ]
        return type(like).from_arrays(columns, names=like.schema.names)
    made = column(values, like.type)
    return pa.chunked_array([made]) if isinstance(like, pa.ChunkedArray) else made


def _type_for(values: NDArray[Any], dtype: Any) -> Any:
    """Return the dtype of a column that is to hold other values, None for any that does."""
    if hasattr(dtype, "categories"):  # which are the sequences there were
        return None
    return dtype if _holds(dtype.kind == "f", values) else values.dtype


def _holds(is_float: bool, values: NDArray[Any]) -> bool:
    """Say whether a type holds the values: those that are floats are fractions."""
    return is_float or values.dtype.kind != "f"

"""Seqlets as they are given to other functions, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alignment import Integers, cut


def check_order(X: Any, saliency: Any, seqlets: Any) -> None:
    """Raise if sequences, saliency and seqlets stand in another order."""
    kinds = [_kind(given) for given in (X, saliency, seqlets)]
    for kind, own in zip(kinds, ("sequences", "saliency", "seqlets"), strict=True):
        if kind not in (None, own):
            raise TypeError(
                f"cluster_seqlets(X, saliency, seqlets) got {kind} in the place of {own}. Pass the "
                "sequences first, then their saliency, then what extract_seqlets returned."
            )


def _kind(given: Any) -> str | None:
    """Return what an argument is, None if it could be more than one of them."""
    columns = given if isinstance(given, Mapping) else getattr(given, "columns", ())
    if {"row", "start"} <= set(columns):
        return "seqlets"
    if not hasattr(given, "__array__") and not isinstance(given, list | tuple):
        return None
    try:
        values = np.asarray(given)
    except ValueError:  # rows of several lengths: what reads them says more
        return None
    if not values.size:
        return None
    if isinstance(values.flat[0], str | bytes):
        return "sequences"
    # numbers that are no zeros and ones are no one-hot letters
    numbers = values.ndim == 2 and values.dtype.kind == "f"
    return "saliency" if numbers and not np.isin(values, (0.0, 1.0)).all() else None


def check_seqlets(seqlets: Any, saliency: NDArray[np.float64]) -> tuple[Integers, Integers, int]:
    """Return rows, starts and the width of seqlets, those of most saliency first, or raise."""
    try:
        arrays = [np.asarray(seqlets[key]) for key in ("row", "start", "end")]
    except (TypeError, KeyError, IndexError) as error:
        raise TypeError(
            "seqlets must be what extract_seqlets returns, with the arrays row, start and end, got "
            f"{type(seqlets).__name__}."
        ) from error
    rows, starts, ends = arrays
    if rows.ndim != 1 or not rows.shape == starts.shape == ends.shape:
        raise ValueError("row, start and end of seqlets must be arrays of one length.")
    if not len(rows):
        return rows.astype(np.int64), starts.astype(np.int64), 1
    widths = np.unique(ends - starts)
    if len(widths) > 1:
        raise ValueError(
            f"seqlets have several widths ({widths[0]} to {widths[-1]}). Give all the same, as "
            "extract_seqlets(width=...) does: motifs can be wider or narrower than they."
        )
    shape = saliency.shape
    outside = (rows < 0) | (rows >= shape[0]) | (starts < 0) | (ends > shape[1]) | (widths[0] < 1)
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(
            f"Seqlet {i} (0-based) is row {rows[i]}, positions {starts[i]} to {ends[i]}, which X "
            f"with {shape[0]} rows and {shape[1]} positions does not have. Were the seqlets "
            "extracted from the saliency of other sequences?"
        )
    rows, starts, width = rows.astype(np.int64), starts.astype(np.int64), int(widths[0])
    # A table of them may have been sorted or put together in another order.
    scores = cut(saliency, rows, starts, width, 0.0).sum(axis=1)
    order = np.lexsort((starts, rows, -scores))
    return rows[order], starts[order], width

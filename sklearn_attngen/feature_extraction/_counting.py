"""Count the k-mers of many sequences at once, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import csr_matrix

from sklearn_attngen.sequences import NO_SIGNAL

# Windows handled at a time. Small enough for the processor's cache, large enough that the overhead
# of a numpy call does not count.
_CHUNK = 1 << 19


@dataclass(frozen=True)
class Vocabulary:
    """The columns of a k-mer matrix.

    A k-mer is a number to the base `n_letters`; `tables` maps it to its column among the k-mers of
    that k (None: to itself). The columns of the next k follow those of the one before.
    """

    n_letters: int
    ks: tuple[int, ...]
    tables: tuple[NDArray[np.integer] | None, ...]
    sizes: tuple[int, ...]

    @property
    def n_columns(self) -> int:
        """Number of columns of all k together."""
        return sum(self.sizes)


def build_vocabulary(
    n_letters: int, ks: tuple[int, ...], complements: NDArray[np.uint8] | None
) -> Vocabulary:
    """Lay out the columns, merging reverse complements if `complements` are given."""
    if complements is None:
        return Vocabulary(n_letters, ks, (None,) * len(ks), tuple(n_letters**k for k in ks))
    tables = []
    sizes = []
    flipped = np.zeros(1, dtype=np.int32)  # code of the reverse complement of each k-mer, k = 0
    for k in range(1, ks[-1] + 1):
        # The first letter of a k-mer becomes the last one of its reverse complement.
        last = complements.astype(np.int32)
        flipped = (flipped[None, :] * np.int32(n_letters) + last[:, None]).reshape(-1)
        if k in ks:
            codes = np.arange(n_letters**k, dtype=np.int32)
            column = np.cumsum(codes <= flipped, dtype=np.int32) - 1
            sizes.append(int(column[-1]) + 1)
            table = column[np.minimum(codes, flipped)]
            tables.append(table.astype(np.uint16) if sizes[-1] <= 1 << 16 else table)
    return Vocabulary(n_letters, ks, tuple(tables), tuple(sizes))


def kmer_names(letters: str, vocabulary: Vocabulary) -> NDArray[np.object_]:
    """Spell the k-mer of every column."""
    names = []
    symbols = np.frombuffer(letters.encode("ascii"), dtype=np.uint8)
    for k, table in zip(vocabulary.ks, vocabulary.tables, strict=True):
        codes = np.arange(vocabulary.n_letters**k)
        if table is not None:
            # The smaller code of a pair is the first one that maps to the column.
            codes = np.unique(table, return_index=True)[1]
        spelled = np.empty((len(codes), k), dtype=np.uint8)
        for place in reversed(range(k)):
            codes, digit = np.divmod(codes, vocabulary.n_letters)
            spelled[:, place] = symbols[digit]
        names.append(spelled.view(f"S{k}").reshape(-1).astype(f"U{k}").astype(object))
    return np.concatenate(names)


def count_kmers(
    codes: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    vocabulary: Vocabulary,
    dtype: DTypeLike,
    binary: bool,
) -> csr_matrix:
    """Count the k-mers of ragged sequences.

    Parameters
    ----------
    codes : ndarray of shape (n_letters_in_total,), dtype=uint8
        Letter codes of all sequences, one after the other.
    lengths : ndarray of shape (n_samples,), dtype=int64
        The length of each sequence.
    vocabulary : Vocabulary
        The columns.
    dtype : dtype
        Type of the counts.
    binary : bool
        Whether to store 1 for every k-mer that occurs.

    Returns
    -------
    counts : csr_matrix of shape (n_samples, n_columns)
        Sorted indices, no duplicates, no stored zeros.
    """
    dtype = np.dtype(dtype)
    n_samples = len(lengths)
    # Rows of similar length share a chunk, so that padding a chunk to its longest row costs little.
    order = None if (lengths == lengths[0]).all() else np.argsort(lengths, kind="stable")
    bound = sum(
        int(np.minimum(np.maximum(lengths - k + 1, 0), size).sum())
        for k, size in zip(vocabulary.ks, vocabulary.sizes, strict=True)
    )
    index_dtype = np.int32 if bound <= np.iinfo(np.int32).max else np.int64
    # Pages of these buffers that are never written cost no memory.
    indices: NDArray[np.integer] = np.empty(bound, dtype=index_dtype)
    data: NDArray[Any] = np.empty(bound, dtype=dtype)
    indptr: NDArray[np.integer] = np.zeros(n_samples + 1, dtype=index_dtype)
    end = 0
    for rows, chunk in _chunks(codes, lengths, order, vocabulary):
        columns, counts, row_ends = _count_chunk(chunk, vocabulary)
        start, end = end, end + len(columns)
        indices[start:end] = columns
        data[start:end] = 1 if binary else _checked(counts, dtype)
        indptr[rows.start + 1 : rows.stop + 1] = start + row_ends
    if end < bound // 2:
        indices, data = indices[:end].copy(), data[:end].copy()
    shape = (n_samples, vocabulary.n_columns)
    matrix: Any = csr_matrix((data[:end], indices[:end], indptr), shape=shape, copy=False)
    if order is not None:
        inverse = np.empty_like(order)
        inverse[order] = np.arange(n_samples)
        matrix = matrix[inverse]
    matrix.has_canonical_format = True  # sets has_sorted_indices too: nothing needs to be checked
    return matrix


def _chunks(
    codes: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    order: NDArray[np.int64] | None,
    vocabulary: Vocabulary,
) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Yield rows, in the given order, as rectangles of codes filled up with NO_SIGNAL."""
    n_samples = len(lengths)
    n_ks = len(vocabulary.ks)
    if order is None:
        matrix = codes.reshape(n_samples, -1)
        step = max(1, _CHUNK // (n_ks * matrix.shape[1]))
        for start in range(0, n_samples, step):
            rows = slice(start, min(start + step, n_samples))
            yield rows, matrix[rows]
        return
    starts = (np.cumsum(lengths) - lengths)[order]
    sorted_lengths = lengths[order]
    start = 0
    while start < n_samples:
        # Lengths ascend, so the number of cells of rows start..stop grows with stop: the longest
        # row times the number of rows. A chunk holds at least one row.
        limit = min(n_samples, start + max(1, _CHUNK // (n_ks * int(sorted_lengths[start]))))
        cells = np.arange(1, limit - start + 1) * sorted_lengths[start:limit] * n_ks
        stop = start + max(1, int(np.searchsorted(cells, _CHUNK, side="right")))
        rows = slice(start, stop)
        inside = np.arange(sorted_lengths[stop - 1]) < sorted_lengths[rows][:, None]
        chunk = np.full(inside.shape, NO_SIGNAL, dtype=np.uint8)
        first = np.repeat(
            starts[rows] - (np.cumsum(sorted_lengths[rows]) - sorted_lengths[rows]),
            sorted_lengths[rows],
        )
        chunk[inside] = codes[first + np.arange(len(first))]
        yield rows, chunk
        start = stop


def _count_chunk(
    chunk: NDArray[np.uint8], vocabulary: Vocabulary
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
    """Count the k-mers of a rectangle of codes: columns, counts, and where each row ends."""
    n_rows, length = chunk.shape
    skip = vocabulary.n_columns  # stands for a window that does not count
    widths = [max(0, length - k + 1) for k in vocabulary.ks]
    if sum(widths) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, np.zeros(n_rows, dtype=np.int64)
    windows = np.empty((n_rows, sum(widths)), dtype=_unsigned(skip))
    code_dtype = _unsigned(vocabulary.n_letters ** vocabulary.ks[-1] - 1)
    letters = chunk.astype(code_dtype)
    no_signal = chunk == NO_SIGNAL
    any_skipped = bool(no_signal.any())
    word, skipped = letters, no_signal
    offset = column = 0
    for k in range(1, vocabulary.ks[-1] + 1):
        if k > length:
            break
        if k > 1:  # one letter more on the right
            word = word[:, :-1] * code_dtype.type(vocabulary.n_letters) + letters[:, k - 1 :]
            if any_skipped:
                skipped = skipped[:, :-1] | no_signal[:, k - 1 :]
        if k not in vocabulary.ks:
            continue
        which = vocabulary.ks.index(k)
        block = windows[:, column : column + widths[which]]
        table = vocabulary.tables[which]
        block[...] = word if table is None else np.take(table, word, mode="clip")
        block += windows.dtype.type(offset)
        if any_skipped:
            np.copyto(block, skip, where=skipped)
        block.sort(axis=1)
        column += widths[which]
        offset += vocabulary.sizes[which]
    # Every run of equal columns within a row is one entry of the matrix.
    is_first = np.empty(windows.shape, dtype=bool)
    is_first[:, 0] = True
    np.not_equal(windows[:, 1:], windows[:, :-1], out=is_first[:, 1:])
    run_starts = np.flatnonzero(is_first)
    counts = np.diff(run_starts, append=windows.size)
    columns = windows.reshape(-1)[run_starts]
    row_ends = np.searchsorted(run_starts, np.arange(1, n_rows + 1) * windows.shape[1])
    if any_skipped:
        kept = columns != skip
        row_ends = np.concatenate(([0], np.cumsum(kept)))[row_ends]
        columns, counts = columns[kept], counts[kept]
    return columns, counts, row_ends


def _checked(counts: NDArray[np.integer], dtype: np.dtype) -> NDArray[np.integer]:
    if dtype.kind in "iu" and len(counts) and counts.max() > np.iinfo(dtype).max:
        raise ValueError(
            f"A k-mer occurs {counts.max()} times in one sequence, more than dtype={dtype} can "
            f"hold ({np.iinfo(dtype).max}). Choose a larger dtype, or binary=True."
        )
    return counts


def _unsigned(largest: int) -> np.dtype:
    """Return the smallest type for numbers up to `largest` that sorts fast."""
    return np.dtype(np.uint16 if largest < 1 << 16 else np.uint32)

"""Saliency as a track for genome browsers: bedGraph and bigWig."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import StrOptions

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen._writing import write_whole
from sklearn_attngen.inspection._inputs.values import check_saliency

from .regions import Regions, check_lengths, read_regions, write_lines

_BIGWIG = (".bw", ".bigWig", ".bigwig")


class _Track(NamedTuple):
    """Stretches of equal value in the order of the genome, none overlapping another."""

    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.float64]


@validate_params(
    {
        "saliency": ["array-like"],
        "overlaps": [StrOptions({"error", "mean"})],
        "pad": [StrOptions({"left", "right"}), None],
    },
    prefer_skip_nested_validation=True,
)
def to_bedgraph(
    saliency: ArrayLike,
    regions: Any,
    path: str | os.PathLike[str],
    *,
    overlaps: str = "error",
    pad: str | None = None,
) -> None:
    """Write saliency as a bedGraph track.

    Parameters
    ----------
    saliency : array-like of shape (n, L)
        Saliency of n sequences, as they were given to the classifier.
    regions : DataFrame, mapping, or list of n tuples or texts
        Where each sequence lies: the columns ``chrom``, ``start``, ``end`` and ``strand`` ("+" if
        left out), tuples in this order, or texts such as "chr1:100-300(-)" or, as ``bedtools
        getfasta -name`` writes them, "peak7::chr1:100-300(-)". Half-open and 0-based, as in BED.
        The saliency of a sequence on the minus strand is turned round.
    path : str or path-like
        The file; it is compressed if the name ends in ".gz". An existing file is replaced.
    overlaps : {"error", "mean"}, default="error"
        What to do where regions overlap: a track has one value for a position. "error" refuses,
        "mean" takes the mean of the sequences that cover the position.
    pad : {"left", "right"} or None, default=None
        For sequences of different lengths: the side on which the saliency of the shorter ones has
        padding, as ``pad`` of the encoder. It is left out. None takes all for equally long.

    Raises
    ------
    ValueError
        If a region does not fit the saliency, what would be padding has saliency, or regions
        overlap; the message names the row.

    See Also
    --------
    to_bigwig : The same as a binary file, for large tracks.
    to_bed : Seqlets and motif sites.

    Notes
    -----
    Magnitudes of saliency are shares of one sequence: a value depends on the length of the sequence
    and on what else it holds, so heights in different regions do not compare well. Signed
    evidence does compare. The track says where the classifier looks, and proves nothing:
    :func:`perturbation_curve` is the control.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_attngen.inspection import to_bedgraph
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "saliency.bedgraph"
    ...     to_bedgraph([[0.7, 0.2, 0.1]], [("chr1", 10, 13, "-")], path)
    ...     print(path.read_text())
    chr1 10 11 0.1
    chr1 11 12 0.2
    chr1 12 13 0.7
    """
    values = check_saliency(saliency)
    track = _make_track(values, read_regions(regions, len(values)), overlaps, pad)
    lines = [
        f"{chrom}\t{start}\t{end}\t{value:.6g}"
        for chrom, start, end, value in zip(*track, strict=True)
    ]
    write_lines(lines, path)


@validate_params(
    {
        "saliency": ["array-like"],
        "overlaps": [StrOptions({"error", "mean"})],
        "pad": [StrOptions({"left", "right"}), None],
    },
    prefer_skip_nested_validation=True,
)
def to_bigwig(
    saliency: ArrayLike,
    regions: Any,
    path: str | os.PathLike[str],
    *,
    chrom_sizes: Mapping[str, int] | str | os.PathLike[str],
    overlaps: str = "error",
    pad: str | None = None,
) -> None:
    """Write saliency as a bigWig track.

    Needs pybigtools: ``pip install 'sklearn-attngen[genome]'``.

    Parameters
    ----------
    saliency : array-like of shape (n, L)
        Saliency of n sequences, as they were given to the classifier.
    regions : DataFrame, mapping, or list of n tuples or texts
        Where each sequence lies, see :func:`to_bedgraph`.
    path : str or path-like
        The file, which ends in ``.bw`` or ``.bigWig``. An existing file is replaced.
    chrom_sizes : mapping of str to int, str or path-like
        Length of each chromosome, or a file with a name and a length in each line.
    overlaps : {"error", "mean"}, default="error"
        What to do where regions overlap, see :func:`to_bedgraph`.
    pad : {"left", "right"} or None, default=None
        Where the padding of shorter sequences stands, see :func:`to_bedgraph`.

    Raises
    ------
    ImportError
        If pybigtools is not installed.
    ValueError
        If the name of the file ends otherwise, a region does not fit the saliency or its
        chromosome, what would be padding has saliency, or regions overlap.
    OSError
        If the file cannot be written; what was there stays.

    See Also
    --------
    to_bedgraph : The same as text; says what the values mean.

    Notes
    -----
    The format holds values in single precision.

    Examples
    --------
    >>> from sklearn_attngen.inspection import to_bigwig
    >>> to_bigwig(
    ...     [[0.7, 0.3]], ["chr1:10-12"], "saliency.bw", chrom_sizes={"chr1": 1000}
    ... )  # doctest: +SKIP
    """
    pybigtools = require("pybigtools", extra="genome", purpose="to_bigwig")
    if Path(path).suffix not in _BIGWIG:
        raise ValueError(
            f"The name of a bigWig file must end in '.bw' or '.bigWig', got {str(path)!r}."
        )
    values = check_saliency(saliency)
    where = read_regions(regions, len(values))
    track = _make_track(values, where, overlaps, pad)
    sizes = _read_sizes(chrom_sizes)
    for row, (chrom, end) in enumerate(zip(where.chrom, where.end, strict=True)):
        if chrom not in sizes:
            raise ValueError(
                f"Region {row} (0-based) lies on {chrom!r}, which chrom_sizes does not have. "
                "Are the chromosomes named in another way there ('1', 'chr1')?"
            )
        if end > sizes[chrom]:
            raise ValueError(
                f"Region {row} (0-based) ends at {end}, but {chrom} is {sizes[chrom]} letters long."
            )

    def entries() -> Iterator[tuple[str, int, int, float]]:
        for chrom, start, end, value in zip(*track, strict=True):
            yield chrom, int(start), int(end), float(value)

    used = {chrom: sizes[chrom] for chrom in sorted(set(where.chrom))}
    with TemporaryDirectory() as folder:
        track_file = Path(folder, "track.bw")  # the ending tells the library what to write
        pybigtools.open(str(track_file), "w").write(used, entries())  # closes the file, too
        content = track_file.read_bytes()
    write_whole(path, content)


def _make_track(
    values: NDArray[np.float64], where: Regions, overlaps: str, pad: str | None
) -> _Track:
    """Lay the values of all sequences along the genome."""
    n, length = values.shape
    check_lengths(where, np.arange(n), np.full(n, length), pad)
    own = (where.end - where.start)[:, None]
    place = np.arange(length) - (length - own if pad == "left" else 0)  # in the sequence
    # The first letter of a sequence of the minus strand is the last one of its region.
    places = np.where(where.minus[:, None], own - 1 - place, place) + where.start[:, None]
    names, codes = np.unique(where.chrom, return_inverse=True)
    inside = (place >= 0) & (place < own)
    if (wrong := (values != 0) & ~inside).any():
        i, position = np.argwhere(wrong)[0]
        raise ValueError(
            f"Row {i} (0-based) has saliency at position {position}, which is padding if "
            f"pad={pad!r}: its region has {own[i, 0]} letters, and padding has no saliency. Were "
            "the sequences padded on the other side, or are the regions in another order?"
        )
    row, column = np.nonzero(inside)
    chrom, position, along = codes[row], places[row, column], values[row, column]
    order = np.lexsort((position, chrom))
    chrom, position, along, row = chrom[order], position[order], along[order], row[order]
    again = (np.diff(chrom) == 0) & (np.diff(position) == 0)
    if again.any():
        if overlaps == "error":
            at = int(np.argmax(again))
            rows = sorted(row[at : at + 2].tolist())
            raise ValueError(
                f"Regions {rows[0]} and {rows[1]} (0-based) both cover {names[chrom[at]]}:"
                f"{position[at]}-{position[at] + 1}, but a track has one value for a position. "
                "Leave one of them out, or say overlaps='mean'."
            )
        first = np.flatnonzero(np.concatenate([[True], ~again]))
        along = np.add.reduceat(along, first) / np.diff(np.append(first, len(along)))
        chrom, position = chrom[first], position[first]
    breaks = (np.diff(chrom) != 0) | (np.diff(position) != 1) | (np.diff(along) != 0)
    start = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    stop = np.append(start[1:], len(along)) - 1
    return _Track(names[chrom[start]], position[start], position[stop] + 1, along[start])


def _read_sizes(chrom_sizes: Mapping[str, int] | str | os.PathLike[str]) -> dict[str, int]:
    """Return the lengths of the chromosomes."""
    if isinstance(chrom_sizes, Mapping):
        return {str(chrom): int(size) for chrom, size in chrom_sizes.items()}
    sizes = {}
    for number, line in enumerate(Path(chrom_sizes).read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) < 2 or not words[1].isdigit():
            raise ValueError(
                f"{chrom_sizes}, line {number}: a name and a length are needed, got {line!r}."
            )
        sizes[words[0]] = int(words[1])
    return sizes

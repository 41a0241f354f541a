"""Where sequences lie in a genome."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._writing import write_whole
from sklearn_attngen.sequences._messages import is_missing

# bedtools getfasta -name puts the name of the record and "::" before the region
_TEXT = re.compile(
    r"(?:.*::)?(?P<chrom>.+):(?P<start>\d[\d,]*)-(?P<end>\d[\d,]*)(\((?P<strand>[-+.]?)\))?"
)
_LARGEST = np.iinfo(np.int64).max
_COLUMNS = ("chrom", "start", "end", "strand")


class Regions(NamedTuple):
    """Half-open intervals, 0-based, one for each sequence."""

    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    minus: NDArray[np.bool_]


def read_regions(regions: Any, n: int | None = None) -> Regions:
    """Read coordinates of n sequences (None is any number), or say which row is wrong.

    Accepted are a data frame or mapping with the columns chrom, start, end and perhaps strand, and
    a list of tuples in this order or of strings such as "chr1:100-300(-)", before which a name and
    "::" may stand.
    """
    chrom, start, end, strand = _columns(regions)
    if n is not None and len(chrom) != n:
        raise ValueError(
            f"regions holds {len(chrom)} regions for {n} sequences: give one for each, in the same "
            "order."
        )
    starts, ends = read_integers(start, "start"), read_integers(end, "end")
    # tables hold chromosomes that are called "1" as numbers
    chrom = [
        str(name) if isinstance(name, Integral) and not isinstance(name, bool) else name
        for name in chrom
    ]
    for row, name in enumerate(chrom):
        if not isinstance(name, str) or not name or any(letter.isspace() for letter in name):
            raise ValueError(
                f"The chromosome of region {row} (0-based) is {name!r}; a name without spaces is "
                "needed."
            )
    signs = ["+" if is_missing(sign) else sign for sign in strand]
    for row, sign in enumerate(signs):
        if sign not in ("+", "-", "."):
            raise ValueError(
                f"The strand of region {row} (0-based) is {sign!r}; '+', '-' or '.' is needed."
            )
    wrong = (starts < 0) | (ends <= starts)
    if wrong.any():
        row = int(np.argmax(wrong))
        here = f"Region {row} (0-based), {chrom[row]}:{starts[row]}-{ends[row]},"
        if starts[row] < 0:
            raise ValueError(f"{here} starts before the chromosome.")
        raise ValueError(f"{here} holds no letter.")
    return Regions(
        np.array(chrom, dtype=object), starts, ends, np.array([sign == "-" for sign in signs])
    )


def check_lengths(
    where: Regions,
    rows: NDArray[Any],
    lengths: NDArray[Any],
    pad: str | None,
) -> None:
    """Raise if the regions of some rows are not as long as what was found in them.

    Parameters
    ----------
    where : Regions
        All of them.
    rows : ndarray of shape (n,)
        Those that are looked at.
    lengths : ndarray of shape (n,)
        Number of positions that stand for each; where there is padding, that too.
    pad : {"left", "right"} or None
        With a side, regions may be shorter.
    """
    own = (where.end - where.start)[rows]
    wrong = own != lengths if pad is None else own > lengths
    if not wrong.any():
        return
    i = int(np.argmax(wrong))
    row = rows[i]
    here = f"{where.chrom[row]}:{where.start[row]}-{where.end[row]}"
    message = (
        f"Region {row} (0-based), {here}, is {own[i]} letters long, but its sequence has "
        f"{lengths[i]} positions. Regions are half-open and 0-based, as in BED."
    )
    if (own == lengths - 1).all():
        message += " All of them are one letter short: if they are 1-based with their ends"
        message += " included, subtract 1 from every start."
    if pad is None and own[i] < lengths[i]:
        message += " If the sequences are of different lengths, say on which side the shorter ones"
        message += " were padded: pad='left' or pad='right'."
    raise ValueError(message)


def _columns(regions: Any) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Return the four columns as lists."""
    if hasattr(regions, "columns") or isinstance(regions, Mapping):
        names = list(regions.columns if hasattr(regions, "columns") else regions)
        missing = [name for name in _COLUMNS[:3] if name not in names]
        if missing:
            raise ValueError(
                f"regions has no column {missing[0]!r}. Its columns must be called chrom, start, "
                f"end and, if sequences lie on both strands, strand, with one row for each "
                f"sequence; it has {names}."
            )
        columns = [list(regions[name]) for name in _COLUMNS[:3]]
        strand = list(regions["strand"]) if "strand" in names else ["+"] * len(columns[0])
        for name, column in zip(_COLUMNS[1:], (*columns[1:], strand), strict=True):
            if len(column) != len(columns[0]):
                raise ValueError(
                    f"The column {name!r} of regions holds {len(column)} value(s), and 'chrom' "
                    f"{len(columns[0])}: give each one for every region."
                )
        return columns[0], columns[1], columns[2], strand
    if isinstance(regions, str) or not hasattr(regions, "__iter__"):
        raise TypeError(
            "regions must be a data frame with the columns chrom, start, end and strand, or a list "
            f"of tuples or of texts such as 'chr1:100-300(-)', got {type(regions).__name__}."
        )
    rows = [_parse(region, row) for row, region in enumerate(regions)]
    if not rows:
        return [], [], [], []
    chrom, start, end, strands = (list(column) for column in zip(*rows, strict=True))
    return chrom, start, end, strands


def _parse(region: Any, row: int) -> tuple[Any, Any, Any, Any]:
    """Return chromosome, start, end and strand of one region."""
    if isinstance(region, str):
        found = _TEXT.fullmatch(region)
        if not found:
            raise ValueError(
                f"Region {row} (0-based) is {region!r}; 'chrom:start-end' is needed, with "
                "'(-)' after it on the minus strand."
            )
        start, end = (int(found[key].replace(",", "")) for key in ("start", "end"))
        return found["chrom"], start, end, found["strand"] or "+"
    if not isinstance(region, Iterable):
        raise TypeError(
            f"Region {row} (0-based) is {region!r}; (chrom, start, end), with a strand where there "
            "is one, or a text such as 'chr1:100-300(-)' is needed."
        )
    parts = tuple(region)
    if len(parts) not in (3, 4):
        raise ValueError(
            f"Region {row} (0-based) has {len(parts)} parts; (chrom, start, end) or (chrom, start, "
            "end, strand) is needed."
        )
    return parts if len(parts) == 4 else (*parts, "+")


def read_integers(values: list[Any], what: str, of: str = "region") -> NDArray[np.int64]:
    """Return whole numbers, or name the row that holds none."""
    numbers = np.zeros(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):  # the last for infinity
            number = None
        if (
            number is None
            or abs(number) > _LARGEST
            or (not isinstance(value, str) and number != value)
        ):
            raise ValueError(
                f"The {what} of {of} {row} (0-based) is {value!r}; a whole number is needed."
            )
        numbers[row] = number
    return numbers


def write_lines(lines: Sequence[str], path: str | os.PathLike[str]) -> None:
    """Write lines to a file, compressed if its name ends in ".gz"."""
    write_whole(path, "".join(f"{line}\n" for line in lines).encode("utf-8"))

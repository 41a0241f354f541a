"""Regions: every form reads the same, and errors name the row."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_attngen.inspection._files.regions import check_lengths, read_regions

TUPLES = [("chr1", 100, 110, "+"), ("chr2", 5, 15, "-")]
COLUMNS = {"chrom": ["chr1", "chr2"], "start": [100, 5], "end": [110, 15], "strand": ["+", "-"]}


@pytest.mark.parametrize(
    "regions",
    [
        TUPLES,
        COLUMNS,
        pd.DataFrame(COLUMNS, index=[7, 3]),
        pl.DataFrame(COLUMNS),
        ["chr1:100-110", "chr2:5-15(-)"],
        ["peak::1::chr1:100-110(+)", "b::chr2:5-15(-)"],
        ["chr1:100-110()", "chr2:5-15(-)"],  # no strand was known
        pd.Series(["chr1:100-110(+)", "chr2:5-15(-)"], index=[4, 9]),
        np.array(TUPLES, dtype=object),
        [("chr1", "100", "110"), ("chr2", 5.0, np.int32(15), "-")],
    ],
)
def test_forms(regions):
    read = read_regions(regions, 2)
    assert read.chrom.tolist() == ["chr1", "chr2"]
    assert read.start.tolist() == [100, 5]
    assert read.end.tolist() == [110, 15]
    assert read.minus.tolist() == [False, True]


def test_strand_is_plus_where_there_is_none():
    frame = pd.DataFrame({**COLUMNS, "strand": [None, np.nan]})
    assert not read_regions(frame, 2).minus.any()
    frame["strand"] = pd.array(["+", pd.NA], dtype="string")
    assert not read_regions(frame, 2).minus.any()
    del frame["strand"]
    assert not read_regions(frame, 2).minus.any()
    assert not read_regions([("chr1", 0, 10, ".")], 1).minus.any()


def test_numbered_chromosomes():
    """Tables hold those of Ensembl as numbers, beside "X" or not."""
    frame = pd.DataFrame({"chrom": [1, 22], "start": [100, 5], "end": [110, 15]})
    assert read_regions(frame, 2).chrom.tolist() == ["1", "22"]
    assert read_regions([(1, 100, 110), ("X", 5, 15)], 2).chrom.tolist() == ["1", "X"]


def test_thousands_are_read():
    assert read_regions(["chr1:1,000-1,010"], 1).start.tolist() == [1000]


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ([*TUPLES, TUPLES[0]], "3 regions for 2 sequences"),
        ([TUPLES[0], ("chr2", -5, 5)], r"Region 1 \(0-based\), chr2:-5-5, starts before"),
        ([TUPLES[0], ("chr2", 5, 15, "minus")], r"strand of region 1 \(0-based\) is 'minus'"),
        ([TUPLES[0], ("chr2", "x", 15)], r"start of region 1 \(0-based\) is 'x'"),
        ([TUPLES[0], ("chr2", 5, 15.5)], r"end of region 1 \(0-based\) is 15.5"),
        ([TUPLES[0], (2.0, 5, 15)], r"chromosome of region 1 \(0-based\) is 2\.0"),
        ([TUPLES[0], (True, 5, 15)], r"chromosome of region 1 \(0-based\) is True"),
        ([TUPLES[0], ("chr 2", 5, 15)], "name without spaces"),
        ([TUPLES[0], ("chr2", 5)], r"Region 1 \(0-based\) has 2 parts"),
        (["chr1:100-110", "chr2:5"], r"Region 1 \(0-based\) is 'chr2:5'"),
        ([TUPLES[0], ("chr2", 5, np.inf)], r"end of region 1 \(0-based\) is inf"),
        ([TUPLES[0], ("chr2", 10**20, 10**20 + 10)], r"start of region 1 \(0-based\) is 1000"),
        ([TUPLES[0], ("chr2", 5, pd.NA)], r"end of region 1 \(0-based\) is <NA>"),
        (["chr1:100-110", "chr2:,-15"], r"Region 1 \(0-based\) is 'chr2:,-15'"),
        ({"chrom": ["chr1"], "start": [1]}, "no column 'end'"),
        ({**COLUMNS, "start": [100]}, "column 'start' of regions holds 1 value"),
    ],
)
def test_errors_name_the_row(regions, message):
    with pytest.raises(ValueError, match=message):
        read_regions(regions, 2)


def test_lengths():
    """What is longer or shorter is named; padding makes shorter ones right."""
    where, rows, ten = read_regions([("chr1", 100, 110), ("chr2", 6, 15)]), np.arange(2), 10
    lengths = np.array([ten, ten])
    with pytest.raises(ValueError, match=r"Region 1 \(0-based\), chr2:6-15, is 9 .* 10 positions"):
        check_lengths(where, rows, lengths, None)
    check_lengths(where, rows, lengths, "left")
    with pytest.raises(ValueError, match=r"Region 0 \(0-based\), chr1:100-110, is 10 .* has 9"):
        check_lengths(where, rows, lengths - 1, "right")


def test_advice_on_lengths_fits():
    """Only if all are one short they may be 1-based; only what is shorter may have padding."""

    def message(regions, length):
        where = read_regions(regions)
        n = len(where.chrom)
        with pytest.raises(ValueError, match="letters long") as error:
            check_lengths(where, np.arange(n), np.full(n, length), None)
        return str(error.value)

    mixed = message(["a:0-10", "a:0-9"], 10)
    assert "1-based" not in mixed
    assert "pad='left' or pad='right'" in mixed
    assert "subtract 1 from every start" in message(["a:1-10", "a:1-10"], 10)
    assert "pad" not in message(["a:0-11"], 10)


def test_any_number():
    assert read_regions([("chr1", 0, 5), ("chr1", 0, 9)]).end.tolist() == [5, 9]
    with pytest.raises(ValueError, match="holds no letter"):
        read_regions([("chr1", 5, 5)])
    with pytest.raises(TypeError, match="must be a data frame"):
        read_regions("chr1:5-15", 1)

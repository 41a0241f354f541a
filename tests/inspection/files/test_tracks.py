"""to_bedgraph and to_bigwig: each letter's value at its place in the genome."""

import gzip
import time

import numpy as np
import pytest

from sklearn_attngen.inspection import to_bedgraph, to_bigwig

VALUES = np.array([[0.5, 0.5, 0.25], [1.0, 2.0, 3.0]])
REGIONS = [("chr2", 10, 13, "+"), ("chr1", 4, 7, "-")]


def read(path):
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [(chrom, int(start), int(end), float(value)) for chrom, start, end, value in rows]


def test_values_lie_at_their_places(tmp_path):
    """Sorted by place; runs are one line; the minus strand is turned round."""
    to_bedgraph(VALUES, REGIONS, tmp_path / "x.bedgraph")
    assert read(tmp_path / "x.bedgraph") == [
        ("chr1", 4, 5, 3.0),
        ("chr1", 5, 6, 2.0),
        ("chr1", 6, 7, 1.0),
        ("chr2", 10, 12, 0.5),
        ("chr2", 12, 13, 0.25),
    ]


def test_runs_end_where_regions_do(tmp_path):
    regions = [("chr1", 0, 2), ("chr1", 2, 4), ("chr1", 5, 7), ("chr2", 7, 9)]
    to_bedgraph(np.ones((4, 2)), regions, tmp_path / "x")
    assert read(tmp_path / "x") == [("chr1", 0, 4, 1), ("chr1", 5, 7, 1), ("chr2", 7, 9, 1)]


def test_compressed_files_are_the_same_bytes_again(tmp_path, monkeypatch):
    for name, seconds in (("a.gz", 1e9), ("b.gz", 2e9)):
        monkeypatch.setattr(time, "time", lambda now=seconds: now)
        to_bedgraph(VALUES, REGIONS, tmp_path / name)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()).startswith(b"chr1\t4\t5\t3\n")


def test_overlaps_are_refused_or_averaged(tmp_path):
    regions = [("chr1", 0, 3), ("chr1", 2, 5, "-")]
    with pytest.raises(ValueError, match=r"Regions 0 and 1 \(0-based\) both cover chr1:2-3"):
        to_bedgraph(VALUES, regions, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    to_bedgraph(VALUES, regions, tmp_path / "x", overlaps="mean")
    assert read(tmp_path / "x") == [
        ("chr1", 0, 2, 0.5),
        ("chr1", 2, 3, (0.25 + 3) / 2),
        ("chr1", 3, 4, 2),
        ("chr1", 4, 5, 1),
    ]


def test_a_region_twice_is_an_overlap(tmp_path):
    regions = [("chr1", 0, 3), ("chr1", 0, 3)]
    with pytest.raises(ValueError, match="Regions 0 and 1"):
        to_bedgraph(VALUES, regions, tmp_path / "x")
    to_bedgraph(VALUES, regions, tmp_path / "x", overlaps="mean")
    assert [value for *_, value in read(tmp_path / "x")] == [0.75, 1.25, 1.625]


def test_against_a_genome_of_numbers(tmp_path):
    """Random regions, averaged: the same as adding them up in an array."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 8))
    starts = rng.integers(0, 60, 40)
    minus = rng.random(40) < 0.5
    total, count = np.zeros(70), np.zeros(70)
    for row, start, back in zip(values, starts, minus, strict=True):
        total[start : start + 8] += row[::-1] if back else row
        count[start : start + 8] += 1
    regions = [("c", start, start + 8, "-" if back else "+") for start, back in zip(starts, minus)]  # noqa: B905
    to_bedgraph(values, regions, tmp_path / "x", overlaps="mean")
    written = np.full(70, np.nan)
    for _, start, end, value in read(tmp_path / "x"):
        written[start:end] = value
    expected = np.divide(total, count, out=np.full(70, np.nan), where=count > 0)
    np.testing.assert_allclose(written, expected, rtol=1e-5)


def test_bigwig_reads_back(tmp_path):
    pybigtools = pytest.importorskip("pybigtools")
    (tmp_path / "sizes").write_text("chr1\t100\nchr2\t50\nchr3\t9\n\n")
    for name, sizes in (("a.bw", {"chr2": 50, "chr1": 100}), ("b.bw", tmp_path / "sizes")):
        to_bigwig(VALUES, REGIONS, tmp_path / name, chrom_sizes=sizes)
        with pybigtools.open(str(tmp_path / name)) as track:
            assert track.chroms() == {"chr1": 100, "chr2": 50}
            assert list(track.records("chr1", 0, 100)) == [(4, 5, 3), (5, 6, 2), (6, 7, 1)]
            assert list(track.records("chr2", 0, 50)) == [(10, 12, 0.5), (12, 13, 0.25)]


def test_bigwig_needs_chromosomes_that_fit(tmp_path):
    pytest.importorskip("pybigtools")
    with pytest.raises(ValueError, match=r"Region 1 \(0-based\) lies on 'chr1'"):
        to_bigwig(VALUES, REGIONS, tmp_path / "x.bw", chrom_sizes={"chr2": 50})
    with pytest.raises(ValueError, match=r"Region 0 \(0-based\) ends at 13, but chr2 is 12"):
        to_bigwig(VALUES, REGIONS, tmp_path / "x.bw", chrom_sizes={"chr2": 12, "chr1": 99})
    (tmp_path / "sizes").write_text("chr1\t100\nchr2\n")
    with pytest.raises(ValueError, match="line 2: a name and a length"):
        to_bigwig(VALUES, REGIONS, tmp_path / "x.bw", chrom_sizes=tmp_path / "sizes")
    assert not (tmp_path / "x.bw").exists()
    # the last letter of a chromosome is one of its letters
    to_bigwig(VALUES, REGIONS, tmp_path / "x.bw", chrom_sizes={"chr2": 13, "chr1": 7})
    with pytest.raises(ValueError, match="both cover"):
        to_bigwig(VALUES, [REGIONS[0]] * 2, tmp_path / "x.bw", chrom_sizes={"chr2": 50})


@pytest.mark.parametrize("name", ["x.bigWig", "x.bigwig"])
def test_names_of_bigwig_files(tmp_path, name):
    pybigtools = pytest.importorskip("pybigtools")
    to_bigwig(VALUES, REGIONS, tmp_path / name, chrom_sizes={"chr2": 50, "chr1": 100})
    (tmp_path / "read.bw").write_bytes((tmp_path / name).read_bytes())
    with pybigtools.open(str(tmp_path / "read.bw")) as track:
        assert list(track.records("chr2", 0, 50)) == [(10, 12, 0.5), (12, 13, 0.25)]


@pytest.mark.parametrize("name", ["x.bb", "x.bigBed", "x.bw.gz", "x.BW", "x"])
def test_other_files_than_bigwig_are_not_written(tmp_path, name):
    """The library writes a broken bigBed file of values, without an error."""
    pytest.importorskip("pybigtools")
    (tmp_path / name).write_text("old")
    with pytest.raises(ValueError, match=rf"must end in '\.bw' or '\.bigWig', got '.*{name}'"):
        to_bigwig(VALUES, REGIONS, tmp_path / name, chrom_sizes={"chr2": 50, "chr1": 100})
    assert (tmp_path / name).read_text() == "old"


def test_what_does_not_fit_is_said(tmp_path):
    with pytest.raises(ValueError, match="3 positions"):
        to_bedgraph(VALUES, [("chr1", 0, 4), ("chr1", 4, 8)], tmp_path / "x")
    with pytest.raises(ValueError, match="row 0 at position 1"):
        to_bedgraph([[0, np.nan, 1]], REGIONS[:1], tmp_path / "x")
    with pytest.raises(ValueError, match="overlaps"):
        to_bedgraph(VALUES, REGIONS, tmp_path / "x", overlaps="max")


@pytest.mark.parametrize(
    ("pad", "kept"), [("left", [[3, 4], [2, 3, 4]]), ("right", [[1, 2], [1, 2, 3]])]
)
def test_padding_of_shorter_sequences_is_left_out(tmp_path, pad, kept):
    """Sequences of 2 and 3 letters with saliency of 4 positions, on both strands."""
    values = np.array([[1.0, 2, 0, 0], [1, 2, 3, 0]])
    if pad == "left":
        values = np.array([[0.0, 0, 3, 4], [0, 2, 3, 4]])
    regions = [("a", 10, 12), ("b", 20, 23, "-")]
    with pytest.raises(ValueError, match=r"Region 0 \(0-based\), a:10-12, .*pad='left' or pad="):
        to_bedgraph(values, regions, tmp_path / "x")
    to_bedgraph(values, regions, tmp_path / "x", pad=pad)
    first, second = kept
    assert read(tmp_path / "x") == [
        *[("a", 10 + i, 11 + i, value) for i, value in enumerate(first)],
        *[("b", 20 + i, 21 + i, value) for i, value in enumerate(second[::-1])],
    ]


@pytest.mark.parametrize(("pad", "position"), [("left", 0), ("right", 2)])
def test_padding_on_the_other_side(tmp_path, pad, position):
    """Saliency was cut off, and what was left of it moved."""
    values = [[1.0, 2, 3, 4], [1, 2, 0, 0] if pad == "left" else [0, 0, 3, 4]]
    regions = [("a", 10, 14), ("a", 20, 22)]
    with pytest.raises(ValueError, match=rf"Row 1 .* position {position}.* if pad='{pad}'.*other"):
        to_bedgraph(values, regions, tmp_path / "x", pad=pad)
    assert not (tmp_path / "x").exists()

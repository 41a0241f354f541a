"""to_bed: where seqlets and sites lie in the genome, and on which strand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import Bunch

from sklearn_attngen.inspection import (
    Motif,
    cluster_seqlets,
    extract_seqlets,
    to_bed,
    to_frame,
)
from sklearn_attngen.inspection._motifs.clustering import SITE
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

REGIONS = [("chr2", 100, 120, "+"), ("chr1", 200, 220, "-")]


def test_seqlets_may_be_a_table(tmp_path):
    """One row for each, as pandas users keep them."""
    seqlets = pd.DataFrame({"row": [0], "start": [3], "end": [8], "score": [1.0]}, index=[7])
    assert lines(seqlets, tmp_path / "x") == ["chr2\t103\t108\tseqlet\t1000\t."]


def test_what_holds_no_regions_of_saliency(tmp_path):
    """Saliency itself, its tidy table and a motif report: each is told what to pass instead."""
    tidy = to_frame(np.ones((1, 4)), ["ACGT"])
    for found, message in (
        (tidy, "columns .*'position'.* extract_seqlets finds them in saliency, and to_bedgraph"),
        (np.ones((1, 4)), "got an array: extract_seqlets finds them"),
        (pd.DataFrame({"name": ["m"], "motif": [motif()]}), "pass its column 'motif'"),
        ({"row": [0], "start": [0]}, r"columns \['row', 'start'\]"),
    ):
        with pytest.raises(TypeError, match=message):
            to_bed(found, REGIONS, tmp_path / "x")
    with pytest.raises(ValueError, match=r"no column 'chrom'.*one row for each sequence; it has"):
        to_bed(motif(), tidy, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def motif(name="m", sites=((0, 2, 1, 0.5), (1, 2, 1, 1.0), (1, 4, -1, 0.25))):
    """A motif whose sites know their sequences' length where they are given five values."""
    fields = np.dtype(SITE.descr[: len(sites[0])])
    return Motif(name, np.eye(4)[[0, 1, 2]], sites=np.array(list(sites), dtype=fields))


def lines(found, path, regions=REGIONS):
    to_bed(found, regions, path)
    return path.read_text().splitlines()


def test_seqlets(tmp_path):
    seqlets = Bunch(
        row=np.array([1, 0]), start=np.array([0, 3]), end=np.array([5, 8]), score=np.array([2.0, 1])
    )
    assert lines(seqlets, tmp_path / "x") == [
        "chr1\t215\t220\tseqlet\t1000\t.",
        "chr2\t103\t108\tseqlet\t500\t.",
    ]


@pytest.mark.parametrize("found", [motif(), [motif()], pd.Series([motif()])])
def test_sites_turn_with_their_sequence(tmp_path, found):
    assert lines(found, tmp_path / "x") == [
        "chr1\t213\t216\tm\t250\t+",
        "chr1\t215\t218\tm\t1000\t-",
        "chr2\t102\t105\tm\t500\t+",
    ]


def test_letters_are_those_of_the_genome(tmp_path):
    """What stands at the coordinates, read on the strand of the line, is the motif."""
    genome = "TTTTTACGTTCGTAAATTTT"
    plus, minus = genome[2:12], genome[5:15].translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert (plus[3:6], minus[2:5]) == ("ACG", "ACG")
    found = motif(sites=((0, 3, 1, 1), (1, 2, 1, 1)))
    regions = [("g", 2, 12, "+"), ("g", 5, 15, "-")]
    for line in lines(found, tmp_path / "x", regions):
        _, start, end, _, _, strand = line.split("\t")
        letters = genome[int(start) : int(end)]
        if strand == "-":
            letters = letters.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        assert letters == "ACG"


def test_sites_may_hang_over_the_end_of_a_sequence(tmp_path):
    found = motif(sites=((0, -2, 1, 1.0), (0, 18, 1, 1.0)))
    assert [line.split("\t")[1:3] for line in lines(found, tmp_path / "x")] == [
        ["98", "101"],
        ["118", "121"],
    ]
    assert lines(found, tmp_path / "y", [("chr1", 0, 20)])[0].split("\t")[1:3] == ["0", "1"]


def test_scores_are_what_the_format_allows(tmp_path):
    """Where all are negative, none is the share of a highest one."""
    seqlets = {"row": [0, 0], "start": [3, 9], "end": [8, 14]}
    for given, written in (
        ([2, -1], ["1000", "0"]),
        ([-1, -2], ["0", "0"]),
        ([0, 0], ["0", "0"]),
        ([3, 2], ["1000", "667"]),  # rounded, not cut off
    ):
        found = lines(seqlets | {"score": given}, tmp_path / "x")
        assert [line.split("\t")[4] for line in found] == written


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("row", -1, r"seqlet lies in row -1 \(0-based\), but there are 2 regions"),
        ("end", 3, r"seqlet lies at positions 3 to 3 of row 1 \(0-based\)"),
        ("end", 1, r"seqlet lies at positions 3 to 1 of row 1 \(0-based\)"),
    ],
)
def test_regions_that_there_cannot_be(tmp_path, column, value, message):
    seqlets = {"row": [0, 1], "start": [3, 3], "end": [8, 8], "score": [1, 1]}
    seqlets[column] = [seqlets[column][0], value]
    with pytest.raises(ValueError, match=message):
        to_bed(seqlets, REGIONS, tmp_path / "x")


def test_several_motifs_in_the_order_of_the_genome(tmp_path):
    found = [motif("a", [(0, 9, 1, 1)]), motif("b", [(0, 2, 1, 1), (1, 2, 1, 1)])]
    names = [line.split("\t")[3] for line in lines(found, tmp_path / "x.bed")]
    assert names == ["b", "b", "a"]


@pytest.mark.parametrize("scores", [(1.0, 0.5), (0.5, 1.0)])
def test_scores_of_several_motifs_are_shares_of_one(tmp_path, scores):
    """The highest of all, so that lines of a file compare."""
    found = [motif(f"m{i}", [(0, i, 1, score)]) for i, score in enumerate(scores)]
    written = [line.split("\t")[4] for line in lines(found, tmp_path / "x")]
    assert written == [f"{1000 * score:g}" for score in scores]


def test_nothing_found_is_an_empty_file(tmp_path):
    empty = Bunch(row=np.zeros(0, int), start=np.zeros(0, int), end=np.zeros(0, int), score=[])
    assert lines(empty, tmp_path / "x") == []


def test_what_does_not_fit_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"m lies in row 1 \(0-based\), but there are 1 regions"):
        to_bed(motif(), REGIONS[:1], tmp_path / "x")
    with pytest.raises(ValueError, match="has no sites"):
        to_bed(Motif("m", [[1, 0, 0, 0]]), REGIONS, tmp_path / "x")
    with pytest.raises(ValueError, match=r"m lies at positions 25 to 28 of row 0 \(0-based\)"):
        to_bed(motif(sites=[(0, 25, 1, 1)]), REGIONS, tmp_path / "x")
    with pytest.raises(ValueError, match=r"m lies at positions 20 to 23 of row 0 \(0-based\)"):
        to_bed(motif(sites=[(0, 20, 1, 1)]), REGIONS, tmp_path / "x")
    with pytest.raises(TypeError, match="found must hold Motif objects"):
        to_bed([1], REGIONS, tmp_path / "x")


def test_numbers_that_pandas_made_floats(tmp_path):
    """BED holds whole numbers: 2.0 is one, 2.5 is none."""
    seqlets = pd.DataFrame({"row": [0, 1], "start": [3, None], "end": [8, None], "score": 1.0})
    assert lines(seqlets.dropna(), tmp_path / "x") == ["chr2\t103\t108\tseqlet\t1000\t."]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("start", 2.5, r"The start of seqlet 1 \(0-based\) is 2\.5; a whole number"),
        ("row", 0.7, r"The row of seqlet 1 \(0-based\) is 0\.7; a whole number"),
        ("end", np.nan, r"The end of seqlet 1 \(0-based\) is nan; a whole number"),
        ("score", np.nan, r"The score of seqlet 1 \(0-based\) is nan"),
    ],
)
def test_seqlets_that_are_no_numbers(tmp_path, column, value, message):
    seqlets = {"row": [0, 1], "start": [3, 3], "end": [8, 8], "score": [1.0, 1.0]}
    seqlets[column] = [seqlets[column][0], value]
    with pytest.raises(ValueError, match=message):
        to_bed(Bunch(**seqlets), REGIONS, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("strand", ["+", "-"])
def test_padding_on_the_left_is_taken_off(tmp_path, strand):
    """Sequences of 4 and 6 letters, padded to 6: the same letters lie at the same places."""
    saliency, rng = np.zeros((2, 6)), np.random.default_rng(0)
    saliency[0, 3:5], saliency[1, 1:3] = 1, 1  # the second and third letter of each
    seqlets = extract_seqlets(saliency, width=2, null=rng.random((50, 6)), false_discovery_rate=1)
    kept = seqlets.score == 2
    seqlets = Bunch(**{key: values[kept] for key, values in seqlets.items()})
    regions = [("c", 100, 104, strand), ("d", 200, 206, strand)]
    to_bed(seqlets, regions, tmp_path / "x", pad="left")
    places = [line.split("\t")[:3] for line in (tmp_path / "x").read_text().splitlines()]
    first = {"+": ["101", "103"], "-": ["101", "103"]}[strand]
    second = {"+": ["201", "203"], "-": ["203", "205"]}[strand]
    assert places == [["c", *first], ["d", *second]]


def test_regions_of_another_length_are_refused(tmp_path):
    """Seqlets and sites know how long their sequences are: 1-based regions would shift them."""
    seqlets = extract_seqlets([[0.0] * 5 + [1.0] * 5 + [0.0] * 10], width=5)
    with pytest.raises(ValueError, match=r"Region 0 \(0-based\), chr1:101-120, is 19 .*subtract 1"):
        to_bed(seqlets, ["chr1:101-120"], tmp_path / "x")
    with pytest.raises(ValueError, match=r"is 18 letters long, .* has 20 .*pad='left' or pad="):
        to_bed(seqlets, ["chr1:100-118"], tmp_path / "x")
    found = motif(sites=[(0, 2, 1, 1.0, 20)])
    with pytest.raises(ValueError, match=r"is 19 letters long, but its sequence has 20 positions"):
        to_bed(found, ["chr1:101-120"], tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    to_bed(found, ["chr1:100-120"], tmp_path / "x")


@pytest.mark.parametrize("pad", ["left", "right"])
def test_motifs_of_padded_sequences(tmp_path, pad):
    """cluster_seqlets asks for padding where lengths differ: its sites know it, and regions do not.

    Every line of the file is where a word was planted, on either strand.
    """
    rng = np.random.default_rng(0)
    X, starts = [], rng.integers(0, 30, 80)
    for start, length in zip(starts, rng.integers(40, 60, 80), strict=True):
        x = "".join(rng.choice(list("ACGT"), length))
        X.append(x[:start] + "GATTACAC" + x[start + 8 :])
    values = np.zeros((80, 60))
    for row, (x, start) in enumerate(zip(X, starts, strict=True)):
        first = start + (60 - len(x) if pad == "left" else 0)
        values[row, first : first + 8] = 1
    seqlets = extract_seqlets(values, width=8)
    motifs = cluster_seqlets(
        SequenceOneHotEncoder(length=60, pad=pad).fit_transform(X), values, seqlets
    )
    signs = np.where(np.arange(80) % 2, "-", "+")
    regions = [
        ("c", 100 * row, 100 * row + len(x), sign)
        for row, (x, sign) in enumerate(zip(X, signs, strict=True))
    ]
    with pytest.raises(ValueError, match="pad='left' or pad='right'"):
        to_bed(motifs, regions, tmp_path / "x")
    to_bed(motifs, regions, tmp_path / "x", pad=pad)
    written = {int(line.split("\t")[1]) for line in (tmp_path / "x").read_text().splitlines()}
    planted = {
        100 * row + (len(x) - start - 8 if sign == "-" else start)
        for row, (x, start, sign) in enumerate(zip(X, starts.tolist(), signs, strict=True))
    }
    assert written == planted


def test_padding_of_unknown_length_is_refused(tmp_path):
    """Seqlets that do not say how long the saliency was cannot be moved."""
    seqlets = {"row": [0], "start": [3], "end": [8], "score": [1.0]}
    with pytest.raises(ValueError, match=r"with pad='left' seqlets need a column 'length'"):
        to_bed(seqlets, ["c:100-120"], tmp_path / "x", pad="left")
    to_bed(seqlets, ["c:100-120"], tmp_path / "x", pad="right")

"""Motif: what it accepts, what its numbers mean, and how it reads on the other strand."""

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.inspection import Motif
from sklearn_attngen.inspection._motifs.motif import check_motifs

ROWS = [[0.7, 0.1, 0.1, 0.1], [0, 0, 1, 0], [0.25, 0.25, 0.25, 0.25]]


def test_rows_that_are_rounded_are_scaled_to_one():
    motif = Motif("m", [[0.333333, 0.333333, 0.333333, 0.0]])
    assert motif.probabilities.sum() == pytest.approx(1, abs=1e-15)
    assert motif.width == 1


def test_information_is_relative_to_the_background():
    even = Motif("m", [[1, 0, 0, 0]])
    rich = Motif("m", [[1, 0, 0, 0]], background=[0.4, 0.1, 0.1, 0.4])
    assert even.information_content == pytest.approx(2)
    assert rich.information_content == pytest.approx(np.log2(1 / 0.4))
    same = Motif("m", [[0.4, 0.1, 0.1, 0.4]], background=[0.4, 0.1, 0.1, 0.4])
    assert same.information_content == pytest.approx(0)


@pytest.mark.parametrize(
    ("shares", "letter"),
    [
        ([0.7, 0.1, 0.1, 0.1], "A"),
        ([0.45, 0.05, 0.45, 0.05], "R"),
        ([0.05, 0.45, 0.05, 0.45], "Y"),
        ([0.4, 0.3, 0.2, 0.1], "n"),
        ([0.5, 0.3, 0.1, 0.1], "M"),
    ],
)
def test_consensus_of_a_position(shares, letter):
    assert Motif("m", [shares]).consensus == letter


def test_consensus_of_other_alphabets():
    assert Motif("m", [[0, 0, 0, 1], [0, 0.5, 0, 0.5]], "RNA").consensus == "UY"
    shares = np.full(20, 0.05)
    assert Motif("m", [shares, np.eye(20)[4]], "protein").consensus == "xF"


def test_the_other_strand():
    sites = np.array([(3, 7, 1)], dtype=[("row", int), ("start", int), ("strand", int)])
    motif = Motif("m", ROWS, contributions=[3.0, 2.0, 1.0], sites=sites)
    other = motif.reverse_complement()
    np.testing.assert_allclose(other.probabilities[2], [0.1, 0.1, 0.1, 0.7])
    assert other.contributions.tolist() == [1.0, 2.0, 3.0]
    assert other.sites["strand"].tolist() == [-1]
    assert motif.sites["strand"].tolist() == [1]
    np.testing.assert_allclose(other.reverse_complement().probabilities, motif.probabilities)
    with pytest.raises(ValueError, match="protein has no complements"):
        Motif("m", [np.eye(20)[0]], "protein").reverse_complement()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "two words"}, "without spaces"),
        ({"name": ""}, "without spaces"),
        ({"probabilities": [[0.5, 0.5, 0.5, 0]]}, r"position 0 \(0-based\) holds"),
        ({"probabilities": [[1, 0, 0, 0], [1.5, -0.5, 0, 0]]}, r"position 1 \(0-based\) holds"),
        ({"probabilities": [[np.nan, 0, 0, 1]]}, "position 0"),
        ({"probabilities": [[0.5, 0.5]]}, "one column for each of the 4 letters"),
        ({"probabilities": [1, 0, 0, 0]}, "width of at least 1"),
        ({"probabilities": "TATAAT"}, "probabilities of motif m must be an array of numbers"),
        ({"background": "ACGT"}, "background of motif m must be an array of numbers"),
        ({"contributions": {}}, "contributions of motif m must be an array of numbers"),
        ({"background": [1, 0, 0, 0]}, "above 0"),
        ({"contributions": [1.0]}, r"must have shape \(3,\)"),
    ],
)
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(ValueError, match=message):
        Motif(**{"name": "m", "probabilities": ROWS, **arguments})


def test_tables_go_by_the_letters():
    """Their columns were read in the order in which they stand."""
    table = pd.DataFrame(ROWS, columns=list("ACGT"))
    assert Motif("m", table, background=table.loc[0]).consensus == "AGn"
    with pytest.raises(ValueError, match=r"probabilities .* letters ACGT, got a table .* by TGCA"):
        Motif("m", table[list("TGCA")])
    with pytest.raises(ValueError, match=r"background .* by TGCA\..*table\[list\('ACGT'\)\]"):
        Motif("m", table, background=table.loc[0, list("TGCA")])
    lower = table.rename(columns=str.lower)
    assert Motif("m", lower).consensus == "AGn"
    with pytest.raises(ValueError, match=r"by tgca\..*table\[list\('acgt'\)\]"):
        Motif("m", lower[list("tgca")])


def test_lists_of_motifs_are_checked():
    motif = Motif("m", ROWS)
    assert check_motifs(motif) == [motif]
    with pytest.raises(TypeError, match=r"number 1 \(0-based\) is a int"):
        check_motifs([motif, 3])
    with pytest.raises(TypeError, match="must be a list of Motif, got str"):
        check_motifs("file.meme")
    with pytest.raises(TypeError, match=r"got a table. Pass the column .* report\['motif'\]"):
        check_motifs(pd.DataFrame({"name": ["m"], "motif": [motif]}))


def test_repr_is_short():
    assert repr(Motif("m", ROWS)) == "<Motif m: AGn>"


def test_the_other_strand_has_the_background_of_its_letters():
    motif = Motif("m", [[0.7, 0.1, 0.1, 0.1]], background=[0.4, 0.3, 0.2, 0.1])
    other = motif.reverse_complement()
    np.testing.assert_allclose(other.background, [0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(other.information, motif.information)

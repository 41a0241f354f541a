"""match_motifs: the table, its q-values, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from sklearn_attngen.inspection import Motif, match_motifs, write_meme
from sklearn_attngen.inspection._motifs.matching import benjamini_hochberg, read_database


@pytest.fixture(scope="module")
def database():
    rng = np.random.default_rng(0)
    return [
        Motif(f"K{i}", rng.dirichlet([0.2] * 4, 8 + i % 5), description=f"protein {i}")
        for i in range(40)
    ]


def test_a_motif_matches_itself_first(database):
    matches = match_motifs(database[:3], database, n_best=2)
    assert matches["motif"].tolist() == ["K0", "K0", "K1", "K1", "K2", "K2"]
    best = matches[::2]
    assert best["match"].tolist() == ["K0", "K1", "K2"]
    assert best["description"].tolist() == ["protein 0", "protein 1", "protein 2"]
    assert best["offset"].tolist() == [0, 0, 0]
    assert best["overlap"].tolist() == [8, 9, 10]
    assert best["strand"].tolist() == ["+", "+", "+"]
    assert best["p_value"].max() < 1e-8
    assert (matches["p_value"] <= matches["q_value"]).all()


def test_the_reverse_complement_matches_on_the_other_strand(database):
    turned = database[5].reverse_complement()
    match = match_motifs(turned, database, n_best=1).iloc[0]
    assert (match["match"], match["strand"]) == ("K5", "-")
    alone = match_motifs(turned, database, n_best=1, both_strands=False).iloc[0]
    assert alone["match"] != "K5"
    assert alone["p_value"] > 1e-4


def test_rna_motifs_do_not_match_in_reverse(database):
    """The other strand of an RNA is no site of what binds it."""
    known = [replace(motif, alphabet="RNA") for motif in database]
    turned = known[5].reverse_complement()
    alone = match_motifs(turned, known, n_best=1).iloc[0]
    assert alone["match"] != "K5"
    both = match_motifs(turned, known, n_best=1, both_strands=True).iloc[0]
    assert (both["match"], both["strand"]) == ("K5", "-")


def test_a_database_can_be_a_file(database, tmp_path):
    write_meme(database, tmp_path / "known.meme.gz")
    from_file = match_motifs(database[0], tmp_path / "known.meme.gz", n_best=None)
    assert len(from_file) == 40
    assert from_file["match"][0] == "K0"


def test_letters_may_stand_in_the_order_of_meme_in_a_database(tmp_path):
    """Files of other alphabets are written in it: their motifs match those they were made of."""
    shares = np.random.default_rng(0).dirichlet([0.2] * 6, (30, 8))
    background = [0.3, 0.1, 0.1, 0.1, 0.2, 0.2]
    motifs = [
        Motif(f"K{i}", each, "TGMWCA", background=background) for i, each in enumerate(shares)
    ]
    write_meme(motifs, tmp_path / "own.meme")
    matches = match_motifs(motifs, tmp_path / "own.meme", n_best=1)
    assert matches["match"].tolist() == [motif.name for motif in motifs]
    expected = match_motifs(motifs, motifs, n_best=1)
    np.testing.assert_allclose(matches["p_value"], expected["p_value"], rtol=1e-6)
    (known,) = read_database(tmp_path / "own.meme", motifs[0].alphabet)[:1]
    np.testing.assert_allclose(known.background, background)


def test_q_values_are_those_of_benjamini_and_hochberg():
    p_values = np.random.default_rng(0).random((3, 50)) ** 3
    expected = [false_discovery_control(row) for row in p_values]
    np.testing.assert_allclose(benjamini_hochberg(p_values), expected)


def test_small_databases_warn(database):
    with pytest.warns(UserWarning, match=r"The database has 3 motif\(s\)"):
        match_motifs(database[0], database[:3])


def test_what_cannot_be_compared(database):
    rna = Motif("r", [[1, 0, 0, 0]], "RNA")
    with pytest.raises(ValueError, match="replace the alphabet"):
        match_motifs(rna, database)
    with pytest.raises(ValueError, match="compare motifs of one alphabet"):
        match_motifs([database[0], rna], database)
    with pytest.raises(ValueError, match="no motifs to compare"):
        match_motifs([], database)
    with pytest.raises(ValueError, match="database holds no motifs"):
        match_motifs(database[0], [])
    proteins = [Motif(f"p{i}", [np.eye(20)[i % 20]] * 4, "protein") for i in range(25)]
    with pytest.raises(ValueError, match="needs complements"):
        match_motifs(proteins[0], proteins, both_strands=True)
    assert match_motifs(proteins[0], proteins, n_best=1)["strand"].tolist() == ["+"]

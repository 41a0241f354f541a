"""motif_report(clustering="tfmodisco"): tfmodisco-lite finds what was planted, where it was."""

import sys

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_attngen import CNNClassifier
from sklearn_attngen.classifiers import make_kmer_classifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.feature_extraction import KmerVectorizer
from sklearn_attngen.inspection import deeplift, motif_report, mutagenesis
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._motifs import modisco
from sklearn_attngen.inspection._motifs.modisco import (
    find_modisco_motifs,
    hypothetical_scores,
    own_scores,
)
from sklearn_attngen.sequences import NO_SIGNAL, get_alphabet, one_hot, read_sequences
from sklearn_attngen.sequences._codes import strand_complements

WORDS = ["TGACTCAGC", "CCGAATGTA", "ACAATAGGG"]


@pytest.fixture(scope="module")
def kmers():
    data = make_motif_sequences(360, length=50, motifs=WORDS, random_state=0)
    return make_kmer_classifier(k=5, canonical=False).fit(data.data, data.target)


@pytest.fixture(scope="module")
def fresh():
    return make_motif_sequences(240, length=50, motifs=WORDS, random_state=1)


@pytest.fixture(scope="module")
def library():
    """The library compiles itself at its first use, which takes most of the time of the tests."""
    return pytest.importorskip("modiscolite.tfmodisco")


def noisy(truth, seed=0):
    """Signed evidence that differs from site to site."""
    rng = np.random.default_rng(seed)
    return truth * rng.uniform(0.3, 1.5, truth.shape) + 0.1 * rng.standard_normal(truth.shape)


@pytest.mark.slow
def test_every_planted_motif_is_found(library, kmers, fresh):
    """In one motif of the class's own, at its sites, with an effect; and the same again."""
    report, again = (
        motif_report(kmers, fresh.data, fresh.target, width=9, clustering="tfmodisco")
        for _ in range(2)
    )
    first = report.groupby("class").head(1)
    assert first["class"].tolist() == [0, 1, 2]
    assert first["consensus"].tolist() == WORDS
    assert first["name"].tolist() == ["0_0", "1_0", "2_0"]
    assert (first["share"] > 0.6).all()
    assert (first["effect"] > 0.1).all()
    assert (first["effect_control"].abs() < 0.3 * first["effect"]).all()
    for motif, other in zip(report["motif"], again["motif"], strict=True):
        np.testing.assert_array_equal(motif.sites, other.sites)
        np.testing.assert_array_equal(motif.probabilities, other.probabilities)
    codes = read_sequences(fresh.data).codes
    own = own_scores(codes, mutagenesis(kmers, fresh.data, fresh.target, centered=True))
    for motif in first["motif"]:
        at = motif.sites["start"][:, None] + np.arange(motif.width)
        assert fresh.positions[motif.sites["row"][:, None], at].mean() > 0.98
        np.testing.assert_allclose(
            motif.contributions, own[motif.sites["row"][:, None], at].mean(axis=0)
        )
        assert (motif.sites["score"] > 0.8).all()


@pytest.mark.slow
def test_both_strands_and_both_ends(library):
    """Motifs at the very ends of sequences that are hardly longer than they, and unknown letters.

    The library alone drops what lies so near to an end.
    """
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (120, 24))
    truth = np.zeros(letters.shape)
    for row in range(120):
        word = "CCGAATGTA" if row % 2 else "TACATTCGG"
        start = 0 if row % 4 < 2 else 15
        letters[row, start : start + 9] = list(word)
        truth[row, start : start + 9] = 1
    letters[::10, 11:13] = "N"
    X = np.array(["".join(row) for row in letters], dtype=object)
    y = np.arange(120) % 2
    model = make_kmer_classifier(k=4).fit(X, y)
    report = motif_report(
        model, X, np.zeros(120, int), saliency=noisy(truth), width=9, clustering="tfmodisco"
    )
    motif = report["motif"][0]
    if motif.consensus != "CCGAATGTA":
        motif = motif.reverse_complement()
    assert motif.consensus == "CCGAATGTA"
    assert len(motif.sites) > 90
    odd = motif.sites["row"] % 2 == 1
    assert (motif.sites["strand"] == np.where(odd, 1, -1)).all()
    assert set(motif.sites["start"]) == {0, 15}


@pytest.mark.slow
def test_scores_of_networks_and_of_ones_own(library):
    """DeepLIFT's hypothetical contributions give what they give when they are passed."""
    pytest.importorskip("captum.attr")
    data = make_motif_sequences(200, length=40, motifs=WORDS[:2], random_state=0)
    model = CNNClassifier(n_filters=16, max_epochs=15, n_estimators=1, random_state=0).fit(
        data.data, data.target
    )
    arguments = {"width": 9, "clustering": "tfmodisco", "n_repeats": 1}
    report = motif_report(model, data.data, data.target, method="deeplift", **arguments)
    found = report.groupby("class")["consensus"].first()
    assert all(word in text for word, text in zip(WORDS, found, strict=False))
    scores = deeplift(model, data.data, data.target, hypothetical=True)
    passed = motif_report(model, data.data, data.target, saliency=scores, **arguments)
    columns = ["name", "consensus", "n_seqlets"]
    assert passed[columns].equals(report[columns])


def test_warnings_of_deeplift_point_at_the_line_of_the_user():
    """They pointed into the package where a report asked for it."""
    pytest.importorskip("captum.attr")
    X, y = ["CCCCCCCC", "AAAAAAAA"] * 4, [0, 1] * 4
    model = CNNClassifier(n_filters=4, n_layers=0, max_epochs=1, n_estimators=1).fit(X, y)
    data = LetterInput.read(model, X, None)
    with pytest.warns(match="All references of 8 of the 8 sequences") as caught:
        hypothetical_scores(model, X, data, y, "deeplift", None, None)
    assert [each.filename for each in caught] == [__file__]


@pytest.mark.slow
def test_what_the_library_cannot_cluster_is_said(library, kmers, fresh):
    """It ranks regions by how they differ, which these do not at all."""
    with pytest.raises(ValueError, match="could not cluster the 80 regions of class 0"):
        motif_report(
            kmers,
            fresh.data,
            fresh.target,
            saliency=fresh.positions,
            width=9,
            clustering="tfmodisco",
        )


def test_few_regions_are_no_motif(kmers, fresh):
    """The library is not even asked."""
    codes = read_sequences(fresh.data[:9]).codes
    alphabet = get_alphabet("DNA")
    found = find_modisco_motifs(
        codes,
        np.zeros((9, 50, 4)),
        np.arange(9),
        np.zeros(9, int),
        15,
        alphabet=alphabet,
        complement=alphabet.complement_codes,
        min_seqlets=10,
        min_information=0.25,
        background=np.full(4, 0.25),
        prefix="x",
    )
    assert found == []


def test_own_scores_are_those_of_the_letters():
    codes = np.array([[0, 3, NO_SIGNAL]], dtype=np.uint8)
    scores = np.arange(12.0).reshape(1, 3, 4) + 1
    np.testing.assert_array_equal(own_scores(codes, scores), [[1, 8, 0]])
    placed = one_hot(codes, 4, np.float64) * scores
    np.testing.assert_array_equal(own_scores(codes, placed), [[1, 8, 0]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"both_strands": False}, "reads motifs on both strands always"),
        ({"method": "occlusion"}, "method='occlusion' does not give"),
        ({"saliency": np.zeros((240, 49))}, r"has shape \(240, 49\), .* \(240, 50, 4\)"),
        ({"saliency": np.zeros((240, 50, 3))}, r"has shape \(240, 50, 3\)"),
        ({"saliency": np.full((240, 50, 4), np.nan)}, "not finite in row 0 at position 0"),
    ],
)
def test_what_does_not_fit_is_said(library, kmers, fresh, arguments, message):
    with pytest.raises(ValueError, match=message):
        motif_report(kmers, fresh.data, fresh.target, clustering="tfmodisco", **arguments)


def test_other_alphabets_are_for_the_built_in_clustering(library):
    X, y = ["ACDEFGHIKL", "MNPQRSTVWY"] * 5, [0, 1] * 5
    vectorizer = KmerVectorizer(k=2, alphabet="protein", canonical=False)
    model = make_pipeline(vectorizer, make_kmer_classifier()[-1]).fit(X, y)
    with pytest.raises(ValueError, match="takes DNA or RNA"):
        motif_report(model, X, y, width=5, clustering="tfmodisco")


def test_the_names_of_clusterings_are_checked(kmers, fresh):
    with pytest.raises(ValueError, match="'clustering' parameter of motif_report"):
        motif_report(kmers, fresh.data, clustering="modisco")
    with pytest.raises(ValueError, match=r"The saliency has shape \(240, 50, 4\)"):
        motif_report(kmers, fresh.data, saliency=np.zeros((240, 50, 4)))


class NoModisco:
    """Finds modules as a computer without tfmodisco-lite does."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "modiscolite":
            raise ModuleNotFoundError("No module named 'modiscolite'", name="modiscolite")
        return None


def test_the_library_is_an_extra(kmers, fresh, monkeypatch):
    """Said before anything is computed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "modiscolite"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoModisco(), *sys.meta_path])
    message = r"^clustering='tfmodisco' needs modiscolite.*attngen\[modisco\]"
    with pytest.raises(ImportError, match=message):
        motif_report(kmers, fresh.data, fresh.target, clustering="tfmodisco")


def test_one_strand_is_for_the_built_in_clustering(monkeypatch):
    """RNA is read on one strand unless both are asked for; this clustering knows no other way."""
    monkeypatch.setattr(modisco, "require", lambda *arguments, **options: None)
    rna = get_alphabet("RNA")
    with pytest.raises(ValueError, match=r"on both strands always, .*Say both_strands=True"):
        modisco.check_modisco(rna, strand_complements("auto", rna))
    modisco.check_modisco(rna, strand_complements(True, rna))
    modisco.check_modisco(get_alphabet("DNA"), strand_complements("auto", get_alphabet("DNA")))

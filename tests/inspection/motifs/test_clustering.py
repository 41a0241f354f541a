"""cluster_seqlets: planted motifs come back, on both strands, and noise does not."""

import numpy as np
import pytest
from sklearn.utils import Bunch

from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import cluster_seqlets, extract_seqlets, write_meme
from sklearn_attngen.inspection._motifs.clustering import SITE, _trim, make_motif
from sklearn_attngen.sequences import get_alphabet, one_hot, read_sequences, reverse_complement

WORDS = ["TGACTCAGC", "CCGAATGTA", "ACAATAGGG"]


def salient(truth, noise=0.3, seed=0):
    """Saliency as a good method gives it: high in the motif, noisy everywhere."""
    rng = np.random.default_rng(seed)
    values = truth * rng.uniform(0.3, 1.5, truth.shape) + noise * rng.random(truth.shape)
    return values / values.sum(axis=1, keepdims=True)


def motifs_of(data, width=15, **arguments):
    values = salient(data.positions)
    seqlets = extract_seqlets(values, width=width)
    return cluster_seqlets(data.data, values, seqlets, **arguments), seqlets


@pytest.fixture(scope="module")
def data():
    return make_motif_sequences(450, length=80, motifs=WORDS, random_state=0)


@pytest.mark.parametrize("width", [6, 9, 15, 20])
def test_every_motif_comes_back_at_every_width(data, width):
    motifs, _ = motifs_of(data, width)
    assert sorted(motif.consensus for motif in motifs) == sorted(WORDS)
    assert [motif.name for motif in motifs] == ["motif_0", "motif_1", "motif_2"]
    assert all(motif.n_sites > 130 for motif in motifs)


def test_sites_are_where_the_motifs_are(data):
    motifs, _ = motifs_of(data)
    for motif in motifs:
        at = motif.sites["start"][:, None] + np.arange(motif.width)
        assert data.positions[motif.sites["row"][:, None], at].mean() > 0.98
        assert (motif.sites["strand"] == 1).mean() > 0.98
        words = [data.data[row][start : start + 9] for row, start, *_ in motif.sites]
        assert words.count(motif.consensus) > 0.98 * len(words)
        assert motif.contributions.mean() > 3 / 80


def test_both_strands():
    data = make_motif_sequences(
        400, length=80, motifs=WORDS[:2], strand="both", mutation_rate=0.1, random_state=0
    )
    motifs, _ = motifs_of(data)
    assert len(motifs) == 2
    for motif in motifs:
        forward = {motif.consensus, motif.reverse_complement().consensus}
        assert forward & set(WORDS)
        assert 0.4 < (motif.sites["strand"] == 1).mean() < 0.65
    one_strand, _ = motifs_of(data, both_strands=False)
    assert len(one_strand) == 4


def test_motifs_of_both_strands_have_one_background(tmp_path):
    """That of both strands: a file has one, and a motif is shown on either strand."""
    data = make_motif_sequences(200, length=60, motifs=WORDS[:2], strand="both", random_state=0)
    data.data[0] = "A" * 60
    counts = np.bincount(read_sequences(data.data).codes.ravel()) + 1.0
    motifs, _ = motifs_of(data, width=9)
    for motif in motifs:
        np.testing.assert_allclose(motif.background, (counts + counts[::-1]) / 2 / counts.sum())
        np.testing.assert_array_equal(motif.reverse_complement().background, motif.background)
    write_meme([motifs[0], motifs[1].reverse_complement()], tmp_path / "motifs.meme")
    for motif in motifs_of(data, width=9, both_strands=False)[0]:
        np.testing.assert_allclose(motif.background, counts / counts.sum())


def test_rna_is_read_on_one_strand():
    """A motif and its reverse complement are two where nothing pairs, unless both are asked for."""
    data = make_motif_sequences(
        400, length=80, motifs=WORDS[:2], strand="both", mutation_rate=0.1, random_state=0
    )
    data.data = np.array([x.replace("T", "U") for x in data.data], dtype=object)
    motifs, _ = motifs_of(data, alphabet="RNA")
    words = [word.replace("T", "U") for word in WORDS[:2]]
    forms = [*words, *reverse_complement(words, "RNA")]
    assert sorted(motif.consensus for motif in motifs) == sorted(forms)
    assert all((motif.sites["strand"] == 1).all() for motif in motifs)
    both, _ = motifs_of(data, alphabet="RNA", both_strands=True)
    assert len(both) == 2


def test_the_matrix_is_that_of_its_sites():
    """Counted again from the sites: each is read on its own strand, from its start."""
    data = make_motif_sequences(300, length=60, motifs=WORDS[:2], strand="both", random_state=1)
    motifs, _ = motifs_of(data)
    codes = read_sequences(data.data).codes
    assert len(motifs) == 2
    for motif in motifs:
        counts = np.zeros((motif.width, 4))
        for row, start, strand, *_ in motif.sites:
            letters = one_hot(codes[row : row + 1, start : start + motif.width])[0]
            counts += letters if strand > 0 else letters[::-1, ::-1]
        np.testing.assert_allclose(
            motif.probabilities, (counts + motif.background) / (len(motif.sites) + 1)
        )


def test_mutated_motifs_keep_their_shares():
    data = make_motif_sequences(600, length=80, motifs=WORDS[:2], mutation_rate=0.2, random_state=0)
    motifs, _ = motifs_of(data)
    assert sorted(motif.consensus for motif in motifs) == sorted(WORDS[:2])
    assert motifs[0].probabilities.max(axis=1).mean() == pytest.approx(0.8, abs=0.05)


def test_motifs_with_letters_in_common_stay_apart():
    """On the other strand they share five letters of seven."""
    data = make_motif_sequences(
        300, length=80, motifs=["TGACTCAGC", "GGTCTAAGT"], strand="both", random_state=0
    )
    found = {motif.consensus for motif in motifs_of(data)[0]}
    found |= {motif.reverse_complement().consensus for motif in motifs_of(data)[0]}
    assert found == {"TGACTCAGC", "GCTGAGTCA", "GGTCTAAGT", "ACTTAGACC"}


def test_random_sets_of_motifs():
    """Two to five random motifs of any likeness; few are taken for one another."""
    planted = recovered = surplus = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n_motifs, width = int(rng.integers(2, 6)), int(rng.integers(8, 13))
        words = ["".join(rng.choice(list("ACGT"), width)) for _ in range(n_motifs)]
        data = make_motif_sequences(
            40 * n_motifs, length=80, motifs=words, mutation_rate=0.1, random_state=seed
        )
        motifs, _ = motifs_of(data)
        found = [motif.consensus for motif in motifs]
        planted += n_motifs
        recovered += sum(any(word in text for text in found) for word in words)
        surplus += len(motifs) - n_motifs
    assert recovered >= 0.95 * planted
    assert abs(surplus) <= 0.05 * planted


def test_a_motif_of_many_sites_hides_none_of_less_saliency():
    """Though it holds all of the thousand best regions, among which seeds are looked for first."""
    data = make_motif_sequences(2400, length=100, motifs=WORDS[:2], random_state=0)
    rng, heights = np.random.default_rng(0), np.array([1.0, 0.7])[data.target][:, None]
    values = data.positions * heights * rng.uniform(0.8, 1.2, data.positions.shape)
    values += 0.05 * rng.random(values.shape)
    seqlets = extract_seqlets(values, width=9)
    motifs = cluster_seqlets(data.data, values, seqlets)
    assert {motif.consensus for motif in motifs} == set(WORDS[:2])
    assert all(motif.n_sites > 1000 for motif in motifs)


def test_a_motif_can_be_wider_than_its_seqlets():
    long = "TGACTCAGCATTGCCAGTAC"
    data = make_motif_sequences(200, length=100, motifs=[long, WORDS[1]], random_state=0)
    motifs, _ = motifs_of(data, width=8)
    assert long in [motif.consensus for motif in motifs]


def test_unrelated_regions_are_no_motif():
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list("ACGT"), (400, 60))]
    values = rng.random((400, 60))
    values[:, 20:30] += 3
    seqlets = extract_seqlets(values, width=10)
    assert len(seqlets.row) >= 400
    motifs = cluster_seqlets(X, values, seqlets)
    assert sum(motif.n_sites for motif in motifs) < 100
    assert all(motif.information_content < 9 for motif in motifs)


def test_a_site_counts_once(data):
    """Two overlapping regions, recentred, are aligned to one site."""
    values = data.positions.astype(float)
    start = values.argmax(axis=1)
    rows = np.tile(np.arange(450), 2)
    starts = np.concatenate([start, start - 3])
    inside = (starts >= 0) & (starts + 12 <= 80)
    seqlets = {"row": rows[inside], "start": starts[inside], "end": starts[inside] + 12}
    motifs = cluster_seqlets(data.data, values, seqlets)
    assert sum(motif.n_sites for motif in motifs) == len(np.unique(rows[inside]))
    for motif in motifs:
        assert len(np.unique(motif.sites["row"])) == len(motif.sites)


@pytest.mark.parametrize("word", ["GACTTCGAAGTC", "GACTTGGCCAAGTC", "GACTTCAGAAGTC"])
def test_a_palindrome_wider_than_its_regions_counts_once(word):
    """Its halves were one region each, and the whole a site of either strand at one place."""
    data = make_motif_sequences(80, length=60, motifs=[word, "CA" * 5], random_state=0)
    rows = np.flatnonzero(data.target == 0)
    sequences, truth = data.data[rows], data.positions[rows]
    values = salient(truth.astype(float), noise=0.1)
    seqlets = extract_seqlets(values, width=len(word) // 2)
    assert len(seqlets.row) > 1.2 * len(rows), "halves are regions"
    (motif,) = cluster_seqlets(sequences, values, seqlets)
    assert motif.consensus in (word, reverse_complement(word))
    assert motif.n_sites == len(motif.sites) == len(np.unique(motif.sites[["row", "start"]]))
    assert np.array_equal(motif.sites["row"], np.arange(len(rows)))
    assert np.array_equal(motif.sites["start"], truth.argmax(axis=1))
    too_many = int(motif.n_sites) + 1
    assert cluster_seqlets(sequences, values, seqlets, min_seqlets=too_many) == []


def test_most_sites_come_first_whatever_regions_there_were():
    """Of regions that are given twice, each site counts once, and so does the order."""
    data = make_motif_sequences(100, length=60, motifs=WORDS[:2], random_state=0)
    first = np.flatnonzero(data.positions.any(axis=1) & (data.target == 0))
    chosen = np.concatenate([first[:30], np.flatnonzero(data.target == 1)[:40]])
    X, values = data.data[chosen], data.positions[chosen].astype(float)
    seqlets = extract_seqlets(values, width=9)
    again = np.concatenate([np.arange(len(seqlets.row)), np.flatnonzero(seqlets.row < 30)])
    twice = {key: seqlets[key][again] for key in ("row", "start", "end")}
    motifs = cluster_seqlets(X, values, twice)
    assert [(motif.name, motif.n_sites) for motif in motifs] == [("motif_0", 40), ("motif_1", 30)]


def put(words, length=60, seed=0):
    """Draw a sequence for each row of (start, word) pairs, and put the words there."""
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("ACGT"), (len(words), length))
    for row, pairs in enumerate(words):
        for start, word in pairs:
            letters[row, start : start + len(word)] = list(word)
    return ["".join(row) for row in letters]


def test_a_motif_may_be_in_a_sequence_twice():
    """Both are sites; so many are enough, and one that differs in a letter is like it least."""
    word = WORDS[1]
    X = put([[(5, word), (35, word)]] * 39 + [[(5, word), (35, "CCGTATGTA")]])
    values = np.full((40, 60), 1e-3)
    values[:, 5:14] = values[:, 35:44] = 1
    seqlets = extract_seqlets(values, width=9)
    arguments = {"both_strands": False, "min_seqlets": 80}
    (motif,) = cluster_seqlets(X, values, seqlets, **arguments)
    assert motif.consensus == word
    assert motif.n_sites == 80
    assert sorted(motif.sites[["row", "start"]].tolist()) == [
        (row, start) for row in range(40) for start in (5, 35)
    ]
    assert motif.sites[["row", "start"]][motif.sites["score"].argmin()].tolist() == (39, 35)
    assert motif.sites["score"].max() == pytest.approx(1, abs=0.01)
    arguments["min_seqlets"] = 81
    assert cluster_seqlets(X, values, seqlets, **arguments) == []


def test_the_strand_of_most_sites_is_shown():
    """Though the most salient ones are on the other; their saliency is turned round with them."""
    word, ramp = WORDS[1], np.arange(1, 10) / 10
    X = put([[(20, word)]] * 30 + [[(20, reverse_complement([word])[0])]] * 10)
    values = np.full((40, 60), 1e-3)
    values[:30, 20:29], values[30:, 20:29] = ramp, 1.2 * ramp[::-1]
    seqlets = {"row": np.arange(40), "start": np.full(40, 20), "end": np.full(40, 29)}
    (motif,) = cluster_seqlets(X, values, seqlets)
    assert motif.consensus == word
    np.testing.assert_array_equal(motif.sites["strand"], np.repeat([1, -1], [30, 10]))
    np.testing.assert_allclose(motif.contributions, 1.05 * ramp)


def test_few_sites_agree_by_chance():
    """What so many random letters would have is taken off the information of a position."""
    codes = np.tile(np.repeat(np.arange(4, dtype=np.uint8), 5)[:, None], 30)
    codes[:, 10:15] = [0, 2, 1, 3, 0]
    codes[:, 15] = np.repeat(np.arange(4), [10, 4, 3, 3])  # 0.2 bits, of which 0.11 by chance
    sites = np.zeros(20, dtype=SITE)
    sites["row"], sites["start"], sites["strand"] = np.arange(20), 10, 1
    arguments = (codes, np.ones(codes.shape), sites, 5, get_alphabet("DNA"), None, np.full(4, 0.25))
    assert make_motif("m", *arguments, 0.15).width == 5
    assert make_motif("m", *arguments, 0.05).width == 6


@pytest.mark.parametrize(
    ("informative", "kept"),
    [
        ("110000011111", slice(7, 12)),
        ("111110000011", slice(0, 5)),
        ("011000110", slice(1, 8)),
        ("011000010", None),
        ("000000000", None),
    ],
)
def test_the_part_with_most_information_is_kept(informative, kept):
    """Three positions without any may lie within a motif, and a fourth parts it."""
    assert _trim(np.array(list(informative)) == "1", 4) == kept


def test_few_regions_are_no_motif(data):
    values = salient(data.positions)
    seqlets = extract_seqlets(values)
    few = Bunch(**{key: value[:19] for key, value in seqlets.items()})
    assert cluster_seqlets(data.data, values, few) == []
    none = Bunch(**{key: value[:0] for key, value in seqlets.items()})
    assert cluster_seqlets(data.data, values, none) == []
    assert motifs_of(data, min_seqlets=200)[0] == []


def test_motifs_at_the_ends_and_unknown_letters():
    """Sites may touch the ends; N counts for no letter."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (60, 30))
    letters[:, :7] = list("GATTACA")
    letters[::3, 2] = "N"
    values = np.full((60, 30), 0.05)
    values[:, :7] = 1
    X = ["".join(row) for row in letters]
    (motif,) = cluster_seqlets(X, values, extract_seqlets(values, width=11), both_strands=False)
    assert motif.consensus == "GATTACA"
    assert motif.n_sites == 60
    assert set(motif.sites["start"]) == {0}
    assert motif.contributions == pytest.approx(np.ones(7))


def test_alphabets_without_complements():
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), (60, 40))
    letters[:, 10:16] = list("WQKRDE")
    values = np.full((60, 40), 0.05)
    values[:, 10:16] = 1
    X = ["".join(row) for row in letters]
    seqlets = extract_seqlets(values, width=8)
    (motif,) = cluster_seqlets(X, values, seqlets, alphabet="protein", prefix="p")
    assert (motif.name, motif.consensus) == ("p_0", "WQKRDE")
    with pytest.raises(ValueError, match="needs complements"):
        cluster_seqlets(X, values, seqlets, alphabet="protein", both_strands=True)


def test_the_same_again(data):
    first, second = (motifs_of(data)[0] for _ in range(2))
    for motif, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(motif.probabilities, other.probabilities)
        np.testing.assert_array_equal(motif.sites, other.sites)


def test_one_hot_input_gives_the_same(data):
    values = salient(data.positions)
    seqlets = extract_seqlets(values)
    blocks = one_hot(read_sequences(data.data).codes)
    strings, encoded = (cluster_seqlets(X, values, seqlets) for X in (data.data, blocks))
    for motif, other in zip(strings, encoded, strict=True):
        np.testing.assert_array_equal(motif.probabilities, other.probabilities)


def test_what_does_not_fit_is_said(data):
    values = salient(data.positions)
    seqlets = extract_seqlets(values)
    with pytest.raises(ValueError, match=r"saliency has shape \(450, 79\)"):
        cluster_seqlets(data.data, values[:, :-1], seqlets)
    with pytest.raises(ValueError, match="which X with 10 rows"):
        cluster_seqlets(data.data[:10], values[:10], seqlets)
    with pytest.raises(TypeError, match="what extract_seqlets returns"):
        cluster_seqlets(data.data, values, {"row": [0]})
    ragged = {"row": np.array([0, 1]), "start": np.array([0, 0]), "end": np.array([5, 6])}
    with pytest.raises(ValueError, match=r"several widths \(5 to 6\)"):
        cluster_seqlets(data.data, values, ragged)
    uneven = {"row": np.array([0]), "start": np.array([0, 0]), "end": np.array([5, 6])}
    with pytest.raises(ValueError, match="of one length"):
        cluster_seqlets(data.data, values, uneven)


def test_motifs_as_short_as_their_seqlets():
    """The GT of a splice site is two letters wide; wider seqlets want four."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(rng.choice(list("ACGT"), 40)) for _ in range(200)], dtype=object)
    X = np.array([x[:20] + "GTA" + x[23:] for x in X], dtype=object)
    values = np.zeros((200, 40))
    values[:, 20:23] = 1
    seqlets = extract_seqlets(values, width=3)
    (motif,) = cluster_seqlets(X, values, seqlets, both_strands=False)
    assert motif.consensus == "GTA"
    wide = extract_seqlets(values, width=10)
    assert cluster_seqlets(X, values, wide, both_strands=False) == []

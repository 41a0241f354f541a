"""motif_report: for every kind of classifier, what was planted comes out, with its effect."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.classifiers import make_kmer_classifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import Motif, motif_report, read_meme, write_meme
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

WORDS = ["TGACTCAGC", "CCGAATGTA", "ACAATAGGG"]
CODES = dict(zip("ACGT", np.eye(4), strict=True))


def as_motif(word, name):
    return Motif(name, [CODES[letter] for letter in word], description=f"protein of {name}")


@pytest.fixture(scope="module")
def data():
    return make_motif_sequences(360, length=50, motifs=WORDS, random_state=0)


@pytest.fixture(scope="module")
def fresh():
    return make_motif_sequences(240, length=50, motifs=WORDS, random_state=1)


@pytest.fixture(scope="module")
def kmers(data):
    return make_kmer_classifier(k=5, canonical=False).fit(data.data, data.target)


@pytest.fixture(scope="module")
def database():
    rng = np.random.default_rng(0)
    decoys = [Motif(f"D{i}", rng.dirichlet([0.2] * 4, 9)) for i in range(40)]
    return decoys + [as_motif(word, f"W{i}") for i, word in enumerate(WORDS)]


@pytest.fixture(scope="module")
def report(kmers, fresh, database):
    return motif_report(kmers, fresh.data, fresh.target, database=database, width=9)


def test_every_planted_motif_is_found_and_named(report):
    first = report.groupby("class").head(1)
    assert first["class"].tolist() == [0, 1, 2]
    assert first["consensus"].tolist() == WORDS
    assert first["match_1"].tolist() == [f"protein of W{i}" for i in range(3)]
    assert first["q_value_1"].max() < 1e-6
    assert (first["q_value_2"] > 0.01).all()
    assert (first["share"] > 0.8).all()
    assert first["name"].tolist() == ["0_0", "1_0", "2_0"]


def test_planted_motifs_have_an_effect_and_their_control_none(report):
    first = report.groupby("class").head(1)
    assert (first["effect"] > 0.1).all()
    assert (first["effect_control"].abs() < 0.3 * first["effect"]).all()


def test_rows_of_the_report_hold_the_motifs(report, fresh, tmp_path):
    assert report.columns.tolist() == [
        *("name", "class", "n_seqlets", "n_sequences", "share", "consensus", "width"),
        *("information", "effect", "effect_control"),
        *(f"{what}_{i}" for i in (1, 2, 3) for what in ("match", "p_value", "q_value")),
        *("pwm", "motif"),
    ]
    for _, row in report.iterrows():
        motif = row["motif"]
        assert row["pwm"] is motif.probabilities
        assert row["width"] == motif.width
        assert row["information"] == motif.information_content
        assert row["n_seqlets"] == len(motif.sites) == motif.n_sites
        assert (fresh.target[motif.sites["row"]] == row["class"]).all()
        at = motif.sites["start"][:, None] + np.arange(motif.width)
        if row["name"].endswith("_0"):
            assert fresh.positions[motif.sites["row"][:, None], at].mean() > 0.9


def test_motifs_of_a_report_can_be_written(report, tmp_path):
    """All classes in one file: they have the background of all sequences."""
    write_meme(report["motif"], tmp_path / "motifs.meme")
    again = read_meme(tmp_path / "motifs.meme")
    assert [motif.consensus for motif in again] == report["consensus"].tolist()


def test_labels_of_any_kind_name_motifs(data, fresh):
    names = np.array(["größe A", "β", "c"], dtype=object)
    model = make_kmer_classifier(k=5, canonical=False).fit(data.data, names[data.target])
    report = motif_report(model, fresh.data, names[fresh.target], saliency=fresh.positions, width=9)
    assert dict(zip(report["class"], report["name"], strict=True)) == {
        "c": "c_0",
        "größe A": "gr__e_A_0",
        "β": "__0",
    }


def test_without_labels_the_predicted_classes_count(kmers, fresh):
    by_guess = motif_report(kmers, fresh.data, width=9)
    by_label = motif_report(kmers, fresh.data, kmers.predict(fresh.data), width=9)
    pd.testing.assert_frame_equal(
        by_guess.drop(columns=["pwm", "motif"]), by_label.drop(columns=["pwm", "motif"])
    )


def test_saliency_of_ones_own(kmers, fresh):
    report = motif_report(kmers, fresh.data, fresh.target, saliency=fresh.positions, width=9)
    assert report["consensus"].tolist() == WORDS
    assert (report["n_seqlets"] == 80).all()
    with pytest.raises(ValueError, match=r"The saliency has shape \(240, 49\)"):
        motif_report(kmers, fresh.data, saliency=fresh.positions[:, 1:])


def test_one_hot_input_and_decision_functions(data, fresh):
    """A linear model of fixed places, of which only the decision function is known."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (300, 30))
    y = np.arange(300) % 2
    letters[y == 1, 10:17] = list("GATTACA")
    X = SequenceOneHotEncoder().fit_transform(["".join(row) for row in letters])
    model = LogisticRegression().fit(X, y)

    class ByDecision(LogisticRegression):
        predict_proba = None

        def __getattribute__(self, name):
            if name == "predict_proba":
                raise AttributeError(name)
            return super().__getattribute__(name)

    for classifier in (model, clone(ByDecision()).fit(X, y)):
        report = motif_report(classifier, X, y, width=7, both_strands=False)
        row = report[report["class"] == 1].iloc[0]
        assert row["consensus"] == "GATTACA"
        assert row["n_sequences"] == 150
        assert row["effect"] > max(3 * abs(row["effect_control"]), 0.5)


def test_nothing_found_is_an_empty_report(fresh, database):
    """A classifier of shuffled labels that looks at single letters."""
    y = np.random.default_rng(0).permutation(fresh.target)
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=1e-6)).fit(fresh.data, y)
    report = motif_report(model, fresh.data[:60], y[:60], database=database)
    assert len(report) == 0
    assert {"consensus", "match_1", "motif"} <= set(report.columns)


def test_the_seed_decides(kmers, fresh):
    first, again, other = (
        motif_report(kmers, fresh.data[:120], fresh.target[:120], random_state=seed, width=9)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(
        first.drop(columns=["pwm", "motif"]), again.drop(columns=["pwm", "motif"])
    )
    assert first["effect"].tolist() != other["effect"].tolist()


def test_what_is_wrong_is_said(kmers, fresh, database):
    with pytest.raises(ValueError, match="none of the classes"):
        motif_report(kmers, fresh.data, np.full(240, 7), saliency=fresh.positions)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        motif_report(kmers, fresh.data, fresh.target[:-1])
    with pytest.raises(ValueError, match="more than the 50 positions"):
        motif_report(kmers, fresh.data[:9], width=60)
    with pytest.raises(FileNotFoundError):
        motif_report(kmers, fresh.data, database="nowhere.meme")
    rna = [Motif("r", [[1, 0, 0, 0]], "RNA")]
    with pytest.raises(ValueError, match=r"written in RNA, X in DNA. Compare motifs of one"):
        motif_report(kmers, fresh.data, method="none", database=rna)  # before saliency is asked for


@pytest.mark.slow
def test_attngen_shows_every_planted_motif():
    """One network, trained on one draw; the motifs are looked for in another one."""
    data = make_motif_sequences(600, length=60, n_classes=3, random_state=0)
    model = AttnGenClassifier(n_estimators=1, random_state=0).fit(data.data, data.target)
    fresh = make_motif_sequences(600, length=60, motifs=data.motifs, random_state=1)
    report = motif_report(model, fresh.data, fresh.target)
    first = report.groupby("class").head(1)
    assert first["consensus"].tolist() == data.motifs
    assert (first["effect"] > 0.2).all()
    assert (first["effect_control"].abs() < 0.05).all()


@pytest.mark.slow
def test_one_network_finds_ctcf_and_p73(real_data):
    """Peaks of two proteins: in held-out sequences, each class's first motif is the known one.

    By default it would be three networks, in three times the time.
    """
    table = pd.read_csv(real_data / "ctcf_p73_random_200.csv.gz")
    train, test = (table[table["split"] == split] for split in ("train", "test"))
    model = AttnGenClassifier(n_estimators=1, reverse_complement="average", random_state=0)
    model.fit(train["sequence"], train["label"])
    assert model.score(test["sequence"], test["label"]) > 0.8
    report = motif_report(
        model,
        test["sequence"],
        test["label"],
        database=real_data / "jaspar2022_vertebrates.meme.gz",
    )
    for label, names in {"CTCF": {"CTCF"}, "p73": {"TP73", "TP53", "TP63"}}.items():
        first = report[report["class"] == label].iloc[0]
        found = {first[f"match_{rank}"].rpartition(".")[2] for rank in (1, 2)}
        assert found & names, first
        assert first["q_value_1"] < 1e-4
        assert first["share"] > 0.5
        assert first["effect"] > 0.2
        assert abs(first["effect_control"]) < 0.05


def test_classes_whose_names_files_cannot_hold(data, tmp_path):
    """Labels that look alike in a motif file get a number, so that each motif has a name."""
    labels = np.array(["δ η", "η δ", "c"])[np.searchsorted(np.unique(data.target), data.target)]
    model = make_kmer_classifier(k=5, canonical=False).fit(data.data, labels)
    report = motif_report(model, data.data, labels, random_state=0)
    assert report["class"].nunique() > 1
    assert report["name"].is_unique
    write_meme(report["motif"], tmp_path / "motifs.meme")


def test_a_saliency_that_is_no_number_is_named_by_its_row(kmers, data):
    values = np.ones((len(data.data), 50))
    row = np.flatnonzero(data.target == data.target[-1])[1]
    values[row, 3] = np.nan
    with pytest.raises(ValueError, match=f"nan in row {row} at position 3"):
        motif_report(kmers, data.data, data.target, saliency=values)


@pytest.mark.parametrize("pad", ["left", "right"])
def test_sequences_of_unequal_lengths(pad, fresh):
    """Padding gathers no motifs, and sites are counted from the first letter of their sequence."""
    rng = np.random.default_rng(0)
    uneven = [x + "".join(rng.choice(list("ACGT"), n)) for x, n in
              zip(fresh.data, rng.integers(0, 30, len(fresh.data)), strict=True)]  # fmt: skip
    model = make_pipeline(SequenceOneHotEncoder(length=200, pad=pad), LogisticRegression(C=0.01))
    model.fit(uneven, rng.permutation(fresh.target))
    first = np.zeros((len(uneven), 200))
    for row, (x, own) in enumerate(zip(uneven, fresh.positions, strict=True)):
        start = 200 - len(x) if pad == "left" else 0
        first[row, start : start + len(x)] = rng.random(len(x))
        first[row, start : start + len(own)] += 3 * own
    found = motif_report(model, uneven, fresh.target, width=9, saliency=first)
    assert sorted(found["consensus"]) == sorted(WORDS)
    for motif in found["motif"]:
        cut = [uneven[row][start : start + 9] for row, start, *_ in motif.sites]
        assert cut.count(motif.consensus) > 0.9 * len(cut)
    noise = np.where(first > 0, rng.random(first.shape), 0.0)
    assert motif_report(model, uneven, fresh.target, saliency=noise).empty

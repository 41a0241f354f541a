"""report: each number, label and letter of the page stands where it belongs."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._report import letters as letters_module
from sklearn_attngen.inspection._report.facts import composition_rows, metric_values
from sklearn_attngen.inspection._report.letters import examples_section, motifs_section
from sklearn_attngen.inspection._report.page import _predictions
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import one_hot, read_sequences, reverse_complement
from tests.inspection.report.conftest import Page

pytestmark = pytest.mark.usefixtures("figures")


def test_the_numbers_are_those_of_the_functions(written, motif_data):
    X, y = motif_data[0][120:], motif_data[1][120:]
    results = written.results
    accuracy = accuracy_score(y, written.model.predict(X))
    assert results.metrics["accuracy"]["value"] == accuracy
    assert f"Of 120 sequences, {accuracy:.1%} are predicted rightly" in written.words
    assert results.confusion_matrix.sum() == 120
    assert len(results.rows) == len(results.saliency) == 80
    assert results.removal.n_samples == 80
    assert set(results.removal.scores) == {"top", "random", "matched", "bottom"}
    assert results.insertion.mode == "insertion"
    assert results.comprehensiveness.advantage_interval[0] > 0
    assert "it rests on the salient letters more than on random ones, beyond" in written.words
    lost = results.comprehensiveness
    assert f"falls by {lost.score:.3f} with the salient letters and by {lost.control:.3f} with" in (
        written.words
    )
    for value in (
        results.removal.area["matched"],
        results.insertion.area["top"],
        results.sufficiency.score,
        results.infidelity.relative,
        results.metrics["roc_auc"]["value"],
    ):
        assert f"{value:.3f}" in written.words
    assert set(results.motifs["consensus"].str.contains("ATTA|CGTG")) == {True}
    assert all(consensus in written.words for consensus in results.motifs["consensus"])
    assert "classifier__C" in written.words


def between(interval):
    return f"{interval[0]:.3f} to {interval[1]:.3f}"


def test_numbers_stand_beside_their_names(written):
    """Replaced and kept, score and control, true and predicted: each number in its column."""
    removal, insertion = written.results.removal, written.results.insertion
    names = {"top": "Most salient first", "bottom": "Least salient first"}
    curves = {row[0]: row[1:] for row in written.table("Mean height of the curves")}
    for order, name in names.items():
        expected = []
        for curve in (removal, insertion):
            expected += [f"{curve.area[order]:.3f}", between(curve.area_intervals[order])]
        assert curves[name] == expected
    measures = written.table("Measures on the score of the predicted class")
    for row, name, better in zip(
        measures[:2], ("Comprehensiveness", "Sufficiency"), ("larger", "smaller"), strict=True
    ):
        measure = written.results[name.lower()]
        assert row == [
            f"{name} ({better} is better)",
            f"{measure.score:.3f}",
            f"{measure.control:.3f}",
            f"{measure.advantage:+.3f}",
            between(measure.advantage_interval),
        ]
    for curve, what in ((removal, "are replaced"), (insertion, "are kept and all others replaced")):
        top, random = (curve.scores[order][-1].mean() for order in ("top", "random"))
        said = f"when letters {what}. At 20%: {top:.3f} by saliency, {random:.3f} at random"
        assert said in written.words


def test_predictions_stand_beside_their_labels(written, motif_data):
    X, y = motif_data[0][120:], motif_data[1][120:]
    predicted = written.model.predict(X)
    counts = confusion_matrix(y, predicted)
    assert counts[0, 1] != counts[1, 0]
    assert written.table("Confusion matrix") == [
        [f"true {label}", *map(str, row)] for label, row in enumerate(counts)
    ]
    *metrics, largest = written.table("Agreement with the labels")
    for row, metric in zip(metrics, written.results.metrics.values(), strict=True):
        assert row == [metric["label"], f"{metric['value']:.3f}", between(metric["interval"])]
        assert metric["interval"][0] <= metric["value"] <= metric["interval"][1]
    assert largest[1] == "0.500"
    letters = written.table("Classes and their letters (share of all letters)")
    for label, row in enumerate(letters[:2]):
        text = "".join(X[y == label])
        shares = (f"{text.count(letter) / len(text):.1%}" for letter in "ACGTN")
        assert row == [str(label), "60", "50.0%", *shares]
    assert "Everything about saliency is from 80 of them" in written.words


def test_explanations_are_of_the_labels_of_the_sample(written, motif_data):
    X, y = motif_data[0][120:], motif_data[1][120:]
    rows = written.results.rows
    expected = accuracy_score(y[rows], written.model.predict(X[rows]))
    assert written.results.removal.baseline == written.results.insertion.baseline == expected


def test_examples_are_said_to_be_what_they_are(written, motif_data):
    X, y = motif_data[0][120:], motif_data[1][120:]
    said = [x.text for x in written.root.iter("figcaption") if x.text.startswith("Row ")]
    rows = [int(text.split()[1]) for text in said]
    predicted, shares = (
        ask(X[rows]) for ask in (written.model.predict, written.model.predict_proba)
    )
    assert set(predicted) == {0, 1}
    assert said == [
        f"Row {row} (0-based): true {y[row]}, predicted {label}, probability {share[label]:.2f}"
        for row, label, share in zip(rows, predicted, shares, strict=True)
    ]


def test_the_motifs_with_most_sites_are_shown(written, monkeypatch):
    found = written.results.motifs
    found = found.assign(n_seqlets=[30, 31], match_1="known", p_value_1=1e-9, q_value_1=1e-4)
    monkeypatch.setattr(letters_module, "_MOST_MOTIFS", 1)
    text = motifs_section(found, with_database=True)
    page = Page(f"<div>{text}</div>", None, None, None)
    most = found.iloc[1]
    assert page.table("Motifs by predicted class") == [
        [
            most["name"],
            str(most["class"]),
            most["consensus"],
            str(most["n_seqlets"]),
            f"{most['share']:.1%}",
            f"{most['effect']:+.3f}",
            f"{most['effect_control']:+.3f}",
            "known",
            "0.0001",
        ]
    ]
    assert "The 1 with most sites of 2." in page.words


def test_sites_of_motifs_are_in_rows_of_all_sequences(written, motif_data):
    """A sample of rows is explained: to_bed would write its rows to regions of others."""
    X = ["N" * 20 + sequence + "N" * 20 for sequence in motif_data[0][120:]]  # sites may hang over
    assert written.results.rows[-1] >= 80
    for motif in written.results.motifs["motif"]:
        at = motif.sites["start"] + 20
        words = [X[row][i : i + motif.width] for row, i in zip(motif.sites["row"], at, strict=True)]
        back = motif.sites["strand"] < 0
        words = np.where(back, reverse_complement(words), words)
        counts = one_hot(read_sequences(words).codes).sum(axis=0)
        total = counts.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(
            motif.probabilities, (counts + motif.background) / (total + 1), atol=1e-12
        )


def test_letters_about_the_peak_keep_their_numbers(make_known, make_sequences, monkeypatch):
    drawn = []

    def spy(saliency, letters, *, positions, **options):
        drawn.append((saliency[0], letters.reshape(-1, 4).argmax(axis=1), positions))
        return Bunch(figure_=Figure())

    monkeypatch.setattr(letters_module, "SaliencyDisplay", Bunch(from_saliency=spy))
    X = make_sequences(3, length=300)
    model, peaks = make_known().fit(X), [5, 150, 290]
    saliency = np.zeros((3, 300))
    saliency[range(3), peaks] = 1
    sample, label = LetterInput.read(model, X, None), model.predict(X)
    results = Bunch(saliency=saliency, rows=np.arange(3))
    arguments = label, label, np.arange(1000, 1300), 3, np.random.default_rng(0)
    text = examples_section(model, sample, results, *arguments)
    rows = [int(row) for row in re.findall(r"<figcaption>Row (\d)", text)]
    assert sorted(rows) == [0, 1, 2]
    for row, (values, letters, positions) in zip(rows, drawn, strict=True):
        assert positions[0] == 1000 + [0, 30, 60][row], "as many to either side, where there are"
        assert positions[values.argmax()] == 1000 + peaks[row]
        np.testing.assert_array_equal(letters, sample.codes[row, positions - 1000])


def test_metrics_are_those_of_the_labels_whatever_their_type(X):
    """Scorers get numbers, as they take several times as long for text."""
    numbers = np.array([{"A": 0, "C": 1}.get(x[4], 2) for x in X])
    found = []
    for y in (numbers, np.array(["exon", "intron", "none"], dtype=object)[numbers]):
        model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression(C=0.01)).fit(X, y)
        rng = np.random.default_rng(0)
        metrics, matrix = metric_values(model, X, y, n_bootstrap=5, confidence_level=0.9, rng=rng)
        for name, metric in metrics.items():
            scorer = get_scorer("roc_auc_ovr" if name == "roc_auc" else name)
            assert metric["value"] == abs(scorer(model, X, y))
        np.testing.assert_array_equal(matrix, confusion_matrix(y, model.predict(X)))
        found.append(metrics)
    np.testing.assert_equal(*found)


def test_shares_are_of_all_letters_and_all_sequences(known):
    """N among them; what the largest class makes up is what any accuracy is compared with."""
    X = np.array([15 * "A" + 15 * "N", 30 * "C", 30 * "G", 30 * "T"], dtype=object)
    y = np.array(["no", "no", "no", "yes"])
    header, rows = composition_rows(LetterInput.read(known, X, None), y)
    assert header[3:] == ["A", "C", "G", "T", "Unknown"]
    assert rows == [
        ["no", "3", "75.0%", "16.7%", "33.3%", "33.3%", "0.0%", "16.7%"],
        ["yes", "1", "25.0%", "0.0%", "0.0%", "0.0%", "100.0%", "0.0%"],
        ["All", "4", "100.0%", "12.5%", "25.0%", "25.0%", "25.0%", "12.5%"],
    ]
    results = Bunch(metrics={}, removal=Bunch(confidence_level=0.9), confusion_matrix=np.eye(2))
    page = Page(f"<div>{_predictions(known, y, results)}</div>", None, None, None)
    ((_, largest, _),) = page.table("Agreement with the labels")
    assert largest == "0.750"

"""report: a standalone page that says what the functions say, and errors before any work."""

import base64
import re
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from sklearn_attngen.inspection import report
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._report.facts import data_warnings
from sklearn_attngen.inspection._report.letters import _chosen
from sklearn_attngen.inspection._report.page import _verdict
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from tests.inspection.report.conftest import QUICK

pytestmark = pytest.mark.usefixtures("figures")


def test_the_page_is_well_formed_and_whole(written):
    assert written.text.startswith("<!DOCTYPE html>\n<html lang=")
    headings = [heading.text for heading in written.root.iter("h2")]
    assert headings == [
        "Model card",
        "Data card",
        "Predictions",
        "Is the explanation faithful?",
        "Where the saliency lies",
        "Letters of single sequences",
        "Motifs",
        "What these numbers do not say",
    ]
    names = [node.get("id") for node in written.root.iter() if node.get("id")]
    assert len(names) == len(set(names))
    assert written.open_figures == []


def test_the_page_needs_no_network(written):
    """No address, script, frame, sheet or font from outside; the policy forbids them as well."""
    without_pictures = re.sub(r"base64,[A-Za-z0-9+/=]+", "", written.text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", without_pictures)
    tags = {node.tag for node in written.root.iter()}
    assert not tags & {"script", "link", "iframe", "object", "embed", "svg"}
    for node in written.root.iter():
        for key, value in node.attrib.items():
            if key in ("src", "href"):
                assert value.startswith(("data:image/png;base64,", "#"))
            assert not key.startswith("on")
    policies = [node.get("content") for node in written.root.iter("meta") if node.get("http-equiv")]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_texts_of_the_user_are_no_markup(written):
    assert written.root.find(".//h1").text == "<b>A & B</b>"
    assert "Made up; </p><script>no()</script>" in written.words
    assert "<script" not in written.text


def test_pictures_are_inside_and_described(written):
    pictures = list(written.root.iter("img"))
    assert len(pictures) == 2 + 2 + 4 + 1
    for node in pictures:
        data = base64.b64decode(node.get("src").partition(",")[2], validate=True)
        assert data.startswith(b"\x89PNG")
        assert len(node.get("alt")) > 10
    assert len(list(written.root.iter("figcaption"))) == len(pictures)


def test_letters_can_be_copied(written, motif_data):
    """Of pictures alone nobody can search for a sequence, or have it read aloud."""
    X = motif_data[0][120:]
    captions = [node.text for node in written.root.iter("figcaption")]
    rows = [int(text.split()[1]) for text in captions if text.startswith("Row ")]
    copied = [node.text for node in written.root.iter("p") if node.get("class") == "code"]
    assert copied == [X[row] for row in rows]


@pytest.mark.parametrize("pad", ["left", "right"])
def test_letters_are_copied_without_padding(pad, X, y, tmp_path):
    """It would be read as unknown letters, which the sequence does not hold."""
    X = np.array([x[: 30 - i % 5] for i, x in enumerate(X)], dtype=object)
    model = make_pipeline(SequenceOneHotEncoder(pad=pad), LogisticRegression()).fit(X, y)
    report(model, X, y, tmp_path / "report.html", **QUICK)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    copied = re.findall('<p class="code">(.*?)</p>', text)
    assert copied
    assert set(copied) <= set(X)
    assert any(len(letters) < 30 for letters in copied)


def test_headers_of_tables_are_not_empty(written):
    assert all("".join(node.itertext()).strip() for node in written.root.iter("th"))


def test_a_saliency_that_says_nothing_is_called_so(known, X, y, tmp_path, monkeypatch):
    """The one verdict that a reader must not miss."""
    noise = np.random.default_rng(1).random((300, 30))
    monkeypatch.setattr(type(known), "saliency", lambda self, X, *a, **k: noise[: len(X)])
    path = tmp_path / "r.html"
    report(known, X, y, path, motifs=False, n_examples=0, **QUICK)
    assert "Do not read this saliency as an explanation" in path.read_text(encoding="utf-8")


def test_the_lead_names_what_it_compares():
    """Accuracy at a fifth and the score over all fractions may differ: each is named.

    Where letters of the same kinds cost as much as the salient ones, composition explains the fall.
    """
    curve = Bunch(
        fractions=np.array([0.0, 0.2]),
        baseline=0.9,
        chance=0.5,
        scores={
            order: np.array([[0.9], [at]])
            for order, at in {"top": 0.7, "random": 0.85, "matched": 0.69}.items()
        },
    )
    lost = Bunch(score=0.1, control=0.2, advantage_interval=np.array([-0.2, -0.05]))
    text = _verdict(Bunch(removal=curve, comprehensiveness=lost))
    assert "accuracy goes from 90.0% to 70.0%; with as many random ones replaced, to 85.0%" in text
    assert "same kinds, to 69.0%. Letters of the same kinds elsewhere cost nearly as much" in text
    assert "falls by 0.100 with the salient letters and by 0.200 with random ones: it rests" in text
    assert "less than on random ones. Do not read" in text
    for matched, top in ((0.8, 0.7), (0.84, 0.845), (0.9, 0.95)):
        curve.scores |= {"matched": np.array([[0.9], [matched]]), "top": np.array([[0.9], [top]])}
        assert "nearly as much" not in _verdict(Bunch(removal=curve, comprehensiveness=lost))


@pytest.mark.parametrize(("baseline", "top"), [(0.5, [0.5, 0.5]), (0.9, [0.5, 0.7]), (0.9, [0.6])])
def test_the_lead_says_where_chance_stands_for_less(baseline, top):
    """Its accuracies were read as measured, beside a lower one of the same predictions."""
    at_most = np.array([[baseline] * len(top), top])
    curve = Bunch(fractions=np.array([0.0, 0.2]), baseline=baseline, chance=0.5)
    curve.scores = dict.fromkeys(("top", "random", "matched"), at_most)
    lost = Bunch(score=0.1, control=0.2, advantage_interval=None)
    text = _verdict(Bunch(removal=curve, comprehensiveness=lost))
    assert ("what is below chance counts as chance, 50.0%. " in text) == (0.5 in top)


def test_what_was_asked_for_is_written_in_full(known, X, y, tmp_path):
    """An interval of 99.5 % is none of 100 %, and an eighth of the letters is not 12 %."""
    settings = QUICK | {"fractions": (0, 0.125), "confidence_level": 0.995}
    report(known, X, y, tmp_path / "r.html", motifs=False, n_examples=0, **settings)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "With the 12.5% most salient letters replaced" in text
    assert text.count("At 12.5%: ") == 2
    assert text.count("99.5% interval") == 5
    assert "100% interval" not in text


def test_settings_of_the_user_are_left_alone(known, X, y, tmp_path):
    """Neither own figures nor style change, and the page does not take the style over."""
    plt.figure()
    figures = plt.get_fignums()
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30}):
        before = dict(mpl.rcParams)
        report(known, X[:40], y[:40], tmp_path / "r.html", motifs=False, **QUICK)
        assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == figures


def test_classifiers_without_probabilities_and_three_classes(X, tmp_path):
    y = np.array([{"A": "x", "C": "y"}.get(x[4], "z") for x in X])
    for final in (RidgeClassifier(), LogisticRegression()):
        model = make_pipeline(SequenceOneHotEncoder(), final).fit(X[:200], y[:200])
        path = tmp_path / "r.html"
        results = report(
            model, X[200:], y[200:], path, motifs=False, positions=-15, n_examples=2, **QUICK
        )
        has_probabilities = hasattr(model, "predict_proba")
        assert ("log_loss" in str(list(results.metrics))) == has_probabilities
        text = path.read_text(encoding="utf-8")
        assert ("probability 0." in text) == has_probabilities
        assert "Measures on the score of the predicted class" in text
        assert results.motifs is None
        assert "<h2>Motifs</h2>" not in text


def test_long_sequences_are_cut_to_the_peak_and_the_page_says_so(
    make_known, make_sequences, tmp_path
):
    X = make_sequences(30, length=300)
    model = make_known(positions=(280, 281, 290)).fit(X)
    path = tmp_path / "r.html"
    report(model, X, model.predict(X), path, motifs=False, n_examples=1, **QUICK)
    assert "the 240 letters about the peak, of 300" in path.read_text(encoding="utf-8")


def test_a_classifier_that_nothing_moves_has_no_infidelity(X, y, tmp_path):
    path = tmp_path / "r.html"
    report(DummyClassifier().fit(X, y), X[:30], y[:30], path, motifs=False, n_examples=0, **QUICK)
    text = path.read_text(encoding="utf-8")
    assert "undefined: no score falls" in text
    assert "nan" not in re.sub('src="[^"]*"', "", text)


def test_remarks_about_the_data(known, X, y, tmp_path):
    doubled = np.concatenate([X[:40], X[:2]])
    labels = np.concatenate([y[:40], [y[0], "no" if y[1] == "yes" else "yes"]])
    path = tmp_path / "r.html"
    report(known, doubled, labels, path, motifs=False, n_examples=0, **QUICK)
    text = path.read_text(encoding="utf-8")
    assert "2 sequences are copies of others" in text
    assert "Some copies have different labels" in text
    assert "The smallest class has" in text


def test_copies_of_one_label_are_no_contradiction(known, X):
    data = LetterInput.read(known, np.concatenate([X[:60], X[:2]]), None)
    y = np.repeat(["no", "yes", "no"], [40, 20, 2])
    copies, small = data_warnings(data, y, known.classes_)
    assert copies.startswith("2 sequences are copies of others")
    assert small.startswith("The smallest class has 20 sequences")


def test_a_class_without_sequences_is_named(X, tmp_path):
    y = np.array([{"A": "x", "C": "y"}.get(x[4], "z") for x in X])
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    path = tmp_path / "r.html"
    for classes, remark in ((["x", "z"], "class y: metrics"), (["z"], "class x or y: metrics")):
        rows = np.isin(y, classes)
        results = report(model, X[rows], y[rows], path, motifs=False, n_examples=0, **QUICK)
        assert "neg_log_loss" not in results.metrics
        assert f"No sequence is of the {remark}" in path.read_text(encoding="utf-8")


def test_strands_of_motifs_are_those_asked_for(known, X, y, tmp_path, monkeypatch):
    """DNA with a strand, such as splice sites, must not have its motifs turned round."""
    module = sys.modules["sklearn_attngen.inspection._report.report"]
    found, search = [], module.motif_report

    def spy(*arguments, **options):
        found.append(options["both_strands"])
        return search(*arguments, **options)

    monkeypatch.setattr(module, "motif_report", spy)
    for given in ({}, {"both_strands": False}):
        report(known, X[:40], y[:40], tmp_path / "r.html", n_examples=0, **given, **QUICK)
    assert found == ["auto", False]


def test_one_sequence_warns_of_nothing(known, X, y, tmp_path):
    """Whatever class is predicted for it: metrics of one class are no news to warn of."""
    for label in np.unique(y):
        found = report(known, X[:1], [label], tmp_path / "r.html", **QUICK)
        assert found.metrics["accuracy"]["value"] in (0.0, 1.0)


def test_examples_hold_right_and_wrong_predictions_of_each_class():
    y = np.array(list("aaaabbbb"))
    predicted = np.array(list("aabaabbb"))
    for seed in range(5):
        rows = _chosen(y, predicted, 4, np.random.default_rng(seed))
        assert len(set(rows)) == 4
        assert (y[rows] != predicted[rows]).sum() == 2
        right = y[rows][y[rows] == predicted[rows]]
        assert sorted(right) == ["a", "b"]
    assert len(_chosen(y, predicted, 20, np.random.default_rng(0))) == 8
    assert len(_chosen(y, predicted[::-1], 3, np.random.default_rng(0))) == 3


def test_wrong_predictions_are_half_of_the_examples_at_most():
    y, predicted = np.array(list("aaaabbbb")), np.array(list("abbbaaab"))
    rows = _chosen(y, predicted, 4, np.random.default_rng(0))
    assert set(rows) > {0, 7}
    assert (y[rows] != predicted[rows]).sum() == 2


@pytest.mark.parametrize("module", ["matplotlib", "pandas"])
def test_missing_extras_are_named_before_any_work(module, known, X, y, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"report.* needs {module}"):
        report(known, X, y, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_bad_input_raises_and_writes_nothing(known, X, y, tmp_path):
    path = tmp_path / "r.html"
    for arguments, error, message in (
        ((known, X, y, tmp_path / "no" / "r.html"), FileNotFoundError, "does not exist"),
        ((known, X, y, tmp_path), IsADirectoryError, "is a folder"),
        ((LogisticRegression(), X, y, path), NotFittedError, "not fitted"),
        ((known, [], [], path), ValueError, r"0 sample\(s\)"),
        ((known, X, y[:-1], path), ValueError, "inconsistent"),
        ((known, X, np.arange(300), path), ValueError, "none of the classes"),
    ):
        with pytest.raises(error, match=message):
            report(*arguments)
    for wrong in ({"fractions": (0,)}, {"fractions": (0, 3)}, {"n_examples": 99}, {"fill": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            report(known, X, y, path, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_the_way_keeps_the_old_file(known, X, y, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")

    def fails(self, X, *arguments, **keywords):
        raise RuntimeError("no saliency")

    monkeypatch.setattr(type(known), "saliency", fails)
    with pytest.raises(RuntimeError, match="no saliency"):
        report(known, X, y, path, motifs=False, **QUICK)
    assert path.read_text() == "old"


def test_sequences_of_one_letter_have_no_motifs(tmp_path):
    """They raised for the width of a motif, after all the rest had been computed."""
    X, y = ["A", "C"] * 4, [0, 1] * 4
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    results = report(model, X, y, tmp_path / "report.html", n_examples=0, **QUICK)
    assert results.motifs is None
    assert results.path.exists()

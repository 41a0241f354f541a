"""Mistakes that users make with the functions of this folder: each is told what to do."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from skorch import NeuralNetClassifier

from sklearn_attngen import AttnGenClassifier, CNNClassifier, SequenceOneHotEncoder
from sklearn_attngen.inspection import (
    MaskFractionDisplay,
    Motif,
    SaliencyDisplay,
    convergence_delta,
    extract_seqlets,
    motif_report,
    mutagenesis,
    perturbation_curve,
    report,
    saliency,
    sanity_checks,
    to_bedgraph,
    to_frame,
)
from sklearn_attngen.metrics import PerturbationScorer, infidelity


@pytest.fixture
def linear(X, y):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)


def test_a_class_in_the_place_of_an_estimator(X):
    with pytest.raises(
        TypeError, match=r"is a class: make an estimator.*AttnGenClassifier\(\.\.\."
    ):
        saliency(AttnGenClassifier, X)


def test_sequences_in_the_place_of_an_estimator(linear, X, y):
    """They are not written into the message."""
    with pytest.raises(TypeError, match=r"must be a fitted classifier, got list\. The sequences"):
        saliency(list(X), linear)
    with pytest.raises(TypeError, match="must be a fitted classifier, got ndarray"):
        perturbation_curve(X, y, linear)


def test_a_torch_module_in_the_place_of_an_estimator(X):
    """The remedy works, once it is followed to its end."""
    encoded = SequenceOneHotEncoder(dtype=np.float32).fit_transform(X)
    module = torch.nn.Linear(encoded.shape[1], 2)
    with pytest.raises(TypeError, match=r"got Linear\. Make a classifier of a torch module"):
        saliency(module, encoded)
    parts = {"criterion": torch.nn.CrossEntropyLoss}
    with pytest.raises(TypeError, match=r"no classes_.*NeuralNetClassifier.*classes=\[0, 1\]"):
        saliency(NeuralNetClassifier(module, **parts).initialize(), encoded)
    net = NeuralNetClassifier(module, **parts, classes=[0, 1]).initialize()
    sizes = np.abs(module.weight.detach().numpy()[1] - module.weight.detach().numpy()[0])
    changes = mutagenesis(net, encoded[:1], target=1, scale="log_odds")
    assert changes.shape == (1, len(X[0]), 4)
    assert np.abs(changes).max() <= 2 * sizes.max() + 1e-5


def test_one_string_in_the_place_of_sequences(linear, X):
    """Its letters are no sequences, and not too many of them."""
    with pytest.raises(TypeError, match=r"got one str\. Pass a list"):
        SaliencyDisplay.from_estimator(linear, X[0] * 5, kind="sequences")


@pytest.mark.parametrize("method", ["auto", "occlusion"])
def test_an_alphabet_that_the_estimator_does_not_read(method, X, y):
    network = AttnGenClassifier(n_filters=4, n_layers=1, max_epochs=1).fit(X, y)
    expected = saliency(network, X[:2], method)
    np.testing.assert_array_equal(saliency(network, X[:2], method, alphabet="dna"), expected)
    with pytest.raises(ValueError, match=r"alphabet is protein, but AttnGenClassifier reads DNA"):
        saliency(network, X[:2], method, alphabet="protein")


def test_a_metric_that_asks_for_what_the_estimator_lacks(X, y):
    model = make_pipeline(SequenceOneHotEncoder(), LinearSVC()).fit(X, y)
    with pytest.raises(ValueError, match=r"'neg_log_loss' needs predict_proba, which Pipeline"):
        perturbation_curve(model, X, y, metric="neg_log_loss")


@pytest.mark.parametrize(
    ("label", "error", "message"),
    [
        (None, ValueError, r"label of row 3 \(counted from 0\) is None"),
        (float("nan"), ValueError, "label of row 3 .* is nan"),
        (1, TypeError, "y holds both text and other labels"),
    ],
)
def test_labels_that_are_missing_or_of_several_kinds(label, error, message, linear, X, y, tmp_path):
    labels = y.astype(object)
    labels[3] = label
    for ask in (
        lambda: perturbation_curve(linear, X, labels),
        lambda: PerturbationScorer(max_samples=2)(linear, X, labels),
        lambda: sanity_checks(linear, X, labels),
        lambda: sanity_checks(linear, X, y, X_train=X, y_train=labels),
        lambda: report(linear, X, labels, tmp_path / "report.html"),
        lambda: motif_report(linear, X, labels),
        lambda: SaliencyDisplay.from_estimator(linear, X, labels),
        lambda: SaliencyDisplay.from_saliency(np.ones((len(X), 30)), y=labels, kind="heatmap"),
    ):
        with pytest.raises(error, match=message.replace("y holds", "y(_train)? holds")):
            ask()


def test_several_columns_of_labels(linear, X):
    with pytest.raises(ValueError, match="y should be a 1d array"):
        PerturbationScorer()(linear, X, linear.predict_proba(X))


@pytest.mark.parametrize("fractions", [["a"], [None], [[0.1], [0.1, 0.2]]])
def test_fractions_that_are_no_numbers(fractions: Any, linear, X, y):
    with pytest.raises(ValueError, match=r"fractions (must be numbers|must lie)"):
        perturbation_curve(linear, X, y, fractions=fractions)


@pytest.mark.parametrize("scale", [np.nan, np.inf, "best"])
def test_a_scale_that_is_no_number(scale: Any, linear, X):
    with pytest.raises(ValueError, match="scale"):
        infidelity(linear, X, scale=scale)


def test_what_is_no_search(linear):
    with pytest.raises(TypeError, match=r"search over mask_fraction.*got Pipeline"):
        MaskFractionDisplay.from_search(linear)


def test_what_is_no_motif_and_no_region(tmp_path):
    with pytest.raises(TypeError, match="name of a motif must be a str, got 3"):
        Motif(3, np.eye(4))
    with pytest.raises(TypeError, match=r"Region 0 \(0-based\) is 5"):
        to_bedgraph(np.ones((1, 4)), [5], tmp_path / "file")


def test_an_unknown_method_is_told_all_that_there_are(linear, X, y):
    """Also those that the inspection adds to the network's own; no network is asked for."""
    with pytest.raises(
        ValueError,
        match=r"'magic' is none of .* for Pipeline: 'auto', 'occlusion', 'mutagenesis'\.",
    ):
        saliency(linear, X[:2], "magic")
    with pytest.raises(ValueError, match=r"asks a network for its own explanation, but Pipeline"):
        saliency(linear, X[:2], "attention")
    network = CNNClassifier(n_filters=4, n_layers=1, max_epochs=1).fit(X, y)
    for wrong in ("magic", "attention"):
        with pytest.raises(
            ValueError,
            match=rf"'{wrong}' is none of .* CNN.*: 'auto', 'occlusion', .*_gradients', 'deeplift'",
        ):
            saliency(network, X[:2], wrong)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("explain", [mutagenesis, convergence_delta])
@pytest.mark.parametrize("length", [7, 40])
def test_another_length_than_in_fit(length, explain, kind, make_sequences, X, y):
    """A network that pools over positions would take it, and explain what predict refuses."""
    network = kind(n_filters=4, n_layers=1, max_epochs=1).fit(X[:60], y[:60])
    with pytest.raises(ValueError, match=rf"row 0 .* {length} letters, expected 30 \(.* in fit\)"):
        explain(network, make_sequences(3, length=length))


@pytest.mark.parametrize(
    "ask", [SaliencyDisplay.from_saliency, to_frame, lambda S, X: extract_seqlets(S)]
)
def test_sequences_in_the_place_of_saliency(ask: Any, X):
    with pytest.raises(ValueError, match=r"must hold a number for each position.*got ndarray of"):
        ask(X, np.ones((len(X), 30)))


@pytest.mark.parametrize(
    "ask", [SaliencyDisplay.from_saliency, to_frame, lambda S, X: extract_seqlets(S)]
)
def test_masked_saliency(ask: Any, X):
    """NumPy reads what the mask hides."""
    masked = np.ma.array(np.ones((len(X), 30)), mask=False)
    masked[1, 2] = np.ma.masked
    with pytest.raises(ValueError, match="is nan in row 1 at position 2"):
        ask(masked, X)


def test_an_estimator_in_the_place_of_saliency(linear, X):
    with pytest.raises(TypeError, match=r"must hold a number for each position.*got Pipeline"):
        SaliencyDisplay.from_saliency(linear, X)


@pytest.mark.parametrize("kind", ["profile", "heatmap"])
def test_saliency_of_other_sequences(kind: str, X):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SaliencyDisplay.from_saliency(np.ones((30, len(X))), X, kind=kind)


def test_tables_of_which_a_pipeline_takes_one_column(X, y):
    table = pd.DataFrame({"seq": X, "gc": 0.5})
    encode = ColumnTransformer([("dna", SequenceOneHotEncoder(), "seq")])
    model = make_pipeline(encode, LogisticRegression()).fit(table, y)
    with pytest.raises(ValueError, match=r"as a table of its own, X\[\['name of the column'\]\]"):
        saliency(model, table)
    assert saliency(model, table[["seq"]]).shape == (len(X), 30)


def test_tables_of_which_a_pipeline_takes_several_columns(X, y):
    """No advice that would lead to the next error."""
    table = pd.DataFrame({"seq": X, "gc": 0.5})
    steps = [("dna", SequenceOneHotEncoder(), "seq"), ("rest", "passthrough", ["gc"])]
    model = make_pipeline(ColumnTransformer(steps), LogisticRegression()).fit(table, y)
    with pytest.raises(ValueError, match=r"needs other columns too cannot be inspected"):
        saliency(model, table)

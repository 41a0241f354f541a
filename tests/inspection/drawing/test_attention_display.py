"""AttentionHeadsDisplay: the weights that the network uses, from any estimator that holds it."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier, SequenceOneHotEncoder
from sklearn_attngen.inspection import AttentionHeadsDisplay
from sklearn_attngen.networks import attention_heads, spread
from sklearn_attngen.sequences import reverse_complement

SMALL = {"n_filters": 4, "n_layers": 1, "max_epochs": 2, "n_estimators": 1, "random_state": 0}


pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture
def network(X, y):
    return AttnGenClassifier(**SMALL).fit(X[:100], y[:100])


def texts_overlap(display):
    """Whether any two texts cover each other or leave the figure."""
    display.figure_.canvas.draw()
    ax = display.ax_
    drawn = [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label]
    drawn += ax.get_legend().get_texts()
    boxes = [text.get_window_extent() for text in drawn if text.get_text()]
    whole = display.figure_.bbox.padded(1)
    outside = any(not whole.contains(*corner) for box in boxes for corner in (box.p0, box.p1))
    return outside or any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_the_heads_make_the_saliency_called_attention(network, X):
    """What is shown is what the network uses: its mean over heads, spread, is the saliency."""
    found = AttentionHeadsDisplay.from_estimator(network, X[:7]).attention
    assert found.shape == (7, network.n_heads + 1, 30)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=2), 1, rtol=1e-5)
    mean = spread(torch.from_numpy(found.mean(axis=1)), network.kernel_size).numpy()
    np.testing.assert_allclose(mean, network.saliency(X[:7], "attention"), atol=1e-6)


def test_unknown_letters_get_no_attention(network, X):
    changed = [X[0][:10] + "NNNNN" + X[0][15:]]
    found = AttentionHeadsDisplay.from_estimator(network, changed).attention
    assert (found[:, :, 10:15] == 0).all()


def test_the_module_is_left_as_it_was(network, X):
    network.module_.train()
    AttentionHeadsDisplay.from_estimator(network, X[:2])
    assert network.module_.training
    x = torch.rand(2, 4, 30, requires_grad=True)
    assert not attention_heads(network.module_, x).requires_grad


def test_a_network_without_a_hard_head_shows_the_soft_ones():
    """Fitted on numbers there is no hard head; these have no letters, so that only tensors go."""
    rng = np.random.default_rng(0)
    model = AttnGenClassifier(**SMALL).fit(rng.normal(size=(40, 8)), np.arange(40) % 2)
    x = torch.from_numpy(rng.normal(size=(3, 1, 8)))
    found = attention_heads(model.module_, x.to(next(model.module_.parameters()).dtype))
    assert found.shape == (3, model.n_heads, 8)
    with pytest.raises(ValueError, match="fitted on numbers that are no letters"):
        AttentionHeadsDisplay.from_estimator(model, ["ACGTACGT"])


def test_wherever_the_network_is_held(X, y):
    """At the end of a pipeline, in a search, in a search over pipelines: the same attention."""
    alone = AttnGenClassifier(**SMALL).fit(X[:60], y[:60])
    expected = AttentionHeadsDisplay.from_estimator(alone, X[:5]).attention
    pipeline = make_pipeline(SequenceOneHotEncoder(), AttnGenClassifier(**SMALL))
    for model, name in (
        (pipeline, "attngenclassifier__dropout"),
        (GridSearchCV(AttnGenClassifier(**SMALL), {"dropout": [0.1]}, cv=2), None),
        (GridSearchCV(pipeline, {"attngenclassifier__dropout": [0.1]}, cv=2), None),
    ):
        if name is not None:
            model.set_params(**{name: 0.1})
        found = AttentionHeadsDisplay.from_estimator(model.fit(X[:60], y[:60]), X[:5]).attention
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_both_strands_are_averaged_and_turned_round(X, y):
    model = AttnGenClassifier(reverse_complement="average", **SMALL).fit(X[:60], y[:60])
    found = AttentionHeadsDisplay.from_estimator(model, X[:4]).attention
    turned = AttentionHeadsDisplay.from_estimator(model, reverse_complement(X[:4])).attention
    np.testing.assert_allclose(found, turned[:, :, ::-1], atol=1e-6)
    single = attention_heads(
        model.module_,
        torch.from_numpy(SequenceOneHotEncoder().fit_transform(X[:4]))
        .float()
        .reshape(4, 30, 4)
        .transpose(1, 2),
    )
    assert np.abs(found - single.numpy()).max() > 1e-4


def test_results_do_not_depend_on_the_batch(network, X):
    whole = AttentionHeadsDisplay.from_estimator(network, X[:9]).attention
    parts = AttentionHeadsDisplay.from_estimator(network, X[:9], batch_size=2).attention
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_lines_are_means_and_bands_their_spread():
    attention = np.random.default_rng(0).dirichlet(np.ones(12), (20, 3))
    display = AttentionHeadsDisplay(attention).plot(share_scale=True)
    mean, spread_ = attention.mean(axis=0), attention.std(axis=0)
    top = (mean + spread_).max()
    for head, line in enumerate(display.lines_):
        base = -1.18 * (head + 1)
        np.testing.assert_allclose((line.get_ydata() - base) * top, mean[head], atol=1e-12)
    assert len(display.bands_) == 3
    assert f"{top:.2g}" in display.ax_.get_ylabel()
    assert display.areas_ == display.letters_ == []
    own = display.plot(share_scale=False)
    tops = [f"Head {i}\n(top: {(mean + spread_)[i].max():.2g})" for i in range(3)]
    assert [text.get_text() for text in own.ax_.get_yticklabels()] == tops
    assert display.plot(band=False).bands_ == []


def test_one_sequence_with_its_letters(network, X):
    display = AttentionHeadsDisplay.from_estimator(network, X[:8], sequence=-1, positions=-15)
    assert len(display.letters_) == 4  # a shape for each kind of letter
    assert len(display.areas_) == len(display.lines_) == 5
    for area in display.areas_:  # a bar as wide as each letter, the first and the last too
        box = area.get_paths()[0].get_extents()
        assert (box.x0, box.x1) == (-0.5, 29.5)
    assert "Sequence 7" in [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert display.ax_.get_xlabel() == "Position"
    assert AttentionHeadsDisplay(display.attention).plot(sequence=0).letters_ == []


def test_letters_too_narrow_to_read_are_left_out(make_sequences):
    X = make_sequences(20, length=130)
    model = AttnGenClassifier(**SMALL).fit(X, np.arange(20) % 2)
    assert AttentionHeadsDisplay.from_estimator(model, X, sequence=0).letters_ == []


@pytest.mark.parametrize("share_scale", [True, False])
@pytest.mark.parametrize("sequence", [None, 1])
@pytest.mark.parametrize("size", [(4, 3.4), (7.5, 4), (12, 7)])
def test_no_text_covers_another(size, sequence, share_scale, network, X):
    _, ax = plt.subplots(figsize=size, layout="constrained")
    display = AttentionHeadsDisplay.from_estimator(
        network, X[:20], sequence=sequence, share_scale=share_scale, ax=ax
    )
    assert display.ax_ is ax
    assert not texts_overlap(display)


@pytest.mark.parametrize("sequence", [None, 0])
def test_large_texts_stay_apart(sequence, network, X):
    """Those of slides: names of heads lay on each other."""
    with mpl.rc_context({"font.size": 22}):
        display = AttentionHeadsDisplay.from_estimator(network, X, sequence=sequence)
        assert not texts_overlap(display)


@pytest.mark.parametrize("size", [(4, 3.4), (12, 7)])
def test_positions_in_a_chromosome_are_written_in_full(size):
    """Six digits would write all of them alike, and ten long numbers cover each other."""
    _, ax = plt.subplots(figsize=size, layout="constrained")
    attention = np.random.default_rng(0).dirichlet(np.ones(60), (5, 3))
    display = AttentionHeadsDisplay(attention, positions=43_044_295).plot(ax=ax)
    assert "43044300" in [text.get_text() for text in ax.get_xticklabels()]
    assert not texts_overlap(display)


def test_estimators_without_heads_are_told_apart(X, y):
    cnn = CNNClassifier(n_filters=4, n_layers=1, max_epochs=1).fit(X[:60], y[:60])
    with pytest.raises(ValueError, match="CNNClassifier holds a network without attention"):
        AttentionHeadsDisplay.from_estimator(cnn, X[:2])
    linear = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    with pytest.raises(
        ValueError, match="Pipeline has no network of its own that sees the letters"
    ):
        AttentionHeadsDisplay.from_estimator(linear, X[:2])
    calibrated = CalibratedClassifierCV(AttnGenClassifier(**SMALL), cv=2).fit(X[:60], y[:60])
    with pytest.raises(
        ValueError, match="CalibratedClassifierCV has no network of its own that sees"
    ):
        AttentionHeadsDisplay.from_estimator(calibrated, X[:2])
    with pytest.raises(NotFittedError):
        AttentionHeadsDisplay.from_estimator(AttnGenClassifier(), X[:2])


def test_bad_input(network, X):
    draw = AttentionHeadsDisplay.from_estimator
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        draw(network, [])
    with pytest.raises(ValueError, match="length"):
        draw(network, ["ACGT"])
    for wrong in (2, -3, 0.5, "first"):
        with pytest.raises(ValueError, match="sequence must be the number of a row, 0 to 1"):
            draw(network, X[:2], sequence=wrong)
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match="batch_size must be a whole number"):
            draw(network, X[:2], batch_size=wrong)
    with pytest.raises(ValueError, match="letter_colors"):
        draw(network, X[:2], letter_colors="neon")
    with pytest.raises(ValueError, match=r"positions has shape \(2,\)"):
        draw(network, X[:2], positions=[1, 2])
    assert plt.get_fignums() == []


def test_the_mean_at_a_single_position_is_drawn():
    lines = AttentionHeadsDisplay(np.ones((3, 2, 1))).plot().lines_
    assert {line.get_marker() for line in lines} == {"o"}


def test_the_mean_is_seen_on_dark_axes(network, X):
    with plt.style.context("dark_background"):
        display = AttentionHeadsDisplay.from_estimator(network, X[:5], sequence=0)
    assert {line.get_color() for line in display.lines_} == {"white"}


@pytest.mark.parametrize("n_estimators", [1, 2])
def test_hard_heads_have_a_colour_of_their_own(n_estimators, X, y):
    model = AttnGenClassifier(**SMALL | {"n_estimators": n_estimators}).fit(X[:100], y[:100])
    display = AttentionHeadsDisplay.from_estimator(model, X[:5])
    is_hard = [line.get_color() == display.lines_[4].get_color() for line in display.lines_]
    assert is_hard == [False, False, False, False, True] * n_estimators

"""DeepLIFT and gradients: batches bound memory alone, the network stays as it was, errors tell."""

import sys

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import deeplift, saliency
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from tests.inspection.conftest import fit_small

GRADIENTS = ["integrated_gradients", "gradient_x_input", "interior_gradient"]


@pytest.mark.parametrize("method", ["deeplift", *GRADIENTS])
def test_batch_size_does_not_matter(network, few, method):
    if method == "deeplift":
        pytest.importorskip("captum.attr")
    expected = saliency(network, few, method, signed=True)
    for target in (None, network.predict(few)):
        parts = saliency(network, few, method, target, signed=True, batch_size=2)
        np.testing.assert_allclose(parts, expected, atol=1e-6)
    one = saliency(network, few.tolist(), method, "yes", signed=True, batch_size=3)
    np.testing.assert_allclose(one, saliency(network, few, method, "yes", signed=True), atol=1e-6)


def test_number_of_references_of_numpy(network, few):
    pytest.importorskip("captum.attr")
    expected = deeplift(network, few, n_references=2)
    np.testing.assert_array_equal(deeplift(network, few, n_references=np.uint8(2)), expected)


@pytest.mark.parametrize("method", ["interior_gradient", "attention"])
def test_batch_size_bounds_what_a_network_gets(planted, few, method):
    model = fit_small(AttnGenClassifier, planted, max_epochs=1)
    seen = []
    hook = model.module_.encoder.register_forward_pre_hook(
        lambda _, inputs: seen.append(len(inputs[0]))
    )
    saliency(model, few, method, batch_size=2)
    hook.remove()
    # The first pass reads all rows once, in the estimator's own batches, and predicts.
    assert seen[0] == 5
    assert max(seen[1:]) == 2


def test_batch_size_bounds_magnitudes_by_deeplift(planted, few):
    """Also the probabilities that its contributions are changes of; and batches do not show."""
    pytest.importorskip("captum.attr")
    model = fit_small(CNNClassifier, planted, max_epochs=1)
    expected, seen = saliency(model, few, "deeplift"), []
    hook = model.module_.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    found = saliency(model, few, "deeplift", batch_size=2)
    hook.remove()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert seen[0] == 5  # reads all rows once and predicts
    assert max(seen[1:]) <= 4  # sequences, and equal shares beside them


@pytest.mark.parametrize("kind", ["dinucleotide", "shuffle"])
def test_batches_change_nothing(network, few, kind):
    pytest.importorskip("captum.attr")
    arguments = {"references": kind, "n_references": 7, "target": "yes", "return_delta": True}
    expected = deeplift(network, few, **arguments)
    for batch_size in (1, 3, 10_000):
        found = deeplift(network, few, batch_size=batch_size, **arguments)
        np.testing.assert_allclose(found[0], expected[0], atol=1e-6)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
    again, other = (deeplift(network, few, **arguments, random_state=seed)[0] for seed in (0, 1))
    np.testing.assert_array_equal(again, expected[0])
    assert np.abs(other - again).max() > 1e-3


def test_memory_is_bounded(planted, few):
    """By pairs of a sequence and a reference, which the network sees side by side."""
    pytest.importorskip("captum.attr")
    model = fit_small(CNNClassifier, planted, max_epochs=1)
    seen = []

    class Watched(type(model.module_)):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    model.module_.__class__ = Watched
    deeplift(model, few, n_references=6, batch_size=4)
    assert seen[0] == 5  # reads all rows once and predicts
    assert max(seen[1:]) == 8
    assert sum(seen[1:]) == 2 * 5 * 6


def state(module):
    """What a call could change in a network and leave behind."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    layers = [
        (layer.training, sorted(vars(layer)), *(len(getattr(layer, kind)) for kind in hooks))
        for layer in module.modules()
    ]
    parameters = [
        (p.requires_grad, p.grad is None, p.detach().clone().numpy().tobytes())
        for p in (*module.parameters(), *module.buffers())
    ]
    return layers, parameters


def in_mixed_modes(data):
    """Return a classifier, and its network, of which only the head is in evaluation mode."""
    model = fit_small(AttnGenClassifier, data, max_epochs=1)
    model.module_.train()
    model.module_.head.eval()
    return model, model.module_


def fail_after(monkeypatch, layer, n_passes):
    forward, calls = layer.forward, []

    def failing(x, **options):
        calls.append(1)
        if len(calls) > n_passes:
            raise RuntimeError("out of memory")
        return forward(x, **options)

    monkeypatch.setattr(layer, "forward", failing)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("method", ["deeplift", "mutagenesis", "occlusion", *GRADIENTS])
def test_the_network_is_left_as_it_was(planted, few, method, fails, monkeypatch):
    """Modes of single layers, hooks, gradients, weights, torch's generator; with errors too."""
    if method == "deeplift":
        pytest.importorskip("captum.attr")
    model, module = in_mixed_modes(planted)
    if fails:
        # Where the first pass is the prediction, it fails in the middle of the work.
        fail_after(monkeypatch, module.head, 0 if method in GRADIENTS else 1)
    before, generator = state(module), torch.random.get_rng_state()
    grad_mode = torch.is_grad_enabled()
    if fails:
        with pytest.raises(RuntimeError, match="out of memory"):
            saliency(model, few, method)
    else:
        saliency(model, few, method)
    assert state(module) == before
    assert torch.equal(torch.random.get_rng_state(), generator)
    assert torch.is_grad_enabled() == grad_mode
    assert module.training
    assert not module.head.training


@pytest.mark.parametrize("fails", [False, True])
def test_deeplift_leaves_the_network_as_it_was(planted, few, fails, monkeypatch):
    """Whatever the mode of torch, and with errors too."""
    pytest.importorskip("captum.attr")
    model, module = in_mixed_modes(planted)
    if fails:
        fail_after(monkeypatch, module.head, 3)
    before, generator = state(module), torch.random.get_rng_state()
    with torch.inference_mode():
        if fails:
            with pytest.raises(RuntimeError, match="out of memory"):
                deeplift(model, few, n_references=3, batch_size=4, return_delta=True)
        else:
            deeplift(model, few, n_references=3, batch_size=4, return_delta=True)
    assert state(module) == before
    assert torch.equal(torch.random.get_rng_state(), generator)


MODES = [
    torch.no_grad(),
    torch.inference_mode(),
    torch.autocast("cpu", torch.bfloat16),
    torch.device("meta"),  # by default
]


@pytest.mark.parametrize("method", ["deeplift", "mutagenesis", "occlusion", "integrated_gradients"])
def test_works_in_any_mode_of_torch(network, few, method):
    """What the caller has set of torch neither stops a method nor changes its values."""
    if method == "deeplift":
        pytest.importorskip("captum.attr")
    expected = saliency(network, few, method)
    for mode in MODES:
        with mode:
            np.testing.assert_allclose(saliency(network, few, method), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "maybe"}, "'maybe'"),
        ({"target": ["yes", "no", "yes"]}, r"shape \(3,\)"),
    ],
)
def test_wrong_targets_are_told_with_any_batch_size(network, few, arguments, message):
    with pytest.raises(ValueError, match=message):
        saliency(network, few, "integrated_gradients", batch_size=2, **arguments)


def test_rows_are_counted_in_all_of_the_input(network, few):
    wrong = [*few[:3], "A" * 23, few[4]]
    with pytest.raises(ValueError, match="row 3"):
        saliency(network, wrong, "integrated_gradients", batch_size=2)


def test_a_network_is_needed(X, y):
    pytest.importorskip("captum.attr")
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="method='deeplift' needs a network"):
        saliency(model, X[:2], "deeplift")
    with pytest.raises(ValueError, match=r"^deeplift needs a network"):
        deeplift(model, X[:2])


class NoCaptum:
    """Finds modules as a computer without Captum does."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "captum":
            raise ModuleNotFoundError("No module named 'captum'", name="captum")
        return None


def test_captum_is_an_extra(network, few, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "captum"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoCaptum(), *sys.meta_path])
    message = r"^method='deeplift' needs captum, which is not installed.*attngen\[captum\]"
    with pytest.raises(ImportError, match=message):
        saliency(network, few, "deeplift")
    with pytest.raises(ImportError, match=r"^deeplift needs captum.*attngen\[captum\]"):
        deeplift(network, few)


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ("dinuc", "references='dinuc' is neither"),
        (["A" * 24] * 5, r"of shape \(5,\)"),
        ([["A" * 24]] * 4, r"of shape \(4, 1\)"),
        (np.zeros((5, 3)), "type float64"),
        ([["A" * 24, "C"], *([["A" * 24] * 2] * 4)], "Reference 1 of row 0 .* of length 1"),
        ([["N" * 24] * 2] * 3 + [["N" * 24, "A" * 23 + "?"]] * 2, "Row 3, position 23"),
        ([["A" * 24]] * 5, "Reference 0 of row 0 has a letter at position 0 .* Put N there"),
    ],
)
def test_references_that_do_not_fit(network, few, references, message):
    pytest.importorskip("captum.attr")
    with pytest.raises(ValueError, match=message):
        deeplift(network, few, references=references)


def test_number_and_classes_are_checked(network, few):
    pytest.importorskip("captum.attr")
    with pytest.raises(ValueError, match="'n_references' parameter of deeplift"):
        deeplift(network, few, n_references=0)
    with pytest.raises(ValueError, match="'maybe'"):
        deeplift(network, few, "maybe")
    with pytest.raises(NotFittedError):
        deeplift(CNNClassifier(), few)

"""DeepLIFT and integrated gradients beside Captum; the network stays as it was, also on error."""

import sys

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import mutagenesis, saliency
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

GRADIENTS = ["integrated_gradients", "gradient_x_input", "interior_gradient"]


class AboveMean(torch.nn.Module):
    """The output that evidence is measured in."""

    def forward(self, logits):
        return logits - logits.mean(dim=1, keepdim=True)


def fitted(kind, data, **changes):
    parameters = {"n_filters": 8, "n_layers": 1, "kernel_size": 7, "batch_size": 20}
    return kind(**parameters | {"max_epochs": 6, "random_state": 0} | changes).fit(*data)


@pytest.fixture(scope="module", params=[AttnGenClassifier, CNNClassifier])
def network(request, planted):
    return fitted(request.param, planted)


@pytest.fixture(scope="module")
def few(planted):
    X = planted[0][:5].copy()
    X[0] = "NNN" + X[0][3:]
    return X


def as_tensors(network, X):
    blocks = SequenceOneHotEncoder().fit_transform(X).reshape(len(X), -1, 4).transpose(0, 2, 1)
    x = torch.from_numpy(np.ascontiguousarray(blocks)).float()
    target = torch.from_numpy(np.searchsorted(network.classes_, network.predict(X)))
    baseline = x.any(dim=1, keepdim=True).float().expand_as(x).contiguous() / 4
    return x, target, baseline


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0")
def test_deeplift_is_that_of_captum(network, few):
    attr = pytest.importorskip("captum.attr")
    x, target, baseline = as_tensors(network, few)
    module = torch.nn.Sequential(network.module_, AboveMean())
    expected = attr.DeepLift(module).attribute(x, baseline, target=target).sum(dim=1)
    signed = saliency(network, few, "deeplift", signed=True)
    np.testing.assert_allclose(signed, expected.detach().numpy(), atol=1e-6)
    magnitude = np.abs(signed) / np.abs(signed).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(saliency(network, few, "deeplift"), magnitude, atol=1e-9)
    assert (magnitude[0, :3] == 0).all()


def test_integrated_gradients_are_those_of_captum(network, few):
    """The same baseline, and the midpoint rule over 16 points."""
    attr = pytest.importorskip("captum.attr")
    x, target, baseline = as_tensors(network, few)
    module = torch.nn.Sequential(network.module_, AboveMean())
    expected = attr.IntegratedGradients(module).attribute(
        x, baseline, target=target, n_steps=16, method="riemann_middle"
    )
    signed = saliency(network, few, "integrated_gradients", signed=True)
    np.testing.assert_allclose(signed, expected.sum(dim=1).numpy(), atol=1e-5)


def test_deeplift_averages_over_strands(planted, few):
    """The reverse complement of a sequence has the same evidence, read backwards."""
    pytest.importorskip("captum.attr")
    model = fitted(CNNClassifier, planted, reverse_complement="average", max_epochs=2)
    turned = np.array([x[::-1].translate(str.maketrans("ACGT", "TGCA")) for x in few], dtype=object)
    forward = saliency(model, few, "deeplift", target="yes", signed=True)
    backward = saliency(model, turned, "deeplift", target="yes", signed=True)
    np.testing.assert_allclose(forward, backward[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(
        mutagenesis(model, few, "yes"), mutagenesis(model, turned, "yes")[:, ::-1, ::-1], atol=1e-5
    )


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


@pytest.mark.parametrize("method", ["interior_gradient", "attention"])
def test_batch_size_bounds_what_a_network_gets(planted, few, method):
    model = fitted(AttnGenClassifier, planted, max_epochs=1)
    seen = []
    hook = model.module_.encoder.register_forward_pre_hook(
        lambda _, inputs: seen.append(len(inputs[0]))
    )
    saliency(model, few, method, batch_size=2)
    hook.remove()
    # The first pass reads all rows once, in the estimator's own batches, and predicts.
    assert seen[0] == 5
    assert max(seen[1:]) == 2


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


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("method", ["deeplift", "mutagenesis", "occlusion", *GRADIENTS])
def test_the_network_is_left_as_it_was(planted, few, method, fails, monkeypatch):
    """Modes of single layers, hooks, gradients, weights, torch's generator; with errors too."""
    if method == "deeplift":
        pytest.importorskip("captum.attr")
    model = fitted(AttnGenClassifier, planted, max_epochs=1)
    module = model.module_
    module.train()
    module.head.eval()
    if fails:
        head, calls = module.head.forward, []

        def forward(x):
            calls.append(1)
            # Where the first pass is the prediction, it fails in the middle of the work.
            if len(calls) > 1 or method in GRADIENTS:
                raise RuntimeError("out of memory")
            return head(x)

        monkeypatch.setattr(module.head, "forward", forward)
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


@pytest.mark.parametrize("method", ["deeplift", "mutagenesis", "integrated_gradients"])
def test_works_in_any_mode_of_torch(network, few, method):
    if method == "deeplift":
        pytest.importorskip("captum.attr")
    expected = saliency(network, few, method)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            np.testing.assert_allclose(saliency(network, few, method), expected, atol=1e-9)


def test_a_network_is_needed(X, y):
    pytest.importorskip("captum.attr")
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="method='deeplift' needs a network"):
        saliency(model, X[:2], "deeplift")


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

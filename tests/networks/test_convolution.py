"""Tests of convolution with the channels of a position side by side."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sklearn_attngen.networks import (
    AttnGenNetwork,
    BatchNorm,
    CNNNetwork,
    PositionBias,
    _convolution,
    build_module,
    set_generator,
    substitution_logits,
)
from sklearn_attngen.networks._convolution import Convolution

SIZES = {
    "n_positions": 30,
    "n_classes": 2,
    "n_filters": 8,
    "kernel_size": 5,
    "n_layers": 2,
    "dropout": 0.1,
    "pool_size": 2,
}


def network(kind: type[nn.Module], n_channels: int = 4) -> nn.Module:
    heads = {"n_heads": 2} if kind is AttnGenNetwork else {}
    generator = torch.Generator().manual_seed(0)
    return build_module(kind, generator, n_channels=n_channels, **SIZES, **heads)


def normal(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=dtype)


def side_by_side(x: Tensor) -> Tensor:
    """Return the same values with the channels of a position next to each other in memory."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("options", [{}, {"dilation": 2}, {"stride": 3}, {"groups": 2}])
@pytest.mark.parametrize(("n", "length"), [(3, 30), (1, 30), (3, 1)])
def test_values_and_gradients_are_those_of_conv1d(
    dtype: torch.dtype, options: dict[str, int], n: int, length: int
) -> None:
    """Whichever way the input lies in memory, for one row and for one position too."""
    ours = Convolution(4, 6, 5, padding=4, **options).to(dtype)
    theirs = nn.Conv1d(4, 6, 5, padding=4, **options).to(dtype)
    theirs.load_state_dict(ours.state_dict())
    x = normal(n, 4, length, dtype=dtype)
    results = []
    for layer, given in ((theirs, x), (ours, x), (ours, side_by_side(x))):
        given = given.detach().requires_grad_()
        y = layer(given)
        weights = torch.arange(y.shape[2], dtype=dtype)
        results.append([y, *torch.autograd.grad((y * weights).sum(), [given, *layer.parameters()])])
    for each in results[1:]:
        torch.testing.assert_close(each, results[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "options", [{"padding": "same"}, {"padding": 2, "padding_mode": "circular"}]
)
def test_what_an_image_does_not_do_is_left_to_conv1d(options: dict[str, str]) -> None:
    """Padding by name, repetition and a row alone give what torch gives."""
    ours, theirs = Convolution(4, 6, 5, **options), nn.Conv1d(4, 6, 5, **options)
    theirs.load_state_dict(ours.state_dict())
    x = normal(3, 4, 20)
    assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours(x[0]), theirs(x[0]))


@pytest.mark.parametrize(("n_in", "n_out", "width"), [(4, 8, 5), (8, 8, 7), (8, 2, 1)])
def test_autocast_gives_values_and_gradients_of_conv1d(n_in: int, n_out: int, width: int) -> None:
    """In bfloat16, to its precision, for first filters, residual layers and scores."""
    ours = Convolution(n_in, n_out, width, padding=width // 2)
    theirs = nn.Conv1d(n_in, n_out, width, padding=width // 2)
    theirs.load_state_dict(ours.state_dict())
    results = []
    for layer in (ours, theirs):
        x = normal(3, n_in, 30).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(x)
        assert y.dtype == torch.bfloat16
        results.append([y, *torch.autograd.grad(y.float().mean(), [x, *layer.parameters()])])
    torch.testing.assert_close(results[0], results[1], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(("n_in", "dilation"), [(4, 1), (64, 1), (64, 2)])
@pytest.mark.parametrize("n", [1, 16])
def test_the_gradient_of_the_weights_may_come_from_either_kernel(
    n_in: int, dilation: int, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It differs by rounding only; output and gradient of the input have the same bits."""
    layer = Convolution(n_in, 64, 7, padding=3 * dilation, dilation=dilation)
    results = []
    for only in (True, False):
        monkeypatch.setattr(_convolution, "ONLY_AVX2", only)
        x = side_by_side(normal(n, n_in, 100)).requires_grad_()
        y = layer(x)
        weights = normal(*y.shape)
        results.append([y, *torch.autograd.grad((y * weights).sum(), [x, *layer.parameters()])])
    (y, x, weight, bias), others = results
    assert torch.equal(y, others[0])
    assert torch.equal(x, others[1])
    for ours, theirs in ((weight, others[2]), (bias, others[3])):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("bfloat16", [False, True])
def test_the_number_of_threads_changes_digits_at_most(
    bfloat16: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few channels in bfloat16 take another way with one thread, where none waits for another."""
    layer, results = Convolution(4, 8, 5, padding=2), []
    for n_threads in (1, 2):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=n_threads: n)
        x = normal(3, 4, 30).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            assert layer._stalls(x) == (bfloat16 and n_threads > 1)
            y = layer(x)
        weights = torch.arange(y.shape[2]) - 15.0
        results.append(
            [y, *torch.autograd.grad((y.float() * weights).sum(), [x, *layer.parameters()])]
        )
    for one, two in zip(*results, strict=True):
        assert (one - two).abs().max() <= 0.01 * two.abs().max()
        assert two.abs().max() > 0.5


def test_second_gradients_are_right() -> None:
    """A gradient may be differentiated again, and double precision stays double."""
    layer = Convolution(2, 3, 3, padding=1).double()
    x = normal(2, 2, 5, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x).tanh(), x)
    assert torch.autograd.gradgradcheck(lambda x: layer(x).tanh(), x)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("shape", [(6, 3, 10), (1, 3, 10), (6, 3, 1), (1, 3, 1)])
def test_norm_does_not_depend_on_the_layout(
    training: bool, keeps: bool, shape: tuple[int, int, int]
) -> None:
    """Values, gradients and running statistics are equal, and the layout is kept."""
    x = normal(*shape)
    results = []
    for given in (x, side_by_side(x)):
        layer, given = BatchNorm(3).train(training), given.detach().requires_grad_()
        layer.keeps = keeps
        y = layer(given)
        if not given.is_contiguous():
            assert y.stride() == given.stride()
        (gradient,) = torch.autograd.grad(y.square().mul(torch.arange(shape[2])).sum(), given)
        results.append([y, gradient, layer.running_mean, layer.running_var])
    torch.testing.assert_close(results[1], results[0])


def test_position_bias_does_not_depend_on_the_layout() -> None:
    """Values and gradients are equal, and the layout is kept."""
    layer = PositionBias(3, 10)
    nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(2))
    x = normal(6, 3, 10)
    results = []
    for given in (x, side_by_side(x)):
        y = layer(given)
        assert y.stride() == given.stride()
        results.append([y, *torch.autograd.grad(y.square().sum(), layer.parameters())])
    torch.testing.assert_close(results[1], results[0])


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="the layout is oneDNN's")
@pytest.mark.parametrize("kind", [AttnGenNetwork, CNNNetwork])
@pytest.mark.parametrize("n_channels", [4, 1])
@pytest.mark.parametrize("bfloat16", [False, True])
def test_features_and_gradients_keep_the_layout(
    kind: type[nn.Module], n_channels: int, bfloat16: bool
) -> None:
    """A single layer that turned them round would cost more than the layout gains."""
    module = network(kind, n_channels)
    set_generator(module, torch.Generator().manual_seed(0))
    turned, seen = [], []

    def watch(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        def look(which: str, values: Tensor) -> None:
            seen.append(type(layer))
            if values.stride(1) != 1:
                turned.append((type(layer), which))

        look("output", output)
        output.register_hook(lambda gradient: look("gradient", gradient))

    for layer in module.get_submodule("encoder").modules():
        layer.register_forward_hook(watch)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        logits = module(normal(3, n_channels, 30))
    logits.sum().backward()
    assert len(seen) > 20
    assert not turned


@pytest.mark.parametrize("kind", [AttnGenNetwork, CNNNetwork])
def test_networks_with_conv1d_in_its_place_work_as_before(kind: type[nn.Module]) -> None:
    """Those that were pickled with the layer of torch give the same values, windows included."""
    ours, theirs = network(kind).eval(), network(kind).eval()
    for layer in theirs.modules():
        if type(layer) is Convolution:
            layer.__class__ = nn.Conv1d
    x = torch.eye(4)[torch.arange(60).view(2, 30) * 7 % 11 % 4].transpose(1, 2)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)
    for mine, other in zip(
        substitution_logits(ours, x), substitution_logits(theirs, x), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)

"""Layers that draw from their own generator, and modules built without the global one."""

from __future__ import annotations

import math
import pickle

import pytest
import torch
from torch import nn

from sklearn_attngen.networks import (
    AttnGenNetwork,
    BatchNorm,
    CNNNetwork,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
    build_module,
    set_generator,
)

SIZES = {
    "n_channels": 4,
    "n_positions": 12,
    "n_classes": 3,
    "n_filters": 8,
    "kernel_size": 5,
    "n_layers": 1,
    "dropout": 0.2,
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_exponential_is_cut_before_it_overflows() -> None:
    """exp(x) up to the limit, and constant above it."""
    y = Exponential(limit=3.0)(torch.tensor([-1.0, 0.0, 2.0, 3.0, 500.0]))
    torch.testing.assert_close(y, torch.tensor([-1.0, 0.0, 2.0, 3.0, 3.0]).exp())
    assert torch.isfinite(Exponential()(torch.tensor([1e30]))).all()


def test_exponential_has_its_own_gradient_up_to_the_limit_and_none_above() -> None:
    """A value that is cut has no say; nan is not hidden."""
    x = torch.tensor([-2.0, 0.5, 5.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(Exponential(limit=3.0)(x).sum(), x)
    torch.testing.assert_close(gradient, torch.tensor([-2.0, 0.5, -torch.inf]).exp())
    assert Exponential()(torch.tensor([torch.nan])).isnan().all()


def test_dropout_can_be_compiled() -> None:
    """skorch compiles a network that is asked to be."""
    layer = SeededDropout(0.25)
    set_generator(layer, seeded())
    y = torch.compile(layer, backend="aot_eager")(torch.ones(100, 100))
    assert (y == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(y[y > 0], torch.full_like(y[y > 0], 4 / 3))


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    """Dropped values are zero, the others are scaled up."""
    layer = SeededDropout(0.25)
    set_generator(layer, seeded())
    y = layer(torch.ones(200, 200))
    assert (y == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    torch.testing.assert_close(y[y > 0], torch.full_like(y[y > 0], 4 / 3))


def test_dropout_depends_on_its_generator_alone() -> None:
    """Equal seeds, equal noise; the global generator neither matters nor moves."""
    layer, x = SeededDropout(0.5), torch.ones(10, 10)
    outputs = []
    for seed in (1, 1, 2):
        torch.rand(7)
        set_generator(layer, seeded(seed))
        state = torch.get_rng_state()
        outputs.append(layer(x))
        assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_dropout_is_off_in_evaluation_without_a_share_and_without_a_generator() -> None:
    """Nothing is dropped at prediction."""
    x = torch.ones(5, 5)
    for layer, generator in ((SeededDropout(0.5), None), (SeededDropout(0.0), seeded())):
        set_generator(layer, generator)
        assert torch.equal(layer(x), x)
    layer = SeededDropout(0.5).eval()
    set_generator(layer, seeded())
    assert torch.equal(layer(x), x)


def test_the_generator_reaches_every_layer_and_is_dropped_again() -> None:
    """Generators cannot be pickled; a module without them can."""
    module = build_module(CNNNetwork, seeded(), **SIZES)
    layers = [layer for layer in module.modules() if isinstance(layer, SeededDropout)]
    assert len(layers) == 4
    generator = seeded()
    set_generator(module, generator)
    assert all(layer.generator is generator for layer in layers)
    set_generator(module, None)
    assert all(layer.generator is None for layer in layers)
    pickle.dumps(module)


def test_position_bias_starts_at_nothing() -> None:
    """At first no position is preferred; later each has its own scaled number."""
    layer = build_module(PositionBias, seeded(), n_channels=2, n_positions=3)
    x = torch.arange(6.0).view(1, 2, 3)
    assert torch.equal(layer(x), x)
    with torch.no_grad():
        layer.weight[1, 2] = 0.5
    added = (layer(x) - x).detach()
    assert added.nonzero().tolist() == [[0, 1, 2]]
    expected = 0.5 * PositionBias.scale * 0.1
    torch.testing.assert_close(added[0, 1, 2], torch.tensor(expected))


def test_the_gate_of_a_position_bias_is_learned() -> None:
    """It multiplies all numbers, and has no gradient before there is one of them."""
    layer = build_module(PositionBias, seeded(), n_channels=2, n_positions=3)
    x = torch.zeros(4, 2, 3)
    layer(x).sum().backward()
    assert layer.gate.grad.tolist() == [0.0]
    torch.testing.assert_close(layer.weight.grad, torch.full((2, 3), 4 * PositionBias.scale * 0.1))
    layer.zero_grad()
    with torch.no_grad():
        layer.weight[1, 2] = 0.5
    layer(x).sum().backward()
    torch.testing.assert_close(layer.gate.grad, torch.tensor([4 * 0.5 * PositionBias.scale]))
    with torch.no_grad():
        layer.gate.zero_()
    assert torch.equal(layer(x), x)


def test_the_gate_starts_where_it_is_told() -> None:
    """Also at a whole number, and again when it starts anew."""
    layer = build_module(PositionBias, seeded(), n_channels=2, n_positions=3, opening=1)
    assert layer.gate.tolist() == [1.0]
    assert layer.gate.dtype == torch.float32
    with torch.no_grad():
        layer.gate.fill_(0.3)
    layer.initialize(seeded())
    assert layer.gate.tolist() == [1.0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("mixed", [False, True])
def test_position_bias_keeps_the_type(dtype: torch.dtype, mixed: bool) -> None:
    """Filters in bfloat16 stay there, and attention in single precision too, in autocast or not."""
    layer = build_module(PositionBias, seeded(), n_channels=2, n_positions=3)
    with torch.no_grad():
        layer.weight[1, 2] = 0.123
    x = torch.zeros(0 if mixed else 2, 2, 3, dtype=dtype)
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        assert layer(x).dtype == dtype
        exact = layer(torch.zeros(1, 2, 3, dtype=dtype))[0, 1, 2]
    assert exact == (layer.scale * layer.gate * layer.weight[1, 2]).to(dtype)


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_residual_keeps_the_length(dilation: int) -> None:
    """One vector per letter, also at the ends."""
    layer = build_module(
        Residual,
        seeded(),
        channels=3,
        kernel_size=7,
        dilation=dilation,
        dropout=0.0,
        batch_norm=True,
    ).eval()
    x = torch.rand(2, 3, 11, generator=seeded())
    assert layer(x).shape == x.shape


def test_residual_adds_to_its_input() -> None:
    """With the convolution at zero the input passes."""
    layer = Residual(3, 7, 1, 0.0, False)
    nn.init.zeros_(layer.convolution.weight)
    nn.init.zeros_(layer.convolution.bias)
    x = torch.rand(2, 3, 11, generator=seeded())
    assert torch.equal(layer(x), x)


@pytest.mark.parametrize(("kind", "more"), [(AttnGenNetwork, {"n_heads": 2}), (CNNNetwork, {})])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_modules_are_built_from_the_generator_alone(
    kind: type[nn.Module], more: dict[str, int], batch_norm: bool
) -> None:
    """Equal seeds give equal weights; the global generator and the default dtype stay."""
    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    modules = [
        build_module(kind, seeded(seed), **SIZES, **more, batch_norm=batch_norm)
        for seed in (3, 3, 4)
    ]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == dtype
    first, second, third = (module.state_dict() for module in modules)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], third[name]) for name in first)
    for module in modules:
        assert module.training
        tensors = [*module.parameters(), *module.buffers()]
        assert all(t.device.type == "cpu" and torch.isfinite(t).all() for t in tensors)


def test_no_memory_is_left_as_it_was_found() -> None:
    """Building on the meta device leaves storage unset: every parameter must be initialised."""
    for kind, more in ((AttnGenNetwork, {"n_heads": 2}), (CNNNetwork, {})):
        module = build_module(kind, seeded(), **SIZES, **more)
        for layer in module.modules():
            if not list(layer.parameters(recurse=False)):
                assert not list(layer.buffers(recurse=False)), layer
                continue
            known = isinstance(layer, nn.Conv1d | nn.Linear | nn.BatchNorm1d)
            assert known or hasattr(layer, "initialize"), layer


def test_weights_have_the_variance_for_relu() -> None:
    """He initialisation: standard deviation sqrt(2 / fan in), biases zero."""
    layer = build_module(nn.Conv1d, seeded(), in_channels=50, out_channels=200, kernel_size=5)
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 250), rel=0.03)
    assert (layer.bias == 0).all()


def test_pooled_norm_trains_on_a_batch_of_one_row() -> None:
    """Where batch normalisation raises; for more rows, and in evaluation, it is the same."""
    ours, theirs = BatchNorm(3), nn.BatchNorm1d(3)
    x = torch.randn(8, 3, generator=seeded())
    assert torch.equal(ours(x), theirs(x))
    running = ours.running_mean.clone()
    one = ours(x[:1])
    assert torch.equal(ours.running_mean, running)
    assert torch.equal(one, ours.eval()(x[:1]))
    assert torch.equal(ours(x), theirs.eval()(x))


def test_dropout_keeps_its_share_in_bfloat16() -> None:
    """Numbers between 0 and 1 are too few in bfloat16 to draw a small share from."""
    layer = SeededDropout(0.002)
    layer.generator = seeded()
    dropped = (layer(torch.ones(1000, 1000, dtype=torch.bfloat16)) == 0).float().mean()
    assert 0.0015 < dropped < 0.0025


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3,), (2, 3, 5), (200, 8, 100)])
def test_dropout_gives_zero_or_the_scaled_value_in_every_type(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    """Also for numbers of values that are no multiple of those of a draw; gradients likewise."""
    layer = SeededDropout(0.25)
    set_generator(layer, seeded())
    x = torch.rand(shape, generator=seeded(1)).add(1).to(dtype).requires_grad_()
    y = layer(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert y.dtype == gradient.dtype == dtype
    kept = y != 0
    scale = torch.tensor(4 / 3, dtype=dtype)
    torch.testing.assert_close(y[kept], x[kept] * scale)
    torch.testing.assert_close(gradient, kept * scale)


@pytest.mark.parametrize("p", [0.1, 0.003, 0.999])
def test_dropout_keeps_the_expected_value(p: float) -> None:
    """The share in use and the scale belong together, though the share is rounded."""
    layer = SeededDropout(p)
    set_generator(layer, seeded())
    y = layer(torch.ones(1000, 2000, dtype=torch.float64))
    share = (y != 0).double().mean().item()
    error = 5 * math.sqrt(p * (1 - p) / y.numel())  # five standard deviations
    assert share == pytest.approx(1 - p, abs=error + 2**-17)
    assert y.mean().item() == pytest.approx(1, abs=error / (1 - p))


def test_dropout_never_drops_everything_for_sure() -> None:
    """A share that rounds to one would divide by zero."""
    layer = SeededDropout(1 - 1e-9)
    set_generator(layer, seeded())
    assert layer(torch.ones(100)).isfinite().all()


def test_dropout_noise_of_neighbours_is_independent() -> None:
    """Values that come from one draw share nothing, in either memory layout."""
    layer, n = SeededDropout(0.5), 100_000
    for turned in (False, True):
        set_generator(layer, seeded(3))
        x = torch.ones(n, 4).t().contiguous().t() if turned else torch.ones(n, 4)
        kept = (layer(x) != 0).double()
        assert layer(x).stride() == x.stride()
        together = torch.corrcoef(kept.t()) - torch.eye(4)
        assert together.abs().max() < 5 / math.sqrt(n)
        along = torch.corrcoef(torch.stack([kept[1:].flatten(), kept[:-1].flatten()]))[0, 1]
        assert along.abs() < 5 / math.sqrt(4 * n)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("beside", [True, False])
def test_dropout_is_decided_by_all_bits_of_its_noise(dtype: torch.dtype, beside: bool) -> None:
    """Sixteen for each value, in the order of memory, whatever the type of values tells apart."""
    x = torch.randn(200, 8, 100, generator=seeded(1)).to(dtype)
    x = x.transpose(1, 2) if beside else x
    layer = SeededDropout(0.1)
    set_generator(layer, seeded())
    words = torch.empty(x.numel() // 4, dtype=torch.int64)
    noise = words.random_(-(2**63), None, generator=seeded()).view(torch.int16)
    n_dropped = round(0.1 * 2**16)
    scale = torch.tensor(2**16 / (2**16 - n_dropped), dtype=dtype)
    factor = torch.where(noise >= n_dropped - 2**15, scale, torch.zeros_like(scale))
    assert torch.equal(layer(x), x * factor.as_strided(x.shape, x.stride()))

"""The convolutional baseline: pooled over letters, blind to what carries no signal."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sklearn_attngen.networks import CNNNetwork, PositionBias, _cnn, build_module


def network(**changes: object) -> torch.nn.Module:
    parameters = {
        "n_channels": 4,
        "n_positions": 20,
        "n_classes": 3,
        "n_filters": 8,
        "kernel_size": 1,
        "n_layers": 0,
        "dropout": 0.1,
    }
    generator = torch.Generator().manual_seed(0)
    return build_module(CNNNetwork, generator, **(parameters | changes)).eval()


def sequences(n: int = 6, length: int = 20) -> torch.Tensor:
    codes = torch.randint(4, (n, 1, length), generator=torch.Generator().manual_seed(0))
    return (codes == torch.arange(4).view(1, -1, 1)).float()


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("activation", ["relu", "exponential"])
def test_shape_of_the_logits(batch_norm: bool, activation: str) -> None:
    """One row a sequence, one column a class."""
    module = network(n_layers=2, kernel_size=7, batch_norm=batch_norm, activation=activation)
    logits = module(sequences())
    assert logits.shape == (6, 3)
    assert torch.isfinite(logits).all()


def test_padding_does_not_change_the_pooled_features() -> None:
    """Mean and maximum are taken over the letters; filters of width 1 see no neighbours."""
    x = sequences()
    x[:, :, 12:] = 0
    longer, shorter = network(), network(n_positions=12)
    torch.testing.assert_close(longer(x), shorter(x[:, :, :12]))


def test_rows_of_letters_alone_are_averaged_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is masked where every position holds a letter: the same bits, gradients too."""
    module, results = network(n_layers=1, kernel_size=5, pool_size=2), []
    for everywhere in (_cnn.everywhere, lambda real: False):
        monkeypatch.setattr(_cnn, "everywhere", everywhere)
        x = sequences().requires_grad_()
        logits = module(x)
        gradients = torch.autograd.grad(logits[:, 0].sum(), [x, *module.parameters()])
        results.append([logits, *gradients])
    for ours, masked in zip(*results, strict=True):
        assert torch.equal(ours, masked)


def test_a_sequence_of_unknowns_is_finite() -> None:
    """Forward and backward."""
    module, x = network(kernel_size=5, n_layers=1).train(), sequences()
    x[0] = 0
    logits = module(x)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in module.parameters() if p.grad is not None)


def test_its_gate_starts_open() -> None:
    """Where AttnGen's starts nearly shut; nearly shut it lost accuracy on splice junctions."""
    gate = network().get_submodule("encoder.position").get_parameter("gate")
    assert gate.tolist() == [1.0]


def test_the_first_filters_can_prefer_a_position() -> None:
    """The order of letters matters only through the bias of positions, with filters of width 1."""
    module, x = network(), sequences()
    turned = x.flip(2)
    torch.testing.assert_close(module(turned), module(x))
    bias = next(layer for layer in module.modules() if isinstance(layer, PositionBias))
    with torch.no_grad():
        bias.weight[:, 0] = 0.5
    assert not torch.allclose(module(turned), module(x), atol=1e-3)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [({"activation": "gelu"}, "\"relu\", got 'gelu'"), ({"kernel_size": 4}, "odd, got 4")],
)
def test_wrong_parameters_raise(parameter: dict[str, Any], message: str) -> None:
    """Other activations would be relu, and even filters have one position too many."""
    with pytest.raises(ValueError, match=message):
        network(**parameter)

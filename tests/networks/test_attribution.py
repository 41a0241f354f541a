"""Evidence per position: exact where the answer is known, and no trace left in the module."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sklearn_attngen.networks import (
    AttnGenNetwork,
    CNNNetwork,
    Ensemble,
    attend,
    attention_x_gradient,
    build_module,
    evaluation_mode,
    gradient_x_input,
    halfway_point,
    integrated_gradients,
    interior_gradient,
    path_gradient,
    probability_change,
)
from tests.networks.conftest import Linear, network, seeded, sequences

GRADIENTS = [gradient_x_input, integrated_gradients, interior_gradient]


@pytest.mark.parametrize("n_channels", [2, 4])
@pytest.mark.parametrize("method", GRADIENTS)
def test_a_linear_model_is_explained_exactly(method, n_channels: int) -> None:
    """A letter's evidence is its weight above the mean weight of the letters there."""
    module, x = Linear(n_channels), sequences(n_channels=n_channels)
    target = torch.tensor([0, 1, 2, 0, 1])
    weight = module.weight.detach()
    above = weight - weight.mean(dim=0)
    centred = above - above.mean(dim=1, keepdim=True)
    expected = (centred[target] * x).sum(dim=1)
    torch.testing.assert_close(method(module, x, target), expected)


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_linear_model_of_numbers_is_explained_exactly(method) -> None:
    """With one channel there is no letter to compare with: weight times value."""
    module = Linear(n_channels=1)
    x = torch.randn(5, 1, 12, generator=seeded(3), dtype=torch.float64)
    target = torch.tensor([0, 1, 2, 0, 1])
    weight = module.weight.detach()
    expected = ((weight - weight.mean(dim=0))[target] * x).sum(dim=1)
    torch.testing.assert_close(method(module, x, target), expected)


@pytest.mark.parametrize("method", GRADIENTS)
def test_evidence_ignores_what_no_sequence_can_show(method) -> None:
    """A number added to all letters of a position changes no ranking of letters."""
    module, x, target = Linear(), sequences(), torch.zeros(5, dtype=torch.int64)
    before = method(module, x, target)
    with torch.no_grad():
        module.weight[0] += torch.arange(12.0)
    torch.testing.assert_close(method(module, x, target), before)


def above_mean(module: nn.Module, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    with evaluation_mode(module), torch.no_grad():
        logits = module(x)
    return logits.gather(1, target.view(-1, 1)).squeeze(1) - logits.mean(dim=1)


def test_integrated_gradients_are_complete_on_numbers() -> None:
    """The evidence of all positions adds up to the change of the logit from zeros to x."""
    module = network(n_channels=1, batch_norm=False)
    x = torch.randn(5, 1, 12, generator=seeded(3), dtype=torch.float64)
    target = torch.tensor([0, 1, 2, 0, 1])
    evidence = integrated_gradients(module, x, target, n_steps=2000)
    change = above_mean(module, x, target) - above_mean(module, torch.zeros_like(x), target)
    assert change.abs().min() > 0.1
    torch.testing.assert_close(evidence.sum(dim=1), change, atol=5e-3, rtol=0)


@pytest.mark.parametrize("n_steps", [0, -1])
def test_integrated_gradients_need_a_step(n_steps: int) -> None:
    """Without one the evidence was NaN."""
    target = torch.zeros(5, dtype=torch.int64)
    with pytest.raises(ValueError, match=f"n_steps must be at least 1, got {n_steps}"):
        integrated_gradients(network(), sequences(), target, n_steps=n_steps)


@pytest.mark.parametrize("kind", [CNNNetwork, AttnGenNetwork])
def test_integrated_gradients_are_complete_on_letters(kind: type[nn.Module]) -> None:
    """The same, from equal shares of all letters; a position without a letter stays empty."""
    module, x = network(kind), sequences()
    x[:, :, 3] = 0
    target = torch.tensor([0, 1, 2, 0, 1])
    evidence = integrated_gradients(module, x, target, n_steps=2000)
    shares = torch.full_like(x, 0.25)
    shares[:, :, 3] = 0
    change = above_mean(module, x, target) - above_mean(module, shares, target)
    assert change.abs().max() > 0.3
    torch.testing.assert_close(evidence.sum(dim=1), change, atol=5e-3, rtol=0)


@pytest.mark.parametrize("method", GRADIENTS)
def test_positions_without_a_letter_have_no_evidence(method) -> None:
    """Zeros times any gradient."""
    x = sequences()
    x[:, :, 4] = 0
    evidence = method(network(), x, torch.zeros(5, dtype=torch.int64))
    assert (evidence[:, 4] == 0).all()
    assert (evidence != 0).sum() > 40


@pytest.mark.parametrize("method", GRADIENTS)
def test_rows_do_not_depend_on_each_other(method) -> None:
    """Each row alone gives what it gives among others."""
    module, x, target = network(AttnGenNetwork), sequences(), torch.tensor([0, 1, 2, 0, 1])
    together = method(module, x, target)
    alone = torch.cat([method(module, x[i : i + 1], target[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(together, alone)


def test_attend_is_that_of_the_module() -> None:
    """In evaluation mode, without a graph, each row summing to one."""
    module, x = network(AttnGenNetwork), sequences()
    logits, scores = attend(module, x)
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(5, dtype=torch.float64))
    assert not scores.requires_grad
    torch.testing.assert_close(logits, module.eval()(x).detach())
    torch.testing.assert_close(scores, module.eval().attend(x)[1].detach())


METHODS = {
    "gradient": gradient_x_input,
    "integrated": integrated_gradients,
    "interior": interior_gradient,
    "attention x gradient": attention_x_gradient,
}


def explain(method: str, module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    target = torch.zeros(len(x), dtype=torch.int64)
    if method == "attention":
        return attend(module, x)[1]
    if method == "halfway":
        return torch.tensor(halfway_point(module, [x]))
    return METHODS[method](module, x, target)


@pytest.mark.parametrize("method", ["attention", "halfway", *METHODS])
def test_explaining_leaves_no_trace(method: str) -> None:
    """Modes of every layer, weights, running means, gradients and the input stay as they were."""
    module, x = network(AttnGenNetwork), sequences()
    module.train()
    module.encoder.stem.eval()
    modes = [layer.training for layer in module.modules()]
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    before = x.clone()
    evidence = explain(method, module, x)
    assert not evidence.requires_grad
    assert [layer.training for layer in module.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in module.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in module.parameters())
    assert torch.equal(x, before)
    assert not x.requires_grad


@pytest.mark.parametrize("method", ["attention", "halfway", *METHODS])
def test_modes_are_restored_after_an_error(method: str) -> None:
    """A failing forward pass must not leave the module in evaluation mode."""
    module = network(AttnGenNetwork)
    module.train()
    module.pooling.eval()
    modes = [layer.training for layer in module.modules()]
    with pytest.raises(RuntimeError):
        explain(method, module, sequences(n_channels=5))
    assert [layer.training for layer in module.modules()] == modes


@pytest.mark.parametrize("method", GRADIENTS)
def test_gradients_are_on_even_where_the_caller_has_turned_them_off(method) -> None:
    """Prediction code runs under no_grad; an explanation inside it must still work."""
    module, x, target = network(), sequences(), torch.zeros(5, dtype=torch.int64)
    expected = method(module, x, target)
    with torch.no_grad():
        torch.testing.assert_close(method(module, x, target), expected)
        assert not torch.is_grad_enabled()


def test_the_interior_gradient_sees_what_a_sure_network_hides() -> None:
    """At a flat output the gradient is zero; between the letters and no letters it is not."""

    class Saturated(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found = (x[:, 0, 2:5].sum(dim=1) - 1.5).clamp(0, 1)
            return torch.stack([found, -found], dim=1)

    x = torch.zeros(1, 4, 12, dtype=torch.float64)
    x[:, 0] = 1.0
    target = torch.zeros(1, dtype=torch.int64)
    assert (gradient_x_input(Saturated(), x, target) == 0).all()
    evidence = interior_gradient(Saturated(), x, target, point=0.5)
    assert (evidence[0, 2:5] > 0).all()
    assert (evidence[0, 5:] == 0).all()


def test_the_middle_is_one_step_of_integrated_gradients() -> None:
    """The same path, the same baseline, also beside positions without a letter."""
    module, x = network(AttnGenNetwork), sequences()
    x[:, :, 3] = 0
    target = torch.tensor([0, 1, 2, 0, 1])
    torch.testing.assert_close(
        interior_gradient(module, x, target, point=0.5),
        integrated_gradients(module, x, target, n_steps=1),
    )


@pytest.mark.parametrize("method", GRADIENTS)
def test_the_level_of_soft_letters_is_no_evidence(method) -> None:
    """A module that adds up all channels tells no letter from another."""

    class Total(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            total = x.sum(dim=(1, 2))
            return torch.stack([total, -total], dim=1)

    x = 0.3 * sequences()
    evidence = method(Total(), x, torch.zeros(5, dtype=torch.int64))
    torch.testing.assert_close(evidence, torch.zeros_like(evidence))


class Attending(Linear):
    """A linear module that says where it looks, and has the same derivative everywhere."""

    def attend(self, x: torch.Tensor, *, point: float) -> tuple[torch.Tensor, torch.Tensor]:
        attention = torch.zeros(len(x), 12, dtype=x.dtype)
        attention[:, 4], attention[:, 7] = 0.75, 0.25
        return self(x), attention


def test_attention_raises_what_the_gradient_says_and_silences_nothing() -> None:
    """The root of attention and equal shares: a letter with no attention keeps its evidence."""
    module, x = Attending(), sequences()
    target = torch.tensor([0, 1, 2, 0, 1])
    change = probability_change(
        path_gradient(module, x, target, [0.7]), x, module(x).detach(), target
    )
    shares = torch.full((12,), 1 / 12, dtype=torch.float64)
    shares[4], shares[7] = 0.75 + 1 / 12, 0.25 + 1 / 12
    scores = attention_x_gradient(module, x, target)
    torch.testing.assert_close(scores, change * shares.sqrt())
    assert (scores[:, 0] > 0).all()


def gradient_through_filters(
    module: nn.Module, x: torch.Tensor, target: torch.Tensor, point: float
) -> torch.Tensor:
    """Multiply two derivatives: of the filters at x, of all else at the point."""
    module.eval()
    encoder = module.encoder
    baseline = x.mean(dim=1, keepdim=True) if x.shape[1] > 1 else torch.zeros_like(x)
    x = x.clone().requires_grad_()
    found = encoder.activation(encoder.position(encoder.stem(x)))
    inside = baseline + (x.detach() - baseline) * point
    found_inside = encoder.activation(encoder.position(encoder.stem(inside))).detach()
    features = encoder.blocks(encoder.pool(found_inside.requires_grad_()))
    real = torch.ones(features.shape[0], features.shape[2], dtype=torch.bool)
    logits = module.head(module.pooling(features, real)[0])
    above = logits.gather(1, target.view(-1, 1)).sum() - logits.mean(dim=1).sum()
    (outer,) = torch.autograd.grad(above, found_inside)
    return torch.autograd.grad(found, x, outer)[0]


@pytest.mark.parametrize("activation", ["exponential", "relu"])
@pytest.mark.parametrize("n_channels", [1, 4])
@pytest.mark.parametrize("point", [0.2, 0.7])
@pytest.mark.parametrize("alike", [False, True])
def test_filters_are_read_at_the_letters_and_all_else_at_the_point(
    alike: bool, point: float, n_channels: int, activation: str
) -> None:
    """Of a network, where gradient and attention change on the way to the letters.

    Rows that begin alike, with as much at each position, are begun together.
    """
    module = network(AttnGenNetwork, n_channels, activation=activation)
    target = torch.tensor([0, 1, 2, 0, 1])
    x = sequences(n_channels=n_channels)
    if not alike:
        x = x * torch.arange(1, 6).view(-1, 1, 1)
    gradient = gradient_through_filters(module, x, target, point)
    change = probability_change(gradient, x, module(x).detach(), target)
    baseline = x.mean(dim=1, keepdim=True) if n_channels > 1 else torch.zeros_like(x)
    _, attention = attend(module, baseline + (x - baseline) * point)
    scores = attention_x_gradient(module, x, target, point)
    torch.testing.assert_close(scores, change * (attention + 1 / 12).sqrt())
    if activation == "exponential":  # the slope of a rectifier may be the same at both
        plain = path_gradient(module, x, target, [point])
        assert not torch.allclose(gradient, plain), "there filters are read at the point as well"


def test_filters_of_several_networks_are_each_read_at_the_letters() -> None:
    """The mean of networks has the mean of their evidence."""
    module = build_module(
        Ensemble,
        seeded(),
        network=AttnGenNetwork,
        n_networks=2,
        n_channels=4,
        n_positions=12,
        n_classes=3,
        n_filters=8,
        kernel_size=5,
        n_layers=1,
        n_heads=2,
        dropout=0.2,
    ).double()
    x, target = sequences(), torch.tensor([0, 1, 2, 0, 1])
    gradient = sum(gradient_through_filters(part, x, target, 0.7) for part in module.networks) / 2
    change = probability_change(gradient, x, module(x).detach(), target)
    attention = attend(module, x.mean(dim=1, keepdim=True) * 0.3 + x * 0.7)[1]
    scores = attention_x_gradient(module, x, target)
    torch.testing.assert_close(scores, change * (attention + 1 / 12).sqrt())


def test_padding_does_not_change_the_weight_of_attention() -> None:
    """Equal shares are those of the letters that are there."""
    module, x = Attending(), sequences()
    x[:, :, 9:] = 0
    target = torch.tensor([0, 1, 2, 0, 1])
    gradient = path_gradient(module, x, target, [0.7])
    change = probability_change(gradient, x, module(x).detach(), target)
    scores = attention_x_gradient(module, x, target)
    torch.testing.assert_close(scores[:, 0], change[:, 0] * (1 / 9) ** 0.5)
    assert (scores[:, 9:] == 0).all()


def test_attention_weighs_what_the_whole_classifier_answers() -> None:
    """Its logits may be of both strands; without any the network is asked."""
    module, x = network(AttnGenNetwork), sequences()
    target = torch.tensor([0, 1, 2, 0, 1])
    own = module.eval()(x).detach()
    expected = attention_x_gradient(module, x, target)
    torch.testing.assert_close(attention_x_gradient(module, x, target, logits=own), expected)
    others = attention_x_gradient(module, x, target, logits=own * 9)
    assert not torch.allclose(others / others.sum(1, True), expected / expected.sum(1, True))


def test_a_path_without_points_raises() -> None:
    """Its mean would be no number."""
    with pytest.raises(ValueError, match="at least one number from 0 to 1"):
        path_gradient(Linear(4), sequences(), torch.zeros(5, dtype=torch.int64), [])


@pytest.mark.parametrize("method", GRADIENTS)
def test_targets_of_some_rows_raise(method) -> None:
    """The others would have no evidence."""
    with pytest.raises(ValueError, match=r"each of the 5 rows of x, got the shape \(2,\)"):
        method(Linear(4), sequences(n_channels=4), torch.tensor([0, 1]))

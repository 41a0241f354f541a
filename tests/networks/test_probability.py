"""Changes of a probability: exact where log-odds are linear, and no overflow anywhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sklearn_attngen.networks import path_gradient, probability_change
from tests.networks.conftest import Linear, sequences


def linear(n_channels: int = 4, n_classes: int = 2, shift: float = 0.0) -> Linear:
    """A module of linear log-odds; classes after the second say what the second says."""
    module = Linear(n_channels)
    weight = module.weight.detach()[[0] + [1] * (n_classes - 1)].clone()
    weight[0] += shift / 12
    module.weight = torch.nn.Parameter(weight)
    return module


def found(module: torch.nn.Module, x: Tensor, target: Tensor) -> Tensor:
    gradient = path_gradient(module, x, target, [0.5])
    return probability_change(gradient, x, module(x).detach(), target)


def rows_alike(values: Tensor) -> Tensor:
    """Rows are of no unit: only what stands beside each other can be compared."""
    return values / values.sum(dim=1, keepdim=True)


def mutagenesis(module: torch.nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """The sum of the sizes of all changes, one letter at a time."""

    def probability(x: Tensor) -> Tensor:
        return module(x).softmax(dim=1).gather(1, target.view(-1, 1)).view(-1).detach()

    clean, changes = probability(x), torch.zeros(len(x), x.shape[2], dtype=x.dtype)
    for position in range(x.shape[2]):
        for letter in range(x.shape[1]):
            changed = x.clone()
            changed[:, :, position] = 0
            changed[:, letter, position] = x.shape[1] > 1
            changes[:, position] += (probability(changed) - clean).abs()
    return changes


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_channels", [1, 2, 4])
def test_of_linear_log_odds_it_is_mutagenesis(
    n_channels: int, n_classes: int, shift: float
) -> None:
    """To first order is exact there, where the other classes change alike; numbers become 0."""
    module, x = linear(n_channels, n_classes, shift), sequences(n_channels=n_channels)
    if n_channels == 1:
        x = x * torch.linspace(-2, 2, 12)
    target = torch.zeros(5, dtype=torch.int64)
    expected = mutagenesis(module, x, target)
    torch.testing.assert_close(rows_alike(found(module, x, target)), rows_alike(expected))


def test_two_classes_have_the_same() -> None:
    """What one loses the other gains."""
    module, x = linear(shift=2.0), sequences()
    first, second = (found(module, x, torch.full((5,), target)) for target in (0, 1))
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize(("log_odds", "ratio"), [(0.0, 1.0), (9.0, 19.0), (-9.0, 1 / 19.0)])
def test_what_speaks_against_a_certain_class_did_not_decide(log_odds: float, ratio: float) -> None:
    """Two letters of one size; where the classes are even both count alike."""
    gradient = torch.zeros(1, 1, 3, dtype=torch.float64)
    gradient[0, 0] = torch.tensor([1.5, -1.5, 0.0])  # 3 of log-odds
    logits = torch.tensor([[log_odds, 0.0]], dtype=torch.float64)
    x = torch.ones(1, 1, 3, dtype=torch.float64)
    change = probability_change(gradient, x, logits, torch.tensor([0]))
    assert float(change[0, 0] / change[0, 1]) == pytest.approx(ratio, rel=0.06)
    assert change[0, 2] == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("log_odds", [40.0, 900.0, -900.0, 1e6])
@pytest.mark.parametrize("size", [1e-6, 1.0, 200.0])
def test_certain_classes_keep_their_letters(
    size: float, log_odds: float, dtype: torch.dtype
) -> None:
    """Probabilities that round to 0 and 1, and gradients of any size, leave a ranking."""
    gradient = size * torch.tensor([[[1.0, -0.5, 0.5, 0.0]]], dtype=dtype)
    logits = torch.tensor([[log_odds, 0.0]], dtype=dtype)
    change = probability_change(gradient, torch.ones_like(gradient), logits, torch.tensor([0]))[0]
    assert torch.isfinite(change).all()
    assert change.argmax() == (0 if log_odds > 0 or size < 1 else 1)
    assert change[3] == 0
    assert change.dtype == dtype


def test_no_evidence_and_no_letter_are_zero() -> None:
    """Nothing changes where the gradient is flat, nor at a position without a letter."""
    x = sequences()
    x[:, :, 4] = 0
    gradient, logits = torch.zeros_like(x), torch.zeros(5, 2, dtype=x.dtype)
    target = torch.zeros(5, dtype=torch.int64)
    assert (probability_change(gradient, x, logits, target) == 0).all()
    change = found(linear(), x, target)
    assert (change[:, 4] == 0).all()
    assert (change > 0).sum() == 5 * 11


def test_the_level_of_soft_letters_is_no_evidence() -> None:
    """A number that a gradient has for all letters of a position tells none from another."""
    x = 0.3 * sequences()
    gradient = torch.arange(12.0, dtype=x.dtype).expand(5, 4, 12)
    change = probability_change(
        gradient, x, torch.zeros(5, 2, dtype=x.dtype), torch.zeros(5, dtype=torch.int64)
    )
    torch.testing.assert_close(change, torch.zeros_like(change))


def test_bfloat16_is_computed_in_single_precision() -> None:
    """Gradients of a network in bfloat16 are no reason to round the changes as well."""
    x, target = sequences().float(), torch.zeros(5, dtype=torch.int64)
    gradient, logits = torch.randn(5, 4, 12).bfloat16(), torch.randn(5, 2).bfloat16()
    change = probability_change(gradient, x, logits, target)
    assert change.dtype == torch.float32
    torch.testing.assert_close(
        change, probability_change(gradient.float(), x, logits.float(), target)
    )


def test_a_certain_row_does_not_take_the_digits_of_another() -> None:
    """Each row has a unit of its own, so that a batch does not show."""
    x = torch.ones(3, 1, 4)
    gradient = torch.tensor([[[1.0, -0.5, 0.5, 0.0]]]).expand(3, 1, 4)
    logits = torch.tensor([[0.0, 0.0], [900.0, 0.0], [-900.0, 0.0]])
    target = torch.zeros(3, dtype=torch.int64)
    together = probability_change(gradient, x, logits, target)
    assert (together[:, :3] > 0).all()
    for row in range(3):
        one = slice(row, row + 1)
        alone = probability_change(gradient[one], x[one], logits[one], target[one])
        torch.testing.assert_close(together[one], alone)


@pytest.mark.parametrize("target", [[0], [0, 1], [0] * 6])
def test_classes_of_some_rows_raise(target: list[int]) -> None:
    """A single one would be broadcast: other rows would get log-odds of no class."""
    x, logits = sequences(), torch.zeros(5, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"each of the 5 rows of x, got the shape"):
        probability_change(x, x, logits, torch.tensor(target))


@pytest.mark.parametrize(
    ("gradient", "logits", "message"),
    [
        ((5, 1, 12), (5, 2), r"shape of x, \(5, 4, 12\), got \(5, 1, 12\)"),
        ((5, 4, 12), (1, 2), r"each of the 5 rows .* got the shape \(1, 2\)"),
        ((5, 4, 12), (5, 1), r"two or more classes, got the shape \(5, 1\)"),
        ((5, 4, 12), (5,), r"got the shape \(5,\)"),
    ],
)
def test_other_shapes_raise(
    gradient: tuple[int, ...], logits: tuple[int, ...], message: str
) -> None:
    """Torch would spread them over rows and letters without a word."""
    target = torch.zeros(5, dtype=torch.int64)
    with pytest.raises(ValueError, match=message):
        probability_change(torch.zeros(gradient), sequences(), torch.zeros(logits), target)

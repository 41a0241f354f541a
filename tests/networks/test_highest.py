"""The highest value of each channel: as torch finds it, with the gradient of torch."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor

from sklearn_attngen.networks._highest import highest, highest_shares

DTYPES = [torch.float32, torch.float64, torch.bfloat16]


def features(dtype: torch.dtype, n: int = 6, length: int = 40, n_channels: int = 8) -> Tensor:
    """Rectified values, so that many are equal; one channel holds only zeros."""
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(n, length, n_channels, generator=generator).relu()
    values[:, :, 0] = 0
    values[0, 3] = values[0, 7] = 9
    return values.to(dtype)


def real(n: int = 6, length: int = 40) -> Tensor:
    """All positions, but for one row that ends early and one that starts late."""
    where = torch.ones(n, length, dtype=torch.bool)
    where[1, 10:] = False
    where[2, :35] = False
    return where


def by_torch(values: Tensor, where: Tensor) -> Tensor:
    return values.masked_fill(~where.unsqueeze(2), -torch.inf).amax(dim=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("turned", [False, True])
def test_values_and_gradients_are_the_bits_of_torch(dtype: torch.dtype, turned: bool) -> None:
    """Also where values are equal, in either order in memory."""
    values = features(dtype)
    if turned:
        values = values.transpose(1, 2).contiguous().transpose(1, 2)
    weights = torch.randn(6, 8, generator=torch.Generator().manual_seed(1)).to(dtype)
    found = []
    for function in (highest, by_torch):
        given = values.clone().requires_grad_()
        top = function(given, real())
        found.append((top, *torch.autograd.grad(top, given, weights)))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
    assert torch.equal(highest(values, real()), found[0][0])


def test_many_equal_values_share_the_gradient() -> None:
    """More of them than bfloat16 can count one by one."""
    values = torch.zeros(1, 1000, 1, dtype=torch.bfloat16, requires_grad=True)
    where = torch.ones(1, 1000, dtype=torch.bool)
    (gradient,) = torch.autograd.grad(highest(values, where).sum(), values)
    assert gradient.unique().numel() == 1
    assert float(gradient.float().sum()) == pytest.approx(1, rel=0.01)


def test_what_is_no_letter_gets_no_gradient() -> None:
    """Even where it holds the same value."""
    values = torch.ones(1, 4, 1, requires_grad=True)
    where = torch.tensor([[True, False, True, False]])
    (gradient,) = torch.autograd.grad(highest(values, where).sum(), values)
    assert gradient.flatten().tolist() == [0.5, 0, 0.5, 0]


def test_a_gradient_may_be_differentiated_again() -> None:
    """As that of any layer of torch."""
    generator = torch.Generator().manual_seed(2)
    values = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    where = torch.ones(2, 5, dtype=torch.bool)
    assert torch.autograd.gradcheck(lambda v: highest(v, where).square(), values)
    assert torch.autograd.gradgradcheck(lambda v: highest(v, where).square(), values)


def test_transforms_of_torch_give_the_same() -> None:
    """Gradients of single sequences by vmap are those of the batch."""
    values, where = features(torch.float32), real()
    given = values.clone().requires_grad_()
    (expected,) = torch.autograd.grad(highest(given, where).square().sum(), given)

    def one(value: Tensor, position: Tensor) -> Tensor:
        return highest(value.unsqueeze(0), position.unsqueeze(0)).square().sum()

    torch.testing.assert_close(torch.func.vmap(torch.func.grad(one))(values, where), expected)
    together = torch.func.grad(lambda value: highest(value, where).square().sum())(values)
    torch.testing.assert_close(together, expected)

    def shares(value: Tensor, position: Tensor) -> Tensor:
        value, position = value.unsqueeze(0), position.unsqueeze(0)
        return highest_shares(value, highest(value, position), position)[0]

    by_row = torch.func.vmap(shares)(values, where)
    torch.testing.assert_close(by_row, highest_shares(values, highest(values, where), where))


def test_many_gradients_at_a_time() -> None:
    """As jacobians ask for them."""
    values, where = features(torch.float32)[:2].requires_grad_(), real()[:2]
    top = highest(values, where)
    weights = torch.eye(top.numel()).view(-1, *top.shape)
    (together,) = torch.autograd.grad(
        top, values, weights, is_grads_batched=True, retain_graph=True
    )
    for weight, found in zip(weights, together, strict=True):
        (expected,) = torch.autograd.grad(top, values, weight, retain_graph=True)
        assert torch.equal(found, expected)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch's
def test_derivatives_forward() -> None:
    """Second derivatives by torch.func, and dual numbers."""
    values, where = features(torch.float64)[:2, :5].requires_grad_(), real()[:2, :5]

    def total(value: Tensor) -> Tensor:
        return highest(value, where).pow(3).sum()

    expected = torch.autograd.functional.hessian(
        lambda value: by_torch(value, where).pow(3).sum(), values
    )
    torch.testing.assert_close(torch.func.hessian(total)(values), expected)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(values, torch.ones_like(values))
        tangent = torch.autograd.forward_ad.unpack_dual(total(dual)).tangent
    (gradient,) = torch.autograd.grad(total(values), values)
    torch.testing.assert_close(tangent, gradient.sum())


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's
def test_a_trace_can_be_saved() -> None:
    """One taken where gradients are on holds torch's own operations alone."""
    values, where = features(torch.float32).requires_grad_(), real()
    trace = torch.jit.trace(highest, (values, where), check_trace=False)
    torch.jit.save(trace, io.BytesIO())
    assert torch.equal(trace(values, where), by_torch(values, where))


@pytest.mark.parametrize("dtype", DTYPES)
def test_shares_count_channels(dtype: torch.dtype) -> None:
    """Each channel is divided over the real positions that hold its highest value."""
    values, where = features(dtype), real()
    shares = highest_shares(values, highest(values, where), where)
    there = (values == by_torch(values, where).unsqueeze(1)) & where.unsqueeze(2)
    expected = (there / there.sum(dim=1, keepdim=True)).mean(dim=2)
    torch.testing.assert_close(shares.double(), expected.double(), rtol=0.01, atol=0.001)
    assert not shares[~where].any()
    torch.testing.assert_close(
        shares.double().sum(dim=1), torch.ones(6).double(), rtol=0.02, atol=0
    )


def test_a_channel_without_a_highest_value_is_shared_by_nobody() -> None:
    """NaN equals nothing; the other channels keep their shares."""
    values = torch.rand(6, 9, 4, generator=torch.Generator().manual_seed(0))
    where = torch.ones(6, 9, dtype=torch.bool)
    others = highest_shares(values[:, :, 1:], highest(values[:, :, 1:], where), where)
    values[:, 2, 0] = torch.nan
    shares = highest_shares(values, highest(values, where), where)
    torch.testing.assert_close(shares, others * 3 / 4)

"""Operations that take less time than those of torch: with the values of torch."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F

from sklearn_attngen.networks import Exponential
from sklearn_attngen.networks._highest import highest
from sklearn_attngen.networks._operations import (
    AveragePooling,
    bounded_exp,
    tanh,
    with_gradient_of,
)
from sklearn_attngen.networks._operations import _AveragePooling as AveragePoolingFunction

DTYPES = [torch.float32, torch.float64, torch.bfloat16]
Operation = Callable[[Tensor], Tensor]


def pooled_by_torch(size: int) -> nn.AvgPool1d:
    return nn.AvgPool1d(size, ceil_mode=True, count_include_pad=False)


# ours, what torch has for it
PAIRS: dict[str, tuple[Operation, Operation]] = {
    "exp": (lambda x: bounded_exp(x, 10.0), lambda x: F.hardtanh(x, -torch.inf, 10.0).exp()),
    "exp, cut": (lambda x: bounded_exp(x, 0.5), lambda x: F.hardtanh(x, -torch.inf, 0.5).exp()),
    "tanh": (tanh, torch.tanh),
    "gradient of another": (
        lambda x: with_gradient_of(2 * x, x.detach().tanh()),
        lambda x: x.detach().tanh() + (2 * x - (2 * x).detach()),
    ),
    "average of 2": (AveragePooling(2), pooled_by_torch(2)),
    "average of 3": (AveragePooling(3), pooled_by_torch(3)),
    "average of 5": (AveragePooling(5), pooled_by_torch(5)),
}


def values(dtype: torch.dtype, *, beside: bool = True) -> Tensor:
    """Return (n, n_channels, L), as a Convolution lays it out where ``beside`` is True."""
    x = torch.randn(3, 4, 18, generator=torch.Generator().manual_seed(0)).to(dtype)
    return x.transpose(1, 2).contiguous().transpose(1, 2) if beside else x


def with_gradient(operation: Operation, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the output, and the gradient of a sum with weights of it."""
    given = x.detach().requires_grad_()
    y = operation(given)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(y.dtype)
    return y.detach(), torch.autograd.grad((y * weights).sum(), given)[0]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [True, False])
def test_values_and_gradients_are_those_of_torch(
    name: str, dtype: torch.dtype, beside: bool
) -> None:
    """In every precision and either order in memory; single bits may differ by the CPU in tanh."""
    ours, theirs = PAIRS[name]
    x = values(dtype, beside=beside)
    tolerance = {"rtol": 0.0, "atol": 0.0} if name != "tanh" else {"rtol": 0.01, "atol": 1e-6}
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), **tolerance)
    for found, expected in zip(with_gradient(ours, x), with_gradient(theirs, x), strict=True):
        torch.testing.assert_close(found, expected, **tolerance)


def test_what_is_cut_has_no_gradient_and_nan_is_not_hidden() -> None:
    """A value at the limit is cut; others of the same tensor keep their gradients."""
    x = torch.tensor([1.0, 3.0, 7.0, torch.nan, -torch.inf])
    y, gradient = with_gradient(lambda x: bounded_exp(x, 3.0), x)
    expected, of_torch = with_gradient(lambda x: F.hardtanh(x, -torch.inf, 3.0).exp(), x)
    torch.testing.assert_close(y, expected, equal_nan=True)
    torch.testing.assert_close(gradient[:3], of_torch[:3])
    assert gradient[1:3].tolist() == [0.0, 0.0]
    assert y[3].isnan()
    assert bounded_exp(torch.empty(0, 2), 3.0).shape == (0, 2)


def test_a_gradient_may_be_differentiated_again() -> None:
    """As that of any layer of torch."""
    x = values(torch.float64)[:1, :2, :6].requires_grad_()
    for operation in (
        lambda x: bounded_exp(x, 0.5),
        lambda x: bounded_exp(x, 10.0),
        lambda x: AveragePoolingFunction.apply(x, 3).square(),
    ):
        assert torch.autograd.gradcheck(operation, x)
        assert torch.autograd.gradgradcheck(operation, x)
    x = values(torch.bfloat16)
    seconds = []
    for operation in (tanh, torch.tanh):
        given = x.detach().requires_grad_()
        (first,) = torch.autograd.grad(operation(given).sum(), given, create_graph=True)
        seconds.append(torch.autograd.grad(first.sum(), given)[0])
    torch.testing.assert_close(seconds[0], seconds[1], rtol=0.05, atol=0.01)
    assert seconds[0].abs().max() > 0.5


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's
def test_transforms_and_traces_take_the_operations_of_torch(name: str) -> None:
    """vmap, derivatives forward, and a trace that can be saved."""
    ours, theirs = PAIRS[name]
    x = values(torch.bfloat16)

    def total(x: Tensor) -> Tensor:
        return ours(x).float().square().sum()

    given = x.detach().requires_grad_()
    (expected,) = torch.autograd.grad(theirs(given).float().square().sum(), given)
    by_row = torch.func.vmap(torch.func.grad(lambda row: total(row.unsqueeze(0))))(x)
    torch.testing.assert_close(by_row, expected, rtol=0.02, atol=0.01)
    wide = x.double()
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(wide, torch.ones_like(wide))
        tangent = torch.autograd.forward_ad.unpack_dual(ours(dual).square().sum()).tangent
    given = wide.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(ours(given).square().sum(), given)
    torch.testing.assert_close(tangent, gradient.sum())
    trace = torch.jit.trace(ours, (x.detach().requires_grad_(),), check_trace=False)
    torch.jit.save(trace, io.BytesIO())
    torch.testing.assert_close(trace(x), theirs(x), rtol=0.01, atol=1e-6)


def test_tensors_without_values_can_be_traced() -> None:
    """By make_fx, whose tensors have none while they are traced, by FakeTensorMode and torch.fx."""
    x = values(torch.float32)
    for ours, theirs in PAIRS.values():
        torch.testing.assert_close(make_fx(ours)(x)(x), theirs(x))
        with FakeTensorMode():
            assert ours(torch.empty(3, 4, 18)).ndim == 3
    real = torch.ones(3, 18, dtype=torch.bool)
    beside = x.transpose(1, 2)
    torch.testing.assert_close(make_fx(highest)(beside, real)(beside, real), beside.amax(dim=1))
    layer = Exponential()
    torch.testing.assert_close(torch.fx.symbolic_trace(layer)(x), layer(x))


def test_average_layer_is_one_of_torch() -> None:
    """So that what knows torch's layers knows it, too."""
    layer = AveragePooling(2)
    assert isinstance(layer, nn.AvgPool1d)
    assert layer(torch.ones(1, 1, 5)).shape == (1, 1, 3)

"""Operations of torch, with its values, that take less time on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def transformed() -> bool:
    """Say whether torch is compiling, tracing or transforming, which need its own operations.

    Forward derivatives and ``torch.func`` have no rules for a function of ours, nor for writing
    into given memory, and a trace of it cannot be saved. Tensors of a dispatch mode may have no
    values to look at.
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    # private names: without them only these transforms would fail, with a message that says why
    active = getattr(torch._C, "_are_functorch_transforms_active", None)
    level = getattr(torch.autograd.forward_ad, "_current_level", -1)
    if level >= 0 or (active is not None and bool(active())):
        return True
    mode = getattr(torch.utils._python_dispatch, "_get_current_dispatch_mode", None)
    return mode is not None and mode() is not None


def equal_shares(x: Tensor) -> Tensor:
    """Return what no letter is known of.

    Parameters
    ----------
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.

    Returns
    -------
    shares : Tensor of shape (n, n_channels, L)
        What stands at a position, spread over all channels alike; zeros for numbers.
    """
    return x.mean(dim=1, keepdim=True).expand_as(x) if x.shape[1] > 1 else torch.zeros_like(x)


def with_gradient_of(source: Tensor, value: Tensor) -> Tensor:
    """Return a value that passes its gradient on to another tensor.

    Parameters
    ----------
    source : Tensor
        What gets the gradient.
    value : Tensor of the same shape
        What is returned; it gets none.

    Returns
    -------
    value : Tensor of the same shape
        Equal to ``value``.
    """
    if transformed():
        return value.detach() + (source - source.detach())
    return _WithGradientOf.apply(source, value)


class _WithGradientOf(torch.autograd.Function):
    """Copies nothing."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, value: Tensor) -> Tensor:
        return value.detach()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def bounded_exp(x: Tensor, limit: float) -> Tensor:
    """Return ``exp(min(x, limit))``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    limit : float
        Values from here on have no gradient.

    Returns
    -------
    y : Tensor
        Of the shape and type of ``x``.
    """
    # torch.fx passes something that only stands for a tensor
    if not isinstance(x, Tensor) or transformed() or x.device.type != "cpu" or x.numel() == 0:
        # hardtanh is clamp with a gradient that takes one step instead of three
        return F.hardtanh(x, -torch.inf, limit).exp()
    return _BoundedExp.apply(x, limit)


class _BoundedExp(torch.autograd.Function):
    """Cuts only where a value has reached the limit; the highest value tells whether one has."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, limit: float) -> Tensor:
        ctx.reached = None
        if x.amax() < limit:  # max would copy what a Convolution lays out first
            y = x.exp()
        else:
            y = x.clamp(max=limit).exp_()
            ctx.reached = x >= limit
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        gradient = gradient * y
        return (gradient if ctx.reached is None else gradient.masked_fill(ctx.reached, 0.0)), None


def _slow(x: Tensor) -> bool:
    """Say whether torch is slow with these values, and an operation of ours may do."""
    return not transformed() and x.device.type == "cpu" and x.dtype == torch.bfloat16


def tanh(x: Tensor) -> Tensor:
    """Return ``torch.tanh(x)``.

    Parameters
    ----------
    x : Tensor
        Any shape.

    Returns
    -------
    y : Tensor
        Of the shape and type of ``x``. torch computes those of bfloat16 in single precision as
        well, several times as slowly as those of single precision.
    """
    if not _slow(x):
        return torch.tanh(x)
    return _Tanh.apply(x)


class _Tanh(torch.autograd.Function):
    """Computes in single precision, and remembers the rounded output as torch does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.float().tanh_().to(x.dtype)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.ops.aten.tanh_backward(gradient, y)


class AveragePooling(nn.AvgPool1d):
    """Means of neighbouring positions, windows side by side; the last one may be smaller.

    Parameters
    ----------
    size : int
        Number of positions of a window.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size, ceil_mode=True, count_include_pad=False)
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_channels, L) to (n, n_channels, ceil(L / size))."""
        if not _slow(x):
            return super().forward(x)
        whole = x.ndim == 3 and x.shape[2] % self.size == 0
        beside = whole and x.transpose(1, 2).is_contiguous()  # as a Convolution lays them out
        if not (beside and x.requires_grad):
            return super().forward(x)
        return _AveragePooling.apply(x, self.size)


class _AveragePooling(torch.autograd.Function):
    """The gradient of a mean, copied to each position with the channels side by side."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int) -> Tensor:
        ctx.size = size
        return F.avg_pool1d(x, size)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        each = (gradient / ctx.size).transpose(1, 2)
        n, length, n_channels = each.shape
        copies = torch.cat([each] * ctx.size, dim=2)
        return copies.view(n, length * ctx.size, n_channels).transpose(1, 2), None

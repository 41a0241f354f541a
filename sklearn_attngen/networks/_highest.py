"""The highest value of each channel over the positions of a sequence, and where it stands."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sklearn_attngen.networks._operations import transformed


def highest(values: Tensor, real: Tensor) -> Tensor:
    """Return the highest value of each channel.

    Parameters
    ----------
    values : Tensor of shape (n, L, n_channels)
        One vector per position.
    real : bool Tensor of shape (n, L)
        Positions that count; at least one a row.

    Returns
    -------
    top : Tensor of shape (n, n_channels)
        Its gradient goes to the positions that have the value, in equal shares, as that of
        ``torch.amax`` does.
    """
    if values.requires_grad and torch.is_grad_enabled() and not transformed():
        return _Highest.apply(values, real)
    return _highest(values, real)


def highest_shares(values: Tensor, top: Tensor, real: Tensor) -> Tensor:
    """Return the share of the channels that are highest at each position.

    Parameters
    ----------
    values : Tensor of shape (n, L, n_channels)
        One vector per position.
    top : Tensor of shape (n, n_channels)
        From :func:`highest`.
    real : bool Tensor of shape (n, L)
        Positions that count.

    Returns
    -------
    shares : Tensor of shape (n, L)
        Where several positions have the value of a channel, they share the channel. Each row sums
        to 1, or to less where a value is not finite.
    """
    there = _there(values, top, real)
    each = 1 / there.sum(dim=1).clamp(min=1)
    return torch.bmm(there, each.unsqueeze(2)).squeeze(2) / values.shape[2]


def _highest(values: Tensor, real: Tensor) -> Tensor:
    if not everywhere(real):
        values = values.masked_fill(~real.unsqueeze(2), -torch.inf)
    return values.amax(dim=1)


def everywhere(real: Tensor) -> bool:
    """Say whether all positions count, where it takes no waiting to know."""
    return real.device.type == "cpu" and not transformed() and bool(real.all())


def _there(values: Tensor, top: Tensor, real: Tensor) -> Tensor:
    """Say with 1 and 0 where the highest value of each channel stands."""
    with torch.no_grad():
        top = top.unsqueeze(1)
        if transformed():
            return (values == top).to(values.dtype) * real.unsqueeze(2)
        # written as numbers at once, which takes a sixth of the time
        there = torch.eq(values, top, out=torch.empty_like(values))
        return there if everywhere(real) else there.mul_(real.unsqueeze(2))


class _Highest(torch.autograd.Function):
    """``amax`` over real positions, with a backward pass of a third of the time."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, real: Tensor) -> Tensor:
        top = _highest(values, real)
        ctx.save_for_backward(values, real, top)
        return top

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        values, real, top = ctx.saved_tensors
        there = _there(values, top, real)
        return there * (gradient / there.sum(dim=1)).unsqueeze(1), None

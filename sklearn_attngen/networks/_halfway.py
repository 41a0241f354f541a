"""Where, on the way from no letters to the letters, a network decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._evaluation import evaluation_mode
from sklearn_attngen.networks._operations import equal_shares

# halvings of the interval in which halfway_point looks; the rest is interpolated
_HALVINGS = 5


def halfway_point(
    module: nn.Module, batches: Iterable[Tensor], near: float | None = None
) -> float | None:
    """Find where, between equal shares of all letters and the letters, a network is half decided.

    How far the outputs have come at a point is compared with how far they come in the end, over
    many sequences: where the regression of the one on the other has a slope of one half, half of
    what tells the sequences apart is there.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes).
    batches : iterable of Tensor of shape (n, n_channels, L)
        Sequences as the network was trained on, of all classes; some hundred are enough.
    near : float, default=None
        A point, strictly between 0 and 1, that was found for the network some training ago. The
        search begins there and takes four forward passes instead of seven. It may end short of the
        point that it looks for; repeated, it follows a network through its training.

    Returns
    -------
    point : float or None
        For :func:`interior_gradient` and :func:`attention_x_gradient`: strictly between 0 and 1.
        None if the letters tell no sequence from another, or an output is not finite.

    Raises
    ------
    ValueError
        If there is no batch, or one has another shape, or ``near`` is not between 0 and 1.

    Notes
    -----
    Networks differ in where that is: one that looks for two motifs together is undecided until
    most of their letters are there, one that adds up many small hints decides early. No label and
    no true motif is needed. What sequences have in common, and what is known of them without any
    letter (where they end, with padding), does not count. With one channel the way starts at
    zeros. Outputs that turn back on the way may have several such points, of which this is one.
    Seven forward passes, or four.
    """
    if near is not None and not 0 < near < 1:
        raise ValueError(f"near must be strictly between 0 and 1, got {near!r}.")
    batches = list(batches)  # each is passed through several times
    if not batches:
        raise ValueError("halfway_point needs at least one batch of sequences, got none.")
    for i, x in enumerate(batches):
        if x.ndim != 3:
            raise ValueError(
                f"Batch {i} (counted from 0) has shape {tuple(x.shape)}, but halfway_point needs "
                "(n, n_channels, L). Pass a single batch as [x]."
            )
    with evaluation_mode(module), torch.no_grad():

        def outputs(point: float) -> Tensor:
            parts = []
            for x in batches:
                baseline = equal_shares(x)
                parts.append(module(baseline + (x - baseline) * point).double())
            return torch.cat(parts)

        start, end = outputs(0.0), outputs(1.0)
        way = end - start
        way = way - way.mean(dim=1, keepdim=True)
        way = way - way.mean(dim=0)
        size = float(way.square().sum())
        # rounding tells sequences apart by less
        if not 1e-10 * max(1.0, float(end.square().sum())) < size < math.inf:
            return None

        def slope(point: float) -> float:
            return float(((outputs(point) - start) * way).sum()) / size

        return _halfway_near(slope, near) if near is not None else _halfway(slope)


def _halfway(slope: Callable[[float], float]) -> float | None:
    """Find where a slope that goes from 0 to 1 is one half, by halves; None if it is not finite."""
    low, high, below, above = 0.0, 1.0, 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        value = slope(middle)
        if not math.isfinite(value):
            return None
        if value < 0.5:
            low, below = middle, value
        else:
            high, above = middle, value
    return low + (high - low) * (0.5 - below) / (above - below)


def _halfway_near(slope: Callable[[float], float], near: float) -> float | None:
    """Find it from two points: the given one, and where a power of the point would have it."""
    first = slope(near)
    if not math.isfinite(first):
        return None
    point = _by_power(near, first)
    second = slope(point)
    if not math.isfinite(second):
        return None
    if (first - 0.5) * (second - 0.5) < 0:
        return near + (point - near) * (0.5 - first) / (second - first)
    return _by_power(point, second)


def _by_power(point: float, slope: float) -> float:
    """Return where a power of the point is one half, at most half of the way to an end."""
    slope = min(max(slope, 0.01), 0.99)  # beyond these it tells no more than the direction
    return min(max(point ** (math.log(0.5) / math.log(slope)), point / 2), (1 + point) / 2)

"""Progressive masking as pure functions: how much, which positions, and what stands there then."""

from __future__ import annotations

import math

import torch
from torch import Tensor

MASK_ORDERS = ("sampled", "lowest", "highest", "random")
MASK_SCHEDULES = ("linear", "cosine", "constant")
MASK_VALUES = ("resample", "uniform", "zero")


def scheduled_fraction(
    progress: float,
    mask_fraction: float,
    schedule: str = "linear",
    warmup: float = 1 / 3,
    cooldown: float = 0.0,
) -> float:
    """Return the fraction to mask at a point of the training.

    Parameters
    ----------
    progress : float
        Share of the training that is done, from 0 to 1.
    mask_fraction : float
        Fraction at the end of the ramp.
    schedule : {"linear", "cosine", "constant"}, default="linear"
        Shape of the ramp; "constant" masks the whole fraction from the start.
    warmup : float, default=1/3
        Share of the training that the ramp takes.
    cooldown : float, default=0.0
        Share of the training, at its end, without masks.

    Returns
    -------
    fraction : float
        From 0 to ``mask_fraction``, never falling with progress before the cooldown, in which it
        is 0.

    Raises
    ------
    ValueError
        If there is no such schedule.

    Examples
    --------
    >>> from sklearn_attngen.networks import scheduled_fraction
    >>> [round(scheduled_fraction(p, 0.3, warmup=0.5), 2) for p in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.15, 0.3, 0.3]
    """
    if schedule not in MASK_SCHEDULES:
        raise ValueError(f"schedule must be one of {MASK_SCHEDULES}, got {schedule!r}")
    # in spite of rounding, after which 1 - 1 / 3 is more than 2 / 3
    if cooldown > 0 and progress >= 1 - cooldown - 1e-9:
        return 0.0
    if schedule == "constant" or warmup == 0 or progress >= warmup:
        return mask_fraction
    ramp = max(progress, 0.0) / warmup
    return mask_fraction * (ramp if schedule == "linear" else (1 - math.cos(math.pi * ramp)) / 2)


def mask_priority(
    scores: Tensor, order: str = "sampled", generator: torch.Generator | None = None
) -> Tensor:
    """Return in which order positions are masked: those with the lowest priority first.

    Parameters
    ----------
    scores : Tensor of shape (n, L)
        Importance of each position, non-negative.
    order : {"sampled", "lowest", "highest", "random"}, default="sampled"
        "sampled" draws positions one after the other, with odds inversely proportional to their
        scores [1]_: what matters little is masked most of the time, and what matters most now and
        then. "lowest" goes strictly by score. "highest" and "random" are controls.
    generator : torch.Generator, default=None
        Source of the draws, on the device of ``scores``; used by "sampled" and "random".

    Returns
    -------
    priority : Tensor of shape (n, L)
        To be sorted, of no further meaning.

    Raises
    ------
    ValueError
        If there is no such order.

    References
    ----------
    .. [1] P. S. Efraimidis and P. G. Spirakis, "Weighted random sampling with a reservoir",
       Information Processing Letters 97 (2006) 181-185.

    Examples
    --------
    >>> import torch
    >>> from sklearn_attngen.networks import mask_priority
    >>> scores = torch.tensor([[0.7, 0.2, 0.1]]).repeat(10_000, 1)
    >>> priority = mask_priority(scores, "sampled", torch.Generator().manual_seed(0))
    >>> odds = torch.bincount(priority.argmin(dim=1)) / 10_000  # as 1/7 to 1/2 to 1/1
    >>> [round(float(each), 1) for each in odds]
    [0.1, 0.3, 0.6]
    """
    if order == "lowest":
        return scores
    if order == "highest":
        return -scores
    if order not in MASK_ORDERS:
        raise ValueError(f"order must be one of {MASK_ORDERS}, got {order!r}")
    draw = torch.rand(scores.shape, generator=generator, device=scores.device, dtype=torch.float32)
    if order == "random":
        return draw
    # the first of competing exponential clocks with rates 1 / score
    tiny = torch.finfo(torch.float32).tiny
    return -(1 - draw).clamp(min=tiny).log() * scores.float().clamp(min=1e-9)


def select_positions(
    scores: Tensor,
    real: Tensor,
    fraction: float,
    *,
    by: str = "positions",
    priority: Tensor | None = None,
) -> Tensor:
    """Select the positions with the lowest scores, or priority, of each sequence.

    Parameters
    ----------
    scores : Tensor of shape (n, L)
        Importance of each position. Ties go to the earlier position.
    real : bool Tensor of shape (n, L)
        Positions that hold a letter; no other is selected.
    fraction : float
        How much to select, from 0 to 1.
    by : {"positions", "mass"}, default="positions"
        "positions" counts: the given fraction of the real positions of a sequence, rounded down.
        "mass" adds up: the first positions that together hold at most the given fraction of the
        sum of scores of the sequence, so that many are selected where the scores are peaked and
        few where they are flat. At least one real position is left in either case.
    priority : Tensor of shape (n, L), default=None
        Select in this order, lowest first, instead of by score; see :func:`mask_priority`.

    Returns
    -------
    selected : bool Tensor of shape (n, L)
        True for the selected positions.

    Raises
    ------
    ValueError
        If ``by`` is neither.

    Examples
    --------
    >>> import torch
    >>> from sklearn_attngen.networks import select_positions
    >>> scores = torch.tensor([[0.1, 0.5, 0.0, 0.4]])
    >>> select_positions(scores, torch.ones(1, 4, dtype=torch.bool), 0.5).tolist()
    [[True, False, True, False]]
    >>> select_positions(scores, torch.ones(1, 4, dtype=torch.bool), 0.05, by="mass").tolist()
    [[False, False, True, False]]
    """
    first = scores if priority is None else priority
    order = first.masked_fill(~real, torch.inf).argsort(dim=1, stable=True)
    n_real = real.sum(dim=1, keepdim=True)
    rank = torch.arange(scores.shape[1], device=scores.device)
    if by == "positions":
        # the small addition keeps 0.15 * 20 at 3 in spite of rounding in binary fractions
        count = (n_real.double() * fraction + 1e-9).floor()
        chosen = rank < count
    elif by == "mass":
        mass = scores.masked_fill(~real, 0.0).gather(1, order)
        total = mass.sum(dim=1, keepdim=True).clamp(min=torch.finfo(mass.dtype).tiny)
        chosen = mass.cumsum(dim=1) <= fraction * total if fraction > 0 else mass < 0
    else:
        raise ValueError(f'by must be "positions" or "mass", got {by!r}')
    chosen = chosen & (rank < n_real - 1)
    return torch.zeros_like(chosen).scatter(1, order, chosen)


def masked_positions(
    scores: Tensor,
    real: Tensor,
    fraction: float,
    *,
    by: str,
    order: str,
    generator: torch.Generator | None,
) -> Tensor:
    """Select what a training masks: the positions, (n, L), that go first in an order."""
    priority = mask_priority(scores, order, generator)
    if order == "highest" and by == "mass":
        # what counts is how far a letter is from the highest, or one peak would be too much
        top = scores.masked_fill(~real, 0.0).amax(dim=1, keepdim=True)
        scores = priority = top - scores
    return select_positions(scores, real, fraction, by=by, priority=priority)


def fill_positions(
    x: Tensor, selected: Tensor, value: str = "resample", generator: torch.Generator | None = None
) -> Tensor:
    """Replace the selected positions of one-hot input.

    Parameters
    ----------
    x : Tensor of shape (n, n_channels, L)
        One-hot input, left as it is.
    selected : bool Tensor of shape (n, L)
        Positions to replace.
    value : {"resample", "uniform", "zero"}, default="resample"
        "resample" draws a letter from the composition of the sequence itself, so that a masked
        sequence looks like a sequence and "masked" never means N; "uniform" puts
        1 / n_channels in every channel; "zero" puts zeros, which is also how N is encoded.
    generator : torch.Generator, default=None
        Source of the letters, on the device of ``x``; used by "resample" only.

    Returns
    -------
    filled : Tensor of shape (n, n_channels, L)
        A new tensor.

    Raises
    ------
    ValueError
        If there is no such value.
    """
    where = selected.unsqueeze(1)
    n_channels = x.shape[1]
    if value == "zero":
        return x.masked_fill(where, 0.0)
    if value == "uniform":
        return x.masked_fill(where, 1.0 / n_channels)
    if value != "resample":
        raise ValueError(f"value must be one of {MASK_VALUES}, got {value!r}")
    counts = x.sum(dim=2).cumsum(dim=1)
    bounds = counts / counts[:, -1:].clamp(min=1.0)
    draw = torch.rand(selected.shape, generator=generator, device=x.device, dtype=x.dtype)
    letters = (draw.unsqueeze(1) >= bounds[:, :-1].unsqueeze(2)).sum(dim=1)
    channels = torch.arange(n_channels, device=x.device).view(1, -1, 1)
    return torch.where(where, (letters.unsqueeze(1) == channels).to(x.dtype), x)

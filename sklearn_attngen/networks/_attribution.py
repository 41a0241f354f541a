"""Evidence per position from a network, as pure functions of (module, x, target)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._attngen import carries_signal
from sklearn_attngen.networks._evaluation import evaluation_mode
from sklearn_attngen.networks._operations import equal_shares

# for networks whose halfway_point is not known
INTERIOR_POINT = 0.7
# halvings of the interval in which halfway_point looks; the rest is interpolated
_HALVINGS = 5


def _gradient(module: Callable[[Tensor], Tensor], x: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the target's logit above the mean of all logits."""
    if target.shape != (len(x),):
        raise ValueError(
            f"target must hold one class for each of the {len(x)} rows of x, got the shape "
            f"{tuple(target.shape)}"
        )
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = module(x)
        above = logits.gather(1, target.view(-1, 1)).sum() - logits.mean(dim=1).sum()
        # each step goes back in the type it was taken in; older torch forgets an autocast's type
        with torch.autocast(x.device.type, enabled=False):
            (gradient,) = torch.autograd.grad(above, x)
    return gradient


def gradient_x_input(module: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return gradient times input for the target class.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes).
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose evidence is asked for.

    Returns
    -------
    evidence : Tensor of shape (n, L)
        Signed, in units of the target's logit above the mean of all logits. With letters, the
        gradient's mean over the letters of a position is removed before.

    References
    ----------
    .. [1] A. Majdandzic et al., "Correcting gradient-based interpretations of deep neural networks
       for genomics", Genome Biology 24 (2023) 109.
    """
    with evaluation_mode(module):
        gradient = _gradient(module, x, target)
        if x.shape[1] > 1:
            gradient = gradient - gradient.mean(dim=1, keepdim=True)
        return (gradient * x).sum(dim=1).detach()


def interior_gradient(
    module: nn.Module,
    x: Tensor,
    target: Tensor,
    point: float = INTERIOR_POINT,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the gradient between no letters and the letters, times the way to the letters.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes).
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose evidence is asked for.
    point : float, default=0.7
        Where the gradient is taken: 0 is equal shares of all letters, 1 is ``x``. Classifiers take
        the :func:`halfway_point` of their training.
    dtype : torch.dtype, default=None
        What the network computes in, as in :func:`evaluation_mode`.

    Returns
    -------
    evidence : Tensor of shape (n, L)
        Signed, in the units of :func:`gradient_x_input`.

    Notes
    -----
    A network that is sure of a class is flat around the sequence itself, most of all if it was
    trained with label smoothing: the gradient there is what the flatness left over, and says
    little about the letters. Near equal shares of all letters it is flat too, because nothing that
    it looks for is there. In between it decides. This is one point on the path of
    :func:`integrated_gradients` [1]_, at one forward and one backward pass; the rows add up to the
    change of the output only roughly.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Gradients of counterfactuals", arXiv:1611.02639
       (2016).
    """
    baseline = equal_shares(x)
    step_to_x = x - baseline
    with evaluation_mode(module, dtype):
        gradient = _gradient(module, baseline + step_to_x * point, target)
        return (gradient * step_to_x).sum(dim=1).detach()


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


def attention_x_gradient(
    module: nn.Module,
    x: Tensor,
    target: Tensor,
    point: float = INTERIOR_POINT,
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the magnitude of the interior gradient, more of it where attention is high.

    Parameters
    ----------
    module : AttnGenNetwork or Ensemble of such
        A network with an ``attend`` method.
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose evidence is asked for. With two classes the magnitude is the same for both.
    point : float, default=0.7
        Where attention, and the gradient of all layers but the first, are taken, as in
        :func:`interior_gradient`.
    dtype : torch.dtype, default=None
        What the network computes in, as in :func:`evaluation_mode`.

    Returns
    -------
    scores : Tensor of shape (n, L)
        Non-negative, of no unit.

    Notes
    -----
    The gradient says how the output changes with a letter, attention how much of what the network
    pools comes from there. The gradient's magnitude is multiplied by the square root of the sum of
    attention and equal shares of the letters that are there. Where few letters decide, that keeps
    letters out that only the noise of the gradient points at. Where many do, attention says little,
    and with the equal shares it changes little: no letter is left out for want of attention alone.
    Both come from the same forward pass, followed by one backward pass.

    The first filters take their derivative at the sequence itself. It is the layers above that are
    flat where the class is certain. An exponential filter is steep where it is matched whole, which
    it is in the sequence, and at no point before it: so letters of motifs stand out more. The rows
    add up to nothing, which a magnitude does not need; :func:`interior_gradient` has a sign.
    """
    attend_to: Any = module.attend  # torch types it as a Tensor
    attention: list[Tensor] = []

    def logits(x: Tensor) -> Tensor:
        result, scores = attend_to(x, point=point)
        attention.append(scores)
        return result

    with evaluation_mode(module, dtype):
        gradient = _gradient(logits, x, target)
        real = carries_signal(x).to(x.dtype)
        shares = attention[0] + real / real.sum(dim=1, keepdim=True)
        return (gradient * (x - equal_shares(x))).sum(dim=1).abs().detach() * shares.sqrt()


def integrated_gradients(module: nn.Module, x: Tensor, target: Tensor, n_steps: int = 16) -> Tensor:
    """Return integrated gradients, from equal shares of all letters to the letters.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes).
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose evidence is asked for.
    n_steps : int, default=16
        Number of points of the midpoint rule between the baseline and ``x``.

    Returns
    -------
    evidence : Tensor of shape (n, L)
        Signed, in the units of :func:`gradient_x_input`. A row sums, up to the error of the
        midpoint rule, to the difference between the output for ``x`` and for the baseline.

    Raises
    ------
    ValueError
        If ``n_steps`` is below 1.

    Notes
    -----
    The baseline has 1 / n_channels in every channel of a position that holds a letter (of a
    position with soft letters, the mean of its channels); there the evidence of a letter counts
    from the mean of all letters, which is the correction of :func:`gradient_x_input`, at no loss
    of completeness. With one channel the baseline is zeros.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML
       (2017).
    """
    if n_steps < 1:
        raise ValueError(f"n_steps must be at least 1, got {n_steps}.")
    baseline = equal_shares(x)
    step_to_x = x - baseline
    total = torch.zeros_like(x)
    with evaluation_mode(module):
        for step in range(n_steps):
            point = baseline + step_to_x * ((step + 0.5) / n_steps)
            total += _gradient(module, point, target).detach()
    return (total / n_steps * step_to_x).sum(dim=1)


def attend(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the output of a network and its attention on each position, from one forward pass.

    Parameters
    ----------
    module : AttnGenNetwork or Ensemble of such
        A network with an ``attend`` method.
    x : Tensor of shape (n, n_channels, L)
        One-hot input.

    Returns
    -------
    logits : Tensor of shape (n, n_classes)
        Unnormalised log-probabilities.
    scores : Tensor of shape (n, L)
        Non-negative, each row with sum 1.
    """
    with evaluation_mode(module), torch.no_grad():
        return module.attend(x)  # type: ignore[operator]  # torch types it as a Tensor


def attention_heads(module: nn.Module, x: Tensor) -> Tensor:
    """Return the attention of each head on each position.

    Parameters
    ----------
    module : AttnGenNetwork or Ensemble of such
        A network whose features are pooled by :class:`AttentionPooling`.
    x : Tensor of shape (n, n_channels, L)
        One-hot input.

    Returns
    -------
    attention : Tensor of shape (n, n_heads, L), or (n, n_heads + 1, L) with a hard head
        The weights that the soft heads give the features of each position, then the share of
        the channels that are highest there, for the hard head. Non-negative, each row with sum 1,
        and not spread over the width of the filters: the mean over heads of what is returned,
        spread, is what :func:`attend` returns.
    """
    with evaluation_mode(module), torch.no_grad():
        return module.heads(x)  # type: ignore[operator]  # torch types it as a Tensor

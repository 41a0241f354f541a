"""Gradients, evidence and attention of a network, as pure functions of (module, x, target)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._attngen import carries_signal
from sklearn_attngen.networks._evaluation import evaluation_mode
from sklearn_attngen.networks._operations import equal_shares
from sklearn_attngen.networks._probability import check_target, probability_change

# for networks whose halfway_point is not known
INTERIOR_POINT = 0.7


def _gradient(module: Callable[[Tensor], Tensor], x: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the target's logit above the mean of all logits."""
    check_target(target, x)
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = module(x)
        above = logits.gather(1, target.view(-1, 1)).sum() - logits.mean(dim=1).sum()
        # each step goes back in the type it was taken in; older torch forgets an autocast's type
        with torch.autocast(x.device.type, enabled=False):
            (gradient,) = torch.autograd.grad(above, x)
    return gradient.detach()


def path_gradient(
    module: nn.Module,
    x: Tensor,
    target: Tensor,
    points: Sequence[float],
    *,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the mean gradient at points between equal shares of all letters and the letters.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes).
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose evidence is asked for.
    points : sequence of float
        0 is equal shares of all letters, 1 is ``x``; at least one.
    dtype : torch.dtype, default=None
        What the network computes in, as in :func:`evaluation_mode`.

    Returns
    -------
    gradient : Tensor of shape (n, n_channels, L)
        Of the target's logit above the mean of all logits.

    Raises
    ------
    ValueError
        If there is no point, or ``target`` does not hold one class for each row.
    """
    if len(points) == 0:
        raise ValueError("points must hold at least one number from 0 to 1, got none.")
    baseline = equal_shares(x)
    step_to_x = x - baseline
    total = torch.zeros_like(x)
    with evaluation_mode(module, dtype):
        for point in points:
            at = x if point == 1 else baseline + step_to_x * point
            total += _gradient(module, at, target)
    return total / len(points)


def _along(gradient: Tensor, x: Tensor) -> Tensor:
    """Return what a gradient says of the way from equal shares of all letters to the letters."""
    return (gradient * (x - equal_shares(x))).sum(dim=1)


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
    return _along(path_gradient(module, x, target, [1.0]), x)


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
    return _along(path_gradient(module, x, target, [point], dtype=dtype), x)


def attention_x_gradient(
    module: nn.Module,
    x: Tensor,
    target: Tensor,
    point: float = INTERIOR_POINT,
    *,
    logits: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return how much a probability changes with each letter, more of it where attention is high.

    Parameters
    ----------
    module : AttnGenNetwork or Ensemble of such
        A network with an ``attend`` method.
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    target : int64 Tensor of shape (n,)
        Class whose probability is asked for. With two classes the magnitude is the same for both.
    point : float, default=0.7
        Where attention, and the gradient of all layers but the first, are taken, as in
        :func:`interior_gradient`.
    logits : Tensor of shape (n, n_classes), default=None
        What the classifier answers for ``x``; None asks the network.
    dtype : torch.dtype, default=None
        What the network computes in, as in :func:`evaluation_mode`.

    Returns
    -------
    scores : Tensor of shape (n, L)
        Non-negative, of no unit.

    Notes
    -----
    The gradient says how the output changes with a letter, and :func:`probability_change` what
    becomes of the probability; attention how much of what the network pools comes from there. The
    change is multiplied by the square root of the sum of attention and equal shares of the letters
    that are there. Where few letters decide, that keeps letters out that only the noise of the
    gradient points at. Where many do, attention says little, and with the equal shares it changes
    little: no letter is left out for want of attention alone. Both come from the same forward
    pass, followed by one backward pass; one more forward pass where ``logits`` are not given.

    The first filters take their derivative at the sequence itself. It is the layers above that are
    flat where the class is certain. An exponential filter is steep where it is matched whole, which
    it is in the sequence, and at no point before it: so letters of motifs stand out more. The rows
    add up to nothing, which a magnitude does not need; :func:`interior_gradient` has a sign.
    """
    attend_to: Any = module.attend  # torch types it as a Tensor
    attention: list[Tensor] = []

    def between(x: Tensor) -> Tensor:
        result, scores = attend_to(x, point=point)
        attention.append(scores)
        return result

    with evaluation_mode(module, dtype):
        if logits is None:
            with torch.no_grad():
                logits = module(x)
        change = probability_change(_gradient(between, x, target), x, logits, target)
        real = carries_signal(x).to(x.dtype)
        shares = attention[0] + real / real.sum(dim=1, keepdim=True)
        return change * shares.sqrt()


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
    midpoints = [(step + 0.5) / n_steps for step in range(n_steps)]
    return _along(path_gradient(module, x, target, midpoints), x)


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

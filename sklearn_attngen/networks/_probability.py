"""From gradients of logits to changes of a probability."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def check_target(target: Tensor, x: Tensor) -> None:
    """Refuse classes of some rows: without a word, the others would have those of another row."""
    if target.shape != (len(x),):
        raise ValueError(
            f"target must hold one class for each of the {len(x)} rows of x, got the shape "
            f"{tuple(target.shape)}"
        )


def probability_change(gradient: Tensor, x: Tensor, logits: Tensor, target: Tensor) -> Tensor:
    """Return how much the target's probability changes with each letter, to first order.

    Parameters
    ----------
    gradient : Tensor of shape (n, n_channels, L)
        Of the target's logit above the mean of all logits, as of :func:`path_gradient`.
    x : Tensor of shape (n, n_channels, L)
        Input; with more than one channel it is read as one-hot.
    logits : Tensor of shape (n, n_classes)
        What the classifier answers for ``x``.
    target : int64 Tensor of shape (n,)
        Class whose probability is asked for. Of two classes, either gives the same.

    Returns
    -------
    change : Tensor of shape (n, L)
        The sizes of the changes, summed over the letters that could stand there instead (with one
        channel: the size of the change if the feature were 0). Non-negative; of the same unit
        within a row, and of none between rows.

    Raises
    ------
    ValueError
        If ``target`` does not hold one class for each row, or ``gradient`` or ``logits`` have
        another shape than ``x`` asks for.

    Notes
    -----
    In silico mutagenesis replaces each letter by each other one and asks the classifier again. The
    gradient has all of its answers to first order [1]_: by how much the log-odds of the target
    would change, if the other classes change alike. From the log-odds of ``x`` follow those of each
    change, and from these the probabilities. Where a class is certain, a letter that speaks against
    it did not decide much: without it the probability can hardly rise. Letters that the
    certainty rests on count for more. Where the classes are even, both count alike.

    References
    ----------
    .. [1] A. Sasse, M. Chikina and S. Mostafavi, "Quick and effective approximation of in silico
       saturation mutagenesis experiments with first-order Taylor expansion", iScience 27 (2024)
       110807.
    """
    check_target(target, x)
    if gradient.shape != x.shape:
        raise ValueError(
            f"gradient must have the shape of x, {tuple(x.shape)}, got {tuple(gradient.shape)}"
        )
    if logits.ndim != 2 or len(logits) != len(x) or logits.shape[1] < 2:
        raise ValueError(
            f"logits must have a row for each of the {len(x)} rows of x and a column for each of "
            f"two or more classes, got the shape {tuple(logits.shape)}"
        )
    dtype = torch.promote_types(gradient.dtype, torch.float32)
    gradient, logits = gradient.to(dtype), logits.to(dtype)
    loss = (gradient * x).sum(dim=1, keepdim=True)
    if x.shape[1] > 1:
        loss = loss - gradient * x.sum(dim=1, keepdim=True)
    n_classes = logits.shape[1]
    loss = loss * (n_classes / (n_classes - 1))
    own = torch.zeros_like(logits, dtype=torch.bool).scatter_(1, target.view(-1, 1), True)
    rest = logits.masked_fill(own, -torch.inf).logsumexp(dim=1)
    log_odds = (logits[own] - rest).view(-1, 1, 1)
    # a difference of two values of the logistic function, by factors that keep their digits
    rise, fall = (-loss).clamp(min=0), loss.clamp(min=0)
    factors = F.logsigmoid(log_odds + rise) + F.logsigmoid(fall - log_odds)
    scale = (factors - factors.amax(dim=(1, 2), keepdim=True)).exp()
    return (scale * -torch.expm1(-loss.abs())).sum(dim=1)

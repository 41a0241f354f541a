"""The AttnGen network: convolutions, attention over every letter, small classifiers that vote."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_attngen.networks._convolution import Convolution
from sklearn_attngen.networks._encoder import ConvEncoder
from sklearn_attngen.networks._highest import highest, highest_shares
from sklearn_attngen.networks._layers import PositionBias
from sklearn_attngen.networks._operations import tanh
from sklearn_attngen.networks._voting import Voting


def carries_signal(x: Tensor) -> Tensor:
    """Say which positions hold a letter.

    Parameters
    ----------
    x : Tensor of shape (n, n_channels, L)
        One-hot input.

    Returns
    -------
    real : bool Tensor of shape (n, L)
        False where all channels are zero (N, padding). A row without any letter is True
        everywhere, so that averages over its positions stay defined. With one channel the input
        is numbers instead of letters, and zero is a number like any other: True everywhere.
    """
    if x.shape[1] == 1:
        return torch.ones_like(x[:, 0], dtype=torch.bool)
    real = x.abs().amax(dim=1) != 0
    return real | ~real.any(dim=1, keepdim=True)


def spread(attention: Tensor, width: int) -> Tensor:
    """Spread attention over the letters that the first filters see.

    Attention at position i speaks of all letters under the filters there. This gives every
    letter the mean attention of the filters that cover it.

    Parameters
    ----------
    attention : Tensor of shape (n, L)
        Non-negative scores.
    width : int
        Width of the first filters, odd.

    Returns
    -------
    scores : Tensor of shape (n, L)
        Non-negative, each row with sum 1.

    Raises
    ------
    ValueError
        If the width is not odd, so that a filter has no middle letter.
    """
    if width < 1 or width % 2 != 1:
        raise ValueError(f"width must be odd, as that of the filters, and positive, got {width}.")
    mean = F.avg_pool1d(
        attention.unsqueeze(1), width, stride=1, padding=width // 2, count_include_pad=False
    ).squeeze(1)
    return mean / mean.sum(dim=1, keepdim=True).clamp(min=torch.finfo(mean.dtype).tiny)


class AttentionPooling(nn.Module):
    """Soft attention heads, one hard head, and one head that weighs all positions alike.

    A position is one of the features: a letter, or the mean over some.

    Each soft head scores a position by what stands there, ``w . tanh(V h)``, plus a learned bias
    for the position itself (:class:`PositionBias`), so that attention can use position and can
    ignore it. The hard head takes each channel where it is highest: it finds a motif that is rare
    among the positions long before a soft head has learned to look there.

    Parameters
    ----------
    n_filters : int
        Number of channels of the features.
    n_positions : int
        Number of positions of the features.
    n_heads : int
        Number of soft heads.
    hard : bool, default=True
        Whether there is a hard head.

    Attributes
    ----------
    sizes : list of int
        How many pooled features come from the soft heads, from the plain mean and from the maximum.
    """

    def __init__(self, n_filters: int, n_positions: int, n_heads: int, hard: bool = True) -> None:
        super().__init__()
        self.sizes = [n_heads * n_filters, n_filters, n_filters][: 2 + hard]
        self.hard = hard
        self.hidden = Convolution(n_filters, n_filters, 1)
        self.score = Convolution(n_filters, n_heads, 1)
        self.position = PositionBias(n_heads, n_positions)

    def forward(self, features: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Pool features over positions.

        Parameters
        ----------
        features : Tensor of shape (n, n_filters, L)
            One vector per position.
        real : bool Tensor of shape (n, L)
            Positions that may get attention.

        Returns
        -------
        pooled : Tensor of shape (n, sum(sizes))
            One vector per head: the soft heads, the plain mean, the maximum.
        attention : Tensor of shape (n, n_heads, L)
            Of the soft heads; each row sums to 1.
        top : Tensor of shape (n, n_filters) or None
            The maximum of each channel, again, if there is a hard head.
        """
        logits = self.score(tanh(self.hidden(features)))
        half = logits.dtype in (torch.bfloat16, torch.float16)
        logits = self.position(logits.float() if half else logits)
        logits = logits.masked_fill(~real.unsqueeze(1), -torch.inf)
        attention = logits.softmax(dim=-1)
        uniform = real.to(attention.dtype)
        uniform = (uniform / uniform.sum(dim=1, keepdim=True)).unsqueeze(1)
        weights = torch.cat([attention, uniform], dim=1).to(features.dtype)
        by_position = features.transpose(1, 2)  # as a Convolution lays them out
        means = torch.bmm(weights, by_position).flatten(1)
        if not self.hard:
            return means, attention, None
        top = highest(by_position, real)
        return torch.cat([means, top.to(means.dtype)], dim=1), attention, top


class AttnGenNetwork(nn.Module):
    """Convolutional encoder, attention over letters, classifiers that vote.

    What the soft heads pool, the plain mean and the maximum each have a classifier
    (:class:`Voting`), and the answer is the mean of their logits.

    Position counts twice: the first filters learn a bias for each letter, and each soft head one
    for each position of the features (:class:`PositionBias`), both behind gates that open where
    position matters.

    Parameters
    ----------
    n_channels : int
        Number of letters.
    n_positions : int
        Length of the sequences.
    n_classes : int
        Number of classes.
    n_filters : int
        Number of filters of every convolution.
    kernel_size : int
        Width of the first filters, odd.
    n_layers : int
        Number of residual layers after the first.
    n_heads : int
        Number of soft attention heads.
    dropout : float
        Share of the values dropped after each layer while training.
    activation : {"exponential", "relu"}, default="exponential"
        Activation of the first filters.
    batch_norm : bool, default=True
        Normalise over the batch after each convolution and after pooling. Without it there is no
        hard head either: the highest of values of any scale would drown the means.
    pool_size : int, default=1
        Number of neighbouring positions that are averaged after the first filters. Attention is at
        the resolution of these averages and divided over their letters.

    References
    ----------
    .. [1] R. Shabani Nia and A. Karkehabadi, "AttnGen", arXiv:2605.14073 (2026).
    """

    def __init__(
        self,
        *,
        n_channels: int,
        n_positions: int,
        n_classes: int,
        n_filters: int,
        kernel_size: int,
        n_layers: int,
        n_heads: int,
        dropout: float,
        activation: str = "exponential",
        batch_norm: bool = True,
        pool_size: int = 1,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.encoder = ConvEncoder(
            n_channels,
            n_filters,
            kernel_size,
            n_layers,
            dropout,
            activation,
            batch_norm,
            n_positions,
            pool_size,
        )
        n_pooled_positions = -(-n_positions // pool_size)
        self.pooling = AttentionPooling(n_filters, n_pooled_positions, n_heads, hard=batch_norm)
        self.head = Voting(self.pooling.sizes, n_filters, n_classes, dropout, batch_norm)

    def attend(
        self, x: Tensor, *, votes: bool = False, point: float | None = None
    ) -> tuple[Tensor, Tensor]:
        """Classify, and score every letter in the same pass.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.
        votes : bool, default=False
            As in :meth:`forward`.
        point : float, default=None
            Answer for what lies between equal shares of all letters (0) and ``x`` (1), while the
            first filters take their derivative at ``x``, as in :class:`ConvEncoder`.

        Returns
        -------
        logits : Tensor of shape (n, n_classes), or (n, n_voters, n_classes) with ``votes``
            Unnormalised log-probabilities.
        scores : Tensor of shape (n, L)
            Attention, averaged over the soft heads and the hard head and spread over the width of
            the first filters; each row sums to 1. No gradient flows through it.
        """
        pooled, heads = self._pool(x, point)
        with torch.no_grad():
            scores = spread(heads.mean(dim=1), self.kernel_size)
        return self.head(pooled, votes=votes), scores

    def heads(self, x: Tensor) -> Tensor:
        """Return the attention of each head on each letter, without spreading it.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.

        Returns
        -------
        attention : Tensor of shape (n, n_heads, L), or (n, n_heads + 1, L) with a hard head
            Of the soft heads, then of the hard head: the share of the channels that are highest
            there. Each row sums to 1.
        """
        return self._pool(x)[1]

    def _pool(self, x: Tensor, point: float | None = None) -> tuple[Tensor, Tensor]:
        """Return pooled features, and the attention of each head on each letter."""
        letters = carries_signal(x)
        real = self.encoder.pool_mask(letters)
        features = self.encoder(x, point)
        pooled, attention, top = self.pooling(features, real)
        with torch.no_grad():
            if top is not None:
                hard = highest_shares(features.transpose(1, 2), top, real).to(attention.dtype)
                attention = torch.cat([attention, hard.unsqueeze(1)], dim=1)
            return pooled, self.encoder.unpool(attention, letters)

    def forward(self, x: Tensor, *, votes: bool = False) -> Tensor:
        """Classify.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.
        votes : bool, default=False
            Return what each part of the head says, for the loss of each: from what the soft heads
            pool, from the plain mean, and from the maximum where there is a hard head. Their mean
            is the answer.

        Returns
        -------
        logits : Tensor of shape (n, n_classes), or (n, n_voters, n_classes) with ``votes``
            Unnormalised log-probabilities.
        """
        real = self.encoder.pool_mask(carries_signal(x))
        return self.head(self.pooling(self.encoder(x), real)[0], votes=votes)

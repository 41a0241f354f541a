"""The convolutional encoder that AttnGen and the CNN share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_attngen.networks._convolution import Convolution
from sklearn_attngen.networks._layers import (
    BatchNorm,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
)
from sklearn_attngen.networks._operations import (
    AveragePooling,
    equal_shares,
    transformed,
    with_gradient_of,
)


class ConvEncoder(nn.Module):
    """Wide first filters at every letter, averages of neighbours, dilated residual convolutions.

    Position i of the output belongs to the ``pool_size`` letters from ``i * pool_size`` on.

    Parameters
    ----------
    n_channels : int
        Number of input channels, the number of letters.
    n_filters : int
        Number of filters of every layer.
    kernel_size : int
        Width of the first filters, odd.
    n_layers : int
        Number of residual layers after the first; their dilation doubles from 1.
    dropout : float
        Share of the values dropped after each layer while training.
    activation : {"exponential", "relu"}
        Activation of the first filters.
    batch_norm : bool
        Normalise over the batch after each convolution.
    n_positions : int or None, default=None
        Length of the sequences, if each first filter is to learn a bias for each position; None
        keeps the filters blind to where they are.
    pool_size : int, default=1
        Number of neighbouring positions that are averaged after the first filters.
    opening : float, default=0.1
        Where the gate before these biases starts (:class:`PositionBias`).
    """

    def __init__(
        self,
        n_channels: int,
        n_filters: int,
        kernel_size: int,
        n_layers: int,
        dropout: float,
        activation: str,
        batch_norm: bool,
        n_positions: int | None = None,
        pool_size: int = 1,
        opening: float = 0.1,
    ) -> None:
        super().__init__()
        if activation not in ("exponential", "relu"):
            raise ValueError(f'activation must be "exponential" or "relu", got {activation!r}')
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}")
        self.pool_size = pool_size
        self.stem = nn.Sequential(
            Convolution(
                n_channels,
                n_filters,
                kernel_size,
                padding=kernel_size // 2,
                bias=not batch_norm,
            ),
            BatchNorm(n_filters) if batch_norm else nn.Identity(),
        )
        self.position = (
            nn.Identity() if n_positions is None else PositionBias(n_filters, n_positions, opening)
        )
        self.activation = nn.Sequential(
            Exponential() if activation == "exponential" else nn.ReLU(), SeededDropout(dropout)
        )
        self.pool = nn.Identity() if pool_size == 1 else AveragePooling(pool_size)
        self.blocks = nn.Sequential(
            *(Residual(n_filters, 7, 2**i, dropout, batch_norm) for i in range(n_layers))
        )

    def forward(self, x: Tensor, point: float | None = None) -> Tensor:
        """Encode.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.
        point : float, default=None
            Encode what lies between equal shares of all letters (0) and ``x`` (1), while the first
            filters take their derivative at ``x``. Of networks in evaluation.

        Returns
        -------
        features : Tensor of shape (n, n_filters, ceil(L / pool_size))
            One vector for each ``pool_size`` positions.
        """
        matched = self._match(x)
        found = self.activation(matched)
        if point is not None:
            with torch.no_grad():
                between = matched.lerp(self._match_nothing(x), 1 - point)
                there = self.activation(between)
            found = with_gradient_of(found, there)
        return self.blocks(self.pool(found))

    def _match(self, x: Tensor) -> Tensor:
        """Return how well the first filters match, (n, n_filters, L); linear in evaluation."""
        matched: Tensor = self.position(self.stem(x))
        return matched

    def _match_nothing(self, x: Tensor) -> Tensor:
        """Return how well they match equal shares of all letters; one row if all rows say so."""
        shares = equal_shares(x)
        alike = not transformed() and bool((shares == shares[:1]).all())
        return self._match(shares[:1] if alike else shares)

    def pool_mask(self, real: Tensor) -> Tensor:
        """Say which positions of the output hold a letter: map bool (n, L) to the output's length.

        A window with a letter counts; those without any do not.
        """
        return real if self.pool_size == 1 else self._windows(real).any(dim=2)

    def unpool(self, shares: Tensor, real: Tensor) -> Tensor:
        """Divide what a position of the output has over its letters.

        Parameters
        ----------
        shares : Tensor of shape (n, m, ceil(L / pool_size))
            What is to be divided.
        real : bool Tensor of shape (n, L)
            Which positions hold a letter.

        Returns
        -------
        divided : Tensor of shape (n, m, L)
            Letters of a window get equal shares, and what is no letter gets nothing.
        """
        if self.pool_size == 1:
            return shares
        each = shares / self._windows(real).sum(dim=2).clamp(min=1).unsqueeze(1)
        repeated = each.repeat_interleave(self.pool_size, dim=2)[:, :, : real.shape[1]]
        return repeated * real.unsqueeze(1)

    def _windows(self, real: Tensor) -> Tensor:
        """Map (n, L) to (n, ceil(L / pool_size), pool_size), with nothing beyond the end."""
        padded = F.pad(real, (0, -real.shape[1] % self.pool_size))
        return padded.unflatten(1, (-1, self.pool_size))

"""The convolutional encoder that AttnGen and the CNN share."""

from __future__ import annotations

from torch import Tensor, nn

from sklearn_attngen.networks._layers import (
    BatchNorm,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
)

__all__ = ["ConvEncoder"]


class ConvEncoder(nn.Module):
    """One feature vector per letter: wide first filters, then dilated residual convolutions.

    No layer pools, so that position i of the output belongs to letter i of the input.

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
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(
                n_channels,
                n_filters,
                kernel_size,
                padding=kernel_size // 2,
                bias=not batch_norm,
            ),
            BatchNorm(n_filters) if batch_norm else nn.Identity(),
        )
        self.position = (
            nn.Identity() if n_positions is None else PositionBias(n_filters, n_positions)
        )
        self.activation = nn.Sequential(
            Exponential() if activation == "exponential" else nn.ReLU(), SeededDropout(dropout)
        )
        self.blocks = nn.Sequential(
            *(Residual(n_filters, 7, 2**i, dropout, batch_norm) for i in range(n_layers))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_channels, L) to (n, n_filters, L)."""
        return self.blocks(self.activation(self.position(self.stem(x))))

"""The convolutional baseline: the encoder of AttnGen, pooled without attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._attngen import carries_signal
from sklearn_attngen.networks._encoder import ConvEncoder
from sklearn_attngen.networks._highest import everywhere, highest
from sklearn_attngen.networks._voting import Voting

# better than 0.1 on training folds of splice junctions; see docs/choices.md
OPENING = 1.0


class CNNNetwork(nn.Module):
    """Convolutional encoder, mean and maximum over positions, a classifier of each that votes.

    The first filters may prefer positions, as those of AttnGen may; without that, a pooled network
    cannot solve aligned tasks and would be no fair baseline there. The gate before these biases
    starts open, where AttnGen's starts nearly shut: on splice junctions this network is better so.

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
    dropout : float
        Share of the values dropped after each layer while training.
    activation : {"exponential", "relu"}, default="relu"
        Activation of the first filters.
    batch_norm : bool, default=True
        Normalise over the batch after each convolution and after pooling.
    pool_size : int, default=1
        Number of neighbouring positions that are averaged after the first filters.
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
        dropout: float,
        activation: str = "relu",
        batch_norm: bool = True,
        pool_size: int = 1,
    ) -> None:
        super().__init__()
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
            opening=OPENING,
        )
        self.head = Voting([n_filters, n_filters], n_filters, n_classes, dropout, batch_norm)

    def forward(self, x: Tensor, *, votes: bool = False) -> Tensor:
        """Map one-hot input (n, n_channels, L) to logits (n, n_classes).

        With ``votes`` to (n, 2, n_classes): from the mean and from the maximum (:class:`Voting`).
        """
        features = self.encoder(x).transpose(1, 2)  # as a Convolution lays them out
        real = self.encoder.pool_mask(carries_signal(x))
        letters = features
        if not everywhere(real):
            letters = features.masked_fill(~real.unsqueeze(2), 0.0)
        mean = letters.sum(dim=1) / real.sum(dim=1, keepdim=True)
        return self.head(torch.cat([mean, highest(features, real)], dim=1), votes=votes)

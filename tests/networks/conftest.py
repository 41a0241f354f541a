"""Small networks, and sequences for them, that the tests of evidence share."""

from __future__ import annotations

import torch
from torch import nn

from sklearn_attngen.networks import AttnGenNetwork, CNNNetwork, build_module


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sequences(n: int = 5, length: int = 12, n_channels: int = 4) -> torch.Tensor:
    codes = torch.randint(n_channels, (n, 1, length), generator=seeded(1))
    return (codes == torch.arange(n_channels).view(1, -1, 1)).double()


def network(kind: type[nn.Module] = CNNNetwork, n_channels: int = 4, **more: object) -> nn.Module:
    sizes = {"n_positions": 12, "n_classes": 3, "n_filters": 8, "kernel_size": 5, "n_layers": 1}
    parameters = {"n_channels": n_channels, "dropout": 0.2, **sizes, **more}
    if kind is AttnGenNetwork:
        parameters["n_heads"] = 2
    return build_module(kind, seeded(), **parameters).double()


class Linear(nn.Module):
    """Weights for every letter at every position: the exact evidence is known."""

    def __init__(self, n_channels: int = 4) -> None:
        super().__init__()
        weight = torch.randn(3, n_channels, 12, generator=seeded(2), dtype=torch.float64)
        self.weight = nn.Parameter(weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("ncl,kcl->nk", x, self.weight)

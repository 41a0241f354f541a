"""Several networks that answer together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Networks of one kind, each with weights of its own; the answer is their mean.

    Each is trained on its own loss, so that they differ in what chance has given them. Their mean
    has less of that: it errs less [1]_, and so do gradients through it. Logits are averaged, so
    that evidence of a letter is the mean of the networks' evidence.

    Parameters
    ----------
    network : type
        Class of the networks.
    n_networks : int
        Number of networks.
    **parameters
        Passed to ``network``.

    References
    ----------
    .. [1] B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and scalable predictive
       uncertainty estimation using deep ensembles", NeurIPS (2017).
    """

    def __init__(self, network: type[nn.Module], n_networks: int, **parameters: object) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network(**parameters) for _ in range(n_networks))

    def forward(self, x: Tensor) -> Tensor:
        """Map one-hot input (n, n_channels, L) to mean logits (n, n_classes)."""
        return torch.stack([network(x) for network in self.networks]).mean(dim=0)

    def attend(self, x: Tensor, *, point: float | None = None) -> tuple[Tensor, Tensor]:
        """Classify, and score every letter in the same pass.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.
        point : float, default=None
            As in :meth:`AttnGenNetwork.attend`.

        Returns
        -------
        logits : Tensor of shape (n, n_classes)
            Mean of the networks' logits.
        scores : Tensor of shape (n, L)
            Mean of the networks' scores.
        """
        networks: list[Any] = list(self.networks)  # torch does not know what a module offers
        answers = (network.attend(x, point=point) for network in networks)
        logits, scores = zip(*answers, strict=True)
        return torch.stack(logits).mean(dim=0), torch.stack(scores).mean(dim=0)

    def heads(self, x: Tensor) -> Tensor:
        """Return the attention of each head of each network, network by network.

        Parameters
        ----------
        x : Tensor of shape (n, n_channels, L)
            One-hot input.

        Returns
        -------
        attention : Tensor of shape (n, n_networks * n_heads, L)
            Each row sums to 1. A hard head counts as one more of the heads of each.
        """
        networks: list[Any] = list(self.networks)  # as above
        return torch.cat([network.heads(x) for network in networks], dim=1)


def networks_in(module: nn.Module) -> list[nn.Module]:
    """Return the networks that answer together, or the one that answers alone.

    Parameters
    ----------
    module : torch.nn.Module
        An :class:`Ensemble` or any other module; a compiled one is what was compiled.

    Returns
    -------
    networks : list of torch.nn.Module
        Those of the ensemble, or the module itself.
    """
    whole = getattr(module, "_orig_mod", module)
    return list(whole.networks) if isinstance(whole, Ensemble) else [module]

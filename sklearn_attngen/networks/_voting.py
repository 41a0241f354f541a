"""Several small classifiers that answer together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._layers import BatchNorm, SeededDropout


class Voting(nn.Module):
    """A small classifier for each part of the features; the answer is the mean of their logits.

    A vote is a vector of logits. In training each classifier has a loss of its own, as auxiliary
    classifiers have [1]_, so that every part must tell the classes without the others; one of all
    parts together leans on whichever tells them first. Unlike auxiliary classifiers, all answer.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of features of the parts, in their order.
    n_hidden : int
        Width of the hidden layer of each classifier.
    n_classes : int
        Number of classes.
    dropout : float
        Share of the hidden values dropped while training.
    batch_norm : bool, default=True
        Normalise the features over the batch first.

    References
    ----------
    .. [1] C.-Y. Lee, S. Xie, P. Gallagher, Z. Zhang and Z. Tu, "Deeply-supervised nets", AISTATS
       (2015).
    """

    def __init__(
        self,
        sizes: Sequence[int],
        n_hidden: int,
        n_classes: int,
        dropout: float,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.voters = nn.ModuleList(
            nn.Sequential(
                BatchNorm(size) if batch_norm else nn.Identity(),
                nn.Linear(size, n_hidden),
                nn.ReLU(),
                SeededDropout(dropout),
                nn.Linear(n_hidden, n_classes),
            )
            for size in self.sizes
        )

    def forward(self, features: Tensor, *, votes: bool = False) -> Tensor:
        """Classify.

        Parameters
        ----------
        features : Tensor of shape (n, sum(sizes))
            The parts, side by side.
        votes : bool, default=False
            Return what each classifier says instead of their mean.

        Returns
        -------
        logits : Tensor of shape (n, n_classes), or (n, n_voters, n_classes) with ``votes``
            Unnormalised log-probabilities.
        """
        parts = features.split(self.sizes, dim=1)
        each = [voter(part) for voter, part in zip(self.voters, parts, strict=True)]
        logits = torch.stack(each, dim=1)
        return logits if votes else logits.mean(dim=1)

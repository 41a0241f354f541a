"""Data as tensors, and batches as slices of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset


class SequenceDataset(Dataset):
    """Sequences, targets and weights held as whole tensors.

    Parameters
    ----------
    data : Tensor
        Letter codes, uint8 of shape (n, L), or values, float of shape (n, n_channels, L).
    target : int64 Tensor of shape (n,)
        Index of the class.
    weight : float Tensor of shape (n,)
        Weight of each row. A loss is the mean over rows of weight times loss, so that it is a
        weighted mean where the weights have mean 1.
    """

    def __init__(self, data: Tensor, target: Tensor, weight: Tensor) -> None:
        self.data = data
        self.target = target
        self.weight = weight

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, rows: int | Tensor) -> tuple[dict[str, Tensor], Tensor]:
        return {"data": self.data[rows], "weight": self.weight[rows]}, self.target[rows]


class BatchIterator:
    """Batches of nearly equal size, cut from tensors without a call per row.

    ``torch.utils.data.DataLoader`` takes half of the time of an epoch on short sequences and
    draws from the global generator; this does neither.

    Parameters
    ----------
    dataset : SequenceDataset
        The data.
    batch_size : int
        Largest number of rows of a batch; the rows are spread evenly over
        ``ceil(n / batch_size)`` batches, so that no batch is tiny.
    generators : sequence of torch.Generator, default=()
        Sources of the order of the rows, on the CPU; none keeps their order. With several, a batch
        is as many batches behind one another, each from an order of its own.
    """

    def __init__(
        self,
        dataset: SequenceDataset,
        batch_size: int,
        generators: Sequence[torch.Generator] = (),
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.generators = generators

    def __len__(self) -> int:
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        n = len(self.dataset)
        orders = [torch.randperm(n, generator=each, device="cpu") for each in self.generators]
        orders = orders or [torch.arange(n, device="cpu")]
        for parts in zip(*(order.tensor_split(len(self)) for order in orders), strict=True):
            yield self.dataset[parts[0] if len(parts) == 1 else torch.cat(parts)]


def expand(data: Tensor, n_channels: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn letter codes into one-hot input for a network; leave values as they are.

    Parameters
    ----------
    data : Tensor
        Letter codes, uint8 of shape (n, L), or floats of shape (n, n_channels, L).
    n_channels : int
        Number of letters; codes at or above it become zeros.
    dtype : torch.dtype, default=torch.float32
        Type of the result.

    Returns
    -------
    x : Tensor of shape (n, n_channels, L)
        Input for a network.
    """
    if data.dtype != torch.uint8:
        return data.to(dtype)
    letters = torch.arange(n_channels, dtype=torch.uint8, device=data.device)
    return (data.unsqueeze(1) == letters.view(1, -1, 1)).to(dtype)

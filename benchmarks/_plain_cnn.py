"""A plain three-layer mean-pooled CNN in a hand-written torch loop, as users write it."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import Tensor, nn

from sklearn_attngen.sequences import one_hot, read_sequences


class PlainCNN(ClassifierMixin, BaseEstimator):
    """48 filters, kernels 11/7/7, batch norm, dropout 0.1, one-cycle AdamW, random strand flips."""

    def __init__(self, epochs: int = 6, random_state: int = 0) -> None:
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on strings."""
        torch.manual_seed(self.random_state)
        self.classes_, index = np.unique(y, return_inverse=True)
        x, target = self._input(X), torch.from_numpy(index)
        layers: list[nn.Module] = []
        channels = 4
        for width in (11, 7, 7):
            convolution = nn.Conv1d(channels, 48, width, padding=width // 2)
            layers += [convolution, nn.BatchNorm1d(48), nn.ReLU(), nn.Dropout(0.1)]
            channels = 48
        self.module_ = nn.Sequential(
            *layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(48, len(self.classes_))
        )
        optimizer = torch.optim.AdamW(self.module_.parameters(), lr=3e-3)
        batches = len(x) // 128
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=3e-3, total_steps=self.epochs * batches
        )
        self.module_.train()
        for _ in range(self.epochs):
            for rows in torch.randperm(len(x))[: batches * 128].view(batches, 128):
                batch = x[rows].float()
                flip = torch.rand(len(batch), 1, 1) < 0.5
                batch = torch.where(flip, batch.flip(1, 2), batch)
                optimizer.zero_grad()
                nn.functional.cross_entropy(self.module_(batch), target[rows]).backward()
                optimizer.step()
                schedule.step()
        self.module_.eval()
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.object_]:
        """Predict labels from one strand."""
        with torch.inference_mode():
            logits = [self.module_(part.float()) for part in self._input(X).split(512)]
        return self.classes_[torch.cat(logits).argmax(1).numpy()]

    @staticmethod
    def _input(X: ArrayLike) -> Tensor:
        codes = read_sequences(X).codes
        assert codes is not None
        return torch.from_numpy(np.ascontiguousarray(one_hot(codes).transpose(0, 2, 1)))

"""The skorch net: one training step with weights, strands, masking and consistency."""

from __future__ import annotations

import math
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping, LRScheduler
from skorch.exceptions import DeviceWarning
from torch import Tensor
from torch.nn import functional as F

from sklearn_attngen.networks import (
    fill_positions,
    kept_statistics,
    networks_in,
    scheduled_fraction,
)
from sklearn_attngen.networks._masking import masked_positions
from sklearn_attngen.training._batches import BatchIterator, expand

# Half of the rows of a batch also go through the network masked, but at least so many, or all: a
# masked batch is normalised by its own statistics, and from few rows these are poor. More rows cost
# more and made no model better that was measured on batches of 128; see docs/choices.md.
MIN_MASKED_ROWS = 64


@dataclass(frozen=True)
class Masking:
    """How low-contribution positions are suppressed while training.

    Parameters
    ----------
    fraction : float
        Masked fraction at the end of the ramp.
    by : {"positions", "mass"}
        What the fraction counts, see :func:`sklearn_attngen.networks.select_positions`.
    order : {"sampled", "lowest", "highest", "random"}
        Which positions go first, see :func:`sklearn_attngen.networks.mask_priority`.
    value : {"resample", "uniform", "zero"}
        What stands at a masked position.
    schedule : {"linear", "cosine", "constant"}
        Shape of the ramp.
    warmup : float
        Share of the training that the ramp takes.
    cooldown : float
        Share of the training, at its end, without masks.
    consistency : float
        Weight of the divergence between the prediction from the whole sequence and the one from
        the masked sequence. With 0 the masked sequence is trained against the labels instead.
    """

    fraction: float
    by: str
    order: str
    value: str
    schedule: str
    warmup: float
    cooldown: float
    consistency: float


class SequenceNet(NeuralNet):
    """A skorch net that trains on :class:`SequenceDataset` with generators of its own.

    Parameters
    ----------
    module : torch.nn.Module
        The network, built and initialised, or an :class:`~sklearn_attngen.networks.Ensemble`. With
        ``votes=True`` a network returns the logits of each of its parts, (n, n_voters, n_classes);
        with masking, so does its ``attend``.
    *args
        Passed to ``skorch.NeuralNet``.
    n_channels : int
        Number of letters; 1 for input without letters.
    strands : list of int or None, default=None
        Order of the channels on the reverse-complement strand; rows are then turned round at
        random, half of them in each batch on average. None keeps the strand.
    masking : Masking or None, default=None
        None trains on the whole sequences only.
    label_smoothing : float, default=0.0
        Share of each label that is spread over all classes in the training loss.
    total_steps : int, default=1
        Number of optimiser steps of the whole training, which the mask schedule refers to.
    first_step : int, default=0
        Number of steps that were done before.
    bfloat16 : bool, default=False
        Run the forward pass of a training step in bfloat16 where torch's autocast allows it.
    **kwargs
        Passed to ``skorch.NeuralNet``.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        *args: Any,
        n_channels: int,
        strands: list[int] | None = None,
        masking: Masking | None = None,
        label_smoothing: float = 0.0,
        total_steps: int = 1,
        first_step: int = 0,
        bfloat16: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(module, *args, **kwargs)
        self.n_channels = n_channels
        self.strands = strands
        self.masking = masking
        self.label_smoothing = label_smoothing
        self.total_steps = total_steps
        self.first_step = first_step
        self.bfloat16 = bfloat16

    def get_iterator(self, dataset: Any, training: bool = False) -> BatchIterator:
        """Return batches, in random order while training."""
        return BatchIterator(dataset, self.batch_size, self.order_generators if training else ())

    def seed(self, seed: int) -> None:
        """Set the generators that order the rows and draw the noise of the next epochs.

        Parameters
        ----------
        seed : int
            From 0 to 2**63 - 1.
        """
        seeds = (seed + i & 2**63 - 1 for i in range(len(networks_in(self.module_))))
        self.order_generators = [torch.Generator().manual_seed(each) for each in seeds]
        self.noise_generator: torch.Generator | None = torch.Generator(
            device=self.device
        ).manual_seed(seed)
        self.step = self.first_step
        self.stopped = False

    def release(self) -> None:
        """Forget generators and validation rows: a fitted net holds no data and can be pickled.

        What callbacks hold of the weights goes too: they would be pickled once more, and bound to
        their device.
        """
        self.order_generators = []
        self.noise_generator = None
        self.train_split = None
        self.module_.zero_grad()  # gradients take as much memory as the weights
        for _, callback in self.callbacks_:
            if isinstance(callback, EarlyStopping):
                callback.best_model_weights_ = None
            elif isinstance(callback, LRScheduler):
                callback.lr_scheduler_ = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the weights to skorch, which can put them on another device; once is enough."""
        state: dict[str, Any] = super().__getstate__()
        if hasattr(self, "module_"):
            state["module"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Let the module be the trained one again; go to the CPU where the device is missing."""
        device = torch.device(state["device"] or "cpu")
        # where there is no CUDA device at all, skorch does so itself
        if device.type == "cuda" and 0 < torch.cuda.device_count() <= (device.index or 0):
            warnings.warn(
                f"The device of the fit, {device}, is not available. Loading on the CPU instead.",
                DeviceWarning,
                stacklevel=2,
            )
            state = state | {"device": "cpu"}
        super().__setstate__(state)
        if hasattr(self, "module_"):
            self.module = self.module_

    def __sklearn_tags__(self) -> Any:
        """Be a classifier to scikit-learn's scorers, which ask others for no probabilities."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        return tags

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The indices of the classes, of which scorers ask the columns."""
        *_, bias = self.module_.parameters()  # of what votes last
        return np.arange(len(bias))

    def predict(self, X: Any) -> Any:
        """Return the index of the most probable class of each row."""
        return self.predict_proba(X).argmax(axis=1)

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call the callbacks; remember if one of them ends the training after an epoch.

        skorch's callbacks end a training with KeyboardInterrupt, as a user does. Theirs comes at
        the end of an epoch; inside of one it is the user's.
        """
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            self.stopped = method_name == "on_epoch_end"
            raise

    def _masked(self, x: Tensor, scores: Tensor, masking: Masking, fraction: float) -> Tensor:
        """Return the input with the positions replaced that go first."""
        generator = self.noise_generator
        # a row without any letter has nothing to replace, though all its positions count as real
        letters = (x != 0).any(dim=1)
        selected = masked_positions(
            scores, letters, fraction, by=masking.by, order=masking.order, generator=generator
        )
        return fill_positions(x, selected, masking.value, generator)

    def _autocast(self) -> AbstractContextManager:
        if not self.bfloat16:
            return nullcontext()
        # without the cache, which all threads share: what is in it would decide the last bits
        return torch.autocast(
            torch.device(self.device).type, dtype=torch.bfloat16, cache_enabled=False
        )

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Tensor]:
        """Run one forward and backward pass of each network.

        The loss of each is the cross-entropy on the whole sequence plus, where masking is on, the
        divergence of the masked prediction from the clean one, which is held fixed; both are means
        over the parts of the network that vote. Half of the rows of a batch, which are in random
        order, are masked; of a small batch more.
        """
        self._set_training(True)
        inputs, y = batch
        x, y, weight = self._to_device(inputs, y)
        if self.strands is not None:
            draw = torch.rand(
                len(x), 1, 1, generator=self.noise_generator, device=x.device, dtype=x.dtype
            )
            flip = draw < 0.5
            x = torch.where(flip, x.flip(2)[:, self.strands], x)
        fraction = 0.0
        if (masking := self.masking) is not None:
            fraction = scheduled_fraction(
                self.step / self.total_steps,
                masking.fraction,
                masking.schedule,
                masking.warmup,
                masking.cooldown,
            )
        losses, outputs = [], []
        networks = networks_in(self.module_)  # each has its own rows, one behind the other
        rows = (part.chunk(len(networks)) for part in (x, y, weight))
        for network, own_x, own_y, own_weight in zip(networks, *rows, strict=True):
            loss, logits = self._loss(network, own_x, own_y, own_weight, fraction)
            loss.backward()
            losses.append(loss.detach())
            outputs.append(logits.detach())
        self.step += 1
        if masking is not None:
            self.history.record("mask_fraction", fraction)
        return {"loss": torch.stack(losses).mean(), "y_pred": torch.cat(outputs)}

    def _loss(
        self, network: torch.nn.Module, x: Tensor, y: Tensor, weight: Tensor, fraction: float
    ) -> tuple[Tensor, Tensor]:
        """Return the loss of a network on a batch, and its logits on the whole sequences.

        Where several parts of a network vote, the loss is the mean of theirs.
        """
        masking = self.masking
        if masking is None or fraction == 0.0:
            with self._autocast():
                votes = network(x, votes=True)
            votes = votes.to(x.dtype)
            return _weighted_cross_entropy(votes, y, weight, self.label_smoothing), votes.mean(1)
        n_masked = max(MIN_MASKED_ROWS, math.ceil(len(x) / 2))  # of fewer rows, all
        with self._autocast():
            # torch types it as a Tensor, which cannot be called
            votes, scores = network.attend(x, votes=True)  # type: ignore[operator]  # see above
            hidden = self._masked(x[:n_masked], scores[:n_masked].detach(), masking, fraction)
            with kept_statistics(network):
                masked = network(hidden, votes=True)
        # the losses are taken in full precision
        votes, masked = votes.to(x.dtype), masked.to(x.dtype)
        loss = _weighted_cross_entropy(votes, y, weight, self.label_smoothing)
        some = slice(n_masked)
        loss = loss + self._masked_loss(
            votes[some], masked, y[some], weight[some], masking, self.label_smoothing
        )
        return loss, votes.mean(1)

    @staticmethod
    def _masked_loss(
        clean: Tensor,
        masked: Tensor,
        y: Tensor,
        weight: Tensor,
        masking: Masking,
        smoothing: float = 0.0,
    ) -> Tensor:
        if masking.consistency == 0.0:
            return _weighted_cross_entropy(masked, y, weight, smoothing)
        divergence = F.kl_div(
            masked.log_softmax(2), clean.detach().log_softmax(2), log_target=True, reduction="none"
        )
        return masking.consistency * (divergence.sum(2).mean(1) * weight).mean()

    def validation_step(self, batch: Any, **fit_params: Any) -> dict[str, Tensor]:
        """Return loss and prediction on the whole sequences, without noise."""
        self._set_training(False)
        inputs, y = batch
        with torch.no_grad():
            x, y, weight = self._to_device(inputs, y)
            logits = self.module_(x)
            loss = _weighted_cross_entropy(logits.unsqueeze(1), y, weight)
            return {"loss": loss, "y_pred": logits}

    def infer(self, x: dict[str, Tensor], **fit_params: Any) -> Tensor:
        """Return the logits for a batch as the iterator gives it."""
        parameter = next(self.module_.parameters())
        data = x["data"].to(parameter.device)
        return self.module_(expand(data, self.n_channels, parameter.dtype))

    def _to_device(self, inputs: dict[str, Tensor], y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parameter = next(self.module_.parameters())
        device, dtype = parameter.device, parameter.dtype
        x = expand(inputs["data"].to(device), self.n_channels, dtype)
        return x, y.to(device), inputs["weight"].to(device, dtype)


def _weighted_cross_entropy(
    votes: Tensor, y: Tensor, weight: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Return the mean over rows and voters of (n, n_voters, n_classes) logits."""
    n_voters = votes.shape[1]
    loss = F.cross_entropy(
        votes.flatten(0, 1),
        y.repeat_interleave(n_voters),
        reduction="none",
        label_smoothing=smoothing,
    )
    return (loss.unflatten(0, (-1, n_voters)).mean(1) * weight).mean()

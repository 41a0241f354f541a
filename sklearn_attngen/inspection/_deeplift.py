"""DeepLIFT of a network, through Captum."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.sequences import NO_SIGNAL

from ._letter_input import LetterInput
from ._network import LetterNetwork, batches_of, gradients_allowed
from ._occlusion import checked_columns, normalised_magnitude

if TYPE_CHECKING:
    import torch

# Captum holds all activations of a batch and of its baselines.
_ROWS_TO_POSITIONS = 2**15


def deeplift(
    estimator: Any,
    data: LetterInput,
    target: Any = None,
    *,
    signed: bool = False,
    batch_size: int | None = None,
) -> NDArray[np.float64]:
    """Return DeepLIFT's contribution of each letter, against equal shares of all letters.

    Parameters
    ----------
    estimator : fitted classifier
        With a network that sees the letters.
    data : LetterInput of n sequences of length L
    target : label, array of n labels or None
        None takes the predicted class of each sequence.
    signed : bool
    batch_size : int or None
        Number of sequences, each with its baseline, in memory at a time.

    Returns
    -------
    saliency : ndarray of float64 of shape (n, L)
        Signed contributions to the target's logit above the mean of all logits, or magnitudes that
        sum to 1 in each row.
    """
    attr = require("captum.attr", extra="captum", purpose="method='deeplift'")
    network = LetterNetwork.find(estimator, data)
    if network is None:
        raise ValueError(
            f"method='deeplift' needs a network of this package that sees the letters, and "
            f"{type(estimator).__name__} has none. Use method='occlusion', which works for every "
            "classifier."
        )
    columns = checked_columns(estimator, data, target)
    codes = data.codes
    if batch_size is None:
        batch_size = max(1, _ROWS_TO_POSITIONS // codes.shape[1])
    evidence = np.zeros(codes.shape)
    with gradients_allowed():
        import torch

        # Captum hangs hooks on layers and leaves values there; the user's network stays as it is.
        explainer = attr.DeepLift(_above_mean(copy.deepcopy(network.module).eval()))
        for rows in batches_of(len(codes), codes.shape[1], batch_size):
            x = network.tensor(codes[rows])
            index = torch.from_numpy(columns[rows]).to(x.device)
            values = _attribute(explainer, x, index)
            if network.complement is not None:
                values = (values + _attribute(explainer, network.turn(x), index).flip(1)) / 2
            evidence[rows] = values.double().cpu().numpy()
    return evidence if signed else normalised_magnitude(evidence, codes != NO_SIGNAL)


def equal_shares(x: torch.Tensor) -> torch.Tensor:
    """Return the baseline of the path methods: equal shares of all letters where there is one."""
    real = (x != 0).any(dim=1, keepdim=True)
    return (real.to(x.dtype) / x.shape[1]).expand_as(x)


def _attribute(explainer: Any, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return contributions of the letters that are there, (n, L)."""
    baseline = equal_shares(x).contiguous()
    x = x.detach().clone().requires_grad_(True)
    with warnings.catch_warnings():
        # It says that hooks are set and removed again.
        warnings.filterwarnings("ignore", "Setting forward, backward hooks", UserWarning)
        values = explainer.attribute(x, baseline, target=target)
    return values.sum(dim=1).detach()


def _above_mean(module: torch.nn.Module) -> torch.nn.Module:
    """Return a network that gives each logit above the mean of all logits."""
    import torch

    class AboveMean(torch.nn.Module):
        def forward(self, logits: torch.Tensor) -> torch.Tensor:
            return logits - logits.mean(dim=1, keepdim=True)

    return torch.nn.Sequential(module, AboveMean())

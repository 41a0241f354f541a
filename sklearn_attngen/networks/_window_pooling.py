"""Pooling over positions when only those in a window changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_attngen.networks._attngen import AttentionPooling, AttnGenNetwork
from sklearn_attngen.networks._cnn import CNNNetwork
from sklearn_attngen.networks._convolution import convolves
from sklearn_attngen.networks._layers import PositionBias
from sklearn_attngen.networks._windows import Block, Padded, Window, Workspace

# Logits further apart than this would vanish beside each other in float64.
_FURTHEST = 600.0


def _outside(values: Tensor, reach: int, kind: Literal["sum", "max"]) -> Tensor:
    """Sum, or take the maximum, over the positions outside of the window of each position.

    What stands in the window is left out, never subtracted: nothing cancels.
    """
    length = values.shape[-1]
    fill = 0.0 if kind == "sum" else -torch.inf
    gap = min(reach + 1, length)

    def before(row: Tensor) -> Tensor:
        row = row[..., : length - gap]
        row = row.cumsum(-1) if kind == "sum" else row.cummax(-1).values
        return F.pad(row, (gap, 0), value=fill)

    behind = before(values.flip(-1)).flip(-1)
    return before(values) + behind if kind == "sum" else torch.maximum(before(values), behind)


@dataclass(frozen=True)
class Pooling:
    """Soft attention heads, one head that weighs all positions alike, and a hard head.

    Attributes
    ----------
    scores : AttentionPooling or None
        What gives the scores of the soft heads; None if there are none.
    hard : bool
        Whether there is a hard head.
    """

    scores: AttentionPooling | None
    hard: bool

    @classmethod
    def read(cls, module: nn.Module) -> Self | None:
        """Return how a network pools; None if it is not known."""
        if type(module) is CNNNetwork:
            return cls(None, True)
        if type(module) is not AttnGenNetwork or type(module.pooling) is not AttentionPooling:
            return None
        pooling = module.pooling
        pointwise = all(
            convolves(layer) and layer.kernel_size == (1,) and layer.bias is not None
            for layer in (pooling.hidden, pooling.score)
        )
        known = pointwise and type(pooling.position) is PositionBias
        return cls(pooling, pooling.hard) if known else None

    def remember(self, features: Tensor, real: Tensor, window: Window) -> KnownPooling | None:
        """Pool features (n, n_filters, L) outside of the window of each position.

        None where scores are too far apart for it.
        """
        (n, _, length), reach = features.shape, window.reach
        logits = features.new_zeros(n, 1, length)
        position = None
        if self.scores is not None:
            given = self.scores
            soft = given.position(given.score(torch.tanh(given.hidden(features))))
            logits = torch.cat([soft, logits], dim=1)
            bias = given.position(torch.zeros_like(soft[:1]))
            position = Padded.of(bias, window, 0.0)
            position = Padded(position.values.expand(-1, n, -1), window)
        masked = logits.masked_fill(~real.unsqueeze(1), -torch.inf).double()
        top = _outside(masked, reach, "max")
        highest = masked.amax(dim=-1, keepdim=True)
        shift = torch.where(top.isfinite(), highest - top, 0.0)
        if shift.max() > _FURTHEST:
            return None
        weights = (masked - highest).exp()
        totals = _outside(weights, reach, "sum") * shift.exp()
        weighted = weights.unsqueeze(2) * features.double().unsqueeze(1)
        sums = _outside(weighted, reach, "sum") * shift.exp().unsqueeze(2)
        dtype, hidden = features.dtype, torch.where(real, 0.0, -torch.inf)
        return KnownPooling(
            self,
            position,
            Padded.of(hidden.to(dtype).unsqueeze(1), window, -torch.inf),
            top.to(dtype).transpose(0, 1),
            totals.to(dtype).transpose(0, 1),
            sums.to(dtype).permute(1, 2, 0, 3),
            self._highest(features, real, reach),
        )

    def _highest(self, features: Tensor, real: Tensor, reach: int) -> Tensor | None:
        if not self.hard:
            return None
        masked = features.masked_fill(~real.unsqueeze(1), -torch.inf)
        return _outside(masked, reach, "max").transpose(0, 1)


@dataclass(frozen=True)
class KnownPooling:
    """What sequences without substitutions have outside of the window of each position.

    Attributes
    ----------
    pooling : Pooling
    position : Padded or None
        What is added to the scores at each position.
    hidden : Padded
        0 where there is a letter, minus infinity elsewhere.
    top : Tensor of shape (n_heads, n, L)
        The highest logit.
    totals : Tensor of shape (n_heads, n, L)
        The sum of the weights, relative to the weight of the highest logit.
    sums : Tensor of shape (n_heads, n_filters, n, L)
        The sum of the features times these weights.
    highest : Tensor of shape (n_filters, n, L) or None
        The maximum of the features.
    """

    pooling: Pooling
    position: Padded | None
    hidden: Padded
    top: Tensor
    totals: Tensor
    sums: Tensor
    highest: Tensor | None

    def apply(self, features: Tensor, letter: Tensor, block: Block, space: Workspace) -> Tensor:
        """Pool features that have new values in the windows.

        Parameters
        ----------
        features : Tensor of shape (width, n_filters, n_phases, n_replacements, n_rows, n_places)
        letter : bool Tensor of shape (n_phases, n_replacements, n_rows, n_places)
            Whether the place holds a letter now.
        block : Block
        space : Workspace

        Returns
        -------
        pooled : Tensor of shape (n_phases * n_replacements * n_rows * n_places, n_pooled)
        """
        n_filters, *block_shape = features.shape[1:]
        at = (slice(None), None, None, *block)
        hidden = self.hidden.windows(block).expand(-1, -1, *letter.shape[:2], -1, -1).clone()
        hidden[self.hidden.window.reach, 0] = torch.where(letter, 0.0, -torch.inf)
        logits = self._logits(features, hidden, block, space)
        top_outside = self.top[at]
        top = torch.maximum(logits.amax(dim=0), top_outside)
        weights = logits.sub_(top).exp_()
        outside = (top_outside - top).exp_()
        totals = weights.sum(dim=0) + outside * self.totals[at]
        pooled = space.take("pooled", self.n_parts, n_filters, *block_shape)
        weights /= totals
        outside /= totals
        for head, sums in enumerate(self.sums):
            torch.mul(sums[at], outside[head], out=pooled[head])
        if self.highest is not None:
            pooled[-1] = self.highest[at]
        # offset by offset, so that what is summed stays in the cache
        for offset, values in enumerate(features):
            for head, weight in enumerate(weights[offset]):
                pooled[head].addcmul_(values, weight)
            if self.highest is not None:
                torch.maximum(pooled[-1], values + hidden[offset], out=pooled[-1])
        return pooled.view(self.n_parts * n_filters, -1).t()

    @property
    def n_parts(self) -> int:
        """Number of vectors that are pooled."""
        return len(self.top) + (self.highest is not None)

    def _logits(self, features: Tensor, hidden: Tensor, block: Block, space: Workspace) -> Tensor:
        """Return the logits of all heads in the windows, (width, n_heads, ...)."""
        logits = space.take("logits", len(features), len(self.top), *features.shape[2:])
        logits[:, -1] = 0.0
        if self.pooling.scores is not None and self.position is not None:
            given = self.pooling.scores
            assert given.hidden.bias is not None
            assert given.score.bias is not None
            inner = space.take("product", *features.shape).flatten(2)
            # tanh(a) is 2 * sigmoid(2 * a) - 1, which takes less time
            first, first_bias = 2 * given.hidden.weight.squeeze(2), 2 * given.hidden.bias
            second = 2 * given.score.weight.squeeze(2)
            second_bias = given.score.bias - second.sum(dim=1) / 2
            for offset, values in enumerate(features.flatten(2)):
                torch.addmm(first_bias.unsqueeze(1), first, values, out=inner[offset])
            inner.sigmoid_()
            flat = logits.flatten(2)
            for offset, values in enumerate(inner):
                torch.addmm(second_bias.unsqueeze(1), second, values, out=flat[offset, :-1])
            logits[:, :-1] += self.position.windows(block)
        return logits.add_(hidden)

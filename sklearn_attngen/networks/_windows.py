"""What a substitution changes in an encoder: windows around it, layer by layer.

Tensors of windows have the shape (width, channels, n_replacements, n_rows, n_positions). Because
the offset within the window comes first and the substituted position last, the windows into values
that no substitution has changed are views of these values, and a convolution is, for each offset,
one product of matrices of exactly what changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._encoder import ConvEncoder
from sklearn_attngen.networks._layers import (
    BatchNorm,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
)

__all__ = ["Block", "KnownLayer", "Layer", "Padded", "Workspace", "read_layers"]


class Block(NamedTuple):
    """Substitutions that are worked on together: of some rows, at neighbouring positions."""

    rows: slice
    positions: slice


class Workspace:
    """Memory that is used again and again, one piece for each name."""

    def __init__(self, like: Tensor) -> None:
        self._like = like
        self._pieces: dict[str, Tensor] = {}

    def take(self, name: str, *shape: int) -> Tensor:
        """Return a tensor of any content; it shares memory with the last one of this name."""
        size = 1
        for each in shape:
            size *= each
        if name not in self._pieces or self._pieces[name].numel() < size:
            self._pieces[name] = self._like.new_empty(size)
        return self._pieces[name][:size].view(shape)


@dataclass(frozen=True)
class Padded:
    """Values at every position, (channels, n, reach + L + reach)."""

    values: Tensor
    reach: int

    @classmethod
    def of(cls, values: Tensor, reach: int, fill: float) -> Self:
        """Pad values (n, channels, L)."""
        n, channels, length = values.shape
        wide = values.new_full((channels, n, length + 2 * reach), fill)
        wide[:, :, reach : reach + length] = values.transpose(0, 1)
        return cls(wide, reach)

    def windows(self, block: Block) -> Tensor:
        """Return views of what is at most ``reach`` from each position."""
        values, (rows, positions) = self.values, block
        channel, row, position = values.stride()
        return values.as_strided(
            (
                2 * self.reach + 1,
                len(values),
                1,
                rows.stop - rows.start,
                positions.stop - positions.start,
            ),
            (position, channel, 0, row, position),
            values.storage_offset() + rows.start * row + positions.start * position,
        )


@dataclass(frozen=True)
class Layer:
    """A convolution, what scales and shifts its output by channel and position, an activation.

    Attributes
    ----------
    convolution : torch.nn.Conv1d
    shifts : list of BatchNorm and PositionBias
    activation : Exponential or torch.nn.ReLU
    residual : bool
        Whether the input of the convolution is added to the output.
    """

    convolution: nn.Conv1d
    shifts: list[nn.Module]
    activation: nn.Module
    residual: bool

    @classmethod
    def read(cls, layers: list[nn.Module], residual: bool) -> Self | None:
        """Read layers in the order in which they are applied; None if they are something else."""
        if len(layers) < 2:
            return None
        convolution, *shifts, activation = layers
        if type(convolution) is not nn.Conv1d or type(activation) not in (nn.ReLU, Exponential):
            return None
        (width,), (dilation,) = convolution.kernel_size, convolution.dilation
        plain = (
            width % 2 == 1
            and convolution.padding == (dilation * (width // 2),)
            and convolution.stride == (1,)
            and convolution.groups == 1
            and convolution.padding_mode == "zeros"
        )
        known = all(
            type(shift) is PositionBias
            or (type(shift) is BatchNorm and shift.affine and shift.running_var is not None)
            for shift in shifts
        )
        return cls(convolution, shifts, activation, residual) if plain and known else None

    @property
    def reach(self) -> int:
        """How far from a changed position the output changes."""
        return self.convolution.dilation[0] * (self.convolution.kernel_size[0] // 2)

    def taps(self) -> Tensor:
        """Return the weights, with the scale of later layers, as (n_out, kernel_size * n_in)."""
        weight = self.convolution.weight
        for shift in self.shifts:
            if isinstance(shift, BatchNorm):
                assert shift.running_var is not None  # as read above
                scale = shift.weight * (shift.running_var + shift.eps).rsqrt()
                weight = weight * scale.view(-1, 1, 1)
        return weight.transpose(1, 2).flatten(1).contiguous()

    def activate(self, values: Tensor) -> Tensor:
        """Apply the activation, in place."""
        if isinstance(self.activation, Exponential):
            return values.clamp_(max=self.activation.limit).exp_()
        return values.clamp_(min=0)

    def remember(self, x: Tensor, reach: int, last: bool) -> tuple[Tensor, KnownLayer]:
        """Return the output for unchanged input (n, n_in, L), and what changes are added to.

        Beyond the ends of the sequence both activations are 0 at minus infinity, whatever is added.
        """
        before = self.convolution(x)
        for shift in self.shifts:
            before = shift(before)
        active = self.activation(before)
        after = x + active if self.residual else active
        # The last layer gives values, the others changes of them.
        rest = (x if self.residual else None) if last else -active
        return after, KnownLayer(
            self,
            self.taps(),
            Padded.of(before, reach, -torch.inf),
            None if rest is None else Padded.of(rest, reach, 0.0),
        )


@dataclass(frozen=True)
class KnownLayer:
    """A layer and its values for sequences without substitutions.

    Attributes
    ----------
    layer : Layer
    taps : Tensor
        Its weights.
    before : Padded
        What goes into the activation.
    rest : Padded or None
        What is to be added to the new activation.
    """

    layer: Layer
    taps: Tensor
    before: Padded
    rest: Padded | None

    def apply(self, changes: Tensor, block: Block, out: Tensor) -> Tensor:
        """Map changes of the input in windows to changes, or values, of the output."""
        width, n_in = changes.shape[:2]
        _convolve(changes.reshape(width, n_in, -1), self.taps, self.layer, out.flatten(2))
        out += self.before.windows(block)
        self.layer.activate(out)
        if self.rest is not None:
            out += self.rest.windows(block)
        if self.layer.residual:
            out[self.layer.reach : self.layer.reach + width] += changes
        return out


def _convolve(changes: Tensor, taps: Tensor, layer: Layer, out: Tensor) -> None:
    """Convolve windows (width, n_in, m) that have zeros around them, as wide as anything comes."""
    (kernel,), (dilation,) = layer.convolution.kernel_size, layer.convolution.dilation
    n_in, m = changes.shape[1:]
    for first in range(min(dilation, len(out))):
        # The offsets that see each other lie side by side in memory.
        seen = changes[first::dilation].reshape(-1, m)
        n_seen = len(seen) // n_in
        for step, offset in enumerate(range(first, len(out), dilation)):
            low, high = max(0, kernel - 1 - step), min(kernel, n_seen + kernel - 1 - step)
            if low >= high:
                out[offset].zero_()
                continue
            start = step + low - kernel + 1
            torch.mm(
                taps[:, low * n_in : high * n_in],
                seen[start * n_in : (start + high - low) * n_in],
                out=out[offset],
            )


def _steps(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers of a module in the order in which it is to apply them."""
    for layer in module.children():
        if type(layer) is nn.Sequential:
            yield from _steps(layer)
        elif type(layer) not in (nn.Identity, SeededDropout):
            yield layer


def read_layers(encoder: nn.Module) -> list[Layer] | None:
    """Return the layers of an encoder, or None if there is one that is not known.

    A layer that the encoder does not apply in the order of its attributes is not noticed.
    """
    if type(encoder) is not ConvEncoder:
        return None
    found: list[Layer | None] = []
    pending: list[nn.Module] = []
    for step in _steps(encoder):
        if type(step) is Residual and not pending:
            found.append(Layer.read(list(_steps(step)), residual=True))
            continue
        pending.append(step)
        if type(step) in (nn.ReLU, Exponential):
            found.append(Layer.read(pending, residual=False))
            pending = []
    known = [layer for layer in found if layer is not None]
    return known if known and len(known) == len(found) and not pending else None

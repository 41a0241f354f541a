"""What a substitution changes in an encoder: windows around it, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._convolution import convolves
from sklearn_attngen.networks._encoder import ConvEncoder
from sklearn_attngen.networks._layers import (
    BatchNorm,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
)
from sklearn_attngen.networks._operations import AveragePooling
from sklearn_attngen.networks._windows import Block, Padded, Window

AVERAGES = (nn.AvgPool1d, AveragePooling)


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
        if not convolves(convolution) or type(activation) not in (nn.ReLU, Exponential):
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
            or (type(shift) is BatchNorm and shift.running_var is not None)
            for shift in shifts
        )
        return cls(convolution, shifts, activation, residual) if plain and known else None

    @property
    def reach(self) -> int:
        """How far from a changed position the output changes."""
        return self.convolution.dilation[0] * (self.convolution.kernel_size[0] // 2)

    def widen(self, window: Window) -> Window:
        """Return what changes in the output if a window changes in the input."""
        return Window(window.reach + self.reach, window.step)

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

    def remember(self, x: Tensor, window: Window, last: bool) -> tuple[Tensor, KnownLayer]:
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
            Padded.of(before, window, -torch.inf),
            None if rest is None else Padded.of(rest, window, 0.0),
        )


@dataclass(frozen=True)
class Average:
    """The mean over neighbouring positions, which makes one place of them.

    Attributes
    ----------
    pool : torch.nn.AvgPool1d
        Windows do not overlap; the last one may have fewer positions.
    """

    pool: nn.AvgPool1d

    @classmethod
    def read(cls, pool: nn.AvgPool1d) -> Self | None:
        """Read a layer; None if its windows overlap, leave positions out or reach beyond."""
        plain = pool.ceil_mode and pool.stride == pool.kernel_size and pool.padding == (0,)
        return cls(pool) if plain else None

    @property
    def size(self) -> int:
        """Number of positions of a place."""
        width = self.pool.kernel_size
        return width if isinstance(width, int) else width[0]

    def widen(self, window: Window) -> Window:
        """Return what changes in the output, in the widest of the phases."""
        return Window(-(-window.reach // self.size), 1)

    def remember(self, x: Tensor, window: Window, last: bool) -> tuple[Tensor, KnownAverage]:
        """Return the output for unchanged input (n, channels, L), and what is needed for changes.

        Behind the last position nothing changes, and the mean is that of the positions before.
        """
        after = self.pool(x)
        counts = x.new_full((1, 1, after.shape[2]), self.size)
        counts[:, :, -1] -= -x.shape[2] % self.size
        shares = Padded.of((1 / counts).expand(len(x), -1, -1), window, 0.0)
        return after, KnownAverage(self, shares, Padded.of(after, window, 0.0) if last else None)


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

    def shape(self, changes: Tensor) -> tuple[int, ...]:
        """Return the shape of what :meth:`apply` gives."""
        return (self.before.window.width, len(self.taps), *changes.shape[2:])

    def apply(self, changes: Tensor, block: Block, out: Tensor) -> Tensor:
        """Map changes of the input in windows to changes, or values, of the output."""
        width, n_in = changes.shape[:2]
        out[:] = self.before.windows(block)
        _add_convolved(changes.reshape(width, n_in, -1), self.taps, self.layer, out.flatten(2))
        self.layer.activate(out)
        if self.rest is not None:
            out += self.rest.windows(block)
        if self.layer.residual:
            out[self.layer.reach : self.layer.reach + width] += changes
        return out


@dataclass(frozen=True)
class KnownAverage:
    """An average and its values for sequences without substitutions.

    Attributes
    ----------
    average : Average
    shares : Padded
        What each position adds to the mean.
    rest : Padded or None
        What is to be added to changes of the mean.
    """

    average: Average
    shares: Padded
    rest: Padded | None

    def shape(self, changes: Tensor) -> tuple[int, ...]:
        """Return the shape of what :meth:`apply` gives."""
        return (self.shares.window.width, *changes.shape[1:])

    def apply(self, changes: Tensor, block: Block, out: Tensor) -> Tensor:
        """Map changes of the input in windows to changes, or values, of the output."""
        size, reach = self.average.size, self.shares.window.reach
        for offset in range(len(out)):
            for phase in range(size):
                start = (offset - reach) * size - phase + len(changes) // 2
                seen = changes[max(0, start) : max(0, start + size), :, phase]
                torch.sum(seen, dim=0, out=out[offset, :, phase])
        out *= self.shares.windows(block)
        if self.rest is not None:
            out += self.rest.windows(block)
        return out


def _add_convolved(changes: Tensor, taps: Tensor, layer: Layer, out: Tensor) -> None:
    """Convolve windows (width, n_in, m) that have zeros around them, as wide as anything comes."""
    (kernel,), (dilation,) = layer.convolution.kernel_size, layer.convolution.dilation
    n_in, m = changes.shape[1:]
    for first in range(min(dilation, len(out))):
        # The offsets that see each other lie side by side in memory.
        seen = changes[first::dilation].reshape(-1, m)
        n_seen = len(seen) // n_in
        for step, offset in enumerate(range(first, len(out), dilation)):
            low, high = max(0, kernel - 1 - step), min(kernel, n_seen + kernel - 1 - step)
            start = step + low - kernel + 1
            if low < high:
                out[offset].addmm_(
                    taps[:, low * n_in : high * n_in],
                    seen[start * n_in : (start + high - low) * n_in],
                )


def _steps(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers of a module in the order in which it is to apply them."""
    for layer in module.children():
        if type(layer) is nn.Sequential:
            yield from _steps(layer)
        elif type(layer) not in (nn.Identity, SeededDropout):
            yield layer


def read_layers(encoder: nn.Module) -> list[Layer | Average] | None:
    """Return the layers of an encoder, or None if there is one that is not known.

    A layer that the encoder does not apply in the order of its attributes is not noticed.
    """
    if type(encoder) is not ConvEncoder:
        return None
    found: list[Layer | Average | None] = []
    pending: list[nn.Module] = []
    for step in _steps(encoder):
        if type(step) is Residual and not pending:
            found.append(Layer.read(list(_steps(step)), residual=True))
        elif isinstance(step, nn.AvgPool1d) and type(step) in AVERAGES and not pending:
            found.append(Average.read(step))
        else:
            pending.append(step)
            if type(step) in (nn.ReLU, Exponential):
                found.append(Layer.read(pending, residual=False))
                pending = []
    known = [layer for layer in found if layer is not None]
    sizes = [layer.size for layer in known if isinstance(layer, Average)] or [1]
    complete = known and len(known) == len(found) and not pending
    return known if complete and sizes == [encoder.pool_size] else None

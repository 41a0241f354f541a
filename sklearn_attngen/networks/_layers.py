"""Small layers that draw from a generator of their own and never from torch's global one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_attngen.networks._convolution import Convolution
from sklearn_attngen.networks._operations import bounded_exp, transformed


class Exponential(nn.Module):
    """``exp(x)``, the activation that makes first-layer filters read like motifs.

    An exponential first layer keeps what a filter barely matches near zero, so that the filters
    of a trained network resemble motifs and gradients point at their letters.

    Parameters
    ----------
    limit : float, default=10.0
        Inputs above this are cut there, so that no activation overflows.

    References
    ----------
    .. [1] P. K. Koo and M. Ploenzke, "Improving representations of genomic sequence motifs in
       convolutional networks with exponential activations", Nature Machine Intelligence 3
       (2021) 258-266.
    """

    def __init__(self, limit: float = 10.0) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, x: Tensor) -> Tensor:
        """Return ``exp(min(x, limit))``."""
        return bounded_exp(x, self.limit)


class SeededDropout(nn.Module):
    """Dropout whose noise comes from the generator given to :func:`set_generator`.

    ``torch.nn.Dropout`` draws from the global generator, which makes fits in threads depend on
    each other and changes the state of the user's own program.

    Parameters
    ----------
    p : float
        Share of the values to drop while training, taken to the nearest multiple of 1 / 65,536.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Drop whole values and scale the others by ``1 / (1 - p)``.

        Identity in evaluation, and without a generator.
        """
        if not self.training or self.p == 0.0 or self.generator is None:
            return x
        n_dropped = min(round(self.p * 2**16), 2**16 - 1)
        # compared in place, into numbers, which are faster to turn into others than truth values
        kept = _bits(x, self.generator).ge_(n_dropped - 2**15).to(x.dtype)
        return x * kept.mul_(2**16 / (2**16 - n_dropped))

    def extra_repr(self) -> str:
        """Show the share in ``print(module)``."""
        return f"p={self.p}"


def _bits(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return a random int16 for each value, laid out in memory as the values are."""
    if x.device.type not in ("cpu", "cuda") or transformed():
        # not every device draws all 64 bits of an integer, and no compiler sees four in one
        return torch.randint(
            -(2**15), 2**15, x.shape, generator=generator, device=x.device, dtype=torch.int16
        )
    # drawing takes most of the time of dropout: four values come from each draw
    words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
    words.random_(-(2**63), None, generator=generator)
    return words.view(torch.int16).as_strided(x.shape, torch.empty_like(x).stride())


class PositionBias(nn.Module):
    """Add a learned number per channel and position, behind a gate.

    A task where a motif may be anywhere leaves a gate nearly shut that was so at first; an aligned
    task (a splice site in the middle) opens it and makes the numbers sharp.

    Parameters
    ----------
    n_channels : int
        Number of channels.
    n_positions : int
        Length of the sequences.
    opening : float, default=0.1
        Where the gate starts: 1 lets the numbers through as they are. At 0 it is shut for good, as
        neither the gate nor the numbers behind it have a gradient then.

    Notes
    -----
    The stored parameters are multiplied by ``scale``, so that a training of a few hundred steps can
    make them sharp: under Adam no parameter moves further than the sum of the learning rates.
    Without the factor, networks trained on 2,400 splice sites did not learn to look at the
    junction. They decay fast instead (``decay`` is the weight decay that training gives them).

    For the same reason numbers that only fit noise move as far as those that matter, and without a
    gate they hid letters of paired motifs from the saliency. The gate is one number, learned with
    the others. It multiplies all of them, and grows far only where they lower the loss batch after
    batch.
    """

    scale = 20.0
    decay = 5.0

    def __init__(self, n_channels: int, n_positions: int, opening: float = 0.1) -> None:
        super().__init__()
        self.opening = float(opening)
        self.weight = nn.Parameter(torch.zeros(n_channels, n_positions))
        self.gate = nn.Parameter(torch.full((1,), self.opening))

    def initialize(self, generator: torch.Generator) -> None:
        """Start without any preference for a position, and with the gate where it starts."""
        nn.init.zeros_(self.weight)
        nn.init.constant_(self.gate, self.opening)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_channels, L), in either order in memory, to the same shape, type and order."""
        bias = (self.scale * self.gate * self.weight).to(x.dtype)
        beside = not x.is_contiguous()  # channels side by side, as a Convolution lays them out
        if beside:
            x, bias = x.transpose(1, 2), bias.t()
        if x.device.type == "cpu":
            # the gradient is a sum over the batch, which a matrix product takes much faster
            with torch.autocast("cpu", enabled=False):
                ones = x.new_ones(x.shape[0], 1)  # len() would fix n in an export
                x = torch.addmm(x.flatten(1), ones, bias.reshape(1, -1)).view(x.shape)
        else:
            x = x + bias
        return x.transpose(1, 2) if beside else x


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation that also trains on a batch of one value per channel.

    One value has no spread; the running statistics stand in for it.

    Parameters
    ----------
    num_features : int
        Number of channels.
    eps : float, default=1e-5
        Added to the variance.
    momentum : float, default=0.1
        Share of a batch in the running statistics.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, momentum)
        self.keeps = False

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, num_features) or (n, num_features, L) to the same shape."""
        if x.ndim == 3 and not x.is_contiguous():
            # the output of a Convolution, which torch is slow to read: positions as rows are fast
            rows = self.forward(x.transpose(1, 2).flatten(0, 1))
            return rows.unflatten(0, (x.shape[0], x.shape[2])).transpose(1, 2)
        if self.training and x.numel() == self.num_features:
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        if self.training and self.keeps:
            return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)
        return super().forward(x)


@contextmanager
def kept_statistics(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of batch normalisation as they are.

    A masked batch is normalised by its own statistics; those that prediction uses are to describe
    whole sequences only.

    Parameters
    ----------
    module : torch.nn.Module
        The module whose layers are kept.

    Yields
    ------
    None
        Nothing; afterwards the statistics follow the batches again.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, BatchNorm)]
    for layer in layers:
        layer.keeps = True
    try:
        yield
    finally:
        for layer in layers:
            layer.keeps = False


class Residual(nn.Module):
    """A dilated convolution whose output is added to its input.

    Parameters
    ----------
    channels : int
        Number of channels in and out.
    kernel_size : int
        Width of the convolution, odd.
    dilation : int
        Distance between the positions that one kernel reads.
    dropout : float
        Share of the new values that is dropped while training.
    batch_norm : bool
        Normalise over the batch. Off for input without letters, where a fit with weights must
        equal a fit with repeated rows.
    """

    def __init__(
        self, channels: int, kernel_size: int, dilation: int, dropout: float, batch_norm: bool
    ) -> None:
        super().__init__()
        self.convolution = Convolution(
            channels,
            channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            bias=not batch_norm,
        )
        self.norm = BatchNorm(channels) if batch_norm else nn.Identity()
        self.activation = nn.ReLU()
        self.dropout = SeededDropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, L) to (n, channels, L)."""
        return x + self.dropout(self.activation(self.norm(self.convolution(x))))


def set_generator(module: nn.Module, generator: torch.Generator | None) -> None:
    """Give every :class:`SeededDropout` of a module the generator it draws from.

    Parameters
    ----------
    module : torch.nn.Module
        The module, changed in place.
    generator : torch.Generator or None
        None ends the noise and drops the reference, so that the module can be pickled.
    """
    for layer in module.modules():
        if isinstance(layer, SeededDropout):
            layer.generator = generator


def build_module(
    kind: type[nn.Module], generator: torch.Generator, **parameters: object
) -> nn.Module:
    """Create a module with weights drawn from a generator, on the CPU.

    The layers are made without storage first, so that their own initialisation never touches
    torch's global generator; it is therefore safe in threads.

    Parameters
    ----------
    kind : type
        Class of the module.
    generator : torch.Generator
        Source of the weights, on the CPU.
    **parameters
        Passed to ``kind``.

    Returns
    -------
    module : torch.nn.Module
        In training mode, float32.
    """
    with torch.device("meta"):
        module = kind(**parameters)
    module.to_empty(device="cpu").float()
    for layer in module.modules():
        initialize_layer(layer, generator)
    return module


def initialize_layer(layer: nn.Module, generator: torch.Generator) -> bool:
    """Put a layer into the state in which a training finds it; say whether it is known how.

    Weights are drawn on the CPU, so that every device gets the same.
    """
    if isinstance(layer, nn.Conv1d | nn.Linear):
        # He et al. (2015): keeps the variance through ReLU layers
        spread = math.sqrt(2.0 / math.prod(layer.weight.shape[1:]))
        drawn = torch.empty(layer.weight.shape, dtype=torch.float32, device="cpu")
        with torch.no_grad():
            layer.weight.copy_(drawn.normal_(0.0, spread, generator=generator))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm1d):
        layer.reset_parameters()
    elif hasattr(layer, "initialize"):
        layer.initialize(generator)  # type: ignore[operator]  # torch types it as a Tensor
    else:
        return False
    return True

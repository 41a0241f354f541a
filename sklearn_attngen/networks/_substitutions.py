"""The output of a network for every substitution of a single position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from sklearn_attngen.networks._attngen import carries_signal
from sklearn_attngen.networks._attribution import evaluation_mode
from sklearn_attngen.networks._window_pooling import KnownPooling, Pooling
from sklearn_attngen.networks._windows import (
    Block,
    KnownLayer,
    Layer,
    Padded,
    Workspace,
    read_layers,
)

__all__ = ["substitution_logits"]

# features of the windows that are worked on together: few calls, and data near the cache
_FEATURES_PER_BLOCK = 2**20
# features of the sequences whose activations are kept together
_FEATURES_KEPT = 2**17
# letters of one batch of whole sequences
_POSITIONS_PER_BATCH = 2**16
# Windows pay while their mean width is below this share of the sequence.
_WIDEST = 0.75
# Windows that differ by more than this from the network, relative to the logits, are not used.
_TOLERANCE = 0.01


def substitution_logits(
    module: nn.Module,
    x: Tensor,
    replacements: Tensor | None = None,
    *,
    where: Tensor | None = None,
    batch_size: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the output of a network with each position replaced in turn.

    Parameters
    ----------
    module : torch.nn.Module
        Maps (n, n_channels, L) to logits (n, n_classes). For :class:`AttnGenNetwork` and
        :class:`CNNNetwork` only the positions that a substitution can reach are computed again;
        any other module, and one with forward hooks, is asked for whole sequences.
    x : Tensor of shape (n, n_channels, L)
        One-hot input, of the module's type and on its device.
    replacements : Tensor of shape (n_replacements, n_channels), default=None
        What is to stand at a position instead. None takes each letter; zeros are N.
    where : bool Tensor of shape (n, L), default=None
        The positions to replace, one at a time. None takes all.
    batch_size : int, default=None
        Number of substituted sequences, or of the windows of as many, in memory at a time. None
        chooses it by speed. All replacements of one position are made together in any case.

    Returns
    -------
    logits : Tensor of shape (n, n_classes)
        Of the sequences as they are.
    substituted : Tensor of shape (n, L, n_replacements, n_classes)
        Of the substituted sequences; ``logits`` at the replacement that stands there already, and
        at positions that are not to be replaced.

    Notes
    -----
    A substitution changes what a convolution gives in a window around it, which widens from layer
    to layer. The sequence itself goes through the network once, and each substitution adds its
    changes within these windows [1]_ [2]_, ends of the sequence and N included. Pooled sums and
    maxima are put together from the window and from what lies outside of it, which is accumulated
    from both ends, so that nothing is lost by subtraction. Values are those of whole sequences up
    to rounding. Where the windows are about as wide as the sequence, whole sequences are faster
    and are taken.

    References
    ----------
    .. [1] S. Nair et al., "fastISM: performant in silico saturation mutagenesis for convolutional
       neural networks", Bioinformatics 38 (2022) 2397-2403.
    .. [2] J. Schreiber et al., "Accelerating in silico saturation mutagenesis using compressed
       sensing", Bioinformatics 38 (2022) 3557-3564.

    Examples
    --------
    >>> import torch
    >>> from sklearn_attngen.networks import CNNNetwork, build_module, substitution_logits
    >>> module = build_module(
    ...     CNNNetwork, torch.Generator().manual_seed(0), n_channels=4, n_positions=50, n_classes=2,
    ...     n_filters=8, kernel_size=5, n_layers=1, dropout=0.1,
    ... )
    >>> x = torch.eye(4)[torch.arange(50) % 4].T.unsqueeze(0)  # ACGTACGT...
    >>> logits, substituted = substitution_logits(module, x)
    >>> substituted.shape
    torch.Size([1, 50, 4, 2])
    >>> bool((substituted[0, 2, 2] == logits[0]).all())  # a G in place of the G
    True
    """
    n, n_channels, length = x.shape
    if replacements is None:
        replacements = torch.eye(n_channels)
    replacements = replacements.to(x)
    if where is None:
        where = torch.ones(n, length, dtype=torch.bool, device=x.device)
    with evaluation_mode(module), torch.no_grad():
        rows = batch_size or max(1, _POSITIONS_PER_BATCH // max(1, length))
        logits = torch.cat([module(part) for part in x.split(rows)])
        substituted = logits[:, None, None, :].repeat(1, length, len(replacements), 1)
        same = (x.transpose(1, 2).unsqueeze(2) == replacements).all(dim=3)
        todo = where.unsqueeze(2) & ~same
        network = _WindowedNetwork.read(module)
        if network is not None and network.pays(length):
            todo = network.substitute(x, replacements, todo, substituted, batch_size)
        for part in todo.nonzero().split(rows):
            if len(part):
                row, position, which = part.unbind(1)
                whole = x[row]
                whole[torch.arange(len(row), device=x.device), :, position] = replacements[which]
                substituted[row, position, which] = module(whole)
    return logits, substituted


@dataclass(frozen=True)
class _WindowedNetwork:
    """A network that can be asked for windows.

    Attributes
    ----------
    layers : list of Layer
        Of its encoder.
    pooling : Pooling
    head : torch.nn.Module
        What maps pooled features to logits.
    """

    layers: list[Layer]
    pooling: Pooling
    head: nn.Module

    @classmethod
    def read(cls, module: nn.Module) -> Self | None:
        """Read a network; None if windows would not tell what it does."""
        pooling = Pooling.read(module)
        if pooling is None:
            return None
        encoder, head = module.get_submodule("encoder"), module.get_submodule("head")
        layers = read_layers(encoder)
        # What hooks do, and are to see, only whole sequences tell.
        hooked = any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
        precise = next(module.parameters()).dtype in (torch.float32, torch.float64)
        return cls(layers, pooling, head) if layers is not None and precise and not hooked else None

    def pays(self, length: int) -> bool:
        """Say whether windows cost less than whole sequences."""
        total = reach = 0
        for layer in self.layers:
            reach += layer.reach
            total += 2 * reach + 1
        return total < _WIDEST * length * len(self.layers)

    def substitute(
        self,
        x: Tensor,
        replacements: Tensor,
        todo: Tensor,
        substituted: Tensor,
        batch_size: int | None,
    ) -> Tensor:
        """Write logits into ``substituted`` where ``todo`` says so; return what is left to do."""
        # With one letter or none, a substitution changes which positions count everywhere.
        many = (x != 0).any(dim=1).sum(dim=1) > 1
        fit = (many | (x.shape[1] == 1)) & todo.flatten(1).any(dim=1)
        n_filters = self.layers[-1].convolution.out_channels
        width = 2 * sum(layer.reach for layer in self.layers) + 1
        size = batch_size or max(1, _FEATURES_PER_BLOCK // (n_filters * width))
        kept = min(max(1, _FEATURES_KEPT // (n_filters * x.shape[2])), batch_size or len(x))
        space, left = Workspace(x), todo.clone()
        for rows in fit.nonzero()[:, 0].split(kept):
            if not len(rows):
                break
            known = _KnownNetwork.of(self, x[rows], substituted[rows], space)
            if known is not None:
                substituted[rows] = known.substitute(replacements, todo[rows], size)
                left[rows] = False
        return left


@dataclass(frozen=True)
class _KnownNetwork:
    """A network and all it computes for sequences without substitutions."""

    x: Tensor
    real: Tensor
    clean: Tensor
    layers: list[KnownLayer]
    features: Padded
    pooling: KnownPooling
    head: nn.Module
    space: Workspace

    @classmethod
    def of(
        cls, network: _WindowedNetwork, x: Tensor, clean: Tensor, space: Workspace
    ) -> Self | None:
        """Run the network; None if windows would not be exact.

        ``clean`` has the logits of the sequences in place of all substitutions.
        """
        features, reach, layers = x, 0, []
        for layer in network.layers:
            reach += layer.reach
            features, layer_here = layer.remember(features, reach, layer is network.layers[-1])
            layers.append(layer_here)
        real = carries_signal(x)
        pooling = network.pooling.remember(features, real, reach)
        if pooling is None:
            return None
        wide = Padded.of(features, reach, 0.0)
        known = cls(x, real, clean, layers, wide, pooling, network.head, space)
        # The network may do more than is looked at here: no change must give its own output.
        middle = x.shape[2] // 2
        block = Block(slice(0, len(x)), slice(middle, middle + 1))
        nothing = x.new_zeros(x.shape[1], 1, len(x), 1)
        again, _ = known.logits(nothing, real[None, :, middle, None], block)
        expected = clean[:, 0, 0]
        distance = (again.view_as(expected) - expected).abs().amax()
        return known if distance <= _TOLERANCE * (1 + expected.abs().amax()) else None

    def logits(self, changes: Tensor, letter: Tensor, block: Block) -> tuple[Tensor, Tensor]:
        """Map changes (n_channels, n_replacements, n_rows, n_positions) of the input to logits.

        ``letter`` says, without the channels, where the replacement is a letter. Logits have a row
        for each replacement, row and position. Also says which of these differ from the sequence
        in any feature, or in which positions count.
        """
        values = changes.unsqueeze(0)
        for step, layer in enumerate(self.layers):
            shape = (2 * layer.before.reach + 1, len(layer.taps), *changes.shape[1:])
            values = layer.apply(values, block, self.space.take(f"layer {step}", *shape))
        differ = self.space.take("product", *values.shape)
        torch.ne(values, self.features.windows(block), out=differ)
        differs = differ.amax(dim=0).amax(dim=0) > 0
        differs |= letter != self.real[block]
        return self.head(self.pooling.apply(values, letter, block, self.space)), differs

    def substitute(self, replacements: Tensor, todo: Tensor, batch_size: int) -> Tensor:
        """Return logits (n, L, n_replacements, n_classes), clean where nothing is to be done."""
        # What is to be done comes first; as many replacements are made at each position.
        order = todo.byte().argsort(dim=2, descending=True, stable=True)
        order = order[:, :, : int(todo.sum(dim=2).max())]
        here = self.x.transpose(1, 2).unsqueeze(2)
        changes = (replacements[order] - here).permute(3, 2, 0, 1)
        letter = (replacements != 0).any(dim=1) | (self.x.shape[1] == 1)
        letter = letter[order].permute(2, 0, 1)
        found = self.clean.new_empty(*letter.shape, self.clean.shape[3])
        for block in _blocks(todo.any(dim=2), len(letter), batch_size):
            at = (slice(None), *block)
            logits, differs = self.logits(changes[:, *at], letter[at], block)
            # What nothing changes keeps its logits to the last bit.
            kept = self.clean[:, :, 0][block]
            found[at] = torch.where(differs.unsqueeze(3), logits.view(found[at].shape), kept)
        index = order.unsqueeze(3).expand(-1, -1, -1, found.shape[3])
        every = self.clean.scatter(2, index, found.permute(1, 2, 0, 3))
        return torch.where(todo.unsqueeze(3), every, self.clean)


def _blocks(where: Tensor, n_replacements: int, batch_size: int) -> Iterator[Block]:
    """Yield rows and positions that together have a bounded number of substitutions."""
    n, length = where.shape
    size = max(1, batch_size // n_replacements)
    n_parts = -(-length // min(length, size))
    n_positions = -(-length // n_parts)
    n_rows = max(1, size // n_positions)
    for row in range(0, n, n_rows):
        for start in range(0, length, n_positions):
            rows = slice(row, min(n, row + n_rows))
            positions = slice(start, min(length, start + n_positions))
            if where[rows, positions].any():
                yield Block(rows, positions)

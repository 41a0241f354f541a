"""The output of a network for every substitution of a single position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_attngen.networks._attngen import carries_signal
from sklearn_attngen.networks._convolution import convolves
from sklearn_attngen.networks._ensemble import Ensemble
from sklearn_attngen.networks._evaluation import evaluation_mode
from sklearn_attngen.networks._window_layers import (
    Average,
    KnownAverage,
    KnownLayer,
    Layer,
    read_layers,
)
from sklearn_attngen.networks._window_pooling import KnownPooling, Pooling
from sklearn_attngen.networks._windows import Block, Padded, Window, Workspace

# features of the windows that are worked on together: few calls, and data near the cache
_FEATURES_PER_BLOCK = 2**20
# features of the sequences whose activations are kept together
_FEATURES_KEPT = 2**17
# letters of one batch of whole sequences
_POSITIONS_PER_BATCH = 2**16
# Windows pay while their mean width is below this share of the sequence.
_WIDEST = 0.9
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
        Maps (n, n_channels, L) to logits (n, n_classes). For :class:`AttnGenNetwork`,
        :class:`CNNNetwork` and an :class:`Ensemble` of them only the positions that a substitution
        can reach are computed again; any other module, and one with forward hooks, is asked for
        whole sequences.
    x : Tensor of shape (n, n_channels, L)
        One-hot input, of the module's type and on its device.
    replacements : Tensor of shape (n_replacements, n_channels), default=None
        What is to stand at a position instead. None takes each letter; zeros are N.
    where : bool Tensor of shape (n, L), default=None
        The positions to replace, one at a time. None takes all.
    batch_size : int, default=None
        Number of substituted sequences, or of the windows of as many, in memory at a time. None
        chooses it by speed. All replacements of one position, and of those that the network
        averages with it, are made together in any case.

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
    changes within these windows [1]_ [2]_, ends of the sequence and N included. Neighbouring
    positions that the network averages share a window from there on. Pooled sums and maxima are
    put together from the window and from what lies outside of it, which is accumulated from both
    ends, so that nothing is lost by subtraction. Values are those of whole sequences up to
    rounding. Where the windows are about as wide as the sequence, whole sequences are faster and
    are taken.

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
    # what hooks of the ensemble are to see, its networks do not tell
    hooked = module._forward_hooks or module._forward_pre_hooks
    if isinstance(module, Ensemble) and not hooked:
        answers = [
            substitution_logits(network, x, replacements, where=where, batch_size=batch_size)
            for network in module.networks
        ]
        clean, changed = zip(*answers, strict=True)
        return torch.stack(clean).mean(dim=0), torch.stack(changed).mean(dim=0)
    n, n_channels, length = x.shape
    if replacements is None:
        replacements = torch.eye(n_channels, device=x.device)
    replacements = replacements.to(x)
    if where is None:
        where = torch.ones(n, length, dtype=torch.bool, device=x.device)
    with evaluation_mode(module), torch.no_grad():
        rows = int(batch_size or max(1, _POSITIONS_PER_BATCH // max(1, length)))
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
    layers : list of Layer and Average
        Of its encoder.
    n_filters : int
        Number of its channels.
    pool_size : int
        Number of positions that it averages.
    pooling : Pooling
    head : torch.nn.Module
        What maps pooled features to logits.
    """

    layers: list[Layer | Average]
    n_filters: int
    pool_size: int
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
        if layers is None or hooked or not precise:
            return None
        n_filters = max(part.out_channels for part in encoder.modules() if convolves(part))
        pool_size = next((layer.size for layer in layers if isinstance(layer, Average)), 1)
        return cls(layers, n_filters, pool_size, pooling, head)

    def windows(self) -> list[Window]:
        """Return what a substitution reaches behind each layer."""
        window = Window(0, self.pool_size)
        return [window := layer.widen(window) for layer in self.layers]

    def pays(self, length: int) -> bool:
        """Say whether windows cost less than whole sequences."""
        letters = [window.width * self.pool_size / window.step for window in self.windows()]
        return sum(letters) < _WIDEST * length * len(letters)

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
        width = max(window.width for window in self.windows())
        size = int(batch_size or max(1, _FEATURES_PER_BLOCK // (self.n_filters * width)))
        kept = max(1, _FEATURES_KEPT // (self.n_filters * x.shape[2]))
        kept = min(kept, max(1, size // self.pool_size))
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
    pool_size: int
    layers: list[KnownLayer | KnownAverage]
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
        features, layers = x, []
        for layer, window in zip(network.layers, network.windows(), strict=True):
            features, known_layer = layer.remember(features, window, layer is network.layers[-1])
            layers.append(known_layer)
        size = network.pool_size
        real = _places(carries_signal(x), size)
        pooling = network.pooling.remember(features, real.any(dim=2), window)
        if pooling is None:
            return None
        wide = Padded.of(features, window, 0.0)
        known = cls(x, real, clean, size, layers, wide, pooling, network.head, space)
        # The network may do more than is looked at here: no change must give its own output.
        middle = real.shape[1] // 2
        block = Block(slice(0, len(x)), slice(middle, middle + 1))
        nothing = x.new_zeros(x.shape[1], size, 1, len(x), 1)
        letter = real.any(dim=2)[block].expand(size, 1, -1, -1)
        again, _ = known.logits(nothing, letter, block)
        expected = clean[:, 0, 0]
        distance = (again.view(size, *expected.shape) - expected).abs().amax()
        return known if distance <= _TOLERANCE * (1 + expected.abs().amax()) else None

    def logits(self, changes: Tensor, letter: Tensor, block: Block) -> tuple[Tensor, Tensor]:
        """Map changes (n_channels, n_phases, n_replacements, n_rows, n_places) to logits.

        ``letter`` says, without the channels, whether the place holds a letter then. Logits have a
        row for each phase, replacement, row and place. Also says which of these differ from the
        sequence in any feature, or in which places count.
        """
        values = changes.unsqueeze(0)
        for step, layer in enumerate(self.layers):
            out = self.space.take(f"layer {step}", *layer.shape(values))
            values = layer.apply(values, block, out)
        differ = self.space.take("product", *values.shape)
        torch.ne(values, self.features.windows(block), out=differ)
        differs = differ.amax(dim=0).amax(dim=0) > 0
        differs |= letter != self.real.any(dim=2)[block]
        return self.head(self.pooling.apply(values, letter, block, self.space)), differs

    def substitute(self, replacements: Tensor, todo: Tensor, batch_size: int) -> Tensor:
        """Return logits (n, L, n_replacements, n_classes), clean where nothing is to be done."""
        # What is to be done comes first; as many replacements are made at each position.
        order = todo.byte().argsort(dim=2, descending=True, stable=True)
        order = order[:, :, : int(todo.sum(dim=2).max())]
        here = self.x.transpose(1, 2).unsqueeze(2)
        changes = _places(replacements[order] - here, self.pool_size).permute(4, 2, 3, 0, 1)
        letter = (replacements != 0).any(dim=1) | (self.x.shape[1] == 1)
        # A place without this letter still holds its others.
        others = self.real.sum(dim=2, keepdim=True) > self.real.byte()
        letter = _places(letter[order], self.pool_size) | others.unsqueeze(3)
        letter = letter.permute(2, 3, 0, 1)
        found = self.clean.new_empty(*letter.shape, self.clean.shape[3])
        places = _places(todo.any(dim=2), self.pool_size).any(dim=2)
        for block in _blocks(places, letter.shape[0] * letter.shape[1], batch_size):
            at = (slice(None), slice(None), *block)
            logits, differs = self.logits(changes[:, *at], letter[at], block)
            # What nothing changes keeps its logits to the last bit.
            kept = self.clean[block.rows, :1, 0]
            found[at] = torch.where(differs.unsqueeze(4), logits.view(found[at].shape), kept)
        found = found.permute(2, 3, 0, 1, 4).flatten(1, 2)[:, : todo.shape[1]]
        index = order.unsqueeze(3).expand(-1, -1, -1, found.shape[3])
        every = self.clean.scatter(2, index, found)
        return torch.where(todo.unsqueeze(3), every, self.clean)


def _places(values: Tensor, size: int) -> Tensor:
    """Map (n, L, ...) to (n, n_places, size, ...), with zeros beyond the end."""
    values = F.pad(values, (0, 0) * (values.ndim - 2) + (0, -values.shape[1] % size))
    return values.unflatten(1, (-1, size))


def _blocks(where: Tensor, n_replacements: int, batch_size: int) -> Iterator[Block]:
    """Yield rows and places that together have a bounded number of substitutions."""
    n, n_places = where.shape
    size = max(1, batch_size // n_replacements)
    n_parts = -(-n_places // min(n_places, size))
    n_columns = -(-n_places // n_parts)
    n_rows = max(1, size // n_columns)
    for row in range(0, n, n_rows):
        for start in range(0, n_places, n_columns):
            rows = slice(row, min(n, row + n_rows))
            places = slice(start, min(n_places, start + n_columns))
            if where[rows, places].any():
                yield Block(rows, places)

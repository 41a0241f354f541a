"""Windows around substituted positions, and views of unchanged values in them.

Tensors of windows have the shape (width, channels, n_phases, n_replacements, n_rows, n_places). A
place is what becomes one position of the output of the encoder, its phases are the positions of
the input that are averaged into it; without averages each position is a place with one phase.
Because the offset within the window comes first and the place last, windows into values that no
substitution has changed are views of these values, and a convolution is, for each offset, one
product of matrices of exactly what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

from torch import Tensor


class Block(NamedTuple):
    """Substitutions that are worked on together: of some rows, at neighbouring places."""

    rows: slice
    places: slice


class Window(NamedTuple):
    """What a substitution reaches at some depth of the encoder.

    Attributes
    ----------
    reach : int
        How many positions on either side.
    step : int
        Number of positions at this depth that make one place: 1 behind the averages.
    """

    reach: int
    step: int

    @property
    def width(self) -> int:
        """Number of positions."""
        return 2 * self.reach + 1


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
    """Values at every position, (channels, n, reach + L + reach), L rounded up to whole places."""

    values: Tensor
    window: Window

    @classmethod
    def of(cls, values: Tensor, window: Window, fill: float) -> Self:
        """Pad values (n, channels, L)."""
        n, channels, length = values.shape
        reach, step = window
        wide = values.new_full((channels, n, length + -length % step + 2 * reach), fill)
        wide[:, :, reach : reach + length] = values.transpose(0, 1)
        return cls(wide, window)

    def windows(self, block: Block) -> Tensor:
        """Return views of what is at most ``reach`` from each position, for all replacements."""
        values, step, (rows, places) = self.values, self.window.step, block
        channel, row, position = values.stride()
        return values.as_strided(
            (
                self.window.width,
                len(values),
                step,
                1,
                rows.stop - rows.start,
                places.stop - places.start,
            ),
            (position, channel, position, 0, row, step * position),
            values.storage_offset() + rows.start * row + places.start * step * position,
        )

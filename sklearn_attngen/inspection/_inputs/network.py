"""The network inside a fitted estimator, asked in letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import NO_SIGNAL

from .letter_input import LetterInput
from .unwrap import last_behind_encoders, misread, peel

if TYPE_CHECKING:
    import torch

# Letters in one batch that a network gets, unless the user sets the number of rows.
_BATCH_POSITIONS = 2**16
# What is said of estimators where there is none, or where an ensemble averages several.
NO_NETWORK = "has no network of its own that sees the letters"


def poolings_in(module: Any) -> list[Any]:
    """Return what pools by attention in a module: one for each network that answers, or none."""
    from sklearn_attngen.networks import AttentionPooling

    layers = [] if module is None else module.modules()
    return [layer for layer in layers if isinstance(layer, AttentionPooling)]


@dataclass(frozen=True)
class LetterNetwork:
    """A network ``(n, n_letters, L) -> (n, n_classes)`` and how the estimator uses it.

    Attributes
    ----------
    module : torch.nn.Module
        The network for one strand.
    channels : ndarray of uint8 of shape (n_letters,)
        Which of its input channels each letter is: an encoder before it may know the letters in
        another order.
    complement : ndarray or None
        Channels of the complements if the estimator averages over both strands, else None.
    """

    module: torch.nn.Module
    channels: NDArray[np.uint8]
    complement: NDArray[np.uint8] | None

    @property
    def n_letters(self) -> int:
        """Number of letters, and of input channels."""
        return len(self.channels)

    @classmethod
    def find(cls, estimator: Any, data: LetterInput) -> LetterNetwork | None:
        """Return the network that decides on the letters of ``data``, or None if there is none."""
        found = last_behind_encoders(estimator)
        if found is None:
            return None
        final, encoders = found
        # A classifier that was fitted on numbers has a network that knows no letters.
        if (
            not callable(getattr(final, "saliency", None))
            or not hasattr(final, "module_")
            or getattr(final, "_kind", "letters") != "letters"
            or misread(final, encoders) is not None
        ):
            return None
        given = data.sequences.alphabet
        own = getattr(final, "_alphabet", given)
        written = peel(encoders[0]).alphabet_ if encoders else own
        channels = [written.letters.index(letter) for letter in given.letters]
        averages = getattr(final, "_averages", False)
        return cls(
            final.module_,
            np.array(channels, dtype=np.uint8),
            own.complement_codes if averages else None,
        )

    def tensor(self, codes: NDArray[np.uint8]) -> torch.Tensor:
        """Return letters (n, L) as input of the network, (n, n_letters, L)."""
        import torch

        from sklearn_attngen.training import expand

        parameter = next(self.module.parameters())
        channel_of = np.full(256, NO_SIGNAL, dtype=np.uint8)
        channel_of[: self.n_letters] = self.channels
        letters = torch.from_numpy(channel_of.take(codes))
        return expand(letters.to(parameter.device), self.n_letters, parameter.dtype)

    def turn(self, x: torch.Tensor) -> torch.Tensor:
        """Return the reverse complement of input of the network."""
        assert self.complement is not None  # asked only where strands are averaged
        return x.flip(2)[:, self.complement.tolist()]

    def outputs(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits that the estimator decides by, without gradients, in float64."""
        import torch

        from sklearn_attngen.networks import evaluation_mode

        with evaluation_mode(self.module), torch.no_grad():
            logits = self.module(x)
            if self.complement is not None:
                logits = (logits + self.module(self.turn(x))) / 2
            return logits.double()

    def logits(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return logits (n, n_classes) of letters (n, L)."""
        return self.outputs(self.tensor(codes)).cpu().numpy()


@contextmanager
def gradients_allowed() -> Iterator[None]:
    """Let gradients be computed whatever mode of torch the caller is in."""
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        yield


def batches_of(n: int, length: int, batch_size: int | None) -> Iterator[slice]:
    """Yield slices of n rows; ``batch_size`` rows each, or as many as a bound on letters allows."""
    step = max(1, _BATCH_POSITIONS // max(1, length)) if batch_size is None else int(batch_size)
    for start in range(0, n, step):  # NumPy's small numbers would overflow
        yield slice(start, min(n, start + step))

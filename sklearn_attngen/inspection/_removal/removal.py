"""Which positions are removed, and the input without them."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen.inspection._attribution.saliency import saliency as compute_saliency
from sklearn_attngen.inspection._inputs.fills import FILLS, LETTER_FILLS, fill_uniform
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_reads_unknown
from sklearn_attngen.inspection._inputs.values import checked_saliency
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet

# of the parameters that all measures have
CONSTRAINTS: dict[str, list[Any]] = {
    "fill": [StrOptions(set(FILLS))],
    "n_repeats": [Interval(Integral, 1, None, closed="left")],
    "saliency": [str, callable, "array-like"],
    "alphabet": [str, Alphabet, None],
    "n_bootstrap": [Interval(Integral, 0, None, closed="left")],
    "confidence_level": [Interval(Real, 0, 1, closed="neither")],
    "random_state": ["random_state"],
    "batch_size": [Interval(Integral, 1, None, closed="left"), None],
}
ORDERS = ("top", "random", "matched", "bottom")
MODES = ("deletion", "insertion")

# Keys of the seeds of the independent random streams.
_ORDER_STREAM, _TIE_STREAM, _FILL_STREAM, BOOTSTRAP_STREAM, _MATCH_STREAM, CONTROL_STREAM = range(6)


def stream(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of a purpose, or of its repeat; independent of every other one."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def saliency_values(
    saliency: str | Callable[[Any, Any], NDArray[Any]] | ArrayLike,
    estimator: Any,
    X: Any,
    data: LetterInput,
    alphabet: str | Alphabet | None,
    batch_size: int | None,
    target: Any = None,
    *,
    signed: bool = False,
) -> NDArray[np.float64]:
    """Compute the saliency, or check the one that is given, (n, L)."""
    values: ArrayLike
    if isinstance(saliency, str):
        values = compute_saliency(
            estimator, X, saliency, target, signed, batch_size, alphabet=alphabet
        )
    else:
        values = saliency(estimator, X) if callable(saliency) else saliency
    return checked_saliency(values, data)


def removal_ranks(
    magnitude: NDArray[np.float64] | None,
    real: NDArray[np.bool_],
    order: str,
    seed: int,
    repeat: int,
) -> NDArray[np.int64]:
    """Rank the positions of each row: 0 is removed first.

    Parameters
    ----------
    magnitude : ndarray of shape (n, L) or None
        Non-negative saliency; not needed for ``order="random"``.
    real : ndarray of bool of shape (n, L)
        Positions that carry a letter. The others rank last, in no order that means anything.
    order : {"top", "random", "bottom"}
        The order "matched" needs the letters too, see :func:`matched_ranks`.
    seed, repeat : int
        Decide random orders, and the order among equal saliencies: were ties broken by position, a
        saliency without information would always remove the start of the sequence.

    Returns
    -------
    ranks : ndarray of int of shape (n, L)
    """
    if order == "random":
        by_rank = np.argsort(
            np.where(real, stream(seed, _ORDER_STREAM, repeat).random(real.shape), np.inf), axis=1
        )
    else:
        if magnitude is None:
            raise ValueError(f"order={order!r} needs a saliency.")
        values = np.where(real, -magnitude if order == "top" else magnitude, np.inf)
        by_rank = np.argsort(values, axis=1)
        ordered = np.take_along_axis(values, by_rank, axis=1)
        equal = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] < np.inf)
        if (tied := equal.any(axis=1)).any():
            # sorting by two keys takes several times as long: only where it makes a difference
            ties = stream(seed, _TIE_STREAM, repeat).random(real.shape)[tied]
            by_rank[tied] = np.lexsort((ties, values[tied]), axis=-1)
    ranks = np.empty(real.shape, dtype=np.int64)
    np.put_along_axis(ranks, by_rank, np.arange(real.shape[1])[None, :], axis=1)
    return ranks


def matched_ranks(
    top: NDArray[np.int64], codes: NDArray[np.uint8], seed: int, repeat: int
) -> NDArray[np.int64]:
    """Rank random positions so that each number of them holds the same letters as the top ones.

    Parameters
    ----------
    top : ndarray of int of shape (n, L)
        Ranks of the order that is matched, from :func:`removal_ranks`.
    codes : ndarray of uint8 of shape (n, L)
    seed, repeat : int
        Decide which of the positions of a letter stand for which.

    Returns
    -------
    ranks : ndarray of int of shape (n, L)
        The j-th G of a random order of the row's Gs has the rank of the j-th G of the top order,
        and so on for each letter.
    """
    keys = stream(seed, _MATCH_STREAM, repeat).random(codes.shape)
    by_top = np.lexsort((top, codes), axis=-1)
    by_chance = np.lexsort((keys, codes), axis=-1)  # the same letters at the same places
    ranks = np.empty_like(top)
    np.put_along_axis(ranks, by_chance, np.take_along_axis(top, by_top, axis=1), axis=1)
    return ranks


def removal_counts(real: NDArray[np.bool_], fraction: float) -> NDArray[np.int64]:
    """Return how many positions of each row are removed: (n,).

    The fraction counts real positions, rounded to the nearest integer (halves up), at
    least one where ``fraction > 0`` and the row has a real position.
    """
    available = real.sum(axis=1)
    # a product that is a half, such as 0.7 * 45, can come out a hair below it
    counts = np.floor(np.round(fraction * available, 9) + 0.5).astype(np.int64)
    if fraction > 0:
        counts = np.maximum(counts, 1)
    return np.minimum(counts, available)


class Remover:
    """Input with a fraction of the positions removed, for any order, fraction and repeat.

    The order of removal is nested: what a small fraction removes, a larger one removes too. The
    random draws of a fill are shared by all orders, so that the difference between two orders has
    less noise.

    With ``mode="insertion"``, the selected positions are the only ones that stay, and the fill
    stands in the place of all others.
    """

    def __init__(
        self,
        estimator: Any,
        data: LetterInput,
        magnitude: NDArray[np.float64] | None,
        *,
        fill: str,
        seed: int,
        mode: str = "deletion",
    ) -> None:
        if fill == "uniform" and data.sequences.layout == "strings":
            raise ValueError(
                "fill='uniform' gives every letter the same value at the removed positions, which "
                "only one-hot input can hold, but X holds strings. Encode X with "
                "SequenceOneHotEncoder and pass the classifier without its encoder, or choose "
                "another fill, 'resample' for instance."
            )
        if fill == "unknown" and data.sequences.layout == "strings":
            check_reads_unknown(estimator, "fill='unknown'", remedy="choose another fill")
        self.data = data
        self.codes = data.codes
        self.real = self.codes != NO_SIGNAL
        self.magnitude = magnitude
        self.fill = fill
        self.seed = seed
        self.mode = mode
        # of the last order and repeat, and of the last repeat
        self._ranks: tuple[tuple[str, int], NDArray[np.unsignedinteger]] | None = None
        self._drawn: tuple[int, NDArray] | None = None

    def selected(self, order: str, fraction: float, repeat: int) -> NDArray[np.bool_]:
        """Return the mask (n, L) of the positions that come first in an order."""
        if self._ranks is None or self._ranks[0] != (order, repeat):
            ranked_as = "top" if order == "matched" else order
            ranks = removal_ranks(self.magnitude, self.real, ranked_as, self.seed, repeat)
            if order == "matched":
                ranks = matched_ranks(ranks, self.codes, self.seed, repeat)
            self._ranks = ((order, repeat), ranks.astype(np.min_scalar_type(ranks.shape[1])))
        ranked = self._ranks[1]
        return ranked < removal_counts(self.real, fraction).astype(ranked.dtype)[:, None]

    def removed(self, order: str, fraction: float, repeat: int) -> NDArray:
        """Return the perturbed codes (n, L), or the values (n, L, n_letters) for "uniform"."""
        selected = self.selected(order, fraction, repeat)
        if self.mode == "insertion":
            selected = self.real & ~selected
        n_letters = self.data.sequences.alphabet.n_letters
        if self.fill == "uniform":
            return fill_uniform(self.codes, selected, n_letters)
        fill = LETTER_FILLS[self.fill]
        if self._drawn is None or self._drawn[0] != repeat:
            rng = stream(self.seed, _FILL_STREAM, repeat)
            self._drawn = (repeat, fill.draw(self.codes, n_letters, rng))
        return fill.place(self.codes, selected, self._drawn[1])

    def restore(self, removed: NDArray) -> Any:
        """Return codes or values of `removed` in the layout of the input."""
        if removed.ndim == 3:
            return self.data.with_values(removed)
        return self.data.with_codes(removed)

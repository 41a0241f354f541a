"""The form in which the rest of the package sees sequences, whatever they were read from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._alphabet import Alphabet
from ._codes import decode_codes, one_hot

Kind = Literal["letters", "profile", "numeric"]
Layout = Literal["strings", "flat", "length_first", "channels_first"]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of one length, as `read_sequences` returns them.

    Parameters
    ----------
    kind : {"letters", "profile", "numeric"}
        What the input held: letters (strings or one-hot blocks), one value per position and letter,
        or numbers that are not about letters.
    layout : {"strings", "flat", "length_first", "channels_first"}
        The form of the input: strings, ``(n, L * C)``, ``(n, L, C)`` or ``(n, C, L)``.
    codes : ndarray of shape (n_samples, length), dtype=uint8, or None
        The letters, if `kind` is "letters".
    values : ndarray of shape (n_samples, length, n_channels), or None
        The numbers, for the other kinds. "profile": float32, one channel per letter; "numeric":
        float32 or float64, one channel. May share memory with the input: do not write to it.
    alphabet : Alphabet
        The alphabet the codes refer to.

    Attributes
    ----------
    n_samples : int
        Number of sequences.
    length : int
        Number of positions.

    Examples
    --------
    >>> from sklearn_attngen.sequences import read_sequences
    >>> sequences = read_sequences(["ACGT", "GGNA"])
    >>> sequences.codes
    array([[  0,   1,   2,   3],
           [  2,   2, 255,   0]], dtype=uint8)
    >>> sequences.restore(sequences.codes[:, ::-1])
    array(['TGCA', 'ANGG'], dtype=object)
    """

    kind: Kind
    layout: Layout
    codes: NDArray[np.uint8] | None
    values: NDArray[np.floating] | None
    alphabet: Alphabet

    @property
    def n_samples(self) -> int:
        """Number of sequences."""
        return self._data.shape[0]

    @property
    def length(self) -> int:
        """Number of positions."""
        return self._data.shape[1]

    @property
    def _data(self) -> NDArray[Any]:
        data = self.codes if self.codes is not None else self.values
        assert data is not None
        return data

    def restore(self, codes: NDArray[np.uint8]) -> NDArray[Any]:
        """Return other letters in the layout of this input.

        Parameters
        ----------
        codes : ndarray of shape (n_samples, length), dtype=uint8
            Letter codes; the number of samples may differ from this input's.

        Returns
        -------
        X : ndarray
            Strings (dtype=object), or one-hot uint8 of shape ``(n, L * C)``, ``(n, L, C)`` or
            ``(n, C, L)``.

        Raises
        ------
        ValueError
            If this input has no letters (kind "numeric").
        """
        if self.kind == "numeric":
            raise ValueError("Numeric input has no letters, so none can be put back into it.")
        if self.layout == "strings":
            return decode_codes(codes, self.alphabet)
        blocks = one_hot(codes, self.alphabet.n_letters)
        if self.layout == "flat":
            return blocks.reshape(len(blocks), -1)
        if self.layout == "channels_first":
            return np.ascontiguousarray(blocks.transpose(0, 2, 1))
        return blocks

    def take(self, rows: ArrayLike | slice) -> Sequences:
        """Return the given rows.

        Parameters
        ----------
        rows : array-like of int or bool, or slice
            Which rows, as numpy indexes them.

        Returns
        -------
        sequences : Sequences
            The same kind and layout, with those rows.
        """
        index = rows if isinstance(rows, slice) else np.asarray(rows)
        return replace(
            self,
            codes=None if self.codes is None else self.codes[index],
            values=None if self.values is None else self.values[index],
        )

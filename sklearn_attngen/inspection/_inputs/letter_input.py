"""Input whose letters can be changed and handed back in the form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer

from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import Alphabet, Sequences
from sklearn_attngen.sequences._codes import letters_of
from sklearn_attngen.sequences._containers import string_column
from sklearn_attngen.sequences._read import read_ragged
from sklearn_attngen.sequences._strings import characters_of, to_matrix

from .containers import Rows, in_container
from .unwrap import chosen_alphabet, first_step


@dataclass(frozen=True)
class LetterInput:
    """Sequences read as letters, and how to give other letters the same form.

    Attributes
    ----------
    sequences : Sequences
        Of kind "letters". Rows of unequal lengths are padded: as the estimator pads them if it
        starts with an encoder, else on the right.
    lengths : ndarray of int of shape (n,)
        Number of letters of each row, without the padding.
    pad : {"left", "right", "error"}
        Side of the padding.
    container : object
        The input itself, whose kind, dtype, index, name and columns the output takes over:
        pipelines may select columns by name, and steps of their own may need a Series or floats.
        Lists become arrays.
    """

    sequences: Sequences
    lengths: NDArray[np.int64]
    pad: str
    container: Any

    @classmethod
    def read(cls, estimator: Any, X: Any, alphabet: str | Alphabet | None) -> LetterInput:
        """Read X as the estimator does, in its alphabet unless another one is given."""
        if issparse(X):
            raise TypeError(
                "X is a sparse matrix, which holds no letters: counts of k-mers, perhaps. Pass the "
                "sequences, and a pipeline that counts them itself: make_pipeline(vectorizer, "
                "classifier), which needs no new fit where both are fitted."
            )
        chosen = chosen_alphabet(estimator, alphabet)
        first = first_step(estimator)
        try:
            flat, lengths, layout, _ = read_ragged(X, chosen, getattr(first, "_layout", None))
        except ValueError as error:
            if not isinstance(first, ColumnTransformer) or len(getattr(X, "columns", ())) < 2:
                raise
            raise ValueError(
                f"{error} The pipeline begins with a ColumnTransformer, and inspection changes "
                "letters alone: pass what holds them as a table of its own, X[['name of the "
                "column']]. A pipeline that needs other columns too cannot be inspected."
            ) from error
        # Without an encoder that says it, whether sequences may differ in length is for the
        # estimator to say when it reads them.
        length, pad = None, "right"
        if isinstance(first, SequenceOneHotEncoder):
            length, pad = first.length_, first.pad
        elif hasattr(first, "module_"):  # a network takes one length, and nothing is padded for it
            length, pad = getattr(first, "length_", None), "error"
        codes = to_matrix(flat, lengths, length=length, pad=pad, origin="the length in fit")
        is_list = isinstance(X, list | tuple)
        container = np.asarray(X) if is_list and layout != "strings" else X
        return cls(Sequences("letters", layout, codes, None, chosen), lengths, pad, container)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Codes of the letters, (n, L)."""
        codes = self.sequences.codes
        assert codes is not None  # read as letters
        return codes

    def with_codes(self, codes: NDArray[np.uint8], rows: Rows = slice(None)) -> Any:
        """Return other letters for the given rows of the input, (m, L), in its form.

        Strings change only where the codes do, and the case of each position stays: letters may be
        masked by lower case, and ambiguity letters may mean something to the estimator.
        """
        if self.sequences.layout == "strings":
            changed = self._strings(codes, rows)
        else:
            changed = self.sequences.restore(codes)
        return in_container(changed, self.container, rows)

    @cached_property
    def _column(self) -> list[Any] | NDArray[Any]:
        column = string_column(self.container)
        assert column is not None  # asked only where the input is strings
        return column

    @cached_property
    def _are_bytes(self) -> bool:
        return all(isinstance(sequence, bytes) for sequence in self._column)

    @cached_property
    def _characters(self) -> NDArray[np.uint8]:
        """What stands in the strings of the input, (n, L); a control character in the padding."""
        flat, length = characters_of(self._column), self.codes.shape[1]
        padded = to_matrix(flat, self.lengths, length=length, pad=self.pad)
        return padded & np.uint8(127)  # the padding too is ASCII

    def _strings(self, codes: NDArray[np.uint8], rows: Rows) -> NDArray[np.object_]:
        characters = self._characters[rows].copy()
        at = np.flatnonzero(codes != self.codes[rows])
        letters = letters_of(codes.take(at), self.sequences.alphabet)
        characters.put(at, _in_case_of(characters.take(at), letters))
        # Without the padding: what is made of unknown letters is the estimator's business.
        lengths, width = self.lengths[rows], codes.shape[1]
        first = np.arange(0, characters.size, width)
        if self.pad == "left":
            first += width - lengths
        text: Any = characters.tobytes()
        if not self._are_bytes:
            text = text.decode("ascii")
        ends = zip(first.tolist(), (first + lengths).tolist(), strict=True)
        strings = np.empty(len(codes), dtype=object)
        strings[:] = [text[start:stop] for start, stop in ends]
        return strings

    def with_values(self, values: NDArray[np.float32]) -> Any:
        """Return one-hot-like values (n, L, n_letters) in the form of the input.

        Where that holds integers or bools, which have no fractions, the values stay floats.
        """
        layout = self.sequences.layout
        if layout == "channels_first":
            values = np.ascontiguousarray(values.transpose(0, 2, 1))
        elif layout == "flat":
            values = values.reshape(len(values), -1)
        return in_container(values, self.container, slice(None))


def _in_case_of(there: NDArray[np.uint8], letters: bytes) -> NDArray[np.uint8]:
    """Write upper-case letters in the case of the characters that stand in their places."""
    is_lower = (there >= ord("a")) & (there <= ord("z"))
    upper, lower = (np.frombuffer(text, np.uint8) for text in (letters, letters.lower()))
    return np.where(is_lower, lower, upper)

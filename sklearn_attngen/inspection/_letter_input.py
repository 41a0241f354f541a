"""Input whose letters can be changed and handed back in the form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet, Sequences, read_sequences

from ._unwrap import alphabet_of, first_encoder


@dataclass(frozen=True)
class LetterInput:
    """Sequences read as letters, and how to give other letters the same form.

    Attributes
    ----------
    sequences : Sequences
        Of kind "letters".
    frame : type or None
        Class of the data frame the input was, if it was one: pipelines may select columns by name.
    columns : list or None
        The frame's column names.
    column_vector : bool
        Whether strings came as an array of shape (n, 1).
    """

    sequences: Sequences
    frame: type | None
    columns: list[Any] | None
    column_vector: bool

    @classmethod
    def read(cls, estimator: Any, X: Any, alphabet: str | Alphabet | None) -> LetterInput:
        """Read X as the estimator does, in its alphabet unless another one is given."""
        chosen = alphabet_of(estimator) if alphabet is None else alphabet
        encoder = first_encoder(estimator)
        length, pad = (None, "error") if encoder is None else (encoder.length_, encoder.pad)
        sequences = read_sequences(X, alphabet=chosen, length=length, pad=pad)
        is_frame = hasattr(X, "columns") and hasattr(X, "shape") and len(X.shape) == 2
        return cls(
            sequences=sequences,
            frame=type(X) if is_frame else None,
            columns=list(X.columns) if is_frame else None,
            column_vector=sequences.layout == "strings" and len(getattr(X, "shape", ())) == 2,
        )

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Codes of the letters, (n, L)."""
        codes = self.sequences.codes
        assert codes is not None  # read without kind="numeric" or "profile"
        return codes

    def with_codes(self, codes: NDArray[np.uint8]) -> Any:
        """Return sequences (n, L) in the form of the input; n may differ from the input's."""
        return self._as_input(self.sequences.restore(codes))

    def with_values(self, values: NDArray[np.float32]) -> Any:
        """Return one-hot-like values (n, L, n_letters) in the form of the input."""
        layout = self.sequences.layout
        if layout == "channels_first":
            return np.ascontiguousarray(values.transpose(0, 2, 1))
        return self._as_input(values.reshape(len(values), -1)) if layout == "flat" else values

    def _as_input(self, restored: Any) -> Any:
        if self.frame is not None:
            if restored.ndim == 1:
                restored = restored[:, None]
            if self.frame.__module__.startswith("polars"):
                return self.frame(restored, schema=self.columns, orient="row")
            return self.frame(restored, columns=self.columns)
        return restored[:, None] if self.column_vector else restored

"""The other strand, as strings."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ._alphabet import Alphabet, get_alphabet
from ._codes import require_complements
from ._containers import string_column
from ._strings import describe, encode_column


@overload
def reverse_complement(X: str, alphabet: str | Alphabet = "DNA") -> str: ...


@overload
def reverse_complement(X: Any, alphabet: str | Alphabet = "DNA") -> NDArray[np.object_]: ...


def reverse_complement(X: Any, alphabet: str | Alphabet = "DNA") -> str | NDArray[np.object_]:
    """Return the reverse complement of one sequence or of many.

    Parameters
    ----------
    X : str, or list, tuple, array or column of str
        One sequence, or sequences of any lengths.
    alphabet : str or Alphabet, default="DNA"
        An alphabet with complements: "DNA", "RNA", or one of your own.

    Returns
    -------
    sequences : str, or ndarray of shape (n_samples,), dtype=object
        A string for a string, an array for many. Ambiguity letters are complemented too (R, A or
        G, becomes Y, C or T), and the case of the letters is kept.

    Raises
    ------
    TypeError
        If `X` holds no strings.
    ValueError
        If the alphabet has no complements, or a character is no letter of it.

    Examples
    --------
    >>> from sklearn_attngen.sequences import reverse_complement
    >>> reverse_complement("AACGt")
    'aCGTT'
    >>> reverse_complement(["AAC", "RN"])
    array(['GTT', 'NY'], dtype=object)
    """
    alphabet = get_alphabet(alphabet)
    require_complements(alphabet)
    assert alphabet.complements is not None
    single = isinstance(X, str)
    column = string_column([X] if single else X)
    if column is None:
        raise TypeError(
            f"Expected sequences as strings, got {describe(X)}. Pass a string, or a list of them; "
            "inverse_transform of SequenceOneHotEncoder makes strings of one-hot columns."
        )
    rows = column.tolist() if isinstance(column, np.ndarray) else column
    encode_column(rows, alphabet, "zero")  # checks every letter
    rows = [row.decode("ascii") if isinstance(row, bytes) else row for row in rows]
    every = alphabet.letters + alphabet.ambiguous
    table = str.maketrans(
        every + every.lower(), alphabet.complements + alphabet.complements.lower()
    )
    # One pass over one string: the flipped rows come out back to front.
    flipped = "".join(rows).translate(table)[::-1]
    if single:
        return flipped
    result = np.empty(len(rows), dtype=object)
    end = len(flipped)
    for row, sequence in enumerate(rows):
        result[row] = flipped[end - len(sequence) : end]
        end -= len(sequence)
    return result

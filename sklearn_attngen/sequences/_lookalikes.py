"""Numbers that are letters in another form, and would be read as measurements without a word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._alphabet import NO_SIGNAL, Alphabet
from ._codes import codes_from_one_hot
from ._strings import BAD, code_table

# Of fewer positions measurements may look so too.
_FEWEST = 10
_FIRST = 100  # rows that are looked at first, and mostly tell


def refuse_characters(X: NDArray[Any], alphabet: Alphabet, numeric: bool) -> None:
    """Raise for the numbers of characters, such as 65 for "A", as `np.frombuffer` reads them.

    Where numbers may pass (`numeric`), measurements of that range still do as floats.
    """
    if X.dtype.kind not in "iu" or X.ndim != 2 or not len(X) or X.shape[1] < _FEWEST:
        return
    known = np.flatnonzero(np.frombuffer(code_table(alphabet), dtype=np.uint8) != BAD)
    if all(np.isin(part, known).all() for part in (X[:_FIRST], X)):
        floats = " Measurements pass as floats: np.asarray(X, dtype=float)." if numeric else ""
        raise ValueError(
            f"X holds the numbers of characters, such as {X[0, 0]} for {chr(X[0, 0])!r}. Pass the "
            f"sequences as strings: [''.join(map(chr, row)) for row in np.asarray(X)].{floats}"
        )


def refuse_another_column(X: NDArray[Any], alphabet: Alphabet, numeric: bool) -> None:
    """Raise for one-hot letters with a column before or behind them, such as an index.

    Where numbers may pass (`numeric`), categories of as many levels still do in another order.
    """
    n_letters = alphabet.n_letters
    length, rest = divmod(X.shape[1], n_letters)
    if rest != 1 or length < _FEWEST:
        return
    for place, columns in (("first", np.s_[:, 1:]), ("last", np.s_[:, :-1])):
        for part in (X[:_FIRST], X):
            codes = codes_from_one_hot(part[columns].reshape(-1, length, n_letters))
            if codes is None or (codes == NO_SIGNAL).mean() > 0.5:
                break
        else:
            name = {"first": "1:", "last": ":-1"}[place]
            order = (
                " Categories of a table pass where that column stands among theirs: "
                "np.roll(np.asarray(X), 2, axis=1)."
            )
            raise ValueError(
                f"X has {X.shape[1]} columns, and is one-hot without the {place} one, which may be "
                "an index or the labels. With it no column would be read as a letter: leave it "
                f"out, np.asarray(X)[:, {name}].{order if numeric else ''}"
            )

"""Read strings of any container into one buffer of letter codes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ._alphabet import NO_SIGNAL, Alphabet
from ._messages import bad_letter, is_missing

_BAD = 254  # code of a character that is no letter of the alphabet; never leaves this module


def encode_column(
    column: list[Any] | NDArray[Any], alphabet: Alphabet, unknown: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Encode what `string_column` returned, of equal or unequal lengths, into one buffer of codes.

    Returns the codes of all sequences, one after the other, and the length of each sequence.
    """
    if len(column) == 0:
        raise ValueError(
            "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required."
        )
    if isinstance(column, np.ndarray):
        buffer, lengths = _fixed_width_buffer(column)
        if buffer is None:
            column = column.tolist()
    if isinstance(column, list):
        column, buffer, lengths = _list_buffer(column, alphabet)
    assert buffer is not None
    if lengths.min() == 0:
        row = int(np.argmin(lengths))
        raise ValueError(
            f"The sequence in row {row} (0-based) is empty. Remove it, with its label, or supply "
            f"the sequence."
        )
    codes = buffer.translate(_table(alphabet))
    bad = codes.find(_BAD)
    if bad < 0 and unknown == "error":
        bad = codes.find(NO_SIGNAL)
    if bad >= 0:
        row = int(np.searchsorted(np.cumsum(lengths), bad, side="right"))
        position = bad - int(lengths[:row].sum())
        raise ValueError(bad_letter(chr(buffer[bad]), row, position, alphabet))
    return np.frombuffer(codes, dtype=np.uint8), lengths


def to_matrix(
    codes: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    *,
    length: int | None,
    pad: str,
    origin: str | None = None,
) -> NDArray[np.uint8]:
    """Arrange ragged codes as a matrix, padded as asked; `origin` says where `length` is from."""
    n_samples = len(lengths)
    target = length
    if target is None:
        target = int(lengths.max() if pad != "error" else lengths[0])
    wrong = lengths > target if pad != "error" else lengths != target
    if wrong.any():
        row = int(np.argmax(wrong))
        if origin is None:
            origin = f"length={length}" if length is not None else "the length of row 0"
        if lengths[row] > target:
            remedy = (
                "Sequences are never cropped silently: cut the window you mean yourself, for "
                f"example [s[:{target}] for s in X], or choose a larger length."
            )
        else:
            remedy = (
                "Cut all sequences to one length, or pad them with positions without signal: "
                "SequenceOneHotEncoder(length=..., pad='right') (or 'left') before the classifier."
            )
        raise ValueError(
            f"The sequence in row {row} (0-based) has {lengths[row]} letters, expected {target} "
            f"({origin}). {remedy}"
        )
    if (lengths == target).all():
        return codes.reshape(n_samples, target)
    columns = np.arange(target)
    first = target - lengths if pad == "left" else np.zeros_like(lengths)
    filled = (columns >= first[:, None]) & (columns < (first + lengths)[:, None])
    matrix = np.full((n_samples, target), NO_SIGNAL, dtype=np.uint8)
    matrix[filled] = codes
    return matrix


def _list_buffer(
    rows: list[Any], alphabet: Alphabet
) -> tuple[list[Any], bytearray, NDArray[np.int64]]:
    """Join a list of strings into one ASCII buffer."""
    try:
        text = "".join(rows)
    except TypeError:
        rows = _as_text(rows)
        text = "".join(rows)
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    try:
        return rows, bytearray(text, "ascii"), lengths
    except UnicodeEncodeError as error:
        row = int(np.searchsorted(np.cumsum(lengths), error.start, side="right"))
        position = error.start - int(lengths[:row].sum())
        message = bad_letter(text[error.start], row, position, alphabet)
        raise ValueError(message) from None


def _fixed_width_buffer(column: NDArray[Any]) -> tuple[bytearray | None, NDArray[np.int64]]:
    """Copy the letters of a U or S array; None if a character is not ASCII."""
    lengths = np.char.str_len(column).astype(np.int64)
    width = column.dtype.itemsize // (4 if column.dtype.kind == "U" else 1)
    if width == 0:
        return bytearray(), lengths
    if column.dtype.kind == "U":
        native = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("="))
        characters: NDArray[Any] = native.view(np.uint32)
    else:
        characters = np.ascontiguousarray(column).view(np.uint8)
    if characters.max() > 127:
        return None, lengths
    letters = characters.reshape(len(column), width).astype(np.uint8, copy=False)
    if lengths.min() < width:
        letters = letters[np.arange(width) < lengths[:, None]]
    return bytearray(letters), lengths


def _as_text(rows: list[Any]) -> list[str]:
    """Turn bytes into str; raise for the first row that is neither."""
    text = []
    for row, value in enumerate(rows):
        if isinstance(value, str):
            text.append(value)
        elif isinstance(value, bytes):
            text.append(value.decode("latin-1"))
        else:
            _raise_not_a_string(value, row)
    return text


def _raise_not_a_string(value: Any, row: int) -> NoReturn:
    if is_missing(value):
        raise ValueError(
            f"The sequence in row {row} (0-based) is missing ({value!r}). Drop such rows, with "
            f"their labels, for example with dropna(), or supply the sequence."
        )
    raise TypeError(
        f"The sequence in row {row} (0-based) is of type {type(value).__name__}, not str. Convert "
        f"every sequence to a string first, for example [str(s) for s in X]."
    )


@lru_cache(maxsize=32)
def _table(alphabet: Alphabet) -> bytes:
    """Return the code of each of the 256 bytes."""
    table = bytearray([_BAD]) * 256
    for letters, codes in (
        (alphabet.letters, range(alphabet.n_letters)),
        (alphabet.ambiguous, [NO_SIGNAL] * len(alphabet.ambiguous)),
    ):
        for letter, code in zip(letters, codes, strict=True):
            table[ord(letter)] = table[ord(letter.lower())] = code
    return bytes(table)


def describe(X: Any) -> str:
    """Say in a few words what `X` is, for error messages."""
    shape = getattr(X, "shape", None)
    dtype = getattr(X, "dtype", None)
    text = type(X).__name__
    if dtype is not None:
        text += f" of {dtype}"
    if shape is not None:
        text += f" of shape {tuple(shape)}"
    return text

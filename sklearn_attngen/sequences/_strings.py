"""Read strings of any container into one buffer of letter codes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ._alphabet import NO_SIGNAL, Alphabet
from ._messages import as_text, bad_letter, is_missing

# letters that are encoded at a time: they stay in the processor's cache
_PART = 1 << 18
_SHORT = 20  # letters of a row that a message quotes as a whole, and that "nan" may be like
BAD = 254  # code of a character that is no letter of the alphabet; never leaves this folder


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
        found = _encode_array(column, alphabet, unknown)
        # None for a character that is not ASCII: the row is named there
        codes, lengths = found or _encode_list(column.tolist(), alphabet, unknown)
    else:
        codes, lengths = _encode_list(column, alphabet, unknown)
    _refuse_text_of_missing(column, lengths)
    return codes, lengths


def characters_of(column: list[Any] | NDArray[Any]) -> NDArray[np.uint8]:
    """Return the characters of a column that `encode_column` has read, in one buffer, as bytes."""
    text = "".join(_as_text(list(column)))
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8)


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
        if length is not None and lengths[row] > target:
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


def _encode_list(
    rows: list[Any], alphabet: Alphabet, unknown: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Encode a list of strings, a part of it at a time: only the codes take memory."""
    try:
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    except TypeError:
        _as_text(rows)
        raise
    if lengths.min() == 0:
        _as_text(rows)  # an empty tuple is first of all no string
    _refuse_empty(lengths)
    codes = np.empty(lengths.sum(), dtype=np.uint8)
    end = 0
    for start, stop in _parts(lengths):
        try:
            text = "".join(rows[start:stop])
        except TypeError:
            text = "".join(_as_text(rows[start:stop], start))
        try:
            letters = text.encode("ascii")
        except UnicodeEncodeError as error:
            _raise_bad_letter(text, error.start, start, lengths, alphabet)
        begin, end = end, end + len(letters)
        codes[begin:end] = _translate(letters, start, lengths, alphabet, unknown)
    return codes, lengths


def _encode_array(
    column: NDArray[Any], alphabet: Alphabet, unknown: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """Encode a U or S array, also one that is mapped from a file; None if it is not ASCII."""
    lengths = np.char.str_len(column).astype(np.int64)
    _refuse_empty(lengths)
    unicode = column.dtype.kind == "U"
    width = column.dtype.itemsize // (4 if unicode else 1)
    codes = np.empty(lengths.sum(), dtype=np.uint8)
    end = 0
    for start, stop in _parts(lengths):
        part = np.ascontiguousarray(column[start:stop], dtype=column.dtype.newbyteorder("="))
        characters: NDArray[Any] = part.view(np.uint32 if unicode else np.uint8)
        if characters.max() > 127:
            return None
        table = characters.reshape(-1, width).astype(np.uint8, copy=False)
        if lengths[start:stop].min() < width:
            table = table[np.arange(width) < lengths[start:stop, None]]
        letters = table.tobytes()
        begin, end = end, end + len(letters)
        codes[begin:end] = _translate(letters, start, lengths, alphabet, unknown)
    return codes, lengths


def _parts(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield bounds of rows with about `_PART` letters."""
    step = max(1, int(_PART // lengths.mean()))
    for start in range(0, len(lengths), step):
        yield start, min(start + step, len(lengths))


def _translate(
    letters: bytes, start: int, lengths: NDArray[np.int64], alphabet: Alphabet, unknown: str
) -> NDArray[np.uint8]:
    """Turn the letters of the rows from `start` on into codes."""
    codes = letters.translate(code_table(alphabet))
    bad = codes.find(BAD)
    if bad < 0 and unknown == "error":
        bad = codes.find(NO_SIGNAL)
    if bad >= 0:
        _raise_bad_letter(letters.decode("latin-1"), bad, start, lengths, alphabet)
    return np.frombuffer(codes, dtype=np.uint8)


def _raise_bad_letter(
    text: str, index: int, start: int, lengths: NDArray[np.int64], alphabet: Alphabet
) -> NoReturn:
    """Raise for the letter at the index of the text, which is the rows from `start` on, joined."""
    ends = np.cumsum(lengths[start:])
    row = int(np.searchsorted(ends, index, side="right"))
    first, end = int(ends[row] - lengths[start + row]), int(ends[row])
    message = bad_letter(text[index], start + row, index - first, alphabet)
    if end - first <= _SHORT:
        message += f" The row reads {text[first:end]!r}."
    raise ValueError(message) from None


def _refuse_empty(lengths: NDArray[np.int64]) -> None:
    if lengths.min() == 0:
        row = int(np.argmin(lengths))
        raise ValueError(
            f"The sequence in row {row} (0-based) is empty. Remove it, with its label, or supply "
            f"the sequence."
        )


def _refuse_text_of_missing(column: list[Any] | NDArray[Any], lengths: NDArray[np.int64]) -> None:
    """Raise for "nan" or "None" among sequences: to DNA or to proteins its letters are sound."""
    if lengths.max() < _SHORT:
        return
    rows = np.flatnonzero((lengths == 3) | (lengths == 4)).tolist()
    for row, text in zip(rows, _as_text([column[row] for row in rows]), strict=True):
        if text in ("nan", "NaN", "None"):
            raise ValueError(
                f"The sequence in row {row} (0-based) reads '{text}', as a missing value does that "
                f"was made text. Drop such rows, with their labels, for example with dropna() "
                f"before astype(str), or supply the sequence. (As letters, they are written "
                f"'{text.upper()}'.)"
            )


def _as_text(rows: list[Any], start: int = 0) -> list[str]:
    """Turn bytes into str; raise for the first row that is neither."""
    text = []
    for row, value in enumerate(rows, start):
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
        f"every sequence to a string first, for example [{as_text(value)} for s in X]."
    )


@lru_cache(maxsize=32)
def code_table(alphabet: Alphabet) -> bytes:
    """Return the code of each of the 256 bytes."""
    table = bytearray([BAD]) * 256
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

"""The one place that checks and reads every accepted kind of input."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import check_array, validate_data

from ._alphabet import NO_SIGNAL, Alphabet, get_alphabet
from ._codes import codes_from_one_hot, first_bad_block
from ._containers import string_column, to_numeric_container
from ._lookalikes import refuse_another_column, refuse_characters
from ._sequences import Layout, Sequences
from ._strings import describe, encode_column, to_matrix

_REMEDY = (
    "Pass the sequences as strings, or one-hot encoded as by SequenceOneHotEncoder: shape "
    "(n_samples, length * {n_letters})"
)


def read_sequences(
    X: Any,
    *,
    alphabet: str | Alphabet = "DNA",
    length: int | None = None,
    pad: str = "error",
    numeric: bool = False,
    kind: Literal["letters", "numeric"] | None = None,
    layout: Layout | None = None,
    estimator: Any = None,
    reset: bool = True,
) -> Sequences:
    """Check and read sequences, in any form the package accepts, as one length.

    Parameters
    ----------
    X : list, tuple, ndarray, Series, DataFrame or tensor
        Strings: a list, a tuple, an array (object, U, S), a pandas or polars Series, a one-column
        frame. One-hot: ``(n, L * C)`` (position by position), ``(n, L, C)`` or ``(n, C, L)``, of
        any numeric dtype. Numbers: ``(n, L)``, where allowed.
    alphabet : str or Alphabet, default="DNA"
        The alphabet, see `get_alphabet`.
    length : int or None, default=None
        The length every sequence must have. None: that of the first one, or with padding that of
        the longest one.
    pad : {"error", "left", "right"}, default="error"
        What to do with shorter strings: raise, or add positions without signal on that side.
        Longer ones always raise; nothing is ever cropped.
    numeric : bool, default=False
        Whether 2-D numbers that are not one-hot may pass, as kind "numeric".
    kind : {"letters", "numeric"} or None, default=None
        None decides by content, as at fit time. "letters": what is not one-hot is a "profile" (one
        value per position and letter). "numeric": numbers, even if they look like one-hot.
    layout : str or None, default=None
        The layout of the training sequences. It decides between the orientations of a 3-D array
        whose last two axes both have the size of the alphabet; None decides by content.
    estimator : estimator or None, default=None
        Whose ``n_features_in_`` and ``feature_names_in_`` are set or checked.
    reset : bool, default=True
        Whether to set them (at fit time) or to check against them.

    Returns
    -------
    sequences : Sequences
        What was read: letter codes or numbers, and the layout they came in.

    Raises
    ------
    TypeError
        If `X` is no collection of sequences, or holds something that is neither a string nor a
        number.
    ValueError
        If the content is wrong or ambiguous. The message names row, position and remedy.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.sequences import read_sequences
    >>> read_sequences(["ACG", "TN"], pad="right").codes
    array([[  0,   1,   2],
           [  3, 255, 255]], dtype=uint8)
    >>> read_sequences(np.array([[1, 0, 0, 0, 0, 0, 0, 1]])).codes
    array([[0, 3]], dtype=uint8)
    """
    _check_choice("pad", pad, ("error", "left", "right"))
    _check_choice("kind", kind, (None, "letters", "numeric"))
    alphabet = get_alphabet(alphabet)
    column = string_column(X)
    if column is not None:
        if kind == "numeric":
            raise ValueError(
                f"{_name(estimator)} was fitted on numbers that are not about letters, and cannot "
                f"read sequences. Fit it on sequences first."
            )
        codes = to_matrix(*encode_column(column, alphabet, "zero"), length=length, pad=pad)
        _set_or_check_n_features(estimator, codes.shape[1] * alphabet.n_letters, reset, alphabet)
        return Sequences("letters", "strings", codes, None, alphabet)
    X = _as_rows(X, alphabet)
    if len(getattr(X, "shape", ())) >= 3:
        return _read_3d(X, alphabet, length, kind, layout, estimator, reset)
    return _read_2d(X, alphabet, length, kind, numeric, estimator, reset)


def read_ragged(
    X: Any, alphabet: Alphabet, fitted: Layout | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], Layout, int]:
    """Read strings of any lengths, or one-hot letters, as one buffer of codes.

    `fitted` is the layout of the training sequences, once there are any. Returns the codes of all
    sequences, their lengths, the layout of the input and its number of features (1 for a column of
    strings).
    """
    column = string_column(X)
    if column is not None:
        codes, lengths = encode_column(column, alphabet, "zero")
        return codes, lengths, "strings", 1
    sequences = read_sequences(X, alphabet=alphabet, layout=fitted)
    matrix = sequences.codes
    assert matrix is not None
    lengths = np.full(len(matrix), sequences.length, dtype=np.int64)
    n_features = sequences.length * alphabet.n_letters
    return matrix.reshape(-1), lengths, sequences.layout, n_features


def _read_2d(
    X: Any,
    alphabet: Alphabet,
    length: int | None,
    kind: str | None,
    numeric: bool,
    estimator: Any,
    reset: bool,
) -> Sequences:
    n_letters = alphabet.n_letters
    if estimator is None:
        X = check_array(X, dtype="numeric", input_name="X")
    else:
        if kind == "letters" and not reset:
            _refuse_single(X, alphabet, estimator)
        X = validate_data(estimator, X, reset=reset, dtype="numeric")
    n_samples, width = X.shape
    if kind == "numeric":
        return Sequences("numeric", "flat", None, _as_float(X)[:, :, None], alphabet)
    codes = None
    blocks = None
    if width % n_letters == 0:
        blocks = X.reshape(n_samples, width // n_letters, n_letters)
        codes = codes_from_one_hot(blocks)
    if codes is not None or kind == "letters":
        if blocks is None:
            raise ValueError(
                f"X has {width} columns, which is no multiple of the {n_letters} letters of the "
                f"{alphabet.name} alphabet. {_REMEDY.format(n_letters=n_letters)}. For other "
                f"letters pass alphabet=."
            )
        _check_length(blocks.shape[1], length)
        if codes is not None:
            if kind is None:
                _refuse_proteins(codes, alphabet)
            return Sequences("letters", "flat", codes, None, alphabet)
        _refuse_integers(blocks, alphabet)
        return Sequences("profile", "flat", None, blocks.astype(np.float32), alphabet)
    if blocks is not None and _are_codes(X, n_letters):
        turned = X.reshape(n_samples, n_letters, width // n_letters)
        if codes_from_one_hot(turned.transpose(0, 2, 1)) is not None:
            raise ValueError(
                f"X is one-hot, but letter by letter: each row is an array of shape ({n_letters}, "
                f"length) made flat. Pass the 3-D array, X3 = np.asarray(X).reshape(len(X), "
                f"{n_letters}, -1), or columns that go position by position, "
                f"X3.transpose(0, 2, 1).reshape(len(X), -1)."
            )
        if X.max() <= 1:
            raise ValueError(
                f"X holds zeros and ones that are not one-hot{first_bad_block(blocks)}. One-hot "
                "columns must all be there, in their order: of selected, sampled or shuffled ones "
                f"nothing tells the letters. {_REMEDY.format(n_letters=n_letters)}."
            )
        raise ValueError(
            f"X holds integers from 0 to {n_letters - 1}, which look like letter codes: they are "
            f"neither one-hot nor measurements. {_REMEDY.format(n_letters=n_letters)}, for example "
            f"with sequences.decode_codes(np.asarray(X).astype('uint8')) or sequences.one_hot."
        )
    refuse_characters(X, alphabet, numeric)
    refuse_another_column(X, alphabet, numeric)
    if not numeric:
        raise ValueError(
            f"Expected sequences, got {describe(X)} that is not one-hot"
            f"{first_bad_block(blocks)}. {_REMEDY.format(n_letters=n_letters)}, with zeros and "
            f"ones that sum to at most 1 at each position. For other letters than those of the "
            f"{alphabet.name} alphabet pass alphabet=."
        )
    return Sequences("numeric", "flat", None, _as_float(X)[:, :, None], alphabet)


def _read_3d(
    X: Any,
    alphabet: Alphabet,
    length: int | None,
    kind: str | None,
    fitted: Layout | None,
    estimator: Any,
    reset: bool,
) -> Sequences:
    X = check_array(X, dtype="numeric", allow_nd=True, input_name="X")
    n_letters = alphabet.n_letters
    if kind == "numeric":
        raise ValueError(
            f"{_name(estimator)} was fitted on 2-D numbers and cannot read an array of shape "
            f"{X.shape}."
        )
    views: dict[Layout, NDArray[Any]] = {}
    if X.ndim == 3 and X.shape[2] == n_letters:
        views["length_first"] = X
    if X.ndim == 3 and X.shape[1] == n_letters:
        views["channels_first"] = X.transpose(0, 2, 1)
    if not views:
        raise ValueError(
            f"A 3-D array of {alphabet.name} sequences has the shape (n_samples, length, "
            f"{n_letters}) or (n_samples, {n_letters}, length), got {X.shape}."
        )
    if fitted in views:
        others = [view for layout, view in views.items() if layout != fitted]
        views = {fitted: views[fitted]}
        if codes_from_one_hot(views[fitted]) is None and any(
            codes_from_one_hot(view) is not None for view in others
        ):
            axes = (f"length, {n_letters}", f"{n_letters}, length")
            wanted, given = axes if fitted == "length_first" else axes[::-1]
            raise ValueError(
                f"X of shape {X.shape} is one-hot if its axes are (n_samples, {given}), but "
                f"{_name(estimator)} was fitted on (n_samples, {wanted}). Pass "
                f"X.transpose(0, 2, 1)."
            )
    found = {layout: codes_from_one_hot(view) for layout, view in views.items()}
    letters = [layout for layout, codes in found.items() if codes is not None]
    candidates = letters or list(views)
    if len(candidates) > 1 and (letters or kind == "letters"):
        raise ValueError(
            f"X of shape {X.shape} can be read as (n_samples, length, {n_letters}) and as "
            f"(n_samples, {n_letters}, length). Pass the flat form, which says which: "
            f"X.reshape(len(X), -1) if the letters are on the last axis, else "
            f"X.transpose(0, 2, 1).reshape(len(X), -1)."
        )
    layout = candidates[0]
    view = views[layout]
    if not letters and kind is None:
        raise ValueError(
            f"Expected one-hot sequences, got {describe(X)} that is not one-hot"
            f"{first_bad_block(view)}. Pass zeros and ones that sum to at most 1 at each "
            f"position, or the sequences as strings."
        )
    _check_length(view.shape[1], length)
    _set_or_check_n_features(estimator, view.shape[1] * n_letters, reset, alphabet)
    if letters:
        return Sequences("letters", layout, found[layout], None, alphabet)
    _refuse_integers(view, alphabet)
    return Sequences("profile", layout, None, view.astype(np.float32, order="C"), alphabet)


def _check_length(found: int, length: int | None) -> None:
    if length is not None and found != length:
        raise ValueError(f"X holds sequences of {found} positions, expected length={length}.")


def _set_or_check_n_features(
    estimator: Any, n_features: int, reset: bool, alphabet: Alphabet
) -> None:
    """Do for strings and 3-D arrays what `validate_data` does for 2-D arrays."""
    if estimator is None:
        return
    if reset:
        estimator.n_features_in_ = n_features
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    elif hasattr(estimator, "n_features_in_") and estimator.n_features_in_ != n_features:
        n_letters = alphabet.n_letters
        raise ValueError(
            f"X has sequences of {n_features // n_letters} letters ({n_features} features), but "
            f"{_name(estimator)} was fitted on {estimator.n_features_in_ / n_letters:g} letters "
            f"({estimator.n_features_in_} features). Pass sequences of that length, or fit anew."
        )


def _as_rows(X: Any, alphabet: Alphabet) -> Any:
    """Make rows of a list one array; raise for nothing, labels, and rows of several shapes."""
    remedy = _REMEDY.format(n_letters=alphabet.n_letters)
    if X is None:
        raise ValueError(f"Expected sequences, got None. {remedy}.")
    found = describe(X)
    X = _stack(X) if isinstance(X, (list, tuple)) else to_numeric_container(X)
    if not (X if hasattr(X, "shape") else np.asarray(X)).shape:
        raise ValueError(f"Expected 2D array, got scalar array instead: {found}. {remedy}.")
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        row = np.argwhere(np.ma.getmaskarray(X))[0, 0]
        raise ValueError(
            f"Row {row} (0-based) of X has masked values, which NumPy would read as what they "
            "hide. Leave such rows out, with their labels, or fill them: "
            "np.ma.array(X).filled(0), which makes one-hot letters unknown ones."
        )
    what = f"Expected 2D array, got 1D array instead: {found}."
    # a column of polars' arrays has one dimension, and makes an array of two
    if len(getattr(X, "shape", ())) != 1 or issparse(X) or np.ndim(flat := np.asarray(X)) != 1:
        return X
    if flat.size and hasattr(flat[0], "__len__"):
        name = type(flat[0]).__name__
        raise ValueError(f"{what} Rows of {name} are made one array by np.stack(list(X)).")
    raise ValueError(
        f"{what} {remedy}. If these are labels, X and y are swapped. Reshape your data with "
        "np.reshape(X, (1, -1)) if it is a single one-hot sequence."
    )


def _stack(rows: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    """Return an array of rows, which may be lists and arrays; name the first of another shape."""
    masked = any(isinstance(row, np.ma.MaskedArray) for row in rows)  # np.asarray unmasks them
    try:
        return np.ma.asarray(rows) if masked else np.asarray(rows)
    except ValueError as error:
        shapes = [np.shape(row) for row in rows]
        wrong = next((row for row, shape in enumerate(shapes) if shape != shapes[0]), None)
        if wrong is None:
            raise
        raise ValueError(
            f"Row {wrong} (0-based) of X has the shape {tuple(shapes[wrong])}, but row 0 has "
            f"{tuple(shapes[0])}: encoded sequences must be of one length. Cut or pad them, or "
            "pass the sequences as strings, which SequenceOneHotEncoder(pad='right') pads."
        ) from error


def _refuse_single(X: Any, alphabet: Alphabet, estimator: Any) -> None:
    """Raise for a single one-hot sequence, or one letter code a position, where rows are due."""
    shape, n_features = np.shape(X), estimator.n_features_in_
    n_letters, length = alphabet.n_letters, n_features // alphabet.n_letters
    if len(shape) != 2 or shape[1] in (n_features, 1):
        return
    if sorted(shape) == sorted((n_letters, length)):
        remedy = "A single one-hot sequence needs an axis of its own: np.asarray(X)[None]."
    elif shape[1] == length:
        refuse_characters(np.asarray(X), alphabet, numeric=False)
        remedy = (
            "Of letter codes sequences.decode_codes(np.asarray(X).astype('uint8')) makes strings."
        )
    else:
        return
    raise ValueError(
        f"X has {shape[1]} features, but {_name(estimator)} is expecting {n_features} features as "
        f"input. {remedy}"
    )


def _refuse_proteins(codes: NDArray[np.uint8], alphabet: Alphabet) -> None:
    """Raise for one-hot proteins: to fewer letters, residues are stretches of one letter each."""
    stretch, rest = divmod(get_alphabet("protein").n_letters, alphabet.n_letters)
    if stretch < 2 or rest or codes.shape[1] % stretch:
        return
    for part in (codes[:100], codes):  # other sequences show in the first rows that they are
        letters = (part != NO_SIGNAL).reshape(-1, stretch).sum(axis=1, dtype=np.uint8)
        if letters.max() > 1 or letters.sum() < max(10, len(letters) / 10):
            return
    raise ValueError(
        f"X looks like one-hot proteins: read with the alphabet {alphabet.name}, it has one letter "
        f"in {stretch} positions at most. Pass alphabet='protein' here too, as to the encoder. "
        "Zeros and ones that stand for no letters, such as those of categories, would be read as "
        "letters all the same: use a classifier of tables for them."
    )


def _refuse_integers(blocks: NDArray[Any], alphabet: Alphabet) -> None:
    """Raise for integers other than 0 and 1: a profile of letters is of floats."""
    if blocks.dtype.kind not in "iu" or not (wrong := (blocks < 0) | (blocks > 1)).any():
        return
    row, position, _ = np.argwhere(wrong)[0]
    raise ValueError(
        f"X holds integers other than 0 and 1, such as {blocks[row, position].tolist()} in row "
        f"{row} at position {position} (both 0-based). Letter codes and counts are no sequences. "
        f"{_REMEDY.format(n_letters=alphabet.n_letters)}; sequences.decode_codes and "
        f"sequences.one_hot turn codes into these. Shares of the letters at each position must be "
        f"floats."
    )


def _are_codes(X: NDArray[Any], n_letters: int) -> bool:
    """Whether all values are whole numbers from 0 to n_letters - 1."""
    if X.min() < 0 or X.max() >= n_letters:
        return False
    return X.dtype.kind in "biu" or bool(np.array_equal(X, np.floor(X)))


def _as_float(X: NDArray[Any]) -> NDArray[np.floating]:
    """Return floats as they are, in the native types; whole numbers as float64."""
    small = X.dtype.kind == "f" and X.dtype.itemsize <= 4
    return X.astype(np.float32 if small else np.float64, copy=False)


def _name(estimator: Any) -> str:
    return "The estimator" if estimator is None else type(estimator).__name__


def _check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}.")

"""One-hot encoding of sequences as an ordinary scikit-learn transformer."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_array, check_is_fitted

from sklearn_attngen._validation import fit_context
from sklearn_attngen.sequences import Alphabet, decode_codes, get_alphabet, one_hot
from sklearn_attngen.sequences._blocks import encode_blocks
from sklearn_attngen.sequences._codes import codes_from_one_hot, first_bad_block
from sklearn_attngen.sequences._containers import string_column
from sklearn_attngen.sequences._strings import describe, encode_column, to_matrix


class SequenceOneHotEncoder(TransformerMixin, BaseEstimator):
    """Encode sequences of letters as one-hot columns.

    Each position becomes ``n_letters`` columns, one per residue, position by position: column
    ``i * n_letters + j`` is 1 if the letter at position ``i`` is residue ``j``. Letters without
    signal (N and the other ambiguity letters) and padding are all zeros. The result is an ordinary
    2-D matrix that every scikit-learn estimator reads.

    Parameters
    ----------
    alphabet : {"DNA", "RNA", "protein"}, str of distinct letters, or Alphabet, default="DNA"
        The letters, see `sklearn_attngen.sequences.get_alphabet`. Upper and lower case mean the
        same.
    length : int or None, default=None
        The number of letters of every sequence. None: that of the training sequences, or the
        longest of them if they are padded.
    pad : {"error", "left", "right"}, default="error"
        What to do with shorter sequences: raise an error, or add positions without signal (zeros)
        on the left or on the right. Longer sequences always raise; nothing is ever cropped.
    unknown : {"zero", "error"}, default="zero"
        What to do with ambiguity letters: encode them as zeros, or raise an error. Characters
        outside the alphabet always raise.
    dtype : dtype, default=np.uint8
        Type of the result. One byte per column is enough for zeros and ones.

    Attributes
    ----------
    length_ : int
        Number of positions.
    alphabet_ : Alphabet
        The alphabet in use.
    n_features_in_ : int
        Always 1: one column of sequences.

    See Also
    --------
    sklearn_attngen.feature_extraction.KmerVectorizer : Counts of short words, which do not depend
        on the position and need no common length.

    Notes
    -----
    Strings come as a list, a tuple, an array (object, U, S), a pandas or polars Series or a
    one-column frame; in a `ColumnTransformer` the column may be given as ``"seq"`` or ``["seq"]``.

    Examples
    --------
    >>> from sklearn_attngen.preprocessing import SequenceOneHotEncoder
    >>> encoder = SequenceOneHotEncoder().fit(["ACG", "ttN"])
    >>> encoder.transform(["ACG", "ttN"])
    array([[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
           [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]], dtype=uint8)
    >>> encoder.get_feature_names_out()[:5]
    array(['pos0_A', 'pos0_C', 'pos0_G', 'pos0_T', 'pos1_A'], dtype=object)
    >>> encoder.inverse_transform(encoder.transform(["ACG", "ttN"]))
    array(['ACG', 'TTN'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alphabet": [str, Alphabet],
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "pad": [StrOptions({"error", "left", "right"})],
        "unknown": [StrOptions({"zero", "error"})],
        "dtype": "no_validation",
    }

    def __init__(
        self,
        *,
        alphabet: str | Alphabet = "DNA",
        length: int | None = None,
        pad: str = "error",
        unknown: str = "zero",
        dtype: DTypeLike = np.uint8,
    ) -> None:
        self.alphabet = alphabet
        self.length = length
        self.pad = pad
        self.unknown = unknown
        self.dtype = dtype

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the length of the sequences.

        Parameters
        ----------
        X : list, tuple, array or column of str, of n_samples sequences
            The training sequences. All of them are checked.
        y : None
            Ignored.

        Returns
        -------
        self : SequenceOneHotEncoder
            The fitted encoder.

        Raises
        ------
        TypeError
            If `X` holds no strings.
        ValueError
            If a sequence is missing, empty, of another length, or holds a character that is not
            in the alphabet. The message names row and position.
        """
        alphabet = self._start()
        return self._finish(alphabet, self._codes(self._column(X), alphabet, self.length).shape[1])

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn the length and encode, reading the sequences once.

        Parameters
        ----------
        X : list, tuple, array or column of str, of n_samples sequences
            The training sequences.
        y : None
            Ignored.

        Returns
        -------
        X_out : ndarray of shape (n_samples, `length_` * n_letters)
            The one-hot columns.
        """
        alphabet = self._start()
        columns = self._encode(X, alphabet, self.length)
        self._finish(alphabet, columns.shape[1] // alphabet.n_letters)
        return columns

    def transform(self, X: Any) -> Any:
        """Encode sequences.

        Parameters
        ----------
        X : list, tuple, array or column of str, of n_samples sequences
            Sequences of `length_` letters, or fewer if they are padded.

        Returns
        -------
        X_out : ndarray of shape (n_samples, `length_` * n_letters)
            The one-hot columns.

        Raises
        ------
        TypeError
            If `X` holds no strings.
        ValueError
            As in `fit`.
        """
        check_is_fitted(self)
        return self._encode(X, self.alphabet_, self.length_, "the length in fit")

    def inverse_transform(self, X: Any) -> NDArray[np.object_]:
        """Turn one-hot columns back into strings.

        Parameters
        ----------
        X : array-like of shape (n_samples, `length_` * n_letters)
            One-hot columns of any numeric type.

        Returns
        -------
        sequences : ndarray of shape (n_samples,), dtype=object
            Upper-case strings of `length_` letters. Zeros become the unknown letter (``N``; ``X``
            in proteins): which ambiguity letter it was, or that it was padding, is not kept.

        Raises
        ------
        ValueError
            If `X` has another number of columns, or a position is not one-hot.
        """
        check_is_fitted(self)
        X = check_array(X, dtype="numeric", input_name="X")
        n_letters = self.alphabet_.n_letters
        if X.shape[1] != self.length_ * n_letters:
            raise ValueError(
                f"X has {X.shape[1]} columns, but this encoder writes {self.length_ * n_letters} "
                f"({self.length_} positions x {n_letters} letters)."
            )
        blocks = X.reshape(len(X), self.length_, n_letters)
        codes = codes_from_one_hot(blocks)
        if codes is None:
            raise ValueError(
                f"X is not one-hot{first_bad_block(blocks)}. Pass zeros and ones that sum to at "
                f"most 1 at each position."
            )
        return decode_codes(codes, self.alphabet_)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns: ``pos0_A``, ``pos0_C``, ...

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: the names follow from position and letter.

        Returns
        -------
        names : ndarray of shape (`length_` * n_letters,), dtype=object
            Position (0-based) and residue of each column.
        """
        check_is_fitted(self)
        letters = self.alphabet_.letters
        names = [f"pos{i}_{letter}" for i in range(self.length_) for letter in letters]
        return np.array(names, dtype=object)

    def _start(self) -> Alphabet:
        if np.dtype(self.dtype).kind not in "biuf":
            raise ValueError(f"dtype must be a real numeric type, got {self.dtype!r}.")
        return get_alphabet(self.alphabet)

    def _finish(self, alphabet: Alphabet, length: int) -> Self:
        self.alphabet_ = alphabet
        self.length_ = length
        self.n_features_in_ = 1
        return self

    def _column(self, X: Any) -> list[Any] | NDArray[Any]:
        column = string_column(X)
        if column is None:
            raise TypeError(
                f"{type(self).__name__} encodes strings, got {describe(X)}. Pass one column of "
                f"sequences such as ['ACGT', 'TTGA']; what is encoded already goes straight to the "
                f"classifier."
            )
        return column

    def _codes(
        self,
        column: list[Any] | NDArray[Any],
        alphabet: Alphabet,
        length: int | None,
        origin: str | None = None,
    ) -> NDArray[np.uint8]:
        codes, lengths = encode_column(column, alphabet, self.unknown)
        if self.length is not None:
            origin = None
        return to_matrix(codes, lengths, length=length, pad=self.pad, origin=origin)

    def _encode(
        self, X: Any, alphabet: Alphabet, length: int | None, origin: str | None = None
    ) -> NDArray[Any]:
        column = self._column(X)
        dtype = np.dtype(self.dtype)
        if dtype.kind in "biu" and dtype.itemsize == 1:
            blocks = encode_blocks(column, alphabet, self.unknown, length)
            if blocks is not None:
                return blocks.view(dtype)
        codes = self._codes(column, alphabet, length, origin)
        return one_hot(codes, alphabet.n_letters, dtype).reshape(len(codes), -1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

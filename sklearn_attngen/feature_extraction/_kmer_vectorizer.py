"""Counts of short words as an ordinary scikit-learn transformer."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_attngen._validation import fit_context
from sklearn_attngen.sequences import Alphabet, get_alphabet
from sklearn_attngen.sequences._codes import require_complements
from sklearn_attngen.sequences._read import read_ragged

from ._counting import build_vocabulary, count_kmers, kmer_names

_MAX_COLUMNS = 1 << 25


class KmerVectorizer(TransformerMixin, BaseEstimator):
    """Count the k-mers, the words of k letters, of sequences.

    Every k-mer over the alphabet has its column, whether it occurs or not, so that matrices of
    different data fit together. Overlapping windows all count. A window that holds a letter without
    signal (N, another ambiguity letter) is skipped; it is never counted as another k-mer.

    Parameters
    ----------
    k : int or (int, int), default=6
        Word length, or the smallest and the largest one, both included.
    canonical : bool, default=False
        Whether a k-mer and its reverse complement share a column, named by the one that comes first
        in the order of the alphabet. The counts then do not depend on the strand. Needs an alphabet
        with complements.
    alphabet : {"DNA", "RNA", "protein"}, str of distinct letters, or Alphabet, default="DNA"
        The letters, see `sklearn_attngen.sequences.get_alphabet`.
    binary : bool, default=False
        Whether to store 1 for every k-mer that occurs, instead of how often it does.
    dtype : dtype, default=np.float32
        Type of the counts: an integer type, float32, float64 or bool.

    Attributes
    ----------
    alphabet_ : Alphabet
        The alphabet in use.
    k_range_ : tuple of int
        The smallest and the largest word length.
    n_features_in_ : int
        1 for a column of strings, else the number of columns of the encoded sequences.

    See Also
    --------
    sklearn_attngen.preprocessing.SequenceOneHotEncoder : One column per position and letter.

    Notes
    -----
    Sequences may differ in length. One that is shorter than k gives a row of zeros; if that is true
    of all of them, `fit` raises an error. One-hot encoded sequences are accepted too, in the forms
    that the classifiers accept.

    The work is done in chunks of rows, so that the memory needed is that of the result, 8 bytes for
    each k-mer of each sequence with the default dtype (twice that, for a moment, if the lengths
    differ).

    Examples
    --------
    >>> from sklearn_attngen.feature_extraction import KmerVectorizer
    >>> vectorizer = KmerVectorizer(k=2, canonical=True)
    >>> counts = vectorizer.fit_transform(["AAAC", "GTNTT"])
    >>> vectorizer.get_feature_names_out()
    array(['AA', 'AC', 'AG', 'AT', 'CA', 'CC', 'CG', 'GA', 'GC', 'TA'],
          dtype=object)
    >>> counts.toarray()
    array([[2., 1., 0., 0., 0., 0., 0., 0., 0., 0.],
           [1., 1., 0., 0., 0., 0., 0., 0., 0., 0.]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "k": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "canonical": ["boolean"],
        "alphabet": [str, Alphabet],
        "binary": ["boolean"],
        "dtype": "no_validation",
    }

    def __init__(
        self,
        *,
        k: int | tuple[int, int] = 6,
        canonical: bool = False,
        alphabet: str | Alphabet = "DNA",
        binary: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.k = k
        self.canonical = canonical
        self.alphabet = alphabet
        self.binary = binary
        self.dtype = dtype

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and the sequences, and lay out the columns.

        Parameters
        ----------
        X : list, tuple, array or column of str, or one-hot encoded sequences
            The training sequences, n_samples of them. All of them are checked.
        y : None
            Ignored.

        Returns
        -------
        self : KmerVectorizer
            The fitted vectoriser.

        Raises
        ------
        TypeError
            If `X` is no collection of sequences.
        ValueError
            If a sequence is missing, empty, or holds a character that is not in the alphabet; if
            all sequences are shorter than the smallest k; if there are too many columns; or if
            `canonical` is set and the alphabet has no complements.
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Lay out the columns and count, reading the sequences once.

        Parameters
        ----------
        X : list, tuple, array or column of str, or one-hot encoded sequences
            The training sequences.
        y : None
            Ignored.

        Returns
        -------
        counts : csr_matrix of shape (n_samples, n_columns)
            The counts.
        """
        return self._count(*self._fit(X))

    def transform(self, X: Any) -> Any:
        """Count the k-mers of sequences.

        Parameters
        ----------
        X : list, tuple, array or column of str, or one-hot encoded sequences
            Sequences of any lengths, n_samples of them.

        Returns
        -------
        counts : csr_matrix of shape (n_samples, n_columns)
            The counts; indices sorted, no duplicates.

        Raises
        ------
        TypeError
            If `X` is no collection of sequences.
        ValueError
            If a sequence is missing, empty, or holds a character that is not in the alphabet.
        """
        check_is_fitted(self)
        codes, lengths, _, _ = read_ragged(X, self.alphabet_, self._layout)
        return self._count(codes, lengths)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns by their k-mers.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: the names are the k-mers.

        Returns
        -------
        names : ndarray of shape (n_columns,), dtype=object
            By word length, then in the order of the alphabet.
        """
        check_is_fitted(self)
        return kmer_names(self.alphabet_.letters, self._vocabulary)

    def _fit(self, X: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        _check_dtype(self.dtype)
        alphabet = get_alphabet(self.alphabet)
        smallest, largest = _k_range(self.k)
        keep_apart = "Set canonical=False to count one strand. "
        complements = require_complements(alphabet, keep_apart) if self.canonical else None
        fits = _largest_k(smallest, alphabet.n_letters)
        if largest > fits:
            raise ValueError(
                f"k={self.k} makes more than {_MAX_COLUMNS:,} words of {alphabet.n_letters} "
                f"letters, the most this vectoriser allows. Choose k up to {fits}, or hash longer "
                f"words: sklearn.feature_extraction.text.HashingVectorizer(analyzer='char', "
                f"ngram_range=({smallest}, {largest}), alternate_sign=False), which reads strings "
                f"only, counts words with ambiguity letters too and keeps the strands apart."
            )
        codes, lengths, layout, n_features = read_ragged(X, alphabet)
        if lengths.max() < smallest:
            raise ValueError(
                f"All sequences are shorter than k={smallest} (the longest has {lengths.max()} "
                f"letters), so there is nothing to count. Choose a smaller k."
            )
        self.alphabet_ = alphabet
        self.k_range_ = (smallest, largest)
        self.n_features_in_ = n_features
        self._layout = layout
        self._vocabulary = build_vocabulary(
            alphabet.n_letters, tuple(range(smallest, largest + 1)), complements
        )
        return codes, lengths

    def _count(self, codes: NDArray[np.uint8], lengths: NDArray[np.int64]) -> csr_matrix:
        return count_kmers(codes, lengths, self._vocabulary, np.dtype(self.dtype), self.binary)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _k_range(k: Any) -> tuple[int, int]:
    pair: Any = (k, k) if isinstance(k, Integral) else k
    valid = len(pair) == 2 and all(
        isinstance(v, Integral) and not isinstance(v, bool) for v in pair
    )
    if not valid or not 1 <= pair[0] <= pair[1]:
        raise ValueError(
            f"k must be a word length such as 6, or the smallest and the largest one such as "
            f"(3, 6), got {k!r}."
        )
    return int(pair[0]), int(pair[1])


def _largest_k(smallest: int, n_letters: int) -> int:
    """Return the largest word length whose columns fit, also below `smallest` if that does not."""
    k, n_columns = 0, 0
    while n_columns + n_letters ** (k + 1) <= _MAX_COLUMNS:
        k += 1
        n_columns += n_letters**k if k >= smallest else 0
    return k


def _check_dtype(dtype: DTypeLike) -> None:
    kind, size = np.dtype(dtype).kind, np.dtype(dtype).itemsize
    if kind not in "biu" and not (kind == "f" and size in (4, 8)):
        raise ValueError(f"dtype must be an integer type, float32, float64 or bool, got {dtype!r}.")

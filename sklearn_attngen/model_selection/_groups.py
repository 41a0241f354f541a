"""Groups of sequences that share long words, and folds that keep them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import (
    BaseCrossValidator,
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen._warning import warn_user
from sklearn_attngen.model_selection._inputs import number_groups
from sklearn_attngen.model_selection._labels import are_classes
from sklearn_attngen.model_selection._words import (
    connect,
    hash_words,
    link_equal,
    read_letters,
    resolve_k,
)
from sklearn_attngen.sequences import Alphabet
from sklearn_attngen.sequences._codes import strand_complements

# groups that rows without relatives make at most, for each class and fold
_BUNDLES = 100


def sequence_groups(
    X: Any,
    *,
    k: int | str = "auto",
    both_strands: bool | str = "auto",
    groups: ArrayLike | None = None,
    alphabet: str | Alphabet = "DNA",
) -> NDArray[np.int64]:
    """Group sequences that share a long word: duplicates, overlapping windows, close relatives.

    Two sequences with the same word of `k` letters anywhere, on either strand, get the same group;
    so do two that are linked through others. A classifier that is tested on relatives of what it
    was trained on looks better than it is: split by these groups.

    Parameters
    ----------
    X : list, tuple, array or column of str, of n_samples sequences, or one-hot
        The sequences, of any lengths.
    k : int or "auto", default="auto"
        Number of letters of a word. "auto" is 25 for DNA and RNA, where chance hardly ever
        repeats a word, and as rare for other alphabets (12 for proteins). Smaller finds more
        distant relatives; larger lets copies of common repeats be. Sequences shorter than a word,
        such as peptides of 9 letters, need a smaller one.
    both_strands : bool or "auto", default="auto"
        Whether a word and its reverse complement are the same; "auto": where the alphabet has
        complements, and is not RNA, which is read on one strand.
    groups : array-like of shape (n_samples,), default=None
        Groups that are known, such as genes or chromosomes. They stay together too.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default="DNA"
        The letters.

    Returns
    -------
    labels : ndarray of shape (n_samples,), dtype=int64
        The group of each sequence: 0 for that of the first, and so on as they appear.

    Raises
    ------
    TypeError
        If `X` is nothing that holds sequences, or `k` is no integer.
    ValueError
        If `X` is empty or holds numbers that are no sequences, a letter is not in the alphabet, `k`
        or `both_strands` is out of range, or `groups` has another length or a missing entry.

    Warns
    -----
    UserWarning
        If no sequence has `k` letters on end, and no `groups` are known.

    See Also
    --------
    SequenceGroupKFold : Folds that keep these groups together.
    leakage_report : What a split gives away.

    Notes
    -----
    Words with a letter that carries no signal (N) link nothing; sequences that are equal as a whole
    are always linked, however short. It takes some 55 bytes of memory a letter. Words are
    compared by numbers of 64 bits: among ten million words two different ones are taken for the
    same with a probability of a few in a million.

    Repeats (Alu in human sequences, satellites) link what has no common origin at this place, and
    one group may come to hold most of the sequences. What it means to be related is yours to say: a
    larger `k` asks for longer common stretches.

    Exact words find overlaps and recent copies. Distant homologs, proteins of one family above all,
    differ in every long word and need an alignment (MMseqs2, CD-HIT): pass its clusters as
    `groups`.

    Examples
    --------
    >>> from sklearn_attngen.model_selection import sequence_groups
    >>> sequence_groups(["ACGTACGGT", "TTTTTCCCA", "GTACGGTCA", "TGGGAAAAA"], k=6)
    array([0, 1, 0, 1])
    """
    return _find_groups(X, k, both_strands, groups, alphabet)


def _find_groups(
    X: Any,
    k: int | str,
    both_strands: bool | str,
    groups: ArrayLike | None,
    alphabet: str | Alphabet,
) -> NDArray[np.int64]:
    """Do what :func:`sequence_groups` does."""
    letters = read_letters(X, alphabet)
    n_letters = resolve_k(k, letters.alphabet)
    strands = strand_complements(both_strands, letters.alphabet) is not None
    n_samples = len(letters)
    words, rows = hash_words(letters, n_letters, strands)
    if len(words) == n_samples and groups is None:  # each row is a word of its own
        warn_user(
            f"No sequence has {n_letters} letters to compare, so that only equal ones are related. "
            "Set k to what relatives share, or pass what is known of them as groups."
        )
    links = [link_equal(words, rows)]
    if groups is not None:
        if np.shape(groups) != (n_samples,):
            raise ValueError(
                f"groups must have one entry for each of the {n_samples} sequences, got an array "
                f"of shape {np.shape(groups)}."
            )
        links.append(link_equal(number_groups(groups), np.arange(n_samples)))
    return connect(np.concatenate(links), n_samples)


class SequenceGroupKFold(BaseCrossValidator):
    """K folds that keep sequences with a long word in common on the same side.

    Groups come from :func:`sequence_groups`; whole groups go to folds, so that each fold has
    about the same number of sequences of each class.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    k : int or "auto", default="auto"
        Number of letters of a word, as in :func:`sequence_groups`.
    both_strands : bool or "auto", default="auto"
        Whether a word and its reverse complement are the same, see :func:`sequence_groups`.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default="DNA"
        The letters.
    shuffle : bool, default=False
        Whether groups that are alike go to folds in random order.
    random_state : int, RandomState instance or None, default=None
        Seed of the order, with ``shuffle=True``.

    See Also
    --------
    sequence_groups : The groups, to be looked at or merged with others.

    Notes
    -----
    With labels of classes it is scikit-learn's ``StratifiedGroupKFold``, else its ``GroupKFold``.
    The former looks at one group after the other, half a millisecond each; where many sequences
    have no relatives, it gets these in bundles, each at most two hundredths of a class in a fold.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn_attngen import make_kmer_classifier
    >>> from sklearn_attngen.datasets import load_splice_junctions
    >>> from sklearn_attngen.model_selection import SequenceGroupKFold
    >>> X, y = load_splice_junctions(return_X_y=True)
    >>> scores = cross_val_score(make_kmer_classifier(k=3), X, y, cv=SequenceGroupKFold(3))
    >>> scores.shape
    (3,)
    """

    # with metadata routing groups are passed on where there are any, as for GroupKFold
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        n_splits: int = 5,
        *,
        k: int | str = "auto",
        both_strands: bool | str = "auto",
        alphabet: str | Alphabet = "DNA",
        shuffle: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.k = k
        self.both_strands = both_strands
        self.alphabet = alphabet
        self.shuffle = shuffle
        self.random_state = random_state
        # as scikit-learn's splitters do, which check their parameters at once
        KFold(n_splits, shuffle=shuffle, random_state=random_state)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X : object
            Ignored.
        y : object
            Ignored.
        groups : object
            Ignored.

        Returns
        -------
        n_splits : int
            The number of folds.
        """
        return self.n_splits

    def split(
        self, X: Any, y: Any = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield the rows of training and test side of each fold.

        Parameters
        ----------
        X : list, tuple, array or column of str, of n_samples sequences, or one-hot
            The sequences, of any lengths.
        y : array-like of shape (n_samples,), default=None
            Class labels, which are spread evenly over the folds.
        groups : array-like of shape (n_samples,), default=None
            Groups that are known and stay together as well.

        Yields
        ------
        train : ndarray
            Rows of the training side.
        test : ndarray
            Rows of the test side.

        Raises
        ------
        TypeError
            If `y` holds both text and other labels, or as in :func:`sequence_groups`.
        ValueError
            If there are fewer groups than folds, or fewer rows of every class, a label is missing,
            scikit-learn cannot tell whether `y` holds classes, or as in :func:`sequence_groups`.

        Warns
        -----
        UserWarning
            If one group is larger than one and a half folds should be, or than 60 % of all, or as
            in :func:`sequence_groups`.
        """
        by_class = y is not None and are_classes(y)
        labels = _find_groups(X, self.k, self.both_strands, groups, self.alphabet)
        if y is not None:
            check_consistent_length(labels, y)
        self._check_sizes(np.bincount(labels), by_words=groups is None)
        # a StackingClassifier sets random_state without asking
        random = check_random_state(self.random_state) if self.shuffle else None
        if by_class:
            # as numbers, because scikit-learn 1.6 does not know the classes of all pandas types
            y = np.unique(np.asarray(y).ravel(), return_inverse=True)[1]
            labels = _bundle(labels, y, _BUNDLES * int(self.n_splits), random)
        folds = StratifiedGroupKFold if by_class else GroupKFold
        cv = folds(self.n_splits, shuffle=self.shuffle, random_state=random)
        yield from cv.split(np.zeros(len(labels)), y, labels)

    def _check_sizes(self, sizes: NDArray[np.integer], *, by_words: bool) -> None:
        """Raise where there are too few groups, and warn of one that is too large."""
        n = int(sizes.sum())
        remedy = ""
        if not by_words:
            remedy = " Known groups stay together, with all that share a word with one of them."
        elif len(sizes) < n:
            remedy = (
                f" A larger k (k={self.k!r}) links only what has longer stretches in common; equal "
                "sequences stay together."
            )
        if len(sizes) < self.n_splits:
            raise ValueError(
                f"The {n} sequences fall into {len(sizes)} group(s), fewer than the "
                f"{self.n_splits} folds. Take fewer folds.{remedy}"
            )
        if sizes.max() > min(1.5 / self.n_splits, 0.6) * n:
            warn_user(
                f"One group holds {sizes.max()} of the {n} sequences, so that the folds are of "
                f"unequal size.{remedy}"
            )


def _bundle(
    labels: NDArray[np.int64],
    classes: NDArray[np.integer],
    n_bundles: int,
    random: np.random.RandomState | None,
) -> NDArray[np.int64]:
    """Give rows without relatives common groups, at most `n_bundles` for each class."""
    bundled = labels.copy()
    single = np.bincount(labels)[labels] == 1
    first = len(labels)
    for label in range(classes.max() + 1):
        rows = np.flatnonzero(single & (classes == label))
        if len(rows) > n_bundles:
            rows = rows if random is None else random.permutation(rows)
            bundled[rows] = first + np.arange(len(rows)) % n_bundles
            first += n_bundles
    return bundled

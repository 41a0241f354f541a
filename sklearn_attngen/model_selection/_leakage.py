"""What a data set, or its split, gives away before any classifier has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import column_or_1d

from sklearn_attngen._extras import require
from sklearn_attngen.model_selection._words import (
    Letters,
    hash_rows,
    hash_words,
    link_equal,
    read_letters,
    resolve_k,
    resolve_strands,
)
from sklearn_attngen.sequences import Alphabet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["leakage_report"]

# a class with fewer rows is too small to tell anything from
_LEAST = 10
_FOLDS = 5
# standard errors above chance from which a shortcut is called one
_SURE = 4.0


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    n_rows: int
    of: int
    verdict: str
    score: float = np.nan
    chance: float = np.nan


def leakage_report(
    X: Any,
    y: ArrayLike | None = None,
    X_test: Any = None,
    y_test: ArrayLike | None = None,
    *,
    k: int | str = "auto",
    both_strands: bool | str = "auto",
    alphabet: str | Alphabet = "DNA",
) -> pd.DataFrame:
    """Look for what makes a score too good: duplicates, relatives across a split, shortcuts.

    Parameters
    ----------
    X : list, tuple, array or column of str, of n_samples sequences, or one-hot
        The sequences, of any lengths; the training rows if there are test rows.
    y : array-like of shape (n_samples,), default=None
        Class labels. Without them conflicts and shortcuts are not looked for.
    X_test : list, tuple, array or column of str, or one-hot, default=None
        Test rows. Without them only `X` is looked at.
    y_test : array-like of shape (n_test,), default=None
        Their labels.
    k : int or "auto", default="auto"
        Letters of a word that relatives share, as in :func:`sequence_groups`.
    both_strands : bool or "auto", default="auto"
        Whether a sequence and its reverse complement are the same; "auto": where the alphabet has
        complements.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default="DNA"
        The letters.

    Returns
    -------
    report : pandas.DataFrame
        One row a check, with the columns

        check : str
            - "duplicates": rows equal to an earlier one.
            - "conflicting labels": rows whose twin has another label.
            - "related rows": rows with a word in common with another row.
            - "test rows seen in training": test rows equal to a training row.
            - "test rows related to training": test rows with a word in common with a training row.
            - "label of the relative": of the line before, those whose label all related training
              rows share, so that looking it up would do.
            - "rows without letters": rows of nothing but N.
            - "unknown letters", "length", "composition": how well the share of N, the length or the
              shares of the letters alone tell the classes of `X`.
        n_rows, of : int
            How many rows, and of how many; of the last three, the rows whose class is told right.
        share : float
            Their ratio.
        score, chance : float
            Of the last three: balanced accuracy of a tree of depth 2 in 5-fold cross-validation,
            and what guessing has. NaN elsewhere.
        verdict : str
            What it means and what to do.

    Raises
    ------
    TypeError
        If `X` holds no sequences.
    ValueError
        If a letter is not in the alphabet, labels and rows differ in number, or `y_test` is given
        without `X_test` or `y`.
    ImportError
        If pandas is not installed.

    See Also
    --------
    sequence_groups : Groups of related rows.
    SequenceGroupKFold : Folds that keep them together.

    Notes
    -----
    The published sets have all of these: in `human_nontata_promoters` nearly every negative test
    window overlaps one for training, and human rows of `demo_human_or_worm` that are all N tell
    their class without a letter.

    Relatives across a split are not always wrong: whether new sequences will have relatives among
    those that are known is a question about the use. Composition is a signal as good as any, only
    that it needs no network. Distant homologs share no long word, and are not found.

    Examples
    --------
    >>> from sklearn_attngen.model_selection import leakage_report
    >>> X = ["ACGTACGTTGCA", "TTGACCATGCAA", "ACGTACGTTGCA", "CCATTGACGGAT"]
    >>> report = leakage_report(X, [0, 1, 1, 0], k=8)
    >>> report[["check", "n_rows", "of"]].head(3)
                    check  n_rows  of
    0          duplicates       1   4
    1  conflicting labels       2   4
    2        related rows       2   4
    """
    pandas = require("pandas", extra="tables", purpose="leakage_report")
    letters = read_letters(X, alphabet)
    n_letters = resolve_k(k, letters.alphabet)
    strands = resolve_strands(both_strands, letters.alphabet)
    train = Rows(letters, _labels(y, len(letters), "y"), n_letters, strands)
    findings = _within(train)
    if X_test is not None:
        letters = read_letters(X_test, alphabet)
        test = Rows(letters, _labels(y_test, len(letters), "y_test"), n_letters, strands)
        if test.labels is not None and train.labels is None:
            raise ValueError("y_test was given without y. Pass the labels of both, or of neither.")
        findings += _across(train, test)
    elif y_test is not None:
        raise ValueError("y_test was given without X_test.")
    findings += _shortcuts(train.letters, train.labels)
    report = pandas.DataFrame([vars(finding) for finding in findings])
    report.insert(3, "share", report["n_rows"] / report["of"])
    return report[["check", "n_rows", "of", "share", "score", "chance", "verdict"]]


class Rows:
    """Sequences with their labels, as a whole and as words.

    Parameters
    ----------
    letters : Letters
        The sequences.
    labels : ndarray of shape (n_sequences,) or None
        Their labels.
    k : int
        Letters of a word.
    strands : bool
        Whether reverse complements are the same.
    """

    def __init__(
        self, letters: Letters, labels: NDArray[Any] | None, k: int, strands: bool
    ) -> None:
        self.letters = letters
        self.labels = labels
        self.k = k
        self.whole = hash_rows(letters, strands)
        self.words, self.word_rows = hash_words(letters, k, strands)

    def __len__(self) -> int:
        return len(self.letters)


def _labels(y: ArrayLike | None, n_rows: int, name: str) -> NDArray[Any] | None:
    if y is None:
        return None
    labels = column_or_1d(y)
    if len(labels) != n_rows:
        raise ValueError(f"{name} has {len(labels)} labels for {n_rows} sequences.")
    return labels


def _within(rows: Rows) -> list[Finding]:
    """Look for rows of one set that belong together."""
    n = len(rows)
    _, first, twin_of = np.unique(rows.whole, return_index=True, return_inverse=True)
    n_copies = n - len(first)
    verdict = "drop the copies, or keep them on one side: sequence_groups, SequenceGroupKFold"
    findings = [Finding("duplicates", n_copies, n, verdict if n_copies else "none")]
    if rows.labels is not None:
        _, codes = np.unique(rows.labels, return_inverse=True)
        low, high = _range(codes, twin_of, len(first))
        n_conflicts = int((low < high)[twin_of].sum())
        verdict = "no classifier can be right on all of them: see which label is meant"
        findings.append(
            Finding("conflicting labels", n_conflicts, n, verdict if n_conflicts else "none")
        )
    n_related = len(np.unique(link_equal(rows.words, rows.word_rows)))
    verdict = f"no two rows share a word of {rows.k} letters"
    if n_related:
        verdict = (
            f"they share words of {rows.k} letters: split by SequenceGroupKFold, if new sequences "
            "will have no relatives here"
        )
    return [*findings, Finding("related rows", n_related, n, verdict)]


def _across(train: Rows, test: Rows) -> list[Finding]:
    """Look for test rows that training rows give away."""
    n = len(test)
    n_seen = int(np.isin(test.whole, train.whole).sum())
    known = np.isin(test.words, train.words)
    words, rows = test.words[known], test.word_rows[known]
    n_related = len(np.unique(rows))
    leak = "the score on them says little about new sequences: split again, by sequence_groups"
    none = f"none shares a word of {train.k} letters with a training row"
    findings = [
        Finding("test rows seen in training", n_seen, n, leak if n_seen else "none"),
        Finding("test rows related to training", n_related, n, leak if n_related else none),
    ]
    if train.labels is None or test.labels is None or n_related == 0:
        return findings
    # the labels of all training rows that a test row shares a word with
    classes, codes = np.unique(train.labels, return_inverse=True)
    known_words, word = np.unique(train.words, return_inverse=True)
    low, high = _range(codes[train.word_rows], word, len(known_words))
    place = np.searchsorted(known_words, words)
    low, high = _range(np.stack([low, high])[:, place], rows, n)
    alone = low == high
    n_alike = int((classes[low[alone]] == test.labels[alone]).sum())
    verdict = "all training rows that they are related to have their label: looking it up would do"
    return [*findings, Finding("label of the relative", n_alike, n_related, verdict)]


def _range(
    values: NDArray[np.integer], group: NDArray[np.integer], n_groups: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return the least and the largest value of each group; the reverse where it is empty.

    `values` are those of each member, or the least and the largest of each.
    """
    least, largest = values if values.ndim == 2 else (values, values)
    low, high = np.full(n_groups, np.iinfo(np.int64).max), np.full(n_groups, -1)
    np.minimum.at(low, group, least)
    np.maximum.at(high, group, largest)
    return low, high


def _shortcuts(letters: Letters, labels: NDArray[Any] | None) -> list[Finding]:
    """Ask what tells the classes without an order of letters."""
    n, n_letters = len(letters), letters.alphabet.n_letters
    rows = np.repeat(np.arange(n), letters.lengths)
    kind = np.minimum(letters.codes, n_letters).astype(np.int64)
    counts = np.bincount(rows * (n_letters + 1) + kind, minlength=n * (n_letters + 1))
    counts = counts.reshape(n, n_letters + 1)
    empty = counts[:, :n_letters].sum(axis=1) == 0
    verdict = "none"
    if empty.any():
        verdict = "there is nothing in them to classify: drop them"
        if labels is not None and len(of := np.unique(labels[empty])) == 1:
            verdict += (
                f" (all are of class {of.tolist()[0]!r}, so that N itself becomes a sign of it)"
            )
    findings = [Finding("rows without letters", int(empty.sum()), n, verdict)]
    if labels is None:
        return findings
    shares = counts / letters.lengths[:, None]
    for check, columns, remedy in (
        ("unknown letters", shares[:, n_letters:], "N is a sign of the class: clean both alike"),
        ("length", letters.lengths[:, None], "padding and counts give it away: cut both alike"),
        (
            "composition",
            counts[:, :n_letters] / counts[:, :n_letters].sum(axis=1, keepdims=True).clip(min=1),
            "a signal without any order: see what k-mers reach before crediting a network",
        ),
    ):
        findings.append(_tells(check, columns, labels, remedy))
    return findings


def _tells(check: str, columns: NDArray[Any], labels: NDArray[Any], remedy: str) -> Finding:
    """Measure how well a few numbers a row tell the classes."""
    n = len(labels)
    classes, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2 or sizes.min() < _LEAST:
        return Finding(check, 0, n, f"not measured: needs {_LEAST} rows of each of two classes")
    chance = 1 / len(classes)
    if (columns == columns[0]).all():
        return Finding(check, 0, n, "the same in all rows", chance, chance)
    told = cross_val_predict(
        DecisionTreeClassifier(max_depth=2, class_weight="balanced", random_state=0),
        columns,
        codes,
        cv=StratifiedKFold(_FOLDS, shuffle=True, random_state=0),
    )
    right = np.bincount(codes, weights=told == codes)
    recall = right / sizes
    score = float(recall.mean())
    # of guessing, so that a recall of 0 or 1 has an error too
    error = float(np.sqrt((chance * (1 - chance) / sizes).sum())) / len(classes)
    sure = score > chance + _SURE * error
    verdict = remedy if sure else "does not tell the classes beyond chance"
    return Finding(check, int(right.sum()), n, verdict, score, chance)

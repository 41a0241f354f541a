"""What a data set, or its split, gives away before any classifier has seen it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.model_selection._labels import is_text, read_labels
from sklearn_attngen.model_selection._shortcuts import (
    LEAST,
    Finding,
    count_letters,
    find_shortcuts,
    is_above,
)
from sklearn_attngen.model_selection._words import (
    Letters,
    are_among,
    connect,
    hash_rows,
    hash_words,
    link_equal,
    read_letters,
    resolve_k,
)
from sklearn_attngen.sequences import Alphabet
from sklearn_attngen.sequences._codes import strand_complements

if TYPE_CHECKING:
    import pandas as pd

Range = tuple[NDArray[np.integer], NDArray[np.integer]]


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
        Test rows, which are compared with `X`, not with each other. Without them only `X` is
        looked at.
    y_test : array-like of shape (n_test,), default=None
        Their labels.
    k : int or "auto", default="auto"
        Letters of a word that relatives share, as in :func:`sequence_groups`.
    both_strands : bool or "auto", default="auto"
        Whether a sequence and its reverse complement are the same; "auto": where the alphabet has
        complements, and is not RNA, which is read on one strand.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default="DNA"
        The letters.

    Returns
    -------
    report : pandas.DataFrame
        One row a check. ``print(report.to_string())`` shows all of it. Rows without letters are
        counted, and left out of everything else; letters without signal are all the same. Its
        columns:

        check : str
            - "rows without letters", "test rows without letters": nothing but N.
            - "duplicates": rows equal to an earlier one.
            - "conflicting labels": rows that are equal to one with another label.
            - "related rows": rows that share a word of `k` letters with another one, or equal it.
              Where no row is that long, the verdict says so.
            - "test rows seen in training": test rows equal to a training row.
            - "seen with another label": of these, those that no equal training row has the label
              of.
            - "test rows related to training": test rows that share a word with a training row, or
              equal one.
            - "label of the relative": of these, those whose label all related training rows have.
            - "test labels unknown in training": test rows of a class without training rows.
            - "unknown letters", "length", "composition": how well the share of N, the length or the
              shares of the letters alone tell the classes of `X`, on one row of each group of
              related rows.
        n_rows, of : Int64
            How many rows, and of how many; of the last three, the rows whose class is told right.
            Missing where nothing was counted.
        share : float
            Their ratio.
        score, chance : float
            Of the last three: balanced accuracy of a small decision tree in 5-fold
            cross-validation, and what guessing has. Of "label of the relative": how often the label
            of the relatives is right where they agree, and how often it would be if labels were
            independent. NaN elsewhere.
        verdict : str
            What it means. A score is called above chance from four standard errors on, for which
            test rows with relatives of one group count as one.

    Raises
    ------
    TypeError
        If `X` or `X_test` is nothing that holds sequences, or labels are text and numbers, in one
        of `y` and `y_test` or between them.
    ValueError
        If `X` or `X_test` is empty or holds numbers that are no sequences, a letter is not in the
        alphabet, no sequence has a letter that carries a signal, a label is missing or no class,
        labels and rows differ in number, or `y_test` is given without `X_test` or `y`.
    ImportError
        If pandas is not installed.

    See Also
    --------
    sequence_groups : Groups of related rows.
    SequenceGroupKFold : Folds that keep them together.

    Notes
    -----
    Published sets have such things: in `human_nontata_promoters` nearly every negative test window
    overlaps one for training, and in `demo_human_or_worm` hundreds of human rows are all N.

    Relatives across a split are not always wrong: whether new sequences will have relatives among
    those that are known is a question about the use. Composition is a signal as good as any, only
    that it needs no network. Distant homologs share no long word, and are not found.

    Examples
    --------
    >>> from sklearn_attngen.model_selection import leakage_report
    >>> X = ["ACGTACGTTGCA", "TTGACCATGCAA", "ACGTACGTTGCA", "CCATTGACGGAT"]
    >>> report = leakage_report(X, [0, 1, 1, 0], k=8)
    >>> print(report[["check", "n_rows", "of", "verdict"]].head(4).to_string())
                      check  n_rows  of                                             verdict
    0  rows without letters       0   4                                                none
    1            duplicates       1   4                  drop them, or keep them on one side
    2    conflicting labels       2   4          no classifier can be right on all of them
    3          related rows       2   4  equal, or 8 letters in common: SequenceGroupKFold
    """
    pandas = require("pandas", extra="tables", purpose="leakage_report")
    letters = read_letters(X, alphabet)
    n_letters = resolve_k(k, letters.alphabet)
    strands = strand_complements(both_strands, letters.alphabet) is not None
    labels = None if y is None else read_labels(y, len(letters), "y")
    if X_test is None:
        if y_test is not None:
            raise ValueError("y_test was given without X_test.")
        train = Rows(letters, labels, n_letters, strands, "X")
        findings = _within(train)
    else:
        try:
            test_letters = read_letters(X_test, alphabet)
        except (TypeError, ValueError) as error:
            raise type(error)(f"X_test: {error}") from error
        test_labels = None
        if y_test is not None:
            test_labels = read_labels(y_test, len(test_letters), "y_test")
            if labels is None:
                raise ValueError(
                    "y_test was given without y. Pass the labels of both, or of neither."
                )
            if is_text(labels) != is_text(test_labels):
                raise TypeError(
                    f"y holds labels like {labels.tolist()[0]!r} and y_test like "
                    f"{test_labels.tolist()[0]!r}. Write both as text or both as numbers."
                )
        train = Rows(letters, labels, n_letters, strands, "X")
        test = Rows(test_letters, test_labels, n_letters, strands, "X_test")
        findings = _within(train) + _across(train, test)
    if train.labels is not None:
        codes = np.unique(train.labels, return_inverse=True)[1]
        findings += find_shortcuts(train.letters, codes, train.groups)
    report = pandas.DataFrame([vars(finding) for finding in findings])
    report = report.astype({"n_rows": "Int64", "of": "Int64"})
    share = (report["n_rows"] / report["of"]).astype("Float64").to_numpy(float, na_value=np.nan)
    report.insert(3, "share", share)
    return report[["check", "n_rows", "of", "share", "score", "chance", "verdict"]]


class Rows:
    """Sequences that have letters, with their labels, as a whole and as words.

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
    name : str
        What the sequences were passed as.
    """

    def __init__(
        self, letters: Letters, labels: NDArray[Any] | None, k: int, strands: bool, name: str
    ) -> None:
        real = np.any(count_letters(letters)[:, :-1] > 0, axis=1)
        if not real.any():
            raise ValueError(f"No sequence of {name} has a letter that carries a signal.")
        self.n_all = len(letters)
        self.empty_labels = None if labels is None else labels[~real]
        self.letters = letters.take(real)
        self.labels = None if labels is None else labels[real]
        self.k = k
        self.whole = hash_rows(self.letters, strands)
        self.words, self.word_rows = hash_words(self.letters, k, strands)
        self.links = link_equal(self.words, self.word_rows)

    def __len__(self) -> int:
        return len(self.letters)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The group of related rows that each row is in."""
        return connect(self.links, len(self))


def _unrelated(*sides: Rows) -> str:
    """Say what it means that no row has a relative."""
    if all(len(rows.words) > len(rows) for rows in sides):  # each row is a word of its own
        return "none"
    return f"no row has {sides[0].k} letters to compare: set k"


def _empty(rows: Rows, check: str) -> Finding:
    """Count rows of nothing but N, and see whether they are all of one class."""
    n_empty = rows.n_all - len(rows)
    verdict = "nothing to classify: drop them" if n_empty else "none"
    if n_empty >= LEAST and rows.empty_labels is not None and rows.labels is not None:
        of = np.unique(rows.empty_labels).tolist()
        chance = float(np.mean(rows.labels == of[0]))
        if len(of) == 1 and is_above(1.0, chance, np.array([n_empty])):
            verdict = f"all of class {of[0]!r}: N tells the class"
    return Finding(check, n_empty, rows.n_all, verdict)


def _within(rows: Rows) -> list[Finding]:
    """Look for rows of one set that belong together."""
    n = len(rows)
    _, first, twin_of = np.unique(rows.whole, return_index=True, return_inverse=True)
    n_copies = n - len(first)
    verdict = "drop them, or keep them on one side" if n_copies else "none"
    findings = [_empty(rows, "rows without letters"), Finding("duplicates", n_copies, n, verdict)]
    if rows.labels is not None:
        _, codes = np.unique(rows.labels, return_inverse=True)
        low, high = _range((codes, codes), twin_of, len(first))
        n_conflicts = int((low < high)[twin_of].sum())
        verdict = "no classifier can be right on all of them" if n_conflicts else "none"
        findings.append(Finding("conflicting labels", n_conflicts, n, verdict))
    n_related = len(np.unique(rows.links))
    verdict = _unrelated(rows)
    if n_related:
        verdict = f"equal, or {rows.k} letters in common: SequenceGroupKFold"
    return [*findings, Finding("related rows", n_related, n, verdict)]


def _across(train: Rows, test: Rows) -> list[Finding]:
    """Look for test rows that training rows give away."""
    n = len(test)
    seen = np.isin(test.whole, train.whole)
    n_seen = int(seen.sum())
    shared = are_among(train.words, test.words)
    words, word_rows = train.words[shared], train.word_rows[shared]
    known = are_among(test.words, words)
    n_related = len(np.unique(test.word_rows[known]))
    copied = "the score on them says nothing" if n_seen else "none"
    related = "a leak, unless new rows have relatives too" if n_related else _unrelated(train, test)
    findings = [
        _empty(test, "test rows without letters"),
        Finding("test rows seen in training", n_seen, n, copied),
        Finding("test rows related to training", n_related, n, related),
    ]
    if train.labels is None or test.labels is None:
        return findings
    classes, codes = np.unique(np.concatenate([train.labels, test.labels]), return_inverse=True)
    codes, test_codes = codes[: len(train)], codes[len(train) :]
    # equal rows and their label as one number
    whole = np.unique(np.concatenate([train.whole, test.whole]), return_inverse=True)[1]
    labelled = whole * len(classes) + np.concatenate([codes, test_codes])
    same = np.isin(labelled[len(train) :], labelled[: len(train)])
    n_conflicts = int(np.count_nonzero(seen & ~same))
    verdict = "no classifier can be right on both" if n_conflicts else "none"
    findings.insert(2, Finding("seen with another label", n_conflicts, n_seen, verdict))
    if n_related:
        asked = test.words[known], test.word_rows[known], n
        low, high = _looked_up(words, word_rows, codes, *asked)
        alone = low == high
        groups = _looked_up(words, word_rows, train.groups, *asked)[0][alone]
        labels = low[alone], test_codes[alone]
        findings.append(_relatives(*labels, len(np.unique(groups)), n_related, len(classes)))
    n_unknown = int(np.count_nonzero(~np.isin(test_codes, codes)))
    verdict = "no classifier can name their class" if n_unknown else "none"
    return [*findings, Finding("test labels unknown in training", n_unknown, n, verdict)]


def _relatives(
    given: NDArray[np.integer],
    true: NDArray[np.integer],
    n_groups: int,
    n_related: int,
    n_classes: int,
) -> Finding:
    """Compare labels with those that all relatives of a row have.

    Rows with relatives of one group are likely to have one label: they tell no more than one row.
    """
    check = "label of the relative"
    n_right = int((given == true).sum())
    if n_groups < LEAST:
        return Finding(check, n_right, n_related, "too few to tell")
    score = n_right / len(given)
    shares = [np.bincount(labels, minlength=n_classes) / len(given) for labels in (given, true)]
    chance = float(shares[0] @ shares[1])
    above = is_above(score, chance, np.array([n_groups]))
    verdict = "looking it up would do" if above else "not surely above chance"
    return Finding(check, n_right, n_related, verdict, score, chance)


def _looked_up(
    keys: NDArray[Any],
    rows: NDArray[np.integer],
    codes: NDArray[np.integer],
    wanted: NDArray[Any],
    wanted_rows: NDArray[np.integer],
    n: int,
) -> Range:
    """Return the least and the largest label that training rows have under the keys of a row.

    Of n rows, of which `wanted_rows` ask for `wanted` keys; what is not there says nothing.
    """
    known, place = np.unique(keys, return_inverse=True)
    low, high = _range((codes[rows], codes[rows]), place, len(known))
    there = are_among(wanted, known)
    place = np.searchsorted(known, wanted[there])
    return _range((low[place], high[place]), wanted_rows[there], n)


def _range(values: Range, group: NDArray[np.integer], n_groups: int) -> Range:
    """Return the least and the largest of the ranges of each group; the reverse where empty."""
    low, high = np.full(n_groups, np.iinfo(np.int64).max), np.full(n_groups, -1)
    np.minimum.at(low, group, values[0])
    np.maximum.at(high, group, values[1])
    return low, high

"""What tells the classes of sequences without any order of letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from sklearn_attngen.model_selection._words import Letters

# a class with fewer rows is too small to tell anything from
LEAST = 10
# standard errors above chance from which a figure is above it
SURE = 4.0
_FOLDS = 5
# part of a class that a leaf of the tree holds at least, so that it asks for no single number
_LEAF = 0.05
# part of the way from chance to certainty below which a shortcut is a small one
_SMALL = 0.1


@dataclass(frozen=True)
class Finding:
    """One line of the report; None is what was not counted."""

    check: str
    n_rows: int | None
    of: int
    verdict: str
    score: float = np.nan
    chance: float = np.nan


def find_shortcuts(
    letters: Letters, codes: NDArray[np.integer], groups: NDArray[np.integer]
) -> list[Finding]:
    """Ask how well N, length and composition tell the classes, on one row of each group.

    Relatives on both sides of a fold would tell each other's class by anything they share.
    """
    if len(np.unique(codes)) < 2:
        checks = ("unknown letters", "length", "composition")
        return [Finding(check, None, len(codes), "there is one class only") for check in checks]
    first = np.unique(groups, return_index=True)[1]
    counts = count_letters(letters)[first]
    lengths, codes = letters.lengths[first, None], codes[first]
    n_letters = letters.alphabet.n_letters
    known = counts[:, :n_letters]
    return [
        _tells("unknown letters", counts[:, n_letters:] / lengths, codes, "N tells the class"),
        _tells("length", lengths, codes, "length tells the class: cut both alike"),
        _tells(
            "composition",
            known / known.sum(axis=1, keepdims=True),
            codes,
            "no order needed: compare with k-mers",
        ),
    ]


def count_letters(letters: Letters) -> NDArray[np.int64]:
    """Count each letter of each row; the last column counts what carries no signal."""
    n, n_letters = len(letters), letters.alphabet.n_letters
    rows = np.repeat(np.arange(n), letters.lengths)
    kind = np.minimum(letters.codes, n_letters).astype(np.int64)
    counts = np.bincount(rows * (n_letters + 1) + kind, minlength=n * (n_letters + 1))
    return counts.reshape(n, n_letters + 1)


def is_above(score: float, chance: float, n: NDArray[np.integer]) -> bool:
    """Say whether a mean of recalls, of so many rows each, is surely above chance."""
    # the error of guessing, so that a recall of 0 or 1 has one too
    error = float(np.sqrt((chance * (1 - chance) / n).sum())) / len(n)
    return score > chance + SURE * error


def _tells(check: str, columns: NDArray[Any], codes: NDArray[np.integer], meaning: str) -> Finding:
    """Measure how well a few numbers a row tell the classes that have enough rows."""
    sizes = np.bincount(codes)
    enough = np.flatnonzero(sizes >= LEAST)
    if len(enough) < 2:
        return Finding(check, None, len(codes), "too few unrelated rows to tell")
    left_out = np.count_nonzero(sizes) - len(enough)
    beside = f" (but for {left_out} rare classes)" if left_out else ""
    measured = np.isin(codes, enough)
    columns, codes, sizes = columns[measured], codes[measured], sizes[enough]
    chance = 1 / len(enough)
    if (columns == columns[0]).all():
        return Finding(check, None, len(codes), f"the same in all rows{beside}", chance, chance)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=max(4, 2 * len(enough)),
        min_samples_leaf=LEAST // 2,
        min_weight_fraction_leaf=_LEAF / len(enough),
        class_weight="balanced",
        random_state=0,
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    right = cross_val_predict(tree, columns, codes, cv=folds) == codes
    score = float(np.mean([right[codes == code].mean() for code in enough]))
    verdict = "not surely above chance"
    if is_above(score, chance, sizes):
        small = score - chance < _SMALL * (1 - chance)
        verdict = "tells a little of the class" if small else meaning
    return Finding(check, int(right.sum()), len(codes), f"{verdict}{beside}", score, chance)

"""Row 12: groups of sequences that share a word on either strand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import sequences
from benchmarks.speed._table import Result
from sklearn_attngen.model_selection import sequence_groups

K = 25
TURNED = str.maketrans("ACGT", "TGCA")


def _related(settings: Settings) -> NDArray[np.object_]:
    """Draw strings, every fifth of which overlaps the one before it by half, turned."""
    X = sequences(settings.rows(20_000, 200), settings.letters(), settings.seed)
    for i in range(4, len(X), 5):
        half = len(X[i]) // 2
        X[i] = X[i][:half] + X[i - 1][half:].translate(TURNED)[::-1]
    return X


def groups(settings: Settings) -> Callable[[], Any]:
    X = _related(settings)
    return lambda: sequence_groups(X, k=K)


def dictionary_of_words(settings: Settings) -> Callable[[], Any]:
    X = _related(settings).tolist()

    def link() -> Any:
        first: dict[str, int] = {}
        links = []
        for row, text in enumerate(X):
            turned = text.translate(TURNED)[::-1]
            for i in range(len(text) - K + 1):
                end = len(text) - i
                word = min(text[i : i + K], turned[end - K : end])
                links.append((first.setdefault(word, row), row))
        one, other = np.array(links).T
        graph = coo_matrix((np.ones(len(one)), (one, other)), shape=(len(X), len(X)))
        return connected_components(graph, directed=False)[1]

    return link


def _same_groups(ours: Any, rival: Any) -> None:
    pairs = np.unique(np.stack([ours, rival]), axis=1)
    assert pairs.shape[1] == ours.max() + 1 == rival.max() + 1


def group_rows(settings: Settings) -> list[Result]:
    comparison = Comparison(
        "12",
        "groups of sequences with a word in common",
        groups,
        "a dictionary of words in plain Python",
        dictionary_of_words,
        equal=_same_groups,
    )
    return [compare(comparison, settings)]

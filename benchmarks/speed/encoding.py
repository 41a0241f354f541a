"""Row 1, strings to one-hot, and row 2, strings to k-mer counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import OneHotEncoder

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._memory import measure_peak
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import sequences
from benchmarks.speed._table import Result
from sklearn_attngen import KmerVectorizer, SequenceOneHotEncoder

K, LARGEST_K = 6, 8
MEMORY_LIMIT = 1e9


def _strings(settings: Settings) -> NDArray[np.object_]:
    return sequences(settings.rows(75_000, 200), settings.letters(), settings.seed)


def encoder(settings: Settings) -> Callable[[], Any]:
    X = _strings(settings)
    fitted = SequenceOneHotEncoder().fit(X[:1])
    return lambda: fitted.transform(X)


def copied_bytes(settings: Settings) -> Callable[[], Any]:
    return encoder(settings)().copy


def tangermeme_strings(settings: Settings) -> Callable[[], Any]:
    import torch
    from tangermeme.utils import one_hot_encode

    X = _strings(settings).tolist()
    return lambda: torch.stack([one_hot_encode(x) for x in X])


def sklearn_one_hot(settings: Settings) -> Callable[[], Any]:
    X = _strings(settings).tolist()
    categories = [list("ACGT")] * len(X[0])
    fitted = OneHotEncoder(categories=categories, sparse_output=False, dtype=np.uint8)
    fitted.fit(np.array([list(X[0])]))
    return lambda: fitted.transform(np.array(X).view("U1").reshape(len(X), -1))


def _same_array(ours: Any, rival: Any) -> None:
    np.testing.assert_array_equal(ours, rival)


def _same_one_hot(ours: Any, rival: Any) -> None:
    np.testing.assert_array_equal(ours.reshape(len(ours), -1, 4).transpose(0, 2, 1), rival.numpy())


def kmer_counts(settings: Settings) -> Callable[[], Any]:
    X = _strings(settings)
    fitted = KmerVectorizer(k=K).fit(X[:1])
    return lambda: fitted.transform(X)


def largest_kmer_counts(settings: Settings) -> Callable[[], Any]:
    X = _strings(settings)
    fitted = KmerVectorizer(k=LARGEST_K).fit(X[:1])
    return lambda: fitted.transform(X)


def count_vectorizer(settings: Settings) -> Callable[[], Any]:
    X = _strings(settings)
    names = KmerVectorizer(k=K).fit(X[:1]).get_feature_names_out().tolist()
    fitted = CountVectorizer(
        analyzer="char", ngram_range=(K, K), lowercase=False, vocabulary=names, dtype=np.float32
    )
    return lambda: fitted.transform(X)


def tangermeme_kmers(settings: Settings) -> Callable[[], Any]:
    from tangermeme.kmers import kmers

    encode = tangermeme_strings(settings)
    return lambda: kmers(encode(), K)


def _same_counts(ours: Any, rival: Any) -> None:
    assert ours.shape == rival.shape
    assert (ours != rival).nnz == 0


def _same_counts_in_its_order(ours: Any, rival: Any) -> None:
    """Compare with a table whose columns count the first letter fastest."""
    columns = np.arange(4**K).reshape([4] * K).transpose().ravel()
    assert ours.shape == tuple(rival.shape)
    for start in range(0, len(rival), 1_000):
        rows = slice(start, start + 1_000)
        np.testing.assert_array_equal(ours[rows].toarray(), rival[rows].numpy()[:, columns])


ONE_HOT, COUNTS = "strings to one-hot", f"strings to {K}-mer counts"
COMPARISONS = [
    Comparison(
        "1",
        ONE_HOT,
        encoder,
        "tangermeme one_hot_encode, string by string",
        tangermeme_strings,
        as_fast=20,
        equal=_same_one_hot,
        needs="tangermeme",
    ),
    Comparison(
        "1", ONE_HOT, encoder, "OneHotEncoder", sklearn_one_hot, as_fast=20, equal=_same_array
    ),
    Comparison(
        "1", ONE_HOT, encoder, "copying the output", copied_bytes, costs=3, equal=_same_array
    ),
    Comparison(
        "2",
        COUNTS,
        kmer_counts,
        "CountVectorizer",
        count_vectorizer,
        as_fast=20,
        equal=_same_counts,
    ),
    Comparison(
        "2",
        COUNTS,
        kmer_counts,
        "tangermeme kmers",
        tangermeme_kmers,
        equal=_same_counts_in_its_order,
        needs="tangermeme",
    ),
]


def one_hot_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS if each.row == "1"]


def kmer_rows(settings: Settings) -> list[Result]:
    results = [compare(each, settings) for each in COMPARISONS if each.row == "2"]
    if settings.peaks and not settings.quick:
        peak = measure_peak(largest_kmer_counts, settings).total
        results.append(
            Result(
                "2",
                f"strings to {LARGEST_K}-mer counts, memory",
                ours_peak=peak,
                target="< 1 GB",
                met=peak < MEMORY_LIMIT,
            )
        )
    return results

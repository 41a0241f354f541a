"""Input that does not fit into memory as a whole: mapped files, and chunks."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder

LENGTH = 100


def network(**parameters: Any) -> AttnGenClassifier:
    """Small, so that what grows with the rows is seen."""
    small = {"n_filters": 2, "kernel_size": 3, "n_layers": 0, "n_heads": 1, "device": "cpu"}
    return AttnGenClassifier(**small, **parameters, random_state=0)


def strings(n: int, seed: int = 0) -> list[str]:
    """Random DNA."""
    letters = np.random.default_rng(seed).choice(list("ACGT"), (n, LENGTH))
    return ["".join(row) for row in letters]


@pytest.mark.parametrize("form", ["S", "one_hot"])
def test_a_mapped_array_is_read_like_one_in_memory(form: str, tmp_path: Path) -> None:
    """Strings of fixed width or one-hot columns in a file, in whole and in slices, read-only."""
    X = strings(60)
    y = np.arange(60) % 2
    held = np.array(X, dtype="S") if form == "S" else SequenceOneHotEncoder().fit_transform(X)
    np.save(tmp_path / "X.npy", held)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = network(max_epochs=2).fit(X, y).predict_proba(X)
    found = network(max_epochs=2).fit(mapped, y).predict_proba(mapped)
    np.testing.assert_array_equal(found, expected)
    in_slices, in_lists = network(), network()
    for start in range(0, 60, 20):
        part = slice(start, start + 20)
        in_slices.partial_fit(mapped[part], y[part], classes=[0, 1])
        in_lists.partial_fit(X[part], y[part], classes=[0, 1])
    np.testing.assert_array_equal(in_slices.predict_proba(mapped), in_lists.predict_proba(X))


def test_chunks_leave_nothing_behind() -> None:
    """What partial_fit keeps does not grow with the calls, beyond a line of history each."""
    estimator, chunk, y = network(), strings(300), np.arange(300) % 2
    tracemalloc.start()
    kept = []
    for _ in range(2):  # the first calls also fill what torch keeps for its own objects
        for _ in range(10):
            estimator.partial_fit(chunk, y, classes=[0, 1])
        gc.collect()
        kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert kept[1] - kept[0] < 2 * 300 * LENGTH  # of ten chunks


def test_a_fit_copies_its_rows_once() -> None:
    """Codes of one byte a letter, and no second copy for the batches or for saliency_."""
    n = 20_000
    X, y = strings(n), np.arange(n) % 2
    estimator = network(max_epochs=1, batch_size=100)
    estimator.fit(X[:300], y[:300])
    tracemalloc.start()
    estimator.fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # some arrays of the targets and weights, of 8 bytes a row each, come on top
    assert peak < 2.0 * n * LENGTH

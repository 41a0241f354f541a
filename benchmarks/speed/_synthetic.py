"""Random DNA: what is fast does not depend on which letters there are."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed._settings import Settings
from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.sequences import one_hot, read_sequences

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
# rows that are drawn at a time, so that drawing takes little memory beside its result
CHUNK = 20_000


def sequences(n: int, length: int, seed: int = 0) -> NDArray[np.object_]:
    """Draw n strings of uniform letters."""
    rng = np.random.default_rng(seed)
    X = np.empty(n, dtype=object)
    for start in range(0, n, CHUNK):
        rows = min(CHUNK, n - start)
        letters = LETTERS[rng.integers(0, 4, (rows, length), dtype=np.uint8)]
        text = letters.tobytes().decode("ascii")
        X[start : start + rows] = [text[i : i + length] for i in range(0, len(text), length)]
    return X


def labels(X: NDArray[np.object_]) -> NDArray[np.int64]:
    """Call a sequence 1 where more than half of the second half's letters are G or C."""
    tails = (x[len(x) // 2 :] for x in X)
    return np.array([2 * (x.count("G") + x.count("C")) > len(x) for x in tails]).astype(np.int64)


def channels_first(X: NDArray[np.object_]) -> NDArray[np.float32]:
    """Encode strings as float32 (n, 4, L), what a bare network reads."""
    codes = read_sequences(X).codes
    assert codes is not None
    return np.ascontiguousarray(one_hot(codes, dtype=np.float32).transpose(0, 2, 1))


def fitted(settings: Settings) -> AttnGenClassifier:
    """Return a classifier that was trained a little: speed does not depend on the weights."""
    return _fitted(settings.letters(), settings.seed)


@cache
def _fitted(length: int, seed: int) -> AttnGenClassifier:
    X = sequences(512, length, seed + 1)
    return AttnGenClassifier(n_estimators=1, max_epochs=2, random_state=seed).fit(X, labels(X))

"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline

import sklearn_attngen

# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"

QUICK: dict[str, Any] = {
    "n_filters": 16,
    "n_layers": 1,
    "kernel_size": 7,
    "batch_size": 20,
    "max_epochs": 12,
    "learning_rate": 0.02,
    "n_estimators": 1,
    "random_state": 0,
}
# Enough to be masked and to differ from what was drawn at first; two networks answer together.
SHORT: dict[str, Any] = QUICK | {"max_epochs": 3, "n_estimators": 2}
# Every estimator on strings, for tests/test_common_*.py. Called late: networks load torch.
MAKE: dict[str, Callable[[], Any]] = {
    "attngen": lambda: sklearn_attngen.AttnGenClassifier(**SHORT),
    "cnn": lambda: sklearn_attngen.CNNClassifier(**SHORT),
    "kmers": lambda: sklearn_attngen.make_kmer_classifier(k=(2, 4), C=1.0),
    "encoded": lambda: make_pipeline(MAKE["encoder"](), MAKE["attngen"]()),
    "encoder": lambda: sklearn_attngen.SequenceOneHotEncoder(),
    "vectorizer": lambda: sklearn_attngen.KmerVectorizer(k=3),
}
NETS = ["attngen", "cnn"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests: one that begins last is all that runs, and other cores wait."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real sequences that is too large for the repository; skips where it is absent."""
    folder = os.environ.get("SKLEARN_ATTNGEN_DATA", "")
    if not folder or not Path(folder).is_dir():
        # the data lie outside of the repository, which holds 1 MB of them at most
        pytest.skip("needs the folder of real sequences that SKLEARN_ATTNGEN_DATA names")
    return Path(folder)


def plant(n_samples: int, length: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw sequences; every second one holds TATAAT somewhere, and is called "yes"."""
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("ACGT"), (n_samples, length))
    for row in range(1, n_samples, 2):
        start = rng.integers(length - 6)
        letters[row, start : start + 6] = list("TATAAT")
    X = np.array(["".join(row) for row in letters], dtype=object)
    return X, np.array(["no", "yes"])[np.arange(n_samples) % 2]


@pytest.fixture(scope="session")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Eighty sequences of 24 nt (object array) and their labels "no" and "yes"."""
    return plant(80)


@pytest.fixture(scope="session")
def planted_again() -> tuple[np.ndarray, np.ndarray]:
    """Other sequences of the same kind."""
    return plant(60, seed=1)


@pytest.fixture(scope="session")
def planted_many() -> tuple[np.ndarray, np.ndarray]:
    """Enough other sequences of the same kind to learn the motif well."""
    return plant(300, seed=2)


@pytest.fixture(scope="session")
def planted_test() -> tuple[np.ndarray, np.ndarray]:
    """Enough other sequences of the same kind for a measurement: 600 of them."""
    return plant(600, seed=3)


@pytest.fixture
def quick() -> dict[str, Any]:
    """Parameters with which a single network learns the planted sequences quickly."""
    return dict(QUICK)


def output(estimator: Any, X: Any) -> np.ndarray:
    """Probabilities of a classifier, columns of a transformer."""
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    values = estimator.transform(X)
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


@pytest.fixture(scope="module")
def fitted(planted: tuple[np.ndarray, np.ndarray]) -> Callable[[str], Any]:
    """Give the fitted estimator of a name in MAKE; it is fitted once and must not be changed."""
    done: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in done:
            done[name] = MAKE[name]().fit(*planted)
        return done[name]

    return get

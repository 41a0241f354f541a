"""Row 6, predict_proba against the bare network, and row 9, a search in two processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import channels_first, fitted, labels, sequences
from benchmarks.speed._table import Result
from sklearn_attngen import AttnGenClassifier

# positions of a batch of the bare network, twice as many as in predict_proba
POSITIONS = 2**16
FOLDS = 4


def probabilities(settings: Settings) -> Callable[[], Any]:
    X = sequences(settings.rows(100_000, 300), settings.letters(), settings.seed)
    classifier = fitted(settings)
    return lambda: classifier.predict_proba(X)


def bare_forward(settings: Settings) -> Callable[[], Any]:
    """Ask the network for rows that are already there as float32."""
    X = sequences(settings.rows(100_000, 300), settings.letters(), settings.seed)
    module, x = fitted(settings).module_, torch.from_numpy(channels_first(X))

    def forward() -> Any:
        with torch.inference_mode():
            parts = [module(part) for part in x.split(max(1, POSITIONS // x.shape[2]))]
            return torch.cat(parts).softmax(1).numpy()

    return forward


def _close(ours: Any, rival: Any) -> None:
    np.testing.assert_allclose(ours, rival, atol=1e-5)


def parallel_search(settings: Settings) -> Callable[[], Any]:
    return _search(settings, n_jobs=2, threads=1)


def serial_search(settings: Settings) -> Callable[[], Any]:
    return _search(settings, n_jobs=1, threads=1)


def threaded_search(settings: Settings) -> Callable[[], Any]:
    return _search(settings, n_jobs=1, threads=2)


def _search(settings: Settings, n_jobs: int, threads: int) -> Callable[[], Any]:
    X = sequences(settings.rows(2_000, 80), settings.letters(), settings.seed)
    y = labels(X)
    search = GridSearchCV(
        AttnGenClassifier(
            n_estimators=1, max_epochs=1 if settings.quick else 8, random_state=settings.seed
        ),
        {"mask_fraction": [0.0, 0.15]},
        cv=StratifiedKFold(2 if settings.quick else FOLDS),
        n_jobs=n_jobs,
        refit=False,
    )

    def run() -> Any:
        with _torch_threads(threads):
            return search.fit(X, y).cv_results_["mean_test_score"]

    return run


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    """Give torch so many threads, here and in processes that are started."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with parallel_config("loky", inner_max_num_threads=threads):
            yield
    finally:
        torch.set_num_threads(before)


PROBABILITIES = Comparison(
    "6",
    "predict_proba from strings",
    probabilities,
    "bare network in inference mode, on float32",
    bare_forward,
    costs=1.10,
    equal=_close,
    note="the bare network's input, four times four bytes a letter, is there before the run and "
    "not in its peak.",
)
SEARCHES = [
    Comparison(
        "9",
        "GridSearchCV, 8 fits, n_jobs=2",
        parallel_search,
        "serial, one thread",
        serial_search,
        as_fast=1.8,
        equal=_close,
        peaks=False,
    ),
    Comparison(
        "9",
        "GridSearchCV, 8 fits, n_jobs=2",
        parallel_search,
        "serial, two threads",
        threaded_search,
        as_fast=1.0,
        peaks=False,
    ),
]


def prediction_rows(settings: Settings) -> list[Result]:
    return [compare(PROBABILITIES, settings)]


def search_rows(settings: Settings) -> list[Result]:
    if (os.cpu_count() or 1) < 2:
        return [Result("9", SEARCHES[0].what, skipped="this machine has one core")]
    return [compare(each, settings) for each in SEARCHES]

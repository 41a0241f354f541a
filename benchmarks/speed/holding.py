"""Row 10: the memory of a fit, as a multiple of the bytes of the strings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline

from benchmarks.speed._memory import measure_peak
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import labels, sequences
from benchmarks.speed._table import Result
from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder

N, CHUNK = 1_000_000, 10_000
STRINGS_LIMIT, PIPELINE_LIMIT = 3.0, 6.0
# what the memory of chunks may grow by when there are ten times as many, in bytes of the strings
CONSTANT = 0.05
NOTE = (
    "peak beyond the strings, which are there before, in multiples of their letters (one byte "
    "each); a small network, so that what grows with the rows is seen."
)


def _rows(settings: Settings) -> int:
    return settings.rows(N, 2_000)


def _network(settings: Settings) -> AttnGenClassifier:
    return AttnGenClassifier(
        n_filters=4,
        kernel_size=3,
        n_layers=0,
        n_heads=1,
        batch_size=1024,
        max_epochs=1,
        device="cpu",
        random_state=settings.seed,
    )


def _data(settings: Settings) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    X = sequences(_rows(settings), settings.letters(), settings.seed)
    return X, labels(X)


def fit_strings(settings: Settings) -> Callable[[], Any]:
    X, y = _data(settings)
    return lambda: _network(settings).fit(X, y).predict_proba(X[:100])


def fit_pipeline(settings: Settings) -> Callable[[], Any]:
    X, y = _data(settings)
    pipeline = make_pipeline(SequenceOneHotEncoder(), _network(settings))
    return lambda: pipeline.fit(X, y).predict_proba(X[:100])


def fit_chunks(settings: Settings) -> Callable[[], Any]:
    """Train on an iterator of chunks of strings, which are made as they are asked for."""
    length = settings.letters()

    def chunks() -> Iterator[Any]:
        for start in range(0, _rows(settings), CHUNK):
            n = min(CHUNK, _rows(settings) - start)
            yield sequences(n, length, settings.seed + start)

    return lambda: _train_on(chunks(), settings)


def fit_mapped(settings: Settings) -> Callable[[], Any]:
    """Train on slices of a one-hot array in a file."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "one_hot.npy"
    n, length = _rows(settings), settings.letters()
    written = np.lib.format.open_memmap(path, "w+", np.uint8, (n, length * 4))
    encoder = SequenceOneHotEncoder().fit(sequences(1, length))
    for start in range(0, n, CHUNK):
        part = sequences(min(CHUNK, n - start), length, settings.seed + start)
        written[start : start + CHUNK] = encoder.transform(part)
    written.flush()
    del written

    def run() -> Any:
        mapped = np.load(path, mmap_mode="r")
        result = _train_on((mapped[i : i + CHUNK] for i in range(0, n, CHUNK)), settings)
        folder.cleanup()
        return result

    return run


def _train_on(chunks: Iterator[Any], settings: Settings) -> Any:
    network = _network(settings)
    for chunk in chunks:
        y = np.arange(len(chunk)) % 2
        network.partial_fit(chunk, y, classes=[0, 1])
    return network


def memory_rows(settings: Settings) -> list[Result]:
    if settings.quick:
        np.testing.assert_array_equal(fit_strings(settings)(), fit_pipeline(settings)())
        what = "fit from strings and through the one-hot Pipeline"
        return [Result("10", what, checked="equal")]
    results = []
    n_bytes = _rows(settings) * settings.letters()
    size = f"{_rows(settings):,} x {settings.letters()}"
    for what, candidate, limit in (
        (f"fit from strings, {size}", fit_strings, STRINGS_LIMIT),
        (f"fit through the one-hot Pipeline, {size}", fit_pipeline, PIPELINE_LIMIT),
    ):
        peak = measure_peak(candidate, settings).total
        multiple = peak / n_bytes
        results.append(
            Result(
                "10",
                what,
                "the letters",
                ratio=multiple,
                factor="times the bytes",
                ours_peak=peak,
                rival_peak=n_bytes,
                target=f"<= {limit:g}x bytes",
                met=multiple <= limit,
                note=NOTE,
            )
        )
    fewer = replace(settings, n=_rows(settings) // 10)
    for what, candidate in (
        ("partial_fit on an iterator of chunks", fit_chunks),
        ("partial_fit on a memory-mapped array", fit_mapped),
    ):
        # pages of a mapped file count as a process's memory, though nothing needs them
        peaks = [measure_peak(candidate, each).anonymous for each in (fewer, settings)]
        grown = (peaks[1] - peaks[0]) / (0.9 * n_bytes)
        results.append(
            Result(
                "10",
                f"{what}, {size}",
                "a tenth of the rows",
                ratio=grown,
                factor="bytes a letter",
                ours_peak=peaks[1],
                rival_peak=peaks[0],
                target=f"<= {CONSTANT:g} bytes a letter",
                met=grown <= CONSTANT,
            )
        )
    return results

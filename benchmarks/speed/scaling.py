"""How cost grows with the number and with the length of the sequences."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.speed._comparison import Candidate
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import labels, sequences
from benchmarks.speed.answering import probabilities
from benchmarks.speed.encoding import encoder, kmer_counts
from benchmarks.speed.explaining import default_saliency, exact_mutagenesis
from sklearn_attngen import AttnGenClassifier

NUMBERS = (1_000, 10_000, 100_000, 1_000_000)
LENGTHS = (60, 200, 1_000, 5_000)
LENGTH, NUMBER = 200, 1_000
QUICK_NUMBERS, QUICK_LENGTHS = (50, 100), (30, 60)
QUICK_LENGTH, QUICK_NUMBER = 40, 20
# mutants are many: fewer sequences of them
FEWER = {"mutagenesis": 100}


@dataclass(frozen=True)
class Growth:
    """The time of one step at one size.

    ``order`` is the exponent of the growth since the size before: 1 where twice the work takes
    twice the time.
    """

    step: str
    n: int
    length: int
    seconds: float | None
    ns_per_letter: float | None
    order: float | None


def one_epoch(settings: Settings) -> Callable[[], Any]:
    assert settings.n is not None
    X = sequences(settings.n, settings.letters(), settings.seed)
    y = labels(X)
    y[:2] = 0, 1
    return lambda: AttnGenClassifier(n_estimators=1, max_epochs=1, random_state=settings.seed).fit(
        X, y
    )


STEPS: dict[str, Candidate] = {
    "one-hot": encoder,
    "k-mers": kmer_counts,
    "fit, one epoch": one_epoch,
    "predict_proba": probabilities,
    "saliency": default_saliency,
    "mutagenesis": exact_mutagenesis,
}


def measure_growth(settings: Settings, steps: Sequence[str], budget: float) -> list[Growth]:
    """Time every step at growing sizes, as long as one is expected to take less than a budget."""
    numbers, lengths = (QUICK_NUMBERS, QUICK_LENGTHS) if settings.quick else (NUMBERS, LENGTHS)
    length, number = (QUICK_LENGTH, QUICK_NUMBER) if settings.quick else (LENGTH, NUMBER)
    results = []
    for step in steps:
        few = FEWER.get(step, 1)
        by_number = [(max(2, n // few), length) for n in numbers]
        by_length = [(max(2, number // few), each) for each in lengths]
        for sizes in (by_number, by_length):
            results += _series(step, sizes, settings, budget)
    return results


def _series(
    step: str, sizes: Sequence[tuple[int, int]], settings: Settings, budget: float
) -> list[Growth]:
    results: list[Growth] = []
    last: tuple[float, float] | None = None
    for n, length in sizes:
        work = float(n * length)
        if last is not None and last[0] * work / last[1] > budget:
            results.append(Growth(step, n, length, None, None, None))
            continue
        run = STEPS[step](replace(settings, n=n, length=length))
        seconds = _fastest(run)
        order = None
        if last is not None and work != last[1]:
            order = math.log(seconds / last[0]) / math.log(work / last[1])
        results.append(Growth(step, n, length, seconds, seconds / work * 1e9, order))
        last = seconds, work
    return results


def _fastest(run: Callable[[], Any], enough: float = 2.0, most: int = 5) -> float:
    """Return the least of a few runs: short ones are disturbed most."""
    times: list[float] = []
    gc.collect()
    while len(times) < 2 or (sum(times) < enough and len(times) < most):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
        if times[0] > enough:
            break
    return min(times)


def print_growth(results: Sequence[Growth]) -> None:
    """Print one line for each step and size."""
    print(f"{'step':15} {'n':>10} {'L':>6} {'seconds':>10} {'ns a letter':>12} {'growth':>7}")
    for each in results:
        size = f"{each.step:15} {each.n:>10,} {each.length:>6,}"
        if each.seconds is None or each.ns_per_letter is None:
            print(f"{size} {'left out: longer than --budget':>31}")
            continue
        order = "" if each.order is None else f"n^{each.order:.2f}"
        print(f"{size} {each.seconds:>10.4g} {each.ns_per_letter:>12.4g} {order:>7}")

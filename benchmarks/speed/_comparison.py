"""Ours and a rival, run in turns in one process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.speed._memory import measure_peak
from benchmarks.speed._settings import Settings
from benchmarks.speed._table import Result

Candidate = Callable[[Settings], Callable[[], Any]]

FEWEST_PAIRS = 3
# a comparison that has its fewest pairs and has taken this long, in seconds, ends
LONG = 60.0


@dataclass(frozen=True)
class Comparison:
    """Two candidates for one task, and what is asked of them.

    Parameters
    ----------
    row : str
        Where the row stands in the table.
    what : str
        The task, in words.
    ours, rival : callable
        Candidates: functions of module level, so that another process finds them.
    name : str
        Of the rival.
    as_fast : float or None
        Target: how many times as fast as the rival ours is to be, at least.
    costs : float or None
        Target: how many times the rival's time ours may take, at most.
    equal : callable or None
        Raises AssertionError where the results of ours and of the rival differ.
    checked : str
        What ``equal`` finds the results to be.
    share : callable or None
        Given the settings, the share of our sequences that the rival is run on; its time and
        memory are those of the share, and its time is scaled.
    needs : str or None
        Package that the rival is in.
    peaks : bool
        Whether memory is worth a comparison.
    note : str
        What the reader of the figures has to know.
    """

    row: str
    what: str
    ours: Candidate
    name: str
    rival: Candidate
    as_fast: float | None = None
    costs: float | None = None
    equal: Callable[[Any, Any], None] | None = None
    checked: str = "equal"
    share: Callable[[Settings], float] | None = None
    needs: str | None = None
    peaks: bool = True
    note: str = ""

    @property
    def target(self) -> str:
        """The target in words."""
        if self.as_fast is not None:
            return f">= {self.as_fast:g}x as fast"
        return "" if self.costs is None else f"<= {self.costs:g}x cost"


def missing(package: str | None) -> str:
    """Say how to get a package that is not there."""
    if package is None or find_spec(package) is not None:
        return ""
    return f"{package} is not installed: pip install 'sklearn-attngen[bench]'"


def paired(
    ours: Callable[[], Any],
    rival: Callable[[], Any],
    repeats: int,
    check: Callable[[Any, Any], None] | None = None,
) -> tuple[list[float], list[float]]:
    """Time two functions in turns, each pair in the other order than the one before.

    A first pair is run for its results and, unless it is long, not counted: it loads libraries and
    fills caches.
    """
    first = [_timed(ours), _timed(rival)]
    if check is not None:
        check(first[0][1], first[1][1])
    times: list[tuple[float, float]] = []
    if first[0][0] + first[1][0] > LONG / 2:
        times.append((first[0][0], first[1][0]))
    del first
    gc.collect()
    start = time.perf_counter()
    while len(times) < repeats:
        if len(times) >= FEWEST_PAIRS and time.perf_counter() - start > LONG:
            break
        if len(times) % 2:
            b, a = _timed(rival)[0], _timed(ours)[0]
        else:
            a, b = _timed(ours)[0], _timed(rival)[0]
        times.append((a, b))
    return [pair[0] for pair in times], [pair[1] for pair in times]


def compare(comparison: Comparison, settings: Settings) -> Result:
    """Measure one comparison; with ``settings.quick`` only check that the results are equal."""
    row, what, rival_name = comparison.row, comparison.what, comparison.name
    if skipped := missing(comparison.needs):
        return Result(row, what, rival_name, skipped=f"{rival_name}: {skipped}")
    if settings.quick and comparison.equal is None:
        reason = f"{rival_name}: nothing to be equal, only times"
        return Result(row, what, rival_name, skipped=reason)
    ours, rival = comparison.ours(settings), comparison.rival(settings)
    if settings.quick:
        assert comparison.equal is not None
        comparison.equal(ours(), rival())
        return Result(row, what, rival_name, target=comparison.target, checked=comparison.checked)
    times, its_times = paired(ours, rival, settings.repeats, comparison.equal)
    del ours, rival
    scale = 1.0 if comparison.share is None else 1 / comparison.share(settings)
    a, b = np.array(times), np.array(its_times) * scale
    ratio = float(np.median(a / b if comparison.costs is not None else b / a))
    met = None
    if comparison.as_fast is not None:
        met = ratio >= comparison.as_fast
    elif comparison.costs is not None:
        met = ratio <= comparison.costs
    peaks: list[float | None] = [None, None]
    if settings.peaks and comparison.peaks:
        sides = (comparison.ours, comparison.rival)
        peaks = [measure_peak(side, settings).total for side in sides]
    note = comparison.note
    if scale != 1:
        note = f"{rival_name} ran on 1 of {scale:g} sequences; its time is scaled. {note}".strip()
    return Result(
        row,
        what,
        rival_name,
        ours_seconds=float(np.median(a)),
        rival_seconds=float(np.median(b)),
        ratio=ratio,
        factor="times the cost" if comparison.costs is not None else "times as fast",
        pairs=len(times),
        ours_peak=peaks[0],
        rival_peak=peaks[1],
        target=comparison.target,
        met=met,
        checked=comparison.checked if comparison.equal is not None else "",
        note=note,
    )


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result

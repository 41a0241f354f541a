"""Row 11: what an import costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from benchmarks.speed._memory import ROOT, child_environment
from benchmarks.speed._settings import Settings
from benchmarks.speed._table import Result

LIMIT = 1.5
CODE = """
import sys, time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start, "torch" in sys.modules)
"""


def _import_seconds(module: str, settings: Settings) -> tuple[float, bool]:
    """Import a module in a fresh process; return the time of the import, and if torch came."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)],
        cwd=ROOT,
        env=child_environment(settings.threads),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, torch = done.stdout.split()
    return float(seconds), torch == "True"


def import_rows(settings: Settings) -> list[Result]:
    what, rival = "import sklearn_attngen", "import sklearn.base"
    _, torch = _import_seconds("sklearn_attngen", settings)
    if torch:
        raise AssertionError("import sklearn_attngen imports torch.")
    if settings.quick:
        return [Result("11", what, rival, checked="no torch")]
    _import_seconds("sklearn.base", settings)
    pairs = [
        (
            _import_seconds("sklearn_attngen", settings)[0],
            _import_seconds("sklearn.base", settings)[0],
        )
        for _ in range(settings.repeats)
    ]
    ours, its = np.array(pairs).T
    ratio = float(np.median(ours / its))
    return [
        Result(
            "11",
            what,
            rival,
            ours_seconds=float(np.median(ours)),
            rival_seconds=float(np.median(its)),
            ratio=ratio,
            factor="times the cost",
            pairs=len(pairs),
            target=f"<= {LIMIT:g}x cost",
            met=ratio <= LIMIT,
            checked="no torch",
            note="in fresh processes, without the start of Python.",
        )
    ]

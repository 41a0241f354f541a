"""The peak memory of a candidate, in a process of its own."""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.speed._settings import Settings

ROOT = Path(__file__).parents[2]
SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Peak:
    """How much memory a run took at most beyond what its process held before it, in bytes.

    ``anonymous`` leaves out the pages of files that are mapped, which the system takes back when it
    needs them. It is sampled, and NaN where the system does not tell.
    """

    total: float
    anonymous: float


def child_environment(threads: int) -> dict[str, str]:
    """Return the environment of a child process: as many threads, the same packages."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": path}


def measure_peak(candidate: Callable[[Settings], Any], settings: Settings) -> Peak:
    """Run a candidate in a fresh process and return the growth of its memory."""
    name = f"{candidate.__module__}:{candidate.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed._memory", name, json.dumps(asdict(settings))],
        cwd=ROOT,
        env=child_environment(settings.threads),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed in its own process:\n{done.stderr}")
    return Peak(**json.loads(done.stdout.splitlines()[-1]))


class _Sampler(threading.Thread):
    """Remembers the highest anonymous memory of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = float("nan")
        self.ended = threading.Event()

    def run(self) -> None:
        """Sample until told to end."""
        self.highest = _status("RssAnon")
        while not self.ended.wait(SAMPLE_SECONDS):
            self.highest = max(self.highest, _status("RssAnon"))


def _status(field: str) -> float:
    """Return a field of Linux's account of this process, in bytes; NaN elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((float(x.split()[1]) * 1024 for x in lines if x.startswith(field)), float("nan"))


def _highest() -> float:
    """Return the most memory that this process has held, in bytes."""
    linux = _status("VmHWM")
    if linux == linux:
        return linux
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _settle() -> float:
    """Give back what is free, and return the memory that is held now, from where peaks count."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except (AttributeError, OSError):
        return _highest()  # then only what exceeds the peak of the preparation is seen
    return _status("VmRSS")


def main(name: str, settings: Settings) -> Peak:
    """Run a candidate here: once at a small size, which loads its libraries, then measured."""
    import torch

    torch.set_num_threads(settings.threads)
    module, function = name.split(":")
    candidate = getattr(importlib.import_module(module), function)
    candidate(replace(settings, quick=True, n=None))()
    run = candidate(settings)
    before, anonymous = _settle(), _status("RssAnon")
    sampler = _Sampler()
    sampler.start()
    result = run()
    sampler.ended.set()
    sampler.join()
    del result
    return Peak(max(0.0, _highest() - before), max(0.0, sampler.highest - anonymous))


if __name__ == "__main__":
    print(json.dumps(asdict(main(sys.argv[1], Settings(**json.loads(sys.argv[2]))))))

"""The rows of the table, printed and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "skorch", "tangermeme", "captum")
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")


@dataclass(frozen=True)
class Result:
    """One row: ours, a rival, and what the target says of them.

    ``ratio`` is the median of the ratios of paired runs: the rival's time by ours where ``factor``
    is "times as fast", ours by the rival's where it is "times the cost". Seconds are medians, a
    rival's on fewer sequences scaled to ours. Peaks are bytes beyond what was held before the run.
    ``checked`` says what the results of both were found to be.
    """

    row: str
    what: str
    rival: str = ""
    ours_seconds: float | None = None
    rival_seconds: float | None = None
    ratio: float | None = None
    factor: str = ""
    pairs: int = 0
    ours_peak: float | None = None
    rival_peak: float | None = None
    target: str = ""
    met: bool | None = None
    checked: str = ""
    note: str = ""
    skipped: str = ""


def print_table(results: Sequence[Result]) -> None:
    """Print all rows, and below them their notes."""
    head = [
        "row",
        "what",
        "ours",
        "rival",
        "its time",
        "ratio",
        "peak MB",
        "target",
        "met",
        "results",
    ]
    lines = [head] + [_cells(result) for result in results if not result.skipped]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    for result in results:
        if result.skipped:
            print(f"{result.row}: skipped, {result.skipped}")
    notes = dict.fromkeys(f"{result.row}: {result.note}" for result in results if result.note)
    if notes:
        print("\n" + "\n".join(notes))


def _cells(result: Result) -> list[str]:
    sign = {"times as fast": "x as fast", "times the cost": "x cost"}
    ratio = "-" if result.ratio is None else f"{result.ratio:.3g} {sign.get(result.factor, '')}"
    peaks = " / ".join(
        "-" if peak is None else f"{peak / 1e6:.0f}"
        for peak in (result.ours_peak, result.rival_peak)
    )
    met = {True: "yes", False: "NO", None: "-"}[result.met]
    return [
        result.row,
        result.what,
        _seconds(result.ours_seconds),
        result.rival,
        _seconds(result.rival_seconds),
        ratio.strip(),
        peaks if peaks != "- / -" else "-",
        result.target or "-",
        met,
        result.checked or "-",
    ]


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 0.1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value:.0f} s"


def write_json(path: Path, results: Sequence[Result], settings: dict[str, Any]) -> None:
    """Write the rows with the settings, the versions and the kind of machine."""
    content = {
        "machine": machine(),
        "versions": {name: _version(name) for name in PACKAGES},
        "settings": settings,
        "rows": [asdict(result) for result in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, Any]:
    """Return the kind of machine: cores, processor, and instructions that matter to torch."""
    facts: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    flags = set(facts.get("flags", "").split())
    return {
        "processor": facts.get("model name", platform.processor()),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

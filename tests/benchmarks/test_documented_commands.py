"""What the documentation tells a reader to run is there, with the options that it names."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", flags=re.DOTALL)
COMMAND = re.compile(r"`[^`]*?\bbenchmarks(?:\.(\w+))?(\s[^`]*)?`")
LINE = re.compile(r"^[^#\n]*python -m benchmarks(?:\.(\w+))?([^#\n]*)", flags=re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Return the module and the options of each measurement that a page names, as code or block."""
    found = set()
    for page in (REPOSITORY / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        shell = "\n".join(block for kind, block in BLOCK.findall(text) if kind in ("", "sh"))
        for module, options in [*COMMAND.findall(BLOCK.sub("", text)), *LINE.findall(shell)]:
            found.add((module or "__main__", " ".join(options.split())))
    return sorted(found)


class _UnderstoodError(Exception):
    """Ends a program that has understood its options."""


@pytest.mark.parametrize(("module", "options"), commands())
def test_commands_of_the_documentation_are_understood(
    module: str, options: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measurement that a page names has the options, classifiers and parameters named there."""
    measurement = importlib.import_module(f"benchmarks.{module}")
    arguments = shlex.split(options.replace("NAME=VALUE", "n_estimators=1"))
    arguments = [str(folder) if word == "FOLDER" else word for word in arguments]
    ends: tuple[Any, str] = (argparse.ArgumentParser, "parse_args")
    if hasattr(measurement, "changed"):  # after options: classifiers with their parameters
        ends = (measurement, "changed")
        monkeypatch.setenv("SKLEARN_ATTNGEN_DATA", str(folder))
    if hasattr(measurement, "read"):  # of which the files of a test hold too few rows
        monkeypatch.setattr(measurement, "read", lambda names, _: {name: {} for name in names})
    understand = getattr(*ends)

    def stop(*args: Any) -> None:
        understand(*args)
        raise _UnderstoodError

    monkeypatch.setattr("sys.argv", [module, *arguments])
    monkeypatch.setattr(*ends, stop)
    with pytest.raises(_UnderstoodError):
        measurement.main()

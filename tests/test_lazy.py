"""Names that are imported when they are first used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def test_a_broken_dependency_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes an AttributeError for a missing name, and keeps quiet about what it says."""
    folder = tmp_path / "attngen_lazy"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from sklearn_attngen._lazy import attach\n"
        "__getattr__, __dir__ = attach(__name__, {'Name': '._module'})\n"
    )
    (folder / "_module.py").write_text("import sys\nsys.attngen_absent\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "attngen_lazy", raising=False)
    with pytest.raises(ImportError, match=r"attngen_lazy\.Name cannot .*attngen_absent"):
        exec("from attngen_lazy import Name")

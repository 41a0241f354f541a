"""Optional dependencies: what is not installed, and what is and does not work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sklearn_attngen._extras import require


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages can be written that are importable for one test."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("attngen_extra", "attngen_extra.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_module_is_returned() -> None:
    """Submodules too."""
    assert require("json.decoder", extra="none", purpose="this") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["attngen_extra", "attngen_extra.part"])
def test_what_is_not_installed_is_called_that(module: str) -> None:
    """With the extra that brings it."""
    with pytest.raises(
        ImportError, match=r"^Drawing needs attngen_extra, .*not installed.*attngen\[plot\]"
    ):
        require(module, extra="plot", purpose="Drawing")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("import attngen_absent", "No module named 'attngen_absent'"),
        ("from json import attngen_absent", "cannot import name 'attngen_absent'"),
        ("raise ImportError('DLL load failed')", "DLL load failed"),
        ("", "No module named 'attngen_extra.part'"),
    ],
)
def test_what_is_broken_is_not_called_missing(packages: Path, content: str, reason: str) -> None:
    """Installing the extra again would not help; the reason is named."""
    (packages / "attngen_extra").mkdir()
    (packages / "attngen_extra" / "__init__.py").write_text(content)
    with pytest.raises(
        ImportError, match=f"installed but cannot be imported: .*{reason}"
    ) as caught:
        require("attngen_extra.part", extra="plot", purpose="Drawing")
    assert "attngen[plot]" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ImportError)

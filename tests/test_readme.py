"""README and documentation are true: their code runs, their commands and links are there."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

import sklearn_attngen

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def run_blocks(page: Path, *, at_least: int) -> dict[str, Any]:
    """Run the Python blocks of a page one after the other, as a reader types them in."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= at_least
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)
    return names


def fit_quickly(monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> None:
    """Have networks that are made without other words be single ones, a third of the time."""
    for name in ("AttnGenClassifier", "CNNClassifier"):
        kind = getattr(sklearn_attngen, name)
        quick = functools.partial(kind, n_estimators=1, **parameters)
        monkeypatch.setattr(sklearn_attngen, name, quick)


@pytest.mark.slow
def test_code_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of README run, only with short fits of single, small networks."""
    fit_quickly(monkeypatch, max_epochs=3, n_filters=16)
    names = run_blocks(REPOSITORY / "README.md", at_least=2)
    shown = capsys.readouterr().out
    assert float(re.search(r"test accuracy ([\d.]+)", shown).group(1)) > 0.6
    assert names["saliency"].shape[1] == 60
    assert len(names["results"]) == 9


@pytest.mark.slow
def test_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of the user guide run with small networks, and what they write is there."""
    monkeypatch.chdir(tmp_path)
    fit_quickly(monkeypatch, n_filters=32)
    names = run_blocks(REPOSITORY / "docs" / "guide.md", at_least=10)
    assert names["classifier"].score(names["X_test"], names["y_test"]) > 0.95
    found = set(names["motifs"]["consensus"])
    assert {"GATTACA", "CCGTGAA"} <= found
    curve = names["curve"]
    assert curve.area["random"] - curve.area["top"] > 0.2
    for name in ("letters.png", "motifs.meme", "report.html"):
        assert (tmp_path / name).stat().st_size > 0, name


def test_the_start_page_shows_the_code_of_readme() -> None:
    """Which runs above."""
    start = (REPOSITORY / "docs" / "index.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", start, re.DOTALL)
    assert block in README


def test_make_targets_exist() -> None:
    """Every ``make`` command that README and CONTRIBUTING name is a target."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    text = README + (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_documentation_work(page: Path) -> None:
    """Pages, figures and sections that a page points to are there."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        name, _, section = link.partition("#")
        if "://" in link:
            continue
        target = page.parent / name if name else page
        assert target.exists(), link
        if section:
            text = target.read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]
            assert section in slugs, link

"""The README is true: its code runs, its commands and links are there."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

import sklearn_attngen

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_code_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks run one after the other, as a reader types them in, only with short fits."""
    for name in ("AttnGenClassifier", "CNNClassifier"):
        short = functools.partial(getattr(sklearn_attngen, name), max_epochs=3)
        monkeypatch.setattr(sklearn_attngen, name, short)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    shown = capsys.readouterr().out
    assert float(re.search(r"test accuracy ([\d.]+)", shown).group(1)) > 0.6
    assert names["saliency"].shape[1] == 60
    assert len(names["results"]) == 9


def test_make_targets_exist() -> None:
    """Every ``make`` command that README and CONTRIBUTING name is a target."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    text = README + (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_to_files_work() -> None:
    """Files that the README points to are in the repository."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (REPOSITORY / link).exists(), link


PAGES = sorted((REPOSITORY / "docs").glob("*.md"))


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

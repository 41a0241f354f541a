"""The website: every public name in its API reference, once, and settings that hold anywhere."""

import importlib
import os
import re
import runpy
import sys
from pathlib import Path

import pytest

import sklearn_attngen

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"
SECTION = re.compile(r"\.\. currentmodule:: (\S+)\n\n\.\. autosummary::\n.*?\n\n(.*?)```", re.S)
LISTED = {name: names.split() for name, names in SECTION.findall(PAGE.read_text("utf-8"))}
FOLDER = Path(sklearn_attngen.__file__).parent
CONF = runpy.run_path(str(PAGE.with_name("conf.py")))
PACKAGES = [f"sklearn_attngen.{x}" for x in sklearn_attngen.__all__ if (FOLDER / x).is_dir()]


def test_every_package_is_listed():
    assert sorted(LISTED) == sorted(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_listed(package):
    assert LISTED[package] == list(importlib.import_module(package).__all__)


def test_examples_show_no_folder_of_the_machine_that_built_them():
    """They print where they write."""
    script = PAGE.parents[1] / "examples" / "plot_explain.py"
    (folder,) = CONF["_arguments"](None, {"src_file": str(script)})
    assert folder == os.path.join("..", "docs", "_build", "examples", "plot_explain")


def test_notebooks_leave_the_arguments_of_jupyter_alone(monkeypatch):
    """The examples would take them for their own and refuse them."""
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher.py", "-f", "kernel.json"])
    exec(CONF["sphinx_gallery_conf"]["first_notebook_cell"], {})
    assert sys.argv == ["ipykernel_launcher.py"]


@pytest.mark.parametrize("folder", [FOLDER, PAGE.parent])
def test_pages_hold_no_formula(folder):
    """To show one a page would load a script from the network."""
    paths = [*folder.rglob("*.py"), *folder.glob("*.md")]
    assert paths
    assert [p.name for p in paths if re.search(r":math:|\{math\}", p.read_text("utf-8"))] == []

"""The package as a thing to install: the wheel, its versions, its tools."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import sklearn_attngen

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CAN_BUILD = all(importlib.util.find_spec(name) for name in ("build", "hatchling", "pip"))


def constraints(name: str = "constraints.txt") -> dict[str, str]:
    """The pinned versions, by normalised name."""
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pins}


def required(names: list[str]) -> set[str]:
    """Names that requirements ask for, without the package itself."""
    found = {re.match(r"[\w.-]+", text).group().lower() for text in names}
    return found - {"sklearn-attngen"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this working tree, built without the network."""
    if not CAN_BUILD:
        pytest.skip("needs the extra dev: build, hatchling and pip")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            folder,
            REPOSITORY,
        ],
        check=True,
        capture_output=True,
        timeout=1200,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module and data file of the package, the licence, no tests."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = REPOSITORY / "sklearn_attngen"
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    own = {name for name in names if name.startswith("sklearn_attngen/")}
    assert own == expected
    assert any(name.startswith("sklearn_attngen/datasets/data/") for name in own)
    others = {name.partition("/")[0] for name in names - own}
    assert others == {f"sklearn_attngen-{sklearn_attngen.__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_wheel_works_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    """Installed into an environment of its own, far from the sources, it is complete."""
    venv.create(tmp_path / "venv", with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "venv" / scripts / "python"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
        capture_output=True,
        timeout=1200,
    )
    # Its dependencies are this interpreter's. A path added in this way brings no editable installs.
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(purelib) / "dependencies.pth").write_text("\n".join(sorted(dependencies)))
    done = subprocess.run(
        [python, "-I", REPOSITORY / "tests" / "smoke.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1200,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout


def test_constraints_pin_every_requirement() -> None:
    """What ``make`` installs does not change from one day to the next."""
    pins = constraints()
    extras = PROJECT["optional-dependencies"].values()
    needed = required(PROJECT["dependencies"]) | {n for extra in extras for n in required(extra)}
    assert needed <= set(pins)
    assert "+" not in pins["torch"], "a local version would shut out the other builds of torch"


def test_constraints_satisfy_the_lower_bounds() -> None:
    """A pin below what pyproject.toml asks for could not be installed."""
    from packaging.requirements import Requirement

    pins = constraints()
    extras = PROJECT["optional-dependencies"].values()
    for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]:
        requirement = Requirement(text)
        if requirement.name != "sklearn-attngen":
            assert requirement.specifier, f"{text} has no lower bound"
            assert requirement.specifier.contains(pins[requirement.name.lower()]), text


def test_the_backend_of_the_build_knows_the_licence() -> None:
    """Older hatchlings fail on a list of licence files, or write the expression as a text."""
    from packaging.requirements import Requirement

    system = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["build-system"]
    (backend,) = system["requires"]
    assert not Requirement(backend).specifier.contains("1.26.3")
    assert backend in PROJECT["optional-dependencies"]["dev"]


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    """What ``make test-oldest`` runs with is what users may have, but for torch."""
    from packaging.version import Version

    pins = constraints("constraints-oldest.txt")
    extras = PROJECT["optional-dependencies"]
    tested = [extras[name] for name in extras if name not in ("bench", "dev", "docs", "modisco")]
    texts = [*PROJECT["dependencies"], *(text for extra in tested for text in extra)]
    bounds = dict(text.lower().split(">=") for text in texts if ">=" in text)
    assert {"skorch", "matplotlib"} <= bounds.keys()
    for name in bounds.keys() - {"torch"}:
        assert Version(bounds[name]) == Version(pins[name]), name


def test_pre_commit_uses_the_same_versions() -> None:
    """A hook of another version would reformat what CI accepts."""
    text = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    used = dict(re.findall(r"\b([a-z][\w-]*)==([\w.]+)", text))
    assert "ruff" in used
    pins = constraints()
    assert used == {name: pins[name] for name in used}


def test_versions_agree() -> None:
    """One version, in the package, the citation and the change log."""
    version = sklearn_attngen.__version__
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(version)}$", citation, re.MULTILINE)
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = "Unreleased" if "dev" in version else version
    assert f"## [{heading}]" in changes

"""Docstrings of public objects: numpydoc sections, and parameters that match the signature."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import Validator, validate

FOLDERS = [
    "sequences",
    "preprocessing",
    "feature_extraction",
    "networks",
    "training",
    "classifiers",
    "inspection",
    "metrics",
    "model_selection",
    "datasets",
]
# Everything that numpydoc checks counts, apart from these.
IGNORED = {
    "GL01": "text starts on the line of the opening quotes, as ruff wants it",
    "ES01": "a one-line summary can be enough",
    "SA01": "not every object has a relative",
    "SA04": "names of relatives can be enough",
    "RT02": "return values are named, as in scikit-learn",
    "EX01": "required of classes and functions by a test of its own",
}
# Attributes and inherited methods that need less than a function does.
IGNORED_IN_METHODS = {
    "RT01": "properties and methods that return self are told by their summary",
    "PR01": "arguments of inherited protocols such as __call__",
}


def public_objects() -> Iterator[tuple[str, object]]:
    """Functions and classes that the folders export, by the dotted name of their export."""
    for folder in FOLDERS:
        module = importlib.import_module(f"sklearn_attngen.{folder}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"sklearn_attngen.{folder}.{name}", thing


def public_methods() -> Iterator[str]:
    """Methods and properties that the package itself writes, by their dotted name."""
    for path, thing in public_objects():
        if not inspect.isclass(thing):
            continue
        for name, member in vars(thing).items():
            function = member.fget if isinstance(member, property) else member
            function = getattr(function, "__func__", function)
            module = getattr(function, "__module__", None) or ""
            if not name.startswith("_") and callable(function) and "sklearn_attngen" in module:
                yield f"{path}.{name}"


OBJECTS = dict(public_objects())


def errors_of(path: str, ignored: set[str]) -> list[str]:
    """What numpydoc finds, one line each."""
    return [f"{code}: {text}" for code, text in validate(path)["errors"] if code not in ignored]


def test_public_objects_are_found() -> None:
    """The tests below would pass on an empty list."""
    assert len(OBJECTS) > 10
    assert any(path.endswith("SequenceOneHotEncoder.transform") for path in public_methods())


@pytest.mark.parametrize("path", OBJECTS)
def test_docstrings_of_objects(path: str) -> None:
    """Sections in order, each parameter of the signature documented, with type and description."""
    assert errors_of(path, set(IGNORED)) == []


@pytest.mark.parametrize("path", sorted(public_methods()))
def test_docstrings_of_methods(path: str) -> None:
    """The same for methods and properties."""
    assert errors_of(path, set(IGNORED) | set(IGNORED_IN_METHODS)) == []


@pytest.mark.parametrize("path", [*OBJECTS, *sorted(public_methods())])
def test_defaults_are_those_of_the_signature(path: str) -> None:
    """What stands behind "default=" is what a call without the parameter takes."""
    thing = Validator._load_obj(path)
    if not callable(thing):  # a property
        return
    parameters = inspect.signature(thing).parameters
    for documented in NumpyDocString(inspect.getdoc(thing) or "")["Parameters"]:
        _, has_default, text = documented.type.partition("default=")
        if not has_default or text == "all six":
            continue
        told = eval(text, {"np": np, "torch": torch})
        for name in documented.name.split(", "):
            default = parameters[name].default
            assert told == default or repr(told) == repr(default), name  # nan does not equal nan


@pytest.mark.parametrize(
    "path", [path for path in OBJECTS if path.split(".")[1] not in ("networks", "training")]
)
def test_objects_have_examples(path: str) -> None:
    """What a user calls shows how to call it."""
    assert ">>>" in (inspect.getdoc(OBJECTS[path]) or "")

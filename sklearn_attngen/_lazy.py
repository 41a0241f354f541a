"""Public names that are imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def attach(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the module-level ``__getattr__`` and ``__dir__`` of a package with lazy exports.

    Parameters
    ----------
    package : str
        The ``__name__`` of the package.
    names : mapping of str to str
        Exported name -> the module that holds it, relative to the package (".folder"). A module
        that ends in the name itself (".folder" for "folder") exports the module.

    Returns
    -------
    getattr_, dir_ : tuple of callables
        To be assigned to ``__getattr__`` and ``__dir__`` (PEP 562).
    """

    def getattr_(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(names[name], package)
        except AttributeError as error:  # `from package import name` would hide what it says
            raise ImportError(
                f"{package}.{name} cannot be imported, because a package that it needs is broken, "
                f"or does not fit the versions of the others: {error}. Install them anew."
            ) from error
        value = module if names[name] == f".{name}" else getattr(module, name)
        # The next look-up finds the name at once and does not come here again.
        setattr(sys.modules[package], name, value)
        return value

    def dir_() -> list[str]:
        # what the module needs for itself is left out
        own = {name for name in vars(sys.modules[package]) if name.startswith("__")}
        return sorted(own | names.keys())

    return getattr_, dir_

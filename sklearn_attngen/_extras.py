"""Import optional dependencies, with an error that names the extra that brings them."""

from __future__ import annotations

import importlib
from types import ModuleType


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional dependency.

    Parameters
    ----------
    module : str
        Name of the module to import.
    extra : str
        Name of the extra of sklearn-attngen that installs it.
    purpose : str
        What needs it, the subject of the error message.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        If the module is not installed, or is and cannot be imported; the message tells which.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == package:
            raise ImportError(
                f"{purpose} needs {package}, which is not installed. "
                f"Install it with: pip install 'sklearn-attngen[{extra}]'"
            ) from error
        raise ImportError(
            f"{purpose} needs {package}, which is installed but cannot be imported: {error}. "
            f"Repair or reinstall it: pip install --force-reinstall {package}"
        ) from error

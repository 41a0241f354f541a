"""Warnings that point at the line of the user, however many functions lie between."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import joblib
import sklearn

# scikit-learn checks parameters between two functions of the package, and calls scorers by joblib
_FILES = (__file__, sklearn.__file__, joblib.__file__)
_INSIDE = tuple(f"{Path(file).parent}{os.sep}" for file in _FILES)


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called into the package, if need be by way of scikit-learn.

    Parameters
    ----------
    message : str
        What to say.
    category : type, default=UserWarning
        A class of warnings.
    """
    frame = sys._getframe(1)
    level = 2  # 1 is this function
    while frame.f_code.co_filename.startswith(_INSIDE) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)

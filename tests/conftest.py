"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real sequences that is too large for the repository; skips where it is absent."""
    folder = os.environ.get("SKLEARN_ATTNGEN_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs the folder of real sequences that SKLEARN_ATTNGEN_DATA names")
    return Path(folder)

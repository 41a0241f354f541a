"""Progress of long computations."""

from __future__ import annotations

from typing import Any

from sklearn_attngen._extras import require


class _Silent:
    """Stands in for a progress bar."""

    def __enter__(self) -> _Silent:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def update(self, n: int) -> None:
        """Do nothing."""


def progress(verbose: int | bool, total: int, what: str, unit: str) -> Any:
    """Return a context manager with ``update``: a bar if ``verbose``, else nothing to be seen."""
    if not verbose:
        return _Silent()
    tqdm = require("tqdm", extra="progress", purpose=f"{what}(verbose=1)")
    return tqdm.tqdm(total=total, desc=what, unit=unit)

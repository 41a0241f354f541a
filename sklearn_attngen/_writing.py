"""Write files whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file; what was there stays until the new one is complete.

    A text that a full disk cuts off reads as one with fewer lines.

    Parameters
    ----------
    path : str or path-like
        The file. A link stays one; what is no file, such as ``/dev/stdout``, is written to.
    content : bytes
        All of it.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        Path(path).write_bytes(content)
        return
    temporary = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)

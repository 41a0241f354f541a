"""Write files whole or not at all."""

from __future__ import annotations

import gzip
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, gzipped if its name ends in ``.gz``; what was there stays until it is complete.

    A text that a full disk cuts off reads as one with fewer lines.

    Parameters
    ----------
    path : str or path-like
        The file. A link stays one, and permissions stay; what is no file, such as a pipe behind
        ``/dev/stdout``, is written to.
    content : bytes
        All of it. Equal content gives equal files: the time is left out.

    Raises
    ------
    OSError
        If it cannot be written; the message names the file.
    """
    write_together([(path, content)])


def write_together(files: Iterable[tuple[str | os.PathLike[str], bytes]]) -> None:
    """Write files that belong together as :func:`write_whole` does, none before all are complete.

    Parameters
    ----------
    files : iterable of (str or path-like, bytes)
        Each file, and all of its content.

    Raises
    ------
    OSError
        If one cannot be written; the message names the file.
    """
    with ExitStack() as temporaries:
        moves: list[tuple[str | os.PathLike[str], Path, Path]] = []
        for path, content in files:
            given = Path(path)
            if given.name.lower().endswith(".gz"):
                content = gzip.compress(content, mtime=0)
            if given.exists() and not given.is_file():  # pipes are found by this path alone
                given.write_bytes(content)
                continue
            target = Path(os.path.realpath(path))
            temporary = target.with_name(f".{uuid.uuid4().hex}.part")
            temporaries.callback(_remove, temporary)
            with _errors_name(path):
                if target.exists():
                    open(target, "r+b").close()  # a rename would replace what may not be written
                with temporary.open("xb") as file:
                    if target.exists():
                        shutil.copymode(target, temporary)  # before there is something to read
                    file.write(content)
            moves.append((path, temporary, target))
        for path, temporary, target in moves:
            with _errors_name(path):
                os.replace(temporary, target)


def _remove(temporary: Path) -> None:
    """Remove a file that may be gone or never have been; what failed before is to be told."""
    with suppress(OSError):
        temporary.unlink()


@contextmanager
def _errors_name(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let errors name the file that was asked for, not a temporary one."""
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        raise

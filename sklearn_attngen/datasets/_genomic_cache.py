"""Download archives and keep what was read from them, so that nobody ever sees half a file."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sklearn_attngen._extras import require

from ._genomic_archive import DamagedFileError, SequenceTable, read_archive

_TIMEOUT_SECONDS = 60
_CHUNK_BYTES = 2**16


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hash(found: str, wanted: str | None, where: str) -> None:
    """Raise if the hash of an archive is not the wanted one."""
    if wanted is not None and found != wanted:
        raise ValueError(
            f"{where} is not the archive you asked for: its SHA-256 is "
            f"{found or 'not known (it was read from a folder)'}, and sha256={wanted!r} was given. "
            f"Correct sha256, or get the archive that has it."
        )


def load_cached(path: Path, sha256: str | None) -> SequenceTable | None:
    """Return the stored table, or None if there is none that can be used."""
    try:
        table = SequenceTable.load(path)
        check_hash(table.sha256, sha256, f"The stored copy {path}")
    except FileNotFoundError:
        return None
    except (DamagedFileError, ValueError) as error:
        warnings.warn(f"{error} It is ignored.", stacklevel=4)
        return None
    return table


def store(table: SequenceTable, path: Path) -> None:
    """Write a table under its final name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _temporary_path(path) as temporary:
        with temporary.open("xb") as file:
            table.save(file)
        os.replace(temporary, path)


def download(
    url: str,
    cache_path: Path,
    *,
    sha256: str | None,
    n_retries: int,
    delay: float,
    verbose: bool,
) -> SequenceTable:
    """Download an archive beside `cache_path`, read it in memory, and remove it again."""
    pooch = require("pooch", extra="datasets", purpose="Downloading a data set")
    requests = require("requests", extra="datasets", purpose="Downloading a data set")
    if verbose:
        require("tqdm", extra="datasets", purpose="Downloading a data set with verbose=True")
    downloader = pooch.HTTPDownloader(
        progressbar=verbose, chunk_size=_CHUNK_BYTES, timeout=_TIMEOUT_SECONDS
    )

    cache_path.parent.mkdir(parents=True, exist_ok=True)
    n_tried = 0
    while True:
        n_tried += 1
        with _temporary_path(cache_path) as temporary:
            try:
                with temporary.open("xb") as file:
                    downloader(url, file, None)
                digest = hash_file(temporary)
                check_hash(digest, sha256, url)
                return read_archive(temporary, digest, where=url)
            except (requests.RequestException, DamagedFileError) as error:
                if n_tried > n_retries or _is_final(error):
                    raise OSError(
                        f"Could not download {url} ({n_tried} attempt(s)). The last error: {error} "
                        "Check the connection, or download the file by other means and pass "
                        "source='path/to/the/file.zip'."
                    ) from error
        time.sleep(delay * 2 ** (n_tried - 1))


def _is_final(error: OSError) -> bool:
    """Tell answers that will not change (such as 404) from those that may."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return 400 <= status < 500 and status not in (408, 429)


@contextmanager
def _temporary_path(path: Path) -> Iterator[Path]:
    """Give a new name beside `path`, which makes the last rename atomic; remove what is left."""
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex}.part")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)

"""Downloads arrive whole or not at all, and nobody ever reads half a file."""

import hashlib
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sklearn_attngen.datasets import _genomic_cache
from sklearn_attngen.datasets._genomic_archive import SequenceTable

NAME = "demo_human_or_worm"
pytestmark = pytest.mark.usefixtures("small_sets")


@pytest.mark.parametrize("announce", [True, False])
def test_cut_connection_is_tried_again(tools, server, home, announce):
    """Two cut transfers, then a whole one: the data is right and nothing else is left."""
    body = tools.make_zip()
    server.announce = announce
    server.answers = [(200, body, len(body) // 2), (200, body, 0), (200, body, None)]
    assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()
    assert len(server.requests) == 3
    assert tools.everything_below(home) == [tools.stored_file(home).relative_to(home.parent)]


@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("missing", [1, 22, 300])
def test_cut_connections_give_up_with_a_clear_error(tools, server, home, announce, missing):
    """However little is missing, half a file is never read or stored."""
    body = tools.make_zip()
    server.announce = announce
    server.answers = [(200, body, len(body) - missing)]
    url = re.escape(f"{server.url}/{NAME}_v0.zip")
    with pytest.raises(OSError, match=rf"Could not download {url}.*\(3 attempt.*source="):
        tools.fetch(server, home, n_retries=2)
    assert len(server.requests) == 3
    tools.check_nothing_stored(home)


def test_nobody_listens(tools, home, server):
    """A refused connection ends in an OSError that names the way out."""
    with pytest.raises(OSError, match=r"Could not download http://127\.0\.0\.1:1/.*source="):
        tools.fetch(server, home, source="http://127.0.0.1:1", n_retries=1)
    tools.check_nothing_stored(home)


@pytest.mark.parametrize(("status", "n_requests"), [(404, 1), (403, 1), (503, 3), (429, 3)])
def test_http_errors(tools, server, home, status, n_requests):
    """Answers that cannot change are not asked for again."""
    server.answers = [(status, b"no", None)]
    with pytest.raises(OSError, match=f"{status}"):
        tools.fetch(server, home, n_retries=2)
    assert len(server.requests) == n_requests
    tools.check_nothing_stored(home)


def test_server_recovers(tools, server, home):
    """A passing error of the server does no harm."""
    server.answers = [(503, b"busy", None), (200, tools.make_zip(), None)]
    assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()


def test_page_instead_of_archive(tools, server, home):
    """A login or error page with status 200 is no archive."""
    server.answers = [(200, b"<html>Please log in</html>", None)]
    with pytest.raises(OSError, match="no intact zip archive"):
        tools.fetch(server, home, n_retries=0)
    tools.check_nothing_stored(home)


def test_sha256(tools, server, home):
    """The right hash passes, new or stored; another one is refused."""
    right = hashlib.sha256(tools.make_zip()).hexdigest()
    wrong = "0" * 64
    message = f"not the archive you asked for.*{right}.*{wrong}.*Correct sha256"
    with pytest.raises(ValueError, match=message):
        tools.fetch(server, home, sha256=wrong)
    tools.check_nothing_stored(home)
    tools.fetch(server, home, sha256=right.upper())
    with np.load(tools.stored_file(home)) as stored:
        assert stored["sha256"] == right, "the docstring says so"
    tools.fetch(server, home, sha256=right)
    assert len(server.requests) == 2
    with (
        pytest.warns(UserWarning, match="not the archive you asked for.*ignored"),
        pytest.raises(OSError, match=r"not stored at .*, or not as it was asked for"),
    ):
        tools.fetch(server, home, sha256=wrong, download_if_missing=False)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        tools.fetch(server, home, sha256="abc")


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "other"])
def test_damaged_cache(tools, server, home, damage):
    """A damaged stored file is ignored with a warning and replaced."""
    tools.fetch(server, home)
    path = tools.stored_file(home)
    whole = path.read_bytes()
    start = whole.index(b"letters") + 150
    path.write_bytes(
        {
            "cut": whole[:-30],
            "empty": b"",
            "changed": whole[:start] + bytes([whole[start] ^ 0xFF]) + whole[start + 1 :],
            "other": b"something else",
        }[damage]
    )
    with (
        pytest.warns(UserWarning, match="cannot be used.*ignored"),
        pytest.raises(OSError, match="not stored"),
    ):
        tools.fetch(server, home, download_if_missing=False)
    with pytest.warns(UserWarning, match="cannot be used.*ignored"):
        bunch = tools.fetch(server, home, split="all")
    assert tools.rows_of(bunch) == tools.expected_rows()
    assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()
    assert len(server.requests) == 2


def test_no_pickle_is_ever_loaded(tools, server, home):
    """A stored file with pickled objects, which could run code, is not opened."""
    path = tools.stored_file(home)
    path.parent.mkdir(parents=True)
    np.savez(path, format=np.array([None], dtype=object))
    with pytest.warns(UserWarning, match="cannot be used"):
        assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()


def test_interrupted_while_storing(tools, server, home, monkeypatch):
    """A crash while the stored file is written leaves nothing behind."""

    def save_half(self, file):
        file.write(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SequenceTable, "save", save_half)
        with pytest.raises(KeyboardInterrupt):
            tools.fetch(server, home)
    tools.check_nothing_stored(home)


def test_interrupted_while_downloading(tools, server, home, monkeypatch):
    """So does a crash between download and reading."""

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_genomic_cache, "read_archive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tools.fetch(server, home)
    tools.check_nothing_stored(home)


def test_leftover_of_a_killed_process(tools, server, home):
    """A temporary file that nobody could remove any more is not taken for the data."""
    folder = tools.stored_file(home).parent
    folder.mkdir(parents=True)
    (folder / f".{NAME}_v0-0123.part").write_bytes(tools.make_zip()[:100])
    assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()


def test_concurrent_callers(tools, server, home):
    """Many callers at once all get whole data, and one file is left."""
    with ThreadPoolExecutor(8) as pool:
        bunches = list(pool.map(lambda _: tools.fetch(server, home, split="all"), range(8)))
    assert all(tools.rows_of(bunch) == tools.expected_rows() for bunch in bunches)
    assert tools.everything_below(home) == [tools.stored_file(home).relative_to(home.parent)]


def test_readers_while_the_file_is_replaced(tools, server, home):
    """A reader sees the old file or the new one, never a mixture."""
    tools.fetch(server, home)
    table = SequenceTable.load(tools.stored_file(home))
    stop = threading.Event()

    def replace():
        while not stop.is_set():
            _genomic_cache.store(table, tools.stored_file(home))

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        for _ in range(30):
            bunch = tools.fetch(server, home, split="all", download_if_missing=False)
            assert tools.rows_of(bunch) == tools.expected_rows()
    finally:
        stop.set()
        thread.join()


def test_progress(tools, server, home, capfd):
    """A bar on stderr if asked for, silence otherwise."""
    tools.fetch(server, home, verbose=True)
    assert "100%" in capfd.readouterr().err
    tools.fetch(server, home / "silent")
    output = capfd.readouterr()
    assert output.err == output.out == ""


def test_without_pooch(tools, server, home, tmp_path, monkeypatch):
    """Only downloading needs the extra; the error names it."""
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"sklearn-attngen\[datasets\]"):
        tools.fetch(server, home)
    path = tmp_path / "local.zip"
    path.write_bytes(tools.make_zip())
    assert (
        tools.rows_of(tools.fetch(server, home, source=path, split="all")) == tools.expected_rows()
    )

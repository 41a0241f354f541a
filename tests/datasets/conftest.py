"""A local server and archives in the layout of Genomic Benchmarks."""

import dataclasses
import io
import random
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from sklearn_attngen.datasets import _genomic_benchmarks as module
from sklearn_attngen.datasets import fetch_genomic_benchmark
from sklearn_attngen.datasets._genomic_sets import GENOMIC_SETS

NAME = "demo_human_or_worm"
COUNTS = {"human": (6, 3), "worm": (5, 2)}


def make_files(counts=COUNTS, prefix=f"{NAME}/", seed=0):
    """Members of an archive in the layout of the published ones."""
    generator = random.Random(seed)
    return {
        f"{prefix}{split}/{label}/{i}.txt": "".join(generator.choices("ACGTN", k=20))
        for label, pair in counts.items()
        for split, n in zip(("train", "test"), pair, strict=True)
        for i in range(n)
    }


def make_zip(files=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (make_files() if files is None else files).items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class Server:
    """Answer each request with the next of `answers`; the last one is repeated.

    An answer is a status, the body, and how many bytes of it are sent before the connection is
    cut (None: all). `announce` says whether the length is sent ahead.
    """

    def __init__(self):
        self.answers = [(200, make_zip(), None)]
        self.announce = True
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                i = min(len(server.requests), len(server.answers) - 1)
                server.requests.append(self.path)
                status, body, cut = server.answers[i]
                self.send_response(status)
                if server.announce:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:cut])
                self.close_connection = True

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    """A server on this machine, and nothing else: any other request would fail the test."""
    monkeypatch.setattr(module, "ZENODO", "http://127.0.0.1:1/unreachable")
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    server = Server()
    yield server
    server.close()


@pytest.fixture
def small_sets(monkeypatch):
    """Pretend that the published set has a few rows."""
    small = dataclasses.replace(GENOMIC_SETS[NAME], counts=COUNTS)
    monkeypatch.setitem(GENOMIC_SETS, NAME, small)
    monkeypatch.delenv(module.ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture
def home(tmp_path):
    """A data folder inside a folder that must stay otherwise empty."""
    return tmp_path / "outer" / "home"


def everything_below(home):
    return sorted(p.relative_to(home.parent) for p in home.parent.rglob("*") if p.is_file())


def stored_file(home):
    return home / "genomic_benchmarks" / f"{NAME}_v0.npz"


def fetch(server, home, **parameters):
    return fetch_genomic_benchmark(
        NAME, **{"data_home": home, "source": server.url, "delay": 0, **parameters}
    )


def rows_of(bunch):
    return sorted(zip(bunch.data, bunch.target, bunch.split, bunch.names, strict=True))


def expected_rows(splits=("train", "test")):
    rows = []
    for name, sequence in make_files().items():
        _, split, label, file = name.split("/")
        if split in splits:
            rows.append((sequence, label, split, file.removesuffix(".txt")))
    return sorted(rows)


def check_nothing_stored(home):
    assert everything_below(home) == []
    with pytest.raises(OSError, match="not stored"):
        fetch_genomic_benchmark(NAME, data_home=home, download_if_missing=False)


def write_files(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def tools(small_sets):
    """The helpers above."""
    return SimpleNamespace(
        check_nothing_stored=check_nothing_stored,
        everything_below=everything_below,
        expected_rows=expected_rows,
        fetch=fetch,
        make_files=make_files,
        make_zip=make_zip,
        rows_of=rows_of,
        stored_file=stored_file,
        write_files=write_files,
    )

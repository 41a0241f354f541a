"""Genomic Benchmarks come from the right place, in the right rows and types."""

import re

import numpy as np
import pytest

from sklearn_attngen.datasets import _genomic_benchmarks as module
from sklearn_attngen.datasets import fetch_genomic_benchmark
from sklearn_attngen.datasets._genomic_sets import GENOMIC_SETS

NAME = "demo_human_or_worm"
pytestmark = pytest.mark.usefixtures("small_sets")


def test_download_and_cache(tools, server, home):
    """One request for the right file; later calls need neither network nor source."""
    bunch = tools.fetch(server, home, split="all")
    assert server.requests == [f"/{NAME}_v0.zip?download=1"]
    assert tools.rows_of(bunch) == tools.expected_rows()
    assert bunch.target_names == ["human", "worm"]
    assert "assembly gaps" in bunch.DESCR
    assert tools.everything_below(home) == [tools.stored_file(home).relative_to(home.parent)]
    again = fetch_genomic_benchmark(NAME, data_home=str(home), download_if_missing=False)
    assert tools.rows_of(again) == tools.expected_rows(["train"])
    test = tools.fetch(server, home, split="test")
    assert tools.rows_of(test) == tools.expected_rows(["test"])
    assert len(server.requests) == 1


def test_default_address():
    """Without a source the archive of the Zenodo record is fetched."""
    assert module._archive_url(module.ZENODO, NAME) == (
        "https://zenodo.org/records/16605299/files/demo_human_or_worm_v0.zip?download=1"
    )


def test_url_of_an_archive(tools, server, home):
    """A URL that ends in .zip is taken as it is."""
    tools.fetch(server, home, source=f"{server.url}/mirror/any.zip")
    assert server.requests == ["/mirror/any.zip"]


def test_environment_variable(tools, server, home, monkeypatch, tmp_path):
    """The variable replaces Zenodo, by a URL or by a folder; an explicit source wins."""
    monkeypatch.setenv(module.ENVIRONMENT_VARIABLE, server.url)
    fetch_genomic_benchmark(NAME, data_home=home)
    assert len(server.requests) == 1
    (tmp_path / f"{NAME}_v0.zip").write_bytes(tools.make_zip())
    monkeypatch.setenv(module.ENVIRONMENT_VARIABLE, str(tmp_path))
    assert tools.rows_of(fetch_genomic_benchmark(NAME, data_home=tmp_path / "new", split="all"))
    tools.fetch(server, tmp_path / "explicit")
    assert len(server.requests) == 2


def test_output_types_and_return_X_y(tools, server, home):
    """Object arrays of str; the tuple holds the same rows."""
    bunch = tools.fetch(server, home)
    for key in ("data", "target", "split", "names"):
        assert bunch[key].dtype == object
        assert all(type(value) is str for value in bunch[key])
    X, y = tools.fetch(server, home, return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_order_of_rows(tools, server, home):
    """Shuffled by a seed, or sorted by split, class and file number."""
    first, again = tools.fetch(server, home, split="all"), tools.fetch(server, home, split="all")
    other = tools.fetch(server, home, split="all", random_state=1)
    assert first.data.tolist() == again.data.tolist() != other.data.tolist()
    assert tools.rows_of(first) == tools.rows_of(other)
    plain = tools.fetch(server, home, split="all", shuffle=False)
    assert plain.split.tolist() == ["train"] * 11 + ["test"] * 5
    assert plain.target.tolist()[:11] == ["human"] * 6 + ["worm"] * 5


def test_check_counts_false(tools, server, home):
    """Part of a set can be read on request, but is never stored as the set."""
    files = tools.make_files({"human": (2, 1), "worm": (2, 1)})
    server.answers = [(200, tools.make_zip(files), None)]
    assert len(tools.fetch(server, home, check_counts=False).data) == 4
    assert not tools.stored_file(home).exists()
    assert len(tools.fetch(server, home, check_counts=False).data) == 4
    assert len(server.requests) == 1
    tools.fetch(server, home, check_counts=False, source=f"{server.url}/other")
    assert len(server.requests) == 2


@pytest.mark.parametrize("kind", ["zip", "folder", "parent", "folder of zips"])
def test_local_sources(tools, tmp_path, home, kind):
    """Archives and folders are read without network, and kept for calls without source."""
    local = tmp_path / "local"
    local.mkdir()
    source = local
    if kind in ("folder", "parent"):
        tools.write_files(local, tools.make_files())
        source = local / NAME if kind == "folder" else local
    else:
        (local / f"{NAME}_v0.zip").write_bytes(tools.make_zip())
        source = local / f"{NAME}_v0.zip" if kind == "zip" else local
    bunch = fetch_genomic_benchmark(
        NAME, source=source, data_home=home, split="all", download_if_missing=False
    )
    assert tools.rows_of(bunch) == tools.expected_rows()
    again = fetch_genomic_benchmark(NAME, data_home=home, download_if_missing=False, split="all")
    assert tools.rows_of(again) == tools.expected_rows()


def test_local_source_is_always_read(tools, tmp_path, home):
    """A path given explicitly wins over what is stored."""
    for seed in (0, 1):
        path = tmp_path / f"{seed}.zip"
        path.write_bytes(tools.make_zip(tools.make_files(seed=seed)))
        bunch = fetch_genomic_benchmark(NAME, source=path, data_home=home, split="all")
        assert set(bunch.data) == set(tools.make_files(seed=seed).values())


def test_own_set(tools, tmp_path, home):
    """Any set in the layout can be read; it is not stored, so that edits show at once."""
    tools.write_files(tmp_path / "mine", tools.make_files({"x": (2, 1), "y": (3, 1)}, prefix=""))
    bunch = fetch_genomic_benchmark("mine", source=tmp_path, data_home=home, split="all")
    assert len(bunch.data) == 7
    assert bunch.target_names == ["x", "y"]
    assert "y: 3 / 1" in bunch.DESCR
    assert not home.exists()


def test_sha256_of_a_folder(tools, tmp_path):
    """A folder has no hash, so asking for one is an error."""
    tools.write_files(tmp_path / "mine", tools.make_files({"x": (1, 1)}, prefix=""))
    with pytest.raises(ValueError, match=r"mine is a folder.*Pass the zip archive as source, or"):
        fetch_genomic_benchmark("mine", source=tmp_path, sha256="0" * 64)


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_home_in_a_local_source(tools, tmp_path, home, monkeypatch, by):
    """A tilde is the home folder, as in data_home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    tools.write_files(tmp_path / "mine", tools.make_files({"x": (2, 1), "y": (3, 1)}, prefix=""))
    if by == "environment":
        monkeypatch.setenv(module.ENVIRONMENT_VARIABLE, "~")
    source = "~/mine" if by == "argument" else None
    bunch = fetch_genomic_benchmark("mine", source=source, data_home=home, split="all")
    assert len(bunch.data) == 7


def test_missing_local_source(tmp_path, home):
    """The error lists what was looked for."""
    with pytest.raises(FileNotFoundError, match=f"{NAME}_v0.zip"):
        fetch_genomic_benchmark(NAME, source=tmp_path / "nowhere", data_home=home)


@pytest.mark.parametrize("name", ["../evil", "a/b", "a\\b", "", "..", "-x", "ä"])
def test_names_that_are_no_names(name, home):
    """A name becomes a file name, so it must not lead anywhere."""
    with pytest.raises(ValueError, match="name must consist of"):
        fetch_genomic_benchmark(name, data_home=home, source="http://127.0.0.1:1")


def test_unknown_name(home):
    """The error lists the sets there are."""
    with pytest.raises(ValueError, match=r"no set 'human_or_worm'.*demo_human_or_worm"):
        fetch_genomic_benchmark("human_or_worm", data_home=home)


def test_real_counts_of_a_whole_set(tools, tmp_path, home, monkeypatch):
    """A set with the published numbers of rows passes, with one row less it does not."""
    name = "dummy_mouse_enhancers_ensembl"
    files = tools.make_files({"negative": (484, 121), "positive": (484, 121)}, prefix=f"{name}/")
    path = tmp_path / f"{name}_v0.zip"
    path.write_bytes(tools.make_zip(files))
    bunch = fetch_genomic_benchmark(name, source=path, data_home=home)
    assert len(bunch.data) == 968
    files.popitem()
    path.write_bytes(tools.make_zip(files))
    with pytest.raises(ValueError, match=r"positive: \(484, 120\) instead of \(484, 121\)"):
        fetch_genomic_benchmark(name, source=path, data_home=home)


def test_docstring_lists_every_set():
    """Names, numbers of classes and rows in the docstring are those that are checked."""
    for name, known in GENOMIC_SETS.items():
        if name == NAME:
            continue
        n_train, n_test = np.sum(list(known.counts.values()), axis=0)
        row = rf"{name} +{len(known.counts)} +{n_train:,} +{n_test:,} "
        assert re.search(row, fetch_genomic_benchmark.__doc__)
        low, median, high = known.lengths
        assert low <= median <= high

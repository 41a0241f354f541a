"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sklearn_attngen._writing import write_whole
from sklearn_attngen.datasets import write_fasta
from sklearn_attngen.inspection import Motif, to_bedgraph, to_bigwig, to_modisco_npz, write_meme

WRITERS = {
    "fasta": lambda path, n: write_fasta(path, ["ACGT"] * n),
    "bedgraph": lambda path, n: to_bedgraph(np.ones((1, n)), [f"chr1:0-{n}"], path),
    "bigwig": lambda path, n: to_bigwig(
        np.ones((1, n)), [f"chr1:0-{n}"], path, chrom_sizes={"chr1": 99}
    ),
    "meme": lambda path, n: write_meme([Motif("one", np.full((n, 4), 0.25))], path),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_leaves_the_file_of_before(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the records would be taken for all of them."""
    if kind == "bigwig":
        pytest.importorskip("pybigtools")
    path = tmp_path / "file.bw"
    WRITERS[kind](path, 3)
    before = path.read_bytes()

    def full(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if mode == "rb":
            return open(self, mode)
        with open(self, mode) as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[kind](path, 9)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["file.bw"]


@pytest.mark.parametrize("fails", ["sequences.npz", "scores.npz"])
def test_files_that_belong_together_are_both_written_or_none(fails: str, tmp_path: Path) -> None:
    """New sequences beside the scores of others are read without a word."""
    paths = tmp_path / "sequences.npz", tmp_path / "scores.npz"
    to_modisco_npz([[0.7, 0.3]], ["GT"], *paths)
    before = [path.read_bytes() for path in paths]
    given = [tmp_path / "no folder" / fails if path.name == fails else path for path in paths]
    with pytest.raises(FileNotFoundError) as raised:
        to_modisco_npz([[0.1, 0.9]], ["AC"], *given)
    assert raised.value.filename == str(tmp_path / "no folder" / fails)
    assert [path.read_bytes() for path in paths] == before
    assert sorted(os.listdir(tmp_path)) == ["scores.npz", "sequences.npz"]


def test_links_stay_links_and_pipes_are_written_to(tmp_path: Path) -> None:
    """A rename would put a file in their place."""
    (tmp_path / "folder").mkdir()
    link, target = tmp_path / "link", tmp_path / "folder" / "file"
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("no links here")
    for content in (b"one", b"two"):
        write_whole(link, content)
        assert target.read_bytes() == content
    assert link.is_symlink()
    write_whole(os.devnull, b"three")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(os.name == "nt", reason="pipes without a name are of other systems")
def test_a_pipe_behind_a_link_is_written_to() -> None:
    """As ``/dev/stdout`` is, whose real path is no file."""
    script = "from sklearn_attngen.datasets import *; write_fasta('/dev/stdout', ['ACGT'])"
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert done.stdout.endswith(b"\nACGT\n")


@pytest.mark.skipif(os.name == "nt", reason="permissions of other systems")
def test_permissions_stay(tmp_path: Path) -> None:
    """A file that only its owner may read is not opened to all."""
    path = tmp_path / "file"
    path.touch(0o600)
    write_whole(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o400)
    if not os.access(path, os.W_OK):  # root may write whatever it is
        with pytest.raises(PermissionError, match="file"):
            write_whole(path, b"two")
    assert path.read_bytes() == b"one"


def test_permissions_are_there_before_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment all could read what only its owner may."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    sizes = []
    monkeypatch.setattr("shutil.copymode", lambda _, new: sizes.append(os.path.getsize(new)))
    write_whole(path, b"after")
    assert sizes == [0]
    assert path.read_bytes() == b"after"


def test_errors_name_the_file(tmp_path: Path) -> None:
    """Also where a file stands in the place of its folder, as cleaning up fails there too."""
    (tmp_path / "a file").touch()
    for folder in ("no folder", "a file"):
        path = tmp_path / folder / "file"
        with pytest.raises(OSError, match="directory") as raised:
            write_whole(path, b"one")
        assert raised.value.filename == str(path)

"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sklearn_attngen._writing import write_whole
from sklearn_attngen.datasets import write_fasta
from sklearn_attngen.inspection import Motif, to_bedgraph, write_meme

WRITERS = {
    "fasta": lambda path, n: write_fasta(path, ["ACGT"] * n),
    "bedgraph": lambda path, n: to_bedgraph(np.ones((1, n)), [f"chr1:0-{n}"], path),
    "meme": lambda path, n: write_meme([Motif("one", np.full((n, 4), 0.25))], path),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_leaves_the_file_of_before(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the records would be taken for all of them."""
    path = tmp_path / "file"
    WRITERS[kind](path, 3)
    before = path.read_bytes()

    def full(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        with open(self, mode) as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[kind](path, 9)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["file"]


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

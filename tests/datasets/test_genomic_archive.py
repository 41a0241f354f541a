"""Archives are read whole or refused; nothing is ever unpacked to disk."""

import os

import pytest

from sklearn_attngen.datasets import fetch_genomic_benchmark

NAME = "demo_human_or_worm"
pytestmark = pytest.mark.usefixtures("small_sets")


def test_file_numbers_sort_as_numbers(tools, tmp_path):
    """10.txt follows 9.txt."""
    files = tools.make_files({"a": (12, 1)}, prefix="")
    path = tmp_path / "own.zip"
    path.write_bytes(tools.make_zip(files))
    bunch = fetch_genomic_benchmark("own", source=path, shuffle=False)
    assert bunch.names.tolist() == [str(i) for i in range(12)]


def test_digits_that_are_no_numbers_sort_as_text(tools, tmp_path):
    """A superscript is a digit, of which there is no int."""
    names = ("1", "1\u00b2", "\u00b2")
    files = {f"{split}/a/{name}.txt": "ACGT" for split in ("train", "test") for name in names}
    path = tmp_path / "own.zip"
    path.write_bytes(tools.make_zip(files))
    bunch = fetch_genomic_benchmark("own", source=path, shuffle=False)
    assert bunch.names.tolist() == ["\u00b2", "1", "1\u00b2"]


def test_corrupt_archive(tools, server, home):
    """A changed byte fails the checksum of its member."""
    body = bytearray(tools.make_zip())
    start = body.index(b"txt") + 8
    body[start] ^= 0xFF
    server.answers = [(200, bytes(body), None)]
    with pytest.raises(OSError, match="no intact zip archive"):
        tools.fetch(server, home, n_retries=1)
    assert len(server.requests) == 2
    tools.check_nothing_stored(home)


def test_any_changed_byte(tools, tmp_path):
    """Wherever a byte changes, the rows are unchanged or an error is raised."""
    good, path = tools.make_zip(), tmp_path / "changed.zip"
    expected = tools.expected_rows()
    for i in range(0, len(good), 7):
        body = bytearray(good)
        body[i] ^= 0x04
        path.write_bytes(bytes(body))
        try:
            rows = tools.rows_of(fetch_genomic_benchmark("own", source=path, split="all"))
        except (OSError, ValueError):
            continue
        assert rows == expected


@pytest.mark.parametrize(
    "member",
    [
        "../evil.txt",
        f"{NAME}/train/human/../../../evil.txt",
        "/evil.txt",
        "C:/evil.txt",
        "..\\evil.txt",
        "../../outer/evil.txt",
    ],
)
def test_archive_that_leads_outside(tools, server, home, member):
    """Refused at once; nothing is written, inside or outside of the cache."""
    server.answers = [(200, tools.make_zip({**tools.make_files(), member: "ACGT"}), None)]
    with pytest.raises(ValueError, match=r"is refused: its member .*evil"):
        tools.fetch(server, home)
    assert len(server.requests) == 1
    tools.check_nothing_stored(home)


def test_archive_with_a_huge_member(tools, server, home, monkeypatch):
    """A member that is far too large for a sequence is refused before it is unpacked."""
    files = {**tools.make_files(), f"{NAME}/train/human/big.txt": "A" * (2**24 + 1)}
    server.answers = [(200, tools.make_zip(files), None)]
    with pytest.raises(ValueError, match="too many for one sequence"):
        tools.fetch(server, home)
    tools.check_nothing_stored(home)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({f"{NAME}/train/human/0.txt": None}, r"human: \(5, 3\) instead of \(6, 3\)"),
        (
            {f"{NAME}/train/fly/0.txt": "AC", f"{NAME}/test/fly/0.txt": "AC"},
            r"fly: \(1, 1\) instead of \(0, 0\)",
        ),
        ({f"{NAME}/train/fly/0.txt": "AC"}, "the same classes in 'train' and 'test'"),
        ({f"{NAME}/train/human/0.txt": ""}, "must hold one sequence"),
        ({f"{NAME}/train/human/0.txt": "AC GT"}, "must hold one sequence"),
        ({f"{NAME}/train/human/0.txt": "ACÄ"}, "must hold one sequence"),
        ({f"{NAME}/valid/human/0.txt": "AC"}, "unknown layout: 'demo_human_or_worm/valid"),
        ({f"{NAME}/train/human/0.fa": "AC"}, "unknown layout"),
        ({f"{NAME}/readme.txt": "AC"}, "unknown layout"),
        ({"other/train/human/x.txt": "AC"}, "more than one set: demo_human_or_worm, other"),
        ({f"./{NAME}/train/human/0.txt": "AC"}, "twice"),
    ],
)
def test_archive_with_other_content(tools, server, home, change, message):
    """What is not the published set is neither returned nor stored."""
    files = {k: v for k, v in {**tools.make_files(), **change}.items() if v is not None}
    server.answers = [(200, tools.make_zip(files), None)]
    with pytest.raises(ValueError, match=message):
        tools.fetch(server, home)
    tools.check_nothing_stored(home)


def test_other_files_in_the_archive(tools, server, home):
    """Metadata and the litter of file managers are not sequences."""
    extra = {
        f"{NAME}/": "",
        f"{NAME}/metadata.yaml": "version: 0",
        f"{NAME}/train/human/.DS_Store": "x",
        f"__MACOSX/{NAME}/train/human/._0.txt": "x",
    }
    server.answers = [(200, tools.make_zip({**extra, **tools.make_files()}), None)]
    assert tools.rows_of(tools.fetch(server, home, split="all")) == tools.expected_rows()


def test_sequences_end_with_a_line_break(tools, tmp_path):
    """A line break at the end of a file is not part of the sequence; case is kept."""
    files = {f"{split}/a/0.txt": "ACgt\r\n" for split in ("train", "test")}
    path = tmp_path / "own.zip"
    path.write_bytes(tools.make_zip(files))
    assert fetch_genomic_benchmark("own", source=path).data.tolist() == ["ACgt"]


@pytest.mark.parametrize("stray", ["train/stray.txt", "valid/a/1.txt", "stray.txt"])
def test_folders_and_archives_refuse_the_same(stray, tools, tmp_path):
    """A sequence outside of the folders of the classes is lost in neither."""
    files = {**tools.make_files({"a": (2, 1)}, prefix=""), stray: "ACGT"}
    archive, folder = tmp_path / "own.zip", tmp_path / "own"
    archive.write_bytes(tools.make_zip(files))
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for source in (archive, folder):
        with pytest.raises(ValueError, match=f"unknown layout: '{stray}'"):
            fetch_genomic_benchmark("own", source=source)


def test_folders_that_lie_elsewhere(tools, tmp_path):
    """Links to the folder of a class, or of a split, are followed and not left out."""
    for name, text in tools.make_files({"a": (2, 1), "b": (1, 1)}, prefix="").items():
        (tmp_path / "disk" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "disk" / name).write_text(text)
    own = tmp_path / "own"
    (own / "train").mkdir(parents=True)
    for place in ("train/a", "train/b", "test"):
        (own / place).symlink_to(tmp_path / "disk" / place)
    bunch = fetch_genomic_benchmark("own", source=own, split="all", shuffle=False)
    assert bunch.target.tolist() == ["a", "a", "b", "a", "b"]


def test_a_folder_that_cannot_be_read(tools, tmp_path, monkeypatch):
    """Its sequences are not left out without a word."""
    for name, text in tools.make_files({"a": (2, 1), "b": (1, 1)}, prefix="").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def scandir(folder, list_folder=os.scandir):
        if os.fspath(folder).endswith("b"):
            raise PermissionError(f"no: {folder}")
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(PermissionError, match=r"no: .*b"):
        fetch_genomic_benchmark("own", source=tmp_path)

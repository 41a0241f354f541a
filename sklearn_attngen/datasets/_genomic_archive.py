"""Read a labelled set from a zip archive or a folder, and store it as one compact file.

The layout is that of Genomic Benchmarks: one folder per split (``train``, ``test``), in it one
folder per class, in it one text file per sequence; in archives usually below one more folder.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

_SPLITS = ("train", "test")
_FORMAT = 1
_MAX_MEMBER_BYTES = 2**24
_MAX_TOTAL_BYTES = 2**32


class DamagedFileError(OSError):
    """The bytes of a file are not what was written: cut off, or changed on the way."""


@dataclass
class SequenceTable:
    """Rows of a set, sorted by split, class and name.

    Attributes
    ----------
    data, target, split, names : ndarray of shape (n_rows,), dtype=object
        Sequences, labels, ``"train"`` or ``"test"``, and file names without ``.txt``.
    sha256 : str
        Of the archive the rows come from; empty if they come from a folder.
    """

    data: np.ndarray
    target: np.ndarray
    split: np.ndarray
    names: np.ndarray
    sha256: str = ""

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return the number of training and test rows of each class."""
        pairs = Counter(zip(self.target, self.split, strict=True))
        return {y: (pairs[y, "train"], pairs[y, "test"]) for y in sorted(set(self.target))}

    def save(self, file: IO[bytes]) -> None:
        """Write a compressed npz that holds no pickled objects."""
        np.savez_compressed(
            file,
            format=np.array(_FORMAT),
            letters=np.frombuffer("".join(self.data).encode("ascii"), dtype=np.uint8),
            lengths=np.array([len(sequence) for sequence in self.data], dtype=np.int64),
            target=self.target.astype(str),
            split=self.split.astype(str),
            names=self.names.astype(str),
            sha256=np.array(self.sha256),
        )

    @classmethod
    def load(cls, path: Path) -> SequenceTable:
        """Read what `save` wrote."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                if int(stored["format"]) != _FORMAT:
                    raise ValueError("it was written by another version of this package")
                text = stored["letters"].tobytes().decode("ascii")
                ends = np.cumsum(stored["lengths"]).tolist()
                target, split, names = (
                    stored[key].astype(object) for key in ("target", "split", "names")
                )
                sha256 = str(stored["sha256"])
            if ends[-1] != len(text) or any(len(c) != len(ends) for c in (target, split, names)):
                raise ValueError("its parts do not fit together")
        except FileNotFoundError:
            raise
        except Exception as error:  # damaged bytes make numpy and zipfile raise many kinds
            raise DamagedFileError(f"The file {path} cannot be used: {error}.") from error
        data = np.empty(len(ends), dtype=object)
        data[:] = [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        return cls(data, target, split, names, sha256)


def read_archive(path: Path, sha256: str = "", where: str | None = None) -> SequenceTable:
    """Read a zip archive in memory; nothing is unpacked to disk.

    `where` is what error messages call the archive; None means its path.

    Raises
    ------
    DamagedFileError
        If the archive is cut off or fails its checksums.
    ValueError
        If it is refused: unsafe member names, a wrong layout, or far too large.
    """
    where = str(path) if where is None else where
    rows = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                _check_safe(member, where)
            if sum(member.file_size for member in members) > _MAX_TOTAL_BYTES:
                raise ValueError(f"{where} would unpack to more than {_MAX_TOTAL_BYTES:,} bytes.")
            for member in members:
                content = archive.read(member)  # also of other files: it checks the directory
                place = None if member.is_dir() else _parse_place(member.filename, where)
                if place is not None:
                    rows.append((place, content))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise DamagedFileError(f"{where} is no intact zip archive: {error}") from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression; encrypted member
        raise ValueError(f"{where} cannot be read: {error}.") from error
    return _build_table(rows, where, sha256)


def read_folder(path: Path) -> SequenceTable:
    """Read a folder that holds the folders ``train`` and ``test``."""

    def refuse(error: OSError) -> NoReturn:
        raise error

    # all of them: what lies elsewhere is refused, as in an archive, instead of left out
    places = os.walk(path, onerror=refuse, followlinks=True)
    files = (Path(folder, name) for folder, _, names in places for name in names)
    rows = ((_parse_place(file.relative_to(path).as_posix(), str(path)), file) for file in files)
    return _build_table(
        ((place, file.read_bytes()) for place, file in rows if place is not None), str(path), ""
    )


def _check_safe(member: zipfile.ZipInfo, where: str) -> None:
    """Refuse archives made to write outside the folder they are unpacked to."""
    name = member.filename
    if re.match("/|[A-Za-z]:", name) or "\\" in name or ".." in name.split("/"):
        raise ValueError(
            f"{where} is refused: its member {name!r} would lie outside the folder of the archive. "
            "No archive of this kind holds such names; get it from a source you trust."
        )
    if member.file_size > _MAX_MEMBER_BYTES:
        raise ValueError(
            f"{where} is refused: its member {name!r} has {member.file_size:,} bytes, too many for "
            "one sequence."
        )


def _parse_place(name: str, where: str) -> tuple[str, str, str, str] | None:
    """Return prefix, split, class and file name of a sequence; None for other files."""
    *folders, file = [part for part in name.split("/") if part != "."]
    if any(part.startswith(".") or part == "__MACOSX" for part in (*folders, file)):
        return None
    is_placed = len(folders) in (2, 3) and folders[-2] in _SPLITS
    if is_placed != file.endswith(".txt"):
        raise ValueError(
            f"{where} has an unknown layout: {name!r}. Each sequence must be a file that ends in "
            "'.txt', in a folder of its class, in a folder 'train' or 'test'."
        )
    if not is_placed:
        return None
    return "/".join(folders[:-2]), folders[-2], folders[-1], file.removesuffix(".txt")


def _build_table(
    rows: Iterable[tuple[tuple[str, str, str, str], bytes]], where: str, sha256: str
) -> SequenceTable:
    """Decode, check and sort the rows."""
    found: dict[tuple[str, str, str], str] = {}
    prefixes = set()
    for (prefix, split, label, name), content in rows:
        try:
            sequence = content.decode("ascii").strip()
        except UnicodeDecodeError:
            sequence = ""
        if not sequence or len(sequence.split()) > 1:
            raise ValueError(
                f"{where}: the file {split}/{label}/{name}.txt must hold one sequence of ASCII "
                f"letters, got {content[:40]!r}."
            )
        if (split, label, name) in found:
            raise ValueError(f"{where} holds the file {split}/{label}/{name}.txt twice.")
        found[split, label, name] = sequence
        prefixes.add(prefix)
    if len(prefixes) > 1:
        raise ValueError(f"{where} holds more than one set: {', '.join(sorted(prefixes))}.")
    classes = {split: {place[1] for place in found if place[0] == split} for split in _SPLITS}
    if not found or classes["train"] != classes["test"]:
        raise ValueError(
            f"{where} must hold the same classes in 'train' and 'test', got "
            f"{sorted(classes['train'])} and {sorted(classes['test'])}."
        )
    places = sorted(found, key=lambda p: (_SPLITS.index(p[0]), p[1], _natural_key(p[2])))
    split, target, names = np.array(places, dtype=object).T
    data = np.empty(len(places), dtype=object)
    data[:] = [found[place] for place in places]
    return SequenceTable(data, target, split, names, sha256)


def _natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sort key in which ``seq10`` follows ``seq9``."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts)

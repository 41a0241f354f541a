"""The parts of a FASTA file: sources, records, letters."""

from __future__ import annotations

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from sklearn_attngen.sequences import Alphabet
from sklearn_attngen.sequences._messages import remedy

Source = str | os.PathLike[str] | IO[str] | IO[bytes]

_GZIP_MAGIC = b"\x1f\x8b"


class Record:
    """One record of a file, still as text, and where it stands."""

    def __init__(self, text: str, file: str, line: int) -> None:
        self.text = text
        self.file = file
        self.line = line

    def parse(self) -> tuple[str, str]:
        """Return the header and the sequence."""
        header, _, body = self.text.partition("\n")
        header = header.strip()
        sequence = body.replace("\n", "")
        if not sequence.strip():
            raise ValueError(
                f"{self.file}, line {self.line}: the record {header[:80]!r} has no sequence. "
                "Remove the record or complete it."
            )
        if sequence.split() != [sequence] or ">" in sequence or ";" in sequence:
            sequence = "".join(self._clean_lines())
        return header, sequence

    def _clean_lines(self) -> Iterator[str]:
        """Drop white space at the ends of the lines; refuse it, ``>`` and ``;`` inside of them."""
        for number, line in enumerate(self.text.split("\n")[1:], start=self.line + 1):
            stripped = line.strip()
            at = next((i for i, c in enumerate(stripped) if c.isspace() or c in ">;"), None)
            if at is not None:
                what = "white space" if stripped[at].isspace() else repr(stripped[at])
                around = stripped[max(0, at - 20) : at + 20]  # a line may hold a chromosome
                raise ValueError(
                    f"{self.file}, line {number}: {what} inside a sequence line, {around!r}. "
                    "A header starts at the beginning of its line with '>', and a sequence line "
                    "holds letters only (comment lines are not supported)."
                )
            yield stripped

    def find_label(self, pattern: re.Pattern[str]) -> str:
        """Return the label that `pattern` finds in the header."""
        header = self.text.partition("\n")[0].strip()
        match = pattern.search(header)
        label = None
        if match is not None:
            label = match["label"] if "label" in pattern.groupindex else match[1]
        if label is None:
            raise ValueError(
                f"{self.file}, line {self.line}: label_pattern {pattern.pattern!r} finds no label "
                f"in the header {header[:80]!r}."
            )
        return label

    def locate(self, letter: str) -> tuple[int, int]:
        """Return line and column, both counted from 1, of a letter of the sequence."""
        lines = enumerate(self.text.split("\n")[1:], start=self.line + 1)
        return next((number, line.index(letter) + 1) for number, line in lines if letter in line)


class LetterChecker:
    """Find letters that are not in an alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        legal = alphabet.letters + alphabet.ambiguous
        self._delete = str.maketrans("", "", legal + legal.lower())

    def check(self, sequence: str, record: Record) -> None:
        """Raise for the first letter outside the alphabet."""
        rest = sequence.translate(self._delete)
        if not rest:
            return
        letter = rest[0]
        line, column = record.locate(letter)
        other = {"U": ("DNA", "RNA"), "T": ("RNA", "DNA")}.get(letter.upper())
        hint = "Correct the file or read it with alphabet=None."
        if other is not None and self.alphabet.name == other[0]:
            hint = f"If this is {other[1]}, read it with alphabet={other[1]!r}."
        elif letter in "-.~*":
            hint = remedy(letter, self.alphabet)
        raise ValueError(
            f"{record.file}, line {line}, column {column} (counted from 1): {letter!r} is not a "
            f"letter of the alphabet {self.alphabet.name}. {hint}"
        )


def list_sources(path: Any) -> list[tuple[Any, Source]]:
    """Flatten what the user gave to pairs of label and source."""
    if isinstance(path, Mapping):
        if any(isinstance(value, Mapping) for value in path.values()):
            raise TypeError("A dict of FASTA files must map each label to files, not to a dict.")
        sources = [(label, s) for label, value in path.items() for _, s in list_sources(value)]
        without = [label for label in path if label not in {label for label, _ in sources}]
        if without:
            raise ValueError(
                f"There is no FASTA file for the label {without[0]!r}. Did a pattern match "
                "nothing? Give its files, or leave the label out."
            )
        return sources
    if isinstance(path, (str, os.PathLike)) or hasattr(path, "read"):
        return [(None, path)]
    if isinstance(path, (list, tuple)):
        if not all(isinstance(s, (str, os.PathLike)) or hasattr(s, "read") for s in path):
            raise TypeError("A list of FASTA files must hold paths or file objects only.")
        return [(None, source) for source in path]
    raise TypeError(
        f"path must be a path, a file object, a list of these or a dict of label to these, got "
        f"{type(path).__name__}."
    )


def read_text(source: Source, encoding: str) -> tuple[str, str]:
    """Return the whole text of a source, with universal line breaks, and its name."""
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        raw: str | bytes = Path(source).read_bytes()
    else:
        name = str(getattr(source, "name", "<file object>"))
        raw = source.read()
    text = raw if isinstance(raw, str) else _decode(raw, name, encoding)
    text = text.removeprefix("\ufeff")
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True), name


def _decode(content: bytes, name: str, encoding: str) -> str:
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise OSError(
                f"{name}: the gzip stream is damaged or cut off ({error}). Copy or download "
                "the file again."
            ) from error
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{name}, line {line}: the file is not a text file in {encoding!r} ({error}). Give "
            "its encoding, or unpack the file if it is an archive."
        ) from error


def split_records(text: str, name: str) -> Iterator[Record]:
    """Split a text at the lines that start with ``>``."""
    start = 0 if text.startswith(">") else text.find("\n>") + 1
    before = text[:start] if start or text.startswith(">") else text
    if before.strip():
        line = len(before) - len(before.lstrip())
        number = before[:line].count("\n") + 1
        first = before.split("\n")[number - 1].strip()
        remedy = " This looks like FASTQ: convert it first." if first.startswith("@") else ""
        raise ValueError(
            f"{name}, line {number}: {first[:40]!r} stands before the first header. A FASTA file "
            f"starts with a line that starts with '>'.{remedy}"
        )
    if not text.startswith(">", start):
        raise ValueError(f"{name}: there is no FASTA record in the file, it is empty.")
    line = before.count("\n") + 1
    for block in text[start + 1 :].split("\n>"):
        yield Record(block, name, line)
        line += block.count("\n") + 1

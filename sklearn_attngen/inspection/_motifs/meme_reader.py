"""Read the lines of a MEME motif file, and name the one that is wrong."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet, get_alphabet

from .motif import Motif

_GZIP = b"\x1f\x8b"
# How a row of a matrix begins; a number that is none is an error of its own.
_ROW = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf)", re.IGNORECASE)
# A matrix of proteins, where no line names the alphabet: the format asks for none.
_TWENTY = re.compile(r"\s*letter-probability matrix.*\balength\s*=\s*20\b")
# What MEME itself writes after the names of a motif.
_STATISTICS = re.compile(r"\s+width\s*=\s*\d+\s+sites\s*=.*")
# What names a letter in the definition of an alphabet, and comments.
_REMARK = re.compile(r'"(?:[^"\\]|\\.)*"|#.*')
# The letters of the alphabets that MEME knows by name, in MEME's order.
KNOWN = {"ACGT": "DNA", "ACGU": "RNA", "ACDEFGHIKLMNPQRSTVWY": "protein"}


def in_order(letters: Iterable[str]) -> str:
    """Return the letters of an alphabet in MEME's order, which is that of its columns."""
    return "".join(sorted(letters, key=lambda x: (not x.isalpha(), x in "*-.", x)))


def lines_of(path: str | os.PathLike[str]) -> list[str]:
    """Return the lines of a text file, compressed or not, or say why it is none."""
    data = Path(path).read_bytes()
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{path} is compressed with gzip and damaged ({error}). Fetch it again."
            ) from error
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise ValueError(f"{path} is not a text file, so it is no MEME motif file.") from error
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: the byte 0x{data[error.start]:02x} is no text in UTF-8. The "
            "file may be in Latin-1; write it anew with "
            "Path(new).write_text(Path(old).read_text('latin-1'), encoding='utf-8')."
        ) from error


class MemeReader:
    """Reads the lines of one file, and knows where it is when something is wrong."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.at = 0
        self.alphabet: Alphabet = get_alphabet("DNA")
        self.background: NDArray[np.float64] | None = None
        self.motifs: list[Motif] = []

    def read(self) -> list[Motif]:
        if not any(re.match(r"\s*MEME version", line) for line in self.lines):
            raise ValueError(
                f"{self.path} has no line 'MEME version 4', so it is no MEME motif file. Files in "
                "JASPAR's or TRANSFAC's own format can be converted with the tools of the MEME "
                "suite."
            )
        named = any(line.lstrip().startswith("ALPHABET") for line in self.lines)
        if not named and any(_TWENTY.match(line) for line in self.lines):
            self.alphabet = get_alphabet("protein")
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            self.at += 1
            if line.startswith("ALPHABET"):
                self._read_alphabet(line)
            elif line.startswith("Background letter frequencies"):
                self._read_background()
            elif line.startswith("MOTIF"):
                self._read_motif(line)
            elif line.startswith("letter-probability matrix"):
                self._fail("a matrix stands before the line 'MOTIF name' that it belongs to")
        if not self.motifs:
            raise ValueError(f"{self.path} holds no motif: no line starts with MOTIF.")
        return self.motifs

    def _fail(self, what: str, line: int | None = None) -> NoReturn:
        """Raise with the number of the line that was read last, or of the given one."""
        number = self.at if line is None else line
        raise ValueError(f"{self.path}, line {number}: {what}.")

    def _read_alphabet(self, line: str) -> None:
        found = re.match(r"ALPHABET\s*=\s*(\S+)\s*$", line)
        pairs: dict[str, str] = {}
        if found:
            letters = found.group(1).upper()
        else:
            letters, pairs = self._read_definition(line)
        try:
            alphabet = get_alphabet(KNOWN.get(letters, letters))
            if pairs and alphabet.complements is None:
                every = alphabet.letters + alphabet.ambiguous
                complements = "".join(pairs.get(letter, letter) for letter in every)
                alphabet = replace(alphabet, complements=complements)
        except ValueError as error:
            self._fail(str(error).rstrip("."))
        self.alphabet = alphabet

    def _read_definition(self, header: str) -> tuple[str, dict[str, str]]:
        """Return the residues that are defined line by line, in MEME's order, and which pair up."""
        residues: list[str] = []
        pairs: dict[str, str] = {}
        for number, line in enumerate(self.lines[self.at :], self.at + 1):
            line = _REMARK.sub(" ", line)
            if line.split() == ["END", "ALPHABET"]:
                self.at = number
                return in_order(residues), pairs
            if "=" not in line:  # with it others stand for the letter
                sides = [words.split()[0] for words in line.split("~") if words.strip()]
                residues += sides
                if len(sides) == 2:
                    one, other = (side.upper() for side in sides)
                    pairs |= {one: other, other: one}
        self._fail(
            "an alphabet must be given by its letters, as in 'ALPHABET= ACGT', or by lines that "
            f"'END ALPHABET' ends, got {header!r}"
        )

    def _read_background(self) -> None:
        words: list[str] = []
        n = 2 * self.alphabet.n_letters
        while len(words) < n and self.at < len(self.lines) and self.lines[self.at].strip():
            words += self.lines[self.at].split()
            self.at += 1
        shares = dict(zip(words[::2], words[1::2], strict=False))
        if len(words) != n or set(shares) != set(self.alphabet.letters):
            self._fail(
                "the background must hold a letter and its frequency for each letter of "
                f"{self.alphabet.letters}, got {' '.join(words)!r}"
            )
        try:
            values = np.array([float(shares[letter]) for letter in self.alphabet.letters])
        except ValueError as error:
            self._fail(f"the background holds no number ({error})")
        if not (np.isfinite(values).all() and (values > 0).all()):
            self._fail(f"background frequencies must be above 0, got {values.tolist()}")
        self.background = values / values.sum()

    def _read_motif(self, line: str) -> None:
        header = self.at
        words = _STATISTICS.sub("", line).split(maxsplit=2)
        if len(words) < 2:
            self._fail("a motif has no name")
        name, description = words[1], words[2] if len(words) > 2 else ""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line.startswith("letter-probability matrix"):
                break
            if line.startswith("MOTIF"):
                self._fail(f"motif {name} has no letter-probability matrix", header)
            self.at += 1
        else:
            self._fail(f"motif {name} has no letter-probability matrix", header)
        self.at += 1
        matrix_line = self.at
        said = dict(re.findall(r"(\w+)\s*=\s*(\S+)", line))
        n_letters = self.alphabet.n_letters
        if said.get("alength", str(n_letters)) != str(n_letters):
            self._fail(
                f"motif {name} has alength= {said['alength']}, but the alphabet of the file has "
                f"{n_letters} letters ({self.alphabet.letters}). Others are named by a line before "
                "the motifs, such as 'ALPHABET= ACGU'"
            )
        rows = []
        while self.at < len(self.lines) and _ROW.match(self.lines[self.at]):
            rows.append(self._read_row(name))
        if str(len(rows)) != said.get("w"):
            self._check_blank_lines(name)
        if str(len(rows)) != said.get("w", str(len(rows))):
            self._fail(f"motif {name} says w= {said['w']}, but has {len(rows)} rows", matrix_line)
        if not rows:
            self._fail(f"the matrix of motif {name} has no rows", matrix_line)
        try:
            n_sites = round(float(said["nsites"])) if "nsites" in said else None
        except (ValueError, OverflowError):  # the latter for infinity
            self._fail(f"nsites= {said['nsites']} of motif {name} is no number", matrix_line)
        try:
            motif = Motif(
                name, np.array(rows), self.alphabet, description, n_sites, self.background
            )
        except ValueError as error:
            self._fail(str(error).rstrip("."), matrix_line)
        self.motifs.append(motif)

    def _read_row(self, name: str) -> list[float]:
        words = self.lines[self.at].split()
        self.at += 1
        if len(words) != self.alphabet.n_letters:
            self._fail(
                f"a row of motif {name} has {len(words)} numbers, but the alphabet has "
                f"{self.alphabet.n_letters} letters ({self.alphabet.letters})"
            )
        try:
            values = [float(word) for word in words]
        except ValueError as error:
            self._fail(f"a row of motif {name} holds no number ({error})")
        if not np.isfinite(values).all():
            self._fail(
                f"a row of motif {name} is {' '.join(words)!r}, and probabilities must be finite. "
                "Take the motif out of the file, or write shares that sum to 1"
            )
        # a sum of rounded shares may be off by more than a motif's
        digits, total = max(len(word.partition(".")[2]) for word in words), sum(values)
        if 2 <= digits <= 4 and abs(total - 1) <= 0.5 * 10.0**-digits * len(words) + 1e-9:
            values = [value / total for value in values]
        return values

    def _check_blank_lines(self, name: str) -> None:
        """Raise if rows of a matrix come after blank lines: none may be lost unseen."""
        after = self.at
        while after < len(self.lines) and not self.lines[after].strip():
            after += 1
        if self.at < after < len(self.lines) and _ROW.match(self.lines[after]):
            self._fail(
                f"a blank line stands inside the matrix of motif {name}. Take it out: a matrix "
                "ends with the first line that is no row",
                self.at + 1,
            )

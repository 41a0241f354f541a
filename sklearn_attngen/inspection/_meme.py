"""Motif files in MEME's minimal text format."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from sklearn_attngen.sequences import Alphabet, get_alphabet

from ._motif import Motif, check_motifs

_GZIP = b"\x1f\x8b"
# The letters of the alphabets that MEME knows by name, in MEME's order.
_KNOWN = {"ACGT": "DNA", "ACGU": "RNA", "ACDEFGHIKLMNPQRSTVWY": "protein"}


def read_meme(path: str | os.PathLike[str]) -> list[Motif]:
    """Read motifs from a file in MEME's text format.

    JASPAR, HOCOMOCO, CIS-BP and others give their motifs away in this format.

    Parameters
    ----------
    path : str or path-like
        The file, plain or compressed with gzip.

    Returns
    -------
    motifs : list of Motif
        In the order of the file. A motif without a background of its own has that of the file.

    Raises
    ------
    ValueError
        If the file is not in the format; the message names the line.

    See Also
    --------
    write_meme : The way back.
    match_motifs : Find motifs in a database.

    Notes
    -----
    Version 4 of the minimal format is read: the alphabet (``ALPHABET=`` with the letters in a
    line), the background frequencies, and for each motif its names and its letter-probability
    matrix. Of a motif's scores (log-odds matrix, E-value) nothing is read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_attngen.inspection import Motif, read_meme, write_meme
    >>> motif = Motif("M1", [[1, 0, 0, 0], [0, 0.5, 0.5, 0]], description="toy", n_sites=20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_meme([motif], Path(folder) / "toy.meme.gz")
    ...     read_meme(Path(folder) / "toy.meme.gz")
    [<Motif M1: AS>]
    """
    data = Path(path).read_bytes()
    if data.startswith(_GZIP):
        data = gzip.decompress(data)
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file, so it is no MEME motif file.") from error
    return _Reader(str(path), lines).read()


def write_meme(motifs: Iterable[Motif] | Motif, path: str | os.PathLike[str]) -> None:
    """Write motifs to a file in MEME's text format.

    Parameters
    ----------
    motifs : Motif or iterable of Motif
        Of one alphabet, with different names.
    path : str or path-like
        The file; it is compressed if the name ends in ".gz". An existing file is replaced.

    Raises
    ------
    ValueError
        If there are no motifs, if two have the same name, or if their alphabets or backgrounds
        differ: the format has one of each for a file.

    See Also
    --------
    read_meme : The way back.

    Notes
    -----
    Probabilities are written with ten digits. Contributions and sites have no place in the format.
    Names and descriptions are ASCII in it: another letter of a description becomes "?", and
    white space in it one space.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_attngen.inspection import Motif, write_meme
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_meme(Motif("M1", [[0.5, 0.5, 0, 0]]), Path(folder) / "toy.meme")
    ...     print((Path(folder) / "toy.meme").read_text().splitlines()[-1])
    0.5000000000 0.5000000000 0.0000000000 0.0000000000
    """
    listed = check_motifs(motifs)
    if not listed:
        raise ValueError("There are no motifs to write.")
    first = listed[0]
    names = set()
    for motif in listed:
        if motif.name in names:
            raise ValueError(f"Two motifs have the name {motif.name}. Give each its own.")
        names.add(motif.name)
        if motif.alphabet.letters != first.alphabet.letters:
            raise ValueError(
                f"{motif.name} is written in {motif.alphabet.name}, {first.name} in "
                f"{first.alphabet.name}. A file has one alphabet: write one for each."
            )
        if not np.allclose(motif.background, first.background, atol=1e-6):
            raise ValueError(
                f"{motif.name} and {first.name} have different backgrounds. A file has one: write "
                "one file for each, or give all motifs one with dataclasses.replace(motif, "
                "background=...)."
            )
    letters = first.alphabet.letters
    lines = ["MEME version 4", "", f"ALPHABET= {letters}", ""]
    if first.alphabet.complements is not None:
        lines += ["strands: + -", ""]
    shares = " ".join(f"{a} {b:.10g}" for a, b in zip(letters, first.background, strict=True))
    lines += ["Background letter frequencies", shares]
    for motif in listed:
        sites = "" if motif.n_sites is None else f" nsites= {motif.n_sites}"
        lines += [
            "",
            # a line break would begin a line of the format
            " ".join(["MOTIF", motif.name, *motif.description.split()]),
            f"letter-probability matrix: alength= {len(letters)} w= {motif.width}{sites} E= 0",
            *(" ".join(f"{value:.10f}" for value in row) for row in motif.probabilities),
        ]
    data = ("\n".join(lines) + "\n").encode("ascii", errors="replace")
    if str(path).endswith(".gz"):
        data = gzip.compress(data, mtime=0)  # without the time, equal motifs give equal files
    Path(path).write_bytes(data)


class _Reader:
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
        if not found:
            self._fail(
                "only alphabets given by their letters, as in 'ALPHABET= ACGT', can be read, not "
                f"{line!r}"
            )
        letters = found.group(1).upper()
        try:
            self.alphabet = get_alphabet(_KNOWN.get(letters, letters))
        except ValueError as error:
            self._fail(str(error).rstrip("."))

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
        words = line.split(maxsplit=2)
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
                f"{n_letters} letters ({self.alphabet.letters})"
            )
        rows = []
        while self.at < len(self.lines) and re.match(r"\s*[-+.\d]", self.lines[self.at]):
            rows.append(self._read_row(name))
        if str(len(rows)) != said.get("w", str(len(rows))):
            self._fail(f"motif {name} says w= {said['w']}, but has {len(rows)} rows", matrix_line)
        if not rows:
            self._fail(f"the matrix of motif {name} has no rows", matrix_line)
        try:
            n_sites = round(float(said["nsites"])) if "nsites" in said else None
        except ValueError:
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
            return [float(word) for word in words]
        except ValueError as error:
            self._fail(f"a row of motif {name} holds no number ({error})")

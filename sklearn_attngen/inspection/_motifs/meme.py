"""Motif files in MEME's minimal text format."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from sklearn_attngen._writing import write_whole
from sklearn_attngen.sequences import Alphabet

from .meme_reader import KNOWN, MemeReader, in_order, lines_of
from .motif import Motif, check_motifs


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
    Version 4 of the format is read, minimal or as MEME, DREME and STREME write it: the alphabet
    (``ALPHABET=`` with the letters, or its definition, of which letters and complements are read;
    without either it is DNA, or protein if matrices have 20 letters), the background frequencies,
    and for each motif its names and its letter-probability matrix. Of a motif's scores (log-odds
    matrix, E-value) nothing is read.

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
    return MemeReader(str(path), lines_of(path)).read()


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
        If there are no motifs, if two have the same name, if their alphabets or backgrounds differ
        (the format has one of each for a file), or if a letter is none of the format's: A to Z, 0
        to 9, "*", "-" and ".".

    See Also
    --------
    read_meme : The way back.

    Notes
    -----
    Probabilities are written with ten digits. Contributions and sites have no place in the format.
    Names and descriptions are ASCII in it: another letter of a description becomes "?", and
    white space in it one space. Columns come in MEME's order of the letters. Alphabets that MEME
    does not know are defined line by line, with their complements if no letter is its own.

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
    letters = in_order(first.alphabet.letters)
    columns = [first.alphabet.letters.index(letter) for letter in letters]
    lines = ["MEME version 4", "", *_alphabet_lines(first.alphabet, letters), ""]
    if first.alphabet.double_stranded and _pairs(first.alphabet):
        lines += ["strands: + -", ""]
    background = first.background[columns]
    shares = " ".join(f"{a} {b:.10g}" for a, b in zip(letters, background, strict=True))
    lines += ["Background letter frequencies", shares]
    for motif in listed:
        sites = "" if motif.n_sites is None else f" nsites= {motif.n_sites}"
        lines += [
            "",
            # a line break would begin a line of the format
            " ".join(["MOTIF", motif.name, *motif.description.split()]),
            f"letter-probability matrix: alength= {len(letters)} w= {motif.width}{sites} E= 0",
            *(
                " ".join(f"{value:.10f}" for value in row)
                for row in motif.probabilities[:, columns]
            ),
        ]
    write_whole(path, ("\n".join(lines) + "\n").encode("ascii", errors="replace"))


def _alphabet_lines(alphabet: Alphabet, letters: str) -> list[str]:
    """Return the lines that name an alphabet, or define one that MEME does not know."""
    if letters in KNOWN:
        return [f"ALPHABET= {letters}"]
    wrong = [letter for letter in letters if not _is_symbol(letter)]
    if wrong:
        raise ValueError(
            f"MEME's format knows no letter {wrong[0]!r} of the alphabet {alphabet.name}: letters "
            "are A to Z, 0 to 9, '*', '-' and '.'. Make the motifs anew with another letter for it."
        )
    name = " ".join(alphabet.name.split()).replace("\\", "\\\\").replace('"', '\\"')
    pairs = _pairs(alphabet)
    core = [f"{a} ~ {pairs[a]}" for a in letters if a in pairs and a < pairs[a]] or letters
    unknown = [f"{letter} = {letters}" for letter in alphabet.ambiguous[:1] if _is_symbol(letter)]
    return [f'ALPHABET "{name}"', *core, *unknown, "END ALPHABET"]


def _pairs(alphabet: Alphabet) -> dict[str, str]:
    """Return the complements, none if a letter is its own: the format has no such letters."""
    pairs = dict(zip(alphabet.letters, alphabet.complements or alphabet.letters, strict=False))
    return {} if any(letter == other for letter, other in pairs.items()) else pairs


def _is_symbol(letter: str) -> bool:
    return letter.isalnum() or letter in "*-."

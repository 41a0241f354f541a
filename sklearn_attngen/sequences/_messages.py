"""The wording of what is wrong with a sequence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._alphabet import Alphabet, get_alphabet


def is_missing(value: Any) -> bool:
    """Tell None, NaN, NaT, pandas' NA and what is masked apart from everything else."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def as_text(value: Any) -> str:
    """Return how to make a string of ``s``, whose own text is mostly no sequence."""
    if isinstance(value, Mapping) and value:
        return f"s[{next(iter(value))!r}]"
    if isinstance(value, (bytearray, memoryview)):
        return "bytes(s)"
    if isinstance(value, (list, tuple)):
        return "''.join(s)"
    return "str(s.seq)" if hasattr(value, "seq") else "str(s)"


def bad_letter(letter: str, row: int, position: int, alphabet: Alphabet) -> str:
    """Name a character that does not belong into a sequence, where it is, and the remedy."""
    where = f"Row {row}, position {position} (both 0-based)"
    if letter.isascii() and letter.upper() in alphabet.ambiguous:
        return (
            f"{where}: {letter!r} is an ambiguity letter of the {alphabet.name} alphabet and "
            f"unknown='error'. Remove such sequences, or pass unknown='zero' to read ambiguity "
            f"letters as positions without signal."
        )
    known = f"letters {alphabet.letters}"
    if alphabet.ambiguous:
        known += f", without signal {alphabet.ambiguous}"
    name = repr(letter) if letter.isascii() else f"{letter!r} (U+{ord(letter):04X})"
    return (
        f"{where}: {name} is not in the {alphabet.name} alphabet ({known}). "
        f"{remedy(letter, alphabet)}"
    )


def remedy(letter: str, alphabet: Alphabet) -> str:
    """Say what to do about a character that is no letter of the alphabet."""
    upper = letter.upper()
    swap = {"U": ("T", "RNA"), "T": ("U", "DNA")}
    if upper in swap and swap[upper][0] in alphabet.letters and alphabet.complements is not None:
        other, name = swap[upper]
        return (
            f"For {name} pass alphabet={name!r}; otherwise replace {upper} by {other}, for example "
            f"[s.upper().replace({upper!r}, {other!r}) for s in X]."
        )
    if letter.isspace():
        return (
            "Strip the sequences and join the lines of a record: ''.join(s.split()). Words that "
            "overlap (k-mers) are no sequence when joined: pass what they were cut from."
        )
    if letter == "\ufeff":
        return (
            "This is a byte order mark: read the file with encoding='utf-8-sig', and where files "
            "were joined remove it."
        )
    if not letter.isascii():
        return "Sequences are plain ASCII: check how the file was read, and clean the text."
    if letter in "-.~":
        return (
            f"Remove gaps from the sequences, write {_unknown(alphabet)} where the letter is "
            f"unknown, or make the gap a letter of its own: alphabet={alphabet.letters + letter!r}."
        )
    if letter == "*":
        return (
            f"Strip the stop sign, or make it a letter of its own: "
            f"alphabet={alphabet.letters + letter!r}."
        )
    if letter == ">":
        return "This looks like a FASTA header: pass the sequences only."
    if letter.isdigit():
        return "Pass the sequences as letters, not numbers or codes."
    protein = get_alphabet("protein")
    if alphabet.complements is not None and upper in protein.letters + protein.ambiguous:
        return (
            f"For proteins pass alphabet='protein'; write {_unknown(alphabet)} where the letter "
            f"is unknown."
        )
    return (
        f"Correct the sequence, write {_unknown(alphabet)} where the letter is unknown, or pass "
        f"the alphabet that the sequences use."
    )


def _unknown(alphabet: Alphabet) -> str:
    return repr(alphabet.unknown_letter) if alphabet.ambiguous else "another letter"

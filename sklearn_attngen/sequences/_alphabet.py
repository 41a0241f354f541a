"""Alphabets: which letters are residues, which carry no signal, and which pair up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NO_SIGNAL: Final = 255
"""Code of every letter that carries no signal: N, other ambiguity letters, and padding."""


@dataclass(frozen=True)
class Alphabet:
    """The letters of a kind of biological sequence.

    Parameters
    ----------
    name : str
        Name shown in error messages.
    letters : str
        The residues. Letter ``i`` has the code ``i``. Distinct, printable ASCII, at least two;
        lower-case letters are stored as upper-case ones.
    ambiguous : str, default=""
        Letters that are legal but carry no signal. The first one stands for "unknown" when codes
        are turned back into strings.
    complements : str or None, default=None
        The complement of every letter in ``letters + ambiguous``, in that order. None if the
        alphabet has no complements.

    Attributes
    ----------
    n_letters : int
        Number of residues.
    unknown_letter : str
        The letter written for the code ``NO_SIGNAL``.
    complement_codes : ndarray of shape (n_letters,), dtype=uint8, or None
        Code of the complement of each residue.
    double_stranded : bool
        Whether a sequence and its reverse complement are one molecule: so with complements, but for
        RNA, which has them and is read on one strand.

    See Also
    --------
    get_alphabet : Look an alphabet up by name.

    Examples
    --------
    >>> from sklearn_attngen.sequences import Alphabet
    >>> purine = Alphabet("purine/pyrimidine", letters="RY", ambiguous="N", complements="YRN")
    >>> purine.n_letters
    2
    >>> purine.complement_codes
    array([1, 0], dtype=uint8)
    """

    name: str
    letters: str
    ambiguous: str = ""
    complements: str | None = None

    def __post_init__(self) -> None:
        for part in ("letters", "ambiguous", "complements"):
            value = getattr(self, part)
            if not isinstance(value, str) and (part != "complements" or value is not None):
                raise TypeError(f"The {part} of an alphabet must be a str, got {value!r}.")
        if len(self.letters) < 2:
            raise ValueError(f"An alphabet needs at least two letters, got {self.letters!r}.")
        for letter in self.letters + self.ambiguous:
            if not "!" <= letter <= "~":
                raise ValueError(
                    f"The letters of an alphabet must be printable ASCII without spaces, got "
                    f"{letter!r} in {_cut(self.letters + self.ambiguous)!r}."
                )
        object.__setattr__(self, "letters", self.letters.upper())
        object.__setattr__(self, "ambiguous", self.ambiguous.upper())
        every = self.letters + self.ambiguous
        if len(set(every)) != len(every):
            twice = sorted(letter for letter in set(every) if every.count(letter) > 1)
            raise ValueError(
                f"The letters of an alphabet must be distinct (case does not count), but "
                f"{', '.join(map(repr, twice))} occur more than once in {_cut(every)!r}."
            )
        if self.complements is not None:
            object.__setattr__(self, "complements", self.complements.upper())
            pairs = dict(zip(every, self.complements, strict=False))
            if len(self.complements) != len(every) or any(
                pairs.get(pairs[letter]) != letter for letter in every
            ):
                raise ValueError(
                    f"complements must pair the {len(every)} letters {every!r} up (the complement "
                    f"of the complement of a letter is the letter), got {self.complements!r}."
                )
            if {pairs[letter] for letter in self.letters} != set(self.letters):
                raise ValueError("The complement of a residue must be a residue.")

    @property
    def n_letters(self) -> int:
        """Number of residues."""
        return len(self.letters)

    @property
    def unknown_letter(self) -> str:
        """The letter written for the code ``NO_SIGNAL``."""
        if not self.ambiguous:
            raise ValueError(
                f"The alphabet {self.name} has no letter for an unknown residue. Build it with "
                f"one, as in Alphabet({self.name!r}, {self.letters!r}, ambiguous='?')."
            )
        return self.ambiguous[0]

    @property
    def complement_codes(self) -> NDArray[np.uint8] | None:
        """Code of the complement of each residue, or None."""
        if self.complements is None:
            return None
        codes = [self.letters.index(letter) for letter in self.complements[: self.n_letters]]
        return np.array(codes, dtype=np.uint8)

    @property
    def double_stranded(self) -> bool:
        """Whether a sequence and its reverse complement are one molecule."""
        return self.complements is not None and "U" not in self.letters


_DNA = Alphabet("DNA", "ACGT", "NRYSWKMBDHV", "TGCA" + "NYRSWMKVHDB")
_RNA = Alphabet("RNA", "ACGU", "NRYSWKMBDHV", "UGCA" + "NYRSWMKVHDB")
_PROTEIN = Alphabet("protein", "ACDEFGHIKLMNPQRSTVWY", "XBJOUZ")
_NAMED: Final = {alphabet.name.upper(): alphabet for alphabet in (_DNA, _RNA, _PROTEIN)}


def get_alphabet(alphabet: str | Alphabet) -> Alphabet:
    """Return an alphabet by name, or build one from its letters.

    Parameters
    ----------
    alphabet : {"DNA", "RNA", "protein"}, str of distinct letters, or Alphabet
        Names are not case-sensitive. Any other string is a custom alphabet and its characters are
        the letters, in the order of their codes. A custom string that holds the letters of a
        named alphabet, in any order, and signs that are no letters, as in ``"ACGT-"``, keeps that
        alphabet's ambiguity letters and complements. Every other one gets one letter that carries
        no signal: the first of ``X``, ``N`` and ``?`` that is free, if one is.

    Returns
    -------
    alphabet : Alphabet
        The alphabet; one that was passed in comes back as it is.

    Raises
    ------
    TypeError
        If `alphabet` is neither a string nor an `Alphabet`.
    ValueError
        If the letters are not distinct printable ASCII characters.

    Examples
    --------
    >>> from sklearn_attngen.sequences import get_alphabet
    >>> get_alphabet("dna").letters
    'ACGT'
    >>> get_alphabet("HEC")  # helix, strand, coil
    Alphabet(name='HEC', letters='HEC', ambiguous='X', complements=None)
    """
    if isinstance(alphabet, Alphabet):
        return alphabet
    if not isinstance(alphabet, str):
        raise TypeError(
            f"alphabet must be 'DNA', 'RNA', 'protein', a string of distinct letters or an "
            f"Alphabet, got {type(alphabet).__name__}."
        )
    # upper case can make another letter of what is not ASCII, which is refused
    key = alphabet.upper() if alphabet.isascii() else alphabet
    if key in _NAMED:
        return _NAMED[key]
    for named in _NAMED.values():
        if sorted(named.letters) == sorted(letter for letter in key if letter.isalpha()):
            complements = None
            if named.complements is not None:
                every = named.letters + named.ambiguous
                pairs = dict(zip(every, named.complements, strict=True))
                complements = "".join(pairs.get(letter, letter) for letter in key + named.ambiguous)
            name = named.name if key == named.letters else alphabet
            return Alphabet(name, key, named.ambiguous, complements)
    try:
        Alphabet(alphabet, key)  # without the unknown letter, which nobody gave
    except ValueError as error:
        raise ValueError(
            f"alphabet={_cut(alphabet)!r} is none of 'DNA', 'RNA' and 'protein', and no string of "
            f"letters: {error}"
        ) from None
    unknown = next((letter for letter in "XN?" if letter not in key), "")
    return Alphabet(alphabet, key, unknown)


def _cut(text: str) -> str:
    """Return what an error shows of a string: sequences are passed for alphabets too."""
    return text if len(text) <= 100 else f"{text[:100]}..."

"""Motif: what several sites have in common, letter by letter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen.sequences import Alphabet, get_alphabet

# Rows of files are rounded: six digits of twenty letters are off by 1e-5.
_ROW_TOLERANCE = 1e-3
_IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "AG": "R", "CT": "Y", "CG": "S", "AT": "W", "GT": "K",
    "AC": "M",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Motif:
    """Position weight matrix, with what is known about it.

    Parameters
    ----------
    name : str
        Name without spaces.
    probabilities : array-like of shape (width, n_letters)
        How often each letter stands at each position: rows sum to 1.
    alphabet : str or Alphabet, default="DNA"
        What the columns stand for.
    description : str, default=""
        Second name, such as that of the protein.
    n_sites : int or None, default=None
        Number of sites that were counted.
    background : array-like of shape (n_letters,) or None, default=None
        What the motif is compared with; None is the same share for all letters.
    contributions : array-like of shape (width,) or None, default=None
        Mean saliency of each position over the sites.
    sites : structured ndarray or None, default=None
        Where the motif was found: the fields are "row" of the data, "start" (first position,
        0-based, counted on the strand that the data is written in), "strand" (+1 or -1), "score"
        (similarity to the motif) and "length" (number of positions of the sequence, with
        padding where that was searched too).

    Attributes
    ----------
    width : int
        Number of positions.
    information : ndarray of shape (width,)
        Relative entropy of each position to the background, in bits.
    information_content : float
        Its sum.
    consensus : str
        The motif in one line.

    See Also
    --------
    read_meme : Read motifs from a file.
    cluster_seqlets : Find motifs in salient regions.

    Notes
    -----
    The relative entropy of a position is the sum of p log2(p / b) over the letters, where p is
    how often a letter stands there and b its share in the background. With an even
    background it is the information content that logos show: 2 bits for a position of DNA
    that is always the same letter. From few sites it comes out too high, by about 3 / (2 n ln 2)
    bits a position for n sites of DNA. It tells how well the sites agree, not whether the
    classifier needs them: that is what :func:`motif_report` tests by replacing them.

    Examples
    --------
    >>> from sklearn_attngen.inspection import Motif
    >>> motif = Motif("half", [[1, 0, 0, 0], [0, 0.5, 0, 0.5], [0.25, 0.25, 0.25, 0.25]])
    >>> motif.consensus
    'AYn'
    >>> motif.information.tolist()
    [2.0, 1.0, 0.0]
    >>> motif.reverse_complement().consensus
    'nRT'
    """

    name: str
    probabilities: NDArray[np.float64]
    alphabet: Any = "DNA"  # an Alphabet once the motif is made
    description: str = ""
    n_sites: int | None = None
    background: Any = None  # an array once the motif is made
    contributions: NDArray[np.float64] | None = None
    sites: NDArray[Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        alphabet = get_alphabet(self.alphabet)
        if not isinstance(self.name, str):
            raise TypeError(f"The name of a motif must be a str, got {self.name!r}.")
        if not self.name or any(not "!" <= letter <= "~" for letter in self.name):
            raise ValueError(
                f"The name of a motif must be printable ASCII without spaces, got {self.name!r}."
            )
        values = _shares(self.probabilities, alphabet, f"probabilities of motif {self.name}")
        if values.ndim != 2 or not len(values):
            raise ValueError(
                f"probabilities of motif {self.name} must have shape (width, "
                f"{alphabet.n_letters}) with a width of at least 1, got {values.shape}."
            )
        even = np.full(alphabet.n_letters, 1 / alphabet.n_letters)
        background = even if self.background is None else self.background
        background = _shares(background, alphabet, f"background of motif {self.name}")
        if background.ndim != 1 or not (background > 0).all():
            raise ValueError(
                f"background of motif {self.name} must hold a share above 0 for each letter, got "
                f"{background.tolist()}."
            )
        if self.contributions is not None:
            contributions = _numbers(self.contributions, f"contributions of motif {self.name}")
            if contributions.shape != (len(values),):
                raise ValueError(
                    f"contributions of motif {self.name} must have shape ({len(values)},), got "
                    f"{contributions.shape}."
                )
            object.__setattr__(self, "contributions", contributions)
        object.__setattr__(self, "alphabet", alphabet)
        object.__setattr__(self, "probabilities", values)
        object.__setattr__(self, "background", background)

    def __repr__(self) -> str:
        return f"<Motif {self.name}: {self.consensus}>"

    @property
    def width(self) -> int:
        """Number of positions."""
        return len(self.probabilities)

    @property
    def information(self) -> NDArray[np.float64]:
        """Relative entropy of each position to the background, in bits."""
        return relative_entropy(self.probabilities, self.background)

    @property
    def information_content(self) -> float:
        """Relative entropy of the whole motif to the background, in bits."""
        return float(self.information.sum())

    @property
    def consensus(self) -> str:
        """One letter for each position.

        A letter that makes up half of the sites and twice the share of any other one; in
        nucleotides else the ambiguity letter of two that make up three quarters; else the unknown
        letter in lower case ("n", "x").
        """
        letters = self.alphabet.letters
        unknown = self.alphabet.ambiguous[:1].lower() or "."
        nucleotides = set(letters) <= set("ACGTU") and len(letters) == 4
        text = []
        for shares in self.probabilities:
            first, second = np.argsort(-shares, kind="stable")[:2]
            if shares[first] >= 0.5 and shares[first] >= 2 * shares[second]:
                text.append(letters[first])
                continue
            pair = "".join(sorted(letters[first] + letters[second])).replace("U", "T")
            clear = nucleotides and shares[first] + shares[second] >= 0.75
            text.append(_IUPAC[pair] if clear else unknown)
        return "".join(text)

    def reverse_complement(self) -> Motif:
        """Return the motif as it reads on the other strand.

        Returns
        -------
        motif : Motif
            With the same name; sites keep their starts and change their strands.

        Raises
        ------
        ValueError
            If the alphabet has no complements.
        """
        codes = self.alphabet.complement_codes
        if codes is None:
            raise ValueError(
                f"The alphabet {self.alphabet.name} has no complements, so motif {self.name} has "
                "no reverse complement."
            )
        sites = self.sites
        if sites is not None:
            sites = sites.copy()
            sites["strand"] *= -1
        flipped = None if self.contributions is None else self.contributions[::-1]
        return replace(
            self,
            probabilities=self.probabilities[::-1, codes],
            background=self.background[codes],
            contributions=flipped,
            sites=sites,
        )


def relative_entropy(
    probabilities: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the relative entropy of each row to the background in bits."""
    ratio = np.divide(
        probabilities, background, out=np.ones_like(probabilities), where=probabilities > 0
    )
    return np.maximum((probabilities * np.log2(ratio)).sum(axis=-1), 0.0)


def check_motifs(motifs: Any, what: str = "motifs") -> list[Motif]:
    """Return motifs as a list, or say what is wrong with them."""
    if isinstance(motifs, Motif):
        return [motifs]
    if isinstance(motifs, str | bytes) or not hasattr(motifs, "__iter__"):
        raise TypeError(f"{what} must be a list of Motif, got {type(motifs).__name__}.")
    if hasattr(motifs, "columns"):
        raise TypeError(
            f"{what} must be a list of Motif, got a table. Pass the column that holds them: "
            "report['motif'] of motif_report."
        )
    listed = list(motifs)
    for i, motif in enumerate(listed):
        if not isinstance(motif, Motif):
            raise TypeError(
                f"{what} must hold Motif objects, but number {i} (0-based) is a "
                f"{type(motif).__name__}. Make one with Motif(name, probabilities)."
            )
    return listed


def _numbers(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return a copy as floating-point numbers, or raise."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be an array of numbers, got {values!r}.") from error


def _shares(values: ArrayLike, alphabet: Alphabet, what: str) -> NDArray[np.float64]:
    """Return shares of the letters scaled to sum exactly 1, or raise."""
    index = getattr(values, "index", ()) if hasattr(values, "iloc") else ()
    named = "".join(map(str, getattr(values, "columns", index)))
    upper = named.upper()
    if upper != alphabet.letters and sorted(upper) == sorted(alphabet.letters):
        order = alphabet.letters.lower() if named.islower() else alphabet.letters
        raise ValueError(
            f"{what} must go by the letters {alphabet.letters}, got a table that goes by {named}. "
            f"Pass its columns in that order: table[list({order!r})]."
        )
    shares = _numbers(values, what)
    if shares.ndim not in (1, 2) or shares.shape[-1] != alphabet.n_letters:
        raise ValueError(
            f"{what} must have one column for each of the {alphabet.n_letters} letters "
            f"{alphabet.letters!r}, got shape {shares.shape}."
        )
    total = shares.sum(axis=-1)
    bad = ~np.isfinite(total) | (np.abs(total - 1) > _ROW_TOLERANCE)
    bad |= (np.atleast_2d(shares) < 0).any(axis=-1).reshape(total.shape)
    if bad.any():
        position = int(np.argmax(bad))
        row = np.atleast_2d(shares)[position].tolist()
        raise ValueError(
            f"{what} must be shares that sum to 1, but position {position} (0-based) holds {row}."
        )
    return shares / total[..., None]

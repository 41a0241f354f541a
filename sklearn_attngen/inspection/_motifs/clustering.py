"""From seqlets to motifs: align, aggregate, trim."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.values import check_saliency, codes_for
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, get_alphabet, one_hot
from sklearn_attngen.sequences._codes import strand_complements

from .alignment import Integers, aligned_starts, cut, read_sites, weigh
from .growth import group_windows
from .motif import Motif, relative_entropy
from .seqlet_input import check_order, check_seqlets

SITE = np.dtype(
    [
        ("row", np.int64),
        ("start", np.int64),
        ("strand", np.int8),
        ("score", float),
        ("length", np.int64),
    ]
)
# Letters to either side of the seqlets that can become part of the motif, and how many positions
# without information may lie between two with it.
_EXTENSION = 10
_LONGEST_GAP = 3
_LEAST_WIDTH = 4


@validate_params(
    {
        "saliency": ["array-like"],
        "alphabet": [str, Alphabet],
        "both_strands": ["boolean", StrOptions({"auto"})],
        "min_seqlets": [Interval(Integral, 2, None, closed="left")],
        "min_information": [Interval(Real, 0, None, closed="left")],
        "prefix": [str],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def cluster_seqlets(
    X: Any,
    saliency: ArrayLike,
    seqlets: Any,
    *,
    alphabet: str | Alphabet = "DNA",
    both_strands: bool | str = "auto",
    min_seqlets: int = 20,
    min_information: float = 0.25,
    prefix: str = "motif",
    random_state: int | np.random.RandomState | None = 0,
) -> list[Motif]:
    """Align salient regions, and make a motif of those that look alike.

    Parameters
    ----------
    X : array-like of n sequences of one length L
        Strings, or one-hot in two or three dimensions.
    saliency : array-like of shape (n, L)
        Saliency of their letters.
    seqlets : Bunch or DataFrame
        The regions, as :func:`extract_seqlets` returns them: arrays ``row``, ``start`` and ``end``,
        all of one width, in any order.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of X.
    both_strands : bool or "auto", default="auto"
        Whether a motif may be read on either strand. "auto" does so if the alphabet has
        complements and is not RNA. Say False for DNA with a strand, such as splice sites.
    min_seqlets : int, default=20
        Fewer sites make no motif; two regions with the halves of a palindrome are one site.
    min_information : float, default=0.25
        Motifs are trimmed to the positions with so many bits (relative entropy to the
        letters of X, less what as many random letters would have), and at most three
        positions with less between two of them.
    prefix : str, default="motif"
        Motifs are called ``motif_0``, ``motif_1`` and so on.
    random_state : int, RandomState instance or None, default=0
        Seed of the windows that chance similarity is measured on.

    Returns
    -------
    motifs : list of Motif
        Those with most sites first; each with the share of letters, the mean saliency
        (``contributions``) and the ``sites`` it was made of. Their background is the composition of
        X, that of both strands where motifs are read on both. Empty if no regions look alike, or if
        what they share is less than four letters wide (or than the seqlets, where these are
        narrower): say a smaller ``width`` in :func:`extract_seqlets` for motifs as short as the GT
        of a splice site.

    Raises
    ------
    ValueError
        If X, saliency and seqlets do not fit together, or if both strands are asked for and the
        alphabet has no complements.

    See Also
    --------
    extract_seqlets : Find the regions.
    motif_report : All steps for the classes of a classifier.

    Notes
    -----
    Windows of letters, weighted by the square root of their saliency, are compared by cosine at
    shifts of up to half a seqlet. The seqlet with the most similar neighbours is the first seed;
    the template that its neighbours make gathers what is more similar to it than 98 % of windows
    with permuted positions are, and is made anew until it stays the same; if its members fall into
    two parts that are unlike each other, it is divided. Then the next seed is taken from the rest.
    In the end each seqlet goes to the template that it is most similar to, and templates that are
    alike are one. Nothing is random but the permutations.

    A motif says what the salient regions share. Regions that share nothing belong to no motif, so
    the sites of all motifs can be fewer than the seqlets. It does not say that the classifier
    needs the motif: letters that always stand beside it are aligned with it. Two motifs that have
    most letters in common, at some shift and on either strand, can come out as one.

    Regions of noise make motifs too, where they are many: 2 % of them are like any template, and
    some more like one that is made of them. With the default `min_seqlets` 200 regions of random
    letters make none as a rule, 500 some six and 1,000 some twenty, of 20 to 41 sites. None had a
    twentieth of the regions: set `min_seqlets` to that where many may be chance.

    Examples
    --------
    >>> from sklearn_attngen.datasets import make_motif_sequences
    >>> from sklearn_attngen.inspection import cluster_seqlets, extract_seqlets
    >>> data = make_motif_sequences(100, length=60, motifs=["GATTACA", "CCGTGAA"], random_state=0)
    >>> saliency = data.positions.astype(float)
    >>> seqlets = extract_seqlets(saliency, width=7)
    >>> [motif.consensus for motif in cluster_seqlets(data.data, saliency, seqlets)]
    ['GATTACA', 'CCGTGAA']
    """
    alphabet = get_alphabet(alphabet)
    check_order(X, saliency, seqlets)
    values = check_saliency(saliency)
    codes = codes_for(X, values.shape, alphabet)
    rows, starts, width = check_seqlets(seqlets, values)
    complement = strand_complements(both_strands, alphabet)
    return find_motifs(
        codes,
        values,
        rows,
        starts,
        width,
        alphabet=alphabet,
        complement=complement,
        min_seqlets=min_seqlets,
        min_information=min_information,
        background=composition(codes, alphabet.n_letters, complement),
        prefix=prefix,
        random_state=random_state,
    )


def composition(
    codes: NDArray[np.uint8], n_letters: int, complement: NDArray[np.uint8] | None
) -> NDArray[np.float64]:
    """Return the share of each letter, none of them 0; with complements, on both strands."""
    counts = np.bincount(codes[codes != NO_SIGNAL], minlength=n_letters) + 1.0
    if complement is not None:  # or a motif would have another background when it is turned round
        counts = counts + counts[complement]
    return counts / counts.sum()


def find_motifs(
    codes: NDArray[np.uint8],
    saliency: NDArray[np.float64],
    rows: Integers,
    starts: Integers,
    width: int,
    *,
    alphabet: Alphabet,
    complement: NDArray[np.uint8] | None,
    min_seqlets: int,
    min_information: float,
    background: NDArray[np.float64],
    prefix: str,
    random_state: int | np.random.RandomState | None,
) -> list[Motif]:
    """Cluster seqlets whose form has been checked; see :func:`cluster_seqlets`."""
    if len(rows) < min_seqlets:
        return []
    most = width // 2
    starts = starts + _off_centre(cut(saliency, rows, starts, width, 0.0))
    letters = cut(codes, rows, starts - most, width + 2 * most, NO_SIGNAL)
    values = cut(saliency, rows, starts - most, width + 2 * most, 0.0)
    windows = weigh(letters, values, alphabet.n_letters)
    rng = np.random.default_rng(draw_seed(random_state))

    motifs: list[Motif] = []
    for group in group_windows(windows, width, complement, min_seqlets, rng):
        sites = np.zeros(len(group.members), dtype=SITE)
        sites["row"] = rows[group.members]
        sites["start"] = aligned_starts(starts[group.members], group.shift, group.strand)
        sites["strand"] = group.strand
        sites["score"] = group.similarity
        # Neighbouring seqlets can be aligned to the same site, which counts once.
        sites = sites[np.unique(sites[["row", "start"]], return_index=True)[1]]
        if len(sites) < min_seqlets:
            continue
        motif = make_motif(
            prefix,
            codes,
            saliency,
            sites,
            width,
            alphabet,
            complement,
            background,
            min_information,
        )
        if motif is not None:
            motifs.append(motif)
    return ranked(motifs, min_seqlets)


def ranked(motifs: list[Motif], min_seqlets: int) -> list[Motif]:
    """Return motifs with enough sites, those with most first, and number them by their names."""
    sizes = np.array([motif.n_sites for motif in motifs], dtype=np.int64)
    order = [i for i in np.argsort(-sizes, kind="stable") if sizes[i] >= min_seqlets]
    motifs = [motifs[i] for i in order]
    return [replace(motif, name=f"{motif.name}_{i}") for i, motif in enumerate(motifs)]


def _off_centre(values: NDArray[np.float64]) -> Integers:
    """Return how far right of the middle the saliency of each window lies.

    A window wider than its motif holds it anywhere; centred ones differ by smaller shifts.
    """
    weight = np.maximum(values, 0.0) ** 2
    middle = (values.shape[1] - 1) / 2
    total = np.maximum(weight.sum(axis=1), np.finfo(float).tiny)
    return np.rint((weight * (np.arange(values.shape[1]) - middle)).sum(axis=1) / total).astype(
        np.int64
    )


def make_motif(
    name: str,
    codes: NDArray[np.uint8],
    saliency: NDArray[np.float64],
    sites: NDArray[Any],
    width: int,
    alphabet: Alphabet,
    complement: NDArray[np.uint8] | None,
    background: NDArray[np.float64],
    min_information: float,
) -> Motif | None:
    """Count the letters of aligned sites and their surroundings; None if they share nothing."""
    strand = sites["strand"]
    starts = sites["start"] - _EXTENSION
    letters, values = read_sites(
        codes, saliency, sites["row"], starts, strand, width + 2 * _EXTENSION, complement
    )
    shares, total = _shares(letters, background)
    bias = (alphabet.n_letters - 1) / (2 * np.log(2) * np.maximum(total, 1.0))
    informative = relative_entropy(shares, background) - bias >= min_information
    kept = _trim(informative, min(_LEAST_WIDTH, width))
    if kept is None:
        return None
    sites = sites.copy()
    # Positions cut off on the left of the motif are on the right of a site of the other strand.
    cut_off = np.where(strand > 0, kept.start, width + 2 * _EXTENSION - kept.stop)
    sites["start"] = starts + cut_off
    sites["length"] = codes.shape[1]
    # The halves of a palindrome can lead to one site, read on either strand, which counts once.
    once = np.unique(sites[["row", "start"]], return_index=True)[1]
    if len(once) < len(sites):
        sites, letters, values = sites[once], letters[once], values[once]
        shares, _ = _shares(letters, background)
    inside = np.isfinite(values[:, kept])
    contributions = np.where(inside, values[:, kept], 0.0).sum(axis=0) / np.maximum(
        inside.sum(axis=0), 1
    )
    motif = Motif(name, shares[kept], alphabet, "", len(sites), background, contributions, sites)
    # Sites lie on both strands by chance: the strand of most of them is shown.
    return motif if 2 * (sites["strand"] > 0).sum() >= len(sites) else motif.reverse_complement()


def _shares(
    letters: NDArray[np.uint8], background: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of each letter at each position of aligned sites, and how many there are."""
    counts = one_hot(letters, len(background), np.float64).sum(axis=0)
    total = counts.sum(axis=1)
    # One letter more, spread as in the background: no probability is 0.
    return (counts + background) / (total[:, None] + 1.0), total


def _trim(informative: NDArray[np.bool_], least: int) -> slice | None:
    """Return the part with most informative positions, without long gaps between them.

    None if it is shorter than the least width.
    """
    places = np.flatnonzero(informative)
    if not places.size:
        return None
    parts = np.split(places, np.flatnonzero(np.diff(places) > _LONGEST_GAP + 1) + 1)
    part = max(parts, key=len)
    if part[-1] + 1 - part[0] < least:
        return None
    return slice(int(part[0]), int(part[-1]) + 1)

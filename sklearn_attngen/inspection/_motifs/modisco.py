"""Motifs by TF-MoDISco's clustering, through tfmodisco-lite."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.inspection._attribution.deeplift import deeplift
from sklearn_attngen.inspection._attribution.mutagenesis import mutagenesis
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, one_hot

from .alignment import Integers
from .clustering import SITE, make_motif, ranked
from .motif import Motif

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]

_PURPOSE = "clustering='tfmodisco'"
# The library's own proportions: its windows of 21 letters are compared with 10 letters to either
# side, and patterns are trimmed to 30.
_FLANK, _TRIMMED, _WINDOW = 10, 30, 21
# The library's bound on the seqlets of one clustering, whose time grows faster than they.
_MOST_SEQLETS = 20_000


def check_modisco(alphabet: Alphabet, strands: NDArray[Any] | None) -> None:
    """Raise if the library is missing, or cannot do what is asked for."""
    require("modiscolite.tfmodisco", extra="modisco", purpose=_PURPOSE)
    complement = alphabet.complement_codes
    if complement is None or complement.tolist() != [3, 2, 1, 0]:
        raise ValueError(
            f"{_PURPOSE} takes DNA or RNA (letters in the order ACGT or ACGU), got the alphabet "
            f"{alphabet.name}. Say clustering='built-in'."
        )
    if strands is None:
        raise ValueError(
            f"{_PURPOSE} reads motifs on both strands always, and both_strands=False or RNA asks "
            "for one. Say both_strands=True, or clustering='built-in' for data with a strand."
        )


def hypothetical_scores(
    estimator: Any,
    X: Any,
    data: LetterInput,
    labels: NDArray[Any],
    method: str,
    saliency: ArrayLike | None,
    batch_size: int | None,
) -> Floats:
    """Return one score for each letter at each position, (n, L, n_letters), or raise."""
    alphabet = data.sequences.alphabet
    if saliency is None:
        arguments: dict[str, Any] = {"batch_size": batch_size, "alphabet": alphabet}
        if method in ("auto", "mutagenesis"):
            return mutagenesis(estimator, X, labels, centered=True, **arguments)
        if method == "deeplift":
            return deeplift(estimator, X, labels, hypothetical=True, **arguments)
        raise ValueError(
            f"{_PURPOSE} needs a score for each letter at each position, which method={method!r} "
            "does not give. Use method='mutagenesis' (which 'auto' is here) or 'deeplift', or pass "
            "saliency of shape (n_sequences, length, n_letters)."
        )
    scores = np.asarray(saliency, dtype=np.float64)
    shape = (*data.codes.shape, alphabet.n_letters)
    if scores.shape not in (shape, shape[:2]):
        raise ValueError(
            f"The saliency has shape {scores.shape}, but with {_PURPOSE} it needs the shape "
            f"{shape}, a score for each letter at each position, or {shape[:2]}, a score for the "
            "letter that is there."
        )
    if not np.isfinite(scores).all():
        row, position = np.argwhere(~np.isfinite(scores))[0][:2]
        raise ValueError(
            f"saliency is not finite in row {row} at position {position} (both 0-based). Replace "
            "it, with 0 for instance."
        )
    letters = one_hot(data.codes, alphabet.n_letters, np.float64)
    return letters * scores[:, :, None] if scores.ndim == 2 else scores


def own_scores(codes: Codes, hypothetical: Floats) -> Floats:
    """Return the scores of the letters that are there, (n, L)."""
    return (hypothetical * one_hot(codes, hypothetical.shape[2], np.float64)).sum(axis=2)


def find_modisco_motifs(
    codes: Codes,
    hypothetical: Floats,
    rows: Integers,
    starts: Integers,
    width: int,
    *,
    alphabet: Alphabet,
    complement: NDArray[np.uint8] | None,
    min_seqlets: int,
    min_information: float,
    background: Floats,
    prefix: str,
) -> list[Motif]:
    """Cluster seqlets, the best first, as :func:`find_motifs` does, by TF-MoDISco.

    The library clusters, aligns and gathers; letters are counted and motifs are trimmed as for
    the built-in clustering, so that both can be compared. Nothing is random: the library seeds
    itself.
    """
    if len(rows) < min_seqlets:
        return []
    library = require("modiscolite.tfmodisco", extra="modisco", purpose=_PURPOSE)
    core = require("modiscolite.core", extra="modisco", purpose=_PURPOSE)
    flank = round(width * _FLANK / _WINDOW)
    # The library drops seqlets that it cannot widen, so the sequences go on: with letters like
    # those of X, as where one is unknown, because it cannot divide by their number otherwise.
    beyond = 3 * width
    padded = np.pad(codes, ((0, 0), (beyond, beyond)), constant_values=NO_SIGNAL)
    letters = one_hot(padded, alphabet.n_letters, np.float32)
    letters[padded == NO_SIGNAL] = background
    scores = np.pad(hypothetical, ((0, 0), (beyond, beyond), (0, 0))).astype(np.float32)
    scores[padded == NO_SIGNAL] = 0.0
    tracks = core.TrackSet(
        one_hot=letters, contrib_scores=letters * scores, hypothetical_contribs=scores
    )
    places = zip(rows.tolist(), (starts + beyond).tolist(), strict=True)
    seqlets = [
        core.Seqlet(row, start - flank, start + width + flank, False)
        for row, start in list(places)[:_MOST_SEQLETS]
    ]
    try:
        patterns = library.seqlets_to_patterns(
            tracks.create_seqlets(seqlets),
            tracks,
            track_signs=1,
            trim_to_window_size=round(width * _TRIMMED / _WINDOW),
            initial_flank_to_add=flank,
            final_min_cluster_size=min_seqlets,
        )
    except ValueError as error:
        # It ranks the neighbours of each region, drops regions where that fails, and cannot go on
        # with none.
        raise ValueError(
            f"TF-MoDISco could not cluster the {len(seqlets)} regions of class {prefix} ({error}). "
            "It needs scores that differ from region to region. Say clustering='built-in', which "
            "does not."
        ) from error
    own = own_scores(codes, hypothetical)
    motifs: list[Motif] = []
    for pattern in patterns or []:
        sites = _sites_of(pattern, beyond)
        if len(sites) < min_seqlets:
            continue
        motif = make_motif(
            prefix, codes, own, sites, len(pattern), alphabet, complement, background,
            min_information,
        )  # fmt: skip
        if motif is not None:
            motifs.append(motif)
    return ranked(motifs, min_seqlets)


def _sites_of(pattern: Any, beyond: int) -> NDArray[Any]:
    """Return where the seqlets of a pattern lie, each place once."""
    sites = np.zeros(len(pattern.seqlets), dtype=SITE)
    sites["row"] = [seqlet.example_idx for seqlet in pattern.seqlets]
    sites["start"] = [seqlet.start - beyond for seqlet in pattern.seqlets]
    sites["strand"] = [-1 if seqlet.is_revcomp else 1 for seqlet in pattern.seqlets]
    scores = np.stack([seqlet.contrib_scores for seqlet in pattern.seqlets])
    scores = scores.reshape(len(sites), -1).astype(np.float64)
    mean = scores.mean(axis=0)
    size = np.linalg.norm(scores, axis=1) * np.linalg.norm(mean)
    sites["score"] = np.divide(scores @ mean, size, out=np.zeros(len(sites)), where=size > 0)
    return sites[np.unique(sites[["row", "start"]], return_index=True)[1]]

"""Seqlets and motif sites as a BED file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions

from sklearn_attngen._validation import validate_params
from sklearn_attngen.inspection._motifs.motif import check_motifs

from .regions import check_lengths, read_integers, read_regions, write_lines

_SEQLET_COLUMNS = ("row", "start", "end", "score")


@validate_params({"pad": [StrOptions({"left", "right"}), None]}, prefer_skip_nested_validation=True)
def to_bed(
    found: Any,
    regions: Any,
    path: str | os.PathLike[str],
    *,
    pad: str | None = None,
) -> None:
    """Write seqlets or the sites of motifs as a BED file.

    Parameters
    ----------
    found : Bunch or DataFrame of seqlets, Motif, or iterable of Motif
        What :func:`extract_seqlets`, :func:`cluster_seqlets` or ``motif_report(...)["motif"]``
        returned.
    regions : DataFrame, mapping, or list of n tuples or texts
        Where each sequence lies, see :func:`to_bedgraph`. One for each row that the seqlets or
        sites were found in.
    path : str or path-like
        The file; it is compressed if the name ends in ".gz". An existing file is replaced.
    pad : {"left", "right"} or None, default=None
        For sequences of different lengths that were padded before the search: the side on which
        the shorter ones are, as ``pad`` of the encoder. None takes all for as long as what was
        searched; :func:`motif_report` counts sites in strings of different lengths without padding.

    Raises
    ------
    TypeError
        If what is found is neither seqlets nor motifs.
    ValueError
        If the regions are not as long as the sequences, seqlets hold positions that are no whole
        numbers or scores that are not finite, or ``pad="left"`` meets seqlets without a length;
        the message names the row, if one is wrong.

    See Also
    --------
    to_bedgraph : Every letter's saliency.

    Notes
    -----
    The six columns are chromosome, start, end, name ("seqlet" or the motif's), score and strand.
    The score is that of the seqlet or site, as a share of the highest one times 1,000, and 0 where
    it is negative: the format wants a number from 0 to 1,000. The strand of a seqlet is "."; that
    of a site is the strand of the genome on which the motif reads as its logo shows it.

    A line says that the classifier looks there. It does not say that a protein binds, nor that the
    prediction needs the site: the control is the effect that :func:`motif_report` gives beside that
    of other letters. A score tells ranks within one file, and does not compare between files.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.utils import Bunch
    >>> from sklearn_attngen.inspection import to_bed
    >>> seqlets = Bunch(row=[0], start=[2], end=[5], score=[0.9])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "seqlets.bed"
    ...     to_bed(seqlets, [("chr1", 100, 120, "-")], path)
    ...     print(path.read_text())
    chr1 115 118 seqlet 1000 .
    """
    where = read_regions(regions)
    pieces = list(_sites_of(found))
    own = where.end - where.start
    highest = max((float(np.max(scores)) for *_, scores, _ in pieces if len(scores)), default=0.0)
    scale = 1000 / highest if highest > 0 else 0.0
    lines: list[tuple[str, int, int, str]] = []
    for name, rows, starts, ends, strands, scores, lengths in pieces:
        unknown = (rows < 0) | (rows >= len(where.chrom))
        if unknown.any():
            raise ValueError(
                f"{name} lies in row {rows[np.argmax(unknown)]} (0-based), but there are "
                f"{len(where.chrom)} regions: give one for each sequence that was searched."
            )
        if lengths is not None:
            check_lengths(where, rows, lengths, pad)
            padding = lengths - own[rows] if pad == "left" else 0
            starts, ends = starts - padding, ends - padding
        elif pad == "left":
            raise ValueError(
                f"How long the padding is cannot be told for {name}: with pad='left' seqlets need "
                "a column 'length', the number of positions of the saliency, and sites a field, as "
                "extract_seqlets and cluster_seqlets give them."
            )
        outside = (starts >= own[rows]) | (ends <= np.maximum(starts, 0))
        if outside.any():
            i = int(np.argmax(outside))
            raise ValueError(
                f"{name} lies at positions {starts[i]} to {ends[i]} of row {rows[i]} (0-based), "
                f"whose region has {own[rows[i]]} letters. Are these the "
                "regions of the sequences that were searched?"
            )
        minus = where.minus[rows]
        first = np.where(minus, where.end[rows] - ends, where.start[rows] + starts)
        last = np.where(minus, where.end[rows] - starts, where.start[rows] + ends)
        marks = np.array(["-", ".", "+"])[np.where(minus, -strands, strands) + 1]
        shares = np.clip(np.rint(scale * scores), 0, 1000).astype(int)
        # A site can hang over the end of its sequence, but not over that of the chromosome.
        first = np.maximum(first, 0)
        lines += [
            (chrom, a, b, f"{chrom}\t{a}\t{b}\t{name}\t{share}\t{mark}")
            for chrom, a, b, share, mark in zip(
                where.chrom[rows], first, last, shares, marks, strict=True
            )
        ]
    write_lines([line[-1] for line in sorted(lines)], path)


def _sites_of(found: Any) -> Iterator[tuple[str, Any, Any, Any, Any, Any, Any]]:
    """Yield name, rows, starts, ends, strands, scores and lengths of seqlets or of each motif.

    Lengths are those of what they were found in, or None where they do not know.
    """
    columns = list(getattr(found, "columns", found if isinstance(found, Mapping) else ()))
    if set(_SEQLET_COLUMNS) <= set(columns):
        *places, scores = (np.asarray(found[key]) for key in _SEQLET_COLUMNS)
        rows, starts, ends = (
            read_integers(values.tolist(), key, "seqlet")
            for key, values in zip(_SEQLET_COLUMNS, places, strict=False)
        )
        scores = scores.astype(float)
        if not np.isfinite(scores).all():
            i = int(np.argmin(np.isfinite(scores)))
            raise ValueError(
                f"The score of seqlet {i} (0-based) is {scores[i]}, and a finite one is needed."
            )
        lengths = None
        if "length" in columns:
            lengths = read_integers(np.asarray(found["length"]).tolist(), "length", "seqlet")
        yield "seqlet", rows, starts, ends, np.zeros(len(rows), dtype=int), scores, lengths
        return
    if (hasattr(found, "dtype") and getattr(found, "ndim", 0) == 2) or columns:
        what = f"a table with the columns {columns}" if columns else "an array"
        remedy = (
            "pass its column 'motif'"
            if "motif" in columns
            else "extract_seqlets finds them in saliency, and to_bedgraph writes each letter's"
        )
        raise TypeError(
            f"found must be seqlets (row, start, end and score) or motifs, got {what}: {remedy}."
        )
    for motif in check_motifs(found, "found"):
        if motif.sites is None:
            raise ValueError(
                f"Motif {motif.name} has no sites: only motifs that were found in saliency do."
            )
        sites = motif.sites
        ends = sites["start"] + motif.width
        strands = sites["strand"].astype(int)
        lengths = sites["length"] if "length" in (sites.dtype.names or ()) else None
        yield motif.name, sites["row"], sites["start"], ends, strands, sites["score"], lengths

"""Which known motifs a motif looks like."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen._warning import warn_user
from sklearn_attngen.sequences import Alphabet
from sklearn_attngen.sequences._codes import strand_complements

from .meme import read_meme
from .motif import Motif, check_motifs
from .tomtom import tomtom

if TYPE_CHECKING:
    import pandas as pd

# MEME's Tomtom and memelite warn of small databases too.
_FEW = 25


@validate_params(
    {
        "both_strands": ["boolean", StrOptions({"auto"})],
        "n_best": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def match_motifs(
    motifs: Iterable[Motif] | Motif,
    database: Iterable[Motif] | str | os.PathLike[str],
    *,
    both_strands: bool | str = "auto",
    n_best: int | None = 5,
) -> pd.DataFrame:
    """Compare motifs with those of a database.

    Parameters
    ----------
    motifs : Motif or iterable of Motif
        What is looked for.
    database : iterable of Motif, str or path-like
        Known motifs, or a file of them that :func:`read_meme` reads.
    both_strands : bool or "auto", default="auto"
        Whether the reverse complements of the known motifs are compared too. "auto" does so if the
        alphabet has complements and is not RNA, which is read on one strand.
    n_best : int or None, default=5
        How many matches are returned for each motif; None returns all.

    Returns
    -------
    matches : DataFrame
        One row for each match, for each motif the smallest p-value first, with the columns

        - ``motif``, ``match``, ``description``: the names of the motif and of the known one;
        - ``p_value``: probability that the best alignment with a motif of random columns of the
          database, of the same width, scores as well;
        - ``q_value``: Benjamini and Hochberg's false discovery rate over the database;
        - ``offset``: position of the motif (0-based) at which the known one starts, negative if
          before it;
        - ``overlap``: number of aligned positions;
        - ``strand``: "+", or "-" if the reverse complement of the known motif matches.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If there is nothing to compare, or if the alphabets differ.

    Warns
    -----
    UserWarning
        If the database has fewer than 25 motifs: its columns are the null model.

    See Also
    --------
    motif_report : Find motifs and match them.
    read_meme : Read a database.

    Notes
    -----
    This is Tomtom [1]_ with the Euclidean distance of columns and its complete score, in which an
    unaligned column of the motif scores the median. P-values agree with those of memelite [2]_
    to within rounding of the scores.

    A small p-value says that two motifs look alike. It does not say that the protein is bound:
    proteins of a family share their motif, and a database holds many alike, which share the
    matches between them. The control is a motif from a classifier that was fitted to
    permuted labels: it should match nothing.

    References
    ----------
    .. [1] S. Gupta et al., "Quantifying similarity between motifs", Genome Biology 8 (2007) R24.
    .. [2] J. Schreiber, "memesuite-lite", https://github.com/jmschrei/memesuite-lite.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.inspection import Motif, match_motifs
    >>> draws = np.random.default_rng(0).dirichlet([0.3] * 4, (30, 8))
    >>> database = [Motif(f"known_{i}", shares) for i, shares in enumerate(draws)]
    >>> part = Motif("mine", draws[7][2:])
    >>> match_motifs(part, database, n_best=1)[["motif", "match", "offset", "overlap", "strand"]]
      motif    match  offset  overlap strand
    0  mine  known_7      -2        6      +
    """
    pd = require("pandas", extra="tables", purpose="match_motifs")
    queries = check_motifs(motifs)
    if not queries:
        raise ValueError("There are no motifs to compare.")
    known = read_database(database, queries[0].alphabet, queries[0].name)
    p_values, offsets, overlaps, strands = compare(queries, known, both_strands)
    q_values = benjamini_hochberg(p_values)
    n_best = len(known) if n_best is None else min(n_best, len(known))
    order = np.argsort(p_values, axis=1, kind="stable")[:, :n_best]

    def pick(values: NDArray) -> NDArray:
        return np.take_along_axis(values, order, axis=1).reshape(-1)

    chosen = order.reshape(-1)
    return pd.DataFrame(
        {
            "motif": np.repeat([query.name for query in queries], n_best),
            "match": [known[i].name for i in chosen],
            "description": [known[i].description for i in chosen],
            "p_value": pick(p_values),
            "q_value": pick(q_values),
            "offset": pick(offsets),
            "overlap": pick(overlaps),
            "strand": np.where(pick(strands) > 0, "+", "-"),
        }
    )


def read_database(
    database: Iterable[Motif] | str | os.PathLike[str], alphabet: Alphabet, name: str = "X"
) -> list[Motif]:
    """Return the motifs of a database, which must be written in the alphabet of what is named."""
    if isinstance(database, str | os.PathLike):
        known = read_meme(database)
    else:
        known = check_motifs(database, "database")
    if not known:
        raise ValueError("The database holds no motifs.")
    for motif in known:
        if set(motif.alphabet.letters) != set(alphabet.letters):
            raise ValueError(
                f"{motif.name} of the database is written in {motif.alphabet.name}, {name} in "
                f"{alphabet.name}. Compare motifs of one alphabet; for RNA, replace the "
                "alphabet of a DNA database: dataclasses.replace(motif, alphabet='RNA')."
            )
    return [_in_order_of(alphabet, motif) for motif in known]


def _in_order_of(alphabet: Alphabet, motif: Motif) -> Motif:
    """Return a motif with its letters in the order of an alphabet: files have that of MEME."""
    if motif.alphabet.letters == alphabet.letters:
        return motif
    columns = [motif.alphabet.letters.index(letter) for letter in alphabet.letters]
    shares, background = motif.probabilities[:, columns], motif.background[columns]
    return replace(motif, probabilities=shares, background=background, alphabet=alphabet)


def compare(
    queries: list[Motif], known: list[Motif], both_strands: bool | str
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return p-values, offsets, overlaps and strands, each of shape (n_queries, n_known)."""
    for query in queries:
        if query.alphabet.letters != queries[0].alphabet.letters:
            raise ValueError(
                f"{query.name} is written in {query.alphabet.name}, {queries[0].name} in "
                f"{queries[0].alphabet.name}: compare motifs of one alphabet."
            )
    complement = strand_complements(both_strands, queries[0].alphabet)
    if len(known) < _FEW:
        warn_user(
            f"The database has {len(known)} motif(s). P-values compare with columns drawn from the "
            f"database, so with fewer than {_FEW} they depend on which motifs it happens to hold."
        )
    return tomtom(
        [query.probabilities for query in queries],
        [motif.probabilities for motif in known],
        complement,
    )


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the false discovery rate at which each p-value of a row would be accepted."""
    n = p_values.shape[-1]
    order = np.argsort(p_values, axis=-1, kind="stable")
    rate = np.take_along_axis(p_values, order, axis=-1) * n / np.arange(1, n + 1)
    rate = np.minimum.accumulate(rate[..., ::-1], axis=-1)[..., ::-1]
    q_values = np.empty_like(p_values)
    np.put_along_axis(q_values, order, np.minimum(rate, 1.0), axis=-1)
    return q_values

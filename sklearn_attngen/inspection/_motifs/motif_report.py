"""From a fitted classifier to the motifs it reads, and what they are known as."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen.classifiers._targets import checked_labels
from sklearn_attngen.inspection._attribution.saliency import saliency as compute_saliency
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.inspection._inputs.values import checked_saliency
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet
from sklearn_attngen.sequences._codes import strand_complements

from .clustering import composition, find_motifs
from .effect import site_effect
from .matching import benjamini_hochberg, compare, read_database
from .modisco import (
    check_modisco,
    find_modisco_motifs,
    hypothetical_scores,
    own_scores,
)
from .motif import Motif
from .seqlets import extract_seqlets

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "name",
    "class",
    "n_seqlets",
    "n_sequences",
    "share",
    "consensus",
    "width",
    "information",
    "effect",
    "effect_control",
    "pwm",
    "motif",
)


@validate_params(
    {
        "method": [str],
        "saliency": ["array-like", None],
        "width": [Interval(Integral, 2, None, closed="left")],
        "false_discovery_rate": [Interval(Real, 0, 1, closed="right")],
        "clustering": [StrOptions({"built-in", "tfmodisco"})],
        "min_seqlets": [Interval(Integral, 2, None, closed="left")],
        "min_information": [Interval(Real, 0, None, closed="left")],
        "both_strands": ["boolean", StrOptions({"auto"})],
        "n_matches": [Interval(Integral, 1, None, closed="left")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "alphabet": [str, Alphabet, None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def motif_report(
    estimator: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    database: Iterable[Motif] | str | os.PathLike[str] | None = None,
    method: str = "auto",
    saliency: ArrayLike | None = None,
    width: int = 15,
    false_discovery_rate: float = 0.05,
    clustering: str = "built-in",
    min_seqlets: int = 20,
    min_information: float = 0.25,
    both_strands: bool | str = "auto",
    n_matches: int = 3,
    n_repeats: int = 3,
    alphabet: str | Alphabet | None = None,
    batch_size: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> pd.DataFrame:
    """Find the motifs that a classifier reads, class by class, and what they are known as.

    Saliency is computed for the sequences of each class, its peaks (:func:`extract_seqlets`) are
    aligned to motifs (:func:`cluster_seqlets`, or TF-MoDISco [1]_), each motif's sites are replaced
    to see what they do to the prediction, and the motifs are compared with a database
    (:func:`match_motifs`).

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`saliency`.
    X : array-like of n sequences of one length L
        In any form that the estimator reads. Hundreds of sequences of a class are enough.
    y : array-like of shape (n,) or None, default=None
        True labels: sequences are grouped by them, and saliency is for them. None takes the
        predicted classes.
    database : iterable of Motif, str, path-like or None, default=None
        Known motifs, or a file of them in MEME's format. None compares with nothing.
    method : str, default="auto"
        How saliency is computed, see :func:`saliency`. Ignored if `saliency` is given.
    saliency : array-like of shape (n, L) or None, default=None
        Saliency that is computed already, for the classes that `y` says. Of signed evidence,
        only what speaks for the class is looked at. With ``clustering="tfmodisco"`` also of shape
        (n, L, n_letters).
    width : int, default=15
        Letters of a region that is looked for; motifs can be narrower, down to four letters (or to
        `width`, if that is less), or up to ten letters wider to either side.
    false_discovery_rate : float, default=0.05
        Expected share of chance regions among those that are aligned.
    clustering : {"built-in", "tfmodisco"}, default="built-in"
        How regions are aligned and grouped.

        - ``"built-in"``: :func:`cluster_seqlets`. Any alphabet, one strand or both.
        - ``"tfmodisco"``: TF-MoDISco's clustering, by tfmodisco-lite
          (``sklearn-attngen[modisco]``). DNA, or RNA with ``both_strands=True``: it reads both
          strands always. It compares regions by scores for all letters: `method` is ``"auto"`` or
          ``"mutagenesis"`` (:func:`mutagenesis` with ``centered=True``) or ``"deeplift"``
          (:func:`deeplift` with ``hypothetical=True``), or `saliency` holds such scores.
    min_seqlets : int, default=20
        Fewer sites make no motif.
    min_information : float, default=0.25
        Bits that a position needs to be part of a motif, see :func:`cluster_seqlets`.
    both_strands : bool or "auto", default="auto"
        Whether a motif may be read on either strand. "auto" does so if the alphabet has
        complements and is not RNA. Say False for DNA with a strand, such as splice sites.
    n_matches : int, default=3
        How many known motifs are named for each motif.
    n_repeats : int, default=3
        How often the sites are replaced to measure their effect.
    alphabet : str, Alphabet or None, default=None
        Alphabet of X. None takes the estimator's.
    batch_size : int or None, default=None
        Batch size of what computes saliency, see :func:`saliency`.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws.

    Returns
    -------
    report : DataFrame
        One row for each motif, by class, those with most regions first; no rows if no regions look
        alike. Columns:

        - ``name``, ``class``;
        - ``n_seqlets``: number of sites, each a region that was aligned, or two regions with the
          halves of a palindrome; ``n_sequences``: number of sequences they lie in; ``share``: that
          number over the sequences of the class;
        - ``consensus``, ``width``, and ``information``: relative entropy to the letters of X, in
          bits;
        - ``effect``: mean fall of the class's probability (of its decision function where there is
          no ``predict_proba``) when the sites are replaced by letters of the sequence's own
          composition; negative if the motif speaks against the class;
        - ``effect_control``: the same for as many letters elsewhere in the same sequences;
        - with a database, ``match_1``, ``p_value_1``, ``q_value_1`` and so on: the known motifs it
          looks most like, by description where there is one;
        - ``pwm``: ndarray of shape (width, n_letters);
        - ``motif``: the :class:`Motif`, with its sites, whose starts count from the first letter of
          their sequence, also where the estimator pads on the left.

    Raises
    ------
    ImportError
        If pandas is not installed, or tfmodisco-lite where it is asked for.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes, or the database is no list of motifs.
    ValueError
        If X, y and the estimator do not fit together, or if TF-MoDISco cannot read what it is
        given.

    See Also
    --------
    MotifDisplay : Draw the motifs.
    write_meme : Write ``report["motif"]`` to a file, for other tools.
    to_modisco_npz : Write saliency in the form that TF-MoDISco reads.

    Notes
    -----
    A motif in the report says that letters which the classifier weighs in many sequences look alike
    there. Whether it *needs* them is told by ``effect``, to be read beside ``effect_control``: a
    motif whose effect is no larger than the control's does nothing that other letters do not.
    Motifs that are redundant (a second site does the work of the first) have small effects though
    they are read. Magnitudes of saliency do not tell for from against: the sign of ``effect`` does.

    Measured on the rows that the classifier was fitted on, effects are too large where it learned
    rows by heart; give it rows that it has not seen. P-values are about likeness to known motifs
    only, see :func:`match_motifs`. The control for the whole report is the same with a
    classifier fitted to permuted labels. It reads words too, by chance, and the report finds them:
    what counts is more sites and larger effects than theirs. Many regions make motifs of noise
    without a classifier that reads them, see :func:`cluster_seqlets` for `min_seqlets`.

    Both clusterings get regions found in the same way, and letters are counted and motifs trimmed
    alike. The built-in one is the default because it needs no other package, reads any alphabet
    and single strands, and is tens of times as fast: a minute of TF-MoDISco for some hundred
    regions, after its first call. TF-MoDISco is what the literature uses, takes the 20,000 best
    regions of a class, and fails where all regions have the same scores; ``effect`` says of
    either's motifs whether they matter.

    References
    ----------
    .. [1] A. Shrikumar et al., "Technical note on transcription factor motif discovery from
       importance scores (TF-MoDISco)", arXiv:1811.00416 (2018).

    Examples
    --------
    >>> from sklearn_attngen.classifiers import make_kmer_classifier
    >>> from sklearn_attngen.datasets import make_motif_sequences
    >>> from sklearn_attngen.inspection import motif_report
    >>> data = make_motif_sequences(200, length=40, motifs=["GATTACA", "CCGTGAA"], random_state=0)
    >>> classifier = make_kmer_classifier(k=5).fit(data.data, data.target)
    >>> report = motif_report(classifier, data.data, data.target, width=7)
    >>> report[["name", "class", "consensus"]]
      name  class consensus
    0  0_0      0   GATTACA
    1  1_0      1   CCGTGAA
    """
    pd = require("pandas", extra="tables", purpose="motif_report")
    check_fitted_classifier(estimator)
    data = LetterInput.read(estimator, X, alphabet)
    letters = data.sequences.alphabet
    labels = np.asarray(estimator.predict(X)) if y is None else checked_labels(y)
    check_consistent_length(data.codes, labels)
    complement = strand_complements(both_strands, letters)
    known = None if database is None else read_database(database, letters)
    hypothetical = None
    if clustering == "tfmodisco":
        check_modisco(letters, complement)
        hypothetical = hypothetical_scores(estimator, X, data, labels, method, saliency, batch_size)
        values = own_scores(data.codes, hypothetical)
    elif saliency is None:
        values = compute_saliency(
            estimator, X, method, labels, batch_size=batch_size, alphabet=alphabet
        )
    else:
        values = np.asarray(saliency)
    values = checked_saliency(values, data)  # counts rows as X does
    random = check_random_state(random_state)
    rng = np.random.default_rng(draw_seed(random))
    classes = np.asarray(estimator.classes_)
    background = composition(data.codes, letters.n_letters, complement)
    records: list[dict[str, Any]] = []
    named = np.unique(labels)
    before = data.codes.shape[1] - data.lengths if data.pad == "left" else 0 * data.lengths
    for label, prefix in zip(named, _prefixes(named.tolist()), strict=True):
        rows = np.flatnonzero(labels == label)
        column = np.flatnonzero(classes == label)
        if not column.size:
            raise ValueError(
                f"y holds {label!r} (row {rows[0]}, 0-based), which is none of the classes "
                f"{classes.tolist()} of {type(estimator).__name__}."
            )
        seqlets = extract_seqlets(
            values[rows],
            width=width,
            false_discovery_rate=false_discovery_rate,
            where=data.codes[rows] != NO_SIGNAL,
            random_state=draw_seed(random),
        )
        common: dict[str, Any] = {
            "alphabet": letters,
            "complement": complement,
            "min_seqlets": min_seqlets,
            "min_information": min_information,
            "background": background,
            "prefix": prefix,
        }
        places = seqlets.row, seqlets.start, int(width)
        if hypothetical is not None:
            motifs = find_modisco_motifs(data.codes[rows], hypothetical[rows], *places, **common)
        else:
            motifs = find_motifs(
                data.codes[rows], values[rows], *places, **common, random_state=draw_seed(random)
            )
        for motif in motifs:
            sites = motif.sites
            assert sites is not None  # both clusterings have them
            sites["row"] = rows[sites["row"]]  # rows of X, not of the class
            effect, control = site_effect(
                estimator,
                data,
                sites["row"],
                int(column[0]),
                sites["start"],
                motif.width,
                n_repeats=n_repeats,
                rng=rng,
            )
            sites["start"] -= before[sites["row"]]
            sites["length"] = data.lengths[sites["row"]]
            n_sequences = len(np.unique(sites["row"]))
            record = (
                motif.name,
                label,
                len(sites),
                n_sequences,
                n_sequences / len(rows),
                motif.consensus,
                motif.width,
                motif.information_content,
                effect,
                control,
                motif.probabilities,
                motif,
            )
            records.append(dict(zip(_COLUMNS, record, strict=True)))
    report = pd.DataFrame(records, columns=list(_COLUMNS))
    if known is not None:
        _add_matches(report, known, both_strands, n_matches)
    return report


def _prefixes(labels: list[Any]) -> list[str]:
    """Return labels as motif files can hold them, each of them another one."""
    prefixes: list[str] = []
    for number, label in enumerate(labels):
        prefix = "".join(x if "!" <= x <= "~" else "_" for x in str(label)) or "_"
        while prefix in prefixes:
            prefix += f"_{number}"
        prefixes.append(prefix)
    return prefixes


def _add_matches(
    report: pd.DataFrame, known: list[Motif], both_strands: bool | str, n_matches: int
) -> None:
    """Insert the columns of the best matches before the last two."""
    queries = report["motif"].tolist()
    n_matches = min(n_matches, len(known))
    names = np.array([motif.description or motif.name for motif in known], dtype=object)
    p_values: NDArray[np.float64] = np.empty((0, len(known)))
    if queries:
        p_values = compare(queries, known, both_strands)[0]
    q_values = benjamini_hochberg(p_values)
    order = np.argsort(p_values, axis=1, kind="stable")
    for rank in range(n_matches):
        best = order[:, rank]
        every = np.arange(len(order))
        values = {
            f"match_{rank + 1}": names[best],
            f"p_value_{rank + 1}": p_values[every, best],
            f"q_value_{rank + 1}": q_values[every, best],
        }
        for column, content in values.items():
            report.insert(report.shape[1] - 2, column, content)

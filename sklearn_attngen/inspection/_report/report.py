"""A report about a fitted classifier: one HTML file that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch, _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen._extras import require
from sklearn_attngen._validation import validate_params
from sklearn_attngen._writing import write_whole
from sklearn_attngen.classifiers._targets import checked_labels
from sklearn_attngen.inspection._attribution.saliency import method_name
from sklearn_attngen.inspection._attribution.saliency import saliency as compute_saliency
from sklearn_attngen.inspection._drawing.position_ticks import check_positions
from sklearn_attngen.inspection._inputs.draws import draw_seed
from sklearn_attngen.inspection._inputs.fills import FILLS
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import check_fitted_classifier
from sklearn_attngen.inspection._inputs.values import checked_saliency
from sklearn_attngen.inspection._motifs.matching import read_database
from sklearn_attngen.inspection._motifs.motif import Motif
from sklearn_attngen.inspection._motifs.motif_report import motif_report
from sklearn_attngen.inspection._removal.infidelity import infidelity
from sklearn_attngen.inspection._removal.perturbation import check_fractions, perturbation_curve
from sklearn_attngen.inspection._removal.rationale import comprehensiveness, sufficiency
from sklearn_attngen.sequences import Alphabet

from .facts import metric_values
from .html import check_target
from .page import report_page


@validate_params(
    {
        "title": [str, None],
        "description": [str, None],
        "method": [str],
        "fractions": ["array-like"],
        "fill": [StrOptions(set(FILLS))],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "motifs": ["boolean"],
        "both_strands": ["boolean", StrOptions({"auto"})],
        "n_examples": [Interval(Integral, 0, 20, closed="both")],
        "max_samples": [Interval(Integral, 2, None, closed="left"), None],
        "alphabet": [str, Alphabet, None],
        "n_bootstrap": [Interval(Integral, 0, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def report(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    description: str | None = None,
    method: str = "auto",
    fractions: ArrayLike = (0.0, 0.05, 0.1, 0.2, 0.4),
    fill: str = "resample",
    n_repeats: int = 3,
    motifs: bool = True,
    database: Iterable[Motif] | str | os.PathLike[str] | None = None,
    both_strands: bool | str = "auto",
    n_examples: int = 4,
    positions: int | ArrayLike | None = None,
    max_samples: int | None = 1000,
    alphabet: str | Alphabet | None = None,
    n_bootstrap: int = 200,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
    batch_size: int | None = None,
) -> Bunch:
    """Write what a classifier does, on which letters it rests, and how sure that is, to one file.

    The file is a web page with its pictures inside: it opens in any browser without a network, and
    can be sent or archived as it is. It holds a model card, a data card, metrics with intervals and
    the confusion matrix, perturbation curves with their controls, comprehensiveness, sufficiency
    and infidelity, saliency profile and heat map, letters of some sequences, and motifs.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or Pipeline, as for :func:`saliency`. It is not fitted again.
    X : array-like of n sequences
        Sequences that the estimator was not fitted on, in any form that it reads.
    y : array-like of shape (n,)
        True labels.
    path : str or path-like
        The file to write. One that exists is replaced once the new one is complete.
    title : str or None, default=None
        Title of the page; None names the class of the estimator.
    description : str or None, default=None
        What a reader should know and no program can: where the sequences come from, what the
        classifier is for, what it must not be used for. Plain text.
    method : str, default="auto"
        How saliency is computed, see :func:`saliency`.
    fractions : array-like of float in [0, 1], default=(0, 0.05, 0.1, 0.2, 0.4)
        Of the perturbation curves, see :func:`perturbation_curve`. Those above 0 are those of
        comprehensiveness and sufficiency.
    fill : {"resample", "shuffle", "dinucleotide", "unknown", "uniform"}, default="resample"
        What stands in the place of removed letters, see :func:`perturbation_curve`.
    n_repeats : int, default=3
        Draws of random positions and fills.
    motifs : bool, default=True
        Whether to look for motifs, with :func:`motif_report`. Sequences of one letter have none.
    database : iterable of Motif, str, path-like or None, default=None
        Known motifs that those found are compared with, or a file of them in MEME's format.
    both_strands : bool or "auto", default="auto"
        Whether a motif may be read on either strand, see :func:`motif_report`.
    n_examples : int, default=4
        Number of sequences whose letters are drawn, at most 20: some that are predicted rightly
        and, where there are any, wrongly, chosen by chance.
    positions : int, array-like of shape (L,) or None, default=None
        Numbers of the positions: that of the first one, or all of them. None counts from 0.
    max_samples : int or None, default=1000
        Explanations are made from a random sample of at most this many rows; metrics are of all
        rows. None takes all for both.
    alphabet : str, Alphabet or None, default=None
        Alphabet of X; None takes the estimator's.
    n_bootstrap : int, default=200
        Number of times that the sequences are resampled for intervals; 0 leaves them out.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=0
        Seed of all draws.
    batch_size : int or None, default=None
        Batch size of occlusion, see :func:`saliency`.

    Returns
    -------
    results : Bunch
        What the page shows: path, metrics, confusion_matrix, rows (of X in the sample), saliency
        (of these rows), removal and insertion (results of :func:`perturbation_curve`),
        comprehensiveness, sufficiency, infidelity, and motifs (a DataFrame or None; their sites
        are in rows of X).

    Raises
    ------
    ImportError
        If matplotlib is not installed, or pandas is not and motifs are asked for.
    FileNotFoundError, IsADirectoryError
        If nothing can be written at the path. Found before anything is computed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator gives no scores for classes, or the database is no list of motifs.
    ValueError
        If X, y and the estimator do not fit together.

    See Also
    --------
    perturbation_curve : The curves in the report.
    motif_report : The motifs in the report.

    Notes
    -----
    The page says with each number what it means and what its control is. What it cannot know:
    whether X was used in fitting (all numbers are too good then), whether X is like the
    sequences that the classifier will meet, and whether a letter that the classifier uses
    does anything in a cell.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_attngen.classifiers import make_kmer_classifier
    >>> from sklearn_attngen.datasets import make_motif_sequences
    >>> from sklearn_attngen.inspection import report
    >>> data = make_motif_sequences(80, length=20, motifs=["GATTACA", "CCGTGAA"], random_state=0)
    >>> model = make_kmer_classifier(k=4).fit(data.data[:50], data.target[:50])
    >>> X_new, y_new = data.data[50:], data.target[50:]
    >>> settings = {"motifs": False, "n_examples": 0, "fractions": (0, 0.2), "n_bootstrap": 20}
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "report.html"
    ...     results = report(model, X_new, y_new, path, **settings)
    ...     page = path.read_text(encoding="utf-8")
    >>> "https:" in page, "Model card" in page
    (False, True)
    """
    require("matplotlib", extra="plot", purpose="report")
    if motifs:
        require("pandas", extra="tables", purpose="report with motifs=True")
    target = check_target(path)
    check_fitted_classifier(estimator)
    wanted = check_fractions(fractions)
    if not (wanted > 0).any():
        raise ValueError("fractions needs at least one above 0: nothing would be removed.")
    data = LetterInput.read(estimator, X, alphabet)
    known = None
    if database is not None and motifs:
        known = read_database(database, data.sequences.alphabet)
    labels = _check_labels(estimator, y, data)
    numbers = check_positions(positions, data.codes.shape[1])
    seed = draw_seed(random_state)
    rng = np.random.default_rng(seed)
    metrics, matrix = metric_values(
        estimator, X, labels, n_bootstrap=n_bootstrap, confidence_level=confidence_level, rng=rng
    )
    rows = np.arange(len(labels))
    if max_samples is not None and max_samples < len(rows):
        rows = np.sort(rng.permutation(len(rows))[:max_samples])
    X_sample = X if len(rows) == len(labels) else _safe_indexing(X, rows)
    sample = LetterInput.read(estimator, X_sample, alphabet)
    values = compute_saliency(estimator, X_sample, method, batch_size=batch_size, alphabet=alphabet)
    magnitude = np.abs(checked_saliency(values, sample))
    common: dict[str, Any] = {
        "fill": fill,
        "n_repeats": n_repeats,
        "saliency": magnitude,
        "alphabet": alphabet,
        "n_bootstrap": n_bootstrap,
        "confidence_level": confidence_level,
        "random_state": seed,
    }
    removal, insertion = (
        perturbation_curve(
            estimator,
            X_sample,
            labels[rows],
            fractions=wanted,
            orders=("top", "random", "matched", "bottom"),
            mode=mode,
            **common,
        )
        for mode in ("deletion", "insertion")
    )
    above = wanted[wanted > 0]
    lost = comprehensiveness(estimator, X_sample, fractions=above, **common)
    kept = sufficiency(estimator, X_sample, fractions=above, **common)
    # Attention has no sign; "auto" is a method of the same network that has one.
    signed_method = "auto" if method.startswith("attention") else method
    common |= {"saliency": signed_method, "n_repeats": 5 * int(n_repeats), "batch_size": batch_size}
    unfaithful = infidelity(estimator, X_sample, **common)
    found = None
    if motifs and sample.codes.shape[1] > 1:
        found = motif_report(
            estimator,
            X_sample,
            database=known,
            both_strands=both_strands,
            saliency=magnitude,
            width=max(2, min(15, sample.codes.shape[1] // 3)),
            alphabet=alphabet,
            random_state=seed,
        )
        for motif in found["motif"]:
            motif.sites["row"] = rows[motif.sites["row"]]  # rows of X, not of the sample
    results = Bunch(
        path=target,
        metrics=metrics,
        confusion_matrix=matrix,
        rows=rows,
        saliency=magnitude,
        removal=removal,
        insertion=insertion,
        comprehensiveness=lost,
        sufficiency=kept,
        infidelity=unfaithful,
        motifs=found,
    )
    page = report_page(
        estimator,
        data,
        sample,
        labels,
        results,
        predicted=np.asarray(estimator.predict(X_sample)),
        title=f"Report on {type(estimator).__name__}" if title is None else title,
        description=description,
        method=method_name(estimator, method),
        n_examples=n_examples,
        numbers=numbers,
        with_database=known is not None,
        rng=rng,
    )
    write_whole(target, page.encode("utf-8"))
    return results


def _check_labels(estimator: Any, y: ArrayLike, data: LetterInput) -> NDArray[Any]:
    labels = checked_labels(y)
    check_consistent_length(data.codes, labels)
    unknown = [x for x in np.unique(labels).tolist() if x not in estimator.classes_.tolist()]
    if unknown:
        raise ValueError(
            f"y holds {unknown[0]!r}, which is none of the classes {estimator.classes_.tolist()} "
            f"of {type(estimator).__name__}: give the labels in the form that it was fitted with."
        )
    return labels

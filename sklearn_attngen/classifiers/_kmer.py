"""The k-mer baseline: a pipeline of counts, square root and logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_attngen.feature_extraction import KmerVectorizer

if TYPE_CHECKING:
    from sklearn_attngen.sequences import Alphabet


def make_kmer_classifier(
    k: int | tuple[int, int] = (3, 6),
    canonical: bool = True,
    *,
    C: float = 0.02,
    class_weight: dict[Any, float] | str | None = None,
    alphabet: str | Alphabet = "DNA",
    tol: float = 1e-4,
    max_iter: int = 1000,
    random_state: int | np.random.RandomState | None = None,
) -> Pipeline:
    """Make a strong linear classifier of sequences from their k-mer counts.

    The pipeline counts k-mers (step "kmers"), takes the square root of the counts (step "sqrt") and
    fits a logistic regression (step "classifier"). It takes seconds to fit on tens of thousands of
    sequences, and is the rival that a network has to beat where composition tells the classes
    apart. Where the position of a letter matters, it does not see it.

    Parameters
    ----------
    k : int or tuple of (int, int), default=(3, 6)
        Length of the k-mers, or the shortest and the longest length.
    canonical : bool, default=True
        Whether a k-mer and its reverse complement count as one, so that a sequence and its
        reverse complement get the same prediction. The alphabet must have complements.
    C : float, default=0.02
        Inverse of the strength of the L2 penalty. The columns are many, correlated and not scaled
        to unit variance, which asks for a stronger penalty than the 1.0 that is the default of
        :class:`~sklearn.linear_model.LogisticRegression`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, as in :class:`~sklearn.linear_model.LogisticRegression`.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of the sequences.
    tol : float, default=1e-4
        Tolerance at which the solver stops.
    max_iter : int, default=1000
        Most iterations of the solver; some tens are the rule.
    random_state : int, RandomState instance or None, default=None
        Passed on to the logistic regression. The solver that is used draws no random numbers; the
        parameter is there for those who set another one with ``set_params``.

    Returns
    -------
    classifier : Pipeline
        Not fitted. It takes sequences in every form that
        :class:`~sklearn_attngen.feature_extraction.KmerVectorizer` reads. All of its parameters can
        be set and searched, such as ``kmers__k`` and ``classifier__C``.

    See Also
    --------
    sklearn_attngen.feature_extraction.KmerVectorizer : The first step.
    AttnGenClassifier : A network that sees positions and explains its predictions.
    sklearn_attngen.inspection.saliency : The letters that decide, for this pipeline as well.

    Notes
    -----
    The square root stabilises the variance of counts, and is at the same time the feature map of
    the Hellinger kernel: the inner product of two rows grows with the k-mers they share and not
    with the square of one frequent k-mer.

    Examples
    --------
    >>> from sklearn_attngen.classifiers import make_kmer_classifier
    >>> X = ["ACACACAC", "CACACACA", "GGATGGAT", "GATGGATG"]
    >>> y = ["repeat", "repeat", "other", "other"]
    >>> classifier = make_kmer_classifier(k=(2, 3), C=1.0).fit(X, y)
    >>> classifier.predict(["ACACACACACAC", "GGATGG"])
    array(['repeat', 'other'], dtype='<U6')
    """
    pipeline = Pipeline(
        [
            ("kmers", KmerVectorizer(k=k, canonical=canonical, alphabet=alphabet)),
            (
                "sqrt",
                FunctionTransformer(
                    square_root,
                    accept_sparse=True,
                    check_inverse=False,
                    feature_names_out="one-to-one",
                ),
            ),
            (
                "classifier",
                LogisticRegression(
                    C=C,
                    class_weight=class_weight,
                    tol=tol,
                    max_iter=max_iter,
                    random_state=random_state,
                ),
            ),
        ]
    )
    # counts are sparse, which no frame holds: a setting for all transformers does not concern them
    return pipeline.set_output(transform="default")


def square_root(counts: Any) -> Any:
    """Return the square root of counts; of sparse ones in single precision at least."""
    if hasattr(counts, "tocsr"):  # the root of a byte is of half precision, which they cannot hold
        counts = counts.astype(np.promote_types(counts.dtype, np.float32), copy=False)
    return np.sqrt(counts)

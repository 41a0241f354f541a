"""Classify biological sequences with scikit-learn, and see which letters decided.

Names are imported when they are first used, so that ``import sklearn_attngen`` is quick and torch
is only loaded once a network is needed.
"""

from typing import TYPE_CHECKING

from sklearn_attngen._lazy import attach
from sklearn_attngen._version import __version__

if TYPE_CHECKING:
    from sklearn_attngen import (
        classifiers,
        datasets,
        feature_extraction,
        inspection,
        metrics,
        model_selection,
        networks,
        preprocessing,
        sequences,
        training,
    )
    from sklearn_attngen.classifiers import (
        AttnGenClassifier,
        CNNClassifier,
        make_kmer_classifier,
    )
    from sklearn_attngen.feature_extraction import KmerVectorizer
    from sklearn_attngen.metrics import PerturbationScorer
    from sklearn_attngen.model_selection import compare_classifiers
    from sklearn_attngen.preprocessing import SequenceOneHotEncoder
else:
    # type checkers would take every name for one that there is
    __getattr__, __dir__ = attach(
        __name__,
        {
            "AttnGenClassifier": ".classifiers",
            "CNNClassifier": ".classifiers",
            "KmerVectorizer": ".feature_extraction",
            "PerturbationScorer": ".metrics",
            "SequenceOneHotEncoder": ".preprocessing",
            "classifiers": ".classifiers",
            "compare_classifiers": ".model_selection",
            "datasets": ".datasets",
            "feature_extraction": ".feature_extraction",
            "inspection": ".inspection",
            "make_kmer_classifier": ".classifiers",
            "metrics": ".metrics",
            "model_selection": ".model_selection",
            "networks": ".networks",
            "preprocessing": ".preprocessing",
            "sequences": ".sequences",
            "training": ".training",
        },
    )

__all__ = [
    "AttnGenClassifier",
    "CNNClassifier",
    "KmerVectorizer",
    "PerturbationScorer",
    "SequenceOneHotEncoder",
    "__version__",
    "classifiers",
    "compare_classifiers",
    "datasets",
    "feature_extraction",
    "inspection",
    "make_kmer_classifier",
    "metrics",
    "model_selection",
    "networks",
    "preprocessing",
    "sequences",
    "training",
]

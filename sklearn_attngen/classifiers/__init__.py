"""Classifiers of sequences: two networks on one base, and a k-mer pipeline as their rival."""

from typing import TYPE_CHECKING

from sklearn_attngen._lazy import attach

if TYPE_CHECKING:
    from sklearn_attngen.classifiers._attngen import AttnGenClassifier
    from sklearn_attngen.classifiers._cnn import CNNClassifier
    from sklearn_attngen.classifiers._kmer import make_kmer_classifier
else:
    # The k-mer pipeline needs no torch, and the networks' modules import it.
    __getattr__, __dir__ = attach(
        __name__,
        {
            "AttnGenClassifier": "._attngen",
            "CNNClassifier": "._cnn",
            "make_kmer_classifier": "._kmer",
        },
    )

__all__ = ["AttnGenClassifier", "CNNClassifier", "make_kmer_classifier"]

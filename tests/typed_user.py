"""Code of a user who checks types; mypy reads it, nothing runs it (see pyproject.toml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import torch
from numpy.typing import NDArray

import sklearn_attngen
from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    KmerVectorizer,
    PerturbationScorer,
    SequenceOneHotEncoder,
    compare_classifiers,
    make_kmer_classifier,
)
from sklearn_attngen.datasets import read_fasta
from sklearn_attngen.inspection import (
    Motif,
    SaliencyDisplay,
    match_motifs,
    perturbation_curve,
    read_meme,
    saliency,
    write_meme,
)
from sklearn_attngen.metrics import sufficiency
from sklearn_attngen.model_selection import SequenceGroupKFold
from sklearn_attngen.sequences import get_alphabet, reverse_complement


def mistakes() -> None:
    """What does not exist is an error: an ignore that ignores nothing would be one too."""
    sklearn_attngen.AttnGenClasifier  # type: ignore[attr-defined]  # noqa: B018
    sklearn_attngen.classifiers.CNNClasifier  # type: ignore[attr-defined]  # noqa: B018
    AttnGenClassifier(mask_fractions=0.1)  # type: ignore[call-arg]
    CNNClassifier(n_filters="64")  # type: ignore[arg-type]
    AttnGenClassifier().fit(["ACGT"])  # type: ignore[call-arg]


def classify(X: list[str], y: list[str], weight: NDArray[np.float64]) -> None:
    """Decorated methods keep their signatures, and results have types."""
    model = AttnGenClassifier(
        class_weight={"a": 1, "b": 2.0},
        alphabet=get_alphabet("DNA"),
        reverse_complement="average",
        device=torch.device("cpu"),
        net_params={"optimizer": torch.optim.SGD},
        random_state=np.random.RandomState(0),
    )
    fitted = model.fit(X, y, sample_weight=weight, X_val=X, y_val=np.array(y))
    assert_type(fitted, AttnGenClassifier)
    assert_type(CNNClassifier().partial_fit(X, y, classes=["a", "b"]), CNNClassifier)
    assert_type(model.predict_proba(np.array(X, dtype=object)), NDArray[np.float64])
    assert_type(model.saliency(tuple(X), method="attention", target="a"), NDArray[np.float64])
    assert_type(model.module_, torch.nn.Module)
    assert_type(model.history_, list[dict[str, Any]])
    assert_type(SequenceOneHotEncoder(length=10, dtype="float32").fit(X), SequenceOneHotEncoder)
    assert_type(KmerVectorizer(k=(3, 6)).fit(X).get_feature_names_out(), NDArray[np.object_])
    baseline = make_kmer_classifier(k=4)
    compare_classifiers({"net": model, "k-mers": baseline}, X, y, scoring=["accuracy", "roc_auc"])
    compare_classifiers(
        [("net", model), ("k-mers", baseline)],
        X,
        y,
        cv=SequenceGroupKFold(3),
        scoring={"faithfulness": PerturbationScorer(saliency=own_saliency), "accuracy": "accuracy"},
    )


def own_saliency(estimator: AttnGenClassifier, X: NDArray[np.object_]) -> NDArray[np.float64]:
    return estimator.saliency(X)


def explain(model: AttnGenClassifier, X: list[str], y: list[str]) -> None:
    """Lists, arrays, paths and callables go in where the documentation says so."""
    values = saliency(model, X, target=y, method="integrated_gradients", signed=True)
    assert_type(values, NDArray[np.float64])
    for given in ("auto", own_saliency, values):
        perturbation_curve(model, X, y, fractions=[0, 0.1], orders=["top"], saliency=given)
    sufficiency(model, X, saliency=values.tolist())
    SaliencyDisplay.from_estimator(model, X, y, positions=range(4), labels=y).plot()
    assert_type(PerturbationScorer()(model, X, y), float)
    motifs = read_meme(Path("motifs.meme"))
    assert_type(motifs, list[Motif])
    assert_type(motifs[0].reverse_complement().consensus, str)
    match_motifs(motifs[0], Path("database.meme"))
    write_meme((motif for motif in motifs), "copy.meme")


def read(paths: dict[str, Path], several: list[str]) -> None:
    """Containers of str and of Path."""
    read_fasta(paths)
    read_fasta(several)
    read_fasta({"yes": several})
    assert_type(reverse_complement("ACGT"), str)
    assert_type(reverse_complement(several), NDArray[np.object_])

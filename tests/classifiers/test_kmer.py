"""make_kmer_classifier: an ordinary pipeline, quick, and strong on composition."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import FunctionTransformer

from sklearn_attngen.classifiers import make_kmer_classifier
from sklearn_attngen.sequences import reverse_complement


def draw(n_samples: int = 90, length: int = 60, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Three classes that differ in composition."""
    rng = np.random.default_rng(seed)
    y = np.tile(["at", "gc", "even"], n_samples // 3)
    weights = {"at": [0.4, 0.1, 0.1, 0.4], "gc": [0.1, 0.4, 0.4, 0.1], "even": [0.25] * 4}
    return ["".join(rng.choice(list("ACGT"), length, p=weights[label])) for label in y], y


X, Y = draw()


def test_steps_and_defaults() -> None:
    """Names of steps are part of the interface: searches and scorers set parameters by them."""
    pipeline = make_kmer_classifier()
    assert list(pipeline.named_steps) == ["kmers", "sqrt", "classifier"]
    params = pipeline.get_params()
    assert params["kmers__k"] == (3, 6)
    assert params["kmers__canonical"] is True
    assert params["classifier__C"] == 0.02


def test_arguments_reach_their_step() -> None:
    """Each argument is a parameter of one of the steps."""
    pipeline = make_kmer_classifier(
        4,
        False,
        C=3.0,
        class_weight="balanced",
        alphabet="RNA",
        tol=1e-3,
        max_iter=7,
        random_state=5,
    )
    params = pipeline.get_params()
    assert (params["kmers__k"], params["kmers__canonical"], params["kmers__alphabet"]) == (
        4,
        False,
        "RNA",
    )
    assert (params["classifier__C"], params["classifier__class_weight"]) == (3.0, "balanced")
    assert (params["classifier__tol"], params["classifier__max_iter"]) == (1e-3, 7)
    assert params["classifier__random_state"] == 5


def test_three_classes() -> None:
    """Fits and predicts more than two classes, with probabilities that sum to one."""
    pipeline = make_kmer_classifier().fit(X, Y)
    held_out, labels = draw(seed=1)
    assert pipeline.score(held_out, labels) > 0.9
    assert pipeline.classes_.tolist() == ["at", "even", "gc"]
    np.testing.assert_allclose(pipeline.predict_proba(held_out).sum(axis=1), 1, rtol=1e-6)


def test_both_strands_get_the_same_prediction() -> None:
    """Canonical k-mers do not see the strand."""
    pipeline = make_kmer_classifier().fit(X, Y)
    other = reverse_complement(X)
    np.testing.assert_array_equal(pipeline.predict_proba(other), pipeline.predict_proba(X))


def test_counts_are_square_rooted() -> None:
    """AAAAA holds three AAA, and the classifier gets their root."""
    pipeline = make_kmer_classifier(k=3).fit(["AAAAA", "CCGTC"], [0, 1])
    features = pipeline[:-1].transform(["AAAAA"])
    assert features.max() == pytest.approx(np.sqrt(3), rel=1e-6)
    assert features.nnz == 1


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "float64"])
def test_counts_of_small_types(dtype: str) -> None:
    """NumPy's root of a byte is of half precision, which no sparse matrix holds."""
    pipeline = make_kmer_classifier(k=3).set_params(kmers__dtype=np.dtype(dtype))
    pipeline.fit(["AAAAA", "CCGTC"], [0, 1])
    features = pipeline[:-1].transform(["AAAAA"])
    assert features.dtype == (np.float64 if dtype == "float64" else np.float32)
    assert features.max() == pytest.approx(np.sqrt(3), rel=1e-6)


def test_another_first_step_may_give_frames() -> None:
    """The steps of a pipeline can be replaced: roots of a frame are a frame."""
    X, y = ["AAAAA", "CCGTC"], [0, 1]

    def counts(X: list[str]) -> pd.DataFrame:
        return pd.DataFrame([[x.count(letter) for letter in "ACGT"] for x in X])

    pipeline = make_kmer_classifier().set_params(kmers=FunctionTransformer(counts)).fit(X, y)
    assert pipeline.predict(X).tolist() == y


def test_feature_names_are_kmers() -> None:
    """Coefficients can be told by name."""
    pipeline = make_kmer_classifier(k=2).fit(X, Y)
    names = pipeline[:-1].get_feature_names_out()
    assert len(names) == pipeline[-1].coef_.shape[1] == 10
    assert "AA" in names


def test_pickles_and_clones() -> None:
    """The square root is NumPy's own function, which processes can be sent."""
    pipeline = make_kmer_classifier(k=3).fit(X, Y)
    expected = pipeline.predict_proba(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(pipeline)).predict_proba(X), expected)
    np.testing.assert_array_equal(clone(pipeline).fit(X, Y).predict_proba(X), expected)


def test_grid_search_in_processes_and_threads() -> None:
    """Searched like any pipeline, with the same result everywhere."""
    grid = {"kmers__k": [1, 2], "classifier__C": [0.01, 1.0]}
    serial = GridSearchCV(make_kmer_classifier(), grid, cv=3).fit(X, Y)
    expected = serial.cv_results_["mean_test_score"]
    for backend in ("loky", "threading"):
        with joblib.parallel_config(backend=backend):
            search = GridSearchCV(make_kmer_classifier(), grid, cv=3, n_jobs=2).fit(X, Y)
        np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_class_weight_moves_the_decision() -> None:
    """Weighting a rare class up makes it more probable."""
    rare = np.where(np.arange(90) % 9 == 0, "rare", "common")
    plain = make_kmer_classifier(k=2).fit(X, rare)
    weighted = make_kmer_classifier(k=2, class_weight="balanced").fit(X, rare)
    assert weighted.predict_proba(X)[:, 1].mean() > 2 * plain.predict_proba(X)[:, 1].mean()


def test_protein_without_strands() -> None:
    """Alphabets without complements are counted as they are."""
    rng = np.random.default_rng(0)
    proteins = ["".join(rng.choice(list("ACDEFGHIKL"), 30)) for _ in range(20)]
    labels = [sequence.count("A") > 2 for sequence in proteins]
    pipeline = make_kmer_classifier(k=1, canonical=False, C=10.0, alphabet="protein")
    assert pipeline.fit(proteins, labels).score(proteins, labels) == 1.0


def test_human_or_worm(real_data: Path) -> None:
    """From 20,000 rows of real DNA it reaches what a network has to beat, in seconds."""
    table = pd.read_csv(real_data / "human_or_worm_mixed_200.csv.gz")
    train, test = table[table["split"] == "train"], table[table["split"] == "test"]
    train, _ = train_test_split(train, train_size=20_000, stratify=train["label"], random_state=0)
    start = time.process_time()  # of this process alone, whatever else runs
    pipeline = make_kmer_classifier().fit(train["sequence"], train["label"])
    seconds = time.process_time() - start
    assert pipeline.score(test["sequence"], test["label"]) > 0.954
    assert seconds < 60


def test_a_setting_for_all_transformers_does_not_concern_it() -> None:
    """Its counts are sparse, which no frame holds."""
    with config_context(transform_output="pandas"):
        model = make_kmer_classifier(k=2).fit(
            ["ACACAC", "GGATGG", "ACACAG", "GGATGA"], [0, 1, 0, 1]
        )
        assert clone(model).fit(["ACACAC", "GGATGG"], [0, 1]).predict(["ACACAC"]).tolist() == [0]

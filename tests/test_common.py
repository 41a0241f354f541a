"""What scikit-learn's checks promise for numbers, for every estimator on strings."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    KmerVectorizer,
    SequenceOneHotEncoder,
    make_kmer_classifier,
)

QUICK = {
    "n_filters": 16,
    "n_layers": 1,
    "kernel_size": 7,
    "batch_size": 20,
    "max_epochs": 6,
    "learning_rate": 0.02,
    "random_state": 0,
}
MAKE: dict[str, Callable[[], Any]] = {
    "attngen": lambda: AttnGenClassifier(**QUICK),
    "cnn": lambda: CNNClassifier(**QUICK),
    "kmers": lambda: make_kmer_classifier(k=(2, 4), C=1.0),
    "encoded": lambda: make_pipeline(SequenceOneHotEncoder(), AttnGenClassifier(**QUICK)),
    "encoder": SequenceOneHotEncoder,
    "vectorizer": lambda: KmerVectorizer(k=3),
}
CLASSIFIERS = ["attngen", "cnn", "kmers", "encoded"]
NETS = ["attngen", "cnn"]


def output(estimator: Any, X: Any) -> np.ndarray:
    """Probabilities of a classifier, columns of a transformer."""
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    values = estimator.transform(X)
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


@pytest.fixture(scope="module")
def fitted(planted: tuple[np.ndarray, np.ndarray]) -> Callable[[str], Any]:
    """Give the fitted estimator of a name; it is fitted once and must not be changed."""
    done: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in done:
            done[name] = MAKE[name]().fit(*planted)
        return done[name]

    return get


@pytest.mark.parametrize("name", MAKE)
def test_clones_have_equal_parameters_and_no_fit(name: str, fitted: Any) -> None:
    """Searches fit clones; nothing learned goes with them."""
    copied = clone(fitted(name))
    assert repr(copied) == repr(MAKE[name]())
    with pytest.raises(NotFittedError):
        output(copied, ["ACGT" * 6])


@pytest.mark.parametrize("name", MAKE)
def test_a_second_fit_gives_equal_bits(name: str, fitted: Any, planted: Any) -> None:
    """Of a clone, and of the same object on other data before."""
    X, y = planted
    expected = output(fitted(name), X)
    estimator = clone(fitted(name)).fit(X[:40], y[:40])
    np.testing.assert_array_equal(output(estimator.fit(X, y), X), expected)
    assert np.isfinite(expected).all()


@pytest.mark.parametrize("name", MAKE)
def test_rows_do_not_depend_on_each_other(name: str, fitted: Any, planted_again: Any) -> None:
    """Neither on the order of rows nor on which others are there."""
    X = planted_again[0]
    estimator = fitted(name)
    expected = output(estimator, X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(output(estimator, X[order]), expected[order], atol=1e-5)
    alone = np.concatenate([output(estimator, X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(alone, expected, atol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_saliency_does_not_depend_on_other_rows(name: str, fitted: Any, planted_again: Any) -> None:
    """The same for explanations."""
    X = planted_again[0][:12]
    expected = fitted(name).saliency(X)
    np.testing.assert_allclose(fitted(name).saliency(X[::-1]), expected[::-1], atol=1e-5)
    alone = np.concatenate([fitted(name).saliency(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(alone, expected, atol=1e-5)


def through_joblib(estimator: Any) -> Any:
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize(
    "copy_of",
    [lambda e: pickle.loads(pickle.dumps(e)), through_joblib, copy.deepcopy],
    ids=["pickle", "joblib", "deepcopy"],
)
@pytest.mark.parametrize("name", MAKE)
def test_copies_give_equal_bits(name: str, copy_of: Any, fitted: Any, planted: Any) -> None:
    """Fitted and not; what is learned goes along."""
    X, y = planted
    estimator = fitted(name)
    copied = copy_of(estimator)
    np.testing.assert_array_equal(output(copied, X), output(estimator, X))
    if hasattr(estimator, "saliency"):
        np.testing.assert_array_equal(copied.saliency(X[:3]), estimator.saliency(X[:3]))
        np.testing.assert_array_equal(copied.saliency_, estimator.saliency_)
        assert copied.history_ == estimator.history_
    refitted = copy_of(MAKE[name]()).fit(X, y)
    np.testing.assert_array_equal(output(refitted, X), output(estimator, X))


STRING_FORMS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "tuple": tuple,
    "U": np.array,
    "S": lambda X: np.array(X, dtype="S"),
    "column": lambda X: np.array(X, dtype=object).reshape(-1, 1),
    "rows": lambda X: [[x] for x in X],
    "series-object": lambda X: pd.Series(X, dtype=object, index=range(5, 5 + len(X))),
    "series-string": lambda X: pd.Series(X, dtype="string[python]"),
    "series-pyarrow": lambda X: pd.Series(X, dtype="string[pyarrow]"),
    "series-categorical": lambda X: pd.Series(X, dtype="category"),
    "polars": pl.Series,
    "frame": lambda X: pd.DataFrame({"sequence": X}),
    "frame-polars": lambda X: pl.DataFrame({"sequence": X}),
    "lower-case": lambda X: [x.lower() for x in X],
}
ENCODED_FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "uint8": lambda H: H,
    "float32": lambda H: H.astype(np.float32),
    "float64": lambda H: H.astype(np.float64),
    "bool": lambda H: H.astype(bool),
    "int64": lambda H: H.astype(np.int64),
    "fortran": np.asfortranarray,
    "list": lambda H: H.tolist(),
    "frame": lambda H: pd.DataFrame(H, columns=[f"c{i}" for i in range(H.shape[1])]),
    "3-D": lambda H: H.reshape(len(H), -1, 4),
    "3-D, channels first": lambda H: H.reshape(len(H), -1, 4).transpose(0, 2, 1),
    "3-D, float": lambda H: H.reshape(len(H), -1, 4).astype(float),
    "tensor": lambda H: torch.from_numpy(H.reshape(len(H), -1, 4)).float(),
}


@pytest.mark.parametrize("form", STRING_FORMS)
@pytest.mark.parametrize("name", MAKE)
def test_all_forms_of_strings_are_the_same(name: str, form: str, fitted: Any, planted: Any) -> None:
    """Equal bits, whatever the sequences come in, in fit as in prediction."""
    X, y = planted
    given = STRING_FORMS[form](X.tolist())
    expected = output(fitted(name), X)
    np.testing.assert_array_equal(output(fitted(name), given), expected)
    estimator = clone(fitted(name)).fit(given, y)
    np.testing.assert_array_equal(output(estimator, X), expected)


@pytest.mark.parametrize("form", ENCODED_FORMS)
@pytest.mark.parametrize("name", NETS)
def test_all_forms_of_one_hot_are_the_same(name: str, form: str, fitted: Any, planted: Any) -> None:
    """Encoded sequences are read back as letters: equal fits, predictions and saliency."""
    X, y = planted
    given = ENCODED_FORMS[form](SequenceOneHotEncoder().fit_transform(X))
    estimator = clone(fitted(name)).fit(given, y)
    assert estimator.n_features_in_ == fitted(name).n_features_in_ == 24 * 4
    assert estimator.length_ == 24
    for measure in ("predict_proba", "saliency"):
        expected = getattr(fitted(name), measure)(X)
        np.testing.assert_array_equal(getattr(estimator, measure)(given), expected)
        if not hasattr(estimator, "feature_names_in_"):
            np.testing.assert_array_equal(getattr(fitted(name), measure)(given), expected)
    np.testing.assert_array_equal(estimator.saliency_, fitted(name).saliency_)


@pytest.mark.parametrize("name", NETS)
def test_names_of_columns_are_kept(name: str, planted: Any) -> None:
    """A frame of encoded columns is checked by name, as in scikit-learn; strings forget it."""
    X, y = planted
    frame = SequenceOneHotEncoder().set_output(transform="pandas").fit_transform(X)
    estimator = MAKE[name]().fit(frame, y)
    assert list(estimator.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(frame.iloc[:, ::-1])
    estimator.fit(X, y)
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize(
    "labels",
    [
        lambda y: pd.Series(y, index=range(9, 9 + len(y))),
        lambda y: pd.Series(y, dtype="category"),
        lambda y: y.tolist(),
        lambda y: y.astype(object),
    ],
    ids=["series", "categorical", "list", "object"],
)
def test_all_forms_of_labels_are_the_same(
    name: str, labels: Any, fitted: Any, planted: Any
) -> None:
    """Predicted labels are those that were given."""
    X, y = planted
    estimator = clone(fitted(name)).fit(X, labels(y))
    np.testing.assert_array_equal(estimator.predict_proba(X), fitted(name).predict_proba(X))
    assert estimator.predict(X).tolist() == fitted(name).predict(X).tolist()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_probabilities_are_probabilities(name: str, fitted: Any, planted_again: Any) -> None:
    """Rows of sum one, columns in the order of classes_, the largest one predicted."""
    X, _ = planted_again
    probabilities = fitted(name).predict_proba(X)
    assert name == "kmers" or probabilities.dtype == np.float64
    assert probabilities.shape == (60, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert fitted(name).classes_.tolist() == ["no", "yes"]
    predicted = fitted(name).classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(fitted(name).predict(X), predicted)
    decision = fitted(name).decision_function(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-decision)), probabilities[:, 1], atol=1e-6)


@pytest.mark.parametrize("name", NETS)
def test_threads_predict_at_the_same_time(name: str, fitted: Any, planted_again: Any) -> None:
    """Four threads on one estimator give what one thread gives, explanations included."""
    X = planted_again[0]
    estimator = fitted(name)
    expected = estimator.predict_proba(X), estimator.saliency(X)
    with ThreadPoolExecutor(4) as pool:
        both = list(
            pool.map(lambda _: (estimator.predict_proba(X), estimator.saliency(X)), range(12))
        )
    for probabilities, saliency in both:
        np.testing.assert_allclose(probabilities, expected[0], atol=1e-6)
        np.testing.assert_allclose(saliency, expected[1], atol=1e-6)


@pytest.mark.parametrize("backend", ["loky", "threading"])
@pytest.mark.parametrize("name", NETS)
def test_equal_bits_in_threads_and_processes(name: str, backend: str, planted: Any) -> None:
    """Fits beside each other do not share any randomness."""
    X, y = planted
    estimator = MAKE[name]()
    threads = torch.get_num_threads()
    # processes of joblib get one thread; only equal numbers of threads give equal bits
    torch.set_num_threads(1)
    try:
        expected = clone(estimator).fit(X, y).predict_proba(X)
        results = joblib.Parallel(n_jobs=2, backend=backend)(
            joblib.delayed(type(estimator).fit)(clone(estimator), X, y) for _ in range(4)
        )
        for result in results:
            np.testing.assert_array_equal(result.predict_proba(X), expected)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name", MAKE)
def test_global_state_is_left_alone(name: str, planted: Any) -> None:
    """NumPy's and torch's generators, torch's threads, gradients and default type."""

    def state() -> tuple[Any, ...]:
        return (
            np.random.get_state()[1].tolist(),  # noqa: NPY002  (the state that users share)
            torch.get_rng_state().tolist(),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
        )

    X, y = planted
    before = state()
    estimator = MAKE[name]().fit(X, y)
    output(estimator, X)
    if hasattr(estimator, "saliency"):
        estimator.saliency(X[:5])
    assert state() == before


# errors ---------------------------------------------------------------------------------------


def spoilt(X: Any, row: int, position: int, letter: str) -> list[str]:
    rows = list(X)
    rows[row] = rows[row][:position] + letter + rows[row][position + 1 :]
    return rows


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(("letter", "remedy"), [("?", "position 5"), ("U", "alphabet='RNA'")])
def test_bad_letters_are_named(
    name: str, letter: str, remedy: str, fitted: Any, planted: Any
) -> None:
    """Row and position, counted from 0, and what to do; in fit and later."""
    X, y = planted
    bad = spoilt(X, 3, 5, letter)
    for action in (lambda: clone(fitted(name)).fit(bad, y), lambda: output(fitted(name), bad)):
        with pytest.raises(ValueError, match="Row 3, position 5") as error:
            action()
        assert remedy in str(error.value)


@pytest.mark.parametrize("name", MAKE)
def test_empty_strings_are_named(name: str, fitted: Any, planted: Any) -> None:
    """A sequence without letters is a mistake."""
    X, y = planted
    rows = [*X[:7], "", *X[8:]]
    for action in (lambda: clone(fitted(name)).fit(rows, y), lambda: output(fitted(name), rows)):
        with pytest.raises(ValueError, match=r"(?i)row 7\b"):
            action()


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_sequences_are_named(name: str, missing: Any, planted: Any) -> None:
    """A row without a sequence is a mistake, never a sequence "nan"."""
    X, y = planted
    rows = [*X[:7], missing, *X[8:]]
    with pytest.raises((ValueError, TypeError), match=r"(?i)row 7\b"):
        MAKE[name]().fit(rows, y)


@pytest.mark.parametrize("name", ["attngen", "cnn", "encoded", "encoder"])
def test_other_lengths_are_named(name: str, fitted: Any, planted: Any) -> None:
    """Nothing is padded or cropped in silence."""
    X, y = planted
    ragged = [*X[:7], X[7][:-1], *X[8:]]
    for action in (
        lambda: clone(fitted(name)).fit(ragged, y),
        lambda: output(fitted(name), ragged),
    ):
        with pytest.raises(ValueError, match=r"(?i)row 7\b"):
            action()
    with pytest.raises(ValueError, match="24"):
        output(fitted(name), [x[:-1] for x in X])


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(
    "wrong",
    [lambda X: (x for x in X), lambda X: X[0], set, lambda X: dict.fromkeys(X)],
    ids=["generator", "one string", "set", "dict"],
)
def test_what_is_no_collection_of_sequences_raises(name: str, wrong: Any, planted: Any) -> None:
    """With the remedy; a string is not taken for a list of letters."""
    X, y = planted
    with pytest.raises(TypeError):
        MAKE[name]().fit(wrong(X), y)


@pytest.mark.parametrize("name", MAKE)
def test_nothing_to_fit_raises(name: str) -> None:
    """scikit-learn's words for an empty input."""
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        MAKE[name]().fit([], [])


@pytest.mark.parametrize("name", NETS)
def test_sparse_matrices_raise(name: str, planted: Any) -> None:
    """Encoded columns are dense; scikit-learn's message says so."""
    X, y = planted
    H = sparse.csr_matrix(SequenceOneHotEncoder().fit_transform(X))
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        MAKE[name]().fit(H, y)


@pytest.mark.parametrize("name", NETS)
def test_letter_codes_are_not_taken_for_numbers(name: str, planted: Any) -> None:
    """Integers 0 to 3 would be read as measurements without a word."""
    codes = np.random.default_rng(0).integers(4, size=(80, 24))
    with pytest.raises(ValueError, match="letter codes"):
        MAKE[name]().fit(codes, planted[1])


@pytest.mark.parametrize("name", NETS)
def test_strings_after_numbers_raise(name: str, planted: Any) -> None:
    """What kind of input it is, is decided in fit."""
    X, y = planted
    numbers = np.random.default_rng(0).normal(size=(80, 24))
    estimator = MAKE[name]().fit(numbers, y)
    with pytest.raises(ValueError, match="cannot read sequences"):
        estimator.predict(X)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda y: np.full(len(y), "no"), "one class: .*'no'"),
        (lambda y: y[:-1], "inconsistent numbers of samples.* 80 .* 79"),
        (lambda y: np.where(y == "no", np.nan, 1.0), "NaN"),
        (lambda y: np.where(y == "no", np.inf, 1.0), "infinity"),
        (lambda y: [*y[:5], None, *y[6:]], r"row 5 \(counted from 0\)"),
        (lambda y: pd.Series([*y[:5], pd.NA, *y[6:]], dtype="string"), "row 5"),
        (lambda y: np.linspace(0, 1, len(y)), "Unknown label type: continuous"),
        (lambda y: None, "requires y"),
        (lambda y: np.array([y, y]).T, r"shape"),
    ],
    ids=["one class", "length", "nan", "inf", "None", "NA", "regression", "no y", "2-D"],
)
def test_wrong_labels_raise(name: str, labels: Any, message: str, planted: Any) -> None:
    """Before any training, without a warning from somewhere inside."""
    X, y = planted
    with pytest.raises(ValueError, match=message):
        MAKE[name]().fit(X, labels(y))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "decision_function", "saliency", "score"]
)
def test_unfitted_raises(name: str, method: str, planted: Any) -> None:
    """scikit-learn's own error, whatever is asked for."""
    arguments = planted if method == "score" else planted[:1]
    with pytest.raises(NotFittedError):
        getattr(MAKE[name](), method)(*arguments)
    assert not hasattr(MAKE[name](), "saliency_")
    assert not hasattr(MAKE[name](), "feature_importances_")


@pytest.mark.parametrize("name", NETS)
def test_parameters_are_validated_in_fit(name: str, planted: Any) -> None:
    """Every parameter has a constraint, and the message names the parameter."""
    estimator = MAKE[name]()
    assert set(estimator._parameter_constraints) == set(estimator.get_params())
    for parameter in set(estimator.get_params()) - {"verbose"}:
        wrong = clone(estimator).set_params(**{parameter: object()})
        with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
            wrong.fit(*planted)

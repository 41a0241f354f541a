"""Every estimator on strings: refits, copies, forms of input, threads; as scikit-learn asks.

scikit-learn's own checks promise this for numbers only.
"""

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
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_attngen import SequenceOneHotEncoder
from tests.conftest import MAKE, NETS, output

CLASSIFIERS = ["attngen", "cnn", "kmers", "encoded"]


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
    logarithms = fitted(name).predict_log_proba(X)
    np.testing.assert_allclose(np.exp(logarithms), probabilities, rtol=1e-6)
    assert fitted(name).classes_.tolist() == ["no", "yes"]
    predicted = fitted(name).classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(fitted(name).predict(X), predicted)
    decision = fitted(name).decision_function(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-decision)), probabilities[:, 1], atol=1e-6)


NUMPY: dict[str, Any] = {
    **{"n_filters": np.uint8(16), "kernel_size": np.uint8(7), "pool_size": np.uint8(2)},
    **{"n_layers": np.int8(1), "n_estimators": np.int64(2), "max_epochs": np.int32(3)},
    **{"batch_size": np.uint8(20), "learning_rate": np.float64(0.03)},
    **{"dropout": np.float16(0.125), "label_smoothing": np.float16(0.0625)},
    **{"reverse_complement": np.False_, "warm_start": np.True_, "random_state": np.uint8(1)},
}


@pytest.mark.parametrize("name", NETS)
def test_numbers_of_numpy_are_numbers(name: str, planted: Any) -> None:
    """Parameters from arrays give equal bits."""
    given = MAKE[name]().set_params(**NUMPY).fit(*planted).fit(*planted)
    plain = {parameter: value.item() for parameter, value in NUMPY.items()}
    expected = MAKE[name]().set_params(**plain).fit(*planted).fit(*planted)
    np.testing.assert_array_equal(output(given, planted[0]), output(expected, planted[0]))


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

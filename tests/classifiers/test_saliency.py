"""What saliency means, per sequence, per class and per column."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_attngen import AttnGenClassifier, CNNClassifier, SequenceOneHotEncoder
from sklearn_attngen.networks import path_gradient, probability_change

Make = Callable[..., Any]
Data = tuple[np.ndarray, np.ndarray]
METHODS = {
    AttnGenClassifier: [
        "attention_x_gradient",
        "attention",
        "interior_gradient",
        "gradient_x_input",
        "integrated_gradients",
    ],
    CNNClassifier: ["interior_gradient", "gradient_x_input", "integrated_gradients"],
}
CASES = [(kind, method) for kind, methods in METHODS.items() for method in methods]


def once_for_each_class(data: Data, **changes: Any) -> Callable[[type], Any]:
    """Give one fitted estimator of each class; it must not be changed."""
    quick = {"n_filters": 16, "n_layers": 1, "kernel_size": 7, "batch_size": 20}

    @functools.cache
    def get(kind: type) -> Any:
        return kind(**quick, learning_rate=0.02, **changes).fit(*data)

    return get


def copy_with(fitted: Any, **parameters: Any) -> Any:
    """Copy a fitted estimator, its fit included, and set parameters of the copy."""
    return copy.deepcopy(fitted).set_params(**parameters)


@pytest.fixture(scope="module")
def fitted(planted: Data) -> Callable[[type], Any]:
    """One estimator of each class, fitted to a few sequences."""
    return once_for_each_class(planted, max_epochs=6, n_estimators=2, random_state=0)


@pytest.fixture(scope="module")
def taught(planted_many: Data) -> Callable[[type], Any]:
    """The same, from enough sequences to know the motif well."""
    return once_for_each_class(planted_many, max_epochs=12, random_state=1)


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_a_magnitude_sums_to_one(kind: type, method: str, fitted: Any, planted: Data) -> None:
    """Non-negative, float64, one number a letter."""
    values = fitted(kind).saliency(planted[0], method)
    assert values.dtype == np.float64
    assert values.shape == (80, 24)
    assert (values >= 0).all()
    np.testing.assert_allclose(values.sum(axis=1), 1)


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_unknown_letters_get_nothing(kind: type, method: str, fitted: Any, planted: Data) -> None:
    """There is no letter there for the decision to rest on."""
    X = [f"NN{x[2:10]}N{x[11:]}" for x in planted[0]]
    values = fitted(kind).saliency(X, method)
    assert (values[:, [0, 1, 10]] == 0).all()
    np.testing.assert_allclose(values.sum(axis=1), 1)


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_a_sequence_of_unknowns_is_finite(kind: type, method: str, fitted: Any) -> None:
    """No letter, no saliency, and other rows are not touched."""
    values = fitted(kind).saliency(["N" * 24, "ACGT" * 6], method)
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values.sum(axis=1), [0, 1])


@pytest.mark.parametrize("kind", METHODS)
def test_the_default_method_is_the_parameter(kind: type, fitted: Any, planted: Data) -> None:
    """And what a call names goes first."""
    X = planted[0][:5]
    estimator = fitted(kind)
    for method in METHODS[kind]:
        expected = estimator.saliency(X, method)
        other = kind(**{**estimator.get_params(), "saliency_method": method})
        other.__dict__.update({k: v for k, v in vars(estimator).items() if k.endswith("_")})
        other.__dict__.update({k: v for k, v in vars(estimator).items() if k.startswith("_")})
        np.testing.assert_array_equal(other.saliency(X), expected)


@pytest.mark.parametrize("kind", METHODS)
def test_methods_differ(kind: type, fitted: Any, planted: Data) -> None:
    """No method is another one under a second name."""
    values = [fitted(kind).saliency(planted[0], method) for method in METHODS[kind]]
    for i, one in enumerate(values):
        for other in values[i + 1 :]:
            assert not np.allclose(one, other, atol=1e-3)


# targets


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_the_target_is_the_predicted_class_by_default(
    kind: type, method: str, fitted: Any, planted: Data
) -> None:
    """As if each row had named its own prediction."""
    X = planted[0]
    estimator = fitted(kind)
    named = estimator.saliency(X, method, estimator.predict(X))
    np.testing.assert_array_equal(estimator.saliency(X, method), named)


@pytest.mark.parametrize("form", [list, np.array, pd.Series, lambda y: np.array(y, dtype=object)])
def test_targets_are_labels(form: Any, fitted: Any, planted: Data) -> None:
    """One for all rows, or one for each, in any container."""
    X = planted[0][:4]
    estimator = fitted(CNNClassifier)
    yes, no = (
        estimator.saliency(X, "gradient_x_input", label, signed=True) for label in ("yes", "no")
    )
    mixed = form(["yes", "no", "yes", "no"])
    signed = estimator.saliency(X, "gradient_x_input", mixed, signed=True)
    np.testing.assert_allclose(signed, np.where([[True], [False]] * 2, yes, no), atol=1e-6)


def test_targets_may_be_numbers(make: Make, planted: Data) -> None:
    """Labels are compared by value."""
    X, y = planted
    estimator = make(max_epochs=1).fit(X, (y == "yes").astype(int) + 3)
    one = estimator.saliency(X, "gradient_x_input", 4, signed=True)
    for same in (np.int8(4), 4.0, np.full(80, 4)):
        again = estimator.saliency(X, "gradient_x_input", same, signed=True)
        np.testing.assert_array_equal(again, one)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("maybe", r"'maybe' \(row 0, 0-based\) is none of the classes \['no', 'yes'\]"),
        (["yes", "no", "maybe"], "row 2"),
        (["yes", "no"], "X holds 3 sequences"),
        ([["yes"], ["no"], ["no"]], r"shape \(3, 1\)"),
        (1, "none of the classes"),
    ],
)
def test_wrong_targets_raise(target: Any, message: str, fitted: Any, planted: Data) -> None:
    """The message names row and classes."""
    for kind in METHODS:
        with pytest.raises(ValueError, match=message):
            fitted(kind).saliency(planted[0][:3], target=target)


def test_texts_are_no_targets_where_classes_are_many_numbers(make: Make, planted: Data) -> None:
    """The message is about the target, as it is where classes are few."""
    X, _ = planted
    estimator = make(max_epochs=1).fit(X, np.arange(len(X)) % 20)
    with pytest.raises(ValueError, match=r"target '12' \(row 0, 0-based\) is none of"):
        estimator.saliency(X[:3], target="12")


# sign


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients"])
def test_evidence_for_one_of_two_classes_is_evidence_against_the_other(
    kind: type, method: str, fitted: Any, planted: Data
) -> None:
    """Signed evidence is in logits above the mean of the classes."""
    X = planted[0]
    yes, no = (fitted(kind).saliency(X, method, label, signed=True) for label in ("yes", "no"))
    np.testing.assert_allclose(yes, -no, atol=1e-4)


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients"])
def test_the_motif_speaks_for_its_class(
    kind: type, method: str, taught: Any, planted_again: Data
) -> None:
    """Positive in sum, in sequences that were not seen; letters elsewhere say less."""
    X, y = planted_again
    X = X[y == "yes"]
    signed = taught(kind).saliency(X, method, "yes", signed=True)
    motif = np.zeros(signed.shape, dtype=bool)
    for row, x in enumerate(X):
        motif[row, x.index("TATAAT") : x.index("TATAAT") + 6] = True
    assert signed[motif].mean() > 0
    assert signed[motif].mean() > 2 * np.abs(signed[~motif].mean())


@pytest.mark.parametrize("kind", METHODS)
def test_the_sign_is_what_the_network_does_without_the_letter(
    kind: type, taught: Any, planted_again: Data
) -> None:
    """Without the letter that speaks most for a class it is less probable, and the other way."""
    X = planted_again[0]
    estimator = taught(kind)
    signed = estimator.saliency(X, "integrated_gradients", "yes", signed=True)

    def without(positions: np.ndarray) -> np.ndarray:
        masked = [f"{x[:i]}N{x[i + 1 :]}" for x, i in zip(X, positions, strict=True)]
        return estimator.decision_function(masked) - estimator.decision_function(X)

    assert without(signed.argmax(axis=1)).mean() < -0.2
    assert without(signed.argmin(axis=1)).mean() > 0.2


@pytest.mark.parametrize("method", ["attention", "attention_x_gradient", None])
def test_attention_has_no_sign(method: str | None, fitted: Any, planted: Data) -> None:
    """Not with the default method either; the message names what has."""
    with pytest.raises(ValueError, match=r'has no sign.*"interior_gradient"'):
        fitted(AttnGenClassifier).saliency(planted[0], method, signed=True)


@pytest.mark.parametrize("kind", METHODS)
def test_unknown_methods_raise(kind: type, fitted: Any, planted: Data) -> None:
    """The message lists what there is."""
    with pytest.raises(ValueError, match=r"integrated_gradients.*'lime'"):
        fitted(kind).saliency(planted[0], "lime")


# summaries


@pytest.mark.parametrize("kind", METHODS)
def test_summaries_are_means_over_the_training_rows(kind: type, fitted: Any, planted: Data) -> None:
    """Of all rows, and of the rows of each true class."""
    X, y = planted
    estimator = fitted(kind)
    values = estimator.saliency(X)
    np.testing.assert_allclose(estimator.saliency_, values.mean(axis=0), atol=1e-8)
    assert estimator.class_saliency_.shape == (2, 24)
    for label, profile in zip(estimator.classes_, estimator.class_saliency_, strict=True):
        np.testing.assert_allclose(profile, values[y == label].mean(axis=0), atol=1e-8)


@pytest.mark.parametrize("kind", METHODS)
def test_importances_divide_the_saliency_over_letters(
    kind: type, fitted: Any, planted: Data
) -> None:
    """One number a column of the encoder, adding up to the saliency of the position and to one."""
    X, _ = planted
    estimator = fitted(kind)
    importances = estimator.feature_importances_
    assert importances.shape == (estimator.n_features_in_,) == (96,)
    assert importances.sum() == pytest.approx(1)
    assert (importances >= 0).all()
    np.testing.assert_allclose(importances.reshape(24, 4).sum(axis=1), estimator.saliency_)
    H = SequenceOneHotEncoder().fit_transform(X)
    by_hand = (H.reshape(80, 24, 4) * estimator.saliency(X)[:, :, None]).mean(axis=0).ravel()
    np.testing.assert_allclose(importances, by_hand, atol=1e-8)


def test_importances_of_letters_that_never_stand_there_are_zero(make: Make) -> None:
    """A constant position has one letter with any importance."""
    rng = np.random.default_rng(0)
    X = ["G" + "".join(row) for row in rng.choice(list("ACGT"), (60, 10))]
    y = [x[5] in "AC" for x in X]
    importances = make(max_epochs=5).fit(X, y).feature_importances_.reshape(11, 4)
    assert (importances[0, [0, 1, 3]] == 0).all()


def test_summaries_are_of_a_seeded_sample_of_many_rows(
    make: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fits on many rows are not slowed down, and stay reproducible; no class is left out."""
    X, y = planted
    # one rare class, of one row, that a sample of nine would miss
    y = np.where(np.arange(80) == 41, "rare", y)
    full = make(max_epochs=1).fit(X, y)
    monkeypatch.setattr("sklearn_attngen.classifiers._training.SUMMARY_ROWS", 9)
    first, second = (make(max_epochs=1).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.saliency_, second.saliency_)
    assert not np.allclose(first.saliency_, full.saliency_, atol=1e-6)
    assert np.isfinite(first.class_saliency_).all()
    np.testing.assert_array_equal(first.predict_proba(X), full.predict_proba(X))
    assert first.feature_importances_.sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", METHODS)
def test_a_network_left_in_training_mode_does_not_matter(
    kind: type, planted: Data, quick: dict[str, Any]
) -> None:
    """Someone may have trained module_ by hand: explained as it predicts, then restored."""
    X, y = planted
    estimator = kind(**quick | {"max_epochs": 2}).fit(X, y)
    expected = estimator.predict_proba(X), estimator.saliency(X)
    weights = {name: v.clone() for name, v in estimator.module_.state_dict().items()}
    estimator.module_.train()
    np.testing.assert_array_equal(estimator.saliency(X), expected[1])
    np.testing.assert_array_equal(estimator.predict_proba(X), expected[0])
    assert estimator.module_.training
    assert all((v == weights[name]).all() for name, v in estimator.module_.state_dict().items())


@pytest.mark.parametrize("kind", METHODS)
def test_explanations_run_in_batches(kind: type, fitted: Any, planted: Data) -> None:
    """Which do not show; targets stay with their rows."""
    X, y = planted
    estimator = fitted(kind)
    expected = estimator.saliency(X, "gradient_x_input", y, signed=True)
    many = np.tile(X, 60)
    result = estimator.saliency(many, "gradient_x_input", np.tile(y, 60), signed=True)
    np.testing.assert_allclose(result, np.tile(expected, (60, 1)), atol=1e-4)


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_bfloat16_is_close_and_only_where_the_docstring_says(
    kind: type, method: str, taught: Any, planted_many: Data
) -> None:
    """The same letters lead; a row does not depend on the rows beside it."""
    X = planted_many[0][:64]
    fast, exact = (copy_with(taught(kind), precision=name) for name in ("bfloat16", "float32"))
    if "attention" not in method:  # signed evidence has a unit, and stays in float32
        signed = (each.saliency(X, method, signed=True) for each in (fast, exact))
        np.testing.assert_array_equal(*signed)
    found, expected = fast.saliency(X, method), exact.saliency(X, method)
    if method not in ("attention_x_gradient", "interior_gradient"):
        np.testing.assert_array_equal(found, expected)
        return
    assert found.dtype == np.float64
    off = np.abs(found - expected).sum(axis=1)
    assert 0 < off.mean() < 0.05
    found_top, expected_top = (each.argsort(axis=1)[:, -5:] for each in (found, expected))
    both = [len(set(a) & set(b)) for a, b in zip(found_top, expected_top, strict=True)]
    assert np.mean(both) > 4.5
    alone = np.vstack([fast.saliency(X[i : i + 1], method) for i in range(len(X))])
    np.testing.assert_allclose(alone, found, atol=0.005)
    np.testing.assert_array_equal(fast.predict_proba(X), exact.predict_proba(X))


@pytest.mark.parametrize(
    ("method", "forwards"),
    [
        ("attention", 1),
        ("gradient_x_input", 2),
        ("interior_gradient", 2),
        ("attention_x_gradient", 2),
        ("integrated_gradients", 17),
    ],
)
def test_forward_passes_are_as_many_as_the_docstring_says(
    method: str, forwards: int, attngen: Make, planted: Data
) -> None:
    """One more than the gradient takes: the probability itself, of any number of classes."""
    X, y = planted
    for labels in (y, np.arange(len(y)) % 3):
        estimator, passes = attngen(max_epochs=1, n_estimators=1).fit(X, labels), []
        hook = estimator.module_.encoder.register_forward_hook(lambda *_, p=passes: p.append(1))
        try:
            estimator.saliency(X[:5], method)
        finally:
            hook.remove()
        assert len(passes) == forwards


@pytest.mark.parametrize("method", ["interior_gradient", "attention_x_gradient"])
def test_two_classes_share_their_magnitudes(
    method: str, fitted: Callable[[type], Any], planted: Data
) -> None:
    """What the probability of one class loses without a letter, that of the other gains."""
    estimator = fitted(AttnGenClassifier)
    saliency = estimator.saliency(planted[0][:9], method)
    for target in estimator.classes_:
        np.testing.assert_allclose(
            estimator.saliency(planted[0][:9], method, target), saliency, rtol=1e-4, atol=1e-7
        )


@pytest.fixture(scope="module")
def of_both_strands(planted: Data) -> CNNClassifier:
    """Three classes and two strands, in float64, so that nothing hides behind rounding."""
    X, y = planted
    labels = np.where(y == "yes", 2, np.arange(len(y)) // 2 % 2)
    quick = {"n_filters": 16, "n_layers": 1, "kernel_size": 7, "batch_size": 20, "max_epochs": 4}
    classifier = CNNClassifier(
        **quick,
        n_estimators=2,
        reverse_complement="average",
        learning_rate=0.02,
        precision="float32",
        random_state=0,
    ).fit(X, labels)
    classifier.module_.double()
    return classifier


@pytest.mark.parametrize("target", [None, 1])
@pytest.mark.parametrize(
    "method", ["interior_gradient", "gradient_x_input", "integrated_gradients"]
)
def test_a_magnitude_is_the_change_of_the_probability_that_is_predicted(
    method: str, target: int | None, of_both_strands: CNNClassifier, planted: Data
) -> None:
    """Each strand has its gradient; the probability is that of both, and of the target."""
    classifier, X = of_both_strands, planted[0][:9]
    codes = np.array([["ACGT".index(letter) for letter in x] for x in X])
    x = torch.from_numpy(np.eye(4)[codes]).transpose(1, 2)
    strands = [x, x.flip(2).flip(1)]
    with torch.no_grad():
        classifier.module_.eval()
        own = [classifier.module_(strand) for strand in strands]
    index = classifier.predict(X) if target is None else np.full(9, target)
    assert (index != classifier.predict(X)).any() == (target is not None)
    points = {
        "interior_gradient": [classifier.interior_point_],
        "gradient_x_input": [1.0],
        "integrated_gradients": [(step + 0.5) / 16 for step in range(16)],
    }[method]
    expected = np.zeros((9, 24))
    for strand, back in zip(strands, (1, -1), strict=True):
        gradient = path_gradient(classifier.module_, strand, torch.from_numpy(index), points)
        change = probability_change(
            gradient, strand, (own[0] + own[1]) / 2, torch.from_numpy(index)
        ).numpy()
        expected += (change / change.sum(axis=1, keepdims=True))[:, ::back] / 2
    found = classifier.saliency(X, method, target)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", METHODS)
def test_bfloat16_explains_the_class_that_is_predicted(kind: type, planted: Data) -> None:
    """Which is that of full precision, also where two of several classes are almost even."""
    X, y = planted
    labels = np.arange(len(y)) % 3
    classifier = kind(
        n_filters=8, max_epochs=1, n_estimators=1, precision="bfloat16", random_state=0
    ).fit(X, labels)
    # classes that are even on average, and numbers of which bfloat16 rounds what tells them apart
    change = torch.from_numpy(100 - classifier.decision_function(X).mean(axis=0))
    with torch.no_grad():
        for voter in classifier.module_.head.voters:
            voter[-1].bias.add_(change)
    predicted = classifier.predict(X)
    assert len(np.unique(predicted)) == 3
    np.testing.assert_array_equal(classifier.saliency(X), classifier.saliency(X, target=predicted))


def test_labels_in_the_place_of_the_method(fitted: Any, planted: Any) -> None:
    """As in ``score(X, y)``; the comparison with the names of methods would be an array."""
    X, y = planted
    with pytest.raises(ValueError, match=r"got ndarray\. Labels of classes are passed"):
        fitted(CNNClassifier).saliency(X, y)

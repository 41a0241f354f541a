"""Training: what is learned, weights, strands, alphabets, precision and progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from sklearn_attngen import AttnGenClassifier, SequenceOneHotEncoder
from sklearn_attngen.sequences import reverse_complement

Make = Callable[..., Any]
Data = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def numbers() -> Data:
    """Numbers that are not letters: fits on them have no noise and are exact."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 10))
    return X, np.array(["no", "yes"])[(X[:, 3] + 0.3 * rng.normal(size=60) > 0).astype(int)]


# learning


def test_learns_a_planted_motif(make: Make, planted_many: Data, planted_again: Data) -> None:
    """Anywhere in the sequence, also in sequences it has not seen."""
    estimator = make(random_state=1).fit(*planted_many)
    assert estimator.score(*planted_many) > 0.95
    assert estimator.score(*planted_again) > 0.85


def test_learns_a_position(make: Make) -> None:
    """One letter at one place decides; the same letter elsewhere does not."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list("ACGT"), (460, 20))], dtype=object)
    y = np.array([x[10] in "AG" for x in X])
    estimator = make(max_epochs=25).fit(X[:360], y[:360])
    assert estimator.score(X[360:], y[360:]) > 0.85
    assert estimator.saliency_.argmax() == 10


def test_three_classes(make: Make) -> None:
    """Labels of any type, columns in their order."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (150, 20))
    y = np.arange(150) % 3
    for label, motif in enumerate(["TATAAT", "GCGCGC"], start=1):
        for row in np.flatnonzero(y == label):
            start = rng.integers(14)
            letters[row, start : start + 6] = list(motif)
    X = ["".join(row) for row in letters]
    estimator = make(max_epochs=20).fit(X, y + 5)
    assert estimator.score(X, y + 5) > 0.85
    assert estimator.classes_.tolist() == [5, 6, 7]
    assert estimator.predict_proba(X).shape == estimator.decision_function(X).shape == (150, 3)
    assert estimator.class_saliency_.shape == (3, 20)
    np.testing.assert_allclose(estimator.predict_proba(X).sum(axis=1), 1)
    exponential = np.exp(estimator.decision_function(X).astype(float))
    np.testing.assert_allclose(
        estimator.predict_proba(X), exponential / exponential.sum(axis=1, keepdims=True), atol=1e-6
    )


def test_permuted_class_names_permute_the_columns(make: Make, planted: Data) -> None:
    """What classes are called changes nothing but the order of columns."""
    X, y = planted
    plain = make(max_epochs=2).fit(X, y)
    same = make(max_epochs=2).fit(X, np.where(y == "no", "a", "b"))
    np.testing.assert_array_equal(same.predict_proba(X), plain.predict_proba(X))
    assert (same.predict(X) == np.where(plain.predict(X) == "no", "a", "b")).all()


def test_other_seeds_give_other_networks(make: Make, planted: Data) -> None:
    """And no seed at all gives another one each time."""
    X, y = planted
    first, second = (make(random_state=seed, max_epochs=1).fit(X, y) for seed in (1, 2))
    assert not np.array_equal(first.predict_proba(X), second.predict_proba(X))
    first, second = (make(random_state=None, max_epochs=1).fit(X, y) for _ in range(2))
    assert not np.array_equal(first.predict_proba(X), second.predict_proba(X))


def test_a_random_state_object_is_drawn_from(make: Make, planted: Data) -> None:
    """As everywhere in scikit-learn: the second fit goes on where the first has stopped."""
    X, y = planted
    rng = np.random.RandomState(0)
    first, second = (make(random_state=rng, max_epochs=1).fit(X, y) for _ in range(2))
    assert not np.array_equal(first.predict_proba(X), second.predict_proba(X))
    again = make(random_state=np.random.RandomState(0), max_epochs=1).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), first.predict_proba(X))


def test_numbers_of_torch_threads_differ_in_the_last_bits_only(make: Make, planted: Data) -> None:
    """Predictions of one fitted network agree to 1e-5."""
    X, y = planted
    estimator = make(max_epochs=2).fit(X, y)
    threads = torch.get_num_threads()
    try:
        results = []
        for n in (1, 2):
            torch.set_num_threads(n)
            results.append(estimator.predict_proba(X))
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_allclose(results[0], results[1], atol=1e-5)


# weights


def test_weight_two_is_two_rows(make: Make, numbers: Data) -> None:
    """Exact on numbers in one batch, where nothing is random but the first weights."""
    X, y = numbers
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    weighted = make(batch_size=500).fit(X, y, sample_weight=weight)
    repeated = make(batch_size=500).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-7, rtol=0
    )
    plain = make(batch_size=500).fit(X, y)
    assert np.abs(plain.predict_proba(X) - weighted.predict_proba(X)).max() > 1e-3


def test_weight_zero_is_no_row(make: Make, planted: Data) -> None:
    """Bit for bit, for sequences too, with their noise and their summary."""
    X, y = planted
    weight = np.ones(80)
    weight[::5] = 0
    kept = weight > 0
    wrong = np.where(kept, y, "no")
    weighted = make(max_epochs=3).fit(X, wrong, sample_weight=weight)
    without = make(max_epochs=3).fit(X[kept], y[kept])
    np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))
    np.testing.assert_array_equal(weighted.saliency_, without.saliency_)


def test_weights_move_the_decision(make: Make, planted: Data) -> None:
    """Heavier rows count more."""
    X, y = planted
    flipped = np.where(np.arange(80) % 4 < 2, y, y[::-1])
    first, second = (
        make().fit(X, flipped, sample_weight=np.where(heavy, 10.0, 0.1))
        for heavy in (flipped == "yes", flipped == "no")
    )
    assert first.predict_proba(X)[:, 1].mean() > second.predict_proba(X)[:, 1].mean() + 0.3


def test_balanced_is_the_dict_it_stands_for(make: Make, planted: Data) -> None:
    """Rare classes get weight in proportion."""
    X, y = planted
    rows = np.r_[np.flatnonzero(y == "no"), np.flatnonzero(y == "yes")[:10]]
    X, y = X[rows], y[rows]
    balanced = make(class_weight="balanced").fit(X, y)
    as_dict = make(class_weight={"no": 50 / 80, "yes": 50 / 20}).fit(X, y)
    np.testing.assert_allclose(balanced.predict_proba(X), as_dict.predict_proba(X), atol=1e-4)
    plain = make().fit(X, y)
    assert not np.allclose(balanced.predict_proba(X), plain.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(79), "sample_weight"),
        (np.full(80, -1.0), "[Nn]egative"),
        (np.zeros(80), "weight"),
        (np.full(80, np.nan), "NaN"),
        (np.ma.array(np.ones(80), mask=np.arange(80) == 3), "NaN"),
    ],
)
def test_wrong_weights_raise(make: Make, planted: Data, weight: np.ndarray, message: str) -> None:
    """Before any training."""
    with pytest.raises(ValueError, match=message):
        make().fit(*planted, sample_weight=weight)


# strands


@pytest.mark.parametrize("alphabet", ["DNA", "RNA"])
def test_averaging_makes_both_strands_equal(make: Make, planted: Data, alphabet: str) -> None:
    """The same probabilities, and the same saliency read from the other end."""
    X, y = planted
    if alphabet == "RNA":
        X = np.array([x.replace("T", "U") for x in X], dtype=object)
    estimator = make(reverse_complement="average", alphabet=alphabet, max_epochs=3).fit(X, y)
    other = reverse_complement(X, alphabet)
    np.testing.assert_allclose(
        estimator.predict_proba(other), estimator.predict_proba(X), atol=1e-6
    )
    for method in estimator._saliency_methods:
        turned = estimator.saliency(other, method)[:, ::-1]
        np.testing.assert_allclose(turned, estimator.saliency(X, method), atol=1e-5)
    signed = estimator.saliency(X, "gradient_x_input", "yes", signed=True)
    turned = estimator.saliency(other, "gradient_x_input", "yes", signed=True)[:, ::-1]
    np.testing.assert_allclose(turned, signed, atol=1e-4)


def test_augmenting_sees_both_strands(make: Make, planted: Data) -> None:
    """Trained on both, predicting on one: the other strand of a motif is recognised."""
    X, y = planted
    other = reverse_complement(X)
    one = make(max_epochs=20).fit(X, y)
    augmented = make(max_epochs=20, reverse_complement="augment").fit(X, y)
    assert augmented.score(other, y) > 0.85
    assert augmented.score(other, y) > one.score(other, y) + 0.1
    assert not np.allclose(augmented.predict_proba(other), augmented.predict_proba(X))


def test_averaging_is_done_by_the_estimator(make: Make, planted: Data) -> None:
    """module_ is the network of one strand; the logits of both are averaged."""
    X, y = planted
    estimator = make(reverse_complement="average", max_epochs=3).fit(X, y)
    H = SequenceOneHotEncoder(dtype=np.float32).fit_transform(X).reshape(80, 24, 4)
    H = torch.from_numpy(H.transpose(0, 2, 1).copy())
    with torch.no_grad():
        strands = [estimator.module_(x).numpy() for x in (H, H.flip(1, 2))]
    assert not np.allclose(*strands, atol=1e-3)
    mean = (strands[0] + strands[1]) / 2
    np.testing.assert_allclose(estimator.decision_function(X), mean[:, 1] - mean[:, 0], atol=1e-5)


@pytest.mark.parametrize("mode", ["augment", "average"])
def test_strands_need_letters_with_complements(make: Make, planted: Data, mode: Any) -> None:
    """Proteins have no other strand, and numbers have none either."""
    X, y = planted
    with pytest.raises(ValueError, match="alphabet with complements"):
        make(reverse_complement=mode, alphabet="protein").fit(X, y)
    with pytest.raises(ValueError, match="reverse_complement=False"):
        make(reverse_complement=mode).fit(np.random.default_rng(0).normal(size=(80, 9)), y)


# alphabets and other input


@pytest.mark.parametrize(
    ("alphabet", "letters"), [("protein", "ACDEFGHIKLMNPQRSTVWY"), ("RNA", "ACGU"), ("HPN", "HPN")]
)
def test_other_alphabets(make: Make, alphabet: str, letters: str) -> None:
    """Proteins, RNA and letters of one's own."""
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list(letters), (120, 15))]
    y = [x[7] in letters[: len(letters) // 2] for x in X]
    estimator = make(alphabet=alphabet, max_epochs=25).fit(X, y)
    assert estimator.score(X, y) > 0.85
    assert estimator.n_features_in_ == 15 * len(letters)
    assert estimator.saliency(X).shape == (120, 15)
    encoded = SequenceOneHotEncoder(alphabet=alphabet).fit_transform(X)
    np.testing.assert_array_equal(estimator.predict_proba(encoded), estimator.predict_proba(X))


def test_soft_letters_at_predict(make: Make, planted: Data) -> None:
    """Perturbed one-hot input, such as a quarter of each letter, is read as it is."""
    X, y = planted
    estimator = make(max_epochs=3).fit(X, y)
    H = SequenceOneHotEncoder(dtype=np.float64).fit_transform(X)
    soft = H.copy().reshape(80, 24, 4)
    soft[:, 5:9] = 0.25
    soft = soft.reshape(80, -1)
    probabilities = estimator.predict_proba(soft)
    assert np.isfinite(probabilities).all()
    assert not np.allclose(probabilities, estimator.predict_proba(X))
    three = soft.reshape(80, 24, 4)
    np.testing.assert_array_equal(estimator.predict_proba(three), probabilities)
    channels = three.transpose(0, 2, 1)
    np.testing.assert_array_equal(estimator.predict_proba(channels), probabilities)
    assert np.isfinite(estimator.saliency(soft)).all()
    H[:, 3] += 1  # permuted columns make blocks that sum to two
    assert np.isfinite(estimator.predict_proba(H)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_numbers_are_positions_with_one_channel(make: Make, numbers: Data, dtype: type) -> None:
    """In their own precision; no letters, no mask, a saliency for each column."""
    X, y = numbers
    X = (10 * X).astype(dtype)
    estimator = make(max_epochs=30).fit(X, y)
    assert estimator.score(X, y) > 0.8
    assert estimator.length_ == estimator.n_features_in_ == 10
    expected = torch.float32 if dtype == np.float32 else torch.float64
    assert {p.dtype for p in estimator.module_.parameters()} == {expected}
    assert estimator.saliency(X).shape == (60, 10)
    assert all("mask_fraction" not in row for row in estimator.history_)
    np.testing.assert_array_equal(estimator.feature_importances_, estimator.saliency_)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_sequences_shorter_than_the_filters(make: Make, length: int) -> None:
    """Down to one letter."""
    X = np.repeat(["ACGTA"[:length], "GGCAT"[:length]], 20)
    y = np.repeat([0, 1], 20)
    estimator = make(max_epochs=20).fit(X, y)
    assert estimator.score(X, y) == 1
    np.testing.assert_allclose(estimator.saliency(X).sum(axis=1), 1)


def test_many_rows_are_predicted_in_batches(
    make: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded whatever the number of rows, and the batches do not show."""
    X, y = planted
    estimator = make(max_epochs=2).fit(X, y)
    expected = estimator.predict_proba(X)
    seen: list[int] = []
    hook = estimator.module_.register_forward_pre_hook(
        lambda _, inputs: seen.append(len(inputs[0]))
    )
    monkeypatch.setattr("sklearn_attngen.classifiers._base.POSITIONS_PER_BATCH", 24 * 7)
    np.testing.assert_allclose(estimator.predict_proba(X), expected, atol=1e-6)
    hook.remove()
    assert max(seen) == 7
    assert sum(seen) == 80


@pytest.mark.parametrize("kernel_size", [2, 10])
def test_even_filters_raise(make: Make, planted: Data, kernel_size: int) -> None:
    """They have no middle letter."""
    with pytest.raises(ValueError, match="kernel_size must be odd"):
        make(kernel_size=kernel_size).fit(*planted)


# devices, precision, progress


def test_device_as_named_and_found(make: Make, planted: Data) -> None:
    """On a machine without a GPU, "auto" is the CPU and gives the same bits."""
    X, y = planted
    on_cpu = make(device="cpu", max_epochs=2).fit(X, y)
    assert on_cpu.device_ == "cpu"
    found = make(max_epochs=2).fit(X, y)
    assert found.device_ == ("cuda" if torch.cuda.is_available() else "cpu")
    given = make(device=torch.device("cpu"), max_epochs=2).fit(X, y)
    np.testing.assert_array_equal(given.predict_proba(X), on_cpu.predict_proba(X))


def test_bfloat16_trains_and_predicts_in_float32(make: Make, planted: Data) -> None:
    """Close to a training in float32, not equal to it."""
    X, y = planted
    estimator = make(precision="bfloat16", device="cpu", max_epochs=20).fit(X, y)
    assert estimator.score(X, y) > 0.9
    assert estimator.decision_function(X).dtype == np.float32
    exact = make(precision="float32", device="cpu", max_epochs=20).fit(X, y)
    assert not np.array_equal(exact.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize("verbose", [0, 1, True])
def test_verbose_prints_a_line_an_epoch(
    make: Make, planted: Data, verbose: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """And silence is silence."""
    make(verbose=verbose, max_epochs=3).fit(*planted)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    if verbose:
        assert "train_loss" in lines[0]
        assert [line[0] for line in lines[-3:]] == ["1", "2", "3"]
    else:
        assert lines == []


def test_positions_of_the_network_match_the_encoder(make: Make, planted: Data) -> None:
    """module_ maps (n, letters, L) to logits, in evaluation mode after fit."""
    X, y = planted
    estimator = make(max_epochs=2).fit(X, y)
    assert not estimator.module_.training
    H = SequenceOneHotEncoder(dtype=np.float32).fit_transform(X).reshape(80, 24, 4)
    with torch.no_grad():
        logits = estimator.module_(torch.from_numpy(H.transpose(0, 2, 1).copy())).numpy()
    np.testing.assert_allclose(
        estimator.decision_function(X), logits[:, 1] - logits[:, 0], atol=1e-5
    )


def test_inputs_are_not_changed(make: Make, planted: Data) -> None:
    """Nor do read-only arrays matter."""
    X, y = planted
    H = SequenceOneHotEncoder().fit_transform(X)
    before = H.copy()
    H.flags.writeable = False
    estimator = make(max_epochs=1).fit(H, y)
    estimator.saliency(H)
    np.testing.assert_array_equal(H, before)


def test_defaults_differ_in_the_method_only() -> None:
    """The CNN is trained in the same way, so that a comparison compares the method."""
    from sklearn_attngen import CNNClassifier

    one, other = AttnGenClassifier().get_params(), CNNClassifier().get_params()
    assert set(other) <= set(one)
    own = {name for name in one if name not in other}
    assert own == {
        "mask_fraction",
        "mask_by",
        "mask_order",
        "mask_value",
        "mask_schedule",
        "mask_warmup",
        "mask_cooldown",
        "consistency_weight",
        "n_heads",
    }


def test_fits_of_a_single_step_train(make: Make, planted_many: Data) -> None:
    """The one-cycle schedule of one step is at its end, where the rate is next to nothing."""
    X, y = planted_many
    estimator = make(max_epochs=1, batch_size=len(X), warm_start=True, random_state=0)
    losses = [estimator.fit(X, y).history_[-1]["train_loss"] for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])

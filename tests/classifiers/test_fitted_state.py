"""What a fit leaves behind, and what it must not."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback, EpochScoring

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

RNG = np.random.default_rng(0)
X = np.array(["".join(row) for row in RNG.choice(list("ACGT"), (60, 16))], dtype=object)
Y = np.arange(60) % 2


def quick(**parameters: Any) -> CNNClassifier:
    return CNNClassifier(
        **{"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0, **parameters}
    )


@pytest.mark.parametrize(
    "wrong",
    [{"device": "nowhere"}, {"net_params": {"lr": 1}}, {"class_weight": {0: 0, 1: 0}}],
    ids=["device", "net_params", "class_weight"],
)
def test_a_refit_that_fails_leaves_no_fit(wrong: dict[str, Any]) -> None:
    """Predictions must not come from a network that was never trained."""
    estimator = quick().fit(X, Y)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        estimator.set_params(**wrong).fit(X, Y)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    with pytest.raises(NotFittedError):
        estimator.predict(X)


def test_parameters_set_after_the_fit_do_not_change_predictions() -> None:
    """Alphabet and strands are those of the fit."""
    estimator = quick(reverse_complement="average").fit(X, Y)
    expected, saliency = estimator.predict_proba(X), estimator.saliency(X)
    estimator.set_params(alphabet="TGCA", reverse_complement=False)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    np.testing.assert_array_equal(estimator.saliency(X), saliency)


def test_divergence_raises() -> None:
    """Probabilities that are not numbers are no prediction."""
    with pytest.raises(ValueError, match="Lower learning_rate"):
        quick(learning_rate=1e30, max_epochs=10).fit(X, Y)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("calls", [False, True], ids=["fit", "partial_fit"])
def test_answers_that_are_no_numbers_raise(n_estimators: int, calls: bool) -> None:
    """Weights may be finite, and so large that no probability is; that leaves no fit."""
    estimator = quick(
        learning_rate=1e8,
        max_epochs=1,
        n_estimators=n_estimators,
        net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.0},
    )
    with pytest.raises(ValueError, match=r"diverged in epoch 1 of 1: .*answers"):
        estimator.partial_fit(X, Y, classes=[0, 1]) if calls else estimator.fit(X, Y)
    with pytest.raises(NotFittedError):
        estimator.predict_proba(X)


def test_statistics_that_are_no_numbers_raise() -> None:
    """Batches were normalised to nothing with them, and every row got the same answer."""

    class Spoil(Callback):
        def on_train_end(self, net: Any, **kwargs: Any) -> None:
            for name, value in net.module_.named_buffers():
                if name.endswith("running_var"):
                    value.fill_(torch.inf)

    with pytest.raises(ValueError, match=r"diverged in epoch 2 of 2: .* not finite"):
        quick(net_params={"callbacks": [Spoil()]}).fit(X, Y)


def test_the_epoch_of_a_divergence_is_named() -> None:
    """The first one whose loss is no number, not the last one."""
    with pytest.raises(ValueError, match=r"diverged in epoch [23] of 10"):
        quick(learning_rate=1e9, max_epochs=10).fit(X, Y)


def test_a_fitted_estimator_holds_no_validation_rows() -> None:
    """Pickles stay small and give no data away; module_ stays the net's own."""
    estimator = quick(early_stopping=True, max_epochs=3).fit(X, Y)
    assert estimator.net_.train_split is None
    again = pickle.loads(pickle.dumps(estimator))
    assert again.module_ is again.net_.module_
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))


def test_a_fitted_estimator_holds_no_gradients() -> None:
    """They take as much memory as the weights; the next training makes new ones."""
    estimator = quick(max_epochs=1).fit(X, Y)
    assert all(weight.grad is None for weight in estimator.module_.parameters())
    estimator.partial_fit(X, Y)
    assert all(weight.grad is None for weight in estimator.module_.parameters())


def test_one_letter_at_a_time() -> None:
    """A batch of one value per channel has no spread, and still trains."""
    estimator = quick(batch_size=1).fit(["A", "C", "G", "T"], [0, 1, 0, 1])
    assert np.isfinite(estimator.predict_proba(["A"])).all()


def test_rows_without_letters_keep_the_importances_whole() -> None:
    """The importances of the columns sum to 1 whatever the rows hold."""
    estimator = quick().fit([*X, "N" * 16], [*Y, 0])
    assert estimator.feature_importances_.sum() == pytest.approx(1)


@pytest.mark.parametrize("weight", [np.nan, np.inf, None])
def test_class_weights_that_are_no_numbers_raise(weight: Any) -> None:
    """A class must not be left out without a word."""
    with pytest.raises(ValueError, match=r"class_weight must be finite, got \w+ for the class 0"):
        quick(class_weight={0: weight, 1: 1}).fit(X, Y)


def test_negative_class_weights_raise() -> None:
    """They would drop the class without a word."""
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        quick(class_weight={0: -1, 1: 1}).fit(X, Y)


def test_optimisers_without_weight_decay_work() -> None:
    """What AdamW takes is not forced on others."""
    AttnGenClassifier(
        n_filters=4, max_epochs=2, net_params={"optimizer": torch.optim.Rprop}, random_state=0
    ).fit(X, Y).predict(X)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
def test_an_autocast_of_the_caller_changes_nothing(kind: type) -> None:
    """Fit, prediction and saliency are what they are outside."""
    parameters = {"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0}
    outside = kind(precision="float32", **parameters).fit(X, Y)
    with torch.autocast("cpu", torch.bfloat16):
        inside = kind(precision="float32", **parameters).fit(X, Y)
        probabilities, saliency = inside.predict_proba(X), inside.saliency(X)
    np.testing.assert_array_equal(probabilities, outside.predict_proba(X))
    np.testing.assert_array_equal(saliency, outside.saliency(X))


def test_a_default_device_of_the_caller_changes_nothing() -> None:
    """What stays on the CPU says so."""
    expected = quick().fit(X, Y).predict_proba(X)
    torch.set_default_device("meta")
    try:
        probabilities = quick(device="cpu").fit(X, Y).predict_proba(X)
    finally:
        torch.set_default_device(None)
    np.testing.assert_array_equal(probabilities, expected)


@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1)], ids=["length first", "channels first"])
def test_the_orientation_is_that_of_the_fit(axes: tuple[int, int, int]) -> None:
    """Square arrays that could be read in both ways, or in the wrong one only."""
    strings = ["".join(row) for row in np.random.default_rng(1).choice(list("ACGT"), (40, 4))]
    blocks = np.array([[[letter == c for c in "ACGT"] for letter in s] for s in strings])
    estimator = quick().fit(blocks.transpose(axes), Y[:40])
    for some in (["ACGT"], ["CGTA", "GTAC"], strings[:5]):
        square = np.array([[[letter == c for c in "ACGT"] for letter in s] for s in some])
        np.testing.assert_array_equal(
            estimator.predict_proba(square.transpose(axes)), estimator.predict_proba(some)
        )
    soft = np.random.default_rng(2).dirichlet(np.ones(4), (3, 4))
    np.testing.assert_array_equal(
        estimator.predict_proba(soft.transpose(axes)),
        estimator.predict_proba(soft.reshape(3, -1)),
    )


def test_codes_are_no_profile() -> None:
    """Letter codes given to a network of letters are a mistake, not 15 A at one position."""
    estimator = quick().fit(X, Y)
    codes = RNG.integers(0, 4, (5, 64))
    with pytest.raises(ValueError, match=r"integers other than 0 and 1.*as strings"):
        estimator.predict(codes)


def test_permuted_columns_are_a_profile() -> None:
    """permutation_importance needs no special input."""
    encoder = SequenceOneHotEncoder()
    estimator = quick().fit(X, Y)
    result = permutation_importance(
        estimator, encoder.fit_transform(X), Y, n_repeats=1, random_state=0
    )
    assert result.importances_mean.shape == (64,)


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_modes_of_torch_around_the_calls_change_nothing(mode: Any) -> None:
    """Training and saliency need gradients, whatever the caller has switched off."""
    methods = AttnGenClassifier._saliency_methods

    def outcome() -> list[np.ndarray]:
        estimator = AttnGenClassifier(n_filters=4, n_layers=1, max_epochs=1, random_state=0)
        estimator.fit(X, Y).partial_fit(X, Y)
        return [estimator.predict_proba(X), *(estimator.saliency(X[:5], m) for m in methods)]

    with mode():
        inside = outcome()
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)
        assert not torch.is_grad_enabled()
    for a, b in zip(inside, outcome(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_the_default_type_of_torch_changes_nothing(dtype: torch.dtype) -> None:
    """The network is of its own type, and the user's default stays."""
    expected = quick().fit(X, Y)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        estimator = quick().fit(X, Y)
        found = estimator.predict_proba(X), estimator.saliency(X)
        assert torch.get_default_dtype() == dtype
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_array_equal(found[0], expected.predict_proba(X))
    np.testing.assert_array_equal(found[1], expected.saliency(X))


def test_callbacks_cannot_be_disabled() -> None:
    """The rate and early stopping are callbacks too, so that skorch's word for none is refused."""
    with pytest.raises(ValueError, match="must be a list of callbacks, got 'disable'"):
        quick(net_params={"callbacks": "disable"}).fit(X, Y)


@pytest.mark.parametrize("on_train", [True, False])
def test_scores_of_skorch_are_those_of_the_classes(on_train: bool) -> None:
    """EpochScoring asks the net for classes by their index."""
    seen: dict[str, list[float]] = {}

    def record(net: Any, dataset: Any, y: Any) -> float:
        indices = net.predict(dataset)
        seen.setdefault("shape", []).append(indices.ndim)
        score = float((indices == np.asarray(y)).mean())
        seen.setdefault("score", []).append(score)
        return score

    scoring = [
        EpochScoring("accuracy", name="accuracy", on_train=on_train, lower_is_better=False),
        EpochScoring(record, name="own", on_train=on_train, lower_is_better=False),
    ]
    labels = np.array(["no", "yes"])[Y]
    estimator = quick(early_stopping=True, net_params={"callbacks": scoring}).fit(X, labels)
    by_name = [row["accuracy"] for row in estimator.history_]
    assert by_name == seen["score"] == [row["own"] for row in estimator.history_]
    assert set(seen["shape"]) == {1}


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "neg_brier_score"])
def test_scores_of_skorch_may_read_probabilities(scoring: str) -> None:
    """Some ask which column is that of the positive class."""
    callback = EpochScoring(scoring, name="last", on_train=True, lower_is_better=False)
    estimator = quick(net_params={"callbacks": [callback]}, n_estimators=2).fit(X, Y)
    assert all(np.isfinite(row["last"]) for row in estimator.history_)
    assert estimator.net_.classes_.tolist() == [0, 1]


@pytest.mark.parametrize("y", [["a"] * 60, Y[:-1]], ids=["one class", "too few labels"])
def test_a_refit_that_fails_on_its_labels_leaves_the_fit(y: Any) -> None:
    """Also what is said of the columns, which have been read by then."""
    estimator = quick().fit(X, Y)
    expected = estimator.predict_proba(X)
    with pytest.raises(ValueError, match=r"at least two classes|inconsistent numbers"):
        estimator.fit([x[:12] for x in X], y)
    assert estimator.n_features_in_ == 64
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)


@pytest.mark.parametrize("by", [{"sample_weight": Y}, {"class_weight": {0: 0, 1: 1}}])
def test_weights_that_leave_one_class_raise(by: dict[str, Any]) -> None:
    """Rows of weight zero are left out, and of one class nothing can be learned."""
    estimator = quick(class_weight=by.get("class_weight"))
    with pytest.raises(ValueError, match="Only rows of the class 1 have a weight above zero"):
        estimator.fit(X, Y, by.get("sample_weight"))


@pytest.mark.parametrize("step", ["_find_interior_point", "_summarise_saliency"])
def test_a_fit_that_is_broken_off_after_its_last_epoch(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its saliency a fit has not come to its end; an earlier one stays as it was."""

    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    fitted, new = quick(warm_start=True).fit(X, Y), quick()
    before, expected = dict(vars(fitted)), fitted.predict_proba(X)
    monkeypatch.setattr(CNNClassifier, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        new.fit(X, Y)
    with pytest.raises(NotFittedError):
        new.predict(X)
    for train in (fitted.fit, fitted.partial_fit):
        with pytest.raises(KeyboardInterrupt):
            train(X, Y)
        assert vars(fitted) == before
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)

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


def test_weights_count_between_calls_of_partial_fit() -> None:
    """A call of weight 1,000 is not a call of weight 1."""
    probabilities = [
        quick()
        .partial_fit(X, Y, classes=[0, 1], sample_weight=np.full(60, weight))
        .predict_proba(X)
        for weight in (1e-8, 1.0)
    ]
    assert not np.allclose(*probabilities, atol=1e-4)


def test_partial_fit_refuses_what_needs_all_rows() -> None:
    """Balanced weights and early stopping cannot be had from some rows."""
    with pytest.raises(ValueError, match="balanced"):
        quick(class_weight="balanced").partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="early_stopping"):
        quick(early_stopping=True).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="one class"):
        quick().partial_fit(X, np.zeros(60), classes=[0])


def test_training_goes_on_with_sequences_only() -> None:
    """A network of letters is not trained on measurements."""
    estimator = quick(warm_start=True).fit(X, Y)
    noise = RNG.normal(size=(60, 64))
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.fit(noise, Y)
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.partial_fit(noise, Y)


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_filters", 8),
        ("kernel_size", 5),
        ("n_layers", 0),
        ("n_heads", 1),
        ("dropout", 0.5),
        ("alphabet", "TGCA"),
        ("reverse_complement", "average"),
    ],
)
def test_training_that_goes_on_cannot_change_the_network(name: str, value: Any) -> None:
    """A changed parameter that is not taken over must not be passed over in silence."""
    estimator = AttnGenClassifier(
        n_filters=4, n_layers=1, max_epochs=1, warm_start=True, random_state=0
    ).fit(X, Y)
    old = estimator.get_params()[name]
    expected = estimator.predict_proba(X)
    estimator.set_params(**{name: value})
    for train in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=f"^{name}=.* differs from the {name}=.*warm_start=F"):
            train(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    estimator.set_params(**{name: old}).fit(X, Y)
    assert estimator.n_iter_ == 2
    estimator.set_params(**{name: value}, warm_start=False).fit(X, Y)
    assert estimator.n_iter_ == 1


def test_what_training_can_change_may_change() -> None:
    """Another rate goes on; without letters nothing is dropped out, so that dropout is free."""
    estimator = quick(warm_start=True).fit(X, Y).set_params(learning_rate=1e-4, max_epochs=1)
    assert estimator.fit(X, Y).n_iter_ == 3
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y).set_params(dropout=0.5)
    assert estimator.fit(numbers, Y).n_iter_ == 4


def test_an_alphabet_means_nothing_to_numbers() -> None:
    """It is no part of what goes on."""
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y)
    assert estimator.set_params(alphabet="protein").fit(numbers, Y).n_iter_ == 4


def test_training_on_numbers_cannot_change_to_strands() -> None:
    """Numbers have none; a new fit would refuse them too."""
    numbers = RNG.normal(size=(60, 5))
    estimator = quick(warm_start=True).fit(numbers, Y).set_params(reverse_complement="augment")
    for train in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match="Set reverse_complement=False"):
            train(numbers, Y)


def test_training_that_goes_on_follows_the_device() -> None:
    """A device that is not there raises, also when the network is."""
    estimator = quick(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="device='nowhere'"):
        estimator.set_params(device="nowhere").fit(X, Y)
    assert estimator.set_params(device="cpu").fit(X, Y).device_ == "cpu"


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
def test_training_that_goes_on_and_diverges_leaves_the_fit(kind: type) -> None:
    """The weights from before, not the ones that are no numbers."""
    estimator = kind(n_filters=4, n_layers=1, max_epochs=2, warm_start=True, random_state=0)
    expected = estimator.fit(X, Y).predict_proba(X)
    with pytest.raises(ValueError, match="diverged"):
        estimator.set_params(learning_rate=1e30).fit(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    assert not estimator.module_.training


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


def test_calls_go_on_after_one_that_diverged() -> None:
    """The optimiser's memory is put back with the weights; else each later call diverges too."""
    estimator = quick(batch_size=8).partial_fit(X, Y, classes=[0, 1])
    rate = estimator.learning_rate
    with pytest.raises(ValueError, match="Lower learning_rate"):
        estimator.set_params(learning_rate=1e38).partial_fit(X, Y)
    memory = estimator.net_.optimizer_.state_dict()["state"].values()
    assert all(torch.isfinite(each["exp_avg"]).all() for each in memory)
    before = estimator.predict_proba(X)
    estimator.set_params(learning_rate=rate).partial_fit(X, Y)
    assert not np.array_equal(estimator.predict_proba(X), before)


def test_calls_follow_the_parameters_of_the_optimiser() -> None:
    """Weight decay, and another optimiser, which has no memory yet."""
    estimator = quick().partial_fit(X, Y, classes=[0, 1])
    estimator.set_params(weight_decay=3.0).partial_fit(X, Y)
    groups = estimator.net_.optimizer_.param_groups
    assert {group["weight_decay"] for group in groups} == {5.0, 3.0}
    before = estimator.net_.optimizer_.state_dict()["state"]
    estimator.partial_fit(X, Y)
    after = estimator.net_.optimizer_.state_dict()["state"]
    assert all(after[key]["step"] > before[key]["step"] for key in before)
    sgd = {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9}
    estimator.set_params(net_params=sgd).partial_fit(X, Y)
    assert isinstance(estimator.net_.optimizer_, torch.optim.SGD)
    estimator.set_params(net_params=None).partial_fit(X, Y)


@pytest.mark.parametrize("y", [["a"] * 60, Y[:-1]], ids=["one class", "too few labels"])
def test_a_refit_that_fails_on_its_labels_leaves_the_fit(y: Any) -> None:
    """Also what is said of the columns, which have been read by then."""
    estimator = quick().fit(X, Y)
    expected = estimator.predict_proba(X)
    with pytest.raises(ValueError, match=r"at least two classes|inconsistent numbers"):
        estimator.fit([x[:12] for x in X], y)
    assert estimator.n_features_in_ == 64
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (torch.optim.RMSprop, {"optimizer__momentum": 0.9}),
        (torch.optim.RMSprop, {"optimizer__centered": True}),
        (torch.optim.AdamW, {"optimizer__amsgrad": True}),
    ],
    ids=["momentum", "centered", "amsgrad"],
)
def test_calls_follow_options_that_need_another_memory(kind: type, changed: dict[str, Any]) -> None:
    """What the optimiser has not remembered so far it starts to remember."""
    estimator = quick(net_params={"optimizer": kind}).partial_fit(X, Y, classes=[0, 1])
    estimator.set_params(net_params={"optimizer": kind, **changed}).partial_fit(X, Y)
    assert np.isfinite(estimator.predict_proba(X)).all()


def test_a_first_call_that_is_refused_leaves_nothing() -> None:
    estimator = quick()
    with pytest.raises(ValueError, match="classes must be passed"):
        estimator.partial_fit(X, Y)
    assert not hasattr(estimator, "n_features_in_")


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


def test_a_call_after_one_that_failed_draws_what_that_one_would_have() -> None:
    """A job that is run again after its memory had been short has the outcome of one that ran."""
    given = {"early_stopping": True, "warm_start": True}
    failing, other = quick(**given).fit(X, Y), quick(**given).fit(X, Y)

    class Short(Callback):
        def on_batch_end(self, net: Any, **kwargs: Any) -> None:
            raise MemoryError

    for wrong, error in (({"callbacks": [Short()]}, MemoryError), ({"lr": 1}, ValueError)):
        with pytest.raises(error):
            failing.set_params(net_params=wrong).fit(X, Y)
        failing.set_params(net_params=None, early_stopping=False)
        failing.partial_fit(X, Y)
        other.set_params(early_stopping=False).partial_fit(X, Y)
        np.testing.assert_array_equal(failing.predict_proba(X), other.predict_proba(X))
        failing.set_params(early_stopping=True)
    for each in (failing, other):
        each.set_params(early_stopping=True).fit(X, Y)
    np.testing.assert_array_equal(failing.predict_proba(X), other.predict_proba(X))

"""How long to train, what of skorch can be reached, and how a training ends."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler

from sklearn_attngen.networks import PositionBias, SeededDropout
from sklearn_attngen.training import (
    SequenceDataset,
    SequenceNet,
    computes_bfloat16,
    resolve_device,
    run_epochs,
)

MakeNet = Callable[..., SequenceNet]


# what of skorch can be reached


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("lr", "learning_rate"),
        ("max_epochs", "max_epochs"),
        ("batch_size", "batch_size"),
        ("train_split", "early_stopping"),
        ("iterator_train", "batch_size"),
        ("iterator_train__shuffle", "batch_size"),
        ("iterator_valid", "batch_size"),
        ("module", "class of the estimator"),
        ("module__n_filters", "class of the estimator"),
        ("criterion", "class_weight"),
        ("device", "device"),
        ("verbose", "verbose"),
    ],
)
def test_what_the_estimator_sets_cannot_be_set_twice(
    make_net: MakeNet, name: str, instead: str
) -> None:
    """Two values for one thing raise, and the message names the parameter to use."""
    with pytest.raises(ValueError, match=f"net_params may not set .*{instead}"):
        make_net(net_params={name: 1})


def decays(net: SequenceNet) -> set[float]:
    """The weight decays in use; some parameters may have one of their own."""
    return {group["weight_decay"] for group in net.optimizer_.param_groups}


def test_other_parameters_reach_skorch(make_net: MakeNet, data: SequenceDataset) -> None:
    """The optimiser and its parameters are the user's, in spite of the defaults."""
    net = make_net(
        net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9},
        weight_decay=0.25,
    )
    run_epochs(net, data, 0)
    assert isinstance(net.optimizer_, torch.optim.SGD)
    assert 0.25 in decays(net)


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"optimizer": torch.optim.SGD, "optimizer__momentum": 0.5}, "momentum", 0.5),
        ({"optimizer__betas": (0.5, 0.9)}, "betas", (0.5, 0.9)),
    ],
)
def test_momentum_that_the_user_chose_stays(
    make_net: MakeNet, data: SequenceDataset, params: dict[str, Any], name: str, value: Any
) -> None:
    """The cycle of the rate would put its own in its place."""
    net = make_net(net_params=params)
    run_epochs(net, data, 0)
    assert all(group[name] == value for group in net.optimizer_.param_groups)


def test_what_a_partial_optimiser_sets_is_set(make_net: MakeNet, data: SequenceDataset) -> None:
    """Its betas gave way to those of the cycle, and its rate to that of the estimator."""
    optimizer = functools.partial(torch.optim.AdamW, betas=(0.5, 0.6), weight_decay=0.3)
    net = make_net(net_params={"optimizer": optimizer, "optimizer__weight_decay": 0.4})
    run_epochs(net, data, 0)
    assert all(group["betas"] == (0.5, 0.6) for group in net.optimizer_.param_groups)
    assert 0.4 in decays(net)
    with pytest.raises(ValueError, match="net_params may not set 'optimizer__lr'; use learning_ra"):
        make_net(net_params={"optimizer": functools.partial(torch.optim.SGD, lr=0.1)})


def test_groups_of_weights_have_rates_of_their_own(
    make_net: MakeNet, data: SequenceDataset
) -> None:
    """A group cycles up to its own rate, the others to that of the estimator."""

    class Highest(Callback):
        rates: tuple[float, ...] = (0.0,) * 3

        def on_batch_end(self, net: Any, training: bool = True, **kwargs: Any) -> None:
            now = (group["lr"] for group in net.optimizer_.param_groups)
            self.rates = tuple(map(max, self.rates, now))

    highest = Highest()
    groups = [("*encoder*", {"lr": 1e-4})]
    net = make_net(net_params={"optimizer__param_groups": groups, "callbacks": [highest]})
    run_epochs(net, data, 0)
    assert highest.rates == pytest.approx((1e-4, 1e-4, 0.02), rel=0.1)


def test_groups_of_weights_have_betas_of_their_own(
    make_net: MakeNet, data: SequenceDataset
) -> None:
    """A group keeps those that it was given, also the usual ones; the others' follow the cycle."""

    class Seen(Callback):
        betas: ClassVar[list[tuple[float, ...]]] = []

        def on_batch_end(self, net: Any, training: bool = True, **kwargs: Any) -> None:
            self.betas.append(tuple(group["betas"][0] for group in net.optimizer_.param_groups))

    groups = [("*encoder*", {"betas": (0.5, 0.9)}), ("*voters*", {"betas": (0.9, 0.999)})]
    net = make_net(net_params={"optimizer__param_groups": groups, "callbacks": [Seen()]})
    run_epochs(net, data, 0)
    biases, encoder, voters, *_, others = zip(*Seen.betas, strict=True)
    assert (set(biases), set(encoder), set(voters)) == ({0.5}, {0.5}, {0.9})
    assert (min(others), max(others)) == pytest.approx((0.85, 0.95), abs=0.01)
    assert net.optimizer_.param_groups[0]["betas"] == (0.5, 0.9)


@pytest.mark.parametrize("own", ["foreach", "differentiable"])
def test_a_way_to_step_that_the_user_chose_is_taken(make_net: MakeNet, own: str) -> None:
    """torch refuses two ways at once, so that the default gives way."""
    assert make_net().optimizer_.defaults["fused"]
    chosen = make_net(net_params={f"optimizer__{own}": True}).optimizer_.defaults
    assert chosen[own]
    assert not chosen["fused"]
    assert not make_net(net_params={"optimizer__fused": False}).optimizer_.defaults["fused"]


@pytest.mark.parametrize("pattern", [None, "*voters*", "*encoder*", "*"])
def test_preferences_for_positions_decay_on_their_own(make_net: MakeNet, pattern: Any) -> None:
    """They are pulled back to none at their own rate, everything else at the estimator's."""
    groups = [] if pattern is None else [(pattern, {"lr": 0.1})]
    net = make_net(weight_decay=0.25, net_params={"optimizer__param_groups": groups})
    biases = [m.weight for m in net.module_.modules() if isinstance(m, PositionBias)]
    assert biases
    rates = {group["lr"] for group in net.optimizer_.param_groups}
    assert rates == {None: {0.02}, "*": {0.1}}.get(pattern, {0.02, 0.1})
    for group in net.optimizer_.param_groups:
        for parameter in group["params"]:
            own = any(parameter is bias for bias in biases)
            assert group["weight_decay"] == (PositionBias.decay if own else 0.25)


def test_a_group_of_weights_may_set_the_decay_of_all_of_them(make_net: MakeNet) -> None:
    groups = [("*", {"weight_decay": 0.5})]
    net = make_net(net_params={"optimizer__param_groups": groups})
    assert {group["weight_decay"] for group in net.optimizer_.param_groups} == {0.5}


def test_callbacks_are_added_to_those_in_use(make_net: MakeNet, data: SequenceDataset) -> None:
    """The learning rate still follows its cycle when the user adds a callback."""

    class Rates(Callback):
        def on_train_begin(self, net: Any, **kwargs: Any) -> None:
            self.rates: list[float] = []

        def on_batch_end(self, net: Any, training: bool = True, **kwargs: Any) -> None:
            self.rates.append(net.optimizer_.param_groups[0]["lr"])

    rates, params = Rates(), {}
    params["callbacks"] = [("rates", rates)]
    net = make_net(net_params=params)
    assert {"one_cycle", "rates"} <= {name for name, _ in net.callbacks_}
    run_epochs(net, data, 0)
    assert len(rates.rates) == 6 * 3
    peak = max(rates.rates)
    assert peak == pytest.approx(0.02, rel=0.1)
    assert rates.rates[0] < peak / 5
    assert rates.rates[-1] < peak / 5
    assert params == {"callbacks": [("rates", rates)]}


@pytest.mark.parametrize("named", [False, True])
def test_a_scheduler_of_the_user_replaces_the_cycle(
    make_net: MakeNet, data: SequenceDataset, named: bool
) -> None:
    """Beside the cycle it would set the rate of the first step of each epoch, and no other."""
    scheduler: Any = LRScheduler("StepLR", step_size=2, gamma=0.1)
    scheduler = ("one_cycle", scheduler) if named else scheduler
    net = make_net(net_params={"callbacks": [scheduler]})
    run_epochs(net, data, 0)
    rates = net.history[:, "event_lr"]
    assert rates == pytest.approx([0.02, 0.02, 0.002, 0.002, 0.0002, 0.0002])
    assert net.optimizer_.param_groups[0]["lr"] == pytest.approx(0.00002)


def test_without_a_cycle_one_epoch_at_half_the_rate(
    make_net: MakeNet, data: SequenceDataset
) -> None:
    """A call on a part of the rows does not know how many will follow."""
    net = make_net(cycle=False)
    run_epochs(net, data, 0)
    assert len(net.history) == 1
    assert net.optimizer_.param_groups[0]["lr"] == 0.01


def test_the_state_of_the_optimiser_goes_on(make_net: MakeNet, data: SequenceDataset) -> None:
    """Moments are kept from call to call; the learning rate is that of the new call."""
    first = make_net(cycle=False)
    run_epochs(first, data, 0)
    second = make_net(first.module_, cycle=False, previous=first, learning_rate=0.1)
    steps = {int(state["step"]) for state in second.optimizer_.state.values()}
    assert steps == {3}
    assert second.optimizer_.param_groups[0]["lr"] == 0.05
    run_epochs(second, data, 0)
    assert {int(state["step"]) for state in second.optimizer_.state.values()} == {6}


def test_training_goes_on_with_what_was_compiled(make_net: MakeNet) -> None:
    """torch compiles nothing until it runs; skorch found no weights in what is compiled twice."""
    compiled = {"compile": True, "compile__backend": "eager"}
    first = make_net(net_params=compiled)
    second = make_net(first.module_, net_params=compiled)
    assert second.module_._orig_mod is first.module
    assert make_net(second.module_).module_ is first.module


def test_validation_rows_stop_the_training(make_net: MakeNet, data: SequenceDataset) -> None:
    """The best weights come back."""
    reversed_target = SequenceDataset(data.data, 1 - data.target, data.weight)
    net = make_net(valid=reversed_target, epochs=60, learning_rate=0.05)
    run_epochs(net, data, 0)
    losses = [row["valid_loss"] for row in net.history]
    assert len(losses) < 60
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 2
    total = torch.stack(
        [net.validation_step(batch)["loss"] for batch in net.get_iterator(reversed_target)]
    ).mean()
    assert total.item() == pytest.approx(min(losses), abs=1e-5)


# determinism


def test_equal_seeds_give_equal_weights(
    make_net: MakeNet, data: SequenceDataset, masking: Any
) -> None:
    """Order, dropout, masks and strands come from the seed; global state is left alone."""

    def weights(seed: int) -> list[torch.Tensor]:
        torch.rand(3)
        net = make_net(masking=masking, strands=[3, 2, 1, 0])
        state = torch.get_rng_state()
        run_epochs(net, data, seed)
        assert torch.equal(torch.get_rng_state(), state)
        return [value.clone() for value in net.module_.state_dict().values()]

    first, again, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


# the end


class Interrupt(Callback):
    """What a user's Ctrl-C does, in the middle of an epoch."""

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        if len(net.history) == 2:
            raise KeyboardInterrupt


def test_ctrl_c_is_passed_on(make_net: MakeNet, data: SequenceDataset) -> None:
    """A half-trained net must not look like a trained one; the noise ends all the same."""
    net = make_net(net_params={"callbacks": [Interrupt()]})
    with pytest.raises(KeyboardInterrupt):
        run_epochs(net, data, 0)
    dropout = [layer for layer in net.module_.modules() if isinstance(layer, SeededDropout)]
    assert all(layer.generator is None for layer in dropout)
    pickle.dumps(net)


def test_ctrl_c_in_the_network_is_passed_on(make_net: MakeNet, data: SequenceDataset) -> None:
    """The usual place: most of the time is spent there."""
    net = make_net()

    def interrupt(module: Any, inputs: Any) -> None:
        raise KeyboardInterrupt

    net.module_.register_forward_pre_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_epochs(net, data, 0)


def test_a_callback_of_skorch_may_end_the_training(
    make_net: MakeNet, data: SequenceDataset
) -> None:
    """skorch's own callbacks use the same exception, after an epoch: that is no Ctrl-C."""
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=10.0, sink=lambda _: None)
    net = make_net(net_params={"callbacks": [stop]}, epochs=30)
    run_epochs(net, data, 0)
    assert 1 <= len(net.history) < 30


def test_a_failing_callback_leaves_no_noise(make_net: MakeNet, data: SequenceDataset) -> None:
    """Any error is passed on, and the net can be pickled after it."""

    class Failing(Callback):
        def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
            raise RuntimeError("broken callback")

    net = make_net(net_params={"callbacks": [Failing()]})
    with pytest.raises(RuntimeError, match="broken callback"):
        run_epochs(net, data, 0)
    assert net.order_generators == []
    assert net.noise_generator is None


def test_precision_does_not_depend_on_how_a_device_is_written() -> None:
    """The CPU has a number, too."""
    assert computes_bfloat16("cpu:0") == computes_bfloat16("cpu")


def test_precision_is_that_of_the_device_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may hold GPUs of two generations; torch tells of the current one."""
    current = ["cuda:0"]

    @contextmanager
    def device(name: str) -> Iterator[None]:
        current.append(name)
        yield
        current.pop()

    monkeypatch.setattr(torch.cuda, "device", device)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: current[-1] == "cuda:1"
    )
    assert [computes_bfloat16(name) for name in ("cuda:0", "cuda:1")] == [False, True]


def test_reasons_against_a_device_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch may have a paragraph to say."""

    def no(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Not here. If you are an employee:\nask someone.")

    monkeypatch.setattr(torch, "zeros", no)
    with pytest.raises(ValueError, match=r"cannot be used here: Not here\. Use device="):
        resolve_device("xpu")


@pytest.mark.parametrize("device", ["gpu", "meta", "hpu"])
def test_devices_that_cannot_be_used_are_refused(device: str) -> None:
    """One that torch does not know, one without values, one that another package brings."""
    with pytest.raises(ValueError, match=rf"device='{device}' cannot be used here: .*\"cpu\"\."):
        resolve_device(device)


def test_names_of_optimisers_are_refused(make_net: MakeNet) -> None:
    """skorch takes a class, and fails on a name without saying so."""
    with pytest.raises(
        ValueError, match=r"class of optimisers, such as torch.optim.SGD, got 'sgd'"
    ):
        make_net(net_params={"optimizer": "sgd"})


def test_a_device_without_float64_is_refused_before_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As MPS is; otherwise the fit would break off at the first mask."""
    message = "Cannot convert a MPS Tensor to float64 dtype. Please use float32 instead."
    zeros = torch.zeros

    def as_on_mps(*size: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Any:
        if device == "mps" and dtype == torch.float64:
            raise TypeError(message)
        return zeros(*size, dtype=dtype)

    monkeypatch.setattr(torch, "zeros", as_on_mps)
    with pytest.raises(ValueError, match=r"device='mps' cannot be used here: Cannot convert.*cpu"):
        resolve_device("mps")

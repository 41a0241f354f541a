"""Cascading re-initialisation of the layers of a network."""

import copy
import re

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.inspection._checks.randomization import layers_in_order, randomized_in_turn


@pytest.fixture(scope="module")
def module(planted):
    X, y = planted
    return (
        AttnGenClassifier(n_filters=8, n_layers=1, max_epochs=2, n_estimators=1, random_state=0)
        .fit(X, y)
        .module_
    )


@pytest.fixture
def x():
    return torch.eye(4)[torch.arange(48).reshape(2, 24) % 4].transpose(1, 2)


def changed(before, after):
    return {
        name
        for name, value in after.named_parameters()
        if not torch.equal(value, dict(before.named_parameters())[name])
    }


def layer_of(parameter):
    """Classifiers that vote work side by side: their layers count as one."""
    return re.sub(r"voters\.\d+\.", "", parameter.rpartition(".")[0])


def test_from_the_last_layer_to_the_first(module, x):
    names = list(randomized_in_turn(copy.deepcopy(module), x, 0))
    order = [name for name, _ in layers_in_order(module, x)]
    assert names == order[::-1]
    assert names[0] == "head.4"
    assert names[-1] == "encoder.stem.0"
    assert len(set(names)) == len(names)


def test_each_step_changes_one_layer_more(module, x):
    copied = copy.deepcopy(module)
    so_far = set()
    for name in randomized_in_turn(copied, x, 0):
        found = changed(module, copied)
        assert found > so_far
        assert {layer_of(parameter) for parameter in found - so_far} == {name}
        so_far = found
    assert {layer_of(name) for name in so_far} == {n for n, _ in layers_in_order(module, x)}


def test_seeds_decide_and_nothing_else(module, x):
    """Torch's own generator neither matters nor moves."""
    copies = [copy.deepcopy(module) for _ in range(3)]
    for copied, seed in zip(copies, (1, 1, 2), strict=True):
        state = torch.random.get_rng_state()
        list(randomized_in_turn(copied, x, seed))
        assert torch.equal(torch.random.get_rng_state(), state)
        torch.rand(1)
    with torch.no_grad():
        a, b, c = (copied.eval()(x) for copied in copies)
    assert torch.equal(a, b)
    assert not torch.allclose(a, c)


def test_new_weights_have_the_size_of_those_before_training(x):
    wide = nn.Sequential(nn.Conv1d(4, 500, 5), nn.Flatten(), nn.Linear(500 * 20, 2))
    list(randomized_in_turn(wide, x, 0))
    np.testing.assert_allclose(wide[0].weight.std().item(), np.sqrt(2 / 20), rtol=0.05)
    np.testing.assert_allclose(wide[2].weight.std().item(), np.sqrt(2 / 10_000), rtol=0.05)
    assert (wide[0].bias == 0).all()


def test_order_of_work_and_not_of_definition(x):
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(3, 2)
            self.idle = nn.Linear(1, 1)
            self.first = nn.Linear(24, 3)

        def forward(self, x):
            return self.last(self.first(x).mean(dim=1))

    order = [name for name, _ in layers_in_order(Backwards(), x)]
    assert order == ["idle", "first", "last"]


@pytest.mark.parametrize("default", ["cpu", "meta"])
def test_layers_of_other_kinds_lose_the_order_of_their_values(x, default):
    """Whatever device the caller makes tensors on."""
    network = nn.Sequential(nn.LayerNorm(24), nn.Flatten(), nn.Linear(96, 2))
    with torch.no_grad():
        network[0].weight.copy_(torch.arange(24.0))
    with torch.device(default):
        list(randomized_in_turn(network, x, 0))
    assert not torch.equal(network[0].weight, torch.arange(24.0))
    assert torch.equal(network[0].weight.sort().values, torch.arange(24.0))

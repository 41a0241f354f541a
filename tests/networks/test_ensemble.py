"""Networks that answer together: their mean, and nothing else."""

from __future__ import annotations

import pytest
import torch

from sklearn_attngen.networks import (
    AttnGenNetwork,
    CNNNetwork,
    Ensemble,
    attend,
    attention_heads,
    build_module,
    evaluation_mode,
    gradient_x_input,
    networks_in,
    substitution_logits,
)

SIZES = {
    "n_channels": 4, "n_positions": 20, "n_classes": 3, "n_filters": 6, "kernel_size": 5,
    "n_layers": 1, "dropout": 0.1, "pool_size": 2,
}  # fmt: skip


def build(kind: type, n_networks: int = 3) -> torch.nn.Module:
    own = {"n_heads": 2} if kind is AttnGenNetwork else {}
    generator = torch.Generator().manual_seed(0)
    return build_module(
        Ensemble, generator, network=kind, n_networks=n_networks, **SIZES, **own
    ).eval()


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    codes = torch.randint(4, (5, 20), generator=torch.Generator().manual_seed(1))
    letters = torch.eye(4)[codes].transpose(1, 2).contiguous()
    letters[0, :, 3] = 0  # N
    return letters


@pytest.mark.parametrize("kind", [AttnGenNetwork, CNNNetwork])
def test_answers_the_mean_of_networks_that_differ(kind: type, x: torch.Tensor) -> None:
    ensemble = build(kind)
    each = [network(x) for network in ensemble.networks]
    torch.testing.assert_close(ensemble(x), torch.stack(each).mean(dim=0))
    assert not torch.allclose(each[0], each[1])


def test_the_first_network_starts_as_it_would_alone() -> None:
    """More networks change nothing for those before."""
    one, three = build(CNNNetwork, 1), build(CNNNetwork, 3)
    for name, weights in one.networks[0].state_dict().items():
        assert torch.equal(weights, three.networks[0].state_dict()[name])


def test_attention_is_the_mean_and_heads_stand_side_by_side(x: torch.Tensor) -> None:
    ensemble = build(AttnGenNetwork)
    logits, scores = attend(ensemble, x)
    each = [attend(network, x) for network in ensemble.networks]
    torch.testing.assert_close(logits, ensemble(x))
    torch.testing.assert_close(scores, torch.stack([own for _, own in each]).mean(dim=0))
    heads = attention_heads(ensemble, x)
    assert heads.shape == (5, 3 * 3, 20)
    torch.testing.assert_close(heads[:, 3:6], attention_heads(ensemble.networks[1], x))


def test_evidence_is_the_mean_of_their_evidence(x: torch.Tensor) -> None:
    ensemble = build(AttnGenNetwork)
    target = torch.tensor([0, 1, 2, 0, 1])
    each = [gradient_x_input(network, x, target) for network in ensemble.networks]
    torch.testing.assert_close(
        gradient_x_input(ensemble, x, target), torch.stack(each).mean(dim=0), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("kind", [AttnGenNetwork, CNNNetwork])
def test_substitutions_are_those_of_whole_sequences(kind: type, x: torch.Tensor) -> None:
    ensemble = build(kind)
    logits, substituted = substitution_logits(ensemble, x)
    changed = x.clone()
    changed[:, :, 7] = torch.eye(4)[2]
    with evaluation_mode(ensemble), torch.no_grad():
        torch.testing.assert_close(logits, ensemble(x))
        torch.testing.assert_close(substituted[:, 7, 2], ensemble(changed), rtol=1e-4, atol=1e-5)
    same = x[:, 2, 7] == 1
    assert torch.equal(substituted[same, 7, 2], logits[same])


def test_networks_in_a_module() -> None:
    ensemble = build(CNNNetwork)
    assert networks_in(ensemble) == list(ensemble.networks)
    assert networks_in(ensemble.networks[0]) == [ensemble.networks[0]]
    # what torch wraps is trained like what it wraps
    assert networks_in(torch.compile(ensemble, backend="eager")) == list(ensemble.networks)

"""Small classifiers that answer together."""

from __future__ import annotations

import pytest
import torch

from sklearn_attngen.networks import AttnGenNetwork, CNNNetwork, Voting, build_module

SIZES = {
    "n_channels": 4, "n_positions": 20, "n_classes": 3, "n_filters": 6, "kernel_size": 5,
    "n_layers": 1, "dropout": 0.1, "pool_size": 2,
}  # fmt: skip


def features(n_features: int) -> torch.Tensor:
    return torch.randn(7, n_features, generator=torch.Generator().manual_seed(0))


def three_parts(**parameters: bool) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(0)
    sizes = {"sizes": [4, 2, 3], "n_hidden": 5, "n_classes": 2, "dropout": 0.5}
    return build_module(Voting, generator, **sizes, **parameters)


def test_the_answer_is_the_mean_of_the_votes() -> None:
    head = three_parts().eval()
    x = features(9)
    votes = head(x, votes=True)
    assert votes.shape == (7, 3, 2)
    torch.testing.assert_close(head(x), votes.mean(dim=1))
    assert not torch.allclose(votes[:, 0], votes[:, 1])


def test_each_classifier_sees_its_own_part() -> None:
    head = three_parts().eval()
    x = features(9)
    votes, other = head(x, votes=True), x.clone()
    other[:, 4:6] += 1  # of the second
    changed = (head(other, votes=True) != votes).any(dim=2).all(dim=0)
    assert changed.tolist() == [False, True, False]


@pytest.mark.parametrize("batch_norm", [True, False])
def test_features_are_normalised_over_the_batch(batch_norm: bool) -> None:
    """If asked for, so that no part weighs more for the scale of its features."""
    head = three_parts(batch_norm=batch_norm)
    x = features(9)
    same = torch.allclose(head(3 * x + 2, votes=True), head(x, votes=True), atol=1e-3)
    assert same == batch_norm


@pytest.mark.parametrize("batch_norm", [True, False])
def test_parts_of_the_pooling(batch_norm: bool) -> None:
    """Soft heads together, the mean, and the maximum where there is one."""
    sizes = SIZES | {"batch_norm": batch_norm}
    attngen = build_module(AttnGenNetwork, torch.Generator().manual_seed(0), n_heads=3, **sizes)
    assert attngen.head.sizes == [18, 6, 6][: 2 + batch_norm]
    cnn = build_module(CNNNetwork, torch.Generator().manual_seed(0), **sizes)
    assert cnn.head.sizes == [6, 6]


@pytest.mark.parametrize("kind", [AttnGenNetwork, CNNNetwork])
def test_networks_answer_the_mean_of_their_parts(kind: type) -> None:
    own = {"n_heads": 2} if kind is AttnGenNetwork else {}
    network = build_module(kind, torch.Generator().manual_seed(0), **SIZES, **own).eval()
    codes = torch.randint(4, (5, 20), generator=torch.Generator().manual_seed(1))
    x = torch.eye(4)[codes].transpose(1, 2).contiguous()
    votes = network(x, votes=True)
    assert votes.shape == (5, 3 if own else 2, 3)
    assert torch.equal(network(x), votes.mean(dim=1))
    if own:
        attended, scores = network.attend(x, votes=True)
        torch.testing.assert_close(attended, votes)
        logits, same = network.attend(x)
        torch.testing.assert_close(logits, votes.mean(dim=1))
        assert torch.equal(same, scores)

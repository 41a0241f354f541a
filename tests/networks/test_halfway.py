"""Where a network is half decided: found without labels, or said not to be there."""

from __future__ import annotations

import pytest
import torch

from sklearn_attngen.networks import (
    AttnGenNetwork,
    halfway_point,
)
from tests.networks.conftest import Linear, network, seeded, sequences


class Steep(Linear):
    """A linear module whose output is taken to a power, its signs kept."""

    def __init__(self, power: float) -> None:
        super().__init__()
        self.power = power

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centred = self.weight - self.weight.mean(dim=1, keepdim=True)
        outputs = torch.einsum("ncl,kcl->nk", x, centred)
        return outputs.sign() * outputs.abs() ** self.power


class Turning(Linear):
    """A linear module whose output is decided between 0.6 and 0.8 of the way."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = super().forward(x)
        share = ((x.amax(dim=(1, 2)) - 0.25) / 0.75 - 0.7) * 20
        return outputs * share.sigmoid().unsqueeze(1)


@pytest.mark.parametrize("power", [0.5, 1, 3, 20])
def test_halfway_is_where_half_of_the_output_is_there(power: float) -> None:
    """A network that wants most of the letters is half decided late."""
    point = halfway_point(Steep(power), [sequences(40)[:25], sequences(40)[25:]])
    assert point == pytest.approx(0.5 ** (1 / power), abs=2e-3)


def test_halfway_does_not_depend_on_what_all_sequences_share() -> None:
    """A preference for a class tells no sequence from another."""

    class Shifted(Steep):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            same = x.square().sum(dim=(1, 2)).view(-1, 1)  # it changes on the way, for all alike
            return super().forward(x) + 30 * same * torch.tensor([1.0, 0.0, -2.0])

    x = sequences(40)
    expected = halfway_point(Steep(3), [x])
    assert halfway_point(Shifted(3), [x]) == pytest.approx(expected, abs=1e-6)


def test_halfway_does_not_depend_on_what_all_logits_share() -> None:
    """A number of its own for each sequence, added to all of its logits, changes no class."""

    class Raised(Steep):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + 30 * x[:, 0].sum(dim=1, keepdim=True)

    x = sequences(40)
    expected = halfway_point(Steep(3), [x])
    assert halfway_point(Raised(3), [x]) == pytest.approx(expected, abs=1e-6)


def test_halfway_of_networks() -> None:
    """Letters, unknown letters and numbers; batches change nothing."""
    for channels in (4, 1):
        module = network(AttnGenNetwork, n_channels=channels, batch_norm=channels > 1)
        x = sequences(20, n_channels=channels)
        x = torch.randn(x.shape, generator=seeded(3)).double() if channels == 1 else x
        x[::3, :, 4] = 0
        point = halfway_point(module, [x])
        assert point is not None
        assert 0 < point < 1
        assert halfway_point(module, iter(x.split(7))) == pytest.approx(point)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_halfway_does_not_depend_on_where_letters_end(share: float) -> None:
    """Sequences that differ by what is no letter differ before any letter is there."""
    x = sequences(40)
    x[:, :, 9:] = 0  # the same letters, whatever the output makes of the end
    expected = halfway_point(Steep(3), [x])

    class Ends(Steep):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            long = (x[:, :, 10:] != 0).any(dim=2).any(dim=1, keepdim=True)
            return super().forward(x) + 100 * long * torch.tensor([1.0, 0.0, -2.0])

    module = Ends(3)
    with torch.no_grad():
        module.weight[:, :, 9:] = 0
    longer = x.clone()
    longer[: round(40 * share), 0, 9:] = 1
    assert halfway_point(module, [longer]) == pytest.approx(expected, abs=1e-6)


def test_halfway_of_outputs_that_are_not_finite_on_the_way() -> None:
    """NaN is no point."""

    class Breaks(Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            between = (x > 0.3) & (x < 0.9)
            return super().forward(x) + torch.where(between.any(), torch.nan, 0.0)

    assert halfway_point(Breaks(), [sequences(9)]) is None


@pytest.mark.parametrize("module", [Steep(0.5), Steep(3), Steep(9), Turning()])
def test_halfway_from_a_point_nearby(module: torch.nn.Module) -> None:
    """Four forward passes come closer; where it was found they find it again."""
    x = sequences(40)
    expected = halfway_point(module, [x])
    passes: list[int] = []
    hook = module.register_forward_hook(lambda *_: passes.append(1))
    assert halfway_point(module, [x], near=expected) == pytest.approx(expected, abs=0.01)
    assert len(passes) == 4
    hook.remove()
    for near in (0.02, 0.3, 0.7, 0.98):
        point = near
        for _ in range(8):
            point = halfway_point(module, [x], near=point)
        assert point == pytest.approx(expected, abs=0.01), near


@pytest.mark.parametrize("near", [0, 1, -0.5, float("nan")])
def test_halfway_from_beyond_the_way_is_an_error(near: float) -> None:
    """At the ends there is nothing to look at."""
    with pytest.raises(ValueError, match="near must be strictly between 0 and 1"):
        halfway_point(Linear(), [sequences(9)], near=near)


def test_halfway_of_no_sequence_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        halfway_point(Linear(), [])
    with pytest.raises(ValueError, match=r"Batch 0 .* shape \(4, 12\).*single batch as \[x\]"):
        halfway_point(Linear(), sequences(9))


@pytest.mark.parametrize("n", [1, 9])
def test_there_is_no_halfway_of_nothing(n: int) -> None:
    """One sequence, equal sequences and a constant output have no point; nor has one of NaN."""
    same = sequences(1).expand(n, -1, -1)
    assert halfway_point(network(), [same]) is None
    module = Linear()
    with torch.no_grad():
        module.weight.zero_()
    assert halfway_point(module, [sequences(n)]) is None
    with torch.no_grad():
        module.weight.fill_(torch.nan)
    assert halfway_point(module, [sequences(n)]) is None

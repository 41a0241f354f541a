"""substitution_logits: windows give what whole sequences give, for every network and input."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from sklearn_attngen.networks import (
    AttentionPooling,
    AttnGenNetwork,
    CNNNetwork,
    PositionBias,
    build_module,
    substitution_logits,
)
from sklearn_attngen.networks._substitutions import _WindowedNetwork
from sklearn_attngen.networks._window_pooling import KnownPooling

KINDS = [AttnGenNetwork, CNNNetwork]


def network(kind: type[nn.Module], length: int, **changes: Any) -> nn.Module:
    """A network with weights of every kind away from where they start, in double precision."""
    parameters = {
        "n_channels": 4,
        "n_positions": length,
        "n_classes": 3,
        "n_filters": 6,
        "kernel_size": 5,
        "n_layers": 2,
        "dropout": 0.1,
    }
    if kind is AttnGenNetwork:
        parameters["n_heads"] = 2
    generator = torch.Generator().manual_seed(0)
    module = build_module(kind, generator, **(parameters | changes))
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm1d):
                layer.running_mean.normal_(std=0.3, generator=generator)
                layer.running_var.uniform_(0.5, 2, generator=generator)
                layer.weight.uniform_(-1, 2, generator=generator)
            if isinstance(layer, PositionBias):
                layer.weight.normal_(std=0.05, generator=generator)
                layer.gate.fill_(1.0)
            if isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None:
                layer.bias.normal_(std=0.3, generator=generator)
    return module.eval().double()


def sequences(n: int, length: int, n_channels: int = 4, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(n_channels, (n, 1, length), generator=generator)
    return (codes == torch.arange(n_channels).view(1, -1, 1)).double()


def with_unknown(x: Tensor) -> Tensor:
    """The same with N at both ends, as a stretch in the middle, and nearly everywhere."""
    x, length = x.clone(), x.shape[2]
    x[0, :, [0, 1, -1]] = 0
    x[1, :, [2, length // 2]] = 0
    x[1, :, length // 3 : 2 * length // 3] = 0
    x[2, :, : length - 3] = 0
    return x


def by_definition(module: nn.Module, x: Tensor, replacements: Tensor) -> Tensor:
    """Each substituted sequence on its own way through the network."""
    n, n_channels, length = x.shape
    results = []
    with torch.no_grad():
        for position in range(length):
            changed = x.unsqueeze(1).repeat(1, len(replacements), 1, 1)
            changed[:, :, :, position] = replacements
            results.append(module(changed.view(-1, n_channels, length)))
    return torch.stack(results, dim=1).view(n, len(replacements), length, -1).transpose(1, 2)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Always take windows, also where whole sequences were faster; collects their shapes."""
    monkeypatch.setattr(_WindowedNetwork, "pays", lambda *_: True)
    return record_windows(monkeypatch)


def record_windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    shapes: list[tuple[int, ...]] = []
    original = KnownPooling.apply

    def apply(self: KnownPooling, features: Tensor, *rest: Any) -> Tensor:
        shapes.append(tuple(features.shape))
        return original(self, features, *rest)

    monkeypatch.setattr(KnownPooling, "apply", apply)
    return shapes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [1, 4, 30, 61])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kernel_size": 1, "n_layers": 0},
        {"kernel_size": 11, "n_layers": 1, "n_filters": 4},
        {"kernel_size": 3, "n_layers": 4, "n_filters": 5},
        {"batch_norm": False, "activation": "relu", "n_layers": 3},
        {"activation": "exponential", "n_classes": 2},
        {"n_channels": 20, "n_filters": 5, "n_layers": 1},
    ],
    ids=str,
)
def test_equals_whole_sequences(
    kind: type[nn.Module],
    length: int,
    changes: dict[str, Any],
    windows: list[tuple[int, ...]],
) -> None:
    """Letters and N, in place of letters and of N, at every position, ends included."""
    module = network(kind, length, **changes)
    n_channels = changes.get("n_channels", 4)
    x = sequences(4, length, n_channels)
    if length > 3:
        x = with_unknown(x)
    replacements = torch.cat([torch.eye(n_channels)[:5], torch.zeros(1, n_channels)]).double()
    logits, substituted = substitution_logits(module, x, replacements)
    torch.testing.assert_close(logits, module(x).detach(), rtol=0, atol=0)
    expected = by_definition(module, x, replacements)
    torch.testing.assert_close(substituted, expected, rtol=1e-9, atol=1e-10)
    assert (expected - logits[:, None, None]).abs().max() > 1e-3
    assert bool(windows) == (length > 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pool_size", [2, 3, 5, 40])
@pytest.mark.parametrize("length", [1, 4, 7, 30, 61])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kernel_size": 1, "n_layers": 0},
        {"kernel_size": 11, "n_layers": 1, "n_filters": 4},
        {"batch_norm": False, "activation": "relu", "n_layers": 0},
    ],
    ids=str,
)
def test_averages_of_neighbours(
    kind: type[nn.Module],
    pool_size: int,
    length: int,
    changes: dict[str, Any],
    windows: list[tuple[int, ...]],
) -> None:
    """Letters of a place with fewer of them, and of places that N empties or a letter fills."""
    module = network(kind, length, pool_size=pool_size, **changes)
    x = sequences(4, length)
    if length > 3:
        x = with_unknown(x)
    replacements = torch.cat([torch.eye(4), torch.zeros(1, 4)]).double()
    _, substituted = substitution_logits(module, x, replacements)
    expected = by_definition(module, x, replacements)
    torch.testing.assert_close(substituted, expected, rtol=1e-9, atol=1e-10)
    assert {shape[2] for shape in windows} == ({pool_size} if length > 1 else set())


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    text=st.lists(st.text("ACGTN", min_size=41, max_size=41), min_size=1, max_size=4),
    gap=st.tuples(st.integers(0, 41), st.integers(0, 41)),
    pool_size=st.sampled_from([1, 2, 3, 5]),
    batch_size=st.one_of(st.none(), st.integers(1, 200)),
)
def test_any_letters_in_any_batches(
    kind: type[nn.Module],
    text: list[str],
    gap: tuple[int, int],
    pool_size: int,
    batch_size: int | None,
) -> None:
    """Rows of one letter or none are among them, and long stretches of N."""
    module = network(kind, 41, n_layers=1, pool_size=pool_size)
    windowed = _WindowedNetwork.read(module)
    assert windowed is not None
    assert windowed.pays(41)
    x = torch.stack([torch.tensor([[c == each for each in t] for c in "ACGT"]) for t in text])
    x = x.double()
    x[:, :, min(gap) : max(gap)] = 0
    replacements = torch.cat([torch.eye(4), torch.zeros(1, 4)]).double()
    _, substituted = substitution_logits(module, x, replacements, batch_size=batch_size)
    expected = by_definition(module, x, replacements)
    torch.testing.assert_close(substituted, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pool_size", [1, 2])
def test_single_precision_loses_nothing(kind: type[nn.Module], pool_size: int) -> None:
    """Windows are as near to the values of double precision as whole sequences are."""
    module = network(kind, 90, n_filters=32, kernel_size=11, pool_size=pool_size)
    x = with_unknown(sequences(3, 90))
    exact = by_definition(module, x, torch.eye(4).double())
    module, x = module.float(), x.float()
    plain = (by_definition(module, x, torch.eye(4)) - exact).abs().max()
    _, substituted = substitution_logits(module, x)
    assert substituted.dtype == torch.float32
    assert (substituted - exact).abs().max() <= 3 * plain
    assert plain <= 1e-5 * exact.abs().max()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pool_size", "width"), [(1, 29), (2, 25)])
def test_default_networks_take_windows(
    kind: type[nn.Module], pool_size: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 200 letters, which a substitution reaches in part; short sequences go as a whole."""
    shapes = record_windows(monkeypatch)
    sizes = {"n_filters": 64, "kernel_size": 11, "pool_size": pool_size}
    substitution_logits(network(kind, 200, **sizes), sequences(1, 200))
    assert {shape[:3] for shape in shapes} == {(width, 64, pool_size)}
    shapes.clear()
    substitution_logits(network(kind, 20, **sizes), sequences(1, 20))
    assert not shapes


@pytest.mark.parametrize("batch_size", [1, 3, 50, 10_000])
@pytest.mark.parametrize("pool_size", [1, 3])
def test_batch_size_bounds_the_windows(
    batch_size: int, pool_size: int, windows: list[tuple[int, ...]]
) -> None:
    """All replacements of a place stay together; results do not depend on it."""
    module = network(AttnGenNetwork, 40, pool_size=pool_size)
    x = with_unknown(sequences(5, 40))
    _, expected = substitution_logits(module, x)
    windows.clear()
    _, substituted = substitution_logits(module, x, batch_size=batch_size)
    torch.testing.assert_close(substituted, expected)
    for _, _, n_phases, n_replacements, n_rows, n_places in windows:
        together = n_phases * n_replacements
        assert n_rows * n_places * together <= max(batch_size, together)


@pytest.mark.parametrize(("length", "pool_size"), [(12, 1), (60, 1), (70, 4)])
def test_only_where_asked(length: int, pool_size: int) -> None:
    """Elsewhere, and for the letter that is there, stand the logits of the sequence, bit by bit."""
    module, x = network(AttnGenNetwork, length, pool_size=pool_size), sequences(3, length)
    where = torch.zeros(3, length, dtype=torch.bool)
    where[0, 3] = where[2, 7:] = True
    logits, substituted = substitution_logits(module, x, where=where)
    same = logits[:, None, None].expand_as(substituted)
    kept = ~where[:, :, None] | (x == 1).transpose(1, 2)
    assert torch.equal(substituted[kept], same[kept])
    expected = by_definition(module, x, torch.eye(4).double())
    torch.testing.assert_close(substituted[~kept], expected[~kept])
    _, nothing = substitution_logits(module, x, where=torch.zeros_like(where))
    assert torch.equal(nothing, same)


@pytest.mark.parametrize("n_layers", [0, 2])
@pytest.mark.parametrize("pool_size", [1, 2])
def test_what_changes_nothing_changes_no_bit(
    n_layers: int, pool_size: int, windows: list[tuple[int, ...]]
) -> None:
    """Where no filter answers, logits are those of the sequence, also in single precision."""
    module = network(CNNNetwork, 90, n_layers=n_layers, pool_size=pool_size).float()
    with torch.no_grad():
        module.encoder.position.weight[:, :40] = -100  # type: ignore[index,union-attr]
    logits, substituted = substitution_logits(module, sequences(2, 90).float())
    same = (substituted == logits[:, None, None]).all(dim=3).all(dim=2).all(dim=0)
    assert same[:38].all()
    assert not same[38:].any()
    assert windows


@pytest.mark.parametrize("pool_size", [1, 2])
def test_an_empty_place_counts_no_more(pool_size: int, windows: list[tuple[int, ...]]) -> None:
    """Where no filter answers, N still changes the number of places that a mean is over."""
    module = network(CNNNetwork, 90, pool_size=pool_size)
    with torch.no_grad():
        module.encoder.position.weight[:, :40] = -100  # type: ignore[index,union-attr]
    x, nothing = sequences(2, 90), torch.zeros(1, 4).double()
    x[:, :, 11] = 0
    logits, substituted = substitution_logits(module, x, nothing)
    torch.testing.assert_close(
        substituted, by_definition(module, x, nothing), rtol=1e-9, atol=1e-10
    )
    assert (substituted[:, 10] - logits[:, None]).abs().min() > 1e-4
    assert windows


@pytest.mark.parametrize("pool_size", [1, 2])
def test_soft_input_and_soft_replacements(pool_size: int, windows: list[tuple[int, ...]]) -> None:
    module = network(CNNNetwork, 40, pool_size=pool_size)
    x = torch.rand(3, 4, 40, generator=torch.Generator().manual_seed(0)).double()
    replacements = torch.full((1, 4), 0.25).double()
    _, substituted = substitution_logits(module, x, replacements)
    torch.testing.assert_close(substituted, by_definition(module, x, replacements))
    assert windows


@pytest.mark.parametrize("pool_size", [1, 4])
def test_numbers_are_no_letters(pool_size: int, windows: list[tuple[int, ...]]) -> None:
    """With one channel a zero counts like any other number."""
    kinds = {"n_channels": 1, "batch_norm": False, "activation": "relu", "pool_size": pool_size}
    module = network(AttnGenNetwork, 30, **kinds)
    x = torch.randn(2, 1, 30, generator=torch.Generator().manual_seed(0)).double()
    x[0, 0, :29] = 0
    replacements = torch.tensor([[0.0], [2.0]]).double()
    _, substituted = substitution_logits(module, x, replacements)
    torch.testing.assert_close(substituted, by_definition(module, x, replacements))
    assert windows


@pytest.mark.parametrize(("sharpness", "in_windows"), [(2.0, True), (8.0, True), (60.0, False)])
@pytest.mark.parametrize("pool_size", [1, 2])
def test_peaked_attention_keeps_its_digits(
    sharpness: float, in_windows: bool, pool_size: int, windows: list[tuple[int, ...]]
) -> None:
    """What is left when the attended letter goes is not the difference of two large sums."""
    module = network(AttnGenNetwork, 60, pool_size=pool_size)
    with torch.no_grad():
        module.pooling.position.weight[:, 30 // pool_size] += sharpness  # type: ignore[index,union-attr]
        module.pooling.score.weight *= 20  # type: ignore[operator,union-attr]
    x = sequences(2, 60)
    replacements = torch.zeros(1, 4).double()
    exact = by_definition(module, x, replacements)
    _, double = substitution_logits(module, x, replacements)
    torch.testing.assert_close(double, exact, rtol=1e-9, atol=1e-10)
    module = module.float()
    plain = (by_definition(module, x.float(), replacements.float()) - exact).abs().max()
    _, single = substitution_logits(module, x.float(), replacements.float())
    assert (single - exact).abs().max() <= 5 * plain
    # without the letter the network looks elsewhere
    assert (exact[:, 30] - exact[:, 0]).abs().max() > 1e-3
    assert any(shape[5] > 1 for shape in windows) == in_windows


def test_other_modules_are_asked_for_whole_sequences() -> None:
    module = nn.Sequential(nn.Conv1d(4, 3, 4), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 17, 2))
    module, x = module.double(), sequences(2, 20)
    seen: list[int] = []
    module.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    _, substituted = substitution_logits(module, x, batch_size=7)
    assert sum(seen) == 2 + 2 * 20 * 3
    assert max(seen) == 7
    torch.testing.assert_close(substituted, by_definition(module, x, torch.eye(4).double()))


def test_hooks_see_whole_sequences() -> None:
    """And what they change is not lost."""
    module, x = network(CNNNetwork, 80), sequences(1, 80)
    handle = module.get_submodule("encoder").register_forward_hook(lambda _, __, out: out * 2)
    _, substituted = substitution_logits(module, x)
    torch.testing.assert_close(substituted, by_definition(module, x, torch.eye(4).double()))
    handle.remove()
    assert not torch.allclose(substituted, substitution_logits(module, x)[1])


class Doubled(CNNNetwork):
    """Does more than its parent."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


def test_subclasses_are_not_taken_for_their_parents() -> None:
    module, x = network(Doubled, 60), sequences(1, 60)
    _, substituted = substitution_logits(module, x)
    torch.testing.assert_close(substituted, by_definition(module, x, torch.eye(4).double()))


@pytest.mark.parametrize("kind", KINDS)
def test_no_layer_is_taken_for_its_parent(kind: type[nn.Module]) -> None:
    """Whichever it is, up to the head, which is called as it is."""
    module = network(kind, 60, pool_size=2)
    assert _WindowedNetwork.read(module) is not None
    head = set(module.get_submodule("head").modules())
    for name, layer in module.named_modules():
        if layer not in head:
            known = type(layer)
            layer.__class__ = type("More", (known,), {})
            assert _WindowedNetwork.read(module) is None, name
            layer.__class__ = known


@pytest.mark.parametrize(
    "pool",
    [nn.MaxPool1d(2), nn.AvgPool1d(2), nn.AvgPool1d(4, stride=2, padding=1, ceil_mode=True)],
)
def test_other_pools_are_not_taken_for_averages(pool: nn.Module) -> None:
    """Windows that overlap, or that drop what is left at the end, go as whole sequences."""
    module, x = network(AttnGenNetwork, 60, pool_size=2), sequences(1, 60)
    module.encoder.pool = pool  # type: ignore[union-attr]
    assert _WindowedNetwork.read(module) is None
    _, substituted = substitution_logits(module, x)
    torch.testing.assert_close(substituted, by_definition(module, x, torch.eye(4).double()))


@pytest.mark.parametrize("pool_size", [1, 2])
def test_a_network_that_does_more_is_noticed(
    pool_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows that do not give the network's output for the sequence itself are not used."""
    original = AttentionPooling.forward

    def forward(self: AttentionPooling, *arguments: Tensor) -> Any:
        pooled, *rest = original(self, *arguments)
        return pooled * 1.5, *rest

    monkeypatch.setattr(AttentionPooling, "forward", forward)
    module, x = network(AttnGenNetwork, 60, pool_size=pool_size), sequences(1, 60)
    _, substituted = substitution_logits(module, x)
    torch.testing.assert_close(substituted, by_definition(module, x, torch.eye(4).double()))


@pytest.mark.parametrize("kind", KINDS)
def test_mode_and_gradients_are_as_before(kind: type[nn.Module]) -> None:
    """Also from training mode, in an autocast and with another default device, as it predicts."""
    module, x = network(kind, 60).float(), sequences(2, 60).float()
    expected = substitution_logits(module, x)[1]
    module.train()
    module.get_submodule("encoder").eval()
    before = [layer.training for layer in module.modules()]
    statistics = [buffer.clone() for buffer in module.buffers()]
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.device("meta"):  # by default
        logits, substituted = substitution_logits(module, x)
    assert torch.equal(substituted, expected)
    assert not logits.requires_grad
    assert [layer.training for layer in module.modules()] == before
    assert all(map(torch.equal, statistics, module.buffers()))

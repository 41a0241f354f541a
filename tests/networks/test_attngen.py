"""The AttnGen network: attention that sums to one, ignores N, and can use or ignore position."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from sklearn_attngen.networks import (
    AttentionPooling,
    AttnGenNetwork,
    ConvEncoder,
    build_module,
    carries_signal,
    spread,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sequences(n: int = 6, length: int = 20, seed: int = 0) -> torch.Tensor:
    codes = torch.randint(4, (n, 1, length), generator=seeded(seed))
    return (codes == torch.arange(4).view(1, -1, 1)).float()


def network(**changes: object) -> AttnGenNetwork:
    parameters = {
        "n_channels": 4,
        "n_positions": 20,
        "n_classes": 3,
        "n_filters": 8,
        "kernel_size": 5,
        "n_layers": 2,
        "n_heads": 2,
        "dropout": 0.1,
    }
    module = build_module(AttnGenNetwork, seeded(), **(parameters | changes))
    assert isinstance(module, AttnGenNetwork)
    return module.eval()


# what carries signal


def test_zeros_are_no_letter() -> None:
    """N and padding are all zeros; soft letters count."""
    x = sequences(2)
    x[0, :, 3] = 0
    x[1, :, 5] = 0.25
    real = carries_signal(x)
    assert (~real).nonzero().tolist() == [[0, 3]]


def test_a_sequence_of_unknowns_counts_everywhere() -> None:
    """Means over its positions stay defined."""
    assert carries_signal(torch.zeros(1, 4, 6)).all()


def test_zero_is_a_number_like_any_other() -> None:
    """One channel is numbers, not letters."""
    assert carries_signal(torch.tensor([[[0.0, 1.0, 0.0]]])).all()


# spread


@pytest.mark.parametrize("width", [1, 3, 11])
def test_spread_sums_to_one(width: int) -> None:
    """For any attention, also when the filters hang over the ends."""
    attention = torch.rand(4, 12, generator=seeded()).softmax(dim=1)
    scores = spread(attention, width)
    assert scores.shape == attention.shape
    assert (scores >= 0).all()
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(4))


@pytest.mark.parametrize("width", [4, 0, -1])
def test_spread_needs_a_middle_letter(width: int) -> None:
    """An even width gave one position too many, without a word."""
    with pytest.raises(ValueError, match=f"width must be odd.*got {width}"):
        spread(torch.ones(2, 6), width)


def test_spread_of_one_letter_covers_the_filter() -> None:
    """Attention in the middle is shared by the letters under the filter there."""
    attention = torch.zeros(1, 9)
    attention[0, 4] = 1
    expected = torch.tensor([[0, 0, 0, 1, 1, 1, 0, 0, 0]]) / 3
    torch.testing.assert_close(spread(attention, 3), expected)
    assert torch.equal(spread(attention, 1), attention)


def test_flat_attention_stays_flat() -> None:
    """The ends are averaged over the letters that exist."""
    torch.testing.assert_close(spread(torch.full((1, 10), 0.1), 5), torch.full((1, 10), 0.1))


def test_spread_of_nothing_is_nothing() -> None:
    """No division by zero."""
    assert torch.equal(spread(torch.zeros(2, 5), 3), torch.zeros(2, 5))


# pooling


def pooling(**changes: int) -> AttentionPooling:
    sizes = {"n_filters": 6, "n_positions": 20, "n_heads": 3} | changes
    module = build_module(AttentionPooling, seeded(), **sizes)
    assert isinstance(module, AttentionPooling)
    return module


def test_attention_sums_to_one_and_skips_what_is_not_real() -> None:
    """Each head of each sequence."""
    features = torch.randn(5, 6, 20, generator=seeded(1))
    real = torch.rand(5, 20, generator=seeded(2)) < 0.6
    pooled, attention, highest = pooling()(features, real)
    assert pooled.shape == (5, 5 * 6)
    assert torch.equal(pooled[:, -6:], highest)
    assert attention.shape == (5, 3, 20)
    torch.testing.assert_close(attention.sum(dim=2), torch.ones(5, 3))
    assert (attention.masked_select(~real.unsqueeze(1)) == 0).all()
    assert (attention.masked_select(real.unsqueeze(1)) > 0).all()


def test_the_last_heads_are_the_plain_mean_and_the_maximum() -> None:
    """Over the real positions only."""
    features = torch.randn(2, 6, 20, generator=seeded(1))
    real = torch.ones(2, 20, dtype=torch.bool)
    real[0, 5:] = False
    pooled, _, _ = pooling()(features, real)
    torch.testing.assert_close(pooled[0, -12:-6], features[0, :, :5].mean(dim=1))
    torch.testing.assert_close(pooled[1, -12:-6], features[1].mean(dim=1))
    assert torch.equal(pooled[0, -6:], features[0, :, :5].amax(dim=1))
    assert torch.equal(pooled[1, -6:], features[1].amax(dim=1))


def test_equal_features_get_equal_attention() -> None:
    """Before training nothing tells positions apart but what stands there."""
    features = torch.randn(1, 6, 1, generator=seeded(1)).expand(2, 6, 20)
    _, attention, _ = pooling()(features, torch.ones(2, 20, dtype=torch.bool))
    torch.testing.assert_close(attention, torch.full((2, 3, 20), 1 / 20))


def test_attention_can_learn_a_position() -> None:
    """A bias for a position moves the attention there, whatever stands there."""
    module = pooling()
    with torch.no_grad():
        module.position.weight[:, 7] = 2.0
    features = 0.1 * torch.randn(4, 6, 20, generator=seeded(1))
    _, attention, _ = module(features, torch.ones(4, 20, dtype=torch.bool))
    assert (attention.argmax(dim=2) == 7).all()


def test_hard_attention_is_where_a_channel_is_highest() -> None:
    """The scores of a network count it beside the soft heads; ties are shared."""
    module, x = network(kernel_size=1), sequences()
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    x[:, :, 4] = 0
    with torch.no_grad():
        module.encoder.stem[0].weight[:, 2] = 1.0  # every filter reads G
        module.encoder.stem[1].weight[:] = 1.0
    module.eval()
    scores = module.attend(x)[1]
    for row, letters in enumerate(x.argmax(dim=1)):
        found = (letters == 2) & (x[row].sum(dim=0) > 0)
        if found.any():
            rest = (1 - 1 / 3) / 19
            expected = torch.where(found, rest + 1 / 3 / found.sum(), torch.tensor(rest))
            expected[4] = 0
            torch.testing.assert_close(scores[row], expected, msg=str(row))


# the network


def test_the_module_gives_the_logits_of_attend() -> None:
    """One pass, two answers."""
    module, x = network(), sequences()
    logits, scores = module.attend(x)
    assert torch.equal(module(x), logits)
    assert logits.shape == (6, 3)
    assert scores.shape == (6, 20)
    assert (scores >= 0).all()
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(6))


def test_both_gates_start_nearly_shut() -> None:
    """So that motifs anywhere are not taken for places; only aligned tasks open them."""
    module = network()
    for part in (module.encoder, module.pooling):
        torch.testing.assert_close(part.position.gate.detach(), torch.tensor([0.1]))


def test_zero_weights_give_uniform_attention() -> None:
    """Without weights nothing is preferred."""
    module = network()
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    torch.testing.assert_close(module.attend(sequences())[1], torch.full((6, 20), 1 / 20))


def test_unknown_letters_get_no_attention_before_the_spread() -> None:
    """Attention is on letters; spreading gives neighbours of N a share, never all of it."""
    module, x = network(kernel_size=1), sequences()
    x[:, :, 8:12] = 0
    scores = module.attend(x)[1]
    assert (scores[:, 8:12] == 0).all()
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(6))


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_sequence_of_unknowns_is_finite(mode: str) -> None:
    """Forward and backward, alone and among others."""
    module, x = network(), sequences()
    module.train(mode == "train")
    x[0] = 0
    logits, scores = module.attend(x)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert torch.isfinite(scores).all()
    assert all(torch.isfinite(p.grad).all() for p in module.parameters() if p.grad is not None)
    assert (scores[0] > 0).all(), "each position gets a share of the attention"
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(6))


def test_every_parameter_learns() -> None:
    """No weight is cut off from the loss."""
    module = network().train()
    with torch.no_grad():  # at the start there is nothing that the gates could let through
        module.encoder.position.weight[0, 0] = module.pooling.position.weight[0, 0] = 0.1
    logits = module(sequences())
    (logits * torch.randn(logits.shape, generator=seeded(5))).sum().backward()
    # a number added to all positions cancels in the softmax of attention
    skip = {"pooling.score.bias"}
    for name, parameter in module.named_parameters():
        assert name in skip or parameter.grad.abs().max() > 0, name


def test_any_length_beyond_the_kernel_and_below_it() -> None:
    """Sequences shorter than a filter work."""
    for length in (1, 3, 20):
        module = network(n_positions=length, kernel_size=11)
        logits, scores = module.attend(sequences(length=length))
        assert logits.shape == (6, 3)
        assert scores.shape == (6, length)


def test_in_float64_and_in_mixed_precision() -> None:
    """Rows of attention sum to one in bfloat16 as well: the softmax runs in float32."""
    x = sequences()
    assert network().double().attend(x.double())[0].dtype == torch.float64
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, scores = network().attend(x)
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(scores.float().sum(dim=1), torch.ones(6), atol=1e-3, rtol=0)


def build_encoder(**changes: Any) -> ConvEncoder:
    """Build a small encoder."""
    parameters = (4, 8, 5, 1, 0.0, "relu", True)
    names = list(inspect.signature(ConvEncoder).parameters)
    given = dict(zip(names, parameters, strict=False)) | changes
    encoder = build_module(ConvEncoder, seeded(), **given)
    assert isinstance(encoder, ConvEncoder)
    return encoder


@pytest.mark.parametrize(("length", "windows"), [(1, 1), (6, 2), (7, 3), (8, 3)])
def test_pooled_positions_are_means_of_neighbours(length: int, windows: int) -> None:
    """The last window holds what is left, and is a mean of that."""
    encoder = build_encoder(pool_size=3).eval()
    x = sequences(length=length)
    before = encoder.activation(encoder.position(encoder.stem(x)))
    pooled = encoder.pool(before)
    assert encoder(x).shape == (6, 8, windows)
    assert pooled.shape == (6, 8, windows)
    expected = torch.stack([part.mean(dim=2) for part in before.split(3, dim=2)], dim=2)
    torch.testing.assert_close(pooled, expected)


def test_a_window_with_any_letter_counts() -> None:
    """Also the last one, which is short."""
    encoder = build_encoder(pool_size=3)
    real = torch.tensor([[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1]], dtype=torch.bool)
    assert encoder.pool_mask(real).tolist() == [[True, False, False], [False, True, True]]


@pytest.mark.parametrize("length", [1, 2, 6, 7])
def test_attention_on_a_window_is_divided_over_its_letters(length: int) -> None:
    """Each row still sums to one, and letters of a window get the same."""
    encoder = build_encoder(pool_size=3)
    shares = torch.rand(2, 4, -(-length // 3), generator=seeded()).softmax(dim=2)
    letters = encoder.unpool(shares, torch.ones(2, length, dtype=torch.bool))
    assert letters.shape == (2, 4, length)
    sums = torch.stack([part.sum(dim=2) for part in letters.split(3, dim=2)], dim=2)
    torch.testing.assert_close(sums, shares)
    assert letters[..., 0].equal(letters[..., min(2, length - 1)])


def test_what_is_no_letter_gets_nothing_from_its_window() -> None:
    """The other letters of the window share what it has."""
    encoder = build_encoder(pool_size=3)
    real = torch.tensor([[True, False, True, False]])
    letters = encoder.unpool(torch.tensor([[[0.6, 0.4]]]), real)
    torch.testing.assert_close(letters, torch.tensor([[[0.3, 0.0, 0.3, 0.0]]]))


@pytest.mark.parametrize("length", [1, 3, 20, 21])
def test_a_pooled_network_scores_every_letter(length: int) -> None:
    """Heads and scores are at the resolution of letters; N gets no head."""
    module = network(n_positions=length, pool_size=2).eval()
    x = sequences(length=length)
    x[0, :, 4:9] = 0
    logits, scores = module.attend(x)
    heads = module.heads(x)
    assert scores.shape == (6, length)
    assert heads.shape == (6, 3, length)
    torch.testing.assert_close(heads.sum(dim=2), torch.ones(6, 3))
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(6))
    assert (heads[0, :, 4:9] == 0).all()
    torch.testing.assert_close(module(x), logits)


def test_the_encoder_keeps_one_vector_per_letter_and_can_prefer_positions() -> None:
    """A shifted sequence gives shifted features, until a filter has a bias for a position."""
    encoder = build_encoder(n_positions=40).eval()
    x = sequences(length=40)
    features, shifted = encoder(x), encoder(x.roll(3, dims=2))
    assert features.shape == (6, 8, 40)
    torch.testing.assert_close(shifted[:, :, 15:30], features[:, :, 12:27])
    with torch.no_grad():
        encoder.position.weight[:, 20] = 1.0
    features, shifted = encoder(x), encoder(x.roll(3, dims=2))
    assert not torch.allclose(shifted[:, :, 18:25], features[:, :, 15:22])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_biases_of_attention_are_added_in_single_precision(dtype: torch.dtype) -> None:
    """A bias that makes attention sharp would lose its digits in half precision."""
    module, seen = network(), []
    module.pooling.position.register_forward_pre_hook(lambda _, x: seen.append(x[0].dtype))
    with torch.autocast("cpu", dtype):
        module(sequences())
    assert seen == [torch.float32]


def test_an_exported_network_takes_any_number_of_rows() -> None:
    """No size of the example becomes a constant."""
    module = network()
    rows = {0: torch.export.Dim("n", min=2)}
    exported = torch.export.export(module, (sequences(4),), dynamic_shapes=(rows,)).module()
    torch.testing.assert_close(exported(sequences(7)), module(sequences(7)))

"""One training step: weights, strands, masks and the agreement between two predictions."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from sklearn_attngen.networks import MASK_ORDERS, MASK_VALUES, set_generator
from sklearn_attngen.training import Masking, SequenceDataset, SequenceNet, expand, run_epochs

MakeNet = Callable[..., SequenceNet]


def seeded(net: SequenceNet, seed: int = 0) -> SequenceNet:
    """Make a net ready for single steps, without dropout."""
    net.seed(seed)
    set_generator(net.module_, None)
    net.history.new_epoch()
    return net


def batch(data: SequenceDataset, rows: Any = slice(None)) -> Any:
    return data[rows]


def loss(net: SequenceNet, data: SequenceDataset) -> float:
    return net.train_step_single(batch(data))["loss"].item()


def test_the_loss_is_the_weighted_cross_entropy(make_net: MakeNet, data: SequenceDataset) -> None:
    """Of each part that votes; weights multiply the loss of their rows. No step is taken here."""
    weight = torch.rand(60, generator=torch.Generator().manual_seed(1))
    weighted = SequenceDataset(data.data, data.target, weight / weight.mean())
    net = seeded(make_net())
    votes: list[torch.Tensor] = []
    net.module_.register_forward_hook(lambda module, inputs, output: votes.append(output))
    result = net.train_step_single(batch(weighted))
    rows = torch.stack(
        [F.cross_entropy(vote, data.target, reduction="none") for vote in votes[0].unbind(1)]
    ).mean(dim=0)
    assert len(votes) == 1
    assert result["loss"].item() == pytest.approx(
        (rows * weight).sum().item() / weight.sum().item()
    )
    torch.testing.assert_close(result["y_pred"], votes[0].mean(dim=1))
    assert any(p.grad.abs().sum() > 0 for p in net.module_.parameters())


@pytest.mark.parametrize("order", MASK_ORDERS)
@pytest.mark.parametrize("by", ["positions", "mass"])
@pytest.mark.parametrize("value", ["resample", "uniform", "zero"])
def test_every_kind_of_mask_trains(
    make_net: MakeNet, data: SequenceDataset, masking: Masking, order: str, by: str, value: str
) -> None:
    """All combinations give finite losses and learn."""
    masking = replace(masking, order=order, by=by, value=value)
    net = make_net(masking=masking)
    run_epochs(net, data, 0)
    losses = [row["train_loss"] for row in net.history]
    assert all(map(torch.isfinite, map(torch.tensor, losses)))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("order", "end"), [("lowest", "low"), ("highest", "high")])
@pytest.mark.parametrize("by", ["positions", "mass"])
def test_the_order_says_which_end_is_masked(
    make_net: MakeNet, data: SequenceDataset, masking: Masking, order: str, end: str, by: str
) -> None:
    """Scores rise with the position, so one end of the sequence is masked."""
    net = seeded(make_net())
    x = expand(data.data[:5], 4)
    scores = torch.arange(12.0).expand(5, 12) / 66
    masking = replace(masking, order=order, by=by, value="zero")
    masked = net._masked(x, scores, masking, 0.25)
    gone = (masked.sum(dim=1) == 0).any(dim=0).nonzero().ravel().tolist()
    assert gone
    assert gone == (list(range(len(gone))) if end == "low" else list(range(12 - len(gone), 12)))
    if by == "positions":
        assert len(gone) == 3


@pytest.mark.parametrize("value", MASK_VALUES)
def test_what_is_no_letter_is_never_masked(
    make_net: MakeNet, data: SequenceDataset, masking: Masking, value: str
) -> None:
    """A row of N stays one, instead of getting letters; an N among letters stays as well."""
    x = expand(data.data[:5], 4)
    x[0] = 0
    x[1, :, 3] = 0
    masked = seeded(make_net())._masked(x, torch.rand(5, 12), replace(masking, value=value), 0.9)
    assert (masked[0] == 0).all()
    assert (masked[1, :, 3] == 0).all()
    assert not torch.equal(masked[2:], x[2:])


def test_half_of_the_rows_are_masked(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """The first half of a batch, rounded up, but 64 rows if there are as many."""
    for n, masked in ((1, 1), (50, 50), (100, 64), (151, 76)):
        net, rows = seeded(make_net(masking=replace(masking, schedule="constant"))), []
        hook = net.module_.register_forward_hook(lambda _, args, __, r=rows: r.append(len(args[0])))
        net.train_step_single(data[torch.arange(n) % len(data)])
        hook.remove()
        # the clean pass is a call of `attend`, which has no hook
        assert rows == [masked]


def test_masked_sequences_leave_the_running_statistics_alone(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """Prediction is normalised by what whole sequences look like."""
    means = []
    for each in (None, replace(masking, schedule="constant", fraction=0.9, value="zero")):
        net = seeded(make_net(masking=each))
        net.train_step_single(data[torch.arange(20)])
        norm = net.module_.encoder.stem[1]
        means.append(norm.running_mean.clone())
        assert norm.num_batches_tracked == 1
        assert not norm.keeps
    assert means[0].abs().sum() > 0
    torch.testing.assert_close(means[0], means[1], rtol=0, atol=0)


def test_random_masks_do_not_look_at_the_scores(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """The control: as many letters, anywhere."""
    net = seeded(make_net())
    x = expand(data.data, 4)
    masking = replace(masking, order="random", value="zero")
    masked = net._masked(x, torch.arange(12.0).expand(60, 12), masking, 0.25)
    gone = masked.sum(dim=1) == 0
    assert gone.sum(dim=1).tolist() == [3] * 60
    assert gone.any(dim=0).all()


def test_the_mask_ramps_up_over_the_steps(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """The history says how much is masked: nothing at first, the whole fraction in the end."""
    net = make_net(masking=masking)
    run_epochs(net, data, 0)
    fractions = [row["mask_fraction"] for row in net.history]
    assert fractions == sorted(fractions)
    assert fractions[0] < fractions[1] < fractions[2]
    assert fractions[-1] == 0.25
    later = make_net(masking=masking, epochs_done=6)
    run_epochs(later, data, 0)
    assert [row["mask_fraction"] for row in later.history] == [0.25] * 6


def test_the_end_of_the_training_is_without_masks(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """A third of the steps, counted, and two of six epochs."""
    ends = replace(masking, cooldown=1 / 3)
    net = make_net(masking=ends)
    masked: list[float] = []
    mask = net._masked
    net._masked = lambda *given: masked.append(given[-1]) or mask(*given)
    run_epochs(net, data, 0)
    assert [row["mask_fraction"] for row in net.history][3:] == [0.25, 0.0, 0.0]
    assert len(masked) == 18 - 6 - 1, "a third of the steps has none, and the first has none yet"


def test_consistency_weighs_the_divergence(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """The divergence enters the loss with its weight; a prediction agrees with itself."""
    masking = replace(masking, schedule="constant")
    losses = [
        loss(seeded(make_net(masking=replace(masking, consistency=weight))), data)
        for weight in (1.0, 2.0, 3.0)
    ]
    clean = loss(seeded(make_net()), data)
    assert losses[0] > clean
    assert losses[1] - clean == pytest.approx(2 * (losses[0] - clean), rel=1e-3)
    assert losses[2] - clean == pytest.approx(3 * (losses[0] - clean), rel=1e-3)
    logits, weight = torch.randn(5, 3, 2), torch.ones(5)
    same = SequenceNet._masked_loss(logits, logits, torch.zeros(5).long(), weight, masking)
    assert same.item() == pytest.approx(0, abs=1e-6)


def test_the_divergence_is_the_mean_over_parts_that_vote(masking: Masking) -> None:
    """Of each part's masked prediction from its own clean one, with the weights of the rows."""
    generator = torch.Generator().manual_seed(0)
    clean, masked = torch.randn(2, 5, 3, 2, generator=generator)
    weight = torch.tensor([0.5, 2.0, 1.0, 0.0, 1.5])
    found = SequenceNet._masked_loss(clean, masked, torch.zeros(5).long(), weight, masking)
    each = []
    for own, hidden in zip(clean.unbind(1), masked.unbind(1), strict=True):
        p, q = own.softmax(1), hidden.softmax(1)
        each.append((p * (p.log() - q.log())).sum(1) * weight)
    torch.testing.assert_close(found, masking.consistency * torch.stack(each).mean())


def test_each_part_is_trained_on_its_own_loss(make_net: MakeNet, data: SequenceDataset) -> None:
    """A loss of the mean alone would give the parts other gradients."""
    net = seeded(make_net())
    module = copy.deepcopy(net.module_)
    net.train_step_single(batch(data))
    votes = module(expand(data.data, 4), votes=True)
    own = [F.cross_entropy(vote, data.target) for vote in votes.unbind(1)]
    assert len(own) > 1
    for i, loss_of_part in enumerate(own):
        last = module.head.voters[i][-1].weight
        (expected,) = torch.autograd.grad(loss_of_part / len(own), last, retain_graph=True)
        torch.testing.assert_close(net.module_.head.voters[i][-1].weight.grad, expected)


def test_without_consistency_the_masked_sequence_is_trained_on_its_label(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """The loss is the sum of two cross-entropies then."""
    y, weight = torch.tensor([0, 1]), torch.tensor([0.5, 1.5])
    masked = torch.tensor([[[2.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [0.5, 3.0]]])
    without = replace(masking, consistency=0.0)
    found = SequenceNet._masked_loss(torch.zeros(2, 2, 2), masked, y, weight, without)
    each = [F.cross_entropy(vote, y, reduction="none") * weight for vote in masked.unbind(1)]
    torch.testing.assert_close(found, torch.stack(each).mean())


def test_the_clean_prediction_is_held_fixed(masking: Masking) -> None:
    """The divergence moves the masked prediction to the clean one, not the other way round."""
    clean = torch.randn(3, 2, 2, requires_grad=True)
    masked = torch.randn(3, 2, 2, requires_grad=True)
    SequenceNet._masked_loss(
        clean, masked, torch.zeros(3).long(), torch.ones(3), masking
    ).backward()
    assert clean.grad is None
    assert masked.grad.abs().sum() > 0


def test_strands_turn_half_of_the_rows(make_net: MakeNet, data: SequenceDataset) -> None:
    """Each row is seen as it is or as its reverse complement, never as anything else."""
    net = seeded(make_net(strands=[3, 2, 1, 0]))
    seen: list[torch.Tensor] = []
    net.module_.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    net.train_step_single(batch(data))
    x = expand(data.data, 4)
    turned = x.flip(2)[:, [3, 2, 1, 0]]
    as_it_is = (seen[0] == x).all(dim=2).all(dim=1)
    other = (seen[0] == turned).all(dim=2).all(dim=1)
    assert (as_it_is | other).all()
    assert 15 < other.sum() < 45


def test_validation_has_no_noise(
    make_net: MakeNet, data: SequenceDataset, masking: Masking
) -> None:
    """Neither masks nor strands nor dropout nor gradients."""
    net = seeded(make_net(masking=replace(masking, schedule="constant"), strands=[3, 2, 1, 0]))
    set_generator(net.module_, net.noise_generator)
    first, second = (net.validation_step(batch(data)) for _ in range(2))
    assert torch.equal(first["y_pred"], second["y_pred"])
    assert not first["y_pred"].requires_grad
    expected = F.cross_entropy(net.module_(expand(data.data, 4)), data.target)
    assert first["loss"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_mixed_precision_trains(make_net: MakeNet, data: SequenceDataset, masking: Masking) -> None:
    """bfloat16 in the forward pass, weights in float32."""
    net = make_net(masking=masking, bfloat16=True)
    run_epochs(net, data, 0)
    assert net.history[-1]["train_loss"] < net.history[0]["train_loss"]
    assert {p.dtype for p in net.module_.parameters()} == {torch.float32}


@pytest.mark.parametrize("masked", [False, True])
def test_losses_are_taken_in_full_precision(
    make_net: MakeNet, data: SequenceDataset, masking: Masking, masked: bool
) -> None:
    """Also where the forward pass is not; what is kept of a step holds no graph."""
    every = replace(masking, schedule="constant") if masked else None
    result = seeded(make_net(masking=every, bfloat16=True)).train_step_single(batch(data))
    for value in (result["loss"], result["y_pred"]):
        assert value.dtype == torch.float32
        assert not value.requires_grad


def test_the_net_predicts_on_codes(make_net: MakeNet, data: SequenceDataset) -> None:
    """What net_ offers to users of skorch works on letter codes."""
    net = make_net()
    run_epochs(net, data, 0)
    logits = net.forward({"data": data.data, "weight": data.weight})
    assert logits.shape == (60, 2)
    expected = net.module_.eval()(expand(data.data, 4))
    torch.testing.assert_close(logits, expected.detach())

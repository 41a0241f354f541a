"""Progressive masking: the ramp, the choice of positions, and what is put there."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.networks import (
    MASK_SCHEDULES,
    MASK_VALUES,
    fill_positions,
    mask_priority,
    scheduled_fraction,
    select_positions,
)
from sklearn_attngen.networks._masking import masked_positions

SETTINGS = settings(deadline=None, derandomize=True, max_examples=40)


def one_hot(codes: torch.Tensor, n_letters: int = 4) -> torch.Tensor:
    """Codes (n, L) to (n, n_letters, L); codes beyond the letters become zeros."""
    return (codes.unsqueeze(1) == torch.arange(n_letters).view(1, -1, 1)).float()


def everywhere(scores: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(scores, dtype=torch.bool)


# the ramp


@pytest.mark.parametrize("schedule", MASK_SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.2, 1.0])
def test_the_ramp_rises_to_the_fraction_and_stays(schedule: str, warmup: float) -> None:
    """Never falls, stays in range, and reaches the fraction at the end of the warm-up."""
    steps = [scheduled_fraction(i / 50, 0.3, schedule, warmup) for i in range(51)]
    assert all(a <= b for a, b in pairwise(steps))
    assert all(0 <= step <= 0.3 for step in steps)
    assert scheduled_fraction(warmup, 0.3, schedule, warmup) == 0.3
    assert steps[-1] == 0.3


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_ramps_start_at_nothing_and_are_half_way_in_the_middle(schedule: str) -> None:
    """The two ramps differ in shape only, and progress before the start counts as the start."""
    assert scheduled_fraction(0.0, 0.3, schedule, 0.5) == 0
    assert scheduled_fraction(-1.0, 0.3, schedule, 0.5) == 0
    assert scheduled_fraction(0.25, 0.3, schedule, 0.5) == pytest.approx(0.15)
    quarter = scheduled_fraction(0.125, 0.3, schedule, 0.5)
    assert quarter == pytest.approx(0.075) if schedule == "linear" else quarter < 0.06


def test_constant_masks_from_the_start() -> None:
    """No ramp at all, whatever the warm-up."""
    assert scheduled_fraction(0.0, 0.3, "constant", 0.5) == 0.3


@pytest.mark.parametrize("schedule", MASK_SCHEDULES)
def test_nothing_is_masked_in_the_cooldown(schedule: str) -> None:
    """Before it the ramp is as without one, and no cooldown masks until the end and after it."""
    steps = [scheduled_fraction(i / 40, 0.3, schedule, 0.5, 0.25) for i in range(50)]
    assert steps[:30] == [scheduled_fraction(i / 40, 0.3, schedule, 0.5) for i in range(30)]
    assert steps[29] == 0.3
    assert steps[30:] == [0.0] * 20
    assert scheduled_fraction(0.0, 0.3, schedule, 0.0, 1.0) == 0
    assert scheduled_fraction(1.5, 0.3, schedule, 0.5, 0.0) == 0.3


@pytest.mark.parametrize("n_steps", [3, 6, 18, 1500])
def test_a_cooldown_of_a_third_is_a_third_of_the_steps(n_steps: int) -> None:
    """1 - 1 / 3 is more than 2 / 3 in binary fractions, and would start a step late."""
    fractions = [scheduled_fraction(i / n_steps, 0.3, "linear", 0.0, 1 / 3) for i in range(n_steps)]
    assert fractions.count(0.0) == n_steps // 3


def test_unknown_schedules_raise() -> None:
    """The message lists what there is."""
    with pytest.raises(ValueError, match="'linear', 'cosine', 'constant'"):
        scheduled_fraction(0.5, 0.3, "steps")


# the choice of positions


def test_the_lowest_scores_are_selected() -> None:
    """By value, not by place."""
    scores = torch.tensor([[0.4, 0.1, 0.3, 0.2], [0.1, 0.2, 0.3, 0.4]])
    selected = select_positions(scores, everywhere(scores), 0.5)
    assert selected.tolist() == [[False, True, False, True], [True, True, False, False]]


@pytest.mark.parametrize(
    ("length", "fraction", "count"),
    [(20, 0.15, 3), (10, 0.3, 3), (100, 0.29, 29), (10, 0.19, 1), (10, 0.09, 0), (7, 0.999, 6)],
)
def test_counts_are_rounded_down_but_not_by_rounding_errors(
    length: int, fraction: float, count: int
) -> None:
    """0.15 * 20 is 3, though binary fractions make it slightly less."""
    scores = torch.rand(3, length, generator=torch.Generator().manual_seed(0))
    selected = select_positions(scores, everywhere(scores), fraction)
    assert selected.sum(dim=1).tolist() == [count] * 3


def test_ties_go_to_the_earlier_position() -> None:
    """So that results do not depend on the sorting algorithm."""
    scores = torch.full((1, 40), 0.025)
    selected = select_positions(scores, everywhere(scores), 0.25)
    assert selected[0].nonzero().ravel().tolist() == list(range(10))


@pytest.mark.parametrize("by", ["positions", "mass"])
def test_positions_without_a_letter_are_neither_counted_nor_selected(by: str) -> None:
    """N gets the lowest scores, and would else use up the mask."""
    scores = torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4]])
    real = scores > 0
    selected = select_positions(scores, real, 0.5, by=by)
    expected = {"positions": [4, 5], "mass": [4, 5]}[by]
    assert selected[0].nonzero().ravel().tolist() == expected


@pytest.mark.parametrize("by", ["positions", "mass"])
def test_one_letter_is_always_left(by: str) -> None:
    """Even a fraction of 1, and a sequence with one letter, leave the best letter."""
    scores = torch.tensor([[0.1, 0.7, 0.2], [0.0, 0.0, 1.0]])
    real = torch.tensor([[True, True, True], [False, False, True]])
    selected = select_positions(scores, real, 1.0, by=by)
    assert selected.tolist() == [[True, False, True], [False, False, False]]


def test_mass_selects_many_where_scores_are_peaked_and_few_where_they_are_flat() -> None:
    """The lowest positions that together hold at most the fraction of the sum."""
    peaked = torch.tensor([[0.02] * 5 + [0.9]])
    flat = torch.full((1, 6), 1 / 6)
    both = torch.cat([peaked, flat])
    selected = select_positions(both, everywhere(both), 0.2, by="mass")
    assert selected.sum(dim=1).tolist() == [5, 1]


@SETTINGS
@given(
    seed=st.integers(0, 2**31 - 1),
    fraction=st.floats(0, 1),
    by=st.sampled_from(["positions", "mass"]),
)
def test_selection_holds_its_promises(seed: int, fraction: float, by: str) -> None:
    """Within the budget, among the letters, lowest first, at least one left."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(4, 17, generator=generator, dtype=torch.float64)
    real = torch.rand(4, 17, generator=generator) < 0.7
    real[:, 3] = True
    selected = select_positions(scores, real, fraction, by=by)
    assert not (selected & ~real).any()
    assert ((real & ~selected).sum(dim=1) >= 1).all()
    if by == "positions":
        assert (selected.sum(dim=1) <= fraction * real.sum(dim=1) + 1e-5).all()
    else:
        held, total = (scores * selected).sum(dim=1), (scores * real).sum(dim=1)
        assert (held <= fraction * total + 1e-9).all()
    highest_selected = scores.masked_fill(~selected, -1).amax(dim=1)
    lowest_left = scores.masked_fill(~real | selected, 2).amin(dim=1)
    assert (highest_selected <= lowest_left).all()


@pytest.mark.parametrize("by", ["positions", "mass"])
def test_fraction_zero_selects_nothing(by: str) -> None:
    """Also where scores are exactly zero and hold no mass."""
    scores = torch.zeros(2, 5)
    assert not select_positions(scores, everywhere(scores), 0.0, by=by).any()


def test_unknown_rule_raises() -> None:
    """The message lists what there is."""
    with pytest.raises(ValueError, match='"positions" or "mass"'):
        select_positions(torch.zeros(1, 3), torch.ones(1, 3, dtype=torch.bool), 0.5, by="count")


# what is put there


def test_sampled_masks_follow_the_odds_and_spare_nothing() -> None:
    """Half the attention, twice the odds to be first; the most attended is masked now and then."""
    scores = torch.tensor([[0.4, 0.2, 0.1, 0.3]]).repeat(20_000, 1)
    priority = mask_priority(scores, "sampled", torch.Generator().manual_seed(0))
    first = torch.bincount(priority.argmin(dim=1), minlength=4) / 20_000
    odds = 1 / scores[0]
    torch.testing.assert_close(first, odds / odds.sum(), atol=0.01, rtol=0)
    selected = select_positions(scores, everywhere(scores), 0.5, priority=priority)
    assert (selected.sum(dim=1) == 2).all()
    assert 0 < selected[:, 0].float().mean() < selected[:, 2].float().mean() < 1


def test_positions_without_attention_go_first() -> None:
    """An odd of infinity is no trouble; among such positions chance decides."""
    scores = torch.tensor([[0.0, 0.5, 0.0, 0.5]]).repeat(100, 1)
    priority = mask_priority(scores, "sampled", torch.Generator().manual_seed(0))
    selected = select_positions(scores, everywhere(scores), 0.5, priority=priority)
    assert selected.tolist() == [[True, False, True, False]] * 100
    one = select_positions(scores, everywhere(scores), 0.25, priority=priority)
    first, _, third, _ = one.sum(dim=0).tolist()
    assert min(first, third) > 30
    assert first + third == 100


def test_controls_look_at_nothing_or_at_the_other_end() -> None:
    """Random masks take any position; the highest ones the most attended."""
    scores = torch.arange(10.0).repeat(500, 1)
    drawn = mask_priority(scores, "random", torch.Generator().manual_seed(0)).argmin(dim=1)
    assert torch.bincount(drawn, minlength=10).min() > 20
    assert (mask_priority(scores, "highest").argmin(dim=1) == 9).all()
    assert (mask_priority(scores, "lowest").argmin(dim=1) == 0).all()
    with pytest.raises(ValueError, match="order must be one of"):
        mask_priority(scores, "first")


def test_priority_orders_and_scores_weigh_the_mass() -> None:
    """The first positions by priority, up to the share of the scores."""
    scores = torch.tensor([[0.1, 0.5, 0.15, 0.25]])
    priority = torch.tensor([[3.0, 2.0, 1.0, 0.0]])
    selected = select_positions(scores, everywhere(scores), 0.4, by="mass", priority=priority)
    assert selected.tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("by", ["positions", "mass"])
@pytest.mark.parametrize("order", ["lowest", "highest"])
def test_what_stands_between_letters_decides_on_none(order: str, by: str) -> None:
    """Attention spreads to N beside letters, and may be the highest there."""
    scores = torch.tensor([[0.05, 0.1, 0.02, 0.9, 0.3, 0.01]])
    real = torch.arange(6).unsqueeze(0) != 3
    for fraction in (0.1, 0.3, 0.6):
        rule = {"fraction": fraction, "by": by, "order": order, "generator": None}
        found = masked_positions(scores, real, **rule)
        alone = masked_positions(scores[:, real[0]], real[:, real[0]], **rule)
        assert found[:, real[0]].tolist() == alone.tolist()


@pytest.mark.parametrize("value", MASK_VALUES)
def test_only_selected_positions_change_and_the_input_stays(value: str) -> None:
    """A new tensor; letters outside the mask are the same."""
    generator = torch.Generator().manual_seed(0)
    x = one_hot(torch.randint(5, (6, 30), generator=generator))
    before = x.clone()
    selected = torch.rand(6, 30, generator=generator) < 0.4
    filled = fill_positions(x, selected, value, generator)
    assert torch.equal(x, before)
    assert filled.shape == x.shape
    assert filled.dtype == x.dtype
    assert torch.equal(
        filled.masked_select(~selected.unsqueeze(1)), x.masked_select(~selected.unsqueeze(1))
    )
    columns = filled.transpose(1, 2)[selected]
    if value == "zero":
        assert (columns == 0).all()
    elif value == "uniform":
        assert (columns == 0.25).all()
    else:
        assert (columns.sum(dim=1) == 1).all()
        assert ((columns == 0) | (columns == 1)).all()


def test_resampled_letters_follow_the_composition_of_their_own_sequence() -> None:
    """Row 0 is three quarters A and one quarter T, row 1 has no A at all; N does not count."""
    n = 20_000
    codes = torch.tensor([[0, 0, 0, 3], [1, 2, 9, 9]]).repeat(1, n // 4)
    filled = fill_positions(
        one_hot(codes),
        torch.ones(2, n, dtype=torch.bool),
        "resample",
        torch.Generator().manual_seed(0),
    )
    shares = filled.mean(dim=2)
    expected = torch.tensor([[0.75, 0, 0, 0.25], [0, 0.5, 0.5, 0]])
    torch.testing.assert_close(shares, expected, atol=0.02, rtol=0)
    assert (shares[expected == 0] == 0).all()


def test_a_single_letter_is_all_that_is_drawn() -> None:
    """Of a sequence of N but for it."""
    codes = torch.full((1, 50), 9)
    codes[0, 20] = 1
    generator = torch.Generator().manual_seed(0)
    filled = fill_positions(one_hot(codes), everywhere(codes), "resample", generator)
    assert torch.equal(filled, one_hot(torch.ones_like(codes)))


def test_resampling_draws_from_the_generator_only() -> None:
    """Equal seeds give equal letters, and the global generator is not touched."""
    x = one_hot(torch.randint(4, (3, 50), generator=torch.Generator().manual_seed(0)))
    selected = torch.ones(3, 50, dtype=torch.bool)
    state = torch.get_rng_state()
    a, b, c = (
        fill_positions(x, selected, "resample", torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(torch.get_rng_state(), state)


def test_resampling_a_sequence_without_letters_stays_finite() -> None:
    """There is no composition to draw from, and no division by zero."""
    filled = fill_positions(torch.zeros(1, 4, 5), torch.ones(1, 5, dtype=torch.bool))
    assert torch.isfinite(filled).all()


def test_unknown_values_raise() -> None:
    """The message lists what there is."""
    with pytest.raises(ValueError, match="'resample', 'uniform', 'zero'"):
        fill_positions(torch.zeros(1, 4, 5), torch.ones(1, 5, dtype=torch.bool), "N")

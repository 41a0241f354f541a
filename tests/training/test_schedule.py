"""How long a training takes, and how much of it is without masks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sklearn_attngen.training import resolve_cooldown, resolve_epochs


def test_a_number_of_epochs_is_taken_as_it_is() -> None:
    """Whatever the number of batches."""
    assert [resolve_epochs(7, n) for n in (1, 1000)] == [7, 7]


def test_automatic_epochs_give_enough_steps_within_bounds() -> None:
    """Fewer epochs for more batches; enough steps unless the bound on epochs is met."""
    epochs = [resolve_epochs("auto", n) for n in range(1, 2000)]
    assert all(a >= b for a, b in pairwise(epochs))
    longest, shortest = epochs[0], epochs[-1]
    assert (longest, shortest) == (120, 16)
    between = [n * e for n, e in enumerate(epochs, start=1) if shortest < e < longest]
    assert min(between) >= 1000
    # the smallest whole number of epochs that reaches one number of steps
    assert max(between) - min(between) < max(n for n, e in enumerate(epochs, 1) if e > shortest)


def test_an_automatic_cooldown_keeps_the_masks_of_few_rows() -> None:
    """To the end of fewer than 2,000, to two thirds of more; a number is kept."""
    assert [resolve_cooldown("auto", n) for n in (1, 1999)] == [0, 0]
    assert [resolve_cooldown("auto", n) for n in (2000, 100_000)] == [1 / 3, 1 / 3]
    assert resolve_cooldown("auto", 4000, warmup=0.9) == pytest.approx(0.05), "some are left"
    assert resolve_cooldown("auto", 4000, warmup=1.0) == 0
    assert resolve_cooldown(0.5, 10) == 0.5


def test_a_cooldown_that_cuts_off_the_ramp_raises() -> None:
    """Sums that are 1 but for their last bits do not."""
    with pytest.raises(ValueError, match=r"mask_warmup=0.7 and mask_cooldown=0.4 .* at most 1"):
        resolve_cooldown(0.4, 10, warmup=0.7)
    with pytest.raises(ValueError, match="never"):
        resolve_cooldown("never", 10)
    assert float(np.float32(0.2)) + 0.8 > 1
    assert resolve_cooldown(np.float32(0.2), 10, warmup=0.8) == pytest.approx(0.2)

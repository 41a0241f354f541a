"""Data as tensors, and batches that are slices of them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.training import BatchIterator, SequenceDataset, expand

SETTINGS = settings(deadline=None, derandomize=True, max_examples=40)


def dataset(n: int) -> SequenceDataset:
    """Row i holds the code i, the target i + 100 and the weight i / 2."""
    rows = torch.arange(n)
    return SequenceDataset(rows.to(torch.uint8).view(-1, 1), rows + 100, rows / 2)


def test_a_dataset_keeps_sequence_target_and_weight_together() -> None:
    """One row, or many at once."""
    data = dataset(5)
    assert len(data) == 5
    inputs, target = data[3]
    assert (inputs["data"].tolist(), inputs["weight"].item(), target.item()) == ([3], 1.5, 103)
    inputs, target = data[torch.tensor([4, 0])]
    assert inputs["data"].ravel().tolist() == [4, 0]
    assert target.tolist() == [104, 100]


@SETTINGS
@given(n=st.integers(1, 200), batch_size=st.integers(1, 210), shuffled=st.booleans())
def test_batches_are_even_and_hold_every_row_once(n: int, batch_size: int, shuffled: bool) -> None:
    """No batch is larger than asked for, nor smaller than another by more than one row."""
    generators = [torch.Generator().manual_seed(0)] if shuffled else []
    iterator = BatchIterator(dataset(n), batch_size, generators)
    batches = list(iterator)
    sizes = [len(target) for _, target in batches]
    assert len(iterator) == len(sizes) == -(-n // batch_size)
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    rows = torch.cat([target for _, target in batches]) - 100
    assert rows.sort().values.tolist() == list(range(n))
    for inputs, target in batches:
        assert torch.equal(inputs["data"].ravel().long(), target - 100)
        assert torch.equal(inputs["weight"], (target - 100) / 2)


def test_order_comes_from_the_generator() -> None:
    """Another order each epoch, the same for the same seed; global state is left alone."""

    def epochs(seed: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        iterator = BatchIterator(dataset(20), 8, [generator])
        return [torch.cat([target for _, target in iterator]).tolist() for _ in range(2)]

    state = torch.get_rng_state()
    first = epochs(1)
    assert epochs(1) == first
    assert epochs(2) != first
    assert first[0] != first[1]
    assert torch.equal(torch.get_rng_state(), state)


def test_order_is_kept_without_a_generator() -> None:
    """Validation and prediction go row by row."""
    rows = torch.cat([target for _, target in BatchIterator(dataset(20), 8)]) - 100
    assert rows.tolist() == list(range(20))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_codes_become_one_hot(dtype: torch.dtype) -> None:
    """Channels first; codes beyond the letters are zeros."""
    codes = torch.tensor([[0, 3, 255], [1, 4, 2]], dtype=torch.uint8)
    x = expand(codes, 4, dtype)
    assert x.dtype == dtype
    assert x.shape == (2, 4, 3)
    assert x[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert x[1].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_values_stay_as_they_are() -> None:
    """Soft letters and numbers are only cast."""
    values = torch.rand(2, 4, 3, dtype=torch.float64)
    assert torch.equal(expand(values, 4, torch.float64), values)
    assert torch.equal(expand(values, 4), values.float())


def test_several_orders_stand_behind_one_another() -> None:
    """Each holds every row once, in batches of the same sizes; the first is what it is alone."""
    generators = [torch.Generator().manual_seed(seed) for seed in (3, 4)]
    batches = [target for _, target in BatchIterator(dataset(20), 8, generators)]
    parts = [batch.chunk(2) for batch in batches]
    alone = BatchIterator(dataset(20), 8, [torch.Generator().manual_seed(3)])
    assert [first.tolist() for first, _ in parts] == [target.tolist() for _, target in alone]
    second = torch.cat([other for _, other in parts]) - 100
    assert second.sort().values.tolist() == list(range(20))
    assert [len(first) for first, _ in parts] == [len(other) for _, other in parts]

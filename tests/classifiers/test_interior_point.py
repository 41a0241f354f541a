"""Where the gradient of the default saliency is taken: found by each fit, moved by partial_fit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from sklearn_attngen import SequenceOneHotEncoder
from sklearn_attngen.networks import INTERIOR_POINT, halfway_point, interior_gradient

Make = Callable[..., Any]
Data = tuple[np.ndarray, np.ndarray]


def test_the_interior_point_is_that_of_the_training_rows(make: Make, planted: Data) -> None:
    """Half of what tells the sequences apart is there; it comes with the fit, for every row."""
    X, y = planted
    estimator = make(precision="float32").fit(X, y)
    one_hot = SequenceOneHotEncoder().fit_transform(X).reshape(len(X), -1, 4)
    x = torch.from_numpy(one_hot).transpose(1, 2).float()
    assert len(X) < 128
    assert estimator.interior_point_ == pytest.approx(halfway_point(estimator.module_, [x]))
    assert 0.2 < estimator.interior_point_ < 0.95
    target = torch.zeros(len(x), dtype=torch.int64)
    expected = interior_gradient(estimator.module_, x, target, estimator.interior_point_)
    found = estimator.saliency(X, "interior_gradient", estimator.classes_[0], signed=True)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        estimator.saliency(X[:1]), estimator.saliency(X)[:1], rtol=1e-4, atol=1e-7
    )


def test_the_interior_point_follows_the_training(attngen: Make, planted: Data) -> None:
    """A fit finds it anew, `partial_fit` moves it, and rows that tell nothing leave it."""
    X, y = planted
    estimator = attngen(max_epochs=3, warm_start=True).fit(X, y)
    first = estimator.interior_point_
    estimator.interior_point_ = 0.001
    estimator.fit(X, y)
    assert estimator.interior_point_ > 0.1, "found anew"
    estimator.interior_point_ = first
    estimator.partial_fit(X, y)
    moved = estimator.interior_point_
    copy = pickle.loads(pickle.dumps(estimator))
    del copy.interior_point_
    copy._find_interior_point(copy._read_fitted(X), np.searchsorted(copy.classes_, y), False)
    assert moved == pytest.approx(first + (copy.interior_point_ - first) / 4, abs=0.01)
    assert moved != first
    estimator.partial_fit(X[:1], y[:1])
    assert estimator.interior_point_ == moved
    estimator.set_params(warm_start=False).fit(["N" * 24] * 20, y[:20])
    assert estimator.interior_point_ == INTERIOR_POINT, "nothing is left of another fit"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.arange(509) % 2, [64, 64]),  # every fourth row would be of one class
        (np.repeat([0, 1], [3, 997]), [3, 125]),
        (np.arange(700) % 7, [19, 19, 18, 18, 18, 18, 18]),
        (np.arange(500), [1] * 128),
    ],
)
def test_the_interior_point_is_found_on_all_classes(
    labels: np.ndarray, expected: list[int], attngen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the order of the rows, and however rare a class is."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list("ACGT"), (len(labels), 24))])
    estimator = attngen(max_epochs=1).fit(X[:20], np.arange(20) % 2)
    seen: list[np.ndarray] = []
    batches = estimator._batches
    monkeypatch.setattr(
        estimator, "_batches", lambda some: seen.append(some.codes) or batches(some)
    )
    sequences = estimator._read_fitted(X)
    estimator._find_interior_point(sequences, labels, True)
    (codes,) = seen
    row_of = {codes.tobytes(): row for row, codes in enumerate(sequences.codes)}
    taken = labels[[row_of[each.tobytes()] for each in codes]]
    counts = np.bincount(taken)
    assert sorted(counts[counts > 0].tolist()) == sorted(expected)

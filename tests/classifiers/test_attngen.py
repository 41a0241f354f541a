"""AttnGenClassifier: masking as a training device, and what it leaves behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_attngen import AttnGenClassifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.networks import MASK_SCHEDULES, AttnGenNetwork
from tests.conftest import QUICK

Make = Callable[..., AttnGenClassifier]
Data = tuple[np.ndarray, np.ndarray]


def test_the_network_is_attngen(attngen: Make, planted: Data) -> None:
    """With the parameters of the estimator."""
    estimator = attngen(n_heads=3, n_layers=2, n_filters=5, n_estimators=1, max_epochs=1).fit(
        *planted
    )
    assert isinstance(estimator.module_, AttnGenNetwork)
    assert estimator.module_.pooling.score.out_channels == 3
    assert len(estimator.module_.encoder.blocks) == 2
    assert estimator.module_.encoder.stem[0].out_channels == 5


def test_the_mask_ramps_up(attngen: Make, planted: Data) -> None:
    """From nothing to the fraction, over the warm-up; the history tells it."""
    estimator = attngen(mask_fraction=0.3, mask_warmup=0.5, max_epochs=10).fit(*planted)
    fractions = [row["mask_fraction"] for row in estimator.history_]
    assert fractions == sorted(fractions)
    # recorded at the last of the four steps of an epoch
    expected = [0.3 * min((4 * epoch + 3) / 20, 1) for epoch in range(10)]
    np.testing.assert_allclose(fractions, expected)


@pytest.mark.parametrize("schedule", MASK_SCHEDULES)
def test_the_schedule_is_the_one_asked_for(attngen: Make, planted: Data, schedule: str) -> None:
    """Cosine starts slower than linear; constant does not ramp."""
    estimator = attngen(mask_schedule=schedule, mask_fraction=0.2, mask_warmup=1.0, max_epochs=8)
    fractions = [row["mask_fraction"] for row in estimator.fit(*planted).history_]
    if schedule == "constant":
        assert fractions == [0.2] * 8
    else:
        assert fractions[0] < 0.03
        early = 0.2 * 7 / 32
        assert (
            fractions[1] == pytest.approx(early) if schedule == "linear" else fractions[1] < early
        )


def test_masks_end_before_the_training_does(attngen: Make, planted: Data) -> None:
    """For the share that is asked for, which short trainings do not take by themselves."""
    X, y = planted
    ended = attngen(mask_cooldown=0.25, max_epochs=8).fit(X, y)
    masked = [row["mask_fraction"] > 0 for row in ended.history_]
    assert masked == [True] * 6 + [False] * 2
    by_default = attngen(max_epochs=8).fit(X, y)
    kept = attngen(mask_cooldown=0, max_epochs=8).fit(X, y)
    np.testing.assert_array_equal(by_default.predict_proba(X), kept.predict_proba(X))
    assert (ended.predict_proba(X) != kept.predict_proba(X)).any()


@pytest.mark.parametrize(
    ("changes", "n_rows", "share"),
    [
        ({}, 2000, 1 / 3),
        ({}, 1999, 0),
        ({"mask_warmup": 0.5}, 2000, 0.25),
        ({"mask_warmup": 0.5, "mask_schedule": "constant"}, 2000, 1 / 3),
        ({"mask_cooldown": 0.1}, 800, 0.1),
    ],
)
def test_the_cooldown_follows_from_the_number_of_rows(
    changes: dict[str, Any], n_rows: int, share: float
) -> None:
    """And from the ramp, where there is one."""
    assert AttnGenClassifier(**changes)._masking(n_rows).cooldown == pytest.approx(share)


def test_an_automatic_cooldown_counts_the_rows_that_train(
    attngen: Make, planted: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those with weight, and without those that are held out; not steps."""
    monkeypatch.setattr("sklearn_attngen.training._schedule.COOLDOWN_ROWS", 50)
    X, y = planted

    def masked_at_the_end(n: int, n_dropped: int = 0, **changes: Any) -> bool:
        weight = np.r_[np.ones(n - n_dropped), np.zeros(n_dropped)]
        estimator = attngen(max_epochs=6, **changes).fit(X[:n], y[:n], sample_weight=weight)
        return estimator.history_[-1]["mask_fraction"] > 0

    assert not masked_at_the_end(50)
    assert masked_at_the_end(49)
    assert masked_at_the_end(60, n_dropped=11)
    assert masked_at_the_end(50, early_stopping=True)


def test_a_training_without_an_end_is_masked_for_ever(attngen: Make, planted: Data) -> None:
    """Single epochs, also beyond the number after which a fit would end."""
    X, y = planted
    estimator = attngen(mask_cooldown=0.25, max_epochs=4)
    for _ in range(6):
        estimator.partial_fit(X, y, classes=np.unique(y))
    fractions = [row["mask_fraction"] for row in estimator.history_]
    assert fractions == sorted(fractions)
    assert fractions[2:] == [estimator.mask_fraction] * 4


def test_a_ramp_that_the_cooldown_cuts_off_raises(attngen: Make, planted: Data) -> None:
    """Where there is a ramp, and a cooldown: a training without an end has none."""
    X, y = planted
    over = attngen(mask_warmup=0.7, mask_cooldown=0.4, max_epochs=2)
    with pytest.raises(ValueError, match="masks would end before their ramp does"):
        over.fit(X, y)
    over.partial_fit(X, y, classes=np.unique(y))
    over.set_params(mask_schedule="constant").fit(X, y)
    for wrong in (1.0, -0.1, "never"):
        with pytest.raises(ValueError, match="The 'mask_cooldown' parameter"):
            attngen(mask_cooldown=wrong).fit(X, y)


def test_no_fraction_is_no_masking(attngen: Make, planted: Data) -> None:
    """Bit for bit, whatever the other parameters of the mask say."""
    X, y = planted
    plain = attngen(mask_fraction=0, max_epochs=4).fit(X, y)
    other = (
        clone(plain)
        .set_params(mask_value="zero", mask_order="random", consistency_weight=5.0)
        .fit(X, y)
    )
    np.testing.assert_array_equal(plain.predict_proba(X), other.predict_proba(X))
    assert all("mask_fraction" not in row for row in plain.history_)
    masked = attngen(mask_fraction=0.2, max_epochs=4).fit(X, y)
    assert not np.allclose(masked.predict_proba(X), plain.predict_proba(X), atol=1e-3)


def test_before_the_ramp_nothing_differs(attngen: Make, planted: Data) -> None:
    """The first step is one without a mask: weights and order are not disturbed by the method."""
    X, y = planted
    one_step = {"max_epochs": 1, "batch_size": 80, "mask_schedule": "linear"}
    masked = attngen(mask_fraction=0.5, **one_step).fit(X, y)
    plain = attngen(mask_fraction=0, **one_step).fit(X, y)
    np.testing.assert_array_equal(masked.predict_proba(X), plain.predict_proba(X))


LOWEST = {"mask_by": "positions", "mask_order": "lowest", "mask_value": "resample"}


@pytest.fixture(scope="module")
def masked_lowest(planted: Data) -> AttnGenClassifier:
    """With the least attended letters masked; it must not be changed."""
    return AttnGenClassifier(**QUICK, mask_fraction=0.2, **LOWEST).fit(*planted)


# Which letters are masked and what stands there then is chosen by different code.
@pytest.mark.parametrize(
    ("by", "order", "value"),
    [
        *itertools.product(["positions", "mass"], ["lowest", "highest", "random"], ["resample"]),
        ("positions", "lowest", "uniform"),
        ("positions", "lowest", "zero"),
    ],
)
def test_every_kind_of_mask_learns(
    masked_lowest: AttnGenClassifier, planted: Data, by: str, order: str, value: str
) -> None:
    """Controls included; each one gives another network."""
    X, y = planted
    changes = {"mask_by": by, "mask_order": order, "mask_value": value}
    if changes == LOWEST:
        assert masked_lowest.score(X, y) > 0.7
        return
    estimator = clone(masked_lowest).set_params(**changes).fit(X, y)
    assert estimator.score(X, y) > 0.7
    assert not np.array_equal(masked_lowest.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize("mask_fraction", [0.05, 0.9, 0.99])
def test_extreme_fractions_train(attngen: Make, planted: Data, mask_fraction: float) -> None:
    """One letter at least is always left."""
    estimator = attngen(mask_fraction=mask_fraction, max_epochs=4).fit(*planted)
    assert np.isfinite(estimator.predict_proba(planted[0])).all()


@pytest.mark.parametrize("mask_fraction", [1.0, -0.1, "all"])
def test_impossible_fractions_raise(attngen: Make, planted: Data, mask_fraction: Any) -> None:
    """Everything masked leaves nothing to learn from."""
    with pytest.raises(ValueError, match="mask_fraction"):
        attngen(mask_fraction=mask_fraction).fit(*planted)


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_consistency_is_part_of_the_loss(attngen: Make, planted: Data, weight: float) -> None:
    """Another weight, another network; zero trains masked sequences on their labels."""
    X, y = planted
    default = attngen(consistency_weight=1.0, mask_fraction=0.2).fit(X, y)
    other = attngen(consistency_weight=weight, mask_fraction=0.2).fit(X, y)
    assert other.score(X, y) > 0.85
    assert not np.allclose(other.predict_proba(X), default.predict_proba(X), atol=1e-4)


@pytest.mark.slow
def test_masked_and_clean_predictions_agree_where_the_method_is_on() -> None:
    """What training on masked sequences is for: the least attended letters change less."""
    data = make_motif_sequences(900, length=60, motif_width=8, random_state=3)
    X, held_out = data.data[:600], data.data[600:]
    changes = {0.3: 0.0, 0.0: 0.0}
    for fraction in changes:
        for seed in range(2):
            estimator = AttnGenClassifier(
                mask_fraction=fraction,
                n_filters=16,
                batch_size=50,
                n_estimators=1,
                max_epochs=25,
                device="cpu",
                random_state=seed,
            ).fit(X, data.target[:600])
            clean = estimator.decision_function(held_out)
            attention = estimator.saliency(held_out, "attention")
            lowest = np.argsort(attention, axis=1, kind="stable")[:, :18]
            masked = [
                "".join("N" if i in set(row) else letter for i, letter in enumerate(x))
                for x, row in zip(held_out, lowest, strict=True)
            ]
            change = np.abs(estimator.decision_function(masked) - clean).mean()
            changes[fraction] += change / np.abs(clean).mean()
    assert changes[0.3] < 0.9 * changes[0.0]


def test_prediction_sees_the_whole_sequence(attngen: Make, planted: Data) -> None:
    """Masking is for training: predicting draws nothing, and the parameter does not matter then."""
    X, y = planted
    estimator = attngen(mask_fraction=0.5, max_epochs=3).fit(X, y)
    expected = estimator.predict_proba(X)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    estimator.set_params(mask_fraction=0.0)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)


def test_attention_finds_the_motif(attngen: Make, planted_many: Data, planted_again: Data) -> None:
    """In sequences it has not seen: the letters of the motif get more than their share."""
    estimator = attngen(random_state=1).fit(*planted_many)
    X, y = planted_again
    X = X[y == "yes"]
    motif = np.zeros((len(X), 24), dtype=bool)
    for row, x in enumerate(X):
        start = x.index("TATAAT")
        motif[row, start : start + 6] = True
    for method in estimator._saliency_methods:
        share = estimator.saliency(X, method, "yes")[motif].sum() / len(X)
        # 6 of 24 letters hold a quarter by chance; attention is spread over neighbours, too
        assert share > (0.265 if method == "attention" else 0.4), method


def test_attention_is_a_property_of_the_network(attngen: Make, planted: Data) -> None:
    """The method "attention" is what module_.attend gives."""
    X, y = planted
    estimator = attngen(max_epochs=2).fit(X, y)
    x = torch.from_numpy(
        np.stack([[[float(letter == c) for letter in row] for c in "ACGT"] for row in X[:5]])
    ).float()
    with torch.no_grad():
        scores = estimator.module_.attend(x)[1].numpy()
    np.testing.assert_allclose(estimator.saliency(X[:5], "attention"), scores, atol=1e-6)

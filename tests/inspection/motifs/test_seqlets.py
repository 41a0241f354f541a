"""extract_seqlets: peaks are found where they are, and rarely where they are not."""

import tracemalloc

import numpy as np
import pytest
from sklearn.utils import Bunch

from sklearn_attngen.inspection import extract_seqlets
from sklearn_attngen.inspection._motifs import seqlets as seqlets_module
from sklearn_attngen.inspection._motifs.seqlets import _peaks


def peaky(n=200, length=100, height=2.0, seed=0):
    """Noise with one peak of ten letters in every second row."""
    rng = np.random.default_rng(seed)
    values = rng.random((n, length))
    start = rng.integers(0, length - 10, n)
    for row in range(0, n, 2):
        values[row, start[row] : start[row] + 10] += height
    return values, start


def test_peaks_are_found_where_they_are():
    values, start = peaky()
    seqlets = extract_seqlets(values, width=10)
    assert isinstance(seqlets, Bunch)
    true = seqlets.row % 2 == 0
    assert set(seqlets.row[true]) == set(range(0, 200, 2))
    assert np.abs(seqlets.start[true] - start[seqlets.row[true]]).max() <= 1
    assert (~true).mean() <= 0.05
    np.testing.assert_array_equal(seqlets.end - seqlets.start, 10)


def test_scores_are_sums_and_fall():
    values, _ = peaky()
    seqlets = extract_seqlets(values, width=7)
    sums = [values[r, s:e].sum() for r, s, e in zip(seqlets.row, seqlets.start, seqlets.end)]  # noqa: B905
    np.testing.assert_allclose(seqlets.score, sums)
    assert (np.diff(seqlets.score) <= 0).all()
    assert (np.diff(seqlets.q_value) >= 0).all()


def test_regions_do_not_overlap():
    seqlets = extract_seqlets(peaky()[0], width=6, false_discovery_rate=1.0)
    covered = np.zeros((200, 100), dtype=int)
    np.add.at(covered, (seqlets.row[:, None], seqlets.start[:, None] + np.arange(6)), 1)
    assert covered.max() == 1
    assert len(seqlets.row) > 2000


def greedy(row, width):
    """Take the best window, the first of equal ones, as long as there is one with a sum above 0."""
    total = np.concatenate([[0.0], np.cumsum(row)])
    sums = total[width:] - total[:-width]
    starts = []
    while sums.max() > 0:
        best = int(sums.argmax())
        starts.append(best)
        sums[max(0, best - width + 1) : best + width] = -np.inf
    return sorted(starts)


def test_width_of_numpy():
    values = peaky()[0]
    expected, given = (extract_seqlets(values, width=width) for width in (6, np.uint8(6)))
    np.testing.assert_array_equal(given.start, expected.start)
    np.testing.assert_array_equal(given.end, expected.end)


@pytest.mark.parametrize("width", [2, 5, 19, 20])
def test_regions_are_those_of_taking_one_after_the_other(width):
    rng = np.random.default_rng(width)
    for values in (rng.normal(size=(30, 20)), rng.integers(-1, 3, (30, 20))):
        seqlets = extract_seqlets(values, width=width, false_discovery_rate=1.0)
        for row in range(30):
            assert sorted(seqlets.start[seqlets.row == row]) == greedy(values[row], width)


def test_long_sequences_take_little_memory():
    """No row is looked at as a whole for each window, but for its highest sum."""
    values = np.random.default_rng(0).random((20, 20_000))
    tracemalloc.start()
    extract_seqlets(values, null=values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * values.nbytes


def test_noise_has_a_peak_as_rarely_as_the_rate_says():
    """Where all is chance, any region found makes the share of chance regions 1."""
    draws = [np.random.default_rng(seed).exponential(size=(4, 40)) for seed in range(250)]
    found = [len(extract_seqlets(noise, width=8).row) > 0 for noise in draws]
    assert np.mean(found) <= 0.09  # 0.05, and three standard errors are 0.04


def test_few_regions_are_found_only_with_enough_chance_beside_them():
    """One row looked at for chance for each of the data's says nothing of the highest 5 %."""
    values = np.zeros((30, 40))
    values[:19, 10:15] = 1
    assert len(extract_seqlets(values, width=5, null=np.zeros((30, 40))).row) == 0
    assert len(extract_seqlets(values, width=5, null=np.zeros((60, 40))).row) == 19
    values[19, 10:15] = 1
    assert len(extract_seqlets(values, width=5, null=np.zeros((30, 40))).row) == 20


def test_a_rate_of_just_what_is_asked_for_is_enough():
    """Three regions, and two as high among the twenty rows of chance: 3 / (20 * 3)."""
    values = np.zeros((1, 20))
    values[0, [0, 1, 5, 6, 10, 11]] = 5
    null = np.zeros((20, 20))
    null[0, [0, 1, 5, 6]] = 5
    found = extract_seqlets(values, width=2, null=null, false_discovery_rate=0.05)
    assert found.start.tolist() == [0, 5, 10]
    np.testing.assert_array_equal(found.q_value, 0.05)


@pytest.mark.parametrize("scale", [3, 7])
def test_the_unit_of_the_saliency_decides_nothing(scale):
    """Letters that chance gathers too have one sum, whatever rounding makes of their order."""
    rng = np.random.default_rng(2)
    values = np.zeros((60, 60))
    for row in values:  # few letters with saliency, as trees have them
        row[rng.integers(50) + rng.choice(10, 3, replace=False)] = rng.random(3)
    values /= values.sum(axis=1, keepdims=True)
    expected = extract_seqlets(values, width=8, false_discovery_rate=0.5)
    scaled = extract_seqlets(scale * values, width=8, false_discovery_rate=0.5)
    np.testing.assert_array_equal(scaled.q_value, expected.q_value)


@pytest.mark.parametrize("kind", ["random", "ties", "signed", "none"])
def test_long_rows_have_the_same_peaks(monkeypatch, kind):
    """They are gone through one by one, in a time that grows as their length does."""
    values = np.random.default_rng(0).random((20, 300))
    if kind == "ties":
        values = np.round(values)
    elif kind == "signed":
        values -= 0.5
        values[::3] = -1  # rows without any
    elif kind == "none":
        values = -values
    usual = _peaks(values, 7)
    monkeypatch.setattr(seqlets_module, "_LONG", 100)
    long = _peaks(values, 7)
    order, order_long = (np.lexsort((start, row)) for row, start, _ in (usual, long))
    for one, other in zip(usual, long, strict=True):
        np.testing.assert_array_equal(one[order], other[order_long])


def test_a_very_long_row_takes_no_time_as_the_square_of_its_length():
    values = np.random.default_rng(0).random((1, 400_000))
    seqlets = extract_seqlets(values, width=15, false_discovery_rate=1.0, n_permutations=1)
    assert len(seqlets.row) > 15_000


def test_an_even_saliency_has_no_peak():
    assert len(extract_seqlets(np.full((50, 40), 1 / 40)).row) == 0
    assert len(extract_seqlets(np.zeros((50, 40))).row) == 0


def test_evidence_against_is_no_peak():
    values, _ = peaky()
    assert len(extract_seqlets(-values, width=10).row) == 0


def test_the_rate_is_one_knob():
    values, _ = peaky(height=0.35)
    few, many = (
        extract_seqlets(values, width=10, false_discovery_rate=rate) for rate in (0.01, 0.3)
    )
    assert 0 < len(few.row) < len(many.row)
    np.testing.assert_array_equal(many.score[: len(few.score)], few.score)


def test_a_null_of_ones_own():
    """Smooth noise fools the permuted null, and not one that is as smooth."""
    rng = np.random.default_rng(0)

    def smooth(n):
        noise = rng.random((n, 120))
        return np.stack([np.convolve(row, np.ones(12), "valid") for row in noise])

    values, control = smooth(100), smooth(400)
    assert len(extract_seqlets(values, width=10).row) > 50
    assert len(extract_seqlets(values, width=10, null=control).row) < 10


def test_a_null_of_more_rows_is_counted_per_row():
    values, _ = peaky()
    null = np.random.default_rng(1).random((1000, 100))
    seqlets = extract_seqlets(values, width=10, null=null)
    assert 100 <= len(seqlets.row) <= 106


def test_the_seed_decides():
    values, _ = peaky(height=0.5)
    first, second, other = (extract_seqlets(values, random_state=seed) for seed in (3, 3, 4))
    for key in first:
        np.testing.assert_array_equal(first[key], second[key])
    assert first.q_value.tolist() != other.q_value.tolist()


def test_one_window_is_the_whole_row():
    seqlets = extract_seqlets([[1.0, 2.0, 3.0]], width=3, false_discovery_rate=1.0)
    assert (seqlets.start.tolist(), seqlets.end.tolist()) == ([0], [3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"saliency": np.ones((2, 10))}, "width=15 is more than the 10 positions"),
        ({"saliency": np.ones(30)}, "one row for each sequence"),
        ({"saliency": np.ones((0, 30))}, "at least one"),
        ({"saliency": np.ones((2, 4, 30))}, r"\(2, 4, 30\).*summed over the axis of the letters"),
        ({"saliency": np.full((2, 30), np.nan)}, "row 0 at position 0"),
        ({"saliency": np.ones((2, 30)), "null": np.ones((2, 20))}, "null has 20 positions"),
        ({"saliency": np.ones((2, 30)), "width": 1}, "width"),
        ({"saliency": np.ones((2, 30)), "false_discovery_rate": 0}, "false_discovery_rate"),
    ],
)
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(ValueError, match=message):
        extract_seqlets(**arguments)


def test_chance_is_what_letters_would_gather():
    """Permuted into padding or N, noise would gather less by chance than it does among letters."""
    noise = np.random.default_rng(0).random((200, 60))
    letters = np.zeros((200, 240), dtype=bool)
    letters[:, 100:160] = True
    padded = np.zeros((200, 240))
    padded[letters] = noise.ravel()
    assert len(extract_seqlets(padded, width=15).row) > 100  # what is mended
    assert len(extract_seqlets(padded, width=15, where=letters).row) == 0
    padded[::2, 120:130] += 2
    found = extract_seqlets(padded, width=10, where=letters)
    assert set(range(0, 200, 2)) <= set(found.row)
    assert (found.row % 2).mean() <= 0.05


def test_without_other_positions_where_changes_nothing():
    values, _ = peaky()
    every = extract_seqlets(values, where=np.ones(values.shape, dtype=bool))
    np.testing.assert_array_equal(every.q_value, extract_seqlets(values).q_value)


@pytest.mark.parametrize("where", [np.ones((3, 4), bool), np.ones((3, 5))])
def test_where_is_one_truth_value_for_each_letter(where):
    with pytest.raises(ValueError, match=r"where must be an array of bool .*\(3, 5\)"):
        extract_seqlets(np.ones((3, 5)), width=2, where=where)

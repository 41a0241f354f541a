"""Tomtom: agrees with memelite, with brute force, and its p-values are probabilities."""

import numpy as np
import pytest

from sklearn_attngen.inspection._motifs.tomtom import _best_alignments, tomtom

DNA = np.array([3, 2, 1, 0], dtype=np.uint8)


@pytest.fixture(scope="module")
def known():
    rng = np.random.default_rng(0)
    return [rng.dirichlet([0.3] * 4, 6 + i % 10) for i in range(60)]


@pytest.fixture(scope="module")
def queries(known):
    """Three of them without their first column and with noise; the first on the other strand."""
    rng = np.random.default_rng(1)
    noisy = []
    for i in (3, 14, 37):
        noise = rng.dirichlet([1] * 4, len(known[i]) - 1)
        noisy.append(0.8 * known[i][1:] + 0.2 * noise)
    return [*noisy, noisy[0][::-1, ::-1]]


def test_the_right_one_is_found(known, queries):
    found = tomtom(queries, known, DNA)
    best = found.p_values.argmin(axis=1)
    assert best.tolist() == [3, 14, 37, 3]
    row = np.arange(4), best
    assert found.offsets[row].tolist() == [-1, -1, -1, 0]
    assert found.overlaps[row].tolist() == [8, 9, 12, 8]
    assert found.strands[row].tolist() == [1, 1, 1, -1]
    assert found.p_values[row].max() < 1e-6
    others = np.delete(found.p_values, [3, 14, 37], axis=1)
    assert others.min() > 1e-4


def test_the_other_strand_gives_the_same(known, queries):
    found = tomtom([queries[0], queries[3]], known, DNA)
    np.testing.assert_allclose(found.p_values[0], found.p_values[1], rtol=1e-9)


def test_one_strand_only(known, queries):
    found = tomtom(queries, known, None)
    assert (found.strands == 1).all()
    assert found.p_values[3, 3] > 1e-4
    both = tomtom(queries, known, DNA)
    assert found.p_values[0, 3] == pytest.approx(both.p_values[0, 3] / 2, rel=0.2)


def test_p_values_are_probabilities(known):
    """Of motifs with random columns, 10 % are as similar as the p-value 0.1 says."""
    rng = np.random.default_rng(2)
    columns = np.concatenate(known)
    strangers = [columns[rng.integers(0, len(columns), 9)] for _ in range(300)]
    p_values = tomtom(strangers[:20], strangers[20:], None).p_values
    for level in (0.01, 0.1, 0.5):
        assert (p_values <= level).mean() == pytest.approx(level, rel=0.35)


def test_alignments_are_the_best_of_all():
    """Against a loop over every offset."""
    rng = np.random.default_rng(0)
    scores = rng.integers(-9, 9, (5, 12))
    widths = np.array([3, 7, 1])
    indices = np.full((3, 7), 12)
    for row, width in enumerate(widths):
        indices[row, :width] = rng.integers(0, 12, width)
    best, offsets = _best_alignments(scores, indices, widths)
    for row, width in enumerate(widths):
        totals = {
            offset: sum(
                scores[offset + j, indices[row, j]] for j in range(width) if 0 <= offset + j < 5
            )
            for offset in range(1 - width, 5)
        }
        assert best[row] == max(totals.values())
        assert totals[offsets[row]] == best[row]


def test_what_is_like_nothing_is_aligned_all_the_same():
    """Also a narrow target: with no letter beside another, nothing would have been compared."""
    widths = np.array([3, 1])
    indices = np.array([[0, 1, 0], [1, 2, 2]])  # the last column stands beyond the end
    best, offsets = _best_alignments(np.full((2, 2), -1), indices, widths)
    assert best.tolist() == [-1, -1]
    overlaps = np.minimum(offsets + widths, 2) - np.maximum(offsets, 0)
    assert overlaps.tolist() == [1, 1]


def test_values_that_memelite_gives(known):
    """From ``memelite.tomtom(..., n_target_bins=None)`` of memelite 0.5.0."""
    rng = np.random.default_rng(0)
    for i in range(60):
        rng.dirichlet([0.3] * 4, 6 + i % 10)  # the draws of the fixture
    queries = [
        0.8 * known[i][1:] + 0.2 * rng.dirichlet([1] * 4, len(known[i]) - 1) for i in (3, 14, 37)
    ]
    p_values = tomtom(queries, known, DNA).p_values
    expected = [
        {3: 1.48e-13, 30: 0.0188, 35: 0.0226, 53: 0.0244},
        {14: 3.13e-10, 20: 0.0247, 29: 0.038, 34: 0.0637},
        {37: 4.8e-15, 30: 0.0107, 17: 0.0207, 39: 0.0273},
    ]
    for row, values in zip(p_values, expected, strict=True):
        for target, p_value in values.items():
            # scores are rounded in another way, which counts most far out in the tail
            assert np.log10(row[target]) == pytest.approx(np.log10(p_value), abs=0.16)


@pytest.mark.slow
def test_memelite_gives_the_same(known, queries):
    """Live, where it is installed; it compiles for a minute when it is first used."""
    memelite = pytest.importorskip("memelite")
    theirs = memelite.tomtom(
        [np.ascontiguousarray(query.T) for query in queries],
        [np.ascontiguousarray(motif.T) for motif in known],
        n_target_bins=None,
        n_jobs=1,
    )
    ours = tomtom(queries, known, DNA)
    difference = np.abs(np.log10(ours.p_values) - np.log10(theirs[0]))
    assert np.quantile(difference, 0.99) < 0.12
    np.testing.assert_array_equal(ours.p_values.argmin(axis=1), theirs[0].argmin(axis=1))

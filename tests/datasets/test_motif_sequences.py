"""Planted motifs stand where the masks say, and nothing else tells the classes apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.sequences import reverse_complement

TASKS = ("presence", "pairs", "spacing")


def letters_at(sequence, mask):
    return "".join(letter for letter, marked in zip(sequence, mask, strict=True) if marked)


def occurrences(sequence, motif):
    return [
        i for i in range(len(sequence) - len(motif) + 1) if sequence[i : i + len(motif)] == motif
    ]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    task=st.sampled_from(TASKS),
    n_samples=st.integers(1, 30),
    length=st.integers(80, 120),
    n_classes=st.integers(2, 3),
    motif_width=st.integers(6, 10),
    mutation_rate=st.sampled_from([0.0, 0.3]),
    strand=st.sampled_from(["forward", "both"]),
    seed=st.integers(0, 1000),
)
def test_shapes_and_masks(
    task, n_samples, length, n_classes, motif_width, mutation_rate, strand, seed
):
    """Whatever the settings: shapes fit, masks do not overlap, every planted letter is marked."""
    bunch = make_motif_sequences(
        n_samples,
        length=length,
        task=task,
        n_classes=n_classes,
        motif_width=motif_width,
        mutation_rate=mutation_rate,
        strand=strand,
        random_state=seed,
    )
    n_motifs = len(bunch.motifs)
    assert bunch.data.shape == (n_samples,)
    assert bunch.data.dtype == object
    assert {len(sequence) for sequence in bunch.data} == {length}
    assert set("".join(bunch.data)) <= set("ACGT")
    assert bunch.target.dtype == np.int64
    counts = np.bincount(bunch.target, minlength=n_classes)
    assert len(counts) == n_classes
    assert counts.max() - counts.min() <= 1
    marks = np.stack([bunch.positions, bunch.mutated, bunch.decoys]).astype(int)
    assert marks.shape == (3, n_samples, length)
    assert marks.sum(axis=0).max() == 1
    per_motif = bunch.planted.sum(axis=1) * motif_width
    np.testing.assert_array_equal(marks[:2].sum(axis=(0, 2)), per_motif)
    if task != "spacing":
        np.testing.assert_array_equal(marks[2].sum(axis=1), n_motifs * motif_width - per_motif)
    if mutation_rate == 0:
        assert not bunch.mutated.any()


@pytest.mark.parametrize("strand", ["forward", "both"])
def test_motifs_stand_where_planted_and_nowhere_else(strand):
    """Without mutations each motif occurs exactly where `positions` says."""
    bunch = make_motif_sequences(400, length=60, motif_width=6, strand=strand, random_state=0)
    flipped = 0
    for sequence, mask, planted in zip(bunch.data, bunch.positions, bunch.planted, strict=True):
        expected = np.zeros(60, dtype=bool)
        for motif, here in zip(bunch.motifs, planted, strict=True):
            forward = occurrences(sequence, motif)
            reverse = occurrences(sequence, reverse_complement(motif)) if strand == "both" else []
            assert len(forward) + len(reverse) == int(here)
            flipped += len(reverse)
            for start in forward + reverse:
                expected[start : start + 6] = True
        np.testing.assert_array_equal(mask, expected)
    assert (100 < flipped < 300) if strand == "both" else flipped == 0


def test_presence_gives_each_class_its_motif():
    """Class c holds motif c."""
    motifs = ["GATTACA", "CCGTGAA", "TTGCATGC"]
    bunch = make_motif_sequences(90, motifs=motifs, random_state=0)
    assert bunch.motifs == motifs
    for sequence, label, mask in zip(bunch.data, bunch.target, bunch.positions, strict=True):
        assert letters_at(sequence, mask) == motifs[label]


def test_background_class_has_no_motif():
    """Class 0 has nothing to find, class 1 has the motif."""
    bunch = make_motif_sequences(60, motifs=["GATTACA"], background_class=True, random_state=0)
    assert set(bunch.target) == {0, 1}
    assert not bunch.positions[bunch.target == 0].any()
    assert (bunch.positions[bunch.target == 1].sum(axis=1) == 7).all()
    assert [("GATTACA" in s) for s in bunch.data] == (bunch.target == 1).tolist()


@pytest.mark.parametrize(("n_classes", "n_motifs"), [(2, 4), (3, 4), (4, 6), (5, 6)])
def test_pairs_decide_and_single_motifs_do_not(n_classes, n_motifs):
    """Each pair belongs to one class; each motif is equally frequent in every class."""
    bunch = make_motif_sequences(3000, task="pairs", n_classes=n_classes, random_state=0)
    assert bunch.planted.shape == (3000, n_motifs)
    assert (bunch.planted.sum(axis=1) == 2).all()
    owner = {}
    for row, label in zip(bunch.planted, bunch.target, strict=True):
        assert owner.setdefault(tuple(np.flatnonzero(row)), label) == label
    frequency = [bunch.planted[bunch.target == c].mean(axis=0) for c in range(n_classes)]
    np.testing.assert_allclose(frequency, 2 / n_motifs, atol=0.06)


@pytest.mark.parametrize("strand", ["forward", "both"])
def test_spacing_is_the_distance(strand):
    """Both motifs stand in all classes, as far apart as the class says."""
    bunch = make_motif_sequences(
        300,
        length=80,
        task="spacing",
        motifs=["GATTACAA", "CCGTGGA"],
        spacings=[4, 9, 20],
        strand=strand,
        random_state=0,
    )
    starts = set()
    for sequence, label, mask in zip(bunch.data, bunch.target, bunch.positions, strict=True):
        if "GATTACAA" not in sequence:
            assert strand == "both"
            sequence, mask = reverse_complement(sequence), mask[::-1]
        first, second = sequence.index("GATTACAA"), sequence.index("CCGTGGA")
        assert second - first - 8 == [4, 9, 20][label]
        assert mask[first : first + 8].all()
        assert mask[second : second + 7].all()
        starts.add(first)
    assert len(starts) > 30


def test_the_middle_of_a_pair_does_not_decide():
    """A pair that is far apart fits into fewer places, and others are left to no class."""
    spacings = np.array([1, 12])
    bunch = make_motif_sequences(
        4000, length=40, task="spacing", motifs=["GATTACAA", "CCGTGGA"], spacings=spacings,
        random_state=0,
    )  # fmt: skip
    middle = bunch.positions.argmax(axis=1) + (15 + spacings[bunch.target]) // 2
    shares = [np.bincount(middle[bunch.target == c], minlength=40) / 2000 for c in (0, 1)]
    assert [np.count_nonzero(each) for each in shares] == [40 - 27 + 1] * 2
    np.testing.assert_allclose(shares[0], shares[1], atol=0.03)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("strand", ["forward", "both"])
def test_composition_does_not_decide(task, strand):
    """Letter counts predict nothing, even when the user's motifs differ in composition."""
    motifs = {
        "presence": ["GGGCCGCGC", "ATTATAATA"],
        "pairs": ["GGGCCGCGC", "CGGCGGGCC", "ATTATAATA", "TTAATATTA"],
        "spacing": ["GGGCCGCGC", "ATTATAATA"],
    }[task]
    bunch = make_motif_sequences(
        3000, length=60, task=task, motifs=motifs, strand=strand, random_state=0
    )
    counts = np.array([[s.count(letter) for letter in "ACGT"] for s in bunch.data])
    counts = np.hstack([counts, counts**2])
    model = LogisticRegression(max_iter=2000)
    accuracy = cross_val_score(model, counts / counts.max(axis=0), bunch.target, cv=5).mean()
    assert abs(accuracy - 0.5) < 0.035


def test_without_decoys_composition_would_decide():
    """The check above can fail: the motifs alone, without their decoys, give the class away."""
    bunch = make_motif_sequences(1000, length=60, motifs=["GGGCCGCGC", "ATTATAATA"], random_state=0)
    gc = np.array(
        [
            sum(c in "GC" for c, d in zip(s, decoy, strict=True) if not d)
            for s, decoy in zip(bunch.data, bunch.decoys, strict=True)
        ]
    )
    assert gc[bunch.target == 0].mean() - gc[bunch.target == 1].mean() > 4


def test_mutated_letters_are_other_letters_and_are_marked():
    """positions + mutated cover each motif; mutated letters differ from it, the others agree."""
    bunch = make_motif_sequences(
        500, motifs=["GATTACA", "CCGTGAA"], mutation_rate=0.2, random_state=0
    )
    for sequence, label, good, bad in zip(
        bunch.data, bunch.target, bunch.positions, bunch.mutated, strict=True
    ):
        start = int(np.argmax(good | bad))
        assert (good | bad)[start : start + 7].all()
        same = np.array(list(sequence[start : start + 7])) == np.array(list(bunch.motifs[label]))
        np.testing.assert_array_equal(same, good[start : start + 7])
    assert abs(bunch.mutated.sum() / (500 * 7) - 0.2) < 0.03


def test_gc_sets_the_background():
    """The share of G and C outside of what was planted follows `gc`."""
    bunch = make_motif_sequences(200, gc=0.3, random_state=0)
    free = ~(bunch.positions | bunch.mutated | bunch.decoys)
    letters = "".join(letters_at(s, mask) for s, mask in zip(bunch.data, free, strict=True))
    share = {letter: letters.count(letter) / len(letters) for letter in "ACGT"}
    assert share == pytest.approx({"A": 0.35, "C": 0.15, "G": 0.15, "T": 0.35}, abs=0.01)


@pytest.mark.parametrize(
    ("task", "ceiling"), [("presence", 0.85), ("pairs", 0.75), ("spacing", 0.98)]
)
def test_ceiling_of_the_docstring(task, ceiling):
    """The likelihood-ratio classifier reaches what the docstring says of it."""
    rate = 0.2
    bunch = make_motif_sequences(2000, task=task, mutation_rate=rate, random_state=1)
    codes = np.array([["ACGT".index(letter) for letter in s] for s in bunch.data])
    evidence = []
    for motif in bunch.motifs:
        word = np.array(["ACGT".index(letter) for letter in motif])
        windows = np.lib.stride_tricks.sliding_window_view(codes, len(word), axis=1)
        hits = (windows == word).sum(axis=-1)
        evidence.append(hits * np.log(4 * (1 - rate)) + (9 - hits) * np.log(4 * rate / 3))
    if task == "presence":
        scores = [logsumexp(e, axis=1) for e in evidence]
    elif task == "pairs":
        total = [logsumexp(e, axis=1) for e in evidence]
        pairs = [[(0, 3), (1, 2)], [(0, 2), (3, 1)]]
        scores = [np.logaddexp(*(total[i] + total[j] for i, j in both)) for both in pairs]
    else:
        first, second = evidence
        scores = [logsumexp(first[:, : -9 - gap] + second[:, 9 + gap :], axis=1) for gap in (5, 15)]
    assert np.mean(np.argmax(scores, axis=0) == bunch.target) == pytest.approx(ceiling, abs=0.02)


@pytest.mark.parametrize("task", TASKS)
def test_random_state(task):
    """Equal seeds give equal output, as a number or as a RandomState; others do not."""
    first = make_motif_sequences(50, task=task, random_state=3)
    again = make_motif_sequences(50, task=task, random_state=np.random.RandomState(3))
    other = make_motif_sequences(50, task=task, random_state=4)
    for key in ("data", "target", "positions", "mutated", "decoys", "planted"):
        np.testing.assert_array_equal(first[key], again[key])
    assert first.motifs == again.motifs
    assert first.data.tolist() != other.data.tolist()


def test_global_random_state_is_left_alone():
    """A seeded call does not touch numpy's global generator."""
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the old global state is meant
    make_motif_sequences(10, random_state=0)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002  # as above


def test_output_is_frozen():
    """Figures that rest on a seed stay reproducible across versions of this package."""
    bunch = make_motif_sequences(2, length=30, random_state=0)
    assert bunch.motifs == ["TGCAAGTAC", "TCTGAAAGC"]
    assert bunch.data.tolist() == [
        "TCTGAAAGCTCTGGGGGTACGCTCGAAATC",
        "GTTGCAAGTACGTGGTGCCGCGCTCAAATG",
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"motifs": ["GATTACA", "CCGTXAA"]}, r"motif 1 has 'X' at position 4 \(both counted"),
        ({"motifs": ["GATTACA", "AAAA"]}, "at least two different letters.*motif 1 is 'AAAA'"),
        ({"motifs": ["GATTACA", "TTAC"]}, "motif 0, 'GATTACA', holds motif 1, 'TTAC'"),
        ({"motifs": ["GATTACA", "GTAA"], "strand": "both"}, "holds motif 1, 'GTAA'.*strands"),
        ({"motifs": ["GATTACA", "GATTACA"]}, "motif 0, 'GATTACA', holds motif 1"),
        ({"motifs": ["GATTACA"]}, "At least two classes are needed"),
        ({"motifs": ["GATTACA", "CCGTGAA"], "n_classes": 3}, r"needs 3 motif\(s\), got 2"),
        ({"motifs": ["GATTACA", "CCGTGAA"], "task": "pairs"}, "an even number of at least 4"),
        ({"motifs": ["GATTACA"], "task": "spacing"}, r"needs 2 motif\(s\), got 1"),
        ({"task": "spacing", "spacings": [5, 5]}, "2 different integers"),
        ({"task": "spacing", "spacings": [5, 0.5]}, "integers of at least 1"),
        ({"task": "spacing", "spacings": [5]}, "At least two classes are needed"),
        ({"spacings": [5, 10]}, "spacings is for task='spacing'"),
        ({"task": "pairs", "background_class": True}, "background_class=True is for"),
        ({"length": 18}, "need at least 19 letters"),
        ({"task": "spacing", "length": 32}, "need at least 33 letters"),
        ({"n_classes": 60, "motif_width": 4, "length": 400}, "no 60 different motifs"),
        (
            {"motifs": ["AC", "CA"], "length": 400},
            "Use a (motif of more varied|larger motif_width)",
        ),
        ({"mutation_rate": 0.9}, "'mutation_rate' parameter"),
        ({"task": "order"}, "'task' parameter"),
        ({"n_samples": 0}, "'n_samples' parameter"),
    ],
)
def test_errors_say_what_to_do(parameters, message):
    """Impossible requests raise a ValueError that names the reason."""
    with pytest.raises(ValueError, match=message):
        make_motif_sequences(**{"n_samples": 20, "random_state": 0, **parameters})


def test_motifs_of_a_wrong_type():
    """Anything but strings is a TypeError with its index."""
    with pytest.raises(TypeError, match="got int at index 1"):
        make_motif_sequences(motifs=["GATTACA", 3])


def test_exactly_fitting_length():
    """The smallest length that the error message names is accepted."""
    assert make_motif_sequences(20, length=19, random_state=0).data[0]
    assert make_motif_sequences(20, task="spacing", length=33, random_state=0).data[0]


def test_lower_case_motifs_are_read_as_upper_case():
    """Case does not matter, as everywhere in this package."""
    bunch = make_motif_sequences(5, motifs=["gattaca", "ccgtgaa"], random_state=0)
    assert bunch.motifs == ["GATTACA", "CCGTGAA"]


def test_motifs_of_a_series_are_counted_by_place() -> None:
    with pytest.raises(ValueError, match="motif 0, 'GATTACA', holds motif 1"):
        make_motif_sequences(10, motifs=pd.Series(["GATTACA", "GATTACA"], index=[3, 4]))

"""The dinucleotide shuffle keeps what it promises and draws evenly."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.inspection._inputs.dinucleotide import dinucleotide_shuffle
from sklearn_attngen.sequences import NO_SIGNAL, decode_codes, read_sequences


def _codes(*strings):
    return read_sequences(list(strings)).codes


def _pairs(row):
    """Count adjacent pairs; a position without a signal is part of a pair too, and so stays put."""
    return Counter(pairwise(row.tolist()))


rows_of_codes = st.integers(1, 30).flatmap(
    lambda length: st.lists(
        st.lists(st.sampled_from([0, 1, 2, 3, NO_SIGNAL]), min_size=length, max_size=length),
        min_size=1,
        max_size=6,
    )
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(rows=rows_of_codes, seed=st.integers(0, 99))
def test_pair_counts_and_ends_and_unknown_positions_stay(rows, seed):
    codes = np.array(rows, dtype=np.uint8)
    shuffled = dinucleotide_shuffle(codes, 4, np.random.default_rng(seed))
    assert shuffled.dtype == np.uint8
    for before, after in zip(codes, shuffled, strict=True):
        assert _pairs(before) == _pairs(after)
    np.testing.assert_array_equal(codes == NO_SIGNAL, shuffled == NO_SIGNAL)
    np.testing.assert_array_equal(codes[:, [0, -1]], shuffled[:, [0, -1]])


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 99), n_letters=st.sampled_from([2, 5, 20]))
def test_other_alphabet_sizes(seed, n_letters):
    rng = np.random.default_rng(seed)
    codes = rng.integers(n_letters, size=(5, 60)).astype(np.uint8)
    shuffled = dinucleotide_shuffle(codes, n_letters, rng)
    for before, after in zip(codes, shuffled, strict=True):
        assert _pairs(before) == _pairs(after)


def test_every_sequence_with_these_pairs_is_equally_likely():
    """A biased choice of last edges still keeps the counts: only frequencies show it."""
    strings = Counter(
        decode_codes(
            dinucleotide_shuffle(
                np.repeat(_codes("ACAGACCAGA"), 12_000, axis=0), 4, np.random.default_rng(0)
            )
        )
    )
    original = _pairs(_codes("ACAGACCAGA")[0])
    possible = _all_with_pairs(original, start=0, length=10)
    assert len(possible) > 10
    assert set(strings) == possible
    expected = 12_000 / len(possible)
    chi_squared = sum((strings[s] - expected) ** 2 / expected for s in possible)
    degrees = len(possible) - 1
    assert chi_squared < degrees + 4 * np.sqrt(2 * degrees)


def _all_with_pairs(pairs, start, length):
    """Enumerate, by brute force, the strings with the given pair counts."""
    found = set()

    def extend(path, left):
        if len(path) == length:
            found.add("".join("ACGT"[c] for c in path))
        for letter in range(4):
            if left[path[-1], letter] > 0:
                extend([*path, letter], left - Counter({(path[-1], letter): 1}))

    extend([start], Counter(pairs))
    return found


@pytest.mark.parametrize(
    "string",
    ["A" * 100 + "C", "AT" * 100 + "CG", "A" * 60 + "C" * 60 + "G" * 60 + "T" * 60],
)
def test_low_complexity_ends_quickly(string):
    """Rejection of invalid last edges would need up to millions of draws here."""
    codes = _codes(*[string] * 50)
    shuffled = dinucleotide_shuffle(codes, 4, np.random.default_rng(0))
    assert _pairs(shuffled[0]) == _pairs(codes[0])


def test_rows_differ_and_the_seed_decides():
    codes = np.repeat(_codes("ACGTTGCAACGATCGATTAGCATG"), 20, axis=0)
    one = dinucleotide_shuffle(codes, 4, np.random.default_rng(1))
    again = dinucleotide_shuffle(codes, 4, np.random.default_rng(1))
    np.testing.assert_array_equal(one, again)
    assert len({row.tobytes() for row in one}) > 10


def test_blocks_keep_rows_apart(monkeypatch):
    """Rows beyond the first block are shuffled, each from its own letters."""
    monkeypatch.setattr("sklearn_attngen.inspection._inputs.dinucleotide._BLOCK", 3)
    rng = np.random.default_rng(0)
    codes = rng.choice(np.array([0, 1, 2, 3, NO_SIGNAL], np.uint8), (11, 40), p=[0.24] * 4 + [0.04])
    shuffled = dinucleotide_shuffle(codes, 4, rng)
    for before, after in zip(codes, shuffled, strict=True):
        assert _pairs(before) == _pairs(after)
    assert (codes != shuffled).any(axis=1).all()


def test_all_unknown_and_the_input_are_left_alone():
    codes = np.full((2, 5), NO_SIGNAL, np.uint8)
    np.testing.assert_array_equal(dinucleotide_shuffle(codes, 4, np.random.default_rng(0)), codes)
    letters = _codes("ACGTAACGAC")
    copy = letters.copy()
    dinucleotide_shuffle(letters, 4, np.random.default_rng(0))
    np.testing.assert_array_equal(letters, copy)

"""Words as numbers: equal where the words are equal, on either strand, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_attngen.model_selection import _words
from sklearn_attngen.model_selection._words import (
    are_among,
    connect,
    hash_rows,
    hash_words,
    link_equal,
    read_letters,
    resolve_k,
)
from sklearn_attngen.sequences import get_alphabet, reverse_complement


def spelled(sequences: list[str], k: int, both_strands: bool) -> list[tuple[str, int]]:
    """Every word without N and its row, in plain Python; and every row as a whole."""
    found = [(sequence, row) for row, sequence in enumerate(sequences)]
    for row, sequence in enumerate(sequences):
        words = (sequence[i : i + k] for i in range(len(sequence) - k + 1))
        found += [(word, row) for word in words if "N" not in word]
    if not both_strands:
        return found
    turned = reverse_complement([word for word, _ in found])
    return [(min(word, other), row) for (word, row), other in zip(found, turned, strict=True)]


def random_sequences(n: int = 60, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    letters = [rng.choice(list("ACGTN"), rng.integers(1, 30), p=[0.4, 0.1, 0.1, 0.35, 0.05])]
    for _ in range(n - 1):
        letters.append(
            rng.choice(list("ACGTN"), rng.integers(1, 30), p=[0.4, 0.1, 0.1, 0.35, 0.05])
        )
    return ["".join(each) for each in letters]


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("k", [1, 4, 7])
@pytest.mark.parametrize("part", [1 << 20, 40])
def test_numbers_are_equal_exactly_where_words_are(
    k: int, both_strands: bool, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of rows, whatever part of them is looked at at a time."""
    monkeypatch.setattr(_words, "_PART", part)
    sequences = random_sequences()
    hashes, rows = hash_words(read_letters(sequences, "DNA"), k, both_strands)
    expected = spelled(sequences, k, both_strands)
    assert rows.tolist() == [row for _, row in expected]
    words = [word for word, _ in expected]
    n = len(sequences)
    for each in (slice(n), slice(n, None)):  # rows, then words: a row is no word of another one
        as_numbers = np.unique(hashes[each], return_inverse=True)[1]
        as_text = np.unique(words[each], return_inverse=True)[1]
        pairs = set(zip(as_numbers.tolist(), as_text.tolist(), strict=True))
        assert len(pairs) == len(set(as_numbers.tolist())) == len(set(as_text.tolist()))


def test_a_row_is_another_number_than_its_letters_in_a_longer_one() -> None:
    """Whole rows are equal or not: AAA is no copy of AAAA, and N is no letter that matches."""
    hashes = hash_rows(read_letters(["AAA", "AAAA", "AAN", "aaa", "AAR", "TTT"], "DNA"), True)
    assert hashes[0] == hashes[3] == hashes[5]
    assert hashes[2] == hashes[4]  # N and R carry as little signal
    assert len(set(hashes.tolist())) == 3


@pytest.mark.parametrize("k", [512, 1024, 2048, 5000])
def test_patterns_that_break_sums_of_powers_have_numbers_of_their_own(k: int) -> None:
    """A Thue-Morse sequence and its swap, whose polynomial hashes modulo 2**64 are equal."""
    signs = [bin(i).count("1") % 2 for i in range(k)]
    pair = ["".join(letters[sign] for sign in signs) for letters in ("AC", "CA")]
    for hashes in (
        hash_rows(read_letters(pair, "DNA"), False),
        hash_words(read_letters(pair, "DNA"), k, False)[0][2:],
    ):
        assert len(set(hashes.tolist())) == 2


def test_letters_come_from_any_container() -> None:
    """Strings of unequal lengths, and one-hot."""
    one_hot = np.eye(4, dtype=np.uint8)[[[0, 1, 2, 3], [3, 3, 3, 3]]]
    assert read_letters(one_hot, "DNA").codes.tolist() == [0, 1, 2, 3, 3, 3, 3, 3]
    assert read_letters(["AC", b"G"], "DNA").lengths.tolist() == [2, 1]
    with pytest.raises(ValueError, match="Expected sequences"):
        read_letters(np.array([[0.5, 1.5, 2.0, 0.1]]), "DNA")
    with pytest.raises(ValueError, match=r"Row 1, position 2"):
        read_letters(["ACGT", "AC!T"], "DNA")


@pytest.mark.parametrize(("n", "n_known"), [(50, 20), (20, 50), (0, 5), (5, 0)])
def test_keys_that_are_known(n: int, n_known: int) -> None:
    rng = np.random.default_rng(n)
    keys = rng.integers(30, size=n).astype(np.uint64)
    known = rng.integers(30, size=n_known).astype(np.uint64)
    np.testing.assert_array_equal(are_among(keys, known), np.isin(keys, known))


def test_links_join_all_rows_with_a_key() -> None:
    """Each row with a key is reached from every other one, and none from itself."""
    keys, rows = np.array([5, 7, 5, 9, 7, 5, 5, 8]), np.array([0, 0, 1, 2, 3, 3, 3, 4])
    pairs = link_equal(keys, rows)
    assert set(pairs.ravel().tolist()) == {0, 1, 3}
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert connect(pairs, 5).tolist() == [0, 0, 1, 0, 2]
    assert link_equal(np.array([1, 1]), np.array([4, 4])).shape == (0, 2)


@pytest.mark.parametrize(("alphabet", "k"), [("DNA", 25), ("RNA", 25), ("protein", 12), ("HP", 50)])
def test_automatic_words_are_as_rare_in_every_alphabet(alphabet: str, k: int) -> None:
    """Some 10**15 different words."""
    assert resolve_k("auto", get_alphabet(alphabet)) == k


@pytest.mark.parametrize(
    ("k", "error"), [(0, ValueError), ("long", ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_other_word_lengths_are_refused(k: object, error: type[Exception]) -> None:
    """With what there may be instead."""
    with pytest.raises(error, match="k must be"):
        resolve_k(k, get_alphabet("DNA"))

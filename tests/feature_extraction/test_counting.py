"""Counting k-mers: against the definition, across chunks, and in bounded memory."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.feature_extraction import _counting as module
from sklearn_attngen.feature_extraction._counting import (
    build_vocabulary,
    count_kmers,
    kmer_names,
)
from sklearn_attngen.sequences import Alphabet, get_alphabet, reverse_complement
from sklearn_attngen.sequences._strings import encode_column

SETTINGS = settings(deadline=None, derandomize=True, max_examples=60)


def names_by_definition(alphabet: Alphabet, ks: range, canonical: bool) -> list[str]:
    """All words, by length and then in the order of the alphabet."""
    place = {letter: i for i, letter in enumerate(alphabet.letters)}
    names = []
    for k in ks:
        for word in map("".join, itertools.product(alphabet.letters, repeat=k)):
            other = reverse_complement(word, alphabet) if canonical else word
            if [place[c] for c in word] <= [place[c] for c in other]:
                names.append(word)
    return names


def counts_by_definition(
    rows: list[str], alphabet: Alphabet, ks: range, canonical: bool
) -> np.ndarray:
    """Each window of each row, one at a time."""
    names = names_by_definition(alphabet, ks, canonical)
    column = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(rows), len(names)))
    for row, sequence in enumerate(rows):
        for k in ks:
            for start in range(len(sequence) - k + 1):
                word = sequence[start : start + k].upper()
                if set(word) <= set(alphabet.letters):
                    if word not in column:
                        word = reverse_complement(word, alphabet)
                    table[row, column[word]] += 1
    return table


def count(rows: list[str], alphabet: Alphabet, ks: range, canonical: bool, **kwargs: Any) -> Any:
    """What the package counts."""
    complements = alphabet.complement_codes if canonical else None
    vocabulary = build_vocabulary(alphabet.n_letters, tuple(ks), complements)
    codes, lengths = encode_column(rows, alphabet, "zero")
    kwargs = {"dtype": np.float32, "binary": False} | kwargs
    return count_kmers(codes, lengths, vocabulary, **kwargs)


def check_canonical_csr(matrix: Any) -> None:
    """Sorted, unique, without stored zeros; checked anew, not by the flags."""
    assert matrix.format == "csr"
    assert matrix.has_canonical_format
    matrix = type(matrix)((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
    matrix.check_format(full_check=True)
    assert matrix.has_canonical_format
    assert (matrix.data != 0).all()


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], Alphabet, range, bool]:
    """Ragged or equal rows with letters that do not count, an alphabet, word lengths."""
    name = draw(st.sampled_from(["DNA", "RNA", "TCAG", "HE"]))
    alphabet = get_alphabet(name)
    smallest = draw(st.integers(1, 4))
    ks = range(smallest, draw(st.integers(smallest, 4)) + 1)
    letters = alphabet.letters + alphabet.letters.lower() + alphabet.ambiguous[:2]
    if draw(st.booleans()):
        length = draw(st.integers(1, 12))
        words = st.text(letters, min_size=length, max_size=length)
    else:
        words = st.text(letters, min_size=1, max_size=20)
    rows = draw(st.lists(words, min_size=1, max_size=8))
    return rows, alphabet, ks, draw(st.booleans()) and alphabet.complements is not None


@SETTINGS
@given(cases(), st.sampled_from([1, 30, 1 << 19]))
def test_counts_follow_the_definition(
    case: tuple[list[str], Alphabet, range, bool], chunk: int
) -> None:
    """Whatever the chunks are: one row each, some rows, all rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        matrix = count(*case)
    np.testing.assert_array_equal(matrix.toarray(), counts_by_definition(*case))
    check_canonical_csr(matrix)


@SETTINGS
@given(cases())
def test_binary_stores_ones(case: tuple[list[str], Alphabet, range, bool]) -> None:
    """Where the counts are not zero."""
    matrix = count(*case, binary=True)
    np.testing.assert_array_equal(matrix.toarray(), counts_by_definition(*case) > 0)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [*((name, True) for name in ("DNA", "RNA", "TCAG", "ACGT-")), ("DNA", False), ("HEC", False)],
)
def test_names_follow_the_definition(name: str, canonical: bool) -> None:
    """One name a column, in order; palindromes once."""
    alphabet = get_alphabet(name)
    complements = alphabet.complement_codes if canonical else None
    vocabulary = build_vocabulary(alphabet.n_letters, (1, 2, 3, 4), complements)
    names = kmer_names(alphabet.letters, vocabulary).tolist()
    assert names == names_by_definition(alphabet, range(1, 5), canonical)
    assert len(names) == vocabulary.n_columns


@pytest.mark.parametrize(
    ("k", "n_columns"), [(1, 2), (2, 10), (3, 32), (4, 136), (5, 512), (6, 2080), (8, 32896)]
)
def test_number_of_canonical_kmers(k: int, n_columns: int) -> None:
    """The known numbers: half of all, and half of the palindromes that even k have."""
    vocabulary = build_vocabulary(4, (k,), get_alphabet("DNA").complement_codes)
    assert vocabulary.n_columns == n_columns == (4**k + (4 ** (k // 2) if k % 2 == 0 else 0)) // 2


@pytest.mark.parametrize("k", [7, 8, 9, 12])
@pytest.mark.parametrize("canonical", [False, True])
def test_large_k(k: int, canonical: bool) -> None:
    """Where codes and columns need more than 16 bits, at both ends of the range of codes."""
    alphabet = get_alphabet("DNA")
    rows = ["A" * 15, "T" * 15, "T" * 13 + "NT", "ACGTACGGATCCATT", "N" * 15]
    matrix = count(rows, alphabet, range(k, k + 1), canonical)
    check_canonical_csr(matrix)
    complements = alphabet.complement_codes if canonical else None
    names = None if k == 12 else kmer_names("ACGT", build_vocabulary(4, (k,), complements))
    for row, sequence in enumerate(rows):
        words = [sequence[i : i + k] for i in range(15 - k + 1)]
        if canonical:
            words = [min(word, reverse_complement(word)) for word in words]
        expected = Counter(word for word in words if "N" not in word)
        entries = matrix[row]
        assert sorted(entries.data) == sorted(expected.values())
        if names is not None:
            found = dict(zip(names[entries.indices], entries.data, strict=True))
            assert found == expected


def test_long_and_short_rows_together() -> None:
    """One row far longer than a chunk, many short ones, in an order that is kept."""
    rng = np.random.default_rng(0)
    long = "".join(rng.choice(list("ACGT"), 5000))
    rows = ["ACG", long, "A", "ACGTN" * 3, "TT"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", 64)
        matrix = count(rows, get_alphabet("DNA"), range(2, 4), True)
    expected = counts_by_definition(rows, get_alphabet("DNA"), range(2, 4), True)
    np.testing.assert_array_equal(matrix.toarray(), expected)
    check_canonical_csr(matrix)


def test_no_count_overflows_silently() -> None:
    """A small integer type raises where it is too small."""
    rows = ["A" * 300, "ACGT"]
    dna = get_alphabet("DNA")
    with pytest.raises(ValueError, match=r"occurs 299 times.*dtype=uint8.*255"):
        count(rows, dna, range(2, 3), False, dtype=np.uint8)
    assert count(rows, dna, range(2, 3), False, dtype=np.uint16).max() == 299
    assert count(rows, dna, range(2, 3), False, dtype=np.uint8, binary=True).max() == 1


@pytest.mark.parametrize("rows", [["NNNN", "NNNN"], ["A", "C"], ["NNNNNN", "A"]])
def test_nothing_to_count(rows: list[str]) -> None:
    """Rows without a window give rows of zeros of the right shape."""
    matrix = count(rows, get_alphabet("DNA"), range(3, 5), False)
    assert matrix.shape == (2, 64 + 256)
    assert matrix.nnz == 0
    check_canonical_csr(matrix)


MEMORY = """
import numpy as np
from sklearn_attngen.feature_extraction import KmerVectorizer

rng = np.random.default_rng(0)
text = rng.choice(np.frombuffer(b"ACGT", dtype="S1"), 75_000 * 200).tobytes().decode()
X = [text[start : start + 200] for start in range(0, len(text), 200)]
counts = KmerVectorizer(k=8).fit_transform(X)
assert counts.shape == (75_000, 65_536)
assert counts.sum() == 75_000 * 193
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is on Linux")
def test_memory_is_bounded() -> None:
    """8-mers of 75,000 sequences of 200 letters, the whole process, in less than 1 GB.

    The kernel counts this process alone; ``ru_maxrss`` begins with what the tests before it held.
    """
    command = [sys.executable, "-c", MEMORY]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert int(done.stdout) * 1024 < 1e9

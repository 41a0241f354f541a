"""encode_blocks: the short way from strings to one-hot blocks, against the long one."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.sequences import Alphabet, get_alphabet, one_hot
from sklearn_attngen.sequences import _blocks as blocks_module
from sklearn_attngen.sequences._blocks import encode_blocks
from sklearn_attngen.sequences._strings import encode_column

DNA = get_alphabet("DNA")
SETTINGS = settings(deadline=None, derandomize=True, max_examples=100)
FORMS: dict[str, Any] = {
    "list": list,
    "U": np.array,
    "S": lambda rows: np.array(rows, dtype="S"),
    "swapped": lambda rows: np.array(rows).astype(f">U{len(rows[0])}"),
    "strided": lambda rows: np.repeat(np.array(rows), 2)[::2],
}


def by_codes(column: Any, alphabet: Alphabet, length: int) -> Any:
    """Blocks by the way of codes."""
    codes, _ = encode_column(column, alphabet, "zero")
    return one_hot(codes.reshape(-1, length), alphabet.n_letters).reshape(len(column), -1)


@SETTINGS
@given(
    st.sampled_from(["DNA", "RNA", "01-x"]),
    st.integers(1, 9),
    st.integers(2, 13),
    st.sampled_from(sorted(FORMS)),
    st.data(),
)
def test_the_blocks_are_those_of_the_codes(
    name: str, length: int, part: int, form: str, data: st.DataObject
) -> None:
    """For any alphabet of four, odd and even lengths, and wherever a part ends."""
    alphabet = get_alphabet(name)
    letters = alphabet.letters + alphabet.letters.lower() + alphabet.ambiguous
    string = st.text(letters, min_size=length, max_size=length)
    rows = data.draw(st.lists(string, min_size=1, max_size=20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "_PART", part)
        for given_length in (None, length):
            found = encode_blocks(FORMS[form](rows), alphabet, "zero", given_length)
            assert found is not None
            assert found.dtype == np.uint8
            np.testing.assert_array_equal(found, by_codes(rows, alphabet, length))


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("length", [4, 5])
def test_a_letter_that_must_not_be_there_is_found_anywhere(
    form: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every position of every row, so also at both sides of a seam, and at the very end."""
    monkeypatch.setattr(blocks_module, "_PART", 2 * length)
    rows = ["ACGTAC"[:length]] * 7
    assert encode_blocks(FORMS[form](rows), DNA, "error") is not None
    for row in range(7):
        for position in range(length):
            for letter in "N!\0U\u0141\u0241":  # the last two end in the byte of an A
                if form == "S" and ord(letter) > 127:
                    continue
                changed = rows[row][:position] + letter + rows[row][position + 1 :]
                column = FORMS[form]([*rows[:row], changed, *rows[row + 1 :]])
                unknown = "error" if letter == "N" else "zero"
                assert encode_blocks(column, DNA, unknown) is None
                assert (encode_blocks(column, DNA, "zero") is None) == (letter != "N")


@pytest.mark.parametrize(
    "column",
    [
        [],
        [""],
        ["AC", "A"],
        ["AC", "ACG"],
        ["ACG", "A", "AC"],  # as many letters as three rows of two
        ["AC", None],
        [None, "AC"],
        [b"AC"],
        ["AC", b"AC"],
        ["AC", ["A", "C"]],
        np.array(["AC", "A"]),
        np.array([b"A", b"AC"]),
    ],
)
def test_what_is_to_be_raised_or_padded_is_left_to_the_long_way(column: Any) -> None:
    """Nothing is raised here: that is done in one place."""
    assert encode_blocks(column, DNA, "zero", 2) is None
    assert encode_blocks(column, get_alphabet("protein"), "zero") is None
    assert encode_blocks(["ACG"], DNA, "zero", 2) is None


def test_a_string_that_lies_about_its_length_does_no_harm() -> None:
    """A subclass of str may count something else than letters."""

    class Codons(str):
        def __len__(self) -> int:
            return 2

    assert encode_blocks([Codons("ACGTAC"), "AC"], DNA, "zero", 2) is None


@pytest.mark.parametrize("form", ["list", "S", "mapped"])
@pytest.mark.parametrize(("n", "length"), [(4_000, 1_000), (2, 2_000_000)])
def test_the_result_is_nearly_all_the_memory(
    form: str, n: int, length: int, tmp_path: Path
) -> None:
    """No codes and no second copy of the letters, except of one string."""
    rows: Any = ["ACGTN" * (length // 5)] * n
    if form != "list":
        rows = np.array(rows, dtype="S")
    if form == "mapped":
        np.save(tmp_path / "letters.npy", rows)
        rows = np.load(tmp_path / "letters.npy", mmap_mode="r")
    encode_blocks(["ACGT"], DNA, "zero")
    tracemalloc.start()
    found = encode_blocks(rows, DNA, "zero")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None
    assert found.flags.writeable
    assert peak < (1.15 if n > 2 else 1.6) * found.nbytes

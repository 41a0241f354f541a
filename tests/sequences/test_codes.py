"""Codes, one-hot blocks and strings turn into each other without loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_attngen.sequences import (
    NO_SIGNAL,
    Alphabet,
    decode_codes,
    get_alphabet,
    one_hot,
    read_sequences,
)
from sklearn_attngen.sequences import _codes as module
from sklearn_attngen.sequences._codes import (
    codes_from_one_hot,
    first_bad_block,
    strand_complements,
)

SETTINGS = settings(deadline=None, derandomize=True, max_examples=50)
ALPHABETS = ["DNA", "RNA", "protein", "HEC", "ACGT-"]


@st.composite
def alphabets_and_codes(draw: st.DrawFn) -> tuple[Alphabet, np.ndarray]:
    """An alphabet and a matrix of its codes."""
    alphabet = get_alphabet(draw(st.sampled_from(ALPHABETS)))
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 12)))
    element = st.sampled_from([*range(alphabet.n_letters), NO_SIGNAL])
    return alphabet, draw(hnp.arrays(np.uint8, shape, elements=element))


@SETTINGS
@given(alphabets_and_codes())
def test_strings_and_codes_are_inverse(case: tuple[Alphabet, np.ndarray]) -> None:
    """Decoding and encoding gives the codes back."""
    alphabet, codes = case
    strings = decode_codes(codes, alphabet)
    assert strings.dtype == object
    np.testing.assert_array_equal(read_sequences(strings, alphabet=alphabet).codes, codes)


@SETTINGS
@given(alphabets_and_codes(), st.sampled_from([np.uint8, np.int64, bool, np.float32, np.float64]))
def test_one_hot_and_codes_are_inverse(
    case: tuple[Alphabet, np.ndarray], dtype: type[np.generic]
) -> None:
    """In every dtype; and the blocks are what a comparison of each letter gives."""
    alphabet, codes = case
    blocks = one_hot(codes, alphabet.n_letters, dtype)
    assert blocks.dtype == dtype
    np.testing.assert_array_equal(blocks, codes[:, :, None] == np.arange(alphabet.n_letters))
    np.testing.assert_array_equal(codes_from_one_hot(blocks), codes)


@pytest.mark.parametrize("n_letters", [2, 4, 20])
def test_one_hot_crosses_chunk_borders(n_letters: int) -> None:
    """More codes than one chunk holds, from an array that is not contiguous."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_letters, (2, module._CHUNK + 3)).astype(np.uint8)
    codes[rng.random(codes.shape) < 0.1] = NO_SIGNAL
    for view in (codes, codes[:, ::-1], codes.T):
        expected = view[:, :, None] == np.arange(n_letters)
        np.testing.assert_array_equal(one_hot(view, n_letters), expected)


def test_one_hot_without_the_word_trick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Big-endian machines take the table, and get the same."""
    codes = np.array([[0, 1, 2, 3, NO_SIGNAL]], dtype=np.uint8)
    words = one_hot(codes)
    monkeypatch.setattr(module.sys, "byteorder", "big")
    np.testing.assert_array_equal(one_hot(codes), words)


def test_one_hot_keeps_other_shapes() -> None:
    """One sequence, and none."""
    assert one_hot(np.zeros(5, dtype=np.uint8)).shape == (5, 4)
    assert one_hot(np.zeros((0, 5), dtype=np.uint8)).shape == (0, 5, 4)


@pytest.mark.parametrize("bad", [4, 100, 254])
def test_foreign_codes_raise(bad: int) -> None:
    """The first code of no letter is named with its index; never read as a letter or as N."""
    codes = np.array([[0, 1, 2], [3, bad, 99]], dtype=np.uint8)
    for function in (one_hot, decode_codes):
        with pytest.raises(ValueError, match=rf"code {bad} at index \(1, 1\)"):
            function(codes)


def test_codes_of_another_dtype_raise() -> None:
    """An int64 255 or a negative code would wrap around."""
    with pytest.raises(ValueError, match="uint8, got int64"):
        one_hot(np.array([[0, -1]]))


def test_decode_needs_a_matrix() -> None:
    """A flat buffer has no lengths."""
    with pytest.raises(ValueError, match=r"shape \(n_samples, length\)"):
        decode_codes(np.zeros(4, dtype=np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32])
@pytest.mark.parametrize("block", [[1, 1, 0, 0], [2, 0, 0, 0], [1, 1, 1, 1]])
def test_what_is_not_one_hot_is_none(dtype: type[np.generic], block: list[int]) -> None:
    """Blocks that sum to more than 1, or hold another number; the first is named."""
    blocks = np.zeros((3, 3, 4), dtype=dtype)
    assert codes_from_one_hot(blocks) is not None
    blocks[2, 1:] = block
    assert codes_from_one_hot(blocks) is None
    assert "row 2, position 1" in first_bad_block(blocks)


@pytest.mark.parametrize("value", [-1, 0.5, np.nan, 1e-9])
def test_fractions_and_negatives_are_not_one_hot(value: float) -> None:
    """Soft one-hot is something else."""
    blocks = np.zeros((1, 1, 4))
    blocks[0, 0, 2] = value
    assert codes_from_one_hot(blocks) is None


def test_many_ones_do_not_wrap_around() -> None:
    """256 ones are not 0 in uint8, nor are 257 one."""
    assert codes_from_one_hot(np.ones((1, 1, 90), dtype=np.uint8)) is None


def test_an_alphabet_without_an_unknown_letter_is_decoded() -> None:
    """Only what carries no signal needs that letter."""
    alphabet = Alphabet("mine", "AB")
    codes = np.array([[0, 1], [1, 1]], dtype=np.uint8)
    assert decode_codes(codes, alphabet).tolist() == ["AB", "BB"]
    codes[0, 0] = NO_SIGNAL
    with pytest.raises(ValueError, match="no letter for an unknown residue"):
        decode_codes(codes, alphabet)


def test_strands_that_count():
    """Those of DNA by default; RNA has complements and is read on one strand, unless asked for."""
    for name, both in (("DNA", True), ("ACGT-", True), ("RNA", False), ("ACGU-", False)):
        assert (strand_complements("auto", get_alphabet(name)) is not None) == both
        assert get_alphabet(name).double_stranded == both
        assert strand_complements(False, get_alphabet(name)) is None
    assert strand_complements("auto", get_alphabet("protein")) is None
    assert strand_complements(True, get_alphabet("RNA")).tolist() == [3, 2, 1, 0]
    with pytest.raises(ValueError, match="needs complements, which the alphabet protein"):
        strand_complements(True, get_alphabet("protein"))
    with pytest.raises(ValueError, match="both_strands must be"):
        strand_complements("yes", get_alphabet("DNA"))

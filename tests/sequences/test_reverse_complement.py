"""The other strand of strings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_attngen.sequences import read_sequences, reverse_complement

SETTINGS = settings(deadline=None, derandomize=True, max_examples=60)
LETTERS = "ACGTNRYSWKMBDHV"
WORDS = st.lists(
    st.text(LETTERS + LETTERS.lower(), min_size=1, max_size=12), min_size=1, max_size=6
)


@SETTINGS
@given(WORDS)
def test_twice_is_the_identity(rows: list[str]) -> None:
    """Ambiguity letters and case included, for one and for many."""
    assert reverse_complement(reverse_complement(rows)).tolist() == rows
    assert [reverse_complement(row) for row in rows] == reverse_complement(rows).tolist()


@SETTINGS
@given(st.lists(st.text("ACGTN", min_size=7, max_size=7), min_size=1, max_size=6))
def test_agrees_with_codes(rows: list[str]) -> None:
    """Of the codes 0 to 3 that turn round and count from the other end; N stays."""
    codes = read_sequences(rows).codes[:, ::-1]
    expected = np.where(codes < 4, 3 - codes, codes)
    np.testing.assert_array_equal(read_sequences(reverse_complement(rows)).codes, expected)


def test_known_values() -> None:
    """Worked out by hand; one string gives a string."""
    assert isinstance(reverse_complement("AACGt"), str)
    assert reverse_complement("AACGt") == "aCGTT"
    assert reverse_complement("GRN") == "NYC"
    assert reverse_complement("ACGU", "RNA") == "ACGU"
    assert reverse_complement("A-C", "ACGT-") == "G-T"


def test_containers() -> None:
    """An array of objects comes back, whatever went in."""
    for X in (["AC", "G"], np.array(["AC", "G"]), np.array([b"AC", b"G"]), pd.Series(["AC", "G"])):
        result = reverse_complement(X)
        assert result.dtype == object
        assert result.tolist() == ["GT", "C"]


def test_errors() -> None:
    """The same as everywhere: row, position, remedy."""
    with pytest.raises(ValueError, match=r"Row 0, position 1.*alphabet='RNA'"):
        reverse_complement("AU")
    with pytest.raises(ValueError, match="Row 1, position 0"):
        reverse_complement(["A", "-"])
    with pytest.raises(ValueError, match="no complements"):
        reverse_complement("ACDE", "protein")
    with pytest.raises(TypeError, match=r"as strings, got ndarray.*inverse_transform"):
        reverse_complement(np.eye(4))
    with pytest.raises(TypeError, match="row 1"):
        reverse_complement(["A", 5])

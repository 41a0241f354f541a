"""The remedies: each kind of wrong character gets the one that helps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_attngen.sequences import get_alphabet
from sklearn_attngen.sequences._messages import bad_letter, is_missing


@pytest.mark.parametrize(
    ("letter", "alphabet", "remedy"),
    [
        ("U", "DNA", "alphabet='RNA'"),
        ("u", "DNA", r"replace\('U', 'T'\)"),
        ("T", "RNA", "alphabet='DNA'"),
        ("t", "RNA", r"replace\('T', 'U'\)"),
        ("-", "DNA", "alphabet='ACGT-'"),
        (".", "protein", "write 'X'"),
        ("*", "protein", "stop sign"),
        (" ", "DNA", r"s\.split\(\).*k-mers"),
        ("\n", "DNA", r"s\.split\(\)"),
        (">", "DNA", "FASTA"),
        ("3", "DNA", "not numbers or codes"),
        ("E", "DNA", "alphabet='protein'"),
        ("é", "DNA", r"U\+00E9.*plain ASCII"),
        ("\u017f", "DNA", r"U\+017F.*plain ASCII"),
        ("ß", "DNA", r"U\+00DF.*plain ASCII"),
        ("\ufeff", "DNA", r"U\+FEFF.*encoding='utf-8-sig'.*were joined"),
        ("ŉ", "DNA", r"U\+0149.*plain ASCII"),
        ("#", "DNA", "write 'N'"),
        ("Q", "HEC", "write 'X'"),
    ],
)
def test_remedies(letter: str, alphabet: str, remedy: str) -> None:
    """Where it is comes first, what to do last."""
    message = bad_letter(letter, 3, 7, get_alphabet(alphabet))
    assert message.startswith("Row 3, position 7 (both 0-based): ")
    assert message.endswith(".")
    with pytest.raises(ValueError, match=remedy):
        raise ValueError(message)


def test_ambiguity_letters_are_called_that() -> None:
    """They are legal with the other setting."""
    message = bad_letter("r", 0, 0, get_alphabet("DNA"))
    assert "ambiguity letter" in message
    assert "unknown='zero'" in message


MISSING = [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.ma.masked]


@pytest.mark.parametrize("value", MISSING)
def test_missing_values(value: object) -> None:
    """Every way to say "nothing"."""
    assert is_missing(value)


@pytest.mark.parametrize("value", ["", "NA", 0, 0.0, False, [], "nan"])
def test_present_values(value: object) -> None:
    """Empty and false values are there."""
    assert not is_missing(value)

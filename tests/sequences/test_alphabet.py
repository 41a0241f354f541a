"""Alphabets: names, custom letters, complements, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from sklearn_attngen.sequences import Alphabet, get_alphabet

# The complement of each IUPAC letter, by the bases it stands for.
IUPAC = {
    "N": "ACGT",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
}


@pytest.mark.parametrize("name", ["DNA", "dna", "Dna"])
def test_names_are_not_case_sensitive(name: str) -> None:
    """Every spelling gives the same alphabet."""
    assert get_alphabet(name) is get_alphabet("DNA")


@pytest.mark.parametrize(
    ("name", "letters", "unknown"),
    [("DNA", "ACGT", "N"), ("RNA", "ACGU", "N"), ("protein", "ACDEFGHIKLMNPQRSTVWY", "X")],
)
def test_named_alphabets(name: str, letters: str, unknown: str) -> None:
    """Letters in order, and the letter for an unknown residue."""
    alphabet = get_alphabet(name)
    assert alphabet.letters == letters
    assert alphabet.n_letters == len(letters)
    assert alphabet.unknown_letter == unknown


def test_ambiguity_letters_complement_by_the_bases_they_stand_for() -> None:
    """R (A or G) pairs with Y (T or C), and so on; checked against the IUPAC definition."""
    alphabet = get_alphabet("DNA")
    assert alphabet.complements is not None
    assert set(alphabet.ambiguous) == set(IUPAC)
    pairs = dict(zip(alphabet.letters + alphabet.ambiguous, alphabet.complements, strict=True))
    for letter, bases in IUPAC.items():
        assert sorted(pairs[base] for base in bases) == sorted(IUPAC[pairs[letter]]), letter


@pytest.mark.parametrize("name", ["DNA", "RNA", "ACGT-", "TGCA"])
def test_complement_codes_are_their_own_inverse(name: str) -> None:
    """The complement of the complement is the residue itself."""
    codes = get_alphabet(name).complement_codes
    assert codes is not None
    assert codes.dtype == np.uint8
    np.testing.assert_array_equal(codes[codes], np.arange(len(codes)))


def test_protein_has_no_complements() -> None:
    """None, so that callers can tell."""
    assert get_alphabet("protein").complement_codes is None


def test_the_letters_of_dna_are_dna() -> None:
    """Spelling the default alphabet out changes nothing."""
    assert get_alphabet("ACGT") == get_alphabet("DNA")


def test_reordered_letters_keep_complements_and_ambiguity() -> None:
    """Only the codes differ."""
    alphabet = get_alphabet("TCAG")
    assert alphabet.ambiguous == get_alphabet("DNA").ambiguous
    np.testing.assert_array_equal(alphabet.complement_codes, [2, 3, 0, 1])


def test_a_gap_letter_keeps_n() -> None:
    """The remedy offered for gaps does not turn N into an error; the gap pairs with itself."""
    alphabet = get_alphabet("ACGT-")
    assert alphabet.unknown_letter == "N"
    np.testing.assert_array_equal(alphabet.complement_codes, [3, 2, 1, 0, 4])


@pytest.mark.parametrize(("letters", "unknown"), [("HEC", "X"), ("HXC", "N"), ("xn", "?")])
def test_custom_alphabets_have_a_free_unknown_letter(letters: str, unknown: str) -> None:
    """Codes can always be written as strings."""
    alphabet = get_alphabet(letters)
    assert alphabet.letters == letters.upper()
    assert alphabet.unknown_letter == unknown
    assert alphabet.complement_codes is None


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ("", "at least two"),
        ("A", "at least two"),
        ("ACA", "'A' occur more than once"),
        ("Aa", "'A' occur more than once"),
        ("A C", "printable ASCII"),
        ("Aé", "printable ASCII"),
        ("A\n", "printable ASCII"),
        ("A\u017f", "'\u017f' in 'A\u017f'"),
        ("Aß", "'ß' in 'Aß'"),
        ("amino acid", "alphabet='amino acid' is none of 'DNA', 'RNA' and 'protein'"),
        ("aa", "alphabet='aa' is none of .*more than once in 'AA'"),
    ],
)
def test_bad_letters_raise(letters: str, message: str) -> None:
    """The message names what is wrong."""
    with pytest.raises(ValueError, match=message):
        get_alphabet(letters)


@pytest.mark.parametrize("alphabet", [None, 4, ["A", "C"], b"DNA"])
def test_other_types_raise(alphabet: object) -> None:
    """With the choices."""
    with pytest.raises(TypeError, match="'DNA', 'RNA', 'protein'"):
        get_alphabet(alphabet)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["letters", "ambiguous", "complements"])
@pytest.mark.parametrize("value", [4, ["A", "C"], b"AC"])
def test_parts_that_are_no_text_raise(part: str, value: object) -> None:
    """The part is named."""
    with pytest.raises(TypeError, match=f"The {part} of an alphabet must be a str, got"):
        Alphabet(**{"name": "mine", "letters": "AC", part: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("complements", ["T", "CCAA", "ACGTN", "TGCAA"])
def test_complements_must_pair_up(complements: str) -> None:
    """Too few, or not their own inverse."""
    with pytest.raises(ValueError, match="pair"):
        Alphabet("mine", "ACGT", complements=complements)


def test_a_residue_must_not_complement_to_an_ambiguity_letter() -> None:
    """Codes could not hold it."""
    with pytest.raises(ValueError, match="complement of a residue"):
        Alphabet("mine", "AC", "NM", complements="NMAC")


def test_no_unknown_letter_raises_with_the_remedy() -> None:
    """An alphabet built without one says how to get one."""
    with pytest.raises(ValueError, match="ambiguous="):
        _ = Alphabet("mine", "AB").unknown_letter


def test_alphabets_pickle_and_hash() -> None:
    """They are attributes of fitted estimators and keys of caches."""
    alphabet = get_alphabet("RNA")
    copy = pickle.loads(pickle.dumps(alphabet))
    assert copy == alphabet
    assert hash(copy) == hash(alphabet)
    assert get_alphabet(copy) is copy


def test_no_unknown_letter_where_none_is_free() -> None:
    alphabet = get_alphabet("ABXN?")
    assert alphabet.ambiguous == ""
    assert alphabet.letters == "ABXN?"


def test_a_sequence_for_an_alphabet_is_refused_in_few_words() -> None:
    """Each letter was counted once for every letter, and the error held all of them."""
    with pytest.raises(ValueError, match=r"'A', 'C', 'G', 'T' occur more than once") as raised:
        get_alphabet("ACGT" * 250_000)
    assert len(str(raised.value)) < 600

"""Alphabets, reverse complements, and the one place that reads every accepted kind of input."""

from ._alphabet import NO_SIGNAL, Alphabet, get_alphabet
from ._codes import decode_codes, one_hot
from ._read import read_sequences
from ._reverse_complement import reverse_complement
from ._sequences import Sequences

__all__ = [
    "NO_SIGNAL",
    "Alphabet",
    "Sequences",
    "decode_codes",
    "get_alphabet",
    "one_hot",
    "read_sequences",
    "reverse_complement",
]

"""Transformers that turn sequences into matrices, column by position."""

from ._one_hot import SequenceOneHotEncoder

__all__ = ["SequenceOneHotEncoder"]

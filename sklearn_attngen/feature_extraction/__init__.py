"""Transformers that turn sequences into counts, without positions."""

from ._kmer_vectorizer import KmerVectorizer

__all__ = ["KmerVectorizer"]

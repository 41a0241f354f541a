"""Embedded data, synthetic motifs, FASTA files, and Genomic Benchmarks."""

from ._fasta import read_fasta, write_fasta
from ._genomic_benchmarks import fetch_genomic_benchmark
from ._motif_sequences import make_motif_sequences
from ._splice_junctions import load_splice_junctions

__all__ = [
    "fetch_genomic_benchmark",
    "load_splice_junctions",
    "make_motif_sequences",
    "read_fasta",
    "write_fasta",
]

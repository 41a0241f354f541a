"""Build the embedded splice-junction data from the DNA.rda file of the R package mlbench.

Maintainers run this once; users never need it. The result is committed as
``sklearn_attngen/datasets/data/splice_junctions.csv.gz``, and its card,
``splice_junctions.rst`` beside it, describes every step taken here.

Usage::

    pip install rdata
    python tools/build_splice_junctions.py path/to/DNA.rda

``DNA.rda`` is part of mlbench (CRAN), which Debian ships as ``r-cran-mlbench``:
``/usr/lib/R/site-library/mlbench/data/DNA.rda``. The output is byte-for-byte reproducible: nothing
is drawn at random, and the gzip header carries no time and no file name.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import sys
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

LENGTH = 60
KMER = 25
TEST_FRACTION = 0.25
CLASSES = ("EI", "IE", "N")
OUTPUT = (
    Path(__file__).parents[1] / "sklearn_attngen" / "datasets" / "data" / "splice_junctions.csv.gz"
)
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def read_source(path: Path) -> tuple[list[str], list[str]]:
    """Decode the 180 indicators of each row to 60 letters: A=100, C=010, G=001, T=000."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = rdata.read_rda(path)["DNA"]
    indicators = frame.iloc[:, : 3 * LENGTH].astype(str).astype(int).to_numpy()
    indicators = indicators.reshape(-1, LENGTH, 3)
    if not np.isin(indicators, (0, 1)).all() or indicators.sum(axis=2).max() > 1:
        raise ValueError("Not the expected coding: three 0/1 indicators per letter, at most one 1.")
    codes = np.where(indicators.any(axis=2), indicators.argmax(axis=2), 3)
    letters = np.array(list("ACGT"))[codes]
    sequences = ["".join(row) for row in letters]
    labels = [label.upper() for label in frame["Class"].astype(str)]
    check_biology(sequences, labels)
    return sequences, labels


def check_biology(sequences: list[str], labels: list[str]) -> None:
    """Assert that the decoding is right: GT opens nearly every intron, AG closes it."""
    for label, start, dinucleotide in (("EI", 30, "GT"), ("IE", 28, "AG")):
        rows = [s for s, y in zip(sequences, labels, strict=True) if y == label]
        share = np.mean([s[start : start + 2] == dinucleotide for s in rows])
        report(f"{label}: {dinucleotide} at {start}-{start + 1} in {share:.3f} of {len(rows)} rows")
        if share < 0.98:
            raise ValueError(f"The decoded {label} rows lack {dinucleotide} at the junction.")


def remove_duplicates(sequences: list[str], labels: list[str]) -> tuple[list[str], list[str]]:
    """Keep the first of identical rows; drop sequences that stand in more than one class."""
    classes = defaultdict(set)
    for sequence, label in zip(sequences, labels, strict=True):
        classes[sequence].add(label)
    kept = [(s, next(iter(c))) for s, c in classes.items() if len(c) == 1]
    ambiguous = {s for s, c in classes.items() if len(c) > 1}
    repeated = Counter(labels)
    repeated.subtract(label for _, label in kept)
    report(f"{len(sequences)} rows, {len(classes)} distinct, {len(ambiguous)} in several classes")
    report(f"removed rows per class: {dict(repeated)}")
    return [s for s, _ in kept], [label for _, label in kept]


def group_by_shared_kmers(sequences: list[str], k: int) -> list[list[int]]:
    """Find the connected components of sequences that share a k-mer on either strand."""
    parent = list(range(len(sequences)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first_seen: dict[str, int] = {}
    for i, sequence in enumerate(sequences):
        for strand in (sequence, sequence.translate(COMPLEMENT)[::-1]):
            for start in range(LENGTH - k + 1):
                other = first_seen.setdefault(strand[start : start + k], i)
                a, b = root(other), root(i)
                parent[max(a, b)] = min(a, b)
    groups = defaultdict(list)
    for i in range(len(sequences)):
        groups[root(i)].append(i)
    return list(groups.values())


def assign_split(sequences: list[str], labels: list[str]) -> list[str]:
    """Assign whole groups to train or test, close to 75/25 in each class.

    Large groups come first, each to the half that keeps the class shares nearest to the target;
    the sequences that share no k-mer with any other then fill each class exactly. Ties are broken
    by a hash of the sequence, which is as good as a random order and needs no generator.
    """

    def rank(group: list[int]) -> tuple[int, str]:
        digests = [hashlib.sha256(sequences[i].encode()).hexdigest() for i in group]
        return -len(group), min(digests)

    y = np.array([CLASSES.index(label) for label in labels])
    groups = sorted(group_by_shared_kmers(sequences, KMER), key=rank)
    report(f"{len(groups)} groups, the largest of {len(groups[0])} sequences")
    quota = np.rint(TEST_FRACTION * np.bincount(y)).astype(int)
    seen = np.zeros(len(CLASSES))
    in_test = np.zeros(len(CLASSES), dtype=int)
    split = ["train"] * len(sequences)
    for group in groups:
        counts = np.bincount(y[group], minlength=len(CLASSES))
        seen += counts
        if len(group) == 1:
            to_test = in_test[y[group[0]]] < quota[y[group[0]]]
        else:
            target = TEST_FRACTION * seen
            to_test = np.sum((in_test + counts - target) ** 2) < np.sum((in_test - target) ** 2)
        if to_test:
            in_test += counts
            for i in group:
                split[i] = "test"
    return split


def write_output(path: Path, rows: list[tuple[str, str, str]]) -> None:
    """Write a gzipped CSV whose bytes depend on the rows alone."""
    text = "sequence,label,split\n" + "".join(",".join(row) + "\n" for row in rows)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(text.encode("ascii"))
    path.write_bytes(buffer.getvalue())
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    report(f"{path.name}: {len(buffer.getvalue())} bytes, sha256 of the text {digest}")


def report(line: str) -> None:
    """Write one line to the terminal."""
    sys.stderr.write(line + "\n")


def main() -> None:
    """Read the path from the command line and write the embedded file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="DNA.rda of the R package mlbench")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    sequences, labels = remove_duplicates(*read_source(arguments.source))
    split = assign_split(sequences, labels)
    for half in ("train", "test"):
        report(
            f"{half}: {dict(Counter(y for y, s in zip(labels, split, strict=True) if s == half))}"
        )
    write_output(arguments.output, list(zip(sequences, labels, split, strict=True)))


if __name__ == "__main__":
    main()

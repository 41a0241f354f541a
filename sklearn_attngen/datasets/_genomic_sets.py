"""What is known about the sets of Genomic Benchmarks (version 0)."""

from __future__ import annotations

from dataclasses import dataclass

REFERENCE = (
    "Gresova, K., Martinek, V., Cechak, D., Simecek, P. and Alexiou, P. (2023). Genomic "
    "benchmarks: a collection of datasets for genomic sequence classification. BMC Genomic Data "
    "24, 25. https://doi.org/10.1186/s12863-023-01123-8"
)


@dataclass(frozen=True)
class GenomicSet:
    """One set: its rows per class and split, its lengths, and what to know before using it.

    Attributes
    ----------
    task : str
        What is to be told apart.
    counts : dict of str to (int, int)
        Number of training and test sequences of each class.
    lengths : (int, int, int)
        Shortest, median and longest sequence.
    caveats : tuple of str
        Known confounds and leaks of the published split.
    """

    task: str
    counts: dict[str, tuple[int, int]]
    lengths: tuple[int, int, int]
    caveats: tuple[str, ...] = ()


GENOMIC_SETS: dict[str, GenomicSet] = {
    "demo_human_or_worm": GenomicSet(
        "random windows of the human or the C. elegans genome",
        {"human": (37_500, 12_500), "worm": (37_500, 12_500)},
        (200, 200, 200),
        (
            "At least 3.7 % of the human training windows and 3.9 % of the human test windows lie "
            "in assembly gaps and consist of N alone; the worm genome has no gaps. N alone "
            "therefore says 'human', identical rows stand in both halves, and about 2 % of the "
            "test set is free. Drop the rows that are all N, and report how many there were.",
            "14.5 % of the worm test windows overlap a worm training window (human: 0.6 %).",
            "The genomes differ in GC content and in interspersed repeats, so that k-mer counts "
            "and a logistic regression already reach an accuracy of about 0.94: always compare "
            "with such a baseline.",
        ),
    ),
    "demo_coding_vs_intergenomic_seqs": GenomicSet(
        "pieces of human transcripts or of the space between genes",
        {"coding_seqs": (37_500, 12_500), "intergenomic_seqs": (37_500, 12_500)},
        (200, 200, 200),
        ("1.3 % of the intergenomic test windows overlap a training window of their class.",),
    ),
    "drosophila_enhancers_stark": GenomicSet(
        "Drosophila enhancers tested in embryos, or random windows of the same lengths",
        {"negative": (2_592, 865), "positive": (2_592, 865)},
        (236, 2_142, 3_237),
        (
            "40.6 % of the positive and 9.5 % of the negative test windows overlap a training "
            "window of their class, most of them by less than half.",
        ),
    ),
    "dummy_mouse_enhancers_ensembl": GenomicSet(
        "mouse enhancers or random windows of the same lengths",
        {"negative": (484, 121), "positive": (484, 121)},
        (331, 2_381, 4_776),
        (
            "The sequences come from the repeat-masked genome: repeats are runs of N, and the "
            "amount of N may differ between the classes.",
            "A test set of 242 sequences has a standard error of about 3 points of accuracy.",
        ),
    ),
    "human_enhancers_cohn": GenomicSet(
        "human enhancers or other windows of the genome",
        {"negative": (10_422, 3_474), "positive": (10_421, 3_474)},
        (500, 500, 500),
    ),
    "human_enhancers_ensembl": GenomicSet(
        "human enhancers (FANTOM5) or random windows of the same lengths",
        {"negative": (61_936, 15_485), "positive": (61_936, 15_485)},
        (2, 269, 573),
        (
            "75.5 % of the positive test windows stand in the training half as well, and 23,341 "
            "training rows are duplicates: accuracies on the published split reward memory.",
            "Some sequences are only a few letters long.",
        ),
    ),
    "human_ensembl_regulatory": GenomicSet(
        "human enhancers, promoters or open chromatin regions",
        {"enhancer": (85_512, 21_378), "ocr": (69_902, 17_476), "promoter": (75_934, 18_859)},
        (71, 401, 802),
        (
            "The classes probably differ in length: in human_ocr_ensembl, which has as many open "
            "chromatin regions, none is longer than 593 letters. Check what length alone predicts.",
        ),
    ),
    "human_nontata_promoters": GenomicSet(
        "human promoters without a TATA box, or other windows of genes",
        {"negative": (12_355, 4_119), "positive": (14_742, 4_915)},
        (251, 251, 251),
        (
            "99.2 % of the negative test windows overlap a negative training window by at least "
            "half: accuracies on the published split reward memory.",
        ),
    ),
    "human_ocr_ensembl": GenomicSet(
        "human open chromatin regions or random windows of the same lengths",
        {"negative": (69_902, 17_476), "positive": (69_902, 17_476)},
        (71, 315, 593),
    ),
}


def describe(name: str, counts: dict[str, tuple[int, int]], lengths: tuple[int, int]) -> str:
    """Write the card of a set from what was read and from what is known about it."""
    known = GENOMIC_SETS.get(name)
    n_train, n_test = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    lines = [
        f"{name} (Genomic Benchmarks)" if known else name,
        "-" * 60,
        "",
        f"Task: {known.task}." if known else "Task: not known to this package.",
        f"Sequences: {n_train:,} for training, {n_test:,} for testing.",
        *(f"  {label}: {a:,} / {b:,}" for label, (a, b) in counts.items()),
        f"Lengths: {lengths[0]:,} to {lengths[1]:,} letters.",
    ]
    if known:
        lines += ["", "What to know before trusting a figure:"]
        lines += [f"- {caveat}" for caveat in known.caveats]
        lines += [
            "- The published split is random over rows; overlapping windows and relatives of a "
            "sequence were not kept in one half.",
            "",
            "Source: https://zenodo.org/records/16605299 (CC BY 4.0), coordinates at "
            "https://github.com/ML-Bioinfo-CEITEC/genomic_benchmarks (Apache-2.0).",
            "",
            f"Reference: {REFERENCE}",
        ]
    return "\n".join(lines) + "\n"

"""Accuracy and faithfulness on human against worm, from 20,000 training rows, full test split.

``python -m benchmarks.human_or_worm --data FOLDER`` reads human_or_worm_mixed_200.csv.gz there;
without a folder demo_human_or_worm of Genomic Benchmarks is downloaded. The table says which.
Networks train on random strands and average both at prediction, except the plain CNN.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from sklearn.metrics import get_scorer

from benchmarks._data import add_arguments, load_human_or_worm, sample
from benchmarks._measure import measure, print_table
from benchmarks._plain_cnn import PlainCNN
from benchmarks._variants import ablation, fractions
from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    PerturbationScorer,
    make_kmer_classifier,
)

MAKERS = {
    "AttnGen": lambda seed: AttnGenClassifier(reverse_complement="average", random_state=seed),
    "AttnGen, no mask": lambda seed: AttnGenClassifier(
        mask_fraction=0, reverse_complement="average", random_state=seed
    ),
    "CNN": lambda seed: CNNClassifier(reverse_complement="average", random_state=seed),
    "plain CNN": lambda seed: PlainCNN(random_state=seed),
    "k-mers": lambda seed: make_kmer_classifier(),
}


@dataclass
class NetworksOnly:
    """A perturbation scorer that passes over the plain CNN, which has no probabilities."""

    scorer: PerturbationScorer

    def __call__(self, estimator: object, X: object, y: object) -> float:
        """Score, or say that there is nothing to score."""
        return float("nan") if isinstance(estimator, PlainCNN) else self.scorer(estimator, X, y)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=20_000, help="training rows, drawn by class")
    parser.add_argument("--what", choices=["models", "ablation", "fractions"], default="models")
    parser.add_argument("--only", nargs="+", help="names of classifiers")
    parser.add_argument("--perturbed-rows", type=int, default=3000)
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    arguments = parser.parse_args()
    split = load_human_or_worm(arguments.data)
    print(f"{split.source}: {len(split.y_train):,} training rows, {len(split.y_test):,} test rows")
    perturbation = {
        f"{fill}, 10 %": PerturbationScorer(
            fraction=0.1, fill=fill, n_repeats=2, max_samples=arguments.perturbed_rows
        )
        for fill in ("resample", "unknown")
    }
    scorers: dict[str, object] = {"accuracy": get_scorer("accuracy")}
    scorers |= {name: NetworksOnly(scorer) for name, scorer in perturbation.items()}
    strands = {"reverse_complement": "average"}
    sets = {"models": MAKERS, "ablation": ablation(**strands), "fractions": fractions(**strands)}
    makers = sets[arguments.what]
    makers = {name: makers[name] for name in arguments.only or makers}
    results = measure(
        f"human_or_worm_{arguments.what}",
        makers,
        lambda seed: sample(split, arguments.rows, seed),
        arguments.seeds,
        scorers,
        resume=arguments.resume,
    )
    print_table(results, next(iter(makers)))


if __name__ == "__main__":
    main()

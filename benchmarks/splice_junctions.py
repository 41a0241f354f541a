"""Accuracy and faithfulness on the embedded splice junctions, test split, paired seeds.

``python -m benchmarks.splice_junctions`` (a few minutes). The data come with the package.
``--what ablation`` compares what is masked in training, ``--what fractions`` how much.
``--held-out`` measures on a fifth of the training split, and ``--set`` tries other parameters
there: this is how defaults are chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer
from sklearn.pipeline import make_pipeline

from benchmarks._data import add_running_arguments, chosen, hold_out, load_splice
from benchmarks._figures import add_figure_argument, check_figure, draw_fractions
from benchmarks._measure import measure, print_table
from benchmarks._variants import ablation, add_trial_arguments, changed, fractions, trial_name
from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
    PerturbationScorer,
    SequenceOneHotEncoder,
    make_kmer_classifier,
)


def one_hot_logistic(seed: int) -> object:
    """Logistic regression on one-hot letters; its penalty is chosen by cross-validation."""
    search = LogisticRegressionCV(
        Cs=np.logspace(-2.5, 0, 6),
        cv=5,
        scoring="accuracy",
        max_iter=2000,
        l1_ratios=(0,),
        use_legacy_attributes=False,
    )
    return make_pipeline(SequenceOneHotEncoder(), search)


MAKERS = {
    "AttnGen": lambda seed: AttnGenClassifier(random_state=seed),
    "AttnGen, no mask": lambda seed: AttnGenClassifier(mask_fraction=0, random_state=seed),
    "CNN": lambda seed: CNNClassifier(random_state=seed),
    "one-hot logistic": one_hot_logistic,
    "k-mers": lambda seed: make_kmer_classifier(canonical=False),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_running_arguments(parser)
    parser.add_argument("--what", choices=["models", "ablation", "fractions"], default="models")
    add_trial_arguments(parser)
    add_figure_argument(parser, "the mask fractions")
    options = parser.parse_args(arguments)
    check_figure(parser, options.figure, options.what == "fractions")
    trial = trial_name(parser, options)
    scorers = {
        "accuracy": get_scorer("accuracy"),
        "balanced accuracy": get_scorer("balanced_accuracy"),
        "log likelihood": get_scorer("neg_log_loss"),
        "faithfulness": PerturbationScorer(fraction=0.1, fill="resample"),
    }
    sets = {"models": MAKERS, "ablation": ablation(), "fractions": fractions()}
    makers = sets[options.what]
    makers = changed(chosen(makers, options.only), options.set, options.mean_of)
    results = measure(
        f"splice_junctions_{options.what}{trial}",
        makers,
        lambda seed: hold_out(load_splice(), seed) if options.held_out else load_splice(),
        options.seeds,
        scorers,
        resume=options.resume,
        quick=options.quick,
    )
    print_table(results, next(iter(makers)), list(scorers))
    if options.figure is not None:
        panels = {"Accuracy": ["accuracy"], "Faithfulness": ["faithfulness"]}
        draw_fractions(
            results, options.figure, panels, f"Splice junctions{trial.replace('_', ' ')}"
        )


if __name__ == "__main__":
    main()

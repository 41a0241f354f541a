"""How right probabilities are, as they are and with a temperature found on rows left out.

``python -m benchmarks.calibration --data FOLDER`` fits each classifier in scikit-learn's
``CalibratedClassifierCV(method="temperature", ensemble=False)``: predictions of three folds say by
which factor logits are multiplied, and the classifier itself is trained on all rows, so that one
fit gives both figures. They are measured on a fifth of the training rows; no test split is read.
Both the folds and the fifth keep rows that share a word of 25 letters on one side, and the fifth
also what is known to come from one place, of which the folds do not hear; with
``--folds "at random"`` they are drawn by class. Networks are single ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import normalize

from benchmarks import leakage, other_sets
from benchmarks._data import add_arguments, chosen, sample
from benchmarks._measure import measure, print_table
from benchmarks._variants import Makers, single
from sklearn_attngen.model_selection import SequenceGroupKFold

FOLDS = {
    "by groups": SequenceGroupKFold(3),
    "at random": StratifiedKFold(3, shuffle=True, random_state=0),
}


def makers(both_strands: bool, folds: Any) -> Makers:
    """Return the classifiers of the other measurements, calibrated."""
    known = other_sets.makers(both_strands)
    return {name: partial(_calibrated, make, folds) for name, make in known.items()}


def _calibrated(make: Callable[[int], Any], folds: Any, seed: int) -> CalibratedClassifierCV:
    estimator = single(make(seed))
    return CalibratedClassifierCV(estimator, method="temperature", ensemble=False, cv=folds)


@dataclass(frozen=True)
class Probabilities:
    """How right they are: of a classifier as it is, and as it is calibrated.

    "too sure" is the mean probability of the predicted class less the accuracy.
    """

    def __call__(self, estimator: CalibratedClassifierCV, X: Any, y: Any) -> dict[str, float]:
        """Score both."""
        (part,) = estimator.calibrated_classifiers_
        # of two classes with a decision value each has half of it as its logit there
        halves = len(estimator.classes_) == 2 and hasattr(part.estimator, "decision_function")
        found = {"factor": float(part.calibrators[0].beta_) * (1 + halves)}
        for name, fitted in {"as it is": part.estimator, "calibrated": estimator}.items():
            # scikit-learn 1.9 scales in single precision; log_loss wants sums of 1 in double
            shares = normalize(fitted.predict_proba(X), norm="l1")
            accuracy = accuracy_score(y, estimator.classes_[shares.argmax(axis=1)])
            found |= {
                f"accuracy, {name}": float(accuracy),
                f"log loss, {name}": float(log_loss(y, shares, labels=estimator.classes_)),
                f"too sure, {name}": float(shares.max(axis=1).mean() - accuracy),
            }
        found["log loss saved"] = found["log loss, as it is"] - found["log loss, calibrated"]
        return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, one set after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--sets", nargs="+", choices=leakage.SETS, default=list(leakage.SETS))
    parser.add_argument("--rows", type=int, help="rows, drawn by class (default: all)")
    parser.add_argument("--folds", choices=FOLDS, default="by groups")
    options = parser.parse_args(arguments)
    chosen(makers(False, None), options.only)  # a wrong name shows before anything is measured
    for name in options.sets:
        split = leakage.load(name, options.data)
        if split is None:
            print(f"\n{name}: not here, passed over")
            continue
        print(f"\n{name} ({split.source}), a fifth of the training rows held out {options.folds}")
        split = sample(split, options.rows or len(split.y_train), 0)
        known = makers(leakage.both_strands(name), FOLDS[options.folds])
        known = chosen(known, options.only)
        results = measure(
            f"calibration_{name}_{options.rows or 'all'}_{options.folds}".replace(" ", "_"),
            known,
            leakage.folds(split, 25)[options.folds],
            options.seeds,
            {"probabilities": Probabilities()},
            resume=options.resume,
            quick=options.quick,
        )
        print_table(results, next(iter(known)), ["log loss, as it is", "log loss, calibrated"])
        saved = results.groupby("classifier", sort=False)["log loss saved"].agg(["min", "max"])
        print(f"\nlog loss saved, least and largest over seeds\n{saved.round(4).to_string()}")


if __name__ == "__main__":
    main()

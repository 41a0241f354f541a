"""What sequences of nothing but N in one class do to a perturbation with N.

``python -m benchmarks.unknown_shortcut --data FOLDER``. In demo_human_or_worm as published at least
3.7 % of the human training windows are all N, so that N alone says "human". Here as many training
rows of the first class (human) are blanked, AttnGen is trained with and without them, and the same
letters are removed with N and with letters drawn from the sequence. Where N is a label, accuracy
under N falls because N speaks for a class and not because the letters are gone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer

from benchmarks._data import Split, add_arguments, chosen, load_human_or_worm, sample
from benchmarks._measure import measure, print_table
from benchmarks._variants import attngen
from sklearn_attngen.inspection import perturbation_curve

SHARE = 0.037


def blank(split: Split, seed: int) -> Split:
    """Replace a share of the training rows of the first class by N."""
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(split.y_train == np.unique(split.y_train)[0])
    chosen = random.choice(rows, round(SHARE * len(rows)), replace=False)
    X = split.X_train.copy()
    X[chosen] = ["N" * len(X[row]) for row in chosen]
    return split._replace(X_train=X, source=f"{split.source}, {SHARE:.1%} all N")


@dataclass(frozen=True)
class Blank:
    """Probability that a model gives to the first class for a sequence of N."""

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Return it."""
        return float(estimator.predict_proba(["N" * len(X[0])])[0, 0])


@dataclass(frozen=True)
class Removed:
    """Accuracy after positions were removed."""

    order: str
    fill: str
    rows: int = 1000

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Remove 20 % of the positions of the first rows, and return it."""
        curve = perturbation_curve(
            estimator,
            X[: self.rows],
            y[: self.rows],
            fractions=(0.2,),
            orders=(self.order,),
            fill=self.fill,
            n_repeats=1,
            random_state=0,
        )
        return float(curve.scores[self.order].mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=5000, help="training rows, drawn by class")
    options = parser.parse_args(arguments)
    split = load_human_or_worm(options.data)
    split = split._replace(
        **dict(zip(("X_test", "y_test"), shuffled(split.X_test, split.y_test), strict=True))
    )
    scorers: dict[str, Any] = {"accuracy": get_scorer("accuracy"), "P(human) of all N": Blank()}
    scorers |= {
        f"{fill}, {order} 20 %": Removed(order, fill)
        for fill in ("unknown", "resample")
        for order in ("top", "random")
    }
    makers = {
        f"mask {value}": attngen(mask_value=value, reverse_complement="average", n_estimators=1)
        for value in ("resample", "zero")
    }
    makers = chosen(makers, options.only)
    for what in ("as it is", "with rows of N"):
        print(f"\n{what}")

        def data(seed: int, what: str = what) -> Split:
            drawn = sample(split, options.rows, seed)
            return drawn if what == "as it is" else blank(drawn, seed)

        results = measure(
            f"unknown_shortcut_{options.rows}_{what.replace(' ', '_')}",
            makers,
            data,
            options.seeds,
            scorers,
            resume=options.resume,
            quick=options.quick,
        )
        print_table(results, next(iter(makers)))


def shuffled(X: Any, y: Any) -> tuple[Any, Any]:
    """Mix the classes, so that the first rows hold both."""
    order = np.random.default_rng(0).permutation(len(y))
    return X[order], y[order]


if __name__ == "__main__":
    main()

"""Classifiers with something changed, the same changes for every data set."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sklearn.base import clone
from sklearn.ensemble import VotingClassifier

from sklearn_attngen import AttnGenClassifier

Makers = dict[str, Callable[[int], Any]]
# what a mask does is seen in one network too, in a third of the time
ONE = {"n_estimators": 1}
# the seeds of the fits of a mean are so far apart: more than anyone measures with
SEEDS = 1000


def attngen(**changes: Any) -> Callable[[int], Any]:
    """Return a maker of classifiers that differ from the defaults."""
    return lambda seed: AttnGenClassifier(random_state=seed, **changes)


def single(estimator: Any) -> Any:
    """Return the classifier with one network, where it has a number of them."""
    return estimator.set_params(**ONE) if "n_estimators" in estimator.get_params() else estimator


def ablation(**common: Any) -> Makers:
    """Return single networks by what is masked in training: by attention, at random, ..."""
    changes: dict[str, dict[str, Any]] = {
        "sampled": {},
        "lowest": {"mask_order": "lowest"},
        "random": {"mask_order": "random"},
        "highest": {"mask_order": "highest"},
        "no mask": {"mask_fraction": 0},
        "sampled, no KL": {"consistency_weight": 0},
        "sampled, by mass": {"mask_by": "mass"},
        "sampled, zeros": {"mask_value": "zero"},
        "sampled, uniform": {"mask_value": "uniform"},
    }
    return {name: attngen(**ONE | common | change) for name, change in changes.items()}


def fractions(**common: Any) -> Makers:
    """Return single networks with the mask fractions of the paper's curve, and one beyond."""
    values = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
    return {f"mask {value}": attngen(**ONE | common, mask_fraction=value) for value in values}


def add_trial_arguments(parser: argparse.ArgumentParser, *, held_out: bool = True) -> None:
    """Add the options with which defaults are tried out, and means of several fits."""
    parser.add_argument(
        "--mean-of",
        type=int,
        default=1,
        metavar="FITS",
        help="measure the mean of the probabilities of so many fits with seeds of their own, in "
        "place of each classifier that has a seed (VotingClassifier)",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the classifiers that have them, such as n_filters=128; --quick makes "
        "networks small all the same",
    )
    if held_out:
        parser.add_argument(
            "--held-out",
            action="store_true",
            help="measure on a fifth of the training rows, drawn by the seed; the test split is "
            "not read (--set needs this)",
        )


def trial_name(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """Return what a trial adds to the name of its results, which are kept apart from the others.

    So are those of means of several fits.

    Other parameters are tried on training rows only: without ``--held-out``, where there is such an
    option, ``--set`` ends the program.
    """
    held_out = getattr(options, "held_out", None)
    if options.set and held_out is False:
        parser.error("--set needs --held-out: defaults are not chosen on the test split")
    if options.mean_of < 1:
        parser.error(f"--mean-of {options.mean_of}: a mean is of one fit at least")
    parts = ["held_out"] * bool(held_out) + [re.sub(r"[^\w.=-]", "", each) for each in options.set]
    parts += [f"mean_of_{options.mean_of}"] * (options.mean_of > 1)
    return "".join(f"_{part}" for part in parts)


def changed(
    makers: Mapping[str, Callable[[int], Any]], assignments: Sequence[str], mean_of: int = 1
) -> Makers:
    """Return makers of the same classifiers with parameters set, where they have them.

    Those that have a seed become the mean of ``mean_of`` fits, the first of them with the seed that
    one fit alone would have.

    What ends the program: a parameter that none of them has or that has no value, one that is set
    twice, and one in which they differ by name or seed, because the table would not show it.
    """
    known = [make(seed).get_params() for make in makers.values() for seed in (0, 1)]
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        there = {repr(parameters[name]) for parameters in known if name in parameters}
        if not text or not there:
            raise SystemExit(f"--set: {assignment!r} is no NAME=VALUE of a classifier here.")
        if name in values:
            raise SystemExit(f"--set: {name} is set twice.")
        if len(there) > 1:
            raise SystemExit(f"--set: the classifiers here differ in {name}; choose with --only.")
        try:
            values[name] = ast.literal_eval(text)
        except (SyntaxError, ValueError, TypeError):
            values[name] = text

    def remake(make: Callable[[int], Any], seed: int) -> Any:
        estimator = make(seed)
        own = estimator.get_params()
        estimator.set_params(**{name: values[name] for name in values if name in own})
        if mean_of == 1 or "random_state" not in own:
            return estimator
        fits = [clone(estimator).set_params(random_state=seed + SEEDS * i) for i in range(mean_of)]
        named = [(f"fit{i}", fit) for i, fit in enumerate(fits)]
        return VotingClassifier(named, voting="soft")

    if assignments:
        print(f"with {', '.join(assignments)}")
    if mean_of > 1:
        print(f"networks are the mean of {mean_of} fits")
    return {label: partial(remake, make) for label, make in makers.items()}

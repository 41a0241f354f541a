"""scikit-learn's own checks, which every estimator passes with default parameters.

Those trainings take minutes, so that the quick tests run the same checks on small networks. These
are three together, as by default; the large ones, which are slow tests, are one alone, and train
on the same rows in other containers no second time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from itertools import product
from typing import Any
from unittest import SkipTest

import pytest
import sklearn
from packaging.version import Version
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_attngen import (
    AttnGenClassifier,
    CNNClassifier,
)

NETWORKS = [AttnGenClassifier, CNNClassifier]
SMALL = {"n_filters": 8, "max_epochs": 20, "learning_rate": 0.03}
NEEDS_ARRAY_API = "check_array_api_input"


def name_of(check: Any) -> str:
    return getattr(check, "func", check).__name__


def is_repeated(check: Any) -> bool:
    """Whether a check is a long training once more, on read-only rows or others of float32."""
    return name_of(check) == "check_classifiers_train" and bool(check.keywords)


def sklearn_checks() -> Iterator[Any]:
    """All checks but the one that needs a setting from before the start of Python."""
    whole = {"n_estimators": 1}
    for kind, (parameters, marks) in product(NETWORKS, [(whole, [pytest.mark.slow]), (SMALL, [])]):
        made = kind(**parameters)
        for i, (estimator, check) in enumerate(estimator_checks_generator(made)):
            left_out = name_of(check) == NEEDS_ARRAY_API or (
                parameters is whole and is_repeated(check)
            )
            if not left_out:
                yield pytest.param(estimator, check, id=f"{made}-{i}-{name_of(check)}", marks=marks)


@pytest.mark.parametrize(("estimator", "check"), list(sklearn_checks()))
def test_scikit_learn(estimator: Any, check: Any) -> None:
    """No check fails, and none is skipped: a skipped check is not a passed one."""
    try:
        # scikit-learn's checks make data that warns, in scikit-learn's own code
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(estimator)
    except SkipTest as reason:
        pytest.fail(f"was skipped: {reason}")


def test_scikit_learn_runs_all_of_its_checks() -> None:
    """A tag that says "no 2-D input" would have most checks left out, and pass."""
    for kind in NETWORKS:
        tags = get_tags(kind()).input_tags
        assert tags.two_d_array
        assert tags.three_d_array
        assert tags.string
        assert not tags.one_d_array
        names = {name_of(check) for _, check in estimator_checks_generator(kind())}
        assert len(names) > 50
        assert {"check_classifiers_train", "check_sample_weight_equivalence_on_dense_data"} <= names


@pytest.mark.skipif(
    Version(sklearn.__version__) < Version("1.9"),
    reason="scikit-learn has this check for every estimator from 1.9 on",
)
def test_scikit_learn_with_array_api() -> None:
    """One check runs only with SCIPY_ARRAY_API=1, set before SciPy is imported."""
    code = f"""
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn_attngen import AttnGenClassifier, CNNClassifier
for kind in (AttnGenClassifier, CNNClassifier):
    for estimator, check in estimator_checks_generator(kind(**{SMALL})):
        if getattr(check, "func", check).__name__ == "check_array_api_input":
            check(estimator)
            print("ran", kind.__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["ran AttnGenClassifier", "ran CNNClassifier"]

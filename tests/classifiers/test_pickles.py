"""Copies and pickles of fitted classifiers."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from skorch.callbacks import LRScheduler
from skorch.exceptions import DeviceWarning

from sklearn_attngen import AttnGenClassifier, CNNClassifier, __version__
from sklearn_attngen.classifiers import _base

RNG = np.random.default_rng(0)
X = np.array(["".join(row) for row in RNG.choice(list("ACGT"), (60, 16))], dtype=object)
Y = np.arange(60) % 2


def quick(**parameters: Any) -> CNNClassifier:
    return CNNClassifier(
        **{"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0, **parameters}
    )


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_made_in_inference_mode_explain(kind: type, copied: Any) -> None:
    """A server may load its model there."""
    parameters = {"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0}
    estimator = kind(**parameters, n_estimators=2).fit(X, Y)
    with torch.inference_mode():
        again = copied(estimator)
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))
    np.testing.assert_array_equal(again.saliency(X), estimator.saliency(X))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_calls_go_on_with_copies_made_in_inference_mode(copied: Any) -> None:
    """With weights and with an optimiser's memory that torch would refuse to change."""
    estimator = quick().partial_fit(X, Y, classes=[0, 1])
    with torch.inference_mode():
        again = copied(estimator)
    before = estimator.predict_proba(X)
    for each in (estimator, again):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))
    assert not np.array_equal(again.predict_proba(X), before)


def test_networks_of_earlier_versions_are_refused() -> None:
    """When they are loaded, not by an error of torch when they are used."""
    estimator = quick(n_estimators=1).fit(X, Y)
    estimator.module_.head = torch.nn.Sequential(torch.nn.Linear(8, 2))
    with pytest.raises(ValueError, match=r"CNNClassifier was saved by an earlier version.*again"):
        pickle.loads(pickle.dumps(estimator))


@pytest.mark.parametrize("fitted", [False, True])
def test_another_version_is_named(fitted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its saliencies may differ; scikit-learn warns so of its own estimators alone."""
    estimator = quick(n_estimators=1)
    if fitted:
        estimator.fit(X, Y)
    stored = pickle.dumps(estimator)
    pickle.loads(stored)
    monkeypatch.setattr(_base, "__version__", "7.0")
    expected = rf"{__version__} of sklearn-attngen.* 7\.0"
    with pytest.warns(InconsistentVersionWarning, match=expected):
        again = pickle.loads(stored)
    assert vars(again).keys() == vars(estimator).keys()
    clone(again)
    copy.deepcopy(again)
    pickle.loads(pickle.dumps(again))  # saved by this version now


class Own(CNNClassifier):
    """A class of a user, which keeps something out of its pickles in Python's usual way."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "cache"}


def test_subclasses_with_a_state_of_their_own_are_copied_quietly() -> None:
    """They do not say which version they are of; no release of the package left that out."""
    estimator = Own(n_filters=4, n_layers=1, max_epochs=1, random_state=0).fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        again = pickle.loads(pickle.dumps(copy.copy(estimator)))
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))


def test_a_pickle_holds_the_weights_once() -> None:
    """Beside them only the two numbers that AdamW remembers of each."""
    estimator = AttnGenClassifier(n_estimators=1, max_epochs=2, random_state=0).fit(X, Y)
    weights = sum(4 * value.numel() for value in estimator.module_.state_dict().values())
    stored = pickle.dumps(estimator)
    assert len(stored) < 3.5 * weights
    again = pickle.loads(stored)
    assert again.net_.module is again.net_.module_


@pytest.mark.skipif(torch.cuda.is_available(), reason="there the device is not missing")
@pytest.mark.parametrize("own", [[], [LRScheduler("StepLR", step_size=1)]])
def test_a_fit_on_a_gpu_is_loaded_without_one(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained on a server, used on a laptop; the weights here only say that they are from there."""
    estimator = quick(net_params={"callbacks": own}, early_stopping=True).fit(X, Y)
    expected, saliency = estimator.predict_proba(X), estimator.saliency(X)
    estimator.device_ = estimator.net_.device = "cuda"
    with monkeypatch.context() as there:
        there.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        stored = pickle.dumps(estimator)
    with pytest.warns(DeviceWarning, match="no CUDA devices are available|is not available"):
        again = pickle.loads(stored)
    assert again.device_ == "cpu"
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    np.testing.assert_array_equal(again.saliency(X), saliency)
    again.set_params(early_stopping=False).partial_fit(X, Y)


def test_a_fit_on_a_second_gpu_is_loaded_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There skorch would look for the second one, which torch refuses."""
    estimator = quick().fit(X, Y)
    expected = estimator.predict_proba(X)
    estimator.device_ = estimator.net_.device = "cuda:1"
    with monkeypatch.context() as there:
        there.setattr(torch.serialization, "location_tag", lambda storage: "cuda:1")
        stored = pickle.dumps(estimator)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.warns(DeviceWarning, match="device of the fit, cuda:1, is not available"):
        again = pickle.loads(stored)
    assert again.device_ == "cpu"
    np.testing.assert_array_equal(again.predict_proba(X), expected)

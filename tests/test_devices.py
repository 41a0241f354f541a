"""Whether everything that belongs on the device of a fit is there, without a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import convergence_delta, deeplift, mutagenesis
from tests.conftest import QUICK, plant
from tests.pretended_device import pretended_cuda

X, Y = plant(40)
PARAMETERS: dict[str, Any] = QUICK | {
    "max_epochs": 2,
    "n_filters": 8,
    "pool_size": 2,
    "reverse_complement": "average",
}


def answers(estimator: Any) -> dict[str, np.ndarray]:
    """Return what a fitted classifier says, from everything that runs its network."""
    few = X[:2]
    found = {
        "probabilities": estimator.predict_proba(X),
        "own": estimator.saliency_,
        "signed": estimator.saliency(few, "interior_gradient", "yes", signed=True),
        "mutagenesis": mutagenesis(estimator, few),
        "convergence": convergence_delta(estimator, few).delta,
    }
    for method in estimator._saliency_methods:
        found[method] = estimator.saliency(few, method)
    return found


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
def test_a_fit_on_a_device_is_the_one_on_the_cpu(kind: Any) -> None:
    """Dropout draws for values in the order that they have in memory, which differs."""
    parameters = PARAMETERS | {"dropout": 0.0, "precision": "float32"}
    expected = answers(kind(**parameters, device="cpu").fit(X, Y))
    with pretended_cuda():
        estimator = kind(**parameters, device="cuda:1").fit(X, Y)
        assert {str(each.device) for each in estimator.module_.state_dict().values()} == {"cuda:1"}
        found = answers(estimator)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
def test_all_of_a_training_keeps_to_its_device(kind: Any) -> None:
    """With dropout, in the types of autocast on CUDA, on another device than before."""
    parameters = PARAMETERS | {"n_estimators": 2, "reverse_complement": "augment"}
    with pretended_cuda():
        estimator = kind(**parameters, device="auto", early_stopping=True).fit(X, Y)
        assert estimator.device_ == "cuda"
        assert estimator._in_bfloat16
        estimator.set_params(early_stopping=False, device="cpu").partial_fit(X, Y)
        estimator.set_params(device="cuda").partial_fit(X, Y)
        assert np.isfinite(estimator.predict_proba(X)).all()
        estimator.set_params(reverse_complement=False)
        estimator.fit(np.random.default_rng(0).normal(size=(40, 12)), Y)  # in float64


def test_captum_keeps_to_the_device_of_the_fit() -> None:
    pytest.importorskip("captum")
    with pretended_cuda():
        estimator = AttnGenClassifier(**PARAMETERS, device="cuda").fit(X, Y)
        for references in ("uniform", "dinucleotide"):
            values, delta = deeplift(estimator, X[:2], references=references, return_delta=True)
            assert np.isfinite(values).all()
            assert np.isfinite(delta).all()


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x + torch.zeros(3),
        lambda x: x + torch.zeros(3, device="cuda:1"),
        lambda x: torch.cat([x, torch.zeros(3)]),
        lambda x: torch.zeros(3)[x.long()],
        lambda x: torch.nn.Linear(3, 2)(x),
        lambda x: x.numpy(),
        lambda x: np.asarray(x),
        lambda x: x.random_(generator=torch.Generator()),
        lambda x: torch.rand(3, device="cuda", generator=torch.Generator()),
        lambda x: torch.rand(3, generator=torch.Generator(device="cuda")),
    ],
)
def test_mistakes_would_be_noticed(mistake: Callable[[torch.Tensor], Any]) -> None:
    """What the tests above rely on."""
    with pretended_cuda():
        x = torch.zeros(3).to("cuda")
        assert (x + x.cpu().to(x) * 2 + torch.tensor(1.0)).cpu().tolist() == [1, 1, 1]
        with pytest.raises((RuntimeError, TypeError), match=r"device"):
            mistake(x)

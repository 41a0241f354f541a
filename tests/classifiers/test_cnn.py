"""CNNClassifier: the rival, trained in the same way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.networks import CNNNetwork

Make = Callable[..., CNNClassifier]
Data = tuple[np.ndarray, np.ndarray]


def test_the_network_is_the_cnn(cnn: Make, planted: Data) -> None:
    """With the parameters of the estimator."""
    estimator = cnn(n_layers=3, n_filters=5, n_estimators=1, max_epochs=1).fit(*planted)
    assert isinstance(estimator.module_, CNNNetwork)
    assert len(estimator.module_.encoder.blocks) == 3
    assert estimator.module_.encoder.stem[0].out_channels == 5


def test_it_neither_masks_nor_attends(cnn: Make, planted: Data) -> None:
    """No such parameters, methods or history."""
    estimator = cnn(n_estimators=1, max_epochs=1).fit(*planted)
    assert not any("mask" in name or "head" in name for name in estimator.get_params())
    assert "mask_fraction" not in estimator.history_[0]
    assert not hasattr(estimator.module_, "attend")
    for method in ("attention", "attention_x_gradient"):
        with pytest.raises(ValueError, match=r"gradient_x_input.*CNNClassifier"):
            estimator.saliency(planted[0], method)
    with pytest.raises(ValueError, match="saliency_method"):
        cnn(saliency_method="attention").fit(*planted)


def test_its_size_is_that_of_attngen(cnn: Make, planted: Data) -> None:
    """Equal budget: no more than half as many or twice as many weights at the defaults."""
    X, y = planted
    sizes = [
        sum(p.numel() for p in kind(max_epochs=1).fit(X, y).module_.parameters())
        for kind in (AttnGenClassifier, CNNClassifier)
    ]
    assert 0.5 < sizes[0] / sizes[1] < 2


def test_gradients_find_the_motif(cnn: Make, planted_many: Data, planted_again: Data) -> None:
    """In sequences it has not seen."""
    estimator = cnn(random_state=1).fit(*planted_many)
    X, y = planted_again
    X = X[y == "yes"]
    motif = np.zeros((len(X), 24), dtype=bool)
    for row, x in enumerate(X):
        start = x.index("TATAAT")
        motif[row, start : start + 6] = True
    for method in estimator._saliency_methods:
        assert estimator.saliency(X, method, "yes")[motif].sum() / len(X) > 0.4, method

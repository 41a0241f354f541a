"""What a fit leaves behind, and what it must not."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_attngen import AttnGenClassifier, CNNClassifier

RNG = np.random.default_rng(0)
X = np.array(["".join(row) for row in RNG.choice(list("ACGT"), (60, 16))], dtype=object)
Y = np.arange(60) % 2


def quick(**parameters: Any) -> CNNClassifier:
    return CNNClassifier(
        **{"n_filters": 4, "n_layers": 1, "max_epochs": 2, "random_state": 0, **parameters}
    )


@pytest.mark.parametrize(
    "wrong",
    [{"device": "nowhere"}, {"net_params": {"lr": 1}}, {"class_weight": {0: 0, 1: 0}}],
    ids=["device", "net_params", "class_weight"],
)
def test_a_refit_that_fails_leaves_no_fit(wrong: dict[str, Any]) -> None:
    """Predictions must not come from a network that was never trained."""
    estimator = quick().fit(X, Y)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        estimator.set_params(**wrong).fit(X, Y)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    with pytest.raises(NotFittedError):
        estimator.predict(X)


def test_parameters_set_after_the_fit_do_not_change_predictions() -> None:
    """Alphabet and strands are those of the fit."""
    estimator = quick(reverse_complement="average").fit(X, Y)
    expected, saliency = estimator.predict_proba(X), estimator.saliency(X)
    estimator.set_params(alphabet="TGCA", reverse_complement=False)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)
    np.testing.assert_array_equal(estimator.saliency(X), saliency)


def test_divergence_raises() -> None:
    """Probabilities that are not numbers are no prediction."""
    with pytest.raises(ValueError, match="Lower learning_rate"):
        quick(learning_rate=1e30, max_epochs=10).fit(X, Y)


def test_weights_count_between_calls_of_partial_fit() -> None:
    """A call of weight 1,000 is not a call of weight 1."""
    probabilities = [
        quick()
        .partial_fit(X, Y, classes=[0, 1], sample_weight=np.full(60, weight))
        .predict_proba(X)
        for weight in (1e-8, 1.0)
    ]
    assert not np.allclose(*probabilities, atol=1e-4)


def test_partial_fit_refuses_what_needs_all_rows() -> None:
    """Balanced weights and early stopping cannot be had from some rows."""
    with pytest.raises(ValueError, match="balanced"):
        quick(class_weight="balanced").partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="early_stopping"):
        quick(early_stopping=True).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="one class"):
        quick().partial_fit(X, np.zeros(60), classes=[0])


def test_training_goes_on_with_sequences_only() -> None:
    """A network of letters is not trained on measurements."""
    estimator = quick(warm_start=True).fit(X, Y)
    noise = RNG.normal(size=(60, 64))
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.fit(noise, Y)
    with pytest.raises(ValueError, match="not one-hot"):
        estimator.partial_fit(noise, Y)


def test_a_fitted_estimator_holds_no_validation_rows() -> None:
    """Pickles stay small and give no data away; module_ stays the net's own."""
    estimator = quick(early_stopping=True, max_epochs=3).fit(X, Y)
    assert estimator.net_.train_split is None
    again = pickle.loads(pickle.dumps(estimator))
    assert again.module_ is again.net_.module_
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))


def test_one_letter_at_a_time() -> None:
    """A batch of one value per channel has no spread, and still trains."""
    estimator = quick(batch_size=1).fit(["A", "C", "G", "T"], [0, 1, 0, 1])
    assert np.isfinite(estimator.predict_proba(["A"])).all()


def test_rows_without_letters_keep_the_importances_whole() -> None:
    """The importances of the columns sum to 1 whatever the rows hold."""
    estimator = quick().fit([*X, "N" * 16], [*Y, 0])
    assert estimator.feature_importances_.sum() == pytest.approx(1)


def test_negative_class_weights_raise() -> None:
    """They would drop the class without a word."""
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        quick(class_weight={0: -1, 1: 1}).fit(X, Y)


def test_optimisers_without_weight_decay_work() -> None:
    """What AdamW takes is not forced on others."""
    import torch

    AttnGenClassifier(
        n_filters=4, max_epochs=2, net_params={"optimizer": torch.optim.Rprop}, random_state=0
    ).fit(X, Y).predict(X)

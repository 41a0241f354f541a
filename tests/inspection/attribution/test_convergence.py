"""inspection.convergence_delta: what it measures, and that more complete methods have less."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import convergence_delta, saliency
from sklearn_attngen.networks import integrated_gradients
from sklearn_attngen.preprocessing import SequenceOneHotEncoder


def fitted(kind, data, **changes):
    parameters = {"n_filters": 8, "n_layers": 1, "kernel_size": 7, "batch_size": 20}
    parameters["n_estimators"] = 1
    return kind(**parameters | {"max_epochs": 6, "random_state": 0} | changes).fit(*data)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("strands", [False, "average"])
def test_integrated_gradients_nearly_add_up(kind, strands, planted):
    """And the single gradients, which do not promise to, miss by more."""
    model = fitted(kind, planted, reverse_complement=strands, random_state=3)
    X = planted[0][:20]
    result = convergence_delta(model, X)
    assert result.delta.shape == result.change.shape == result.relative.shape == (20,)
    missed = np.abs(result.delta).mean()
    assert missed < 0.2 * np.abs(result.change).mean()
    evidence = saliency(model, X, "integrated_gradients", signed=True).sum(axis=1)
    np.testing.assert_allclose(evidence - result.change, result.delta, atol=1e-9)
    np.testing.assert_allclose(result.relative, np.abs(result.delta / result.change))
    other = convergence_delta(model, X, "gradient_x_input")
    np.testing.assert_allclose(other.change, result.change, atol=1e-9)
    assert np.abs(other.delta).mean() > 2 * missed


def test_the_change_is_that_from_the_baseline_to_the_sequence(planted):
    """In the limit of many points the evidence adds up to it exactly."""
    import torch

    model = fitted(AttnGenClassifier, planted)
    X = planted[0][:3]
    blocks = SequenceOneHotEncoder().fit_transform(X).reshape(3, -1, 4).transpose(0, 2, 1)
    x = torch.from_numpy(np.ascontiguousarray(blocks)).float()
    evidence = integrated_gradients(model.module_, x, torch.ones(3, dtype=torch.int64), 2000)
    change = convergence_delta(model, X, target="yes").change
    np.testing.assert_allclose(evidence.sum(dim=1).numpy(), change, atol=1e-3)
    np.testing.assert_allclose(convergence_delta(model, X, target="no").change, -change, atol=1e-6)


def test_deeplift_is_reported_too(planted):
    pytest.importorskip("captum")
    model = fitted(CNNClassifier, planted)
    result = convergence_delta(model, planted[0][:10], "deeplift", batch_size=3)
    np.testing.assert_allclose(
        result.delta, convergence_delta(model, planted[0][:10], "deeplift").delta, atol=1e-5
    )
    evidence = saliency(model, planted[0][:10], "deeplift", signed=True).sum(axis=1)
    np.testing.assert_allclose(evidence - result.change, result.delta, atol=1e-5)


def test_rows_without_letters_miss_nothing(planted):
    model = fitted(AttnGenClassifier, planted, max_epochs=1)
    result = convergence_delta(model, ["N" * 24, planted[0][0]])
    assert result.delta[0] == result.change[0] == result.relative[0] == 0


def test_encoders_are_passed_through(planted):
    model = make_pipeline(
        SequenceOneHotEncoder(), AttnGenClassifier(n_filters=8, max_epochs=2, random_state=0)
    ).fit(*planted)
    X = planted[0][:4]
    expected = convergence_delta(model[-1], X)
    np.testing.assert_allclose(convergence_delta(model, X).delta, expected.delta, atol=1e-9)


def test_errors(X, y, planted):
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="convergence_delta needs a network"):
        convergence_delta(model, X[:2])
    network = fitted(CNNClassifier, planted, max_epochs=1)
    with pytest.raises(ValueError, match="method"):
        convergence_delta(network, planted[0][:2], "attention")
    with pytest.raises(ValueError, match="24"):
        convergence_delta(network, ["ACGT"])

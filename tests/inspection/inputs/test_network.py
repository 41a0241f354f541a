"""The network inside: asked in the letters of the input, whatever order its encoder has them in."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import convergence_delta, deeplift, mutagenesis, saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.network import LetterNetwork, batches_of
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from tests.inspection.conftest import fit_small

ORDER = [0, 3, 1, 2]  # of A, T, C and G among A, C, G and T


@pytest.fixture(scope="module", params=[False, "average"], ids=["one strand", "both strands"])
def behind(request, planted):
    """A network behind an encoder that knows the letters in another order."""
    X, y = planted
    encoder = SequenceOneHotEncoder(alphabet="ATCG").fit(X)
    data = encoder.transform(X), y
    network = fit_small(CNNClassifier, data, reverse_complement=request.param)
    return make_pipeline(encoder, network)


def test_substitutions_are_those_of_the_mutants(behind, few):
    target = behind.classes_[1]
    changes = mutagenesis(behind, few, target, scale="probability", alphabet="DNA")
    clean = behind.predict_proba(few)[:, 1]
    for position in (3, 10, 17):
        for code, letter in enumerate("ACGT"):
            mutants = [x[:position] + letter + x[position + 1 :] for x in few]
            expected = behind.predict_proba(mutants)[:, 1] - clean
            np.testing.assert_allclose(changes[:, position, code], expected, atol=1e-6)
    swapped = mutagenesis(behind, few, target, scale="probability", alphabet="ATCG")
    np.testing.assert_allclose(swapped, changes[:, :, ORDER], atol=1e-9)


def test_the_network_answers_what_the_estimator_does(behind, few):
    """In either order; so occlusion may ask the network."""
    for alphabet in ("DNA", "ATCG"):
        data = LetterInput.read(behind, few, alphabet)
        logits = LetterNetwork.find(behind, data).logits(data.codes)
        expected = behind.predict_proba(few)
        found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_contributions_have_the_order_of_the_letters_given(behind, few):
    pytest.importorskip("captum")
    one, two = (
        deeplift(behind, few, references="uniform", hypothetical=True, alphabet=alphabet)
        for alphabet in ("DNA", "ATCG")
    )
    np.testing.assert_allclose(two, one[:, :, ORDER], atol=1e-6)
    signed = saliency(behind, few, "deeplift", signed=True, alphabet="DNA")
    own = deeplift(behind, few, references="uniform", alphabet="DNA")
    np.testing.assert_allclose(signed, own, atol=1e-6)


def test_what_evidence_misses_does_not_depend_on_the_order(behind, few):
    one, two = (convergence_delta(behind, few, alphabet=alphabet) for alphabet in ("DNA", "ATCG"))
    np.testing.assert_allclose(one.change, two.change, atol=1e-6)
    np.testing.assert_allclose(one.delta, two.delta, atol=1e-6)


def test_attention_does_not_depend_on_the_order(planted, few):
    X, y = planted
    encoder = SequenceOneHotEncoder(alphabet="ATCG").fit(X)
    network = fit_small(AttnGenClassifier, (encoder.transform(X), y))
    model = make_pipeline(encoder, network)
    one, two = (
        saliency(model, few, "attention", alphabet=alphabet) for alphabet in ("DNA", "ATCG")
    )
    np.testing.assert_array_equal(one, two)


def test_batches_of_a_number_of_numpy():
    """The sum of a row and a small number would overflow, and rows be left out."""
    assert list(batches_of(300, 1, np.uint8(200))) == [slice(0, 200), slice(200, 300)]

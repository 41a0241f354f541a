"""DeepLIFT and integrated gradients: values beside Captum and tangermeme, and their references."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from sklearn_attngen import AttnGenClassifier, CNNClassifier
from sklearn_attngen.inspection import convergence_delta, deeplift, mutagenesis, saliency
from sklearn_attngen.inspection._attribution.references import draw_references
from sklearn_attngen.inspection._inputs.dinucleotide import dinucleotide_shuffle
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import NO_SIGNAL, decode_codes, one_hot, read_sequences
from tests.inspection.conftest import fit_small


class AboveMean(torch.nn.Module):
    """The output that evidence is measured in."""

    def forward(self, logits):
        return logits - logits.mean(dim=1, keepdim=True)


def as_tensors(network, X):
    blocks = SequenceOneHotEncoder().fit_transform(X).reshape(len(X), -1, 4).transpose(0, 2, 1)
    x = torch.from_numpy(np.ascontiguousarray(blocks)).float()
    target = torch.from_numpy(np.searchsorted(network.classes_, network.predict(X)))
    baseline = x.any(dim=1, keepdim=True).float().expand_as(x).contiguous() / 4
    return x, target, baseline


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0")
def test_deeplift_is_that_of_captum(network, few):
    attr = pytest.importorskip("captum.attr")
    x, target, baseline = as_tensors(network, few)
    module = torch.nn.Sequential(network.module_, AboveMean())
    expected = attr.DeepLift(module).attribute(x, baseline, target=target).sum(dim=1)
    signed = saliency(network, few, "deeplift", signed=True)
    np.testing.assert_allclose(signed, expected.detach().numpy(), atol=1e-6)
    # of two classes, log-odds are twice a logit above the mean
    log_odds = np.abs(network.decision_function(few))[:, None]
    change = np.abs(expit(log_odds) - expit(log_odds - 2 * signed))
    magnitude = saliency(network, few, "deeplift")
    np.testing.assert_allclose(magnitude, change / change.sum(axis=1, keepdims=True), atol=1e-6)
    assert (magnitude[0, :3] == 0).all()


def test_integrated_gradients_are_those_of_captum(network, few):
    """The same baseline, and the midpoint rule over 16 points."""
    attr = pytest.importorskip("captum.attr")
    x, target, baseline = as_tensors(network, few)
    module = torch.nn.Sequential(network.module_, AboveMean())
    expected = attr.IntegratedGradients(module).attribute(
        x, baseline, target=target, n_steps=16, method="riemann_middle"
    )
    signed = saliency(network, few, "integrated_gradients", signed=True)
    np.testing.assert_allclose(signed, expected.sum(dim=1).numpy(), atol=1e-5)


def test_deeplift_averages_over_strands(planted, few):
    """The reverse complement of a sequence has the same evidence, read backwards."""
    pytest.importorskip("captum.attr")
    model = fit_small(CNNClassifier, planted, reverse_complement="average", max_epochs=2)
    turned = np.array([x[::-1].translate(str.maketrans("ACGT", "TGCA")) for x in few], dtype=object)
    forward = saliency(model, few, "deeplift", target="yes", signed=True)
    backward = saliency(model, turned, "deeplift", target="yes", signed=True)
    np.testing.assert_allclose(forward, backward[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(
        mutagenesis(model, few, "yes"), mutagenesis(model, turned, "yes")[:, ::-1, ::-1], atol=1e-5
    )


def tensor_of(strings):
    """One-hot input of a network, (..., 4, L)."""
    strings = np.asarray(strings)
    blocks = one_hot(read_sequences(strings.ravel().tolist()).codes, 4, np.float32)
    return torch.from_numpy(np.swapaxes(blocks, 1, 2).copy()).reshape(*strings.shape, 4, -1)


def shuffles(X, n_references=5, seed=0):
    """Shuffled sequences as strings, (n, n_references)."""
    codes = np.repeat(read_sequences(list(X)).codes, n_references, axis=0)
    drawn = dinucleotide_shuffle(codes, 4, np.random.default_rng(seed))
    return decode_codes(drawn).reshape(len(X), n_references)


class WithPool(torch.nn.Module):
    """The CNN with its maximum written as the layer that both libraries have a rule for."""

    def __init__(self, cnn, n_positions):
        super().__init__()
        self.encoder, self.head = cnn.encoder, cnn.head
        self.pool = torch.nn.MaxPool1d(n_positions)

    def forward(self, x):
        features = self.encoder(x)
        # Captum's rule replaces the whole gradient of the tensor that a layer reads.
        highest = self.pool(features.clone()).squeeze(2)
        return self.head(torch.cat([features.mean(dim=2), highest], dim=1))


@pytest.fixture(
    scope="module",
    params=[
        (kind, pool_size) for kind in (AttnGenClassifier, CNNClassifier) for pool_size in (1, 4)
    ],
)
def deep(request, planted):
    """Networks with two residual layers, where the rule has something to do."""
    kind, pool_size = request.param
    return fit_small(kind, planted, n_layers=2, pool_size=pool_size, max_epochs=10)


@pytest.mark.filterwarnings("ignore:Convergence deltas:RuntimeWarning")
def test_agrees_with_tangermeme(deep, planted):
    """The same network and the same references, for every letter at every position.

    Both treat what has no rule alike, so this holds for AttnGen too, where neither is complete.
    """
    pytest.importorskip("captum.attr")
    tangermeme = pytest.importorskip("tangermeme.deep_lift_shap")
    X = planted[0][:8]
    references = shuffles(X)
    expected = [
        tangermeme.deep_lift_shap(
            deep.module_,
            tensor_of(X),
            target=k,
            references=tensor_of(references),
            hypothetical=True,
            device="cpu",
        ).numpy()
        for k in (0, 1)
    ]
    # Evidence is for the logit above the mean of both.
    hypothetical = ((expected[1] - expected[0]) / 2).transpose(0, 2, 1)
    found = deeplift(deep, X, "yes", references=references, hypothetical=True)
    assert np.abs(found).max() > 0.05
    np.testing.assert_allclose(found, hypothetical, atol=2e-6)
    letters = one_hot(read_sequences(X).codes)
    own = deeplift(deep, X, "yes", references=references)
    np.testing.assert_allclose(own, (hypothetical * letters).sum(axis=2), atol=2e-6)


def test_what_is_missed_is_told(deep, planted):
    """The sum of the contributions less the change of the output, averaged over references."""
    pytest.importorskip("captum.attr")
    X = planted[0][:6]
    references = shuffles(X, 3)
    values, delta = deeplift(deep, X, "yes", references=references, return_delta=True)
    with torch.no_grad():
        deep.module_.eval()
        above = [AboveMean()(deep.module_(tensor_of(part)))[:, 1] for part in (X, *references.T)]
    change = (above[0] - torch.stack(above[1:]).mean(dim=0)).numpy()
    np.testing.assert_allclose(values.sum(axis=1) - delta, change, atol=1e-5)
    assert np.abs(delta).mean() > 0.05 * np.abs(change).mean()


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0")
def test_the_maximum_is_what_a_cnn_misses(planted):
    """With a pooling layer in its place, for which there is a rule, the contributions add up."""
    attr = pytest.importorskip("captum.attr")
    tangermeme = pytest.importorskip("tangermeme.deep_lift_shap")
    model = fit_small(CNNClassifier, planted, n_layers=2, max_epochs=10)
    module = WithPool(model.module_.eval(), 24 // model.module_.encoder.pool_size)
    X = planted[0][:8]
    x, references = tensor_of(X), tensor_of(shuffles(X, 1))
    with torch.no_grad():
        np.testing.assert_allclose(module(x), model.module_(x), atol=1e-5)
        change = (module(x) - module(references[:, 0]))[:, 1]
    ours = attr.DeepLift(module).attribute(x, references[:, 0], target=1)
    np.testing.assert_allclose(ours.sum(dim=(1, 2)).detach(), change, atol=1e-5)
    multipliers = tangermeme.deep_lift_shap(
        module, x, target=1, references=references, raw_outputs=True, device="cpu"
    )
    theirs = ((x - references[:, 0]) * multipliers[:, 0]).sum(dim=(1, 2))
    np.testing.assert_allclose(theirs, change, atol=1e-5)


def test_equal_shares_are_those_of_saliency(network, few):
    pytest.importorskip("captum.attr")
    expected = saliency(network, few, "deeplift", "yes", signed=True)
    values, delta = deeplift(network, few, "yes", references="uniform", return_delta=True)
    np.testing.assert_allclose(values, expected, atol=1e-9)
    told = convergence_delta(network, few, "deeplift", "yes").delta
    np.testing.assert_allclose(delta, told, atol=1e-5)


def test_hypothetical_contributions_hold_the_others(network, few):
    """At the letter that is there they are the contributions; where there is none they are 0."""
    pytest.importorskip("captum.attr")
    own = deeplift(network, few, n_references=4)
    every = deeplift(network, few, n_references=4, hypothetical=True)
    codes = read_sequences(few).codes
    assert every.shape == (5, 24, 4)
    np.testing.assert_allclose((every * one_hot(codes)).sum(axis=2), own, atol=1e-9)
    assert (every[codes == NO_SIGNAL] == 0).all()
    assert (codes == NO_SIGNAL).any()


def test_shuffles_keep_their_place(few):
    """References of row i are made of row i, in blocks of any size."""
    codes = read_sequences(few).codes
    blocks = list(draw_references("dinucleotide", codes, 4, 3, np.random.default_rng(0)))
    drawn = np.concatenate([block for _, block in blocks])
    assert drawn.shape == (5, 3, 24)
    for row in range(5):
        for reference in drawn[row]:
            np.testing.assert_array_equal(np.sort(reference), np.sort(codes[row]))
            np.testing.assert_array_equal(reference == NO_SIGNAL, codes[row] == NO_SIGNAL)


def test_many_rows_are_drawn_in_blocks():
    codes = np.random.default_rng(0).integers(0, 4, (40, 100), dtype=np.uint8)
    rows = [rows for rows, _ in draw_references("shuffle", codes, 4, 1000, np.random.default_rng())]
    assert len(rows) == 4
    assert [part.start for part in rows] == [0, 10, 20, 30]
    assert rows[-1].stop == 40


def test_references_are_averaged_over_strands_too(planted, few):
    pytest.importorskip("captum.attr")
    model = fit_small(CNNClassifier, planted, reverse_complement="average", max_epochs=2)
    references = shuffles(few, 3)
    turn = np.vectorize(lambda x: x[::-1].translate(str.maketrans("ACGT", "TGCA")), otypes=[object])
    arguments = {"target": "yes", "hypothetical": True, "return_delta": True}
    forward = deeplift(model, few, references=references, **arguments)
    backward = deeplift(model, turn(few), references=turn(references), **arguments)
    np.testing.assert_allclose(forward[0], backward[0][:, ::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(forward[1], backward[1], atol=1e-5)


def test_inputs_and_encoders_agree(network, few):
    pytest.importorskip("captum.attr")
    expected = deeplift(network, few, n_references=3)
    blocks = SequenceOneHotEncoder().fit_transform(few)
    np.testing.assert_array_equal(deeplift(network, blocks, n_references=3), expected)
    references = shuffles(few, 2)
    lists = deeplift(network, few.tolist(), references=references.tolist())
    np.testing.assert_array_equal(lists, deeplift(network, few, references=references))


def test_references_that_are_the_sequence_itself_are_no_references():
    """No letter pair of a peptide occurs twice, so that no other sequence has the same pairs."""
    pytest.importorskip("captum.attr")
    X = ["ACDEFGHIK", "LMNPQRSTV"] * 20
    model = fit_small(CNNClassifier, (X, [0, 1] * 20), alphabet="protein", max_epochs=2)
    with pytest.warns(UserWarning, match="of 2 of the 2 sequences .* references='uniform'"):
        assert not deeplift(model, X[:2]).any()
    assert deeplift(model, X[:2], references="shuffle").any(axis=1).all()

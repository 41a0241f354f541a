"""inspection.mutagenesis: definition, the networks' fast path, agreement with others, errors."""

import numpy as np
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier, make_kmer_classifier
from sklearn_attngen.inspection import mutagenesis, saliency
from sklearn_attngen.networks import substitution_logits
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

LETTERS = "ACGT"


def by_hand(score, X):
    """Mutate strings letter by letter, as the definition says."""
    changes = np.zeros((len(X), len(X[0]), 4))
    for row, sequence in enumerate(X):
        known = [position for position, letter in enumerate(sequence) if letter != "N"]
        mutants = [sequence[:i] + letter + sequence[i + 1 :] for i in known for letter in LETTERS]
        changes[row, known] = score(mutants).reshape(-1, 4) - score([sequence])[0]
    return changes


def log_odds(model, column):
    """The score of a class, from probabilities."""

    def score(X):
        p = model.predict_proba(X)
        return np.log(p[:, column]) - np.log(p.sum(axis=1) - p[:, column])

    return score


@pytest.fixture
def linear(X, y):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)


@pytest.fixture(scope="module")
def few():
    """Four planted sequences of 24 nt; one has unknown letters."""
    rng = np.random.default_rng(5)
    X = ["".join(row) for row in rng.choice(list(LETTERS), (4, 24))]
    return np.array([X[0], "NN" + X[1][2:], X[2], X[3][:9] + "TATAAT" + X[3][15:]], dtype=object)


def fitted(kind, data, **changes):
    parameters = {"n_filters": 8, "n_layers": 1, "kernel_size": 7, "batch_size": 20}
    parameters |= {"n_estimators": 1, "max_epochs": 6, "random_state": 0}
    return kind(**parameters | changes).fit(*data)


@pytest.fixture(scope="module")
def network(planted):
    return fitted(AttnGenClassifier, planted)


def test_a_linear_model_gives_its_coefficients(linear, X):
    """In log-odds, a substitution changes the sum by the difference of two coefficients."""
    weights = linear[-1].coef_.reshape(30, 4)
    codes = linear[0].transform(X[:5]).reshape(5, 30, 4)
    own = (codes * weights).sum(axis=2, keepdims=True)
    changes = mutagenesis(linear, X[:5], target="yes", scale="log_odds")
    np.testing.assert_allclose(changes, weights - own, atol=1e-9)
    assert (changes[codes == 1] == 0).all()
    centered = mutagenesis(linear, X[:5], target="yes", scale="log_odds", centered=True)
    expected = np.broadcast_to(weights - weights.mean(axis=1, keepdims=True), centered.shape)
    np.testing.assert_allclose(centered, expected, atol=1e-9)


def test_probability_is_the_default_of_other_classifiers(linear, make_sequences):
    few = make_sequences(3, seed=4)
    few[1] = few[1][:7] + "NN" + few[1][9:]
    column = linear.predict_proba(few).argmax(axis=1)[0]
    changes = mutagenesis(linear, few, target=linear.classes_[column])
    expected = by_hand(lambda X: linear.predict_proba(X)[:, column], few)
    np.testing.assert_allclose(changes, expected, atol=1e-12)
    assert (changes[1, 7:9] == 0).all()
    assert changes.dtype == np.float64


def test_decision_function_where_there_are_no_probabilities(X, y):
    model = make_pipeline(SequenceOneHotEncoder(), RidgeClassifier()).fit(X, y)
    changes = mutagenesis(model, X[:3], target="no")
    expected = by_hand(lambda X: -model.decision_function(X), X[:3])
    np.testing.assert_allclose(changes, expected, atol=1e-12)
    with pytest.raises(ValueError, match="scale='log_odds' needs predict_proba, which Pipeline"):
        mutagenesis(model, X[:3], scale="log_odds")


def certain_model(letter):
    """Say "a" or "c" by weights of one letter that grow with the position."""
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression())
    model.fit(["A" * 30, "C" * 30], ["a", "c"])
    weights = np.zeros((30, 4))
    weights[:, LETTERS.index(letter)] = np.arange(30) / 5 * (-1 if letter == "A" else 1)
    model[-1].coef_ = weights.reshape(1, -1)
    assert model.predict_proba([letter * 30]).max() == 1.0
    return model


def test_a_certain_classifier_still_ranks():
    """With p = 1 to the last digit, differences of p itself are 0 for every letter."""
    changes = mutagenesis(certain_model("A"), ["A" * 30])[0, :, 1]
    assert changes[0] == 0
    assert (np.diff(changes) < 0).all()


@pytest.mark.parametrize("letter", ["A", "C"])
def test_log_odds_are_not_rounded_where_probabilities_are(letter):
    """Logistic regression has them as its decision function; 1 - p may be 0."""
    changes = mutagenesis(certain_model(letter), [letter * 30], scale="log_odds")[0, :, 3]
    np.testing.assert_allclose(changes, -np.arange(30) / 5, atol=1e-9)


def test_log_odds_of_single_precision_are_those_of_decisions():
    """1 - p has lost its digits there, and one sure sequence took them from all."""
    model = make_pipeline(SequenceOneHotEncoder(dtype=np.float32), LogisticRegression())
    model.fit(["AAAA", "CCCC"], ["a", "c"])
    model[-1].coef_ = np.tile(np.float32([5, 0, -1, -2]), (1, 4))
    model[-1].intercept_ = np.float32([0])
    changes = mutagenesis(model, ["CCCG", "AACG", "AAAA"], "a", scale="log_odds")
    for row, own in enumerate(([0, 0, 0, -1], [5, 5, 0, -1], [5] * 4)):
        expected = np.subtract.outer(own, [5, 0, -1, -2])
        np.testing.assert_allclose(changes[row], expected, atol=1e-5)


class Pairwise(LogisticRegression):
    """Has decisions between pairs of classes, as a support vector machine may."""

    decision_function_shape = "ovo"


@pytest.mark.parametrize(
    "model", [OneVsRestClassifier(LogisticRegression()), Pairwise()], ids=["one-vs-rest", "pairs"]
)
def test_probabilities_that_do_not_follow_from_decisions_are_asked_themselves(model, X, y):
    """Three of one class against the others, divided by their sum; or no decision for a class."""
    labels = np.where(y == "yes", np.char.add("yes", (np.arange(300) % 2).astype(str)), y)
    model = make_pipeline(SequenceOneHotEncoder(), model).fit(X, labels)
    changes = mutagenesis(model, X[:2], target="yes1", scale="log_odds")
    np.testing.assert_allclose(changes, by_hand(log_odds(model, 2), X[:2]), atol=1e-10)


@pytest.mark.parametrize("batch_size", [None, 1])
def test_rows_of_certainty_do_not_tell_what_decisions_are(batch_size):
    """(1 + decision) / 2, cut at 0 and 1, is 1 for 21 and more, as a logistic function is."""
    model = make_pipeline(
        SequenceOneHotEncoder(), SGDClassifier(loss="modified_huber", max_iter=2, tol=None)
    )
    model.fit(["AAAA", "CCCC"], ["a", "c"])
    model[-1].coef_ = np.tile([30.0, 0.1, 0.0, -0.1], (1, 4))
    model[-1].intercept_ = np.zeros(1)
    rows = ["AAAA"] * 16 + ["CCCT"]
    changes = mutagenesis(model, rows, "c", scale="log_odds", batch_size=batch_size)[-1, :, 1:]
    expected = np.zeros((4, 3))
    for position, place in np.ndindex(4, 3):
        mutant = "CCCT"[:position] + "CGT"[place] + "CCCT"[position + 1 :]
        p = model.predict_proba([mutant, "CCCT"])[:, 1]
        expected[position, place] = np.subtract(*np.log(p / (1 - p)))
    np.testing.assert_allclose(changes, expected, atol=1e-10)


class Cautious(CNNClassifier):
    """Says less than its network does."""

    def predict_proba(self, X):
        return 0.8 * super().predict_proba(X) + 0.1


def test_an_estimator_that_changes_the_probabilities_is_asked_itself(planted, few):
    model = fitted(Cautious, planted, max_epochs=2)
    expected = by_hand(lambda X: model.predict_proba(X)[:, 1], few[:2])
    changes = mutagenesis(model, few[:2], target="yes", scale="probability")
    np.testing.assert_allclose(changes, expected, atol=1e-6)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("strands", [False, "average"])
def test_networks_are_asked_directly_and_say_the_same(kind, strands, planted, few):
    """The fast path equals the definition through predict_proba, both strands included."""
    model = fitted(kind, planted, n_estimators=2, max_epochs=2, reverse_complement=strands)
    expected = by_hand(log_odds(model, 1), few)
    changes = mutagenesis(model, few, target="yes")
    np.testing.assert_allclose(changes, expected, atol=2e-5)
    assert np.abs(expected).max() > 0.01
    probability = by_hand(lambda X: model.predict_proba(X)[:, 1], few[:2])
    changes = mutagenesis(model, few[:2], target="yes", scale="probability")
    np.testing.assert_allclose(changes, probability, atol=1e-6)
    logits = by_hand(model.decision_function, few[:1])
    changes = mutagenesis(model, few[:1], target="yes", scale="decision_function")
    np.testing.assert_allclose(changes, logits, atol=2e-5)


@pytest.mark.parametrize("kind", [AttnGenClassifier, CNNClassifier])
@pytest.mark.parametrize("strands", [False, "average"])
@pytest.mark.parametrize("n_layers", [0, 2, 4])
def test_long_sequences_with_unknown_ends(kind, strands, n_layers):
    """Windows and whole sequences say the same as the estimator, also at the ends and beside N."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list(LETTERS), (40, 60))])
    model = fitted(
        kind,
        (X, np.array(["no", "yes"])[np.arange(40) % 2]),
        n_layers=n_layers,
        max_epochs=2,
        reverse_complement=strands,
    )
    rows = [X[0], "NNN" + X[1][3:58] + "NN", "N" * 20 + X[2][20:31] + "N" * 29, "N" * 59 + "A"]
    expected = by_hand(log_odds(model, 1), rows)
    changes = mutagenesis(model, rows, target="yes")
    np.testing.assert_allclose(changes, expected, atol=2e-5)
    assert np.abs(expected).max() > 0.01
    assert (changes[1, [0, 1, 2, 58, 59]] == 0).all()
    codes = SequenceOneHotEncoder().fit_transform(rows).reshape(4, 60, 4)
    assert (changes[codes == 1] == 0).all()


def test_protein_networks():
    """Twenty letters, nineteen substitutions at each position."""
    letters = "ACDEFGHIKLMNPQRSTVWY"
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list(letters), (30, 40))])
    model = fitted(CNNClassifier, (X, np.arange(30) % 2), alphabet="protein", max_epochs=2)
    changes = mutagenesis(model, X[:2], target=1)
    assert changes.shape == (2, 40, 20)
    score = log_odds(model, 1)
    for position, code in ((0, 3), (17, 19), (39, 0)):
        mutant = X[1][:position] + letters[code] + X[1][position + 1 :]
        expected = score([mutant])[0] - score([X[1]])[0]
        assert changes[1, position, code] == pytest.approx(expected, abs=2e-5)


def test_three_classes_of_a_network(few):
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list(LETTERS), (60, 24))]
    model = fitted(CNNClassifier, (X, np.arange(60) % 3), max_epochs=2)
    expected = by_hand(log_odds(model, 2), few[:2])
    np.testing.assert_allclose(mutagenesis(model, few[:2], target=2), expected, atol=2e-5)


def test_agrees_with_tangermeme(network, few):
    """The network is a plain module that tangermeme takes as it is."""
    tangermeme = pytest.importorskip("tangermeme.saturation_mutagenesis")
    known = few[[0, 2, 3]]  # it has no N
    blocks = SequenceOneHotEncoder().fit_transform(known).reshape(3, 24, 4).transpose(0, 2, 1)
    x = torch.from_numpy(np.ascontiguousarray(blocks)).float()
    y0, y_hat = tangermeme.saturation_mutagenesis(
        network.module_, x, raw_outputs=True, device="cpu"
    )
    change = (y_hat - y0[:, None, None]).numpy().astype(np.float64)
    change = (change[..., 1] - change[..., 0]).transpose(0, 2, 1)
    np.testing.assert_allclose(mutagenesis(network, known, target="yes"), change, atol=1e-5)
    contributions = [
        tangermeme.saturation_mutagenesis(
            network.module_, x, target=k, hypothetical=True, device="cpu"
        ).numpy()
        for k in (0, 1)
    ]
    expected = (contributions[1] - contributions[0]).transpose(0, 2, 1)
    centered = mutagenesis(network, known, target="yes", centered=True)
    np.testing.assert_allclose(centered, expected, atol=1e-5)


def test_agrees_with_tangermeme_at_two_hundred_letters():
    """Every logit of the networks as they are by default, where only windows are computed."""
    tangermeme = pytest.importorskip("tangermeme.saturation_mutagenesis")
    rng = np.random.default_rng(0)
    X = np.array(["".join(row) for row in rng.choice(list(LETTERS), (12, 200))])
    blocks = SequenceOneHotEncoder().fit_transform(X[:2]).reshape(2, 200, 4).transpose(0, 2, 1)
    x = torch.from_numpy(np.ascontiguousarray(blocks)).float()
    for kind in (AttnGenClassifier, CNNClassifier):
        module = (
            kind(max_epochs=1, n_estimators=1, random_state=0).fit(X, np.arange(12) % 2).module_
        )
        y0, y_hat = tangermeme.saturation_mutagenesis(module, x, raw_outputs=True, device="cpu")
        logits, substituted = substitution_logits(module, x)
        np.testing.assert_allclose(logits, y0, atol=1e-5)
        np.testing.assert_allclose(substituted.transpose(1, 2), y_hat, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 10_000])
def test_batch_size_does_not_matter(network, linear, X, few, batch_size):
    np.testing.assert_allclose(
        mutagenesis(network, few, batch_size=batch_size), mutagenesis(network, few), atol=1e-5
    )
    np.testing.assert_allclose(
        mutagenesis(linear, X[:4], batch_size=batch_size), mutagenesis(linear, X[:4]), atol=1e-12
    )


def test_batch_size_bounds_what_the_network_gets(network, few):
    seen = []
    hook = network.module_.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    mutagenesis(network, few, batch_size=10)
    hook.remove()
    assert max(seen) <= 10
    # prediction, comparison with the estimator, clean scores, mutants
    assert sum(seen) == 4 + 2 * 4 + 4 + (4 * 24 - 2) * 3


def test_wrappers_and_input_forms_agree(network, planted, few):
    """Encoders and searches keep the fast path; other forms of the same letters change nothing."""
    expected = mutagenesis(network, few)
    blocks = SequenceOneHotEncoder().fit_transform(few)
    np.testing.assert_array_equal(mutagenesis(network, blocks), expected)
    np.testing.assert_array_equal(mutagenesis(network, few.tolist()), expected)
    pipeline = make_pipeline(SequenceOneHotEncoder(), network).fit(*planted)
    np.testing.assert_allclose(mutagenesis(pipeline, few), mutagenesis(pipeline[-1], few))
    search = GridSearchCV(pipeline, {"attngenclassifier__n_heads": [2]}, cv=2).fit(*planted)
    again = mutagenesis(search.best_estimator_, few)
    np.testing.assert_array_equal(mutagenesis(search, few), again)


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_kmer_classifier(k=(2, 3)),
        lambda: make_pipeline(SequenceOneHotEncoder(), RandomForestClassifier(8, random_state=0)),
        lambda: CalibratedClassifierCV(make_kmer_classifier(k=2), cv=2),
    ],
    ids=["kmers", "forest", "calibrated"],
)
@pytest.mark.parametrize("scale", ["auto", "log_odds"])
def test_any_classifier_can_be_mutated(make, scale, X, y):
    changes = mutagenesis(make().fit(X, y), X[:3], scale=scale)
    assert changes.shape == (3, 30, 4)
    assert np.isfinite(changes).all()
    assert (changes != 0).any()


def test_saliency_by_mutagenesis(linear, network, X, few):
    """A mean size as magnitude, a mean fall as evidence; neither cancels the other.

    Magnitudes are of probabilities, also of networks, whose evidence is of log-odds.
    """
    for model, rows in ((linear, X[:4]), (network, few)):
        changes = mutagenesis(model, rows)
        signed = saliency(model, rows, "mutagenesis", signed=True)
        np.testing.assert_allclose(signed, -changes.sum(axis=2) / 3, atol=1e-12)
        size = np.abs(mutagenesis(model, rows, scale="probability")).sum(axis=2)
        magnitude = saliency(model, rows, "mutagenesis")
        np.testing.assert_allclose(magnitude, size / size.sum(axis=1, keepdims=True), atol=1e-12)
    no_letters = saliency(network, few, "mutagenesis")[1, :2]
    assert (no_letters == 0).all()


def test_only_the_known_letters_count(known, X):
    values = saliency(known, X[:20], method="mutagenesis")
    assert (np.delete(values, [3, 8, 15], axis=1) == 0).all()
    assert (values[:, [3, 8, 15]] > 0).all()


def test_batch_size_of_numpy(network, few):
    expected = mutagenesis(network, few, batch_size=3)
    np.testing.assert_array_equal(mutagenesis(network, few, batch_size=np.int64(3)), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": "odds"}, "scale"),
        ({"target": "maybe"}, r"'maybe' \(row 0, 0-based\) is none of the classes"),
        ({"target": ["yes"] * 3}, r"target has shape \(3,\)"),
        ({"batch_size": 0}, "batch_size"),
        ({"centered": 2}, "centered"),
    ],
)
def test_wrong_arguments(network, few, arguments, message):
    with pytest.raises(ValueError, match=message):
        mutagenesis(network, few, **arguments)


@pytest.mark.parametrize("target", [None, "yes"])
def test_wrong_data(network, few, target):
    """The errors are those of the estimator, not those of a layer inside its network."""
    with pytest.raises(ValueError, match="24"):
        mutagenesis(network, [x[:-1] for x in few], target)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        mutagenesis(network, [], target)
    with pytest.raises(ValueError, match="row 1"):
        mutagenesis(network, [few[0], few[1][:-1]], target)

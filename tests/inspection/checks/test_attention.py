"""The checks of attention in inspection.sanity_checks: uniform heads, and the leak of masks."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier, SequenceOneHotEncoder
from sklearn_attngen.inspection import sanity_checks
from sklearn_attngen.inspection._checks.attention import SCORED_ROWS, AttentionRuns, _features
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from tests.conftest import plant

CHECKS = ["uniform_attention", "mask_leak"]
SMALL = {"n_filters": 16, "n_layers": 1, "kernel_size": 7, "batch_size": 20, "random_state": 0}


@pytest.fixture(scope="module")
def learned(planted_many):
    return AttnGenClassifier(max_epochs=8, learning_rate=0.02, n_estimators=1, **SMALL).fit(
        *planted_many
    )


def heads_alone(network):
    """Let a network answer from its soft heads alone: the mean and the maximum say nothing."""
    with torch.no_grad():
        for voter in network.module_.head.voters[1:]:
            for parameter in voter[-1].parameters():
                parameter.zero_()
    return network


@pytest.fixture(scope="module")
def by_attention(learned):
    return heads_alone(copy.deepcopy(learned))


@pytest.fixture(scope="module")
def table(learned, planted_test):
    return sanity_checks(learned, *planted_test, checks=CHECKS, top=0.2)


@pytest.fixture
def make_runs(learned, planted_test):
    """Runs of a network whose attention is replaced by any numbers."""

    def make(attention, y=None, n_repeats=2, **changes):
        X, labels = planted_test
        runs = AttentionRuns(
            learned,
            LetterInput.read(learned, X, None),
            labels if y is None else y,
            method="auto",
            n_repeats=n_repeats,
            top=0.2,
            batch_size=None,
            alphabet=None,
            random=np.random.RandomState(0),
        )
        runs._guide = lambda: attention
        return runs

    return make


def test_attention_that_finds_the_motif_matters():
    """In longer sequences, of whose motif equal shares hold less."""
    network = AttnGenClassifier(
        max_epochs=8, learning_rate=0.02, n_estimators=1, **SMALL | {"random_state": 1}
    ).fit(*plant(300, length=80, seed=2))
    network = heads_alone(network)
    X, y = plant(600, length=80, seed=3)
    heads = sanity_checks(network, X, y, checks=CHECKS[:1], top=0.2).iloc[0]
    assert heads["score"] == pytest.approx(network.score(X, y))  # equal classes
    assert heads["control_score"] < heads["score"] - 0.04
    assert heads["verdict"].startswith("attention matters:")
    assert heads["chance"] == 0.5


def test_what_reads_no_attention_goes_on_voting(table, learned, planted_test):
    """The mean and the maximum find the motif as well: uniform heads cost little."""
    heads, faithful = (row for _, row in table[table["check"] == CHECKS[0]].iterrows())
    assert heads["score"] == pytest.approx(learned.score(*planted_test))
    assert abs(heads["control_score"] - heads["score"]) < 0.04
    assert not heads["verdict"].startswith("attention matters:")
    assert faithful["detail"] == "faithfulness, and of interior_gradient"
    assert faithful["score"] > 0.1


def test_uniform_attention_orders_no_letters(learned, planted_test):
    """Attention alone, made uniform, removes random letters: its faithfulness is 0."""
    found = sanity_checks(learned, *planted_test, checks=CHECKS[:1], method="attention", top=0.2)
    row = found.iloc[1]
    assert row["control_score"] == 0
    assert row["score"] > 4 * row["standard_error"]
    assert row["verdict"] == "attention helps: random letters are less faithful"


def test_who_names_one_class_has_no_faithful_saliency(learned, planted_test):
    """Right for all of one class and none of the other: chance, though without any error."""
    model = copy.deepcopy(learned)
    with torch.no_grad():
        for voter in model.module_.head.voters:
            voter[-1].weight.zero_()
            voter[-1].bias.copy_(torch.tensor([1.0, 0.0]))
    found = sanity_checks(model, *planted_test, checks=CHECKS[:1], top=0.2)
    assert found.loc[0, "score"] == found.loc[0, "chance"]
    assert found.loc[1, "verdict"].endswith("no better than chance on these sequences")


def test_masks_of_motifs_anywhere_hardly_leak(table):
    """A motif is in one class only, at any place; masks leave it out, or hit it at random."""
    rows = table[table["check"] == CHECKS[1]]
    details = ["masks of 15 % of the letters, lowest", "masks of 15 % of the letters, sampled"]
    assert rows["detail"].tolist() == details
    assert (rows["chance"] == 0.5).all()
    assert rows["control_score"].between(0.42, 0.58).all()
    assert not rows["verdict"].str.startswith("leaks:").any()


def test_masks_at_places_of_a_class_leak(make_runs, planted_test):
    """Where the lowest attention of a class is always at its places, masks give it away."""
    _, y = planted_test
    attention = np.random.default_rng(0).random((600, 24)) + 1
    attention[y == "yes", :3] = 0.1
    lowest, sampled = make_runs(attention)._mask_leak()
    assert lowest["score"] > 0.95
    assert lowest["verdict"].startswith("leaks:")
    assert 0.7 < sampled["score"] < lowest["score"], "drawn masks are blurred"
    assert max(sampled["control_score"], lowest["control_score"]) < 0.6


def test_masks_of_a_rare_class_leak_as_much(make_runs):
    """Read without weights, what is rare would never be named: a leak would pass for none."""
    y = np.where(np.arange(600) % 10 == 0, "yes", "no")
    rng = np.random.default_rng(0)
    attention = rng.random((600, 24)) + 1
    low = rng.random(600) < np.where(y == "yes", 0.8, 0.2)
    attention[low, :3] = 0.1
    runs = make_runs(attention, y=y, n_repeats=1)
    correct, control = runs._read_patterns(attention, "lowest", "positions")
    assert runs._score(correct) > 0.7
    assert abs(runs._score(control) - 0.5) < 0.1


@pytest.mark.parametrize(
    ("right", "word"),
    [
        (0.51, "passes:"),
        (0.53, "leaks in part:"),
        (0.64, "leaks in part:"),
        (0.66, "leaks:"),
        (np.arange(600) < 318, "passes:"),  # 53 %, and their standard error is 2 %
    ],
)
def test_leaks_are_called_what_the_docstring_says(make_runs, learned, right, word):
    """Shares of the way from chance to 1, and what two standard errors explain."""
    runs, asked = make_runs(np.ones((600, 24))), []
    runs.model = copy.deepcopy(learned).set_params(mask_by="mass")

    def patterns(attention, order, by):
        asked.append((order, by))
        return np.zeros(600) + right, np.full(600, 0.5)

    runs._read_patterns = patterns
    assert all(row["verdict"].startswith(word) for row in runs._mask_leak())
    assert asked == [("lowest", "mass"), ("sampled", "mass")]


def test_a_leak_is_told_from_chance_in_the_same_sequences(make_runs):
    """The two are right of the same ones but for 20: the error is that of their difference."""
    runs = make_runs(np.ones((600, 24)))
    rows = np.arange(600)
    runs._read_patterns = lambda *arguments: (1.0 * (rows < 330), 1.0 * (rows < 310))
    row = runs._mask_leak()[0]
    assert row["standard_error"] == pytest.approx(np.sqrt(1 / 30 * 29 / 30 / 600), rel=0.01)
    assert row["verdict"].startswith("leaks in part:")


def test_masks_with_a_pattern_of_a_class_leak_wherever_it_is(make_runs, planted_test):
    """Three neighbours in one class and three single letters in the other, anywhere."""
    _, y = planted_test
    rng = np.random.default_rng(0)
    attention = rng.random((600, 24)) + 1
    for row, label in enumerate(y):
        start = rng.integers(8)
        attention[row, start + np.arange(3) * (1 if label == "yes" else 5)] = 0.1
    assert make_runs(attention)._mask_leak()[0]["score"] > 0.95


def test_masks_that_know_nothing_pass(make_runs, planted_test):
    attention = np.random.default_rng(1).random((600, 24))
    rows = make_runs(attention)._mask_leak()
    assert all(row["verdict"].startswith("passes:") for row in rows)


def test_masks_are_those_of_training(make_runs, learned, planted_test):
    """As many letters as mask_fraction says, never an N, strictly the lowest or drawn."""
    attention = np.random.default_rng(1).random((600, 24))
    runs = make_runs(attention)
    lowest = runs._pattern(attention, "lowest", "positions")
    assert (lowest.sum(axis=1) == 3).all()  # 0.15 * 24, rounded down
    assert (np.sort(attention, axis=1)[:, 3] > np.where(lowest, attention, 0).max(axis=1)).all()
    drawn = runs._pattern(attention, "sampled", "positions")
    assert (drawn.sum(axis=1) == 3).all()
    assert attention[lowest].mean() < attention[drawn].mean() < attention[~drawn].mean()
    by_mass = runs._pattern(attention, "highest", "mass")
    assert (by_mass.sum(axis=1) >= 1).any()
    with_n = np.array(["N" * 4 + x[4:] for x in planted_test[0]], dtype=object)
    runs = AttentionRuns(
        learned,
        LetterInput.read(learned, with_n, None),
        planted_test[1],
        method="auto",
        n_repeats=2,
        top=0.1,
        batch_size=None,
        alphabet=None,
        random=np.random.RandomState(0),
    )
    assert not runs._pattern(attention, "lowest", "positions")[:, :4].any()


def test_features_are_positions_and_counts_of_neighbours():
    pattern = np.zeros((2, 9), dtype=bool)
    pattern[0, 2:4] = True
    features = _features(pattern)
    assert features.shape == (2, 9 + 64)
    np.testing.assert_array_equal(features[:, :9], pattern)
    # windows of six starting at 0 to 3: bits 2 and 3, 1 and 2, 0 and 1, 0
    np.testing.assert_array_equal(np.flatnonzero(features[0, 9:]), [1, 3, 6, 12])
    assert features[1, 9] == 4
    assert _features(pattern[:, :3]).shape == (2, 3 + 8)


def test_a_pipeline_gives_the_same(learned, planted_many, planted_test, table):
    model = make_pipeline(
        SequenceOneHotEncoder(),
        AttnGenClassifier(max_epochs=8, learning_rate=0.02, n_estimators=1, **SMALL),
    ).fit(*planted_many)
    found = sanity_checks(model, *planted_test, checks=CHECKS, top=0.2)
    pd.testing.assert_frame_equal(found, table)


def test_more_sequences_than_are_scored(by_attention, planted_test, monkeypatch):
    learned = by_attention
    monkeypatch.setattr("sklearn_attngen.inspection._checks.attention.SCORED_ROWS", 100)
    assert SCORED_ROWS == 2000
    X, y = planted_test
    before = learned.predict_proba(X)
    found = sanity_checks(learned, X, y, checks=CHECKS)
    assert found["standard_error"].iloc[0] > 0.02, "that of 100 rows, not of 600"
    pd.testing.assert_frame_equal(found, sanity_checks(learned, X, y, checks=CHECKS))
    np.testing.assert_array_equal(learned.predict_proba(X), before)


def test_progress_counts_saliencies(learned, planted_test, capsys):
    X, y = planted_test
    sanity_checks(learned, X[:60], y[:60], checks=CHECKS, verbose=1)
    assert "3/3" in capsys.readouterr().err


def verdicts(model, X, y, **arguments):
    return sanity_checks(model, X, y, checks=CHECKS, **arguments)["verdict"].tolist()


def test_what_has_no_attention_or_mask_says_so(planted, learned):
    X, y = planted
    cnn = CNNClassifier(max_epochs=1, **SMALL).fit(X, y)
    said = "not applicable: CNNClassifier holds a network without attention"
    assert verdicts(cnn, X, y) == [said, said]
    unmasked = AttnGenClassifier(max_epochs=1, mask_fraction=0, **SMALL).fit(X, y)
    found = verdicts(unmasked, X, y, method="gradient_x_input")
    assert found[1:] == [
        "not applicable: gradient_x_input rests on no attention",
        "not applicable: AttnGenClassifier was fitted with mask_fraction=0",
    ]
    lowest = AttnGenClassifier(max_epochs=1, mask_order="lowest", mask_by="mass", **SMALL)
    details = sanity_checks(lowest.fit(X, y), X, y, checks=CHECKS[1:])["detail"].tolist()
    assert details == ["masks of 15 % of the attention, lowest"]


def test_labels_that_do_not_fit_say_so(learned, planted_test):
    X, y = planted_test
    said = verdicts(learned, X, np.repeat([0, 1], 300))
    assert said == ["not applicable: no label in y is a class of the estimator"] * 2
    assert verdicts(learned, X[y == "no"], y[y == "no"])[0].endswith("one class only, ['no']")
    rows = [*np.flatnonzero(y == "no"), np.flatnonzero(y == "yes")[0]]
    said = verdicts(learned, X[rows], y[rows])
    reason = "not applicable: class 'yes' has 1 of the 301 rows, and the check needs 5 of each"
    assert said == [reason] * 2


def test_attention_that_harms_is_called_so(by_attention, planted_test):
    """Heads turned to look away from the motif do worse than heads that look everywhere."""
    model = copy.deepcopy(by_attention)
    with torch.no_grad():
        model.module_.pooling.score.weight.mul_(-4)
    found = sanity_checks(model, *planted_test, checks=CHECKS[:1], top=0.2).iloc[0]
    assert found["control_score"] > found["score"]
    assert found["verdict"].startswith("attention harms:")


@pytest.mark.parametrize(
    ("n_uniform", "word"), [(534, "matters"), (546, "harms"), (537, "no difference found")]
)
def test_what_two_standard_errors_explain_is_no_difference(make_runs, n_uniform, word):
    """Of the difference in the same sequences: the accuracies by themselves are less sure."""
    runs = make_runs(None)
    answers = [np.arange(600) < n for n in (540, n_uniform)]
    runs._correct = lambda model, codes: answers.pop(0).astype(float)
    assert word in runs._uniform_heads()["verdict"]


@pytest.mark.parametrize(
    ("n_other", "word"), [(366, "helps"), (354, "harms"), (363, "no difference found")]
)
def test_faithfulness_is_what_is_lost_beyond_random_letters(make_runs, n_other, word):
    runs = make_runs(None)
    right = {("top", "attention_x_gradient"): 360, ("top", "interior_gradient"): n_other}
    right["random", None] = 480
    runs._correct_without = lambda order, method, seed: (
        1.0 * (np.arange(600) < right[order, method])
    )
    row = runs._uniform_saliency()
    assert row["score"] == pytest.approx(0.2)
    assert row["control_score"] == pytest.approx((480 - n_other) / 600)
    assert word in row["verdict"]


def test_each_repeat_draws_other_letters(make_runs):
    """Or the mean over repeats would be that of one."""
    correct = make_runs(None, n_repeats=2)._correct_without("random", None, 0)
    assert set(correct) == {0, 0.5, 1}


def test_classes_weigh_alike_whatever_their_sizes(learned, planted_test):
    """A drawn part of the rows keeps the labels of these rows."""
    X, y = planted_test
    rows = np.concatenate([np.flatnonzero(y == "no")[:150], np.flatnonzero(y == "yes")[:30]])
    X, y = X[rows], y[rows]
    predicted = learned.predict(X)
    expected = balanced_accuracy_score(y, predicted)
    assert abs(expected - np.mean(predicted == y)) > 0.005
    found = sanity_checks(learned, X, y, checks=CHECKS[:1], method="gradient_x_input")
    assert found["score"].iloc[0] == pytest.approx(expected)


def test_sequences_that_are_drawn_keep_their_labels(learned, planted_test, monkeypatch):
    monkeypatch.setattr("sklearn_attngen.inspection._checks.attention.SCORED_ROWS", 100)
    X, y = planted_test
    found = sanity_checks(learned, X, y, checks=CHECKS[:1], method="gradient_x_input")
    assert found["score"].iloc[0] == pytest.approx(learned.score(X, y), abs=0.1)


def test_the_control_masks_as_many_letters(make_runs):
    """Also where masks differ in size: how many are masked is no place to look."""
    runs = make_runs(np.random.default_rng(1).random((600, 24)))
    pattern = np.random.default_rng(2).random((600, 24)) < np.linspace(0.1, 0.9, 600)[:, None]
    pattern &= runs._rows[0].codes != 255
    elsewhere = runs._elsewhere(pattern)
    np.testing.assert_array_equal(elsewhere.sum(axis=1), pattern.sum(axis=1))
    assert (elsewhere != pattern).any()

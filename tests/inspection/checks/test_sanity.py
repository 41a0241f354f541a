"""inspection.sanity_checks: tells a saliency of the model from one of anything else."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline

from sklearn_attngen import AttnGenClassifier, CNNClassifier, make_kmer_classifier
from sklearn_attngen.inspection import sanity_checks
from sklearn_attngen.inspection._checks.runs import SanityRuns
from sklearn_attngen.inspection._checks.verdict import agreement, verdict
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.preprocessing import SequenceOneHotEncoder

COLUMNS = [
    "check",
    "detail",
    "correlation",
    "correlation_std",
    "overlap",
    "other_correlation",
    "other_overlap",
    "score",
    "control_score",
    "standard_error",
    "chance",
    "n_repeats",
    "verdict",
]
CHECKS = [
    "model_randomization",
    "label_randomization",
    "seed_stability",
    "method_agreement",
    "uniform_attention",
    "mask_leak",
]
NUMBERS = COLUMNS[2:11]


@pytest.fixture(scope="module")
def learned(planted_many):
    """A network that has learned the planted motif."""
    return AttnGenClassifier(
        n_filters=16,
        n_layers=1,
        kernel_size=7,
        batch_size=20,
        max_epochs=8,
        learning_rate=0.02,
        n_estimators=1,
        random_state=0,
    ).fit(*planted_many)


@pytest.fixture(scope="module")
def table(learned, planted_test, planted_many):
    X, y = planted_test
    Z, z = planted_many
    return sanity_checks(
        learned, X, y, X_train=Z, y_train=z, n_repeats=2, top=0.2, max_sequences=60
    )


@pytest.fixture
def linear(X, y):
    return make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, y)


def test_no_hooks_on_the_layers_of_the_network(learned, planted_test, monkeypatch):
    """Other threads may use, copy and save it meanwhile."""
    hooked, register = [], torch.nn.Module.register_forward_hook

    def spy(layer, *args, **kwargs):
        hooked.append(layer)
        return register(layer, *args, **kwargs)

    monkeypatch.setattr(torch.nn.Module, "register_forward_hook", spy)
    X, y = (part[:10] for part in planted_test)
    sanity_checks(learned, X, y, checks=["model_randomization"], n_repeats=2)
    assert hooked
    assert set(hooked).isdisjoint(learned.module_.modules())


def test_a_table_with_every_check(table):
    assert list(table.columns) == COLUMNS
    assert list(dict.fromkeys(table["check"])) == CHECKS
    assert not table["verdict"].str.startswith("not applicable").any()
    of_attention = table["check"].isin(CHECKS[4:])
    saliencies, scores = table[~of_attention], table[of_attention]
    assert saliencies["correlation"].between(-1, 1).all()
    assert saliencies["overlap"].between(0, 1).all()
    assert saliencies[COLUMNS[7:11]].isna().all(axis=None)
    assert scores[COLUMNS[2:7]].isna().all(axis=None)
    assert scores[["score", "control_score", "standard_error"]].notna().all(axis=None)


def test_what_was_learned_passes(table):
    """On a motif that stands out, untrained networks see other letters, and seeds see the same."""
    rows = table.groupby("check").last()
    assert rows.loc["model_randomization", "verdict"].startswith("passes:")
    assert rows.loc["model_randomization", "detail"] == "all layers"
    assert rows.loc["label_randomization", "overlap"] < rows.loc["seed_stability", "overlap"] - 0.2
    assert rows.loc["seed_stability", "verdict"].startswith("stable")
    agree = table[table["check"] == "method_agreement"]
    assert agree["detail"].tolist() == [
        f"attention_x_gradient and {other}"
        for other in ("attention", "gradient_x_input", "integrated_gradients")
    ]
    assert (agree["other_overlap"] < agree["overlap"]).all()


def test_the_cascade_has_a_row_for_each_layer(table):
    rows = table[table["check"] == "model_randomization"]
    assert rows["detail"].iloc[0] == "head.4"
    assert rows["detail"].iloc[1:-1].str.endswith(" and after").all()
    assert (rows["verdict"].iloc[:-1] == "a step of the cascade; see its last row").all()
    assert rows["overlap"].iloc[0] > rows["overlap"].iloc[-1]
    assert (rows["n_repeats"] == 2).all()


def test_attention_does_not_go_through_the_head(learned, planted_test):
    """Its cascade starts at exactly 1: the first rows are no fault of the model."""
    X, y = planted_test
    found = sanity_checks(
        learned, X, y, checks=["model_randomization"], method="attention", max_sequences=20
    )
    head = found["detail"].str.startswith("head")
    np.testing.assert_allclose(found.loc[head, "correlation"], 1)
    assert found["correlation"].iloc[-1] < 0.6


class Edges(ClassifierMixin, BaseEstimator):
    """Its saliency shows the sequence, whatever it has learned: most at every A."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.length_ = len(X[0])
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def saliency(self, X, method=None, target=None, *, signed=False):
        if method == "attention":
            raise ValueError("it has no attention.")
        values = np.array([[letter == "A" for letter in x] for x in X]) + np.linspace(1, 2, 30)
        return values / values.sum(axis=1, keepdims=True)


def test_what_shows_the_sequence_fails(X, y):
    found = sanity_checks(Edges().fit(X, y), X, y, checks=CHECKS[1:4]).set_index("check")
    assert found.loc["label_randomization", "verdict"].startswith("fails:")
    assert found.loc["label_randomization", "correlation"] == pytest.approx(1)
    assert found.loc["seed_stability", "verdict"].startswith("stable:")
    others = found.loc["method_agreement"]
    assert others["verdict"].iloc[0] == "not applicable: it has no attention."
    assert (others["verdict"].iloc[1:] == "agree").all()


def test_each_fit_has_a_seed_of_its_own_and_explains_the_same_classes(X, y, monkeypatch):
    """Fits of one seed would always agree, and saliency of other classes would differ for that."""
    seeds, targets, fit, saliency = [], [], Edges.fit, Edges.saliency

    def spy_fit(self, X, y):
        seeds.append(self.random_state)
        return fit(self, X, y)

    def spy_saliency(self, X, method=None, target=None, **options):
        targets.append(target)
        return saliency(self, X, method, target, **options)

    monkeypatch.setattr(Edges, "fit", spy_fit)
    monkeypatch.setattr(Edges, "saliency", spy_saliency)
    model = Edges().fit(X, y)
    sanity_checks(model, X, y, checks=CHECKS[1:3], max_sequences=5)
    assert len(set(seeds[-3:])) == 3
    assert len(targets) == 1 + 3 + 3
    assert all(list(target) == list(model.predict(X[:5])) for target in targets)


def test_the_numbers_of_a_row_are_those_of_plain_loops(linear, X):
    """Over the letters of both where a sequence is compared with the one before it."""
    codes = np.array([x[: 30 - 5 * i] + 5 * i * "N" for i, x in enumerate(X[:4])], dtype=object)
    data = LetterInput.read(linear, codes, None)
    runs = SanityRuns(
        linear,
        data,
        method="occlusion",
        compare_with=(),
        n_repeats=2,
        top=0.2,
        batch_size=None,
        random=np.random.RandomState(0),
    )
    pairs = list(np.random.default_rng(0).random((3, 2, 4, 30)))
    row = runs._row("method_agreement", "", pairs)
    own, others = [], []
    for a, b in pairs:
        ends = [30, 25, 20, 15]
        own.append(np.mean([spearmanr(a[i, :n], b[i, :n])[0] for i, n in enumerate(ends)]))
        shared = [min(n, ends[i - 1]) for i, n in enumerate(ends)]
        others += [spearmanr(a[i, :n], b[i - 1, :n])[0] for i, n in enumerate(shared)]
    assert row["correlation"] == pytest.approx(np.mean(own))
    assert row["correlation_std"] == pytest.approx(np.std(own, ddof=1))
    assert row["other_correlation"] == pytest.approx(np.mean(others))
    assert row["n_repeats"] == 3


def test_what_cannot_be_checked_says_why(linear, X, y):
    found = sanity_checks(linear, X, y, max_sequences=10).set_index("check")
    assert list(found.index) == CHECKS
    row = found.loc["model_randomization"]
    assert row["verdict"] == (
        "not applicable: LogisticRegression has no network of its own that sees the letters"
    )
    assert row[NUMBERS].isna().all()
    assert row["n_repeats"] == 0
    assert found.loc["seed_stability", "correlation"] == pytest.approx(1)  # a convex problem
    assert found.loc["method_agreement", "detail"] == "occlusion and mutagenesis"
    without = make_pipeline(SequenceOneHotEncoder(), BernoulliNB()).fit(X, y)
    found = sanity_checks(without, X, y, checks=["seed_stability"], max_sequences=5)
    assert found["verdict"].tolist() == ["not applicable: the estimator has no random_state"]
    frozen = make_pipeline(SequenceOneHotEncoder(), FrozenEstimator(linear[-1])).fit(X, y)
    found = sanity_checks(frozen, X, y, checks=CHECKS[1:3], max_sequences=5)
    assert found["verdict"].str.contains("frozen").iloc[0]


def test_networks_without_attention_say_so(planted):
    model = CNNClassifier(n_filters=8, n_layers=1, max_epochs=1, random_state=0).fit(*planted)
    found = sanity_checks(model, *planted, checks=["method_agreement"], max_sequences=5)
    assert found["verdict"].iloc[0].startswith("not applicable: method='attention' is none of")
    assert found["correlation"].iloc[1:].notna().all()


def test_the_best_estimator_of_a_search_is_checked(linear, X, y):
    search = GridSearchCV(linear, {"logisticregression__C": [1.0]}, cv=2).fit(X, y)
    found = sanity_checks(search, X, y, max_sequences=8)
    pd.testing.assert_frame_equal(found, sanity_checks(linear, X, y, max_sequences=8))


def test_nothing_is_changed_and_seeds_decide(learned, planted_test):
    X, y = planted_test
    before = learned.predict_proba(X[:50])
    state = np.random.get_state()[1].copy()  # noqa: NPY002  (whether it is left alone)
    arguments = {"checks": ["model_randomization"], "max_sequences": 6, "n_repeats": 2}
    first, again, other = (
        sanity_checks(learned, X, y, random_state=seed, **arguments) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert (first["correlation"] != other["correlation"]).any()
    np.testing.assert_array_equal(learned.predict_proba(X[:50]), before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002  # as above


def test_progress_on_request(linear, X, y, capsys):
    sanity_checks(linear, X, y, max_sequences=5, n_repeats=2)
    assert capsys.readouterr().err == ""
    sanity_checks(linear, X, y, max_sequences=5, n_repeats=2, verbose=1)
    shown = capsys.readouterr().err
    assert "sanity_checks: 100%" in shown
    assert "5/5" in shown  # two refits twice, one comparison, nothing of attention


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"checks": ["weights"]}, "checks must name some of"),
        ({"checks": []}, "checks must name some of"),
        ({"n_repeats": 1}, "n_repeats"),
        ({"top": 1.0}, "top"),
        ({"max_sequences": 1}, "max_sequences"),
        ({"method": "nonsense"}, "method='nonsense'"),
        ({"y_train": ["yes"]}, "X_train and y_train belong together"),
        ({"X_train": ["A" * 30], "y_train": ["yes"]}, r"labels without \['no'\]"),
    ],
)
def test_wrong_arguments(linear, X, y, arguments, message):
    with pytest.raises(ValueError, match=message):
        sanity_checks(linear, X[:9], y[:9], **arguments)


def test_wrong_data(linear, X, y):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        sanity_checks(linear, X[:9], y[:8])
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        sanity_checks(linear, [], [])
    with pytest.raises(NotFittedError):
        sanity_checks(LogisticRegression(), X, y)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("model_randomization", ["passes:", "passes in part", "fails"]),
        ("label_randomization", ["passes:", "passes in part", "fails"]),
        ("seed_stability", ["unstable", "stable in part", "stable:"]),
        ("method_agreement", ["disagree", "agree in part", "agree"]),
    ],
)
def test_thresholds_are_those_of_the_docstring(check, words):
    steps = (0.3, 0.6) if check.endswith("randomization") else (0.4, 0.7)
    values = [steps[0] - 0.01, steps[0], steps[1] - 0.01, steps[1]]
    for value, word in zip(values, [words[0], words[1], words[1], words[2]], strict=True):
        assert verdict(check, value).startswith(word)
    assert verdict(check, np.nan).startswith("undefined")


def test_one_sequence_has_no_other_to_be_compared_with(linear, X, y):
    others = ["other_correlation", "other_overlap"]
    arguments = {"X_train": X, "y_train": y, "checks": CHECKS[3:4]}
    found = sanity_checks(linear, X[:1], y[:1], **arguments)
    assert found[others].isna().all(axis=None)
    assert found[["correlation", "overlap"]].notna().all(axis=None)
    assert sanity_checks(linear, X[:2], y[:2], **arguments)[others].notna().all(axis=None)


@pytest.mark.parametrize("check", CHECKS[:4])
def test_agreement_takes_the_larger(check):
    assert agreement(check, 0.8, 0.1, 0.1) == 0.8
    assert agreement(check, 0.2, 0.55, 0.1) == pytest.approx(0.5)
    assert np.isnan(agreement(check, np.nan, 0.5, 0.1))


def test_opposite_orders_depend_on_each_other_and_do_not_agree():
    for check in CHECKS[:2]:
        assert agreement(check, -0.8, 0.1, 0.1) == 0.8
    for check in CHECKS[2:4]:
        assert agreement(check, -0.8, 0.1, 0.1) == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_kmer_classifier(k=(2, 3), random_state=0),
        lambda: make_pipeline(SequenceOneHotEncoder(), RandomForestClassifier(6, random_state=0)),
        lambda: CalibratedClassifierCV(
            CNNClassifier(n_filters=4, n_layers=1, max_epochs=1, random_state=0), cv=2
        ),
    ],
    ids=["kmers", "forest", "calibrated network"],
)
def test_any_classifier_can_be_checked(make, X, y):
    found = sanity_checks(make().fit(X[:60], y[:60]), X[:60], y[:60], max_sequences=4, n_repeats=2)
    assert found["check"].tolist() == CHECKS
    without = found["verdict"].str.endswith("has no network of its own that sees the letters")
    assert found.loc[without, "check"].tolist() == [CHECKS[0], *CHECKS[4:]]
    assert found.loc[~without, "correlation"].notna().all()


def test_clones_that_cannot_be_fitted_are_named_with_the_way_out(X, y):
    """Five folds of four rows: the estimator's own message says nothing about clones."""
    model = make_pipeline(
        SequenceOneHotEncoder(), CalibratedClassifierCV(LogisticRegression(), cv=5)
    ).fit(X, y)
    rows = [*np.flatnonzero(y == "no")[:2], *np.flatnonzero(y == "yes")[:2]]
    message = r"clone of Pipeline could not be fitted on the 4 rows.*5-fold.*X_train and y_train"
    with pytest.raises(ValueError, match=message):
        sanity_checks(model, X[rows], y[rows])
    table = sanity_checks(
        model, X[rows], y[rows], X_train=X, y_train=y, checks=["label_randomization"], n_repeats=2
    )
    assert np.isfinite(table["correlation"]).all()


def test_mutagenesis_is_compared_with_occlusion(X, y):
    """Not with itself, which would leave the table empty."""
    model = make_kmer_classifier(k=2).fit(X, y)
    found = sanity_checks(
        model, X, y, checks=["method_agreement"], method="mutagenesis", max_sequences=4
    )
    assert found["detail"].tolist() == ["mutagenesis and occlusion"]


def test_inference_mode_of_torch_does_not_matter(learned, planted_test):
    """Copies that are made there would have no gradients."""
    checks = [CHECKS[0], CHECKS[4]]
    expected = sanity_checks(learned, *planted_test, checks=checks, n_repeats=2)
    with torch.inference_mode():
        found = sanity_checks(learned, *planted_test, checks=checks, n_repeats=2)
    pd.testing.assert_frame_equal(found, expected)

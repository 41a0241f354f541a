"""perturbation_curve: what its scores, areas and intervals measure, and its controls."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection import perturbation_curve

STRING_FILLS = ["unknown", "shuffle", "resample", "dinucleotide"]


def means(curve):
    return {order: scores.mean(axis=1) for order, scores in curve.scores.items()}


@pytest.mark.parametrize("fill", STRING_FILLS)
def test_known_letters_are_what_the_decision_rests_on(fill, known, X, y):
    curve = perturbation_curve(known, X, y, fractions=(0, 0.1, 0.5), fill=fill, n_bootstrap=50)
    top, random, bottom = (means(curve)[order] for order in ("top", "random", "bottom"))
    # A tenth of 30: the known positions. Shuffled among themselves they keep their majority.
    at = 2 if fill == "shuffle" else 1
    assert top[at] < random[at] - 0.05
    assert (bottom == 1).all()
    assert curve.area["top"] < curve.area["random"] < curve.area["bottom"] == 1
    assert curve.area_intervals["top"][1] < curve.area_intervals["random"][0]


def test_the_matched_order_takes_away_what_the_top_order_gains_by_composition(make_sequences):
    """All that this classifier does is count the letter A: which of the As go does not matter."""

    class CountsA(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.array([0, 1])
            return self

        def predict(self, X):
            return np.array([int(x.count("A") > 10) for x in X])

        def predict_proba(self, X):
            return np.eye(2)[self.predict(X)]

    X = make_sequences(400, length=40)
    y = np.array([int(x.count("A") > 10) for x in X])
    model = CountsA().fit(X, y)
    values = np.array([[float(letter == "A") for letter in x] for x in X])
    curve = perturbation_curve(
        model,
        X,
        y,
        fractions=(0.1, 0.25),
        orders=("top", "random", "matched"),
        fill="unknown",
        saliency=values,
        n_bootstrap=0,
    )
    np.testing.assert_allclose(curve.scores["matched"], curve.scores["top"], atol=1e-12)
    assert means(curve)["top"][1] < means(curve)["random"][1] - 0.05


def test_insertion_keeps_only_what_comes_first(known, X, y):
    """A tenth of 30 letters are the three that decide: they are enough, and no others are."""
    curve = perturbation_curve(
        known,
        X,
        y,
        fractions=(0, 0.1, 0.5, 1),
        orders=("top", "random", "matched", "bottom"),
        fill="resample",
        mode="insertion",
        n_bootstrap=50,
    )
    found = means(curve)
    assert curve.mode == "insertion"
    assert (found["top"][1:] == 1).all()
    assert all((heights[3] == 1) and (heights[0] < 0.7) for heights in found.values())
    assert found["random"][1] < 0.75
    assert found["bottom"][2] < 0.7
    assert found["bottom"][2] < found["matched"][2] < 1
    assert curve.area["top"] > curve.area["random"] > curve.area["bottom"]
    for scores in curve.scores.values():  # without any letter the orders are the same
        np.testing.assert_array_equal(scores[0], curve.scores["top"][0])


@pytest.mark.parametrize("fill", STRING_FILLS)
def test_insertion_leaves_the_kept_letters_and_no_others_alone(fill, known, X, y):
    seen = []

    class Spy(type(known)):
        def predict(self, X):
            seen.append(X)
            return super().predict(X)

    weights = np.arange(30.0) + np.zeros((300, 1))
    perturbation_curve(
        Spy().fit(X),
        X,
        y,
        orders=("top",),
        fractions=(0.2,),
        fill=fill,
        mode="insertion",
        saliency=weights,
        n_repeats=1,
        n_bootstrap=0,
    )
    clean, kept = seen
    assert [x[24:] for x in kept] == [x[24:] for x in clean]
    assert sum(a[:24] == b[:24] for a, b in zip(kept, clean, strict=True)) < 3


def test_shapes_and_bookkeeping(linear, X, y):
    curve = perturbation_curve(linear, X, y, fractions=[0, 0.1, 0.4], n_repeats=3, n_bootstrap=20)
    assert set(curve.scores) == set(curve.intervals) == {"top", "random", "bottom"}
    for order in curve.scores:
        assert curve.scores[order].shape == (3, 3)
        assert curve.intervals[order].shape == (3, 2)
        low, high = curve.intervals[order].T
        assert (low <= means(curve)[order]).all()
        assert (means(curve)[order] <= high).all()
        first, second, third = means(curve)[order]
        expected = 0.25 * (first + second) / 2 + 0.75 * (second + third) / 2
        assert curve.area[order] == pytest.approx(expected)
    np.testing.assert_array_equal(curve.fractions, [0, 0.1, 0.4])
    assert (curve.n_samples, curve.n_repeats, curve.chance) == (300, 3, 0.5)
    assert (curve.metric, curve.fill, curve.mode) == ("accuracy", "shuffle", "deletion")


def test_the_curve_starts_at_plain_accuracy(linear, X, y):
    y = np.where(np.arange(300) % 7, y, np.roll(y, 1))
    curve = perturbation_curve(linear, X, y, fractions=(0, 0.1), n_bootstrap=0)
    accuracy = accuracy_score(y, linear.predict(X))
    assert curve.baseline == pytest.approx(accuracy)
    for scores in curve.scores.values():
        np.testing.assert_allclose(scores[0], accuracy)
    assert curve.intervals == {}
    assert curve.area_intervals == {}


def test_without_any_letter_all_orders_agree(linear, X, y):
    curve = perturbation_curve(linear, X, y, fractions=(0, 1), fill="unknown", n_bootstrap=0)
    empty = accuracy_score(y, linear.predict(["N" * 30] * 300))
    for scores in curve.scores.values():
        np.testing.assert_allclose(scores[1], max(empty, 0.5))


def test_a_permuted_saliency_is_no_better_than_random(known, X, y):
    values = np.random.default_rng(0).permuted(known.saliency(X), axis=1)
    curve = perturbation_curve(
        known, X, y, fractions=(0, 0.1, 0.2), fill="resample", saliency=values, n_bootstrap=50
    )
    low, high = curve.area_intervals["random"]
    assert low <= curve.area["top"] <= high


@pytest.mark.parametrize("fill", STRING_FILLS)
def test_a_flat_saliency_behaves_like_the_random_order(fill, make_sequences, known):
    """Ties broken by position would remove positions 3 and 8 always, or never."""
    X = make_sequences(1000, seed=5)
    curve = perturbation_curve(
        known,
        X,
        known.predict(X),
        fractions=(0.3,),
        fill=fill,
        saliency=np.full((1000, 30), 1 / 30),
        n_bootstrap=0,
    )
    found = means(curve)
    assert found["random"][0] < 0.97
    np.testing.assert_allclose(found["top"], found["random"], atol=0.02)
    np.testing.assert_allclose(found["bottom"], found["random"], atol=0.02)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "roc_auc", "neg_log_loss"])
def test_other_metrics(metric, linear, X, y):
    curve = perturbation_curve(
        linear,
        X,
        y,
        metric=metric,
        fractions=(0, 0.3),
        fill="resample",
        n_repeats=2,
        n_bootstrap=20,
    )
    found = means(curve)
    assert found["top"][1] < found["random"][1] < found["top"][0]
    low, high = curve.intervals["top"].T
    assert (low <= found["top"]).all()
    assert (found["top"] <= high).all()


def test_kmer_pipelines(X):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    at = rng.integers(20, size=300)
    X = np.array(
        [
            x[:i] + "TATAAA" + x[i + 6 :] if label else x
            for x, i, label in zip(X, at, y, strict=True)
        ],
        object,
    )
    model = make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(3, 4)), LogisticRegression(max_iter=500)
    ).fit(X, y)
    curve = perturbation_curve(model, X, y, fractions=(0.2,), fill="resample", n_bootstrap=0)
    assert means(curve)["top"][0] < means(curve)["random"][0] - 0.05


def test_bootstrap_intervals_have_the_width_of_a_proportion(known, make_sequences):
    """Of n sequences, an accuracy of p has a standard error of sqrt(p (1 - p) / n)."""
    X = make_sequences(1000, seed=2)
    y = known.predict(X)
    flipped = np.random.default_rng(0).random(1000) < 0.2
    y = np.where(flipped, np.where(y == "yes", "no", "yes"), y)
    curve = perturbation_curve(known, X, y, fractions=(0,), orders=("random",), n_bootstrap=2000)
    p = curve.baseline
    low, high = curve.intervals["random"][0]
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(p * (1 - p) / 1000), rel=0.1)
    narrow = perturbation_curve(
        known, X, y, fractions=(0,), orders=("random",), n_bootstrap=2000, confidence_level=0.5
    )
    low50, high50 = narrow.intervals["random"][0]
    assert low < low50 < high50 < high

"""perturbation_curve: its draws and the predictions they share, its forms of input, its errors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection import perturbation_curve
from sklearn_attngen.preprocessing import SequenceOneHotEncoder


def test_the_seed_decides_everything(linear, X, y):
    arguments = {"fractions": (0.1, 0.3), "fill": "resample", "n_bootstrap": 20}
    one = perturbation_curve(linear, X, y, random_state=3, **arguments)
    same = perturbation_curve(linear, X, y, random_state=3, **arguments)
    other = perturbation_curve(linear, X, y, random_state=4, **arguments)
    for order in one.scores:
        np.testing.assert_array_equal(one.scores[order], same.scores[order])
        np.testing.assert_array_equal(one.intervals[order], same.intervals[order])
    assert (one.scores["random"] != other.scores["random"]).any()
    assert (one.scores["random"][1] != one.scores["random"][1][0]).any()


def test_orders_do_not_depend_on_which_others_are_asked_for(linear, X, y):
    together = perturbation_curve(linear, X, y, fractions=(0.2, 0.4), n_bootstrap=0)
    alone = perturbation_curve(linear, X, y, fractions=(0.4,), orders=("random",), n_bootstrap=0)
    np.testing.assert_array_equal(alone.scores["random"][0], together.scores["random"][1])


def test_batch_size_of_occlusion_does_not_matter(linear, X, y):
    one = perturbation_curve(linear, X, y, fractions=(0.2,), batch_size=17, n_bootstrap=0)
    other = perturbation_curve(linear, X, y, fractions=(0.2,), n_bootstrap=0)
    np.testing.assert_array_equal(one.scores["top"], other.scores["top"])


def test_random_order_needs_no_saliency(linear, X, y):
    def never(estimator, X):
        raise AssertionError

    perturbation_curve(
        linear, X, y, orders=("random",), fractions=(0.1,), saliency=never, n_bootstrap=0
    )


def test_equal_perturbations_are_predicted_once(known, X, y, monkeypatch):
    """Set to unknown, the top positions are the same in each repeat."""
    calls = []
    original = type(known).predict
    monkeypatch.setattr(
        type(known), "predict", lambda self, X: calls.append(1) or original(self, X)
    )
    weights = np.arange(30.0) + np.zeros((300, 1))
    perturbation_curve(
        known, X, y, orders=("top",), fractions=(0, 0.2), fill="unknown", saliency=weights
    )
    assert len(calls) == 2


def test_orders_that_remove_the_same_share_a_prediction(known, X, y, monkeypatch):
    """Without all of the letters, or with none removed, the order does not matter."""
    calls = []
    original = type(known).predict
    monkeypatch.setattr(
        type(known), "predict", lambda self, X: calls.append(1) or original(self, X)
    )
    orders = ("top", "random", "matched", "bottom")
    kwargs = {"fill": "unknown", "saliency": "attention", "n_repeats": 2}
    curve = perturbation_curve(known, X, y, fractions=(0, 1), orders=orders, **kwargs)
    assert len(calls) == 2
    for order in orders:
        assert (curve.scores[order] == [[curve.baseline] * 2, [0.5] * 2]).all()


@pytest.mark.parametrize("fill", ["shuffle", "resample", "dinucleotide"])
def test_scores_belong_to_their_order_fraction_and_repeat(fill, known, X, y):
    """Whatever else is asked for in the same call."""
    kwargs = {"fill": fill, "n_bootstrap": 0, "random_state": 3}
    orders, fractions = ("bottom", "random", "top", "matched"), (0.1, 0.2, 0.5)
    whole = perturbation_curve(
        known, X, y, orders=orders, fractions=fractions, n_repeats=3, **kwargs
    )
    assert len(np.unique(whole.scores["random"])) > 4
    for order in orders:
        for i, fraction in enumerate(fractions):
            alone = perturbation_curve(
                known, X, y, orders=(order,), fractions=(fraction,), n_repeats=3, **kwargs
            )
            np.testing.assert_array_equal(whole.scores[order][i], alone.scores[order][0])


def test_all_input_forms_agree(X, y):
    encoder = SequenceOneHotEncoder().set_output(transform="pandas").fit(X)
    frame = encoder.transform(X)
    model = LogisticRegression(C=10).fit(frame, y)
    arguments = {"fractions": (0.2,), "n_bootstrap": 0}
    expected = perturbation_curve(make_pipeline(encoder, model), X, y, **arguments)
    series = pd.Series(X, index=np.arange(300)[::-1])
    for estimator, data in (
        (make_pipeline(encoder, model), X.tolist()),
        (make_pipeline(encoder, model), series),
        (model, frame),
    ):
        curve = perturbation_curve(estimator, data, pd.Series(y), **arguments)
        np.testing.assert_array_equal(curve.scores["top"], expected.scores["top"])
        np.testing.assert_array_equal(curve.scores["random"], expected.scores["random"])


def test_unknown_positions_are_neither_counted_nor_filled(known, X, y):
    """20 of 30 positions are N: a tenth of the others is one position, at 3, 8 or 15."""
    real = np.isin(np.arange(30), [3, 8, 15, 1, 2, 4, 5, 6, 7, 9])
    sparse = np.array(["".join(np.where(real, list(x), "N")) for x in X], dtype=object)
    seen = []

    class Spy(type(known)):
        def predict(self, X):
            seen.append(X)
            return super().predict(X)

    spy = Spy().fit(X)
    perturbation_curve(
        spy, sparse, y, orders=("top",), fractions=(0.1,), fill="unknown", n_repeats=1
    )
    clean, removed = seen
    changed = np.array(
        [[a != b for a, b in zip(*rows, strict=True)] for rows in zip(clean, removed, strict=True)]
    )
    assert (changed.sum(axis=1) == 1).all()
    assert set(np.flatnonzero(changed.any(axis=0))) == {3, 8, 15}


def test_uniform_fill_in_each_one_hot_layout(known, X, y):
    flat = SequenceOneHotEncoder().fit_transform(X)
    seen = []

    class Spy(LogisticRegression):
        def predict(self, X):
            seen.append(X)
            return super().predict(np.asarray(X).reshape(len(X), -1))

    model = Spy().fit(flat, y)
    for layout in (
        flat,
        flat.reshape(300, 30, 4),
        np.ascontiguousarray(flat.reshape(300, 30, 4).transpose(0, 2, 1)),
    ):
        seen.clear()
        perturbation_curve(
            model,
            layout,
            y,
            orders=("random",),
            fractions=(0.5,),
            fill="uniform",
            n_repeats=1,
            n_bootstrap=0,
        )
        _, removed = seen
        assert removed.shape == layout.shape
        assert ((removed == 0.25).sum(axis=tuple(range(1, layout.ndim))) == 60).all()
        np.testing.assert_array_equal(removed[removed != 0.25], layout[removed != 0.25])


def test_uniform_fill_needs_one_hot_input(linear, X, y):
    with pytest.raises(ValueError, match="Encode X with SequenceOneHotEncoder"):
        perturbation_curve(linear, X, y, fill="uniform")


def test_unknown_fill_of_encoders_that_refuse_it(X, y):
    model = make_pipeline(SequenceOneHotEncoder(unknown="error"), LogisticRegression()).fit(X, y)
    saliency = np.ones((300, 30))
    with pytest.raises(ValueError, match="choose another fill"):
        perturbation_curve(model, X, y, fill="unknown", saliency=saliency)
    perturbation_curve(model, X, y, fractions=(0.1,), saliency=saliency, n_bootstrap=0)


def test_progress_is_shown_when_asked_for(linear, X, y, capsys):
    arguments = {"fractions": (0.1,), "n_repeats": 1, "n_bootstrap": 0, "orders": ("random",)}
    perturbation_curve(linear, X, y, **arguments)
    assert capsys.readouterr().err == ""
    perturbation_curve(linear, X, y, verbose=1, **arguments)
    assert "perturbation_curve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fractions": (0, 1.5)}, "between 0 and 1, got 1.5"),
        ({"fractions": (-0.1,)}, "between 0 and 1"),
        ({"fractions": (np.nan,)}, "between 0 and 1"),
        ({"fractions": (0.2, 0.1)}, "must increase"),
        ({"fractions": ()}, "non-empty"),
        ({"orders": ("top", "sideways")}, "sideways"),
        ({"orders": ()}, "orders"),
        ({"orders": ("top", "top")}, "orders"),
        ({"fill": "zero"}, "fill"),
        ({"mode": "backwards"}, "mode"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"confidence_level": 1.0}, "confidence_level"),
        ({"metric": "nonsense"}, "nonsense"),
        ({"saliency": "nonsense"}, "method='nonsense'"),
        ({"saliency": np.ones((300, 29))}, r"shape \(300, 29\), but X holds 300 sequences"),
        ({"saliency": lambda e, X: np.ones(30)}, r"shape \(30,\)"),
        (
            {"saliency": np.ones((300, 4, 30))},
            r"\(300, 4, 30\).*summed over the axis of the letters",
        ),
        ({"saliency": np.full((300, 30), np.nan)}, r"row 0 at position 0 \(both 0-based\)"),
    ],
)
def test_wrong_arguments(linear, X, y, arguments, message):
    with pytest.raises(ValueError, match=message):
        perturbation_curve(linear, X, y, **arguments)


def test_wrong_data(linear, X, y):
    with pytest.raises(ValueError, match=r"y contains NaN or None: the label of row 1 "):
        perturbation_curve(linear, X, [y[0], np.nan, *y[2:]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        perturbation_curve(linear, X, y[:-1])
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        perturbation_curve(linear, [], [])
    with pytest.raises(ValueError, match="row 1"):
        perturbation_curve(linear, [X[0], X[1][2:]], y[:2])
    with pytest.raises(NotFittedError):
        perturbation_curve(make_pipeline(SequenceOneHotEncoder(), LogisticRegression()), X, y)


def test_labels_that_the_estimator_never_saw(linear, X, y):
    """Accuracy 0 counts as chance, and would pass for a curve that tells something."""
    with pytest.raises(ValueError, match=r"No label in y is a class.*holds 7 in row 0.*form"):
        perturbation_curve(linear, X, np.full(len(y), 7), fractions=(0.1,))


@pytest.mark.parametrize(
    ("label", "meant"),
    [("yes ", "Did you mean 'yes'?"), ("NO", "Did you mean 'no'?"), ("maybe", r"'yes'\]\.$")],
)
def test_some_labels_that_the_estimator_never_saw(linear, X, label, meant):
    """They lower the whole curve: a stray space looks like a worse classifier."""
    y = linear.predict(X).astype(object)
    y[[4, 7]] = label
    message = rf"2 of 300 labels in y, such as '{label}' in row 4 \(0-based\), are no .*{meant}"
    with pytest.warns(UserWarning, match=message) as caught:
        curve = perturbation_curve(linear, X, y, fractions=(0.1,), n_bootstrap=0)
    assert caught[0].filename == __file__
    assert curve.baseline == 298 / 300


def test_a_metric_that_cannot_tell_is_named_at_once(linear, X, y):
    """Before anything is removed; scikit-learn only warns, in every resample anew."""
    one = np.asarray(y) == y[0]
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match=r"metric 'roc_auc' is nan for .* rows of every class in y"),
    ):
        perturbation_curve(linear, np.asarray(X)[one], np.asarray(y)[one], metric="roc_auc")

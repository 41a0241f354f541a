"""MaskFractionDisplay: what it reads from a search, which candidates, words on the axes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # the search needs it
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_attngen.inspection import MaskFractionDisplay
from sklearn_attngen.inspection._removal.perturbation import perturbation_curve

pytestmark = pytest.mark.usefixtures("figures")


class Faithfulness:
    """Says how it compares, as PerturbationScorer does."""

    order, control, metric = "top", "random", "balanced_accuracy"

    def __call__(self, estimator, X, y):
        area = perturbation_curve(estimator, X, y, fractions=(0.2,), n_bootstrap=0).area
        return area["random"] - area["top"]


@pytest.fixture
def masked(make_known):
    """A classifier that errs more with a larger ``mask_fraction``, and the wider ``width`` is."""

    class Masked(make_known):
        def __init__(self, mask_fraction=0.1, width=1):
            self.mask_fraction = mask_fraction
            self.width = width
            super().__init__()

        def predict(self, X):
            said = super().predict(X)
            wrong = np.arange(len(said)) % 20 < 20 * self.mask_fraction * self.width
            return np.where(wrong, np.where(said == "yes", "no", "yes"), said)

    return Masked()


@pytest.fixture
def search(masked, X, y):
    """Two scores, a pipeline, and fractions that are not in order."""
    return GridSearchCV(
        Pipeline([("model", masked)]),
        {"model__mask_fraction": [0.3, 0.0, 0.1]},
        scoring={"accuracy": "accuracy", "faithfulness": Faithfulness()},
        refit="accuracy",
        cv=3,
    ).fit(X, y)


def test_lines_and_bands_are_the_results_of_the_folds(search):
    display = MaskFractionDisplay.from_search(search)
    np.testing.assert_allclose(display.fractions, [0, 0.1, 0.3])
    assert list(display.lines_) == list(display.bands_) == ["accuracy", "faithfulness"]
    for name, line in display.lines_.items():
        expected = search.cv_results_[f"mean_test_{name}"][[1, 2, 0]]
        spread = search.cv_results_[f"std_test_{name}"][[1, 2, 0]]
        np.testing.assert_allclose(line.get_xdata(), [0, 10, 30])
        np.testing.assert_allclose(line.get_ydata(), expected)
        edges = display.bands_[name].get_paths()[0].vertices[:, 1]
        assert edges.max() == pytest.approx((expected + spread).max())
    assert display.chosen == 0
    assert display.axes_[0] is display.ax_
    assert [ax.get_ylabel() for ax in display.axes_] == ["Accuracy", "Faithfulness"]
    assert display.axes_[1].get_title(loc="left") == (
        "Balanced accuracy without random minus without most salient letters"
    )
    assert display.axes_[1].get_xlabel() == "Letters masked in training (%)"
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == [
        "Mean of 3 folds",
        "Folds",
        "± 1 standard deviation of folds",
        "Chosen by the search",
    ]


def test_one_score_and_the_parts_of_a_picture_can_be_chosen(search):
    _, ax = plt.subplots()
    display = MaskFractionDisplay.from_search(
        search, scores=["faithfulness"], ax=ax, folds=False, band=False, legend=False
    )
    assert display.axes_ == [ax]
    assert display.bands_ == {}
    assert ax.get_legend() is None
    assert len([line for line in ax.lines if len(line.get_xdata()) == 3]) == 1


def test_the_default_score_of_a_search_is_named(masked, X, y):
    grid = {"mask_fraction": [0, 0.1]}
    plain = GridSearchCV(masked, grid, cv=2).fit(X, y)
    assert MaskFractionDisplay.from_search(plain).ax_.get_ylabel() == "Accuracy"
    named = GridSearchCV(masked, grid, cv=2, scoring="roc_auc").fit(X, y)
    expected = "Area under the ROC curve"
    assert MaskFractionDisplay.from_search(named).ax_.get_ylabel() == expected


def test_other_parameters_are_held(masked, X, y):
    search = GridSearchCV(masked, {"mask_fraction": [0.1, 0.2], "width": [2, 1]}, cv=2).fit(X, y)
    best = MaskFractionDisplay.from_search(search)
    np.testing.assert_allclose(best.lines_["score"].get_ydata(), [0.9, 0.8], atol=0.03)
    assert best.chosen == 0.1
    other = MaskFractionDisplay.from_search(search, fixed={"width": 2})
    np.testing.assert_allclose(other.lines_["score"].get_ydata(), [0.8, 0.6], atol=0.03)
    assert other.chosen is None
    with pytest.raises(ValueError, match="Choose among them with fixed"):
        MaskFractionDisplay.from_search(search, fixed={})
    with pytest.raises(ValueError, match=r"No candidate.*cv_results_"):
        MaskFractionDisplay.from_search(search, fixed={"width": 3})


def test_a_search_without_a_best_candidate(masked, X, y):
    search = GridSearchCV(
        masked, {"mask_fraction": [0, 0.2]}, scoring=["accuracy", "f1_macro"], refit=False, cv=2
    ).fit(X, y)
    display = MaskFractionDisplay.from_search(search)
    assert display.chosen is None
    assert len(display.axes_) == 2


@pytest.mark.parametrize("size", [(3, 5), (4, 4), (6.4, 6), (10, 7)])
def test_no_text_covers_another(size, search):
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    display = MaskFractionDisplay.from_search(search, ax=ax)
    figure.canvas.draw()
    drawn = []
    for axes in display.axes_:
        low, high = axes.get_ylim()
        ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        drawn += [label for at, label in ticks if low <= at <= high]
        drawn += [axes.xaxis.label, axes.yaxis.label, axes._left_title]
    drawn += [*display.axes_[1].get_xticklabels(), *display.ax_.get_legend().get_texts()]
    drawn = [text for text in drawn if text.get_text() and text.get_visible()]
    boxes = [text.get_window_extent() for text in drawn]
    over = [
        (drawn[i].get_text(), drawn[j].get_text())
        for i in range(len(boxes))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]
    assert over == []
    assert all(box.x0 >= 0 and box.y1 <= figure.bbox.y1 for box in boxes)
    titles = [axes._left_title.get_window_extent() for axes in display.axes_]
    assert all(title.x1 <= figure.bbox.x1 for title in titles)


def test_names_of_scores_are_wrapped_and_no_formulas(masked, X, y):
    """Names of scorers may be long and hold dollars; labels that are passed stay as they are."""
    long = "agreement_of_predictions_with_the_annotation_of_exons"
    scoring = {"$f_1$ of $yes$": "f1_macro", long: "accuracy"}
    search = GridSearchCV(masked, {"mask_fraction": [0, 0.2]}, scoring=scoring, refit=False, cv=2)
    found = MaskFractionDisplay.from_search(search.fit(X, y))
    made = MaskFractionDisplay(found.fractions, found.scores).plot()
    for display in (found, made):
        display.figure_.canvas.draw()
        dollars, lines = (axes.get_ylabel() for axes in display.axes_)
        assert dollars == r"\$f 1\$ of \$yes\$"
        assert lines.split() == long.capitalize().split("_")
        assert max(map(len, lines.split("\n"))) <= 25
        for axes in display.axes_:
            label, place = axes.yaxis.label.get_window_extent(), axes.get_window_extent()
            assert place.y0 <= label.y0 < label.y1 <= place.y1
    formula = r"$\alpha^2$ of the predictions of sequences"
    given = MaskFractionDisplay(found.fractions, found.scores, labels={long: formula}).plot()
    assert given.axes_[1].get_ylabel() == formula


def test_crowded_fractions_keep_the_ticks_that_can_be_read():
    fractions = np.array([0, 0.01, 0.02, 0.2, 0.5])
    scores = {"accuracy": np.ones((5, 2))}
    display = MaskFractionDisplay(fractions, scores).plot()
    texts = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert texts[0] == "0"
    assert "1" not in texts
    assert texts[-1] == "50"


def test_wrong_searches_and_axes(search, masked, X, y):
    with pytest.raises(NotFittedError):
        MaskFractionDisplay.from_search(GridSearchCV(masked, {"mask_fraction": [0, 1]}))
    other = GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2)
    other.fit(np.arange(20.0)[:, None], [0, 1] * 10)
    with pytest.raises(ValueError, match=r"varied \['C'\]"):
        MaskFractionDisplay.from_search(other)
    with pytest.raises(ValueError, match="scores must name some of"):
        MaskFractionDisplay.from_search(search, scores=["recall"])
    figure, axes = plt.subplots(3)
    for wrong in (figure, {"A": axes[0]}, [figure], "A"):
        with pytest.raises(TypeError, match="must be one matplotlib Axes or None, got "):
            MaskFractionDisplay.from_search(search, scores=["accuracy"], ax=wrong)
    with pytest.raises(ValueError, match=r"holds 3 axes, and there are 2 scores.*Pass as many"):
        MaskFractionDisplay.from_search(search, ax=axes)
    with pytest.raises(ValueError, match="no part of a grid"):
        MaskFractionDisplay.from_search(search, ax=figure.add_axes((0, 0, 1, 1)))


@pytest.mark.parametrize(
    "resource",
    [{"min_resources": 20}, {"resource": "width", "min_resources": 1, "max_resources": 4}],
    ids=["rows", "parameter"],
)
def test_the_first_round_of_a_halving_search_is_drawn(resource, masked, X, y):
    """Later rounds have the better candidates again, on more rows."""
    search = HalvingGridSearchCV(
        masked, {"mask_fraction": [0, 0.1, 0.2, 0.3]}, cv=2, factor=2, random_state=0, **resource
    ).fit(X, y)
    assert len(search.cv_results_["params"]) > 4
    display = MaskFractionDisplay.from_search(search)
    np.testing.assert_allclose(display.fractions, [0, 0.1, 0.2, 0.3])
    first = search.cv_results_["mean_test_score"][:4]
    np.testing.assert_allclose(display.lines_["score"].get_ydata(), first)
    assert display.chosen == search.best_params_["mask_fraction"]

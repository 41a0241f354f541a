"""PerturbationCurveDisplay: the curves, their bands and controls, words on the axes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from sklearn_attngen.inspection import PerturbationCurveDisplay, perturbation_curve

pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture
def curve(known, X, y):
    return perturbation_curve(known, X, y, fractions=(0, 0.1, 0.3), fill="resample", n_bootstrap=50)


def test_lines_and_bands_show_the_curve(curve):
    display = PerturbationCurveDisplay.from_curve(curve, name="known")
    assert set(display.lines_) == {("known", order) for order in ("top", "random", "bottom")}
    for (_, order), line in display.lines_.items():
        np.testing.assert_allclose(line.get_xdata(), [0, 10, 30])
        np.testing.assert_allclose(line.get_ydata(), curve.scores[order].mean(axis=1))
        edges = display.bands_["known", order].get_paths()[0].vertices[:, 1]
        assert edges.min() == pytest.approx(curve.intervals[order].min())
    assert display.chance_line_.get_ydata()[0] == 0.5
    assert display.ax_.get_ylim()[0] < 0.5
    assert display.ax_.get_ylabel() == "Accuracy"
    assert display.ax_.get_xlabel() == (
        "Letters removed (% of each sequence)\n(redrawn from the composition)"
    )
    legend = display.ax_.get_legend()
    assert legend.get_title().get_text() == "Mean, 95 % interval, n=300"
    assert "Random order (control)" in [text.get_text() for text in legend.get_texts()]


def test_from_estimator_passes_its_arguments_on(known, X, y):
    _, ax = plt.subplots()
    display = PerturbationCurveDisplay.from_estimator(
        known,
        X,
        y,
        ax=ax,
        fractions=(0, 0.2),
        fill="unknown",
        metric="balanced_accuracy",
        n_bootstrap=0,
        plot_kwargs={"legend": False, "orders": ("top",)},
    )
    assert display.ax_ is ax
    assert set(display.lines_) == {("KnownLetters", "top")}
    assert display.bands_ == {}
    assert ax.get_legend() is None
    assert ax.get_ylabel() == "Balanced accuracy"


def test_several_estimators_differ_by_color_and_marker_and_orders_by_line(curve):
    display = PerturbationCurveDisplay.from_curves({"one": curve, "two": curve})
    assert set(display.lines_) == {(n, o) for n in ("one", "two") for o in ("top", "random")}
    color = {key: line.get_color() for key, line in display.lines_.items()}
    style = {key: line.get_linestyle() for key, line in display.lines_.items()}
    assert color["one", "top"] == color["one", "random"] != color["two", "top"]
    assert style["one", "top"] == style["two", "top"] != style["one", "random"]
    marker = {key: line.get_marker() for key, line in display.lines_.items()}
    assert marker["one", "top"] == marker["one", "random"] != marker["two", "top"]
    handles = {handle.get_label(): handle for handle in display.ax_.get_legend().legend_handles}
    assert [handles[name].get_marker() for name in ("one", "two")] == ["o", "s"]
    assert handles["Random order (control)"].get_linestyle() == style["one", "random"]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["one", "two", "Most salient first", "Random order (control)", "Chance"]


def test_names_are_no_formulas(curve, tmp_path):
    display = PerturbationCurveDisplay.from_curves({"$^$": curve, "two": curve})
    display.figure_.savefig(tmp_path / "x.png")
    assert display.ax_.get_legend().get_texts()[0].get_text() == r"\$^\$"


@pytest.mark.parametrize("size", [(4.2, 3.2), (6.4, 4.2), (10, 6)])
@pytest.mark.parametrize("names", [["known"], ["One-hot regression", "k-mer regression"]])
def test_everything_fits_into_the_figure(curve, names, size):
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    PerturbationCurveDisplay.from_curves(dict.fromkeys(names, curve), ax=ax)
    figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    for label in (ax.xaxis.label, ax.yaxis.label):
        box = label.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    assert not legend.overlaps(ax.get_window_extent())
    assert legend.x1 <= figure.bbox.x1
    assert legend.y1 <= figure.bbox.y1
    assert not legend.overlaps(ax.yaxis.label.get_window_extent())


@pytest.mark.parametrize("size", [(4.2, 3.4), (6.4, 4.2)])
def test_insertion_and_the_matched_order_are_named(size, known, X, y):
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    display = PerturbationCurveDisplay.from_estimator(
        known,
        X,
        y,
        fractions=(0, 0.2, 1),
        orders=("top", "random", "matched"),
        fill="resample",
        mode="insertion",
        n_bootstrap=20,
        ax=ax,
    )
    assert ax.get_xlabel() == (
        "Letters kept (% of each sequence)\n(the others redrawn from the composition)"
    )
    assert display.lines_["KnownLetters", "matched"].get_label().startswith("Random, same letters")
    styles = {line.get_linestyle() for line in display.lines_.values()}
    assert len(styles) == 3
    figure.canvas.draw()
    assert ax.get_legend().get_window_extent().x1 <= figure.bbox.x1


def test_metrics_without_chance_have_no_chance_line(known, X, y):
    display = PerturbationCurveDisplay.from_estimator(
        known, X, y, fractions=(0, 0.1), metric="neg_log_loss", n_bootstrap=0
    )
    assert display.chance_line_ is None


def test_curves_that_cannot_be_compared(curve, known, X, y):
    other = perturbation_curve(known, X, y, fractions=(0, 0.1), fill="shuffle", n_bootstrap=0)
    with pytest.raises(ValueError, match="differ in metric, fill or mode"):
        PerturbationCurveDisplay.from_curves({"one": curve, "two": other})
    kept = perturbation_curve(
        known, X, y, fractions=(0, 0.1), fill="resample", mode="insertion", n_bootstrap=0
    )
    with pytest.raises(ValueError, match="insertion"):
        PerturbationCurveDisplay.from_curves({"one": curve, "two": kept})
    with pytest.raises(ValueError, match="empty"):
        PerturbationCurveDisplay.from_curves({})


def test_bands_of_one_picture_have_one_confidence_level(curve, known, X, y):
    arguments = {"fractions": (0, 0.1), "fill": "resample", "n_bootstrap": 20}
    other = perturbation_curve(known, X, y, confidence_level=0.8, **arguments)
    figures = plt.get_fignums()
    with pytest.raises(ValueError, match=r"confidence levels, \[0.8, 0.95\].*band=False"):
        PerturbationCurveDisplay.from_curves({"one": curve, "two": other})
    assert plt.get_fignums() == figures
    display = PerturbationCurveDisplay.from_curves({"one": curve, "two": other}, band=False)
    assert display.bands_ == {}


def test_the_title_is_that_of_the_curves_with_intervals(curve, known, X, y):
    """A curve without any has a level too, which says nothing."""
    arguments = {"fractions": (0, 0.1), "fill": "resample"}
    without = perturbation_curve(known, X, y, confidence_level=0.8, n_bootstrap=0, **arguments)
    display = PerturbationCurveDisplay.from_curves({"one": without, "two": curve})
    title = display.ax_.get_legend().get_title().get_text()
    assert title == "Mean, 95 % interval, n=300"
    assert {name for name, _ in display.bands_} == {"two"}


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (["topp"], r"curve 'one' has no order 'topp'.*\['top', 'random', 'bottom'\]"),
        (["top", "bottom"], "curve 'two' has no order 'bottom'"),
        ("top", r"list such as \['top', 'random'\]"),
        ([], "list such as"),
    ],
)
def test_orders_that_are_not_there_raise(orders, message, curve, known, X, y):
    two = perturbation_curve(
        known, X, y, fractions=(0, 0.1), fill="resample", orders=("top",), n_bootstrap=0
    )
    figures = plt.get_fignums()
    display = PerturbationCurveDisplay({"one": curve, "two": two})
    with pytest.raises(ValueError, match=message):
        display.plot(orders=orders)
    assert plt.get_fignums() == figures


def test_by_default_what_there_is_is_drawn(known, X, y):
    arguments = {"fractions": (0, 0.1), "n_bootstrap": 0}
    top, bottom = (
        perturbation_curve(known, X, y, orders=(order,), **arguments) for order in ("top", "bottom")
    )
    draw = PerturbationCurveDisplay.from_curves
    assert set(draw({"one": top}).lines_) == {("one", "top")}
    assert set(draw({"one": bottom, "two": bottom}).lines_) == {
        ("one", "bottom"),
        ("two", "bottom"),
    }
    assert set(draw({"one": top, "two": bottom}).lines_) == {("one", "top")}


def test_every_line_is_seen_on_dark_axes(known, X, y):
    curve = perturbation_curve(
        known, X, y, fractions=(0, 0.1), orders=("top", "random", "matched"), n_bootstrap=0
    )
    with plt.style.context("dark_background"):
        display = PerturbationCurveDisplay.from_curve(curve)
        several = PerturbationCurveDisplay.from_curves({str(i): curve for i in range(7)})
    lines = [*display.ax_.lines, *several.ax_.lines]
    assert not {to_hex(line.get_color()) for line in lines} & {"#000000"}


def test_names_of_many_estimators_leave_room_for_the_curves(curve):
    names = [f"a classifier with a name of some length, number {i}" for i in range(20)]
    display = PerturbationCurveDisplay.from_curves(dict.fromkeys(names, curve))
    display.figure_.canvas.draw()
    assert display.ax_.get_legend().get_window_extent().y1 <= display.figure_.bbox.y1
    assert display.ax_.get_window_extent().height / display.figure_.dpi > 1.5


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        (lambda curve: [curve], "curves must be a dict of names to results.*got list"),
        (lambda curve: curve, "curve 'fractions' must be a result of perturbation_curve.*by from_"),
        (lambda curve: {"known": curve.scores}, "curve 'known' must be a result.*got dict"),
    ],
)
def test_what_is_no_curve_raises(curves, message, curve):
    with pytest.raises(TypeError, match=message):
        PerturbationCurveDisplay.from_curves(curves(curve))

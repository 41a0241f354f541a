"""Texts of pictures: as wide as there is room for."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from sklearn_attngen.inspection import MotifDisplay, PerturbationCurveDisplay, SaliencyDisplay
from sklearn_attngen.inspection._drawing.plot_style import (
    PALETTE,
    get_axes,
    lay_out,
    seen_on,
    shortened,
    text_width,
    wrapped,
    wrapped_title,
)


@pytest.mark.parametrize("inches", [0.5, 1.5, 5.0])
@pytest.mark.parametrize("text", ["i" * 60 + " " + "W" * 60, "bound_in_HepG2 " * 30, "a", ""])
def test_no_line_of_a_title_is_wider_than_its_room(text, inches):
    """Letters differ in width: a line of wide ones takes fewer than the average."""
    with mpl.rc_context({"backend": "Agg"}):
        lines = wrapped_title(text, inches).split("\n")
        assert len(lines) <= 4
        assert all(text_width(line, "small") <= inches for line in lines if line)


@pytest.mark.parametrize("inches", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("text", ["a" * 20 + "_" + "b" * 20, "W" * 5000, "<i>Ü</i> " * 10])
def test_names_are_shortened_in_their_middle(text, inches):
    """Names that differ at their end alone stay apart, and as much stays as there is room for."""
    short = shortened(text, inches)
    assert text_width(short, "small") <= inches
    begin, end = short.split("…") if "…" in short else (short, "")
    assert text.startswith(begin)
    assert text.endswith(end)
    assert "…" in short or short == text
    assert text_width(short + "WW", "small") > inches or short == text
    assert 0 <= len(begin) - len(end) <= 1 or short == text


def test_what_must_be_read_stands_at_the_end_of_what_is_cut():
    """Numbers stay, names are shortened; where even the numbers do not fit, all is."""
    text = "word " * 40 + "(q = 1)"
    lines = wrapped(text, 20, max_lines=2, ending="(q = 1)").split("\n")
    assert lines == ["word word word word", "word word … (q = 1)"]
    assert wrapped("word (q = 1)", 20, ending="(q = 1)") == "word (q = 1)"
    assert wrapped("word (q = 1)", 11, ending="(q = 1)") == "word\n(q = 1)"
    assert wrapped(text, 5, max_lines=2, ending="(q = 1)") == "word\n…"


@pytest.mark.parametrize(
    ("figure", "axes", "dark"),
    [("white", "white", False), ("black", "#222", True), ("#111", "none", True), ("k", "w", False)],
)
def test_black_is_seen_on_every_background(figure, axes, dark):
    with mpl.rc_context({"figure.facecolor": figure, "axes.facecolor": axes, "backend": "Agg"}):
        ax = plt.subplots()[1]
    assert [seen_on(ax, color) for color in PALETTE[:-1]] == list(PALETTE[:-1])
    assert seen_on(ax, PALETTE[-1]) == ("white" if dark else PALETTE[-1])
    plt.close("all")


def test_black_is_seen_on_a_part_of_a_dark_figure():
    """It shows the figure behind it, through axes without a colour of their own too."""
    with mpl.rc_context({"backend": "Agg"}):
        part = plt.figure(facecolor="black").subfigures(1, 2)[0]
    assert seen_on(part.subplots(subplot_kw={"facecolor": "none"}), "black") == "white"
    plt.close("all")


def test_what_is_not_one_axes_is_refused():
    """What plt.subplots gives is a figure and an array, of which the error says to pass one."""
    for ax, what in zip(plt.subplots(1, 2), ("Figure", "ndarray"), strict=True):
        with pytest.raises(
            TypeError, match=rf"ax must be one matplotlib Axes .* got {what}.*axes\[0\]"
        ):
            get_axes(ax, (1, 1), "A display")
    plt.close("all")


@pytest.mark.parametrize("display", [MotifDisplay, PerturbationCurveDisplay, SaliencyDisplay])
def test_axes_are_refused_before_anything_is_computed(display):
    """Curves and motifs can take minutes, and were lost then."""
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes"):
        display.from_estimator("no estimator", ["ACGT"], ["a"], ax=plt.subplots(1, 2)[1])
    plt.close("all")


@pytest.mark.parametrize(("n_axes", "n_layouts"), [(1, 1), (9, 0)])
def test_a_figure_of_many_axes_is_not_laid_out_for_each(monkeypatch, n_axes, n_layouts):
    """It looks at all of them: twenty pictures in one figure took twenty seconds."""
    figure, axes = plt.subplots(n_axes, layout="constrained", squeeze=False)
    asked = []
    monkeypatch.setattr(figure.get_layout_engine(), "execute", asked.append)
    lay_out(axes[0, 0])
    assert asked == [figure] * n_layouts


def test_texts_of_several_lines_are_as_wide_as_the_widest():
    """Names of classes may hold line breaks, for which fonts have no sign."""
    assert text_width("a\nbbb", "small") == text_width("bbb", "small")
    assert shortened("bbb\na", 1.0) == "bbb\na"

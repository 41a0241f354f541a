"""SaliencyDisplay: what is drawn, where, in which colours; no text covers another."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.font_manager import FontProperties
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_attngen.inspection import SaliencyDisplay, saliency
from sklearn_attngen.inspection._drawing.letters import letter_colors
from sklearn_attngen.inspection._drawing.position_ticks import check_positions
from sklearn_attngen.preprocessing import SequenceOneHotEncoder
from sklearn_attngen.sequences import get_alphabet

pytestmark = pytest.mark.usefixtures("figures")


def texts_overlap(display):
    """Whether any two texts of the axes, ticks included, cover each other."""
    display.figure_.canvas.draw()
    ax = display.ax_
    drawn = [*ax.texts, *ax.get_xticklabels(), ax.xaxis.label, ax.yaxis.label]
    if display.kind == "heatmap":
        drawn += [*ax.get_yticklabels(), display.colorbar_.ax.yaxis.label]
    if ax.get_legend() is not None:
        drawn += ax.get_legend().get_texts()
    boxes = [text.get_window_extent() for text in drawn if text.get_text()]
    return any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_profile_is_the_mean_of_each_class(known, X, y):
    display = SaliencyDisplay.from_estimator(known, X, y, method="occlusion")
    values = saliency(known, X, method="occlusion")
    assert len(display.lines_) == len(display.bands_) == 2
    for line, label in zip(display.lines_, ["no", "yes"], strict=True):
        np.testing.assert_allclose(line.get_ydata(), values[y == label].mean(axis=0))
        assert line.get_label() == f"{label} (n={(y == label).sum()})"
    assert display.ax_.get_legend().get_title().get_text() == "True class"
    assert display.ax_.get_xlabel() == "Position (0-based)"
    assert display.ax_.get_ylabel() == "Mean share of saliency\n± 1 standard deviation"
    assert not texts_overlap(display)


def test_classes_differ_in_more_than_their_colour():
    """In grey print and to colour-blind readers, in the axes and in the legend."""
    labels = np.arange(28) % 14
    display = SaliencyDisplay.from_saliency(np.ones((28, 9)), y=labels)
    styles = [line.get_linestyle() for line in display.lines_]
    assert len(set(styles[:4])) == 4
    looks = {(line.get_linestyle(), line.get_color()) for line in display.lines_}
    assert len(looks) == 14
    legend = display.ax_.get_legend().get_lines()[: len(styles)]
    assert [line.get_linestyle() for line in legend] == styles


def test_profile_without_labels_takes_the_predicted_class(known, X):
    display = SaliencyDisplay.from_estimator(known, X)
    assert display.ax_.get_legend().get_title().get_text() == "Predicted class"
    np.testing.assert_array_equal(display.groups, known.predict(X))


def test_profile_of_evidence(known, X, y):
    display = SaliencyDisplay.from_estimator(
        known, X, y, method="occlusion", signed=True, target="yes"
    )
    assert display.ax_.get_ylabel() == "Mean evidence for the target\n± 1 standard deviation"
    assert display.lines_[0].get_ydata().min() < 0 < display.lines_[1].get_ydata().max()


def test_profile_into_given_axes_with_given_colors():
    _, axes = plt.subplots(1, 2)
    values = np.random.default_rng(0).random((6, 9))
    display = SaliencyDisplay.from_saliency(
        values, y=list("ababab"), ax=axes[1], class_colors={"a": "red", "b": "blue"}, band=False
    )
    assert display.ax_ is axes[1]
    assert display.figure_ is axes[1].figure
    assert [to_hex(line.get_color()) for line in display.lines_] == ["#ff0000", "#0000ff"]
    assert display.bands_ == []
    assert display.ax_.get_ylabel() == "Mean share of saliency"
    assert not axes[0].lines


def test_letters_are_as_high_as_their_saliency():
    values = np.array([[0.5, 0.25, 0.25, 0.0]])
    display = SaliencyDisplay.from_saliency(values, ["ACAG"], kind="sequences")
    by_color = {to_hex(patch.get_facecolor()): patch for patch in display.letters_}
    a, c = (by_color[letter_colors(get_alphabet("DNA"), "classic")[x].lower()] for x in "AC")
    box = a.get_path().get_extents()
    assert box.height == pytest.approx(1.0)
    assert (box.x0, box.x1) == pytest.approx((-0.46, 2.46))
    assert c.get_path().get_extents().height == pytest.approx(0.5)
    assert letter_colors(get_alphabet("DNA"), "classic")["G"].lower() not in by_color
    assert "0.5" in display.ax_.get_ylabel()


def test_evidence_against_hangs_below_the_line():
    display = SaliencyDisplay.from_saliency([[0.5, -0.25]], ["AC"], kind="sequences", signed=True)
    (a, c) = (patch.get_path().get_extents() for patch in display.letters_[:2])
    assert c.y1 == pytest.approx(a.y0)
    assert c.height == pytest.approx(a.height / 2)


@pytest.mark.parametrize(
    "positions", [None, 101, np.r_[-15:0, 1:16], 43_044_295, 43_044_295.5 + np.arange(30) / 4]
)
@pytest.mark.parametrize("size", [(6, 2.5), (12, 5)])
@pytest.mark.parametrize("kind", ["profile", "sequences", "heatmap"])
def test_no_text_covers_another(kind, size, positions, known, X, y):
    _, ax = plt.subplots(figsize=size, layout="constrained")
    display = SaliencyDisplay.from_estimator(
        known, X[:2], y[:2], kind=kind, method="occlusion", positions=positions, ax=ax
    )
    assert not texts_overlap(display)
    if positions is not None:
        assert display.ax_.get_xlabel() == "Position"
    drawn = display.ax_.texts if kind == "sequences" else display.ax_.get_xticklabels()
    assert not any("e+" in text.get_text() for text in drawn)


def test_a_heat_map_shows_every_sequence_class_by_class(known, X, y):
    display = SaliencyDisplay.from_estimator(known, X, y, kind="heatmap", method="occlusion")
    values = saliency(known, X, method="occlusion")
    expected = np.vstack([values[y == "no"], values[y == "yes"]])
    np.testing.assert_allclose(display.image_.get_array(), expected)
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == [f"{name}\n(n={(y == name).sum()})" for name in ("no", "yes")]
    assert display.ax_.get_ylabel() == "True class"
    assert display.ax_.get_xlabel() == "Position (0-based)"
    assert display.colorbar_.ax.get_ylabel() == "Share of saliency"
    assert display.image_.get_clim()[0] == 0


def test_rows_of_a_heat_map_are_whole_numbers_and_styles_draw_no_lines_over_it():
    with plt.style.context("ggplot"):
        display = SaliencyDisplay.from_saliency([[0.2, 0.8]], kind="heatmap")
    display.figure_.canvas.draw()
    low, high = sorted(display.ax_.get_ylim())
    assert [tick for tick in display.ax_.get_yticks() if low <= tick <= high] == [0]
    grid = [*display.ax_.get_xgridlines(), *display.ax_.get_ygridlines()]
    assert not any(line.get_visible() for line in grid)


def test_a_heat_map_of_evidence_is_even_about_zero():
    values = np.array([[0.5, -0.25, 0.0], [0.1, 0.0, 0.0]])
    display = SaliencyDisplay.from_saliency(values, kind="heatmap", signed=True)
    low, high = display.image_.get_clim()
    assert low == -high
    assert display.colorbar_.ax.get_ylabel() == "Evidence for the target"
    assert display.ax_.get_ylabel() == "Sequence"


def test_a_heat_map_may_be_sorted_by_the_peak_within_each_class():
    values = np.eye(6)[[3, 1, 5, 0, 2, 4]]
    display = SaliencyDisplay.from_saliency(values, y=list("abaabb"), kind="heatmap", sort="peak")
    assert display.image_.get_array().argmax(axis=1).tolist() == [0, 3, 5, 1, 2, 4]
    with pytest.raises(ValueError, match="sort must be 'peak' or None"):
        display.plot(sort="name")
    for kind in ("profile", "sequences"):
        with pytest.raises(ValueError, match=rf"sort='peak' orders .* and kind='{kind}' has none"):
            SaliencyDisplay.from_saliency(np.eye(4), ["ACGT"] * 4, kind=kind, sort="peak")


def test_a_few_large_values_do_not_darken_all_others():
    values = np.full((200, 50), 0.01)
    values[0, 0] = 0.9
    display = SaliencyDisplay.from_saliency(values, kind="heatmap")
    assert display.image_.get_clim() == (0, 0.01)
    assert display.colorbar_.extend == "max"


@pytest.mark.parametrize("size", [(4, 3), (7.5, 4.4), (12, 8)])
def test_names_of_small_classes_are_moved_apart(size):
    _, ax = plt.subplots(figsize=size, layout="constrained")
    y = np.repeat(["common", "rare", "rarest"], [400, 5, 2])
    values = np.random.default_rng(0).random((407, 200))
    display = SaliencyDisplay.from_saliency(values, y=y, kind="heatmap", ax=ax)
    assert not texts_overlap(display)


LONG = ["acceptor_site_of_a_constitutive_exon_of_the_genome_v38", "<b>$x$</b>_" * 12, "Größe " * 20]


def test_long_names_of_classes_leave_the_image_most_of_the_width():
    """They are cut in their middle; what is short stays."""
    y = np.repeat(["short", *LONG], 10)
    display = SaliencyDisplay.from_saliency(np.full((40, 40), 1 / 40), y=y, kind="heatmap")
    assert not texts_overlap(display)
    assert display.ax_.get_window_extent().width > 0.5 * display.figure_.bbox.width
    names = [label.get_text().split("\n") for label in display.ax_.get_yticklabels()]
    assert ["short", "(n=10)"] in names
    assert sum("…" in name for name, _ in names) == 3


def test_long_names_of_classes_end_within_the_figure_of_a_profile():
    """The legend is as wide as the figure at most; its lines keep the whole names."""
    values = np.full((3, 40), 1 / 40)
    display = SaliencyDisplay.from_saliency(values, y=np.array(LONG))
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend()
    assert legend.get_window_extent().x1 <= display.figure_.bbox.x1
    texts = [text.get_text() for text in legend.get_texts()]
    assert all(text.endswith(" (n=1)") for text in texts[:-1])
    assert sum("…" in text for text in texts) == 2
    assert f"{LONG[0]} (n=1)" in texts
    assert all("…" not in line.get_label() for line in display.lines_)


@pytest.mark.parametrize("size", [(2, 1.5), (3, 2)])
@pytest.mark.parametrize("kind", ["profile", "sequences", "heatmap"])
def test_no_text_covers_another_in_small_axes(kind, size):
    _, ax = plt.subplots(figsize=size, layout="constrained")
    y = np.repeat(["donor", "acceptor", "other"], 20 if kind != "sequences" else 1)
    values = np.random.default_rng(0).dirichlet(np.ones(40), len(y))
    X = ["ACGT" * 10] * 3 if kind == "sequences" else None
    display = SaliencyDisplay.from_saliency(values, X, y, kind=kind, ax=ax)
    assert not texts_overlap(display)


@pytest.mark.parametrize("signed", [False, True])
def test_a_single_position_is_drawn(signed):
    """A line needs two points, and a band two edges."""
    display = SaliencyDisplay.from_saliency([[0.5], [1.0]], y=[0, 1], signed=signed)
    assert [line.get_marker() for line in display.lines_] == ["o", "o"]
    boxes = [band.get_paths()[0].get_extents() for band in display.bands_]
    assert all(box.width == pytest.approx(0.4) for box in boxes)
    assert SaliencyDisplay.from_saliency(np.ones((2, 3))).lines_[0].get_marker() == "None"


@pytest.mark.parametrize("n_classes", [2, 12, 15, 30])
@pytest.mark.parametrize("size", [None, (4, 3)])
def test_names_of_many_classes_stand_beside_their_rows(n_classes, size):
    """Names outside of the image would stretch its axis, and stand beside other rows."""
    ax = None if size is None else plt.subplots(figsize=size, layout="constrained")[1]
    y = np.repeat([f"class {i:02d}" for i in range(n_classes)], 4)
    values = np.random.default_rng(0).random((len(y), 60))
    display = SaliencyDisplay.from_saliency(values, y=y, kind="heatmap", ax=ax)
    assert display.ax_.get_ylim() == (len(y) - 0.5, -0.5)
    np.testing.assert_allclose(display.ax_.get_yticks(), 4 * np.arange(n_classes) + 1.5)
    assert not texts_overlap(display)
    if size is None:
        usual = FontProperties(size="small").get_size_in_points()
        assert {text.get_fontsize() for text in display.ax_.get_yticklabels()} == {usual}


def test_lines_between_small_classes_are_thin_and_names_are_led_to_them():
    """Lines as thick as the rows would hide them, and names that are moved apart need leading."""
    y = np.repeat([f"class {i:02d}" for i in range(30)], [300] + [1] * 14 + [200] + [2] * 14)
    values = np.random.default_rng(0).random((len(y), 60))
    display = SaliencyDisplay.from_saliency(values, y=y, kind="heatmap")
    assert not texts_overlap(display)
    ax = display.ax_
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 59.5), (len(y) - 0.5, -0.5))
    row = 72 * ax.get_window_extent().height / display.figure_.dpi / len(y)
    parting, leaders = ax.lines[:58], ax.lines[58:]
    assert min(line.get_linewidth() for line in parting) < row / 2
    ends = np.array([line.get_ydata() for line in leaders])
    np.testing.assert_allclose(ends[:, 1], ax.get_yticks())
    np.testing.assert_allclose(
        ends[:, 0], [np.flatnonzero(y == name).mean() for name in np.unique(y)]
    )


def test_long_sequences_are_wrapped_and_numbered(known, X):
    display = SaliencyDisplay.from_estimator(
        known, X[:2], kind="sequences", positions=1, letters_per_line=12
    )
    texts = [text.get_text() for text in display.ax_.texts]
    assert display.ax_.get_xlim() == (-0.5, 11.5)
    assert {"10", "20", "30"} <= set(texts)
    assert any(text.startswith("Sequence 1: predicted ") for text in texts)
    assert not texts_overlap(display)


@pytest.mark.parametrize("positions", [1000, 43_044_295.25])
@pytest.mark.parametrize("length", [9, 60])
def test_numbers_under_the_first_letter_leave_the_axis_its_name(length, positions):
    """A long number reaches beyond the letters to the left, where the name of the axis stands."""
    display = SaliencyDisplay.from_saliency(
        np.ones((1, length)), ["A" * length], kind="sequences", positions=positions
    )
    assert f"{positions}" in [text.get_text() for text in display.ax_.texts]
    assert not texts_overlap(display)


def test_labels_say_what_is_true_and_what_is_predicted(known, X, y):
    display = SaliencyDisplay.from_estimator(known, X[:1], y[:1], kind="sequences")
    assert display.ax_.texts[0].get_text() == f"Sequence 0: true {y[0]}, predicted {y[0]}"


@pytest.mark.parametrize("length", [12, 60, 100])
@pytest.mark.parametrize("size", [None, (6, 2.5)])
def test_long_labels_are_wrapped_and_take_no_room_from_the_letters(size, length):
    """Cut-off labels cannot be read, and a layout that makes room for them has none for letters."""
    ax = None if size is None else plt.subplots(figsize=size, layout="constrained")[1]
    name = "splice donor site of a constitutive exon (canonical GT)"
    labels = [f"Sequence 0: true {name}, predicted {name}", "WIDE" * 30]
    display = SaliencyDisplay.from_saliency(
        np.ones((2, length)),
        ["A" * length] * 2,
        kind="sequences",
        labels=labels,
        letters_per_line=length,
        ax=ax,
    )
    assert not texts_overlap(display)
    figure, ax = display.figure_, display.ax_
    assert ax.get_window_extent().width > 0.8 * figure.bbox.width
    titles = [text for text in ax.texts if text.get_text()[:4] in ("Sequ", "WIDE")]
    assert titles[0].get_text().split() == labels[0].split()
    for title in titles:
        box = title.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    assert display.labels == labels


def test_endless_labels_end_after_four_lines():
    """Labels of any length, such as the headers of FASTA files, leave room for the letters."""
    display = SaliencyDisplay.from_saliency(
        np.ones((1, 9)), ["A" * 9], kind="sequences", labels=["word " * 400]
    )
    title = display.ax_.texts[0].get_text()
    assert title.count("\n") == 3
    assert title.endswith(" …")


@pytest.mark.parametrize(
    "container", [list, tuple, np.array, lambda texts: pd.Series(texts, index=[7, 5])]
)
@pytest.mark.parametrize("texts", [["chr1", "chr2"], [11, 12]])
def test_labels_may_be_a_list_or_a_column(container, texts, known, X):
    named = SaliencyDisplay.from_estimator(
        known, X[:2], kind="sequences", labels=container(texts), positions=1
    )
    drawn = [text.get_text() for text in named.ax_.texts]
    assert [text for text in drawn if text in map(str, texts)] == list(map(str, texts))


def test_one_profile_of_all_needs_no_class_colors():
    display = SaliencyDisplay.from_saliency(np.ones((2, 9)), class_colors={"a": "red"})
    assert display.lines_[0].get_label() == "All sequences (n=2)"


def test_padded_sequences_are_drawn_as_the_estimator_reads_them(X, y):
    model = make_pipeline(SequenceOneHotEncoder(pad="right"), LogisticRegression()).fit(X, y)
    display = SaliencyDisplay.from_estimator(model, [X[0], X[1][:20]], kind="sequences")
    assert (display.codes[1, 20:] == 255).all()


def test_a_display_can_be_drawn_again(known, X, y):
    display = SaliencyDisplay.from_estimator(known, X, y)
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first


@pytest.mark.parametrize("palette", ["classic", "colorblind"])
@pytest.mark.parametrize("name", ["DNA", "RNA", "protein", "XYZ"])
def test_every_letter_has_a_color(palette, name):
    alphabet = get_alphabet(name)
    colors = letter_colors(alphabet, palette)
    assert list(colors) == list(alphabet.letters)
    if alphabet.n_letters == 4:
        assert len(set(colors.values())) == 4


@pytest.mark.parametrize("kind", ["profile", "sequences", "heatmap"])
def test_evidence_is_not_drawn_as_shares(kind):
    """Shares begin at 0: what speaks against the class would be cut off, and nobody told."""
    values = np.array([[0.5, 0.5, 0.0], [0.5, -0.25, 0.1]])
    with pytest.raises(ValueError, match=r"-0\.25 in row 1 at position 1 .*Pass signed=True"):
        SaliencyDisplay.from_saliency(values, ["ACG"] * 2, kind=kind)
    SaliencyDisplay.from_saliency(values, ["ACG"] * 2, kind=kind, signed=True)


def test_wrong_arguments(known, X):
    values = np.ones((2, 30))
    with pytest.raises(ValueError, match="kind must be one of"):
        SaliencyDisplay.from_estimator(known, X, kind="bars")
    with pytest.raises(ValueError, match=r"300 are too many to be read: pass at most 20"):
        SaliencyDisplay.from_estimator(known, X, kind="sequences")
    with pytest.raises(ValueError, match=r"needs X. Pass the sequences"):
        SaliencyDisplay.from_saliency(values, kind="sequences")
    with pytest.raises(ValueError, match=r"2 sequences of length 20"):
        SaliencyDisplay.from_saliency(values, ["A" * 20] * 2, kind="sequences")
    with pytest.raises(ValueError, match="one row for each sequence"):
        SaliencyDisplay.from_saliency(values[0])
    with pytest.raises(ValueError, match=r"\(2, 4, 30\).*summed over the axis of the letters"):
        SaliencyDisplay.from_saliency(np.ones((2, 4, 30)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SaliencyDisplay.from_saliency(values, y=[1, 2, 3])
    with pytest.raises(ValueError, match=r"labels holds 1 texts for 2 sequences.*Give each"):
        SaliencyDisplay.from_saliency(values, labels=["a"])
    with pytest.raises(ValueError, match="labels must be a list of texts, got one text, 'ab'"):
        SaliencyDisplay.from_saliency(values, labels="ab")
    for wrong in (0, -5, 12.5, "60"):
        with pytest.raises(ValueError, match="letters_per_line must be a whole number, at least 1"):
            SaliencyDisplay.from_saliency(values, X[:2], kind="sequences", letters_per_line=wrong)
    with pytest.raises(ValueError, match="class_colors has no colour for the class b"):
        SaliencyDisplay.from_saliency(values, y=["a", "b"], class_colors={"a": "red"})
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"saliency is {wrong} in row 1 at position 4"):
            SaliencyDisplay.from_saliency(np.vstack([values[0], np.r_[0, 0, 0, 0, [wrong] * 26]]))
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="letter_colors"):
        SaliencyDisplay.from_saliency(values, X[:2], kind="sequences", letter_colors="neon")
    with pytest.raises(ValueError, match="no colour for C, G, T"):
        SaliencyDisplay.from_saliency(values, X[:2], kind="sequences", letter_colors={"A": "red"})
    with pytest.raises(ValueError, match=r"positions has shape \(2,\)"):
        check_positions([1, 2], 30)
    with pytest.raises(ValueError, match="must be numbers"):
        check_positions(["a"] * 30, 30)


@pytest.mark.parametrize("kind", ["profile", "heatmap", "sequences"])
def test_names_are_no_formulas(kind, X, tmp_path):
    """Two dollars would begin and end a formula, and many are none."""
    names = np.array(["$^$", "a_$"])[np.arange(len(X)) % 2]
    model = make_pipeline(SequenceOneHotEncoder(), LogisticRegression()).fit(X, names)
    display = SaliencyDisplay.from_estimator(model, X[:4], names[:4], kind=kind)
    display.figure_.savefig(tmp_path / "x.png")
    ax = display.ax_
    texts = {
        "profile": lambda: ax.get_legend().get_texts(),
        "heatmap": ax.get_yticklabels,
        "sequences": lambda: ax.texts,
    }[kind]()
    assert any(r"\$^\$" in text.get_text() for text in texts)


def test_rounding_below_zero_is_zero():
    """A mean of shares may miss 0 by a bit; that is no evidence with a sign."""
    values = np.full((3, 8), 0.125)
    values[1, 2] = -1e-18
    assert SaliencyDisplay.from_saliency(values).saliency.min() == 0
    values[1, 2] = -1e-3
    with pytest.raises(ValueError, match=r"in row 1 at position 2 .*signed=True"):
        SaliencyDisplay.from_saliency(values)


@pytest.mark.parametrize("kind", ["profile", "sequences"])
def test_what_is_black_is_seen_on_dark_axes(kind):
    """The last colour of the palette, and letters of hydrophobic amino acids."""
    values = np.random.default_rng(0).random((7, 9))
    with plt.style.context("dark_background"):
        display = SaliencyDisplay.from_saliency(
            values, ["AVLIPWFMD"] * 7, list("abcdefg"), kind=kind, alphabet="protein"
        )
    drawn = display.lines_ if kind == "profile" else display.letters_
    colors = [part.get_color() if kind == "profile" else part.get_facecolor() for part in drawn]
    assert min(max(to_rgb(color)) for color in colors) > 0.3


def test_names_of_many_classes_leave_room_for_the_profile():
    y = np.array([f"binding sites of transcription factor {i}" for i in range(30)])
    display = SaliencyDisplay.from_saliency(np.full((30, 50), 0.02), y=y)
    display.figure_.canvas.draw()  # a layout without room for the axes would warn
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.y1 <= display.figure_.bbox.y1
    assert display.ax_.get_window_extent().height / display.figure_.dpi > 1.5


@pytest.mark.parametrize("size", [10, 15, 20])
@pytest.mark.parametrize("n", [1, 3])
def test_large_texts_beside_letters_stay_in_the_figure(n, size):
    values = np.full((n, 60), 1 / 60)
    with mpl.rc_context({"font.size": size}):
        display = SaliencyDisplay.from_saliency(values, ["ACGT" * 15] * n, kind="sequences")
        assert not texts_overlap(display)
    label = display.ax_.yaxis.label.get_window_extent()
    assert label.y0 >= -1
    assert label.y1 <= display.figure_.bbox.y1 + 1


def test_large_texts_beside_a_profile_stay_in_the_figure(known, X, y):
    with mpl.rc_context({"font.size": 22}):
        display = SaliencyDisplay.from_estimator(known, X, y)
        assert not texts_overlap(display)
    label = display.ax_.yaxis.label.get_window_extent()
    assert label.y0 >= -1
    assert label.y1 <= display.figure_.bbox.y1 + 1

"""MotifDisplay: letters are as high as they should be, and no text covers another."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sklearn_attngen.classifiers import make_kmer_classifier
from sklearn_attngen.datasets import make_motif_sequences
from sklearn_attngen.inspection import Motif, MotifDisplay, motif_report
from sklearn_attngen.inspection._drawing.motif_display import _title

pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture(scope="module")
def data():
    return make_motif_sequences(160, length=40, motifs=["GATTACA", "CCGTGAA"], random_state=0)


@pytest.fixture(scope="module")
def model(data):
    return make_kmer_classifier(k=5, canonical=False).fit(data.data, data.target)


@pytest.fixture(scope="module")
def report(model, data):
    rng = np.random.default_rng(0)
    database = [
        Motif(f"MA{i:04}.1_MA{i:04}.1.GENE{i}", rng.dirichlet([0.3] * 4, 8)) for i in range(30)
    ]
    return motif_report(model, data.data, data.target, width=7, database=database)


def texts_overlap(display):
    """Whether any two texts of the axes, ticks included, cover each other or leave the figure."""
    display.figure_.canvas.draw()
    ax = display.ax_
    drawn = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label]
    boxes = [text.get_window_extent() for text in [*drawn, ax.yaxis.label] if text.get_text()]
    whole = display.figure_.bbox.padded(1)
    outside = any(not whole.contains(*corner) for box in boxes for corner in (box.p0, box.p1))
    return outside or any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def heights(patches):
    """Height of each letter's patch by colour."""
    return {to_hex(p.get_facecolor()): p.get_path().get_extents().height for p in patches}


def test_letters_share_the_information():
    motif = Motif("m", [[0.75, 0.25, 0, 0]])
    display = MotifDisplay.from_motifs(motif)
    found = heights(display.letters_[0])
    assert found["#109648"] == pytest.approx(0.75 * motif.information_content / 2)
    assert found["#255c99"] == pytest.approx(0.25 * motif.information_content / 2)
    assert len(found) == 2
    a, c = (
        next(p for p in display.letters_[0] if to_hex(p.get_facecolor()) == color)
        for color in ("#109648", "#255c99")
    )
    # the higher letter stands on the lower one
    assert a.get_path().get_extents().y0 == pytest.approx(c.get_path().get_extents().y1)
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()] == ["0", "2"]


def test_contributions_are_drawn_on_one_scale():
    motifs = [
        Motif(name, [[1, 0, 0, 0]], contributions=[x]) for name, x in (("a", 0.4), ("b", 0.1))
    ]
    display = MotifDisplay.from_motifs(motifs, kind="contribution", letter_colors="colorblind")
    (a,), (b,) = (heights(letters).values() for letters in display.letters_)
    assert (a, b) == (pytest.approx(1), pytest.approx(0.25))
    assert display.ax_.get_ylabel() == "Mean saliency"
    assert not texts_overlap(display)


@pytest.mark.parametrize("kind", ["contribution", "information"])
def test_no_position_is_higher_than_its_lane(kind):
    """The upper tick is the highest position, not the highest letter."""
    rare = {"alphabet": "protein", "background": [0.01] * 4 + [0.06] * 16}
    motifs = {
        "contribution": [
            Motif(name, [[0.5, 0, 0, 0.5]] * 6, contributions=[0.1] * 5 + [-0.3]) for name in "ab"
        ],
        "information": [Motif(name, [[0.25] * 4 + [0] * 16] * 6, **rare) for name in "ab"],
    }[kind]
    display = MotifDisplay.from_motifs(motifs, kind=kind)
    upper = display.ax_.get_yticks()[1::2]
    tops = [max(p.get_path().get_extents().y1 for p in drawn) for drawn in display.letters_]
    np.testing.assert_allclose(tops, upper)
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == ["0", {"contribution": "0.1", "information": "4.6"}[kind]] * 2


def test_from_report_says_what_is_in_it(report):
    display = MotifDisplay.from_report(report)
    assert len(display.letters_) == len(report)
    text = display.titles[0]
    row = report.iloc[0]
    assert text.startswith(f"0_0: {row['n_seqlets']} sites, like {row['match_1']} (q = ")
    assert f"effect {row['effect']:.2f}, control {row['effect_control']:.2f}" in text
    assert not texts_overlap(display)


def test_max_per_class(report):
    twice = pd.concat([report, report[report["class"] == 0]], ignore_index=True)
    assert len(MotifDisplay.from_report(twice).motifs) == len(report) + (report["class"] == 0).sum()
    display = MotifDisplay.from_report(twice, max_per_class=1)
    assert [motif.name for motif in display.motifs] == ["0_0", "1_0"]


def test_rows_may_be_numbered_alike(report):
    """As in reports of several classifiers put together, of which each motif is drawn once."""
    renamed = report.assign(name=[f"other_{name}" for name in report["name"]])
    display = MotifDisplay.from_report(pd.concat([report, renamed]), max_per_class=1)
    assert [title.split(":")[0] for title in display.titles] == ["0_0", "1_0"]


def test_from_estimator(model, data):
    display = MotifDisplay.from_estimator(
        model, data.data, data.target, width=7, kind="contribution", max_per_class=1
    )
    assert [motif.consensus for motif in display.motifs] == data.motifs
    assert "like" not in display.titles[0]


@pytest.mark.parametrize("n", [1, 2, 6, 20])
@pytest.mark.parametrize("width", [1, 8, 30])
def test_no_text_covers_another(n, width):
    rng = np.random.default_rng(0)
    motifs = [Motif(f"m{i}", rng.dirichlet([0.3] * 4, width), n_sites=100) for i in range(n)]
    display = MotifDisplay.from_motifs(motifs)
    assert not texts_overlap(display)
    assert display.ax_.texts[0].get_text() == "m0 (100 sites)"


@pytest.mark.parametrize("rows", [slice(0, 1), slice(None)])
def test_large_fonts_find_room(rows, report):
    """Those of slides: titles of a fixed height were cut at the top, and lay on other logos."""
    with mpl.rc_context({"font.size": 20}):
        display = MotifDisplay.from_report(report[rows])
        assert not texts_overlap(display)
    titles = [text.get_window_extent() for text in display.ax_.texts]
    logos = [np.vstack([p.get_window_extent() for p in logo]) for logo in display.letters_]
    for title, logo, before in zip(titles, logos, [None, *logos], strict=False):
        assert title.y0 >= logo[1::2, 1].max() - 3
        assert before is None or title.y1 <= before[::2, 1].min()


def test_into_given_axes(report):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    display = MotifDisplay.from_report(report[:2], ax=axes[1])
    assert (display.ax_, display.figure_) == (axes[1], figure)
    assert not axes[0].patches
    assert not texts_overlap(display)


def test_proteins():
    rng = np.random.default_rng(0)
    display = MotifDisplay.from_motifs(Motif("p", rng.dirichlet([0.1] * 20, 6), "protein"))
    assert display.ax_.get_yticklabels()[1].get_text() == "4.3"


def test_what_cannot_be_drawn(report):
    motif = Motif("m", [[1, 0, 0, 0]])
    with pytest.raises(ValueError, match="no motifs to draw"):
        MotifDisplay.from_report(report[:0])
    with pytest.raises(ValueError, match="too many for one picture"):
        MotifDisplay.from_motifs([motif] * 21)
    with pytest.raises(ValueError, match="one alphabet"):
        MotifDisplay.from_motifs([motif, Motif("r", [[1, 0, 0, 0]], "RNA")])
    with pytest.raises(ValueError, match="needs saliency"):
        MotifDisplay.from_motifs(motif, kind="contribution")
    with pytest.raises(ValueError, match="kind must be one of"):
        MotifDisplay.from_motifs(motif, kind="bits")
    with pytest.raises(ValueError, match=r"2 texts for 1 motifs\. Give each one"):
        MotifDisplay.from_motifs(motif, titles=["a", "b"])
    with pytest.raises(TypeError, match="DataFrame that motif_report"):
        MotifDisplay.from_report([motif])


LONG_NAMES = [
    ("bound_in_HepG2_and_K562_replicate1_0", "MA1631.1_MA1631.1.ASCL1(var.2)"),
    ("bound_in_HepG2_and_K562_replicate1_" * 3, "MA1631.1_MA1631.1.ASCL1(var.2)" * 3),
    ("bound in HepG2 " * 40, "MA$1631$.1_" * 40),
]


@pytest.mark.parametrize("size", [None, (6, 4), (12, 5)])
@pytest.mark.parametrize(("name", "match"), LONG_NAMES)
def test_long_titles_are_wrapped_and_keep_the_q_value(name, match, size, report):
    """A title that is cut at the edge hides how good the match is; one in the layout, the logos."""
    axes = None if size is None else plt.subplots(1, 2, figsize=size, layout="constrained")[1]
    renamed = report.assign(name=name, match_1=match, q_value_1=3e-8)
    display = MotifDisplay.from_report(renamed, ax=None if axes is None else axes[1])
    assert not texts_overlap(display)
    whole = [title.replace(r"\$", "$").split() for title in display.titles]
    for text, expected in zip(display.ax_.texts, whole, strict=True):
        found = text.get_text().replace(r"\$", "$")
        assert "".join(found.split()) == "".join(expected) or "… (q = 3e-08)\n" in found
        assert "…" not in found or len(name) > 40
        assert "effect" in found.split("\n")[-1]
    box, figure = display.ax_.get_window_extent(), display.figure_
    assert box.width > (0.8 if size is None else 0.35) * figure.bbox.width
    low, high = display.ax_.get_ylim()
    assert box.height / (high - low) > 0.25 * figure.dpi  # a quarter of an inch for a logo


def test_long_names_keep_the_number_of_sites(report):
    """Without a report too; formulas in titles of one's own are not parted."""
    motif = Motif("long_name_" * 40, [[1, 0, 0, 0]] * 6, n_sites=20)
    formula = r"$\alpha + " + r"\beta + " * 20 + "1$"
    assert MotifDisplay([motif]).plot().ax_.texts[0].get_text().endswith("… (20 sites)")
    display = MotifDisplay([motif], titles=[formula]).plot()
    assert display.ax_.texts[0].get_text() == formula
    assert display.ax_.get_window_extent().width > 0.7 * display.figure_.bbox.width


def test_no_minus_before_a_zero(report):
    changed = report.assign(effect_control=-0.001)
    texts = [text.get_text() for text in MotifDisplay.from_report(changed).ax_.texts]
    assert all("control 0.00" in text for text in texts)


def test_names_are_no_formulas(tmp_path):
    """As in SaliencyDisplay; titles of one's own may be."""
    motifs = [Motif("$^$", [[1, 0, 0, 0]] * 5), Motif("b", [[0, 1, 0, 0]] * 5)]
    MotifDisplay(motifs).plot().figure_.savefig(tmp_path / "x.png")
    row = {"name": "$^$", "n_seqlets": 5, "match_1": "a$", "q_value_1": 0.1, "effect": 0.1,
           "effect_control": 0.0}  # fmt: skip
    assert _title(pd.Series(row)).startswith(r"\$^\$: 5 sites, like a\$ (q")
    MotifDisplay(motifs, titles=[r"$\alpha$", "b"]).plot().figure_.savefig(tmp_path / "y.png")

"""Letters as shapes: which colours they have, and what they look like."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_attngen.inspection._drawing.letters import draw_letters, letter_colors
from sklearn_attngen.inspection._drawing.plot_style import NEUTRAL
from sklearn_attngen.sequences import get_alphabet

pytestmark = pytest.mark.usefixtures("figures")


def boxes(letters, heights):
    """Return the extents of letters of these heights, each beginning at 0."""
    _, ax = plt.subplots()
    drawn = draw_letters(
        ax,
        np.arange(len(letters), dtype=np.uint8),
        0.0,
        np.asarray(heights, dtype=float),
        alphabet=get_alphabet(letters),
        colors={},
    )
    return [patch.get_path().get_extents() for patch in drawn]


@pytest.mark.parametrize("palette", ["classic", "colorblind"])
@pytest.mark.parametrize(
    ("name", "with_signs"),
    [("DNA", "-ACGT"), ("RNA", "ACGU.-"), ("protein", "ACDEFGHIKLMNPQRSTVWY*")],
)
def test_signs_leave_letters_their_colors(palette, name, with_signs):
    """A is green with gaps too, and what is no letter is grey."""
    alphabet = get_alphabet(name)
    known = letter_colors(alphabet, palette)
    found = letter_colors(get_alphabet(with_signs), palette)
    assert {letter: found[letter] for letter in alphabet.letters} == known
    assert {found[sign] for sign in set(with_signs) - set(alphabet.letters)} == {NEUTRAL}


@pytest.mark.parametrize("letters", ["(.)", "HEC-", "01"])
def test_letters_of_other_alphabets_differ(letters):
    """Signs that are all there is, or stand beside letters without colours, are told apart."""
    assert len(set(letter_colors(get_alphabet(letters), "classic").values())) == len(letters)


def test_low_signs_are_low():
    """A gap as high as a letter would be read as I."""
    letter, gap, star, line = boxes("A-*_", [1, 1, 1, 1])
    assert (letter.y0, letter.y1) == pytest.approx((0, 1))
    assert gap.height < 0.25
    assert gap.width == pytest.approx(letter.width)
    assert 0.25 < gap.y0 < gap.y1 < 0.55
    assert 0.5 < star.height < 0.7
    assert star.y1 == pytest.approx(1)
    assert line.y0 == pytest.approx(0)
    assert line.height < 0.25


@pytest.mark.parametrize("height", [2, -2])
def test_signs_stay_within_their_height(height):
    """In a stack no sign reaches into the letters above and below it."""
    for box in boxes("A-*.,_|?()", [height] * 10):
        assert min(0, height) - 1e-9 <= box.y0 < box.y1 <= max(0, height) + 1e-9


@pytest.mark.parametrize("letter", ["T", "I", "H"])
def test_narrow_letters_keep_their_stems(letter):
    """Moved to whole pixels, both edges of a thin stem may fall together: T looks like a hyphen."""
    figure = plt.figure(figsize=(3, 0.5), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    draw_letters(
        ax,
        np.zeros(90, dtype=np.uint8),
        0.0,
        np.ones(90),
        alphabet=get_alphabet(f"{letter}A"),
        colors={letter: "black", "A": "black"},
        width=0.6,
    )
    ax.set(xlim=(-0.5, 89.5), ylim=(0, 1))
    figure.canvas.draw()
    ink = 255.0 - np.asarray(figure.canvas.buffer_rgba())[30:45, :, 0]
    of_each = np.add.reduceat(ink.sum(axis=0), np.arange(90) * 300 // 90)
    assert of_each.min() > 0.5 * of_each.max()


def test_limits_of_curves_are_not_looked_for(monkeypatch):
    """Displays set their limits: looking for those of every curve took most of the time."""

    def draw():
        ax = plt.figure().subplots()
        codes = np.array([1, 2], dtype=np.uint8)  # C and G are round
        return ax, draw_letters(ax, codes, 0, np.ones(2), alphabet=get_alphabet("DNA"), colors={})

    def refuse(self, **_):
        raise AssertionError("limits of curves were looked for")

    draw()  # the outlines of the letters themselves are kept
    monkeypatch.setattr(mpl.path.Path, "iter_bezier", refuse)
    ax, drawn = draw()
    assert list(ax.patches) == drawn
    assert all(patch.axes is ax and patch.clipbox is not None for patch in drawn)


def test_each_letter_stands_on_its_own_bottom():
    """Letters of one kind are one patch, and stand at several heights of a logo."""
    _, ax = plt.subplots()
    codes = np.array([0, 1, 0], dtype=np.uint8)
    first, _ = draw_letters(
        ax, codes, np.array([0.0, 5, 7]), np.ones(3), alphabet=get_alphabet("DNA"), colors={}
    )
    x, y = first.get_path().vertices.T
    assert (y[x < 1].min(), y[x < 1].max()) == pytest.approx((0, 1))
    assert (y[x > 1].min(), y[x > 1].max()) == pytest.approx((7, 8))

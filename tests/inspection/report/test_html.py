"""Pieces of the page: nothing becomes markup, files are written whole or not at all."""

import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from sklearn_attngen.inspection._report.html import (
    bullets,
    check_target,
    page,
    paragraph,
    picture,
    table,
)

NASTY = "</td><script>alert('x')</script> & \"quoted\" \x00\x1b[31m \ud800"


def test_text_stays_text():
    for markup in (
        paragraph(NASTY),
        bullets([NASTY]),
        table([NASTY, "b"], [(NASTY, NASTY)], caption=NASTY, numbers=(1,)),
        page(NASTY, [NASTY], [("A heading", "<p>x</p>")], NASTY)
        .partition("<html")[2]
        .join(["<html", ""]),
    ):
        assert "<script" not in markup
        markup.encode("utf-8")
        found = " ".join(ET.fromstring(markup).itertext())
        assert "</td><script>alert('x')</script> & \"quoted\"" in found


def test_names_do_not_turn_round_what_follows():
    """A name of a class with U+202E showed the probability after it back to front."""
    markup = paragraph("predicted a\u202eb\u2067c, probability 0.95; \u05d0\u05d1")
    assert markup == "<p>predicted a\ufffdb\ufffdc, probability 0.95; \u05d0\u05d1</p>"


def test_long_names_in_tables_may_be_broken_where_they_are_joined():
    """The names stay what they are: a break that may be is no letter."""
    name = "acceptor_site_of-a.constitutive__exon <&_>"
    markup = table(["a", name], [(name, name)], caption="t")
    assert markup.count("acceptor_<wbr />site_<wbr />of-<wbr />a.<wbr />constitutive__<wbr />") == 3
    cells = list(ET.fromstring(markup).iter("td"))
    assert ["".join(cell.itertext()) for cell in cells] == [name]
    assert "<wbr />" not in table(["a"], [("0.123 to 0.456, K-562",)], caption="t")


def test_columns_of_numbers_and_code_are_marked():
    root = ET.fromstring(
        table(["a", "b", "c"], [("x", 1, "y")], caption="t", numbers=[1], code=[2])
    )
    assert [cell.get("class") for cell in root.iter("td")] == ["number", "code"]
    assert [cell.get("scope") for cell in root.iter("th")] == ["col", "col", "col", "row"]


def test_links_lead_to_the_sections():
    text = page("t", [], [("One & two", "<p>1</p>"), ("Is it?", "<p>2</p>")], "f")
    root = ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    links = [link.get("href") for link in root.iter("a")]
    assert links == [f"#{section.get('id')}" for section in root.iter("section")]
    assert links == ["#one-two", "#is-it"]


def test_targets_that_cannot_be_written(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        check_target(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"does not exist\. Make it first"):
        check_target(tmp_path / "none" / "page.html")
    assert check_target(str(tmp_path / "page.html")) == tmp_path / "page.html"


def test_what_is_wide_scrolls_and_is_named_for_keyboards_and_readers():
    plain, letters = (
        ET.fromstring(picture(Figure((4, 2)), alt="a <b>", caption="c", letters=wide))
        for wide in (False, True)
    )
    assert plain.find("div") is None
    scrolls = letters.find("div")
    for region in (scrolls, ET.fromstring(table(["x"], [("y",)], caption="a <b>")).find("div")):
        assert (region.get("class"), region.get("tabindex")) == ("scroll", "0")
        assert region.get("aria-label") == "a <b>"
    for image in (plain.find("img"), scrolls.find("img")):
        assert (image.get("width"), image.get("height")) == ("384", "192")

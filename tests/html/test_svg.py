"""Text of drawings is escaped, fits, and is cut where names are the same."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from autotext.html.svg import FONT, clean, drawing, element, fit, label, legend, path, short, style_of, width_of


@given(st.text())
def test_any_text_and_attribute_is_well_formed(text):
    drawn = ET.fromstring(str(element("text", text, title=text)))
    assert not list(drawn)
    assert (drawn.text or "").replace("\r\n", "\n").replace("\r", "\n") == clean(text).replace("\r\n", "\n").replace("\r", "\n")
    clean(text).encode("utf-8")


def test_markup_is_taken_as_it_is_and_other_text_is_not():
    assert element("g", Markup("<b/>"), "<b/>") == "<g><b/>&lt;b/&gt;</g>"


@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "\ud83d", "\x9f", "￾"])
def test_characters_that_no_page_can_hold_are_replaced(text):
    assert clean(text)[0] == "�"


@given(st.text(max_size=300), st.floats(30, 400))
def test_text_is_cut_to_the_room_for_it(text, width):
    assert width_of(fit(text, width)) <= max(width, width_of("…"))


def test_what_is_cut_keeps_both_ends_and_says_the_whole():
    names = [f"{'the_same_beginning_' * 3}{number}" for number in range(3)]
    assert len({fit(name, 120) for name in names}) == 3
    assert f"<title>{names[0]}</title>" in label(names[0], 0, 0, 120)
    assert "<title>" not in label("short", 0, 0, 120)


def test_the_browser_is_told_the_width_of_letters_that_fonts_draw_differently():
    assert "textLength" in label("عربي", 0, 0, 100)
    assert "textLength" in label("🙂", 0, 0, 100)
    assert "textLength" not in label("tfidf 한국어 日本語 Füße", 0, 0, 300)


def test_a_drawing_has_a_name_and_a_description():
    drawn = ET.fromstring(str(drawing(10, "Scores & ranks", "a < b", [])))
    assert drawn.attrib["role"] == "img"
    assert [child.text for child in drawn] == ["Scores & ranks", "a < b"]


@given(st.floats(-1e6, 1e6))
def test_places_are_short_and_near(number):
    assert abs(float(short(number)) - number) <= 0.0501
    assert short(number) != "-0"


def test_paths_of_nothing_are_empty():
    assert path([]) == ""


def test_series_are_told_apart_by_colour_and_then_by_pattern():
    assert len({style_of(number) for number in range(28)}) == 28


def test_a_legend_names_every_series():
    names = ["<script>", "둘"]
    drawn = ET.fromstring(str(legend(names)))
    assert [entry.text for entry in drawn.iter("bdi")] == names
    assert width_of("a", FONT) > 0

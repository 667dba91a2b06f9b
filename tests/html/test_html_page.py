"""Pages escape what is put into them, ask nothing of a network, and have colours that can be told apart."""

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from autotext.errors import ArgumentError
from autotext.html import render
from autotext.html.numbers import format_memory, format_number, format_seconds


def page(content="", title="A page"):
    return render("page", title=title, language="en", content=content)


@given(st.text())
def test_text_stays_text(text):
    html = page(text, text)
    assert html.count("<") == page("x", "x").count("<")
    html.encode("utf-8")


def test_markup_is_taken_as_it_is():
    assert "<b>bold</b>" in page(Markup("<b>bold</b>"))


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError):
        render("page", title="A page", language="en")


def test_an_unknown_template_is_an_error_that_names_others():
    with pytest.raises(ArgumentError, match=r"'pag'.*Did you mean 'page'"):
        render("pag")


def test_a_page_asks_nothing_of_a_network_and_forbids_it():
    html = page("text")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<img|src=", html)
    assert "default-src 'none'" in html


def test_jinja2_is_imported_when_a_page_is_made():
    code = "import sys, autotext.html; print('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(("text", "value"), [
    (format_number(-0.0004), "0.000"), (format_number(1e18), "1e+18"), (format_number(float("-inf")), "−∞"),
    (format_seconds(0), "0 ms"), (format_seconds(119), "119 s"), (format_seconds(120), "2 min"),
    (format_seconds(9000), "2.5 h"),
    (format_memory(1024), "1 GiB"), (format_memory(12.3), "12 MiB")])
def test_numbers_are_written_for_people(text, value):
    assert text == value


def palettes():
    light, dark = re.findall(r":root \{(.*?)\}", page(), re.DOTALL)[:2]
    for rules in (light, dark):
        yield {name: np.array([int(code[place:place + 2], 16) / 255 for place in (0, 2, 4)])
               for name, code in re.findall(r"--([\w-]+): #([0-9a-f]{6});", rules)}


def linear(colour):
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def lab(colour):
    """CIELAB of a linear RGB colour, by which distances are about those that people see."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ colour
    x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 0.008856, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Machado, Oliveira and Fernandes (2009): what those see who lack the cones for red, or those for green.
SIGHT = {"full": np.eye(3),
         "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
         "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])}


@pytest.mark.parametrize("palette", list(palettes()), ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_series_can_be_told_apart(palette, sight):
    seen = [lab(np.clip(SIGHT[sight] @ linear(palette[f"colour-{number}"]), 0, 1)) for number in range(7)]
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in itertools.combinations(range(7), 2)}
    assert min(distances.values()) > 20, sorted(distances.items(), key=lambda entry: entry[1])[:4]


@pytest.mark.parametrize("palette", list(palettes()), ids=["light", "dark"])
@pytest.mark.parametrize(("name", "least"), [("ink", 7), ("soft", 4.5), ("accent", 4.5), ("warn", 4.5),
                                             *((f"colour-{number}", 3) for number in range(7))])
def test_colours_stand_out_from_the_paper(palette, name, least):
    light, dark = sorted((float(np.dot([0.2126, 0.7152, 0.0722], linear(palette[colour]))) for colour in (name, "paper")),
                         reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least

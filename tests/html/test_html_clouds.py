"""Plots of many points, and of rows of points, draw what they are made of, whatever it is."""

import math
import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from autotext.html import Axis, Cloud, Strip, cloud_plot, strips

ANY = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, 1e308, 5e-324]))


def places_of(markup):
    """Middle of each dot, and its class."""
    dots = ET.fromstring(str(markup)).iter("circle")
    return [(float(dot.attrib["cx"]), float(dot.attrib["cy"]), dot.attrib["class"]) for dot in dots]


def assert_sound(markup):
    ET.fromstring(str(markup))
    assert not re.search(r'="[^"]*(nan|inf)[^"]*"', str(markup))


@given(st.lists(st.tuples(st.text(max_size=30), st.lists(st.tuples(ANY, ANY), max_size=5)), max_size=4), st.booleans())
def test_clouds_of_any_numbers(groups, has_diagonal):
    clouds = [Cloud(name, [x for x, _ in points], [y for _, y in points]) for name, points in groups]
    assert_sound(cloud_plot(clouds, Axis("x"), Axis("y"), "any", has_diagonal))


@given(st.lists(st.tuples(st.text(max_size=30), st.lists(ANY, max_size=5)), max_size=4))
def test_strips_of_any_numbers(groups):
    assert_sound(strips([Strip(name, values) for name, values in groups], Axis("score"), "any"))


def test_points_beyond_an_axis_are_rings_at_its_edge():
    dots = places_of(cloud_plot([Cloud("a", [1, 2, 3], [0.1, 0.8, 0.9])], Axis("x"), Axis("y", low=0.7), "scores"))
    assert [("off-front" in kind) for _, _, kind in dots] == [True, False, False, False]
    heights = [y for _, y, _ in dots]
    assert heights[0] == max(heights[:3])
    rows = places_of(strips([Strip("a", [0.1, 0.8, 0.9])], Axis("score", low=0.7), "scores"))
    assert [("off-front" in kind) for _, _, kind in rows] == [True, False, False]


def test_many_points_are_drawn_in_part_with_both_ends():
    values = list(range(10_000))
    assert len(places_of(cloud_plot([Cloud("a", values, values)], Axis("x"), Axis("y"), "many"))) == 301
    drawn = [x for x, _, _ in places_of(strips([Strip("a", values)], Axis("score"), "many"))]
    assert len(drawn) == 120
    few = [x for x, _, _ in places_of(strips([Strip("a", [0, 9_999])], Axis("score"), "many"))]
    assert (drawn[0], drawn[-1]) == (few[0], few[1])


def test_on_the_diagonal_both_numbers_are_equal():
    plot = str(cloud_plot([Cloud("a", [0.2, 0.9], [0.2, 0.9])], Axis("x"), Axis("y"), "forecasts", has_diagonal=True))
    x1, y1, x2, y2 = map(float, re.search(r'd="M(\S+) (\S+)L(\S+) (\S+)" class="reference"', plot).groups())
    for x, y, _ in places_of(plot)[:2]:
        assert abs((y - y1) - (x - x1) * (y2 - y1) / (x2 - x1)) < 0.2

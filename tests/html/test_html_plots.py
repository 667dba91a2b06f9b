"""Plots are well-formed whatever they are made of, and draw what they are made of."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotext.html import (
    Axis,
    Bar,
    Bin,
    Point,
    Series,
    bars,
    critical_difference,
    heat_table,
    line_plot,
    reliability,
    scatter,
)
from autotext.html.placement import Box, place_labels
from autotext.html.scatter import pareto_front
from autotext.html.svg import FONT, width_of

ANY = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, 1e308, 5e-324]))
NAMES = st.text(max_size=30)
X, Y = Axis("seconds"), Axis("score")


def classes_of(markup):
    """How often each class of the style sheet is used."""
    counts = {}
    for node in ET.fromstring(str(markup)).iter():
        for name in node.attrib.get("class", "").split():
            counts[name] = counts.get(name, 0) + 1
    return counts


def numbers_of(markup):
    """All places of a drawing."""
    for node in ET.fromstring(str(markup)).iter():
        for name in ("d", "x", "y", "cx", "cy", "width", "height", "r"):
            yield from map(float, re.findall(r"-?[0-9.]+(?:e-?[0-9]+)?|nan|inf", node.attrib.get(name, "")))


def texts_of(markup):
    return [node.text for node in ET.fromstring(str(markup)).iter() if node.tag == "text"]


def assert_sound(markup):
    assert all(math.isfinite(number) and -1 <= number <= 20_000 for number in numbers_of(markup))


@given(st.lists(st.tuples(NAMES, st.lists(st.tuples(ANY, ANY), max_size=5)), max_size=4), st.booleans(), st.booleans(),
       st.booleans())
def test_lines_of_any_numbers(series, is_log, steps, has_band):
    made = [Series(name, [x for x, _ in points], ys := [y for _, y in points], ys if has_band else (), ys if has_band else ())
            for name, points in series]
    assert_sound(line_plot(made, Axis("x", is_log=is_log), Axis("y"), "any", steps=steps))


@given(st.lists(st.tuples(NAMES, ANY, ANY, st.integers(0, 9)), max_size=8), st.booleans(),
       st.sampled_from(["", "lower x", "higher x"]))
def test_points_of_any_numbers(points, is_log, front):
    assert_sound(scatter([Point(*point) for point in points], Axis("x", is_log=is_log), Axis("y"), "any", front))


@given(st.lists(st.tuples(NAMES, ANY, ANY, ANY), max_size=6), st.booleans())
def test_bars_of_any_numbers(rows, from_zero):
    assert_sound(bars([Bar(*row) for row in rows], Axis("score"), "any", from_zero=from_zero))


@given(st.dictionaries(NAMES, ANY, max_size=8), st.one_of(st.none(), ANY), st.data())
def test_ranks_of_any_numbers(ranks, difference, data):
    finite = {name: abs(rank) % 50 if math.isfinite(rank) else rank for name, rank in ranks.items()}
    groups = data.draw(st.lists(st.lists(st.sampled_from(sorted(ranks)), max_size=4), max_size=4)) if ranks else []
    assert_sound(critical_difference(finite, difference, groups, "any"))


@given(st.lists(st.tuples(ANY, ANY, st.integers(-1, 10**9), ANY, ANY), max_size=6))
def test_reliability_of_any_numbers(bins):
    assert_sound(reliability([Bin(*entry) for entry in bins], "any"))


@given(st.integers(0, 3), st.integers(0, 3), st.data())
def test_heat_tables_of_any_numbers(n_rows, n_columns, data):
    values = data.draw(st.lists(st.lists(ANY, min_size=n_columns, max_size=n_columns), min_size=n_rows, max_size=n_rows))
    names = data.draw(st.lists(NAMES, min_size=n_rows + n_columns, max_size=n_rows + n_columns))
    drawn = ET.fromstring(str(heat_table(values, names[:n_rows], names[n_rows:], "any", is_diverging=True)))
    assert len(drawn.findall(".//tbody/tr/td")) == n_rows * n_columns


def test_each_series_is_drawn_and_named():
    plot = line_plot([Series("alpha", [1, 2], [0.1, 0.9]), Series("beta", [1], [0.5])], X, Y, "Scores")
    counts = classes_of(plot)
    # Both have a piece of their line beside their name.
    assert (counts["series"], counts["point"]) == (3, 1)
    assert {"alpha", "beta", "seconds", "score"} <= set(texts_of(plot))
    assert "beta" not in texts_of(line_plot([Series("beta", [1], [0.5])], X, Y, "Scores", has_legend=False))


def test_steps_stay_level_until_the_next_point():
    plot = line_plot([Series("a", [0, 1, 2], [0.1, 0.5, 0.9])], X, Y, "Scores", steps=True, has_legend=False)
    (drawn,) = re.findall(r'd="(M[^"]*)" class="series', plot)
    assert re.fullmatch(r"M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){2}", drawn)


def test_a_series_keeps_its_colour_where_others_are_missing():
    assert "colour-4" in line_plot([Series("a", [1, 2], [1, 2], number=4)], X, Y, "Scores")


def test_points_that_cannot_be_shown_are_counted():
    plot = line_plot([Series("a", [1, 0, 3], [0.1, 0.2, math.nan])], Axis("x", is_log=True), Y, "Scores")
    assert "2 points cannot be shown" in plot
    assert "1 without a value" in scatter([Point("a", 1, 1), Point("b", math.nan, 1)], X, Y, "Scores")


@pytest.mark.parametrize("plot", [
    line_plot([], X, Y, "t"), scatter([Point("a", math.nan, 1)], X, Y, "t"), bars([], X, "t"),
    critical_difference({}, None, [], "t"), reliability([Bin(0.5, 0.5, 0)], "t")])
def test_nothing_to_draw_is_said(plot):
    assert "no values" in texts_of(plot)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9))
def test_the_pareto_front_is_what_nothing_beats(points):
    beaten = {number for number, (a, b) in enumerate(points)
              for c, d in points if c >= a and d >= b and (c, d) != (a, b)}
    assert pareto_front(points) == set(range(len(points))) - beaten


def test_more_or_less_of_x_may_be_better():
    points = [Point("cheap", 1, 0.7), Point("good", 9, 0.9), Point("bad", 9, 0.6)]
    assert classes_of(scatter(points, X, Y, "t", "lower x"))["on-front"] == 2
    assert classes_of(scatter(points, X, Y, "t", "higher x"))["on-front"] == 1
    assert "on-front" not in classes_of(scatter(points, X, Y, "t"))


@given(st.lists(st.tuples(st.text("abcdef_", min_size=1, max_size=40), st.floats(0, 400), st.floats(0, 200)), max_size=40))
def test_labels_cover_neither_each_other_nor_points(points):
    places = [(name, (x, y)) for name, x, y in points]
    area = Box(0, 0, 400, 200)
    labels, n_left = place_labels(places, area, 4)
    boxes = [box_of(ET.fromstring(str(text))) for text in labels if text.startswith("<text")]
    assert len(boxes) + n_left == len(points)
    dots = [Box(x - 3.8, y - 3.8, x + 3.8, y + 3.8) for _, x, y in points]
    for number, box in enumerate(boxes):
        assert area.holds(box)
        assert not any(box.overlaps(other) for other in (*boxes[:number], *dots))


def box_of(text):
    """Box of a text, a little smaller than what is kept free for it, as places are rounded."""
    width = width_of(text.text)
    left = float(text.attrib["x"]) - {"middle": width / 2, "end": width}.get(text.attrib.get("text-anchor"), 0.0)
    bottom = float(text.attrib["y"]) + 3
    return Box(left + 0.2, bottom - FONT, left + width - 0.2, bottom - 0.2)


def test_names_without_a_place_are_counted():
    plot = scatter([Point(f"quite_a_long_name_{number}", 1, 1) for number in range(60)], X, Y, "t")
    n_named = sum(text.startswith("quite") for text in texts_of(plot))
    assert f"{60 - n_named} names have no place" in plot
    assert 0 < n_named < 60


def test_bars_begin_at_zero_where_they_are_bars():
    rows = [Bar("a", 0.9), Bar("b", 0.45)]
    assert classes_of(bars(rows, Y, "t", from_zero=True))["bar"] == 2
    widths = [float(node.attrib["width"]) for node in ET.fromstring(str(bars(rows, Y, "t", from_zero=True))).iter("rect")]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert "bar" not in classes_of(bars(rows, Y, "t"))


def test_infinite_values_and_ends_are_at_the_end_of_the_axis():
    plot = bars([Bar("a", math.inf, 3.0, math.inf), Bar("b", 2.0, 1.0, math.inf), Bar("c", 4.0)], X, "t")
    counts = classes_of(plot)
    assert (counts["off-front"], counts["on-front"], counts["interval"]) == (1, 2, 2)
    assert "∞" in texts_of(plot)


def test_ranks_are_joined_where_they_are_not_told_apart():
    ranks = {"a": 1.2, "b": 1.9, "c": 3.1, "d": 3.8}
    counts = classes_of(critical_difference(ranks, 1.5, [("a", "b"), ("b", "c", "d"), ("a",)], "t"))
    assert (counts["clique"], counts["elbow"], counts["difference"]) == (2, 4, 1)
    assert "difference" not in classes_of(critical_difference(ranks, None, [], "t"))


def test_a_difference_wider_than_the_axis_is_said():
    plot = critical_difference({"a": 1.2, "b": 1.8}, 7.0, [("a", "b")], "t")
    assert "critical difference 7.00, more than this axis" in texts_of(plot)
    assert "difference" not in classes_of(plot)


def test_overlapping_cliques_lie_on_different_levels():
    ranks = {name: float(number) for number, name in enumerate("abcdef", 1)}
    drawn = ET.fromstring(str(critical_difference(ranks, 1.5, ["abc", "bcd", "ef"], "t")))
    heights = [node.attrib["d"].split("L")[1].split()[1] for node in drawn.iter("path") if node.attrib.get("class") == "clique"]
    assert heights[0] == heights[2] != heights[1]


def test_shades_follow_the_values():
    table = heat_table([[8, 4, 0, -8]], ["row"], list("abcd"), "t", is_diverging=True)
    assert [node.attrib.get("class") for node in ET.fromstring(str(table)).findall(".//tbody/tr/td")] == [
        "heat-8", "heat-4", None, "cool-8"]
    assert "cool" not in heat_table([[8, -8]], ["row"], list("ab"), "t")


def test_texts_of_cells_may_be_others_than_their_values():
    assert ">12 %<" in heat_table([[0.12]], ["row"], ["column"], "t", texts=[["12 %"]])

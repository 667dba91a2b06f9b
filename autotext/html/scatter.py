"""Plots of points with their names, such as score against cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import BOTTOM, HEIGHT, Frame
from autotext.html.placement import Box, place_labels
from autotext.html.scales import Axis
from autotext.html.svg import WIDTH, drawing, element, label, path, style_of

_RADIUS = 4.5
# Points that are read out to those who cannot see them.
_READ = 40


@dataclass(frozen=True)
class Point:
    """A point of a plot, with its name.

    Parameters
    ----------
    name : str
    x, y : float
    group : int, default=0
        Points of a group have the same shape and colour.

    Examples
    --------
    >>> Point("tfidf", 1.5, 0.9).group
    0
    """

    name: str
    x: float
    y: float
    group: int = 0


def scatter(points: Sequence[Point], x_axis: Axis, y_axis: Axis, title: str, front: str = "") -> Markup:
    """Points with their names, those on the Pareto front filled and joined.

    Parameters
    ----------
    points : sequence of Point
    x_axis, y_axis : Axis
    title : str
        What it shows, in a few words.
    front : {"", "lower x", "higher x"}
        On the front are the points that no other beats in both directions: higher y, and lower or higher x. Empty: no front.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element. Names that have no place near their points are counted below it.

    Examples
    --------
    >>> points = [Point("small", 1, 0.8), Point("large", 9, 0.9), Point("bad", 9, 0.7)]
    >>> plot = scatter(points, Axis("seconds"), Axis("score"), "Score against time", front="lower x")
    >>> plot.count("on-front"), plot.count("off-front")
    (2, 1)
    """
    usable = [point for point in points if x_axis.accepts(point.x) and y_axis.accepts(point.y)]
    frame = Frame.fit([(point.x, point.y) for point in usable], x_axis, y_axis)
    best = pareto_front([(point.x if front == "higher x" else -point.x, point.y) for point in usable]) if front else set()
    places = [(frame.x(point.x), frame.y(point.y)) for point in usable]
    dots = [_dot(point, at, "on-front" if number in best else "off-front" if front else "")
            for number, (point, at) in enumerate(zip(usable, places, strict=True))]
    # The front's names are placed first, so they have the best places.
    by_front = sorted(range(len(usable)), key=lambda number: number not in best)
    area = Box(frame.x.start, 16.0, WIDTH, BOTTOM)
    names, n_left = place_labels([(usable[number].name, places[number]) for number in by_front], area, _RADIUS)
    remarks = [f"{n_left} names have no place; they show where the pointer rests" if n_left else "",
               f"{len(points) - len(usable)} without a value" if len(points) > len(usable) else ""]
    below = "; ".join(filter(None, remarks))
    note = [label(below, 0, HEIGHT + 10, WIDTH, class_="tick")] if below else []
    body = [*_front_line([places[number] for number in best], front), *dots, *names] if usable else [frame.empty()]
    return drawing(HEIGHT + (18 if below else 0), title, _describe(usable, best, x_axis, y_axis),
                   [*frame.elements, *body, *note])


def _describe(points: Sequence[Point], best: set[int], x_axis: Axis, y_axis: Axis) -> str:
    listed = "; ".join(f"{point.name}: {point.x:.4g}, {point.y:.4g}" + (" (front)" if number in best else "")
                       for number, point in enumerate(points[:_READ])) or "No values"
    more = f"; and {len(points) - _READ} more" if len(points) > _READ else ""
    return f"{y_axis.label} against {x_axis.label}. {listed}{more}."


def pareto_front(points: Sequence[tuple[float, float]]) -> set[int]:
    """Which points no other point is at least as good as in both numbers and better in one.

    Parameters
    ----------
    points : sequence of (float, float)
        More is better in both.

    Returns
    -------
    set of int

    Examples
    --------
    >>> sorted(pareto_front([(1, 3), (2, 2), (1, 1), (3, 1)]))
    [0, 1, 3]
    """
    front, highest = set(), -math.inf
    for number, (first, second) in sorted(enumerate(points), key=lambda entry: (-entry[1][0], -entry[1][1])):
        if second > highest:
            front.add(number)
            highest, widest = second, first
        elif second == highest and first == widest:
            front.add(number)
    return front


def _front_line(places: Iterable[tuple[float, float]], front: str) -> list[Markup]:
    """Stair through the points of the front: what is reached at each cost."""
    # Where less of x is better, what a cost buys stays until the next point; else it ends there.
    stairs = sorted(places, key=lambda at: (at[0], -at[1]))
    if len(stairs) < 2:
        return []
    drawn = path(stairs, steps=True) if front == "lower x" else path(stairs[::-1], steps=True)
    return [element("path", d=drawn, class_="front")]


def _dot(point: Point, place: tuple[float, float], class_: str) -> Markup:
    """A circle for the first group of points, then a square, a triangle and a diamond."""
    x, y = place
    name = element("title", f"{point.name}: {point.x:.4g}, {point.y:.4g}")
    style = f"dot {class_} {style_of(point.group)}"
    shape = point.group % 4
    if shape == 0:
        return element("circle", name, cx=x, cy=y, r=_RADIUS, class_=style)
    corners = {1: ((-4, -4), (4, -4), (4, 4), (-4, 4)), 2: ((0, -5.5), (5, 4), (-5, 4)), 3: ((0, -6), (6, 0), (0, 6), (-6, 0))}
    drawn = path([(x + dx, y + dy) for dx, dy in corners[shape]])
    return element("path", name, d=f"{drawn}Z", class_=style)

"""Plots of many points, in groups, with a line through them or beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import HEIGHT, Frame
from autotext.html.scales import Axis
from autotext.html.svg import FONT, WIDTH, drawing, element, label, line, path, width_of

# Points that a group has at most.
_MOST = 300


@dataclass(frozen=True)
class Cloud:
    """A group of points.

    Parameters
    ----------
    name : str
    x, y : sequence of float
    titles : sequence of str, optional
        What is shown where the pointer rests on a point.
    number : int, default=0
        Colour.
    radius : float, default=3
    is_filled : bool, default=True

    Examples
    --------
    >>> Cloud("search", [1, 2], [0.8, 0.9]).name
    'search'
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    titles: Sequence[str] = ()
    number: int = 0
    radius: float = 3.0
    is_filled: bool = True


def cloud_plot(clouds: Sequence[Cloud], x_axis: Axis, y_axis: Axis, title: str, has_diagonal: bool = False,
               steps: Sequence[tuple[float, float]] = ()) -> Markup:
    """Points in groups, the later ones above the earlier.

    Parameters
    ----------
    clouds : sequence of Cloud
        Of more than 300 points of a group, 300 are drawn.
    x_axis, y_axis : Axis
        Points beyond a bound are drawn as rings on it.
    title : str
        What it shows, in a few words.
    has_diagonal : bool, default=False
        Whether there is a line where both numbers are equal.
    steps : sequence of (float, float), optional
        Points of a line that stays level until the next one.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    Examples
    --------
    >>> plot = cloud_plot([Cloud("all", [1, 2], [0.5, 0.9])], Axis("trial"), Axis("score"), "Scores", steps=[(1, 0.5)])
    >>> plot.count('class="dot'), plot.count('class="series')
    (3, 1)
    """
    drawn = [_inside(cloud, x_axis, y_axis) for cloud in clouds]
    frame = Frame.fit([*((x, y) for points in drawn for x, y, _, _ in points), *steps], x_axis, y_axis)
    body = list(frame.elements)
    if has_diagonal and (ends := _diagonal(frame)):
        body.append(line(*ends, "reference"))
    if steps:
        body.append(element("path", d=path([(frame.x(x), frame.y(y)) for x, y in steps], steps=True), class_="series colour-0"))
    body += [_dot(cloud, frame.x(x), frame.y(y), is_inside, text) for cloud, points in zip(clouds, drawn, strict=True)
             for x, y, is_inside, text in points]
    if not any(drawn):
        body.append(frame.empty())
    names, below = _names(clouds)
    listed = "; ".join(f"{cloud.name}: {len(cloud.x):,}" for cloud in clouds)
    return drawing(HEIGHT + below, title, f"{y_axis.label} by {x_axis.label}. Points of each group: {listed}.", [*body, *names])


def _inside(cloud: Cloud, x_axis: Axis, y_axis: Axis) -> list[tuple[float, float, bool, str]]:
    """Points that can be drawn, whether they are within the bounds of the axes, and their titles."""
    titles = cloud.titles or [""] * len(cloud.x)
    usable = [(float(x), float(y), text) for x, y, text in zip(cloud.x, cloud.y, titles, strict=True)
              if x_axis.accepts(x) and y_axis.accepts(y)]
    step = max((len(usable) - 1) / (_MOST - 1), 1.0)
    some = [usable[round(place * step)] for place in range(min(len(usable), _MOST))]
    return [(held_x, held_y, (held_x, held_y) == (x, y), text) for x, y, text in some
            for held_x, held_y in [(_held(x, x_axis), _held(y, y_axis))]]


def _held(value: float, axis: Axis) -> float:
    """A value, or the bound of an axis that it is beyond."""
    above = value if axis.low is None else max(value, axis.low)
    return above if axis.high is None else min(above, axis.high)


def _diagonal(frame: Frame) -> tuple[float, float, float, float] | None:
    """Ends of the line on which both numbers are equal, as far as the axes show it."""
    low, high = max(frame.x.low, frame.y.low), min(frame.x.high, frame.y.high)
    return (frame.x(low), frame.y(low), frame.x(high), frame.y(high)) if low < high else None


def _dot(cloud: Cloud, x: float, y: float, is_inside: bool, text: str) -> Markup:
    front = "on" if cloud.is_filled and is_inside else "off"
    titles = (element("title", text),) if text else ()
    return element("circle", *titles, cx=x, cy=y, r=cloud.radius, class_=f"dot {front}-front colour-{cloud.number}")


def _names(clouds: Sequence[Cloud]) -> tuple[list[Markup], float]:
    """Names below a plot, in as many rows as they take, and the height of these."""
    x, y, names = 0.0, HEIGHT + 12, []
    for cloud in clouds:
        width = min(width_of(cloud.name), WIDTH - 16)
        if x and x + 16 + width > WIDTH:
            x, y = 0.0, y + 18
        names += [_dot(cloud, x + 5, y, True, ""), label(cloud.name, x + 14, y + FONT * 0.35, width)]
        x += width + 30
    return names, (y - HEIGHT + 10 if names else 0.0)

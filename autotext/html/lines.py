"""Plots of lines, such as scores over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import HEIGHT, Frame
from autotext.html.scales import Axis
from autotext.html.svg import FONT, WIDTH, drawing, element, label, line, path, short, style_of, width_of

_ROW = 18.0
# Series whose values are read out to those who cannot see them.
_READ = 12


@dataclass(frozen=True)
class Series:
    """A line of a plot.

    Parameters
    ----------
    name : str
    x, y : sequence of float
        Points where a value is missing, or cannot be shown on its axis, are left out.
    low, high : sequence of float, optional
        Bounds of a band around it, at the same x.
    number : int, optional
        Which colour and pattern it has, so that it keeps them in several plots; by default those of its place.

    Examples
    --------
    >>> Series("loss", [1, 2], [0.5, 0.4]).name
    'loss'
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    number: int | None = None


def line_plot(series: Sequence[Series], x_axis: Axis, y_axis: Axis, title: str, steps: bool = False,
              has_legend: bool = True) -> Markup:
    """Lines over common axes, one colour and pattern for each.

    Parameters
    ----------
    series : sequence of Series
    x_axis, y_axis : Axis
    title : str
        What it shows, in a few words.
    steps : bool, default=False
        Whether lines stay level until their next point, as the best score so far does.
    has_legend : bool, default=True
        Whether the names stand below; else `legend` writes them for several plots at a time.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    Examples
    --------
    >>> plot = line_plot([Series("a", [1, 10], [0.5, 0.9])], Axis("seconds", is_log=True), Axis("score"), "Score over time")
    >>> plot.count('class="series')  # the line, and its piece beside its name
    2
    """
    drawn = [_usable(entry, x_axis, y_axis) for entry in series]
    frame = Frame.fit([(x, y) for points in drawn for x, *values in points for y in values], x_axis, y_axis)
    bands: list[Markup] = []
    strokes: list[Markup] = []
    for number, (entry, points) in enumerate(zip(series, drawn, strict=True)):
        places = [(frame.x(x), *(frame.y(value) for value in values)) for x, *values in points]
        style = _style(entry, number)
        bands += _band(places, style, steps)
        strokes += _stroke(entry.name, [(place[0], place[1]) for place in places], style, steps)
    names, below = _names(series) if has_legend else ([], 0.0)
    body = [*frame.elements, *bands, *(strokes or [frame.empty()]), *names]
    return drawing(HEIGHT + below, title, _describe(series, drawn, x_axis, y_axis), body)


def _style(series: Series, number: int) -> str:
    return style_of(number if series.number is None else series.number)


def _usable(series: Series, x_axis: Axis, y_axis: Axis) -> list[tuple[float, ...]]:
    """Points that can be shown: x, y and, where there is a band, its bounds; in the order of x."""
    bounds = [series.low, series.high] if len(series.low) and len(series.high) else []
    return sorted(((float(x), *map(float, values)) for x, *values in zip(series.x, series.y, *bounds, strict=True)
                   if x_axis.accepts(x) and all(map(y_axis.accepts, values))), key=lambda point: point[0])


def _stroke(name: str, places: Sequence[tuple[float, float]], style: str, steps: bool) -> list[Markup]:
    title = element("title", name)
    if len(places) == 1:
        return [element("circle", title, cx=places[0][0], cy=places[0][1], r=4.0, class_=f"point {style}")]
    return [element("path", title, d=path(places, steps), class_=f"series {style}")] if places else []


def _band(places: Sequence[tuple[float, ...]], style: str, steps: bool) -> list[Markup]:
    if len(places) < 2 or len(places[0]) < 4:
        return []
    forth, back = ([(place[0], place[side]) for place in places] for side in (2, 3))
    # A stair walked backwards falls before it runs.
    returned = f"V{short(back[-1][1])}" + "".join(f"V{short(y)}H{short(x)}" for x, y in back[-2::-1]) if steps else "".join(
        f"L{short(x)} {short(y)}" for x, y in back[::-1])
    return [element("path", d=f"{path(forth, steps)}{returned}Z", class_=f"band {style}")]


def _names(series: Sequence[Series]) -> tuple[list[Markup], float]:
    """Names below a plot, in as many rows as they take, and the height of these."""
    x, y, names = 0.0, HEIGHT + 12, []
    for number, entry in enumerate(series):
        width = min(width_of(entry.name), WIDTH - 26)
        if x and x + 26 + width > WIDTH:
            x, y = 0.0, y + _ROW
        names += [line(x, y, x + 20, y, f"series {_style(entry, number)}"), label(entry.name, x + 26, y + FONT * 0.35, width)]
        x += width + 42
    return names, (y - HEIGHT + 10 if names else 0.0)


def _describe(series: Sequence[Series], drawn: Sequence[Sequence[tuple[float, ...]]], x_axis: Axis, y_axis: Axis) -> str:
    ends = [f"{entry.name}: {points[0][1]:.4g} to {points[-1][1]:.4g}" for entry, points in zip(series, drawn, strict=True)
            if points]
    if not ends:
        return "No values."
    listed = "; ".join(ends[:_READ]) + (f"; and {len(ends) - _READ} more" if len(ends) > _READ else "")
    left_out = sum(len(entry.x) for entry in series) - sum(map(len, drawn))
    return (f"{y_axis.label} over {x_axis.label}, at the first and the last point. {listed}."
            + (f" {left_out:,} points cannot be shown and are left out." if left_out else ""))

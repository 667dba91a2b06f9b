"""Diagrams of mean ranks with critical differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from autotext.html.scales import Scale, is_number
from autotext.html.svg import FONT, WIDTH, drawing, element, label, line, path, width_of

_ROW = 20.0
# Widest that the names of each side may be beside the axis.
_SIDE = 124.0


def critical_difference(ranks: Mapping[str, float], difference: float | None, cliques: Sequence[Sequence[str]],
                        title: str) -> Markup:
    """Mean ranks on an axis, best at the left; thick bars join those that are not told apart.

    Parameters
    ----------
    ranks : dict of str to float
        Mean rank of each system.
    difference : float or None
        Critical difference, drawn above the axis.
    cliques : sequence of sequence of str
        Systems not told apart from each other.
    title : str

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    References
    ----------
    Demšar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7.

    Examples
    --------
    >>> plot = critical_difference({"a": 1.2, "b": 1.8, "c": 3.0}, 0.9, [("a", "b")], "Mean ranks")
    >>> plot.count('class="clique"'), plot.count('class="difference"')
    (1, 1)
    """
    ranked = sorted((rank, name) for name, rank in ranks.items() if is_number(rank))
    if not ranked:
        return drawing(30, title, "No values.", [label("no values", WIDTH / 2, 20, anchor="middle", class_="tick")])
    low, high = math.floor(ranked[0][0]), math.ceil(ranked[-1][0])
    n_left = (len(ranked) + 1) // 2
    left, right = (min(_SIDE, 52 + max((width_of(name) for _, name in side), default=0.0))
                   for side in (ranked[:n_left], ranked[n_left:]))
    scale = Scale(low, max(high, low + 1), left, WIDTH - right)
    body, axis_at = _rank_axis(scale, difference)
    by_name = {name: rank for rank, name in ranked}
    spans = sorted((min(inside), max(inside)) for clique in cliques
                   if len(inside := [by_name[name] for name in clique if name in by_name]) > 1)
    levels = _levels(spans)
    body += [line(scale(first) - 3, axis_at + 9 + 7 * level, scale(last) + 3, axis_at + 9 + 7 * level, "clique")
             for (first, last), level in zip(spans, levels, strict=True)]
    top = axis_at + 16 + 7 * (max(levels, default=-1) + 1)
    body += _names(ranked[:n_left], scale, (axis_at, top), is_left=True)
    body += _names(ranked[n_left:][::-1], scale, (axis_at, top), is_left=False)
    listed = "; ".join(f"{name}: {rank:.2f}" for rank, name in ranked[:40])
    joined = "; ".join(", ".join(clique) for clique in cliques[:10]) or "none"
    said = f"Critical difference {difference:.2f}. " if is_number(difference) else ""
    return drawing(top + _ROW * n_left, title, f"Mean ranks, lower is better. {listed}. {said}Not told apart: {joined}.", body)


def _rank_axis(scale: Scale, difference: float | None) -> tuple[list[Markup], float]:
    """The axis with its numbers, the critical difference above it, and where it lies."""
    top = 0.0
    drawn: list[Markup] = []
    if difference is not None and is_number(difference):
        fits = difference <= scale.high - scale.low
        end = scale(scale.low + difference)
        text = f"critical difference {difference:.2f}" + ("" if fits else ", more than this axis")
        ends = "".join(path(stroke) for stroke in (((scale.start, 16), (scale.start, 22)), ((scale.start, 19), (end, 19)),
                                                   ((end, 16), (end, 22))))
        drawn += [element("path", d=ends, class_="difference")] if fits else []
        drawn.append(label(text, scale.start, 11, WIDTH - scale.start, class_="tick"))
        top = 26.0
    axis_at = top + 22
    for at, number in scale.ticks(max(2, min(10, int((scale.end - scale.start) / 24)))):
        drawn += [line(at, axis_at - 5, at, axis_at, "axis"),
                  label(number, at, axis_at - 9, anchor="middle", class_="tick")]
    return [*drawn, line(scale.start, axis_at, scale.end, axis_at, "axis")], axis_at


def _levels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Level of each bar, so that none covers another of its level; spans are sorted."""
    ends: list[float] = []
    levels = []
    for first, last in spans:
        level = next((number for number, end in enumerate(ends) if end < first), len(ends))
        ends[level:level + 1] = [last]
        levels.append(level)
    return levels


def _names(ranked: Sequence[tuple[float, str]], scale: Scale, vertical: tuple[float, float], is_left: bool) -> list[Markup]:
    """Names of one side, the outermost at the top, each joined with its place on the axis."""
    drawn: list[Markup] = []
    anchor, other = ("start", "end") if is_left else ("end", "start")
    for number, (rank, name) in enumerate(ranked):
        at, middle, value = scale(rank), vertical[1] + _ROW * (number + 0.5), f"{rank:.2f}"
        # What stands on the right is what stands on the left, mirrored.
        room = (at if is_left else WIDTH - at) - width_of(value) - 16
        used = min(width_of(name), room) + 6 + width_of(value)
        edge, inner, end = ((side if is_left else WIDTH - side) for side in (0.0, used, used + 5))
        drawn += [element("path", d=path([(at, vertical[0]), (at, middle), (end, middle)]), class_="elbow"),
                  element("circle", cx=at, cy=vertical[0], r=2.5, class_="joint"),
                  label(name, edge, middle + FONT * 0.35, room, anchor, class_="name"),
                  label(value, inner, middle + FONT * 0.35, anchor=other, class_="value")]
    return drawn

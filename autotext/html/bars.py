"""Diagrams of values with intervals, a row for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import spaced_ticks, tick_label
from autotext.html.numbers import format_number
from autotext.html.scales import Axis, Scale
from autotext.html.svg import FONT, WIDTH, drawing, element, label, line, style_of, width_of

_ROW = 22.0
# Share of the width that names may take.
_NAMES = 0.36


@dataclass(frozen=True)
class Bar:
    """A row of a diagram of bars.

    Parameters
    ----------
    name : str
    value : float
    low, high : float, optional
        Interval around it, whose ends may be infinite.
    group : int, default=0
        Colour.

    Examples
    --------
    >>> Bar("tfidf", 0.9, 0.88, 0.92).value
    0.9
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    group: int = 0


def bars(rows: Sequence[Bar], axis: Axis, title: str, decimals: int = 3, from_zero: bool = False) -> Markup:
    """Values and their intervals, a row for each.

    Parameters
    ----------
    rows : sequence of Bar
    axis : Axis
    title : str
        What it shows, in a few words.
    decimals : int, default=3
        Of the values, which stand at the right.
    from_zero : bool, default=False
        Bars that begin at zero; else dots, as a bar that begins elsewhere misleads.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    Examples
    --------
    >>> plot = bars([Bar("a", 0.9, 0.8, 0.95), Bar("b", float("nan"))], Axis("score"), "Mean scores")
    >>> plot.count("interval"), plot.count(">–<")
    (1, 1)
    """
    texts = [format_number(row.value if axis.accepts(row.value) or math.isinf(row.value) else None, decimals) for row in rows]
    left = min(max((width_of(row.name) for row in rows), default=0.0), WIDTH * _NAMES) + 10
    right = WIDTH - max(map(width_of, texts), default=0.0) - 10
    values = [value for row in rows for value in (row.value, row.low, row.high)] + ([0.0] if from_zero else [])
    scale = axis.scale(values, left, right)
    bottom = _ROW * len(rows) + 6
    body = [drawn for at, text in spaced_ticks(scale, 6)
            for drawn in (line(at, 0, at, bottom, "grid"), tick_label(text, at, bottom + 14))]
    body.append(label(axis.label, (left + right) / 2, bottom + 32, WIDTH / 2, "middle", class_="axis-label"))
    for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
        middle = _ROW * (number + 0.5) + 2
        body += [label(row.name, left - 10, middle + FONT * 0.35, left - 10, "end", class_="name"),
                 label(text, WIDTH, middle + FONT * 0.35, anchor="end", class_="value")]
        body += _bar(row, middle, scale, axis, from_zero)
    if not rows:
        body.append(label("no values", WIDTH / 2, 14, anchor="middle", class_="tick"))
    listed = "; ".join(f"{row.name}: {text}" for row, text in zip(rows[:40], texts, strict=False)) or "No values"
    return drawing(bottom + 40, title, f"{axis.label}. {listed}.", body)


def _bar(row: Bar, middle: float, scale: Scale, axis: Axis, from_zero: bool) -> list[Markup]:
    at, *ends = (_place(value, scale, axis) for value in (row.value, row.low, row.high))
    if at is None:
        return []
    style, zero = style_of(row.group), scale(0.0) if from_zero else at
    first, last = ends
    interval = [line(first, middle, last, middle, "interval" if from_zero else f"interval {style}")
                ] if first is not None and last is not None and first != last else []
    if not from_zero:
        # A value that the axis cannot reach is a ring at its end.
        return [*interval, element("circle", cx=at, cy=middle, r=4.5,
                                   class_=f"dot {'on' if math.isfinite(row.value) else 'off'}-front {style}")]
    return [element("rect", x=min(zero, at), y=middle - 6, width=max(abs(at - zero), 0.5), height=12.0, class_=f"bar {style}"),
            *interval]


def _place(value: float, scale: Scale, axis: Axis) -> float | None:
    """Place of a value, which is an end of the axis if it is infinite; None if it cannot be shown."""
    if math.isinf(value):
        return scale.end if value > 0 else scale.start
    return scale(value) if axis.accepts(value) else None

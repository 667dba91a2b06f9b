"""Diagrams of how values spread, a row of dots for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import spaced_ticks, tick_label
from autotext.html.numbers import format_number
from autotext.html.scales import Axis
from autotext.html.svg import FONT, WIDTH, drawing, element, label, line, width_of

_ROW, _RADIUS = 22.0, 3.0
# Share of the width that names may take, and dots that a row has at most.
_NAMES, _DOTS = 0.48, 120


@dataclass(frozen=True)
class Strip:
    """A row of a diagram of dots.

    Parameters
    ----------
    name : str
    values : sequence of float
    group : int, default=0
        Colour.

    Examples
    --------
    >>> max(Strip("ridge", [0.8, 0.9]).values)
    0.9
    """

    name: str
    values: Sequence[float]
    group: int = 0


def strips(rows: Sequence[Strip], axis: Axis, title: str, decimals: int = 3) -> Markup:
    """All values of each group as dots, their mean as a stroke, and the highest in writing.

    Parameters
    ----------
    rows : sequence of Strip
    axis : Axis
        Values below its lower bound are rings at its beginning.
    title : str
        What it shows, in a few words.
    decimals : int, default=3
        Of the highest value.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    Examples
    --------
    >>> plot = strips([Strip("ridge", [0.8, 0.9]), Strip("svm", [0.85])], Axis("score"), "Scores by model")
    >>> plot.count("on-front"), plot.count("joint")
    (3, 2)
    """
    usable = [[float(value) for value in row.values if axis.accepts(value)] for row in rows]
    texts = [format_number(max(values, default=None), decimals) for values in usable]
    left = min(max((width_of(row.name) for row in rows), default=0.0), WIDTH * _NAMES) + 12
    right = WIDTH - max(map(width_of, texts), default=0.0) - 12
    low = axis.low if axis.low is not None else min((min(values) for values in usable if values), default=0.0)
    scale = axis.scale([max(value, low) for values in usable for value in values], left, right)
    bottom = _ROW * len(rows) + 6
    body = [drawn for at, text in spaced_ticks(scale, 6)
            for drawn in (line(at, 0, at, bottom, "grid"), tick_label(text, at, bottom + 14))]
    body.append(label(axis.label, (left + right) / 2, bottom + 32, WIDTH / 2, "middle", class_="axis-label"))
    for number, (row, values, text) in enumerate(zip(rows, usable, texts, strict=True)):
        middle = _ROW * (number + 0.5) + 2
        body += [label(row.name, left - 12, middle + FONT * 0.35, left - 12, "end", class_="name"),
                 label(text, WIDTH, middle + FONT * 0.35, anchor="end", class_="value")]
        body += [element("circle", cx=scale(max(value, low)), cy=middle, r=_RADIUS,
                         class_=f"dot faint {'off' if value < low else 'on'}-front colour-{row.group}")
                 for value in _some(sorted(values))]
        if values:
            mean = scale(max(sum(values) / len(values), low))
            body.append(element("rect", x=mean - 1.25, y=middle - 8, width=2.5, height=16.0, class_="joint"))
    listed = "; ".join(f"{row.name}: {text}" for row, text in zip(rows[:40], texts, strict=False)) or "No values"
    return drawing(bottom + 40, title, f"{axis.label}, the highest of each row. {listed}.", body)


def _some(values: Sequence[float]) -> list[float]:
    """So many values that a row has a bounded size, the least and the highest among them."""
    step = max((len(values) - 1) / (_DOTS - 1), 1.0)
    return [values[round(place * step)] for place in range(min(len(values), _DOTS))]

"""The two axes of a plot, and the room within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from autotext.html.scales import Axis, Scale
from autotext.html.svg import FONT, WIDTH, label, line, width_of

TOP, HEIGHT = 24.0, 274.0
"""Where the area of a plot begins, and the height of the whole plot."""
BOTTOM = 234.0
"""Where the area ends."""
_RIGHT = WIDTH - 12.0


@dataclass(frozen=True)
class Frame:
    """Two axes, and what is drawn of them.

    Parameters
    ----------
    x, y : Scale
    elements : tuple of markupsafe.Markup

    Examples
    --------
    >>> frame = Frame.fit([(1, 0.2), (2, 0.9)], Axis("seconds"), Axis("score"))
    >>> frame.y(0.9) < frame.y(0.2), frame.x(1) < frame.x(2)
    (True, True)
    """

    x: Scale
    y: Scale
    elements: tuple[Markup, ...]

    @classmethod
    def fit(cls, values: Sequence[tuple[float, float]], x_axis: Axis, y_axis: Axis) -> Frame:
        """Axes that show all values, with room for the numbers of the vertical one.

        Parameters
        ----------
        values : sequence of (float, float)
        x_axis, y_axis : Axis
        """
        y = y_axis.scale((value for _, value in values), BOTTOM, TOP)
        numbers = y.ticks()
        left = max(width_of(text) for _, text in numbers) + 8
        x = x_axis.scale((value for value, _ in values), left, _RIGHT)
        drawn = []
        for at, text in numbers:
            drawn += [line(left, at, _RIGHT, at, "grid"), label(text, left - 6, at + FONT * 0.35, anchor="end", class_="tick")]
        for at, text in spaced_ticks(x):
            drawn += [line(at, BOTTOM, at, BOTTOM + 4, "axis"), tick_label(text, at, BOTTOM + 17)]
        drawn += [line(left, BOTTOM, _RIGHT, BOTTOM, "axis"), label(y_axis.label, 0, 12, WIDTH, class_="axis-label"),
                  label(x_axis.label, _RIGHT, BOTTOM + 34, _RIGHT, "end", class_="axis-label")]
        return cls(x, y, tuple(drawn))

    def empty(self) -> Markup:
        """What is written where there is nothing to draw."""
        return label("no values", (self.x.start + self.x.end) / 2, (TOP + BOTTOM) / 2, anchor="middle", class_="tick")


def spaced_ticks(scale: Scale, most: int = 7) -> list[tuple[float, str]]:
    """Places and texts of the ticks of a horizontal axis, as many as have room beside each other.

    Parameters
    ----------
    scale : Scale
    most : int, default=7

    Examples
    --------
    >>> len(spaced_ticks(Scale(0, 10, 0, 400))), len(spaced_ticks(Scale(0, 10, 0, 40)))
    (6, 3)
    """
    for number in range(most, 1, -1):
        shown = scale.ticks(number)
        if all(later - earlier >= (width_of(text) + width_of(next_text)) / 2 + 6
               for (earlier, text), (later, next_text) in pairwise(shown)):
            return shown
    return scale.ticks(2)[:1]


def tick_label(text: str, x: float, y: float) -> Markup:
    """Number below a horizontal axis, shifted where it would leave the drawing.

    Parameters
    ----------
    text : str
    x, y : float
        Where its middle and its base line should be.

    Examples
    --------
    >>> tick_label("0", 0, 10)
    Markup('<text x="3.9" y="10" text-anchor="middle" class="tick">0</text>')
    """
    half = width_of(text) / 2
    return label(text, min(max(x, half), WIDTH - half), y, anchor="middle", class_="tick")

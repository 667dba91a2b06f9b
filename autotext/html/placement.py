"""Where names stand beside their points, so that none covers another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from autotext.html.svg import FONT, fit, label, line, width_of

# Widest label, in units of a drawing; distances from the point that are tried; height of a line of text.
_WIDEST, _DISTANCES, _HEIGHT = 150.0, (3.0, 12.0, 24.0, 38.0), FONT + 1


@dataclass(frozen=True)
class Box:
    """A rectangle of a drawing.

    Parameters
    ----------
    left, top, right, bottom : float

    Examples
    --------
    >>> Box(0, 0, 2, 2).overlaps(Box(1, 1, 3, 3)), Box(0, 0, 2, 2).overlaps(Box(2, 0, 3, 2))
    (True, False)
    """

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether it shares more than an edge with another.

        Parameters
        ----------
        other : Box
        """
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)

    def holds(self, other: Box) -> bool:
        """Whether another lies in it.

        Parameters
        ----------
        other : Box
        """
        return (self.left <= other.left and other.right <= self.right
                and self.top <= other.top and other.bottom <= self.bottom)


def place_labels(points: Sequence[tuple[str, tuple[float, float]]], area: Box, radius: float) -> tuple[list[Markup], int]:
    """Write names near their points, the first of them where they read best.

    Each takes the first free place around its point, nearer ones first; a thin line leads to those that are farther.

    Parameters
    ----------
    points : sequence of (str, (float, float))
        Names and places.
    area : Box
        Where names may stand.
    radius : float
        Of the points.

    Returns
    -------
    tuple of list of markupsafe.Markup and int
        The labels, and how many names have no place.

    Examples
    --------
    >>> labels, n_left = place_labels([("a", (50, 50)), ("b", (50, 50))], Box(0, 0, 100, 100), 4)
    >>> len(labels), n_left
    (2, 0)
    """
    taken = [Box(x - radius, y - radius, x + radius, y + radius) for _, (x, y) in points]
    labels: list[Markup] = []
    n_left = 0
    for name, point in points:
        places = _candidates(width_of(fit(name, _WIDEST)), point, radius)
        place = next((place for place in places if area.holds(place.box)
                      and not any(place.box.overlaps(other) for other in taken)), None)
        if place is None:
            n_left += 1
            continue
        taken.append(place.box)
        if place.distance > _DISTANCES[0]:
            end = min(max(point[0], place.box.left), place.box.right), min(max(point[1], place.box.top), place.box.bottom)
            labels.append(line(*point, *end, "leader"))
        labels.append(label(name, place.x, place.box.bottom - 3, _WIDEST, place.anchor, class_="name"))
    return labels, n_left


class _Place(NamedTuple):
    """Where a name may stand: its box, the end of it that is nearest to the point, and how far away it is."""

    box: Box
    x: float
    anchor: str
    distance: float


def _candidates(width: float, point: tuple[float, float], radius: float) -> Iterator[_Place]:
    """Places for a name around a point, in the order in which they are liked."""
    for distance in _DISTANCES:
        away = radius + distance
        beside, above, below = point[1] - _HEIGHT / 2, point[1] - away - _HEIGHT, point[1] + away
        for x, anchor, tops in ((point[0] + away, "start", (beside,)), (point[0] - away, "end", (beside,)),
                                (point[0], "middle", (above, below)), (point[0] - radius, "start", (above, below)),
                                (point[0] + radius, "end", (above, below))):
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            yield from (_Place(Box(left, top, left + width, top + _HEIGHT), x, anchor, distance) for top in tops)

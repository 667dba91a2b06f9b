"""Plots of how often answers are right at each confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autotext.html.frame import HEIGHT, Frame
from autotext.html.scales import Axis, is_number
from autotext.html.svg import drawing, element, label, line, path

# Bins that are read out to those who cannot see them.
_READ = 40


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence.

    Parameters
    ----------
    confidence : float
        Their mean confidence.
    accuracy : float
        Share of them that are right.
    count : int
    low, high : float, optional
        Interval of the share.

    Examples
    --------
    >>> Bin(0.95, 0.9, 120).count
    120
    """

    confidence: float
    accuracy: float
    count: int
    low: float = math.nan
    high: float = math.nan


def reliability(bins: Sequence[Bin], title: str, confidence_label: str = "confidence",
                accuracy_label: str = "share that is right") -> Markup:
    """Share of answers that are right at each confidence, beside the diagonal of perfect calibration.

    Below it, how many answers there are of each confidence.

    Parameters
    ----------
    bins : sequence of Bin
    title : str
    confidence_label, accuracy_label : str
        Of the axes.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.

    References
    ----------
    Niculescu-Mizil and Caruana (2005), Predicting good probabilities with supervised learning, ICML.

    Examples
    --------
    >>> plot = reliability([Bin(0.55, 0.5, 20), Bin(0.95, 0.9, 80)], "Calibration")
    >>> plot.count("on-front"), plot.count("count-bar")
    (2, 2)
    """
    usable = sorted((entry for entry in bins if entry.count > 0 and is_number(entry.confidence) and is_number(entry.accuracy)),
                    key=lambda entry: entry.confidence)
    frame = Frame.fit([], Axis(confidence_label, low=0.0, high=1.0), Axis(accuracy_label, low=0.0, high=1.0))
    places = [(frame.x(entry.confidence), frame.y(entry.accuracy)) for entry in usable]
    body = [*frame.elements, line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), "reference")]
    body += [line(x, frame.y(entry.low), x, frame.y(entry.high), "interval colour-0")
             for entry, (x, _) in zip(usable, places, strict=True) if is_number(entry.low) and is_number(entry.high)]
    body += [element("path", d=path(places), class_="series colour-0 dash-0")] if len(places) > 1 else []
    body += [element("circle", element("title", f"{entry.confidence:.3f}: {entry.accuracy:.3f} of {entry.count:,}"), cx=x, cy=y,
                     r=4.5, class_="dot on-front colour-0") for entry, (x, y) in zip(usable, places, strict=True)]
    body += _counts(usable, [x for x, _ in places], frame) if usable else [frame.empty()]
    listed = "; ".join(f"{entry.confidence:.2f}: {entry.accuracy:.2f}" for entry in usable[:_READ]) or "No values"
    return drawing(HEIGHT + 62, title, f"{accuracy_label} at each {confidence_label}. {listed}.", body)


def _counts(bins: Sequence[Bin], places: Sequence[float], frame: Frame) -> list[Markup]:
    """Bars below the plot, as high as there are answers of each confidence."""
    total, most = sum(entry.count for entry in bins), max(entry.count for entry in bins)
    bottom = HEIGHT + 40
    drawn = [element("rect", element("title", f"{entry.count:,} answers"), x=x - 6, y=bottom - 38 * entry.count / most,
                     width=12.0, height=38 * entry.count / most, class_="count-bar")
             for entry, x in zip(bins, places, strict=True)]
    note = label(f"how many of {total:,} answers", frame.x.end, bottom + 18, frame.x.end, "end", class_="axis-label")
    return [*drawn, line(frame.x.start, bottom, frame.x.end, bottom, "axis"), note]

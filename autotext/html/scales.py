"""Axes of plots: round numbers to write on them, and where a value lies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Values beyond this are no measurements, and would overflow where they are squared or subtracted.
_LARGEST = 1e100
# Share of the range that is left free on both sides of the values.
_PADDING = 0.04
_SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def is_number(value: float | None) -> bool:
    """Whether a value can be drawn: it is not missing, not NaN and not infinite.

    Parameters
    ----------
    value : float or None

    Examples
    --------
    >>> is_number(0.5), is_number(float("nan")), is_number(None)
    (True, False, False)
    """
    return value is not None and math.isfinite(value) and abs(value) < _LARGEST


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two bounds.

    Parameters
    ----------
    low, high : float
        Bounds, which may themselves be among the ticks.
    most : int, default=6
        Number of ticks at most; at least 2.

    Returns
    -------
    list of float
        In increasing order; the lower bound alone if nothing lies between the bounds.

    Examples
    --------
    >>> ticks(0.03, 0.94)
    [0.2, 0.4, 0.6, 0.8]
    >>> ticks(0, 100, most=3)
    [0.0, 50.0, 100.0]
    """
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        return [float(low)]
    exponent = math.floor(math.log10((high - low) / (max(most, 2) - 1)))
    for digit in (1, 2, 5, 10, 20):
        # Divided by a power of ten where the step is less than 1, so that 3 steps of 0.1 are 0.3.
        scale, divisor = digit * 10.0 ** max(exponent, 0), 10.0 ** max(-exponent, 0)
        first, last = math.ceil(low * divisor / scale - 1e-9), math.floor(high * divisor / scale + 1e-9)
        if last - first < max(most, 2):
            return [number * scale / divisor for number in range(first, last + 1)] or [float(low)]
    return [float(low)]


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Powers of ten between two positive bounds, and 2 and 5 times them where there is room.

    Parameters
    ----------
    low, high : float
        Positive bounds.
    most : int, default=6
        Number of ticks at most; at least 2.

    Returns
    -------
    list of float
        In increasing order. Bounds too close for two such ticks have those of a linear axis.

    Examples
    --------
    >>> log_ticks(0.5, 2000)
    [1.0, 10.0, 100.0, 1000.0]
    >>> log_ticks(1.5, 30)
    [2.0, 5.0, 10.0, 20.0]
    >>> log_ticks(30, 38)
    [30.0, 32.0, 34.0, 36.0, 38.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1,)):
        inside = [tick for exponent in range(first, last + 1) for digit in digits
                  if low <= (tick := float(f"{digit}e{exponent}")) <= high]
        if len(inside) <= most:
            return inside if len(inside) > 1 else ticks(low, high, most)
    return inside[::-(-len(inside) // most)]


def format_ticks(values: Sequence[float]) -> list[str]:
    """Write the numbers of an axis with equally many decimals, as few as tell them apart.

    Parameters
    ----------
    values : sequence of float

    Examples
    --------
    >>> format_ticks([0.0, 0.25, 0.5]), format_ticks([0, 50_000, 100_000])
    (['0.00', '0.25', '0.50'], ['0', '50k', '100k'])
    >>> format_ticks([0.1, 1, 10, 10_000])
    ['0.1', '1', '10', '10k']
    """
    largest = max(map(abs, values), default=0.0)
    gaps = [later - earlier for earlier, later in pairwise(values)]
    if largest >= 1e15 or 0 < largest < 1e-4 or (gaps and min(gaps) < 1e-6 * largest and max(gaps) < 2 * min(gaps)):
        return next(texts for digits in range(18) if len(set(texts := [f"{value:.{digits}e}" for value in values]))
                    == len(set(values)))
    if gaps and max(gaps) > 1.5 * min(gaps):
        return [_compact(value) for value in values]
    divisor, suffix = next(((size, letter) for size, letter in _SUFFIXES if largest >= max(1e4, size)), (1.0, ""))
    decimals = next((number for number in range(12) if all(math.isclose(value / divisor, round(value / divisor, number),
                     rel_tol=1e-9, abs_tol=1e-12) for value in values)), 12)
    return [f"{value / divisor:,.{decimals}f}{suffix if value else ''}".replace("-", "−") for value in values]


def _compact(value: float) -> str:
    """A number of a logarithmic axis, whose neighbours have other units."""
    if not 1e-4 <= abs(value) < 1e15:
        return f"{value:.0e}"
    divisor, suffix = next(((size, letter) for size, letter in _SUFFIXES if abs(value) >= max(1e4, size)), (1.0, ""))
    return f"{value / divisor:,.10g}{suffix}"


@dataclass(frozen=True)
class Axis:
    """What an axis of a plot shows.

    Parameters
    ----------
    label : str
        Quantity and unit, e.g. ``"seconds"``.
    is_log : bool, default=False
        Whether it is logarithmic; values that are not positive are then left out.
    low, high : float, optional
        Bounds; those of the values, and a little more, where they are not set.

    Examples
    --------
    >>> Axis("score", low=0.0, high=1.0).scale([0.3], 0, 100)(0.25)
    25.0
    """

    label: str
    is_log: bool = False
    low: float | None = None
    high: float | None = None

    def accepts(self, value: float | None) -> bool:
        """Whether a value can be shown on it.

        Parameters
        ----------
        value : float or None
        """
        return is_number(value) and (not self.is_log or (value or 0.0) > 1e-100)

    def scale(self, values: Iterable[float], start: float, end: float) -> Scale:
        """Scale that has some values in its range, between two places.

        Parameters
        ----------
        values : iterable of float
            Those that cannot be shown are ignored.
        start, end : float
            Places of the ends of the axis.
        """
        shown = [float(value) for value in values if self.accepts(value)]
        shown += [bound for bound in (self.low, self.high) if bound is not None and self.accepts(bound)]
        low, high = (min(shown), max(shown)) if shown else ((1.0, 10.0) if self.is_log else (0.0, 1.0))
        if self.is_log:
            # A range of one value would have no length.
            span = max((high / low) ** _PADDING, 1.2 if high <= low * 1.0001 else 1.0)
            padded = low / span, high * span
        else:
            is_wide = high - low > max(1e-9 * abs(high), 1e-12)
            span = (high - low) * _PADDING if is_wide else max(abs(high) * 0.1, 1e-6)
            padded = low - span, high + span
        low = padded[0] if self.low is None or low < self.low or high <= low else low
        high = padded[1] if self.high is None or high > self.high or high <= low else high
        return Scale(low, high, start, end, self.is_log)


@dataclass(frozen=True)
class Scale:
    """Map from values to places on an axis.

    Parameters
    ----------
    low, high : float
        Values at the ends of the axis; positive if it is logarithmic.
    start, end : float
        Places of the ends.
    is_log : bool, default=False

    Examples
    --------
    >>> Scale(1, 100, 0, 200, is_log=True)(10)
    100.0
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Place of a value; that of the nearest end if it is out of range."""
        low, high, at = ((math.log10(bound) for bound in (self.low, self.high, max(value, 1e-300))) if self.is_log
                         else (self.low, self.high, value))
        return self.start + (self.end - self.start) * min(max((at - low) / (high - low), 0.0), 1.0)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Places of round numbers, and how these are written.

        Parameters
        ----------
        most : int, default=6
        """
        values = (log_ticks if self.is_log else ticks)(self.low, self.high, most)
        return [(self(value), text) for value, text in zip(values, format_ticks(values), strict=True)]

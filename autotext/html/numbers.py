"""How numbers are written for people."""

from __future__ import annotations

import math

MISSING = "–"
"""What stands where there is no value."""


def format_number(value: float | None, decimals: int = 3) -> str:
    """A number with a fixed count of decimals, thousands apart and a minus sign.

    Parameters
    ----------
    value : float or None
    decimals : int, default=3

    Examples
    --------
    >>> format_number(0.12345), format_number(-1234.5, 0), format_number(float("inf")), format_number(None)
    ('0.123', '−1,234', '∞', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.{decimals}f}" if abs(value) < 1e15 else f"{value:.3g}"
    return (text.removeprefix("-") if not float(text.replace(",", "")) else text).replace("-", "−")


def format_seconds(value: float | None) -> str:
    """A duration in a unit that suits it.

    Parameters
    ----------
    value : float or None
        Seconds.

    Examples
    --------
    >>> [format_seconds(value) for value in (0.0123, 4.56, 75, 7500, None)]
    ['12 ms', '4.6 s', '75 s', '2.1 h', '–']
    """
    if value is None or not math.isfinite(value):
        return MISSING
    for limit, divisor, unit in ((1, 0.001, "ms"), (120, 1.0, "s"), (7200, 60.0, "min")):
        if abs(value) < limit:
            return f"{_figures(value / divisor)} {unit}"
    return f"{_figures(value / 3600)} h"


def format_memory(value: float | None) -> str:
    """An amount of memory in a unit that suits it.

    Parameters
    ----------
    value : float or None
        MiB.

    Examples
    --------
    >>> format_memory(0.5), format_memory(300), format_memory(2500), format_memory(float("nan"))
    ('0.5 MiB', '300 MiB', '2.4 GiB', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{_figures(value / 1024)} GiB" if abs(value) >= 1024 else f"{_figures(value)} MiB"


def _figures(value: float) -> str:
    """Two figures, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"

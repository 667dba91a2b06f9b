"""Checks of the tables of a report that was read from a file, which anybody may have written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from autotext.errors import shown


def checked_tables(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of a saved report, of numbers that can be rendered.

    Parameters
    ----------
    saved : mapping of str to object
        A report as JSON; tables that earlier versions did not have may be missing.

    Returns
    -------
    dict of str to object
        Values of fields of the report.

    Raises
    ------
    ValueError
        An entry lacks a column, or has no number in range there.

    Examples
    --------
    >>> checked_tables({"coverage": [{"min_score": 0.9, "answered": 1, "error": 0.1}], "class_table": None})
    {'coverage': ({'min_score': 0.9, 'answered': 1.0, 'error': 0.1},)}
    >>> checked_tables({"coverage": [{"min_score": "high", "answered": 1, "error": 0.1}]})
    Traceback (most recent call last):
    ValueError: min_score of an entry of coverage cannot be 'high'
    """
    tables: dict[str, Any] = {}
    for name, columns in _TABLES.items():
        if saved.get(name) is not None:
            if not isinstance(saved[name], list | tuple):
                raise ValueError(f"{name} must be a list, not {shown(saved[name])}")
            tables[name] = tuple(_checked_entry(name, entry, columns) for entry in saved[name])
    for name in ("seconds", "baseline"):
        for key, value in _mapping(name, saved.get(name) or {}).items():
            if not _is_finite(value) and not (name == "baseline" and value is None):
                raise ValueError(f"{key} of {name} cannot be {shown(value)}")
    return tables


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object, not {shown(value)}")
    return value


def _checked_entry(name: str, entry: Any, columns: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    mapping, checked = _mapping(f"an entry of {name}", entry), {}
    # A table of classes may lack what is undefined.
    for column, convert in columns.items() if name != "class_table" else [(key, columns[key]) for key in entry]:
        try:
            checked[column] = convert(mapping[column])
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{column} of an entry of {name} cannot be {shown(mapping[column])}") from None
    return checked


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300


def _number(value: Any, most: float = math.inf) -> float:
    if not _is_finite(value) or not 0.0 <= value <= most:
        raise ValueError
    return float(value)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError
    return value


def _label(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool | None):
        raise TypeError
    return value


def _share_or_none(value: Any) -> float | None:
    return None if value is None else _share(value)


_share = partial(_number, most=1.0)
_TABLES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "coverage": dict.fromkeys(("min_score", "answered", "error"), _share),
    "reliability": {"confidence": _share, "accuracy": _share, "rows": _whole},
    "class_table": {"label": _label, "rows": _whole, **dict.fromkeys(("precision", "recall", "f1"), _share_or_none)},
    "ensemble": {"fingerprint": str, "weight": _number}}

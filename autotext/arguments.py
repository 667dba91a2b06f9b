"""Checks of what a caller gives: each returns the value in its plain type, or names argument, value and what to write."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from autotext.errors import ArgumentError, AutotextError, shown, suggestion

# What file systems take at most: bytes of a name, and of a path.
_NAME_BYTES, _PATH_BYTES = 255, 4095
# What arguments are called in other libraries.
_TERMS = {**dict.fromkeys(("target", "targets", "labels"), "label={}"), **dict.fromkeys(("X", "texts", "data"), "dataset={}"),
          **dict.fromkeys(("n_trials", "trials"), "budget=Budget(seconds=None, trials={})"),
          **dict.fromkeys(("seconds", "timeout", "time_limit", "time_budget"), "budget={}"), "n_jobs": "workers={}",
          "random_state": "seed={}", "scoring": "metric={}", "callback": "on_evaluation={}", "search_space": "space={}",
          "models": "encoders={}", "sep": "separator={}"}

P = ParamSpec("P")
R = TypeVar("R")


def argument_error(name: str, expected: str, value: object, error: type[AutotextError] = ArgumentError) -> AutotextError:
    """Error that says what an argument must be.

    Examples
    --------
    >>> str(argument_error("workers", "a whole number", "two"))
    "workers must be a whole number, not 'two'."
    """
    return error(f"{name} must be {expected}, not {shown(value)}.")


def check_integer(value: object, name: str, low: int, high: int, instead: str = "",
                  error: type[AutotextError] = ArgumentError) -> int:
    """Whole number within bounds, also one of NumPy's; `instead` says what else may be given.

    Examples
    --------
    >>> check_integer(3, "workers", 1, 1024)
    3
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or not low <= int(value) <= high:
        raise argument_error(name, f"a whole number from {low:,} to {high:,}{instead}", value, error)
    return int(value)


def check_number(value: object, name: str, most: float, instead: str = "", *, zero: bool = False,
                 error: type[AutotextError] = ArgumentError) -> float:
    """Positive number, or with `zero` one that is not negative, also one of NumPy's; a timedelta counts in seconds.

    Examples
    --------
    >>> check_number(0.5, "seconds", 1e9)
    0.5
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    in_range = isinstance(number, Real) and not isinstance(number, bool) and 0 <= number <= most  # type: ignore[operator]
    if not in_range or (number == 0 and not zero):
        expected = f"a {'number from 0' if zero else 'positive number up'} to {most:,.0f}{instead}"
        raise argument_error(name, expected, value, error)
    return float(number)  # type: ignore[arg-type]


def check_path(value: object, name: str) -> Path:
    """Path that the system can take; ``~`` is the user's home.

    Examples
    --------
    >>> check_path("reviews-search", "storage").name
    'reviews-search'
    """
    try:
        text = os.fspath(value)  # type: ignore[call-overload]
        if isinstance(text, str) and text and "\0" not in text:
            parts = [len(part) for part in os.fsencode(text).split(os.fsencode(os.sep))]
            if max(parts) <= _NAME_BYTES and sum(parts) + len(parts) <= _PATH_BYTES:
                return Path(text).expanduser()
    except (TypeError, ValueError, RuntimeError, UnicodeError):
        pass
    raise argument_error(name, "a path, such as 'reviews-pipeline'", value)


def check_items(value: object, name: str, kinds: tuple[type, ...], expected: str) -> list[Any]:
    """List of what is given as one thing of some kinds, or as a collection of them.

    Examples
    --------
    >>> check_items("minilm", "encoders", (str,), "a folder"), check_items((), "encoders", (str,), "a folder")
    (['minilm'], [])
    """
    if isinstance(value, kinds):
        return [value]
    items = list(value) if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping) else None
    if items is None or not all(isinstance(item, kinds) for item in items):
        raise argument_error(name, f"{expected}, or a list of them", value)
    return items


def names_unknown_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: an argument that the function does not have is refused with the one that was probably meant.

    Examples
    --------
    >>> @names_unknown_arguments
    ... def fit(label, workers): ...
    >>> fit(target="stars")
    Traceback (most recent call last):
    autotext.errors.ArgumentError: fit has no argument 'target'; write label='stars'.
    """
    known = inspect.signature(function).parameters

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in known:
                term = _TERMS.get(name, "")
                if term == "label={}" and not isinstance(value, str):
                    term = "y={}"
                hint = (f"; write {term.format(shown(value, 40))}." if term.partition("=")[0] in known
                        else f".{suggestion(name, known, limit=20)}")
                raise ArgumentError(f"{function.__qualname__} has no argument {name!r}{hint}")
        return function(*args, **kwargs)

    return checked

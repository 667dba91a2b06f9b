"""Checks of arguments: each returns the value as a plain type, or raises an error that says what to write instead."""

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

# Limits of file systems: bytes of a name, and of a path.
_NAME_BYTES, _PATH_BYTES = 255, 4095
# Names of arguments in other libraries, and the argument that means the same here.
_TERMS = {**dict.fromkeys(("target", "targets", "labels"), "label={}"), **dict.fromkeys(("X", "texts", "data"), "dataset={}"),
          **dict.fromkeys(("n_trials", "trials"), "budget=Budget(seconds=None, trials={})"),
          **dict.fromkeys(("seconds", "timeout", "time_limit", "time_budget"), "budget={}"), "n_jobs": "workers={}",
          "random_state": "seed={}", "scoring": "metric={}", "callback": "on_evaluation={}", "search_space": "space={}",
          "models": "encoders={}", "sep": "separator={}"}

P = ParamSpec("P")
R = TypeVar("R")


def argument_error(name: str, expected: str, value: object, error: type[AutotextError] = ArgumentError) -> AutotextError:
    """Make an error that says what an argument must be.

    Parameters
    ----------
    name : str
        Name of the argument.
    expected : str
        What it must be, in words.
    value : object
        What it was.
    error : class of AutotextError, default=ArgumentError

    Examples
    --------
    >>> str(argument_error("workers", "a whole number", "two"))
    "workers must be a whole number, not 'two'."
    """
    return error(f"{name} must be {expected}, not {shown(value)}.")


def check_integer(value: object, name: str, low: int, high: int, instead: str = "",
                  error: type[AutotextError] = ArgumentError) -> int:
    """Check that an argument is a whole number within bounds; those of NumPy count.

    Parameters
    ----------
    value : object
    name : str
        Name of the argument, for the error.
    low, high : int
        Bounds, both of which are allowed.
    instead : str, default=""
        What else the argument may be, for the error.
    error : class of AutotextError, default=ArgumentError

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
    """Check that an argument is a positive number; those of NumPy count, and a timedelta counts in seconds.

    Parameters
    ----------
    value : object
    name : str
        Name of the argument, for the error.
    most : float
        Largest number that is allowed.
    instead : str, default=""
        What else the argument may be, for the error.
    zero : bool, default=False
        Whether 0 is allowed.
    error : class of AutotextError, default=ArgumentError

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
    """Check that an argument is a path that the system can use; ``~`` becomes the user's home.

    Parameters
    ----------
    value : object
    name : str
        Name of the argument, for the error.

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
    """Check that an argument is one thing of some types, or a collection of them, and give it as a list.

    Parameters
    ----------
    value : object
    name : str
        Name of the argument, for the error.
    kinds : tuple of type
    expected : str
        What one thing must be, in words.

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
    """Decorator with which a function refuses an unknown argument and names the one that was probably meant.

    Parameters
    ----------
    function : callable

    Examples
    --------
    >>> @names_unknown_arguments
    ... def fit(label, workers): ...
    >>> fit(target="stars")
    Traceback (most recent call last):
    autotext.errors.ArgumentError: fit has no argument 'target'; write label='stars'.
    """
    parameters = inspect.signature(function).parameters

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in parameters:
                term = _TERMS.get(name, "")
                if term == "label={}" and not isinstance(value, str):
                    term = "y={}"
                hint = (f"; write {term.format(shown(value, 40))}." if term.partition("=")[0] in parameters
                        else f".{suggestion(name, parameters, limit=20)}")
                raise ArgumentError(f"{function.__qualname__} has no argument {name!r}{hint}")
        return function(*args, **kwargs)

    return checked

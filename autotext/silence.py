"""Warnings and messages of other libraries, silenced for a moment."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

# Filters belong to the whole process: two threads that set and restore them in turn would undo each other.
_LOCK = threading.RLock()


@contextlib.contextmanager
def without_warnings(category: type[Warning]) -> Iterator[None]:
    """Silence one category of warnings; one thread at a time.

    Examples
    --------
    >>> import warnings
    >>> with without_warnings(UserWarning):
    ...     warnings.warn("not seen")
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield


@contextlib.contextmanager
def temporarily(read: Callable[[], T], write: Callable[[T], object], value: T) -> Iterator[None]:
    """Give a setting of another library, such as the level of its log, a value; in the end, it has the former one.

    Parameters
    ----------
    read : callable
        Gives the value that the setting has.
    write : callable
        Takes the value that the setting is to have.
    value : object

    Examples
    --------
    >>> import logging
    >>> logger = logging.getLogger("somebody.else")
    >>> with temporarily(lambda: logger.level, logger.setLevel, logging.ERROR):
    ...     logger.warning("not seen")
    """
    before = read()
    write(value)
    try:
        yield
    finally:
        write(before)

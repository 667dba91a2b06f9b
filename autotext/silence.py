"""Warnings and messages of other libraries, silenced while a block runs."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

# Filters belong to the whole process, and two threads that set and restore them at the same time would undo each other.
_LOCK = threading.RLock()


@contextlib.contextmanager
def without_warnings(category: type[Warning]) -> Iterator[None]:
    """Silence one category of warnings while a block runs; only one thread at a time may do so.

    Parameters
    ----------
    category : class of Warning

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
    """Change a setting of another library, such as the level of its log, while a block runs.

    Parameters
    ----------
    read : callable
        Gives the present value of the setting.
    write : callable
        Sets the value.
    value : object
        Value of the setting inside the block.

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

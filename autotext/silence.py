"""Warnings of other libraries, silenced for a moment."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

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

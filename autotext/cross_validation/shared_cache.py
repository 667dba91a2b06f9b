"""Values that worker processes make once and share through memory-mapped files."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import joblib

# Mapping what was made faster than this would save nothing.
_LEAST_SECONDS = 0.05
_FREE_SHARE = 0.5


class SharedCache:
    """A folder of values, each written by the process that made it and mapped by all; what is long unused goes first.

    Parameters
    ----------
    folder : str, Path or None
        Of one run, removed by whoever made it. None: nothing is shared.
    limit_mib : float, default=512.0
        Of the folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     given = SharedCache(folder).put("numbers", [1, 2], seconds=1.0)
    ...     given, SharedCache(folder).get("numbers")
    ([1, 2], ([1, 2], 1.0))
    """

    def __init__(self, folder: str | Path | None, limit_mib: float = 512.0) -> None:
        self._folder = Path(folder) if folder else None
        self._limit = limit_mib * 2**20

    def __contains__(self, key: str) -> bool:
        return self._folder is not None and self._path(key).exists()

    def get(self, key: str) -> tuple[Any, float] | None:
        """A value, and the seconds that it cost when it was made; None if it is not there."""
        if key not in self:
            return None
        # Whatever is wrong with a file, what it held can be made again.
        with contextlib.suppress(Exception):
            path = self._path(key)
            os.utime(path)
            value, seconds = joblib.load(path, mmap_mode="r")
            return value, seconds
        return None

    def put(self, key: str, value: Any, seconds: float) -> Any:
        """Share a value; gives it as the others see it, or as it is where it cannot be shared.

        Parameters
        ----------
        key : str
            A fingerprint.
        value : object
        seconds : float
            That it cost.
        """
        if self._folder is None or seconds < _LEAST_SECONDS:
            return value
        new_file = self._folder / f"{key}.{os.getpid()}"
        try:
            joblib.dump((value, seconds), new_file)
            if not self._evict(new_file.stat().st_size):
                raise OSError("there is no room for it")
            new_file.replace(self._path(key))
        except OSError:
            # A full disk costs time, not results.
            with contextlib.suppress(OSError):
                new_file.unlink(missing_ok=True)
            return value
        shared = self.get(key)
        return value if shared is None else shared[0]

    def _evict(self, size: float) -> bool:
        """Whether a new file of some size may stay, older ones having gone; mapped ones live on for those who have them."""
        assert self._folder is not None
        limit = min(self._limit, _FREE_SHARE * (shutil.disk_usage(self._folder).free + self._size()))
        for path in self._files_by_age():
            if self._size() <= limit:
                break
            path.unlink(missing_ok=True)
        return size <= limit

    def _files_by_age(self) -> list[Path]:
        assert self._folder is not None
        ages = {path: _stat(path)[0] for path in self._folder.glob("*.shared")}
        return sorted(ages, key=lambda path: (ages[path], path.name))

    def _size(self) -> float:
        assert self._folder is not None
        return sum(_stat(path)[1] for path in self._folder.iterdir())

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{key}.shared"


def _stat(path: Path) -> tuple[float, float]:
    """Time of the last use and bytes of a file, which another process may just have removed."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_mtime, float(status.st_size)
    return time.time(), 0.0

"""Cache of values that one worker process computes, and all others map into their memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import joblib

# Values that take less time to compute are not shared, as reading them would save nothing.
_LEAST_SECONDS = 0.05
_FREE_SHARE = 0.5


class SharedCache:
    """Folder of values, each of which is written by one process and mapped by all others; long unused ones are removed first.

    Parameters
    ----------
    folder : str, Path or None
        Folder of one search, which its maker removes. None: nothing is shared.
    limit_mib : float, default=512.0
        Limit on the size of the folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     value = SharedCache(folder).put("numbers", [1, 2], seconds=1.0)
    ...     value, SharedCache(folder).get("numbers")
    ([1, 2], ([1, 2], 1.0))
    """

    def __init__(self, folder: str | Path | None, limit_mib: float = 512.0) -> None:
        self._folder = Path(folder) if folder else None
        self._limit = limit_mib * 2**20

    def __contains__(self, key: str) -> bool:
        return self._folder is not None and self._path(key).exists()

    def get(self, key: str) -> tuple[Any, float] | None:
        """Get a value, and the seconds that computing it took; None if it is not in the cache."""
        if key not in self:
            return None
        # A value whose file cannot be read can be computed again.
        with contextlib.suppress(Exception):
            path = self._path(key)
            os.utime(path)
            value, seconds = joblib.load(path, mmap_mode="r")
            return value, seconds
        return None

    def put(self, key: str, value: Any, seconds: float) -> Any:
        """Share a value, and give the mapped copy of it, or the value itself if it cannot be shared.

        Parameters
        ----------
        key : str
            A fingerprint.
        value : object
        seconds : float
            Time that computing the value took.
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
        """Remove old files until a new one fits, and say whether it may stay; mapped files stay readable."""
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
    """Time of the last use, and size in bytes, of a file, which another process may just have removed."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_mtime, float(status.st_size)
    return time.time(), 0.0

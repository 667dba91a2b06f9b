"""File operations that fail or never return, at any chosen one of them."""

import builtins
import errno
import os

from autotext import writing

# What changes files or opens them for writing; each call is one point at which something can go wrong.
OPERATIONS = ("open", "replace", "rename", "unlink", "rmdir", "mkdir", "fsync", "scandir", "listdir")


class Killed(BaseException):
    """Stands for the end of the process: whatever is called afterwards does nothing but raise it again."""


class Faults:
    """While in force, the `at`-th operation fails with an error number, or, without one, the process is as good as killed.

    Attributes
    ----------
    calls : list of (str, str)
        Operations so far, and the paths that they were for.
    """

    def __init__(self, monkeypatch, at, number=None):
        self.calls, self.at, self.number = [], at, number
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self._faulty(name, getattr(os, name)))
        monkeypatch.setattr(writing, "open", self._open, raising=False)

    def strike(self, name, path=""):
        self.calls.append((name, str(path)))
        if self.number is None and len(self.calls) >= self.at:
            raise Killed
        if len(self.calls) == self.at:
            raise OSError(self.number, os.strerror(self.number))

    @property
    def struck(self):
        return len(self.calls) >= self.at

    def _faulty(self, name, function):
        def call(*arguments, **keywords):
            self.strike(name, *arguments[:1])
            return function(*arguments, **keywords)

        return call

    def _open(self, path, mode):
        self.strike("create", path)
        return _File(builtins.open(path, mode, buffering=0), self)


class _File:
    """A file of which half is written when writing fails."""

    def __init__(self, file, faults):
        self.file, self.faults = file, faults

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        self.faults.strike("write")
        self.file.write(data[len(data) // 2 :])

    def __getattr__(self, name):
        return getattr(self.file, name)


ERRORS = {"kill": None, "full disk": errno.ENOSPC, "no right": errno.EACCES}

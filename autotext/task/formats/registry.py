"""Every input format by name; a new one is one file that registers it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, TypeVar

from autotext.arguments import argument_error
from autotext.errors import ArgumentError
from autotext.task.formats.format import Annotations, BinaryFormat, Format, TextFormat

InputFormat = Format[Any] | Annotations
F = TypeVar("F", bound=InputFormat)
REGISTERED: dict[str, InputFormat] = {}
"""Filled by `register_format`; to be read through the functions below, which import the shipped formats first."""


def register_format(input_format: F) -> F:
    """Make an input format known, so that files of it are read wherever a file can be named.

    A format from outside autotext is asked before the shipped ones, but only about files with one of its endings.

    Parameters
    ----------
    input_format : TextFormat, BinaryFormat or Annotations

    Returns
    -------
    TextFormat, BinaryFormat or Annotations
        The same.

    Raises
    ------
    ArgumentError
        Another format has its name, or one of its endings where its content cannot decide.

    Examples
    --------
    >>> from autotext.task.formats import TextFormat
    >>> def read(text, name):
    ...     return {"text": text.splitlines()}, []
    >>> register_format(TextFormat("a table", (".csv",), read))
    Traceback (most recent call last):
    autotext.errors.ArgumentError: a table: 'a table in a text file' reads .csv files, too; say by `recognise` which of...
    """
    if not isinstance(input_format, TextFormat | BinaryFormat | Annotations):
        raise argument_error("input_format", "a TextFormat, a BinaryFormat or Annotations", input_format)
    if not is_shipped(input_format):
        _load_shipped()
    others = [other for other in REGISTERED.values() if _origin(other) != _origin(input_format)]
    for other in others:
        if other.name == input_format.name:
            raise ArgumentError(f"There already is a format called {other.name!r}, of {'.'.join(_origin(other)[:2])}; choose "
                                "another name.")
        if isinstance(input_format, Format) and isinstance(other, Format):
            _check_endings(input_format, other)
    REGISTERED[input_format.name] = input_format
    return input_format


def _check_endings(input_format: Format[Any], other: Format[Any]) -> None:
    """Refuse a format if the content of a file could not tell whether it or another is meant."""
    shared = [ending for ending in input_format.endings if ending in other.endings]
    if not shared:
        return
    if isinstance(input_format, TextFormat) != isinstance(other, TextFormat):
        kind = TextFormat if isinstance(other, TextFormat) else BinaryFormat
        raise ArgumentError(f"{input_format.name}: {other.name!r} reads {shared[0]} files as a {kind.__name__}; make it one, "
                            "too, or choose another ending.")
    silent = next((each for each in (input_format, other) if each.recognise is None), None)
    if silent is not None:
        which = "are its" if silent is input_format else f"are those of {other.name!r}"
        raise ArgumentError(f"{input_format.name}: {other.name!r} reads {shared[0]} files, too; say by `recognise` which of "
                            f"them {which}, or choose another ending.")


def formats_of(kind: type[F]) -> list[F]:
    """Registered formats of one kind, those from outside autotext first.

    Parameters
    ----------
    kind : type
        ``TextFormat``, ``BinaryFormat`` or ``Annotations``.

    Examples
    --------
    >>> "a text file" in [text_format.name for text_format in formats_of(TextFormat)]
    True
    """
    _load_shipped()
    return sorted((each for each in REGISTERED.values() if isinstance(each, kind)), key=is_shipped)


def readable_endings() -> tuple[str, ...]:
    """Endings of the files that can be read.

    Examples
    --------
    >>> [ending for ending in readable_endings() if ending.startswith(".j")]
    ['.json', '.jsonl', '.jsonlines']
    """
    _load_shipped()
    return tuple(sorted({ending for each in REGISTERED.values() if isinstance(each, Format) for ending in each.endings}))


def is_shipped(input_format: InputFormat) -> bool:
    """Whether a format is part of autotext.

    Parameters
    ----------
    input_format : TextFormat, BinaryFormat or Annotations

    Examples
    --------
    >>> is_shipped(formats_of(TextFormat)[-1])
    True
    """
    return _origin(input_format)[0].startswith("autotext.")


def _origin(input_format: InputFormat) -> tuple[str, str, str]:
    """Module, function and name: the same once more where a module is imported anew."""
    read = input_format.read
    return getattr(read, "__module__", ""), getattr(read, "__qualname__", type(read).__qualname__), input_format.name


@cache
def _load_shipped() -> None:
    package = importlib.import_module("autotext.task.formats")
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package.__name__}.{module}")

"""Checks of the arguments that describe data, before the data are read."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from typing import Any

from autotext.arguments import argument_error, check_items
from autotext.task.languages import language_code


def check_reading(text: Any, label: Any, separator: Any, language: Any, encoding: Any, groups: Any, time: Any) -> None:
    """Refuse arguments of `Task.read` that cannot be right, whatever the data are.

    Parameters
    ----------
    text, label, separator, language, encoding, groups, time : object
        As in `Task.read`.

    Raises
    ------
    AutotextError
        An argument cannot be right; the message says what to write instead.

    Examples
    --------
    >>> check_reading("text", "label", None, "Korean", "cp949", None, None)
    """
    for name, value in (("text", text), ("label", label)):
        columns = () if value is None else check_items(value, name, (str, int), "the name of a column")
        if value is not None and not (columns and all(map(_is_column, columns))):
            raise argument_error(name, "the name of a column, or a list of at least one", value)
    if separator is not None and (not isinstance(separator, str) or not separator):
        raise argument_error("separator", "what stands between two labels, e.g. '|'", separator)
    if language is not None:
        language_code(language)
    if encoding is not None:
        _check_encoding(encoding)
    for name, value in (("groups", groups), ("time", time)):
        if value is not None and not isinstance(value, str) and not _is_sequence(value):
            raise argument_error(name, "the name of a column, or a value for each text", value)


def _is_column(name: str | int) -> bool:
    """Whether a value can name a column of a table; columns without names are called by their numbers."""
    return isinstance(name, str) or (not isinstance(name, bool) and 0 <= name < 2**31)


def _check_encoding(encoding: Any) -> None:
    try:
        codecs.lookup(encoding)
    except (LookupError, TypeError, ValueError):
        raise argument_error("encoding", "the name of one, e.g. 'utf-8' or 'cp949'", encoding) from None


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, bytes | Mapping) and getattr(value, "ndim", 1) == 1

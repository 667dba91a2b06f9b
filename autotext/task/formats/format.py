"""What a file format is, and what formats that hold labels have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from autotext.task.tables import Columns

Content = TypeVar("Content", bytes, str)
SHOWN_ROWS = 5


@dataclass(frozen=True)
class Format(Generic[Content]):
    """A kind of file.

    Attributes
    ----------
    name : str
        As in "a.txt is ...".
    endings : tuple of str
        Of the names of such files; what no other format recognises is read by its ending.
    recognise : callable
        Whether content is of this kind and no other.
    read : callable
        Content and the file's name to columns, and what was noticed; raises TaskError.
    """

    name: str
    endings: tuple[str, ...]
    recognise: Callable[[Content], bool]
    read: Callable[[Content, str], tuple[Columns, list[str]]]


@dataclass(frozen=True)
class Annotations:
    """What an annotation tool exports: columns of its own, which hold texts and labels in its own way.

    Attributes
    ----------
    recognise : callable
        Whether columns come from this tool.
    read : callable
        These columns and the file's name to columns ``"text"`` and ``"label"`` beside the others, and what was noticed.
    """

    recognise: Callable[[Columns], bool]
    read: Callable[[Columns, str], tuple[Columns, list[str]]]


def single_labels(labels: Sequence[list[Any] | None]) -> tuple[list[Any], list[str]]:
    """Labels out of their lists where every list has exactly one, and what is to be said about it.

    Parameters
    ----------
    labels : sequence of list or None, n_rows
        None: the row has no label.

    Examples
    --------
    >>> single_labels([["good"], None, ["bad"]])
    (['good', None, 'bad'], ['Every labelled row has exactly one label, so classes are taken to exclude each other.'])
    >>> single_labels([["good"], ["good", "cheap"]])
    ([['good'], ['good', 'cheap']], [])
    """
    labelled = [row for row in labels if row is not None]
    if not labelled or any(len(row) != 1 for row in labelled):
        return list(labels), []
    return ([None if row is None else row[0] for row in labels],
            ["Every labelled row has exactly one label, so classes are taken to exclude each other."])


def listed_rows(rows: Sequence[int]) -> str:
    """Numbers of rows, which count from 0, as they are said.

    Examples
    --------
    >>> listed_rows([0, 4])
    'rows 1, 5'
    """
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN_ROWS])
    more = f" and {len(rows) - SHOWN_ROWS:,} more" if len(rows) > SHOWN_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"

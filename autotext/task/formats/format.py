"""What a file format is, and what formats that hold labels have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from autotext.arguments import argument_error
from autotext.task.tables import Columns

Content = TypeVar("Content", bytes, str)
SHOWN_ROWS = 5


@dataclass(frozen=True)
class Format(Generic[Content]):
    """A kind of file, and how it becomes columns; `TextFormat` and `BinaryFormat` say what its content is.

    Parameters
    ----------
    name : str
        As in "a.txt is ...".
    endings : tuple of str
        Of the names of such files, in lower case; ``.gz`` may follow each.
    read : callable
        Content and the file's name to columns, and what the user should know about them; raises TaskError.
    recognise : callable, optional
        Whether content is of this kind and no other. None: every file with one of the endings is, which no other format has.

    Raises
    ------
    ArgumentError
        The name, an ending or a function is no such thing.
    """

    name: str
    endings: tuple[str, ...]
    read: Callable[[Content, str], tuple[Columns, list[str]]]
    recognise: Callable[[Content], bool] | None = None

    def __post_init__(self) -> None:
        _check(self.name, self.read, self.recognise)
        if not isinstance(self.endings, tuple) or not self.endings or not all(map(_is_ending, self.endings)):
            raise argument_error(f"{self.name}: endings", "a tuple of endings in lower case with one dot, as ('.lines',), and "
                                 "not '.gz'", self.endings)


class TextFormat(Format[str]):
    r"""A kind of text file; its content is decoded before it is recognised and read.

    Examples
    --------
    >>> lines = TextFormat("a file of lines", (".lines",), lambda text, name: ({"text": text.split("\n")}, []))
    >>> lines.read("so good\nso bad", "new.lines")[0]
    {'text': ['so good', 'so bad']}
    """


class BinaryFormat(Format[bytes]):
    """A kind of file that is no text; see `Format`."""


@dataclass(frozen=True)
class Annotations:
    """Columns as an annotation tool exports them, in whatever file, and how they become texts and labels.

    Parameters
    ----------
    name : str
        Such as "an export of doccano".
    read : callable
        These columns and the file's name to columns ``"text"`` and ``"label"`` beside the others, and what the user should
        know about them; raises TaskError.
    recognise : callable
        Whether columns come from this tool.
    """

    name: str
    read: Callable[[Columns, str], tuple[Columns, list[str]]]
    recognise: Callable[[Columns], bool]

    def __post_init__(self) -> None:
        _check(self.name, self.read, self.recognise)


def _check(name: object, read: object, recognise: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise argument_error("The name of a format", "a few words, such as 'a file of labelled lines'", name)
    if not callable(read):
        raise argument_error(f"{name}: read", "a function of content and name", read)
    if recognise is not None and not callable(recognise):
        raise argument_error(f"{name}: recognise", "a function of content", recognise)


def _is_ending(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\.[^.\s/\\]+", value) is not None and value == value.lower() != ".gz"


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
    """Name rows in a message, counted from 1; only the first five of many.

    Parameters
    ----------
    rows : sequence of int
        Row numbers, from 0; at least one.

    Examples
    --------
    >>> listed_rows([0, 4])
    'rows 1, 5'
    """
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN_ROWS])
    more = f" and {len(rows) - SHOWN_ROWS:,} more" if len(rows) > SHOWN_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"

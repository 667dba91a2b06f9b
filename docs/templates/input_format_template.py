"""Template of an input format: a file in, columns out.

Copy it, rename it, and replace `recognise` and `read`.
"""

from __future__ import annotations

from typing import Any

from autotext import TaskError
from autotext.task.formats import TextFormat, register_format

Columns = dict[str, list[Any]]


def recognise(text: str) -> bool:
    """Whether some text is of this kind and no other."""
    return text.startswith("#labelled-lines\n")


def read(text: str, name: str) -> tuple[Columns, list[str]]:
    r"""Columns of a file's text, and what the user should know about it.

    Parameters
    ----------
    text : str
        The file after decoding.
    name : str
        What the file is called in messages.

    Returns
    -------
    columns : dict of str to list
        Lists of equal length; columns called "text" and "label" are found without being named.
    notes : list of str

    Raises
    ------
    TaskError
        The message names the file and the line, and says what is wrong.

    Examples
    --------
    >>> read("#labelled-lines\ngood | It arrived early.\n", "reviews.lines")[0]
    {'text': ['It arrived early.'], 'label': ['good']}
    """
    columns: Columns = {"text": [], "label": []}
    for number, line in enumerate(text.splitlines()[1:], start=2):
        label, mark, rest = line.partition(" | ")
        if not mark:
            raise TaskError(f"{name}, line {number}: there is no ' | ' in {line[:40]!r}.")
        columns["text"].append(rest)
        columns["label"].append(label)
    return columns, []


# A name as in "reviews.lines is a file of labelled lines", and the endings of such files. An ending
# that autotext reads, too, is possible: files that `recognise` refuses are read as before. Without
# `recognise`, every file with one of the endings is of this kind. The content of a `BinaryFormat`
# is bytes.
FORMAT = register_format(TextFormat("a file of labelled lines", (".lines",), read, recognise))

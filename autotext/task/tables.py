"""Names of the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from autotext.errors import TaskError

Columns = dict[str, list[Any]]


def named_columns(header: Sequence[Any], columns: Sequence[list[Any]], name: str) -> tuple[Columns, list[str]]:
    """Name columns by their header, and list what was noticed about them.

    Parameters
    ----------
    header : sequence
        Names. A column without one is called by its number, or left out if it is empty.
    columns : sequence of lists, each n_rows
        Values. Empty rows at the end are removed from these lists.
    name : str
        Name of the file, for errors.

    Returns
    -------
    dict of str to list, list of str

    Raises
    ------
    TaskError
        Two columns have the same name, or there are no rows.

    Examples
    --------
    >>> named_columns(["text", "", ""], [["good", "bad", ""], [1, 2, ""], ["", "", ""]], "a.csv")
    ({'text': ['good', 'bad'], 'column 2': [1, 2]}, ["a.csv: column 2 has no name; it is called 'column 2'."])
    """
    while columns and columns[0] and all(is_blank(values[-1]) for values in columns):
        for values in columns:
            values.pop()
    if not columns or not columns[0]:
        raise TaskError(f"{name} has a header and no rows.")
    named: Columns = {}
    notes = []
    for number, (title, values) in enumerate(zip_longest(header, columns), start=1):
        # A byte-order mark within the quotes of the first name is not part of the name.
        column = "" if is_blank(title) else str(title).strip("\ufeff")
        if not column:
            if all(map(is_blank, values)):
                continue
            column = f"column {number}"
            notes.append(f"{name}: column {number} has no name; it is called {column!r}.")
        if column in named:
            raise TaskError(f"{name}: two columns are called {column!r}; rename one.")
        named[column] = values
    return named, notes


def is_blank(value: Any) -> bool:
    """Whether a field is empty.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> is_blank(None), is_blank(""), is_blank(0)
    (True, True, False)
    """
    return value is None or value == ""

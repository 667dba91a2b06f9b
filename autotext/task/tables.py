"""Rows under a header to named columns, and the text files that hold such rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from autotext.errors import TaskError
from autotext.task.decoding import decode

Columns = dict[str, list[Any]]
DELIMITERS = ",;\t|"
# Excel's own way to say which delimiter a file uses.
_SAID = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def named_columns(header: Sequence[Any], rows: Sequence[Sequence[Any]], name: str) -> tuple[Columns, list[str]]:
    """Columns by the names in a header, and what was noticed.

    Parameters
    ----------
    header : sequence
        A column without a name is called by its number, or left out if nothing is in it.
    rows : sequence of sequences
        Short ones end in nulls; empty ones at the end are left out.
    name : str
        What the file is called in an error.

    Returns
    -------
    dict of str to list, list of str

    Raises
    ------
    TaskError
        Two columns have the same name, or there are no rows.

    Examples
    --------
    >>> named_columns(["text", "", ""], [["good", 1, ""], ["bad", 2, ""], ["", "", ""]], "a.csv")
    ({'text': ['good', 'bad'], 'column 2': [1, 2]}, ["a.csv: column 2 has no name; it is called 'column 2'."])
    """
    filled = [number for number, row in enumerate(rows) if any(not _empty(value) for value in row)]
    rows = rows[: filled[-1] + 1] if filled else []
    if not rows:
        raise TaskError(f"{name} has a header and no rows.")
    found: Columns = {}
    notes = []
    for place in range(max(len(header), max(map(len, rows)))):
        values = [row[place] if place < len(row) else None for row in rows]
        column = str(header[place]) if place < len(header) and not _empty(header[place]) else ""
        if not column:
            if all(map(_empty, values)):
                continue
            column = f"column {place + 1}"
            notes.append(f"{name}: column {place + 1} has no name; it is called {column!r}.")
        if column in found:
            raise TaskError(f"{name}: two columns are called {column!r}; rename one.")
        found[column] = values
    return found, notes


def _empty(value: Any) -> bool:
    return value is None or value == ""


def read_csv(data: bytes, name: str, encoding: str | None, delimiter: str | None = None) -> tuple[Columns, list[str]]:
    """Columns of a csv file whose delimiter is sniffed, every value as it is written."""
    text, notes = decode(data, name, encoding)
    said = _SAID.match(text)
    body = text[said.end():] if said else text
    previous = csv.field_size_limit(max(len(text) + 1, 131_072))
    try:
        delimiter = delimiter or (said[1] if said else _delimiter(body))
        header, rows = _rows(body, delimiter, name, skipped=1 if said else 0)
    finally:
        csv.field_size_limit(previous)
    columns, more = named_columns(header, rows, name)
    return columns, notes + more


def read_tsv(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    """Columns of a file whose fields are parted by tabs."""
    return read_csv(data, name, encoding, delimiter="\t")


def _delimiter(text: str) -> str:
    """The delimiter that parts the header and the first rows into most columns, alike in all of them."""
    lines = text[:200_000].splitlines(keepends=True)[:50]

    def columns(delimiter: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        return len(set(widths[:-1] or widths)) == 1, widths[0] if widths else 0

    found = {delimiter: columns(delimiter) for delimiter in DELIMITERS}
    useful = {delimiter: key for delimiter, key in found.items() if key[1] > 1}
    return max(useful, key=lambda delimiter: (useful[delimiter], -DELIMITERS.index(delimiter))) if useful else ","


def _rows(text: str, delimiter: str, name: str, skipped: int) -> tuple[list[str], list[list[str]]]:
    header: list[str] | None = None
    rows: list[list[str]] = []
    last = skipped
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for row in reader:
            last = reader.line_num + skipped
            if not row:
                continue
            if header is None:
                header = row
                continue
            while len(row) > len(header) and not row[-1]:
                row.pop()
            if len(row) != len(header):
                title = " Or, if the first line is a title, delete it." if len(header) == 1 else ""
                raise TaskError(f"{name}, line {last}: {len(row)} fields where the header has {len(header)}. "
                                f"Put a field that holds the delimiter in double quotes.{title}")
            rows.append(row)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise TaskError(f"{name}, line {last + 1}: a double quote is opened in this row and never closed. Close it, or "
                            'write the field in double quotes with each quote inside doubled: "so ""good""".') from None
        raise TaskError(f"{name}, line {last + 1}: {error}. Inside a field in double quotes, double each quote: "
                        '"so ""good""".') from None
    return header or [], rows

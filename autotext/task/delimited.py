"""Reader of text files with delimited fields, such as csv and tsv."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from autotext.errors import TaskError
from autotext.task.dialects import DELIMITERS, LONE_RETURN, Reading, choose_quoting, choose_reading, first_quoted_line
from autotext.task.tables import Columns, named_columns

# The first line with which Excel names the delimiter of a file.
_SEP_LINE = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\n|\r)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE, _LINE_OF_ANY_END = re.compile(r"[^\n]*\n|[^\n]+"), re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_ENCLOSE = "Put a field that holds the delimiter in double quotes."
_DOUBLE = 'Inside a field in double quotes, double each quote: "so ""good""".'
_SHOWN = 5


def read_delimited(text: str, name: str) -> tuple[Columns, list[str]]:
    r"""Read the columns of a text with a header and delimited fields, and list what was noticed about it.

    Parameters
    ----------
    text : str
    name : str
        Name of the file, for errors.

    Returns
    -------
    dict of str to list of str, list of str
        Values as they are written, and sentences about the file.

    Raises
    ------
    TaskError
        A row does not fit the header or its quotes are not in pairs; the message names the line.

    Examples
    --------
    >>> read_delimited('text;label\n"so; good";+\n', "a.csv")
    ({'text': ['so; good'], 'label': ['+']}, [])
    """
    sep = _SEP_LINE.match(text)
    delimiters, body, skipped = (sep[1], text[sep.end():], 1) if sep else (DELIMITERS, text, 0)
    previous = csv.field_size_limit(max(len(text) + 1, 131_072))
    try:
        reading, lines = _best_reading(body, delimiters, name, skipped)
        if reading.failed_at is not None:
            raise TaskError(f"{name}, line {reading.failed_at + skipped}: {_why(reading)}")
        header, columns, empty = _columns(reading, lines)
    finally:
        csv.field_size_limit(previous)
    named, notes = named_columns(header, columns, name)
    return named, [*_notes(reading, lines, empty, name, skipped), *notes]


def table_header(text: str) -> list[str]:
    r"""Header of a text in which every line has the same number of fields, at least two; otherwise empty.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> table_header("text\tlabel\ngood\t+"), table_header("so, good\nbad")
    (['text', 'label'], [])
    """
    lines = _LINE.findall(text)
    reading = choose_reading(lines)
    return next(reading.rows(lines))[2] if reading and reading.failed_at is None else []


def _best_reading(text: str, delimiters: str, name: str, skipped: int) -> tuple[Reading, list[str]]:
    """The best reading and its lines, where a lone carriage return either ends a line or is part of a text."""
    unused = (character for character in map(chr, range(0xE000, 0xF900)) if character not in text)
    parts_nothing = next(unused, "\ufdd0")
    ways = []
    first_end = _LINE_END.search(text)
    stand_in = next(unused, "\ufdd1") if LONE_RETURN.search(text) else ""
    if first_end is None or first_end[0] != "\r":
        ways.append((_LINE.findall(text), stand_in))
    if stand_in:
        ways.append((_LINE_OF_ANY_END.findall(text), ""))
    tried = [(reading, lines) for lines, mark in ways if (reading := choose_reading(lines, delimiters, mark))]
    if tried:
        return min(tried, key=lambda each: each[0].failed_at is not None)
    lines, mark = ways[0]
    below = choose_reading(lines[1:], delimiters, mark)
    if below is not None and below.failed_at is None:
        raise TaskError(f"{name}, line {skipped + 2}: {below.width} fields where the header has 1. {_ENCLOSE} "
                        "Or, if the first line is a title, delete it.")
    return choose_quoting(lines, parts_nothing, mark), lines


def _why(reading: Reading) -> str:
    if reading.ragged:
        return f"{reading.ragged[0][1]} fields where the header has {reading.width}. {_ENCLOSE}"
    if "unexpected end of data" in reading.error:
        return f"a double quote is opened in this row and never closed. Close it. {_DOUBLE}"
    return f"{reading.error}. {_DOUBLE}"


def _columns(reading: Reading, lines: Sequence[str]) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, columns, and the numbers of the empty lines between rows."""
    rows = reading.rows(lines)
    _, last, header = next(rows, (0, 0, []))
    columns: list[list[str]] = [[] for _ in header]
    empty: list[int] = []
    for first, end, fields in rows:
        empty.extend(range(last + 1, first))
        last = end
        # A row lacks a field only where the header has no name; fields beyond the header are empty.
        fields += [""] * (len(header) - len(fields))
        for values, value in zip(columns, fields, strict=False):
            values.append(value)
    return header, columns, empty


def _notes(reading: Reading, lines: Sequence[str], empty: Sequence[int], name: str, skipped: int) -> list[str]:
    notes: list[str] = []
    quoted_line = None if reading.quoted else first_quoted_line(lines, reading.delimiter)
    if quoted_line is not None:
        notes.append(f"{name}: double quotes were read as part of the texts, first in line {quoted_line + skipped}, because as "
                     "marks around fields they would not fit all lines, or would join some.")
    if reading.swallowed:
        spans = [f"{first + skipped} to {last + skipped}" for first, last, _ in reading.swallowed]
        notes.append(f"{name}: each of these groups of lines was read as one row, because a double quote opens in the first "
                     f"and closes in the last: {_listed(spans)}. If they are rows of their own, double these quotes and put "
                     "the fields that hold them in quotes.")
    if empty:
        notes.append(f"{name}: {len(empty):,} empty lines were skipped; rows are counted without them: "
                     f"{_listed([str(number + skipped) for number in empty])}.")
    return notes


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:_SHOWN]) + (f" and {len(parts) - _SHOWN:,} more" if len(parts) > _SHOWN else "")

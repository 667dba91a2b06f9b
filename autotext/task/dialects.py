"""The dialect of a text file with fields: its delimiter, and whether double quotes enclose fields.

The two depend on each other: a delimiter within quotes separates nothing, and a stray quote would join whole lines. Every
combination that the header allows is tried on the whole file, and the one that leaves the fewest lines unexplained is chosen.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

# The delimiters, with the one first that is rarest in running text.
DELIMITERS = "\t;,|"
QUOTE = '"'
_LINE_END = re.compile(r"[\r\n]")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
LONE_RETURN = re.compile(r"\r(?!\n)")
# Number of rows with a quoted field in a column that show that all of the column is quoted.
_QUOTED_COLUMN_ROWS = 10
_HEADER_LINES = 1_000
_SAMPLE_ROWS = 10_000


@dataclass
class Reading:
    """A way to read a file, with a delimiter and with or without quotes that enclose fields; and what it cannot explain.

    Attributes
    ----------
    delimiter : str
    quoted : bool
        Whether quotes at both ends of a field enclose it, rather than being part of its text.
    stand_in : str
        A character that does not occur in the file. It replaces carriage returns within lines, which csv.reader refuses.
    width : int
        Number of fields of the header.
    uneven : int
        Number of rows with more or fewer fields than the header, whether or not they fit it.
    ragged : list of (int, int)
        Last line, and number of fields, of each row that does not fit the header.
    long : list of (int, int)
        First and last line of each row of several lines.
    swallowed : list of (int, int, int)
        Those of them whose first line looks like a complete row, with the number of such lines after it.
    error : str
        Why the file cannot be read to its end.
    failed_at : int or None
        Line of the first row that does not fit or cannot be read; None: there is none.
    """

    delimiter: str
    quoted: bool
    stand_in: str = ""
    width: int = 0
    uneven: int = 0
    ragged: list[tuple[int, int]] = field(default_factory=list)
    long: list[tuple[int, int]] = field(default_factory=list)
    swallowed: list[tuple[int, int, int]] = field(default_factory=list)
    error: str = ""
    failed_at: int | None = None

    def rows(self, lines: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
        """First line, last line and fields of each row, the header included; empty lines are no rows.

        Raises
        ------
        csv.Error
            Quotes are not in pairs, or something other than a delimiter follows a closing one.
        """
        if not self.quoted:
            for number, line in enumerate(lines, start=1):
                if content := without_end(line):
                    yield number, number, content.split(self.delimiter)
            return
        last = 0
        readable = (LONE_RETURN.sub(self.stand_in, line) for line in lines) if self.stand_in else lines
        reader = csv.reader(readable, delimiter=self.delimiter, strict=True)
        for fields in reader:
            if fields and self.stand_in:
                fields = [content.replace(self.stand_in, "\r") for content in fields]
            if fields:
                yield last + 1, reader.line_num, fields
            last = reader.line_num

    def tried(self, lines: Sequence[str]) -> Reading:
        """Try the reading on lines, and give a copy that says what it leaves unexplained."""
        header: list[str] | None = None
        last = 0
        try:
            for first, last, fields in self.rows(lines):
                if header is None:
                    header = fields
                    self.width = len(header)
                self.uneven += len(fields) != self.width
                if not fits(fields, header):
                    self.ragged.append((last, len(fields)))
                if last > first:
                    self.long.append((first, last))
        except csv.Error as error:
            self.error = str(error)
            self.failed_at = last + 1
        if self.ragged:
            self.failed_at = self.ragged[0][0]
        elif self.long and not self.error:
            self.swallowed = self._swallowed(lines)
        return self

    def _swallowed(self, lines: Sequence[str]) -> list[tuple[int, int, int]]:
        rows = self.rows(lines)
        header = next(rows)[2]
        usual = _usual_values([fields for _, _, fields in islice(rows, _SAMPLE_ROWS)], len(header))

        def is_row(line: str) -> bool:
            fields = without_end(line).split(self.delimiter)
            return fits(fields, header) and all(is_usual(value) for is_usual, value in zip(usual, fields, strict=False))

        spans = ((first, last, sum(map(is_row, lines[first:last]))) for first, last in self.long if is_row(lines[first - 1]))
        return [span for span in spans if span[2]]


def _usual_values(rows: Sequence[Sequence[str]], width: int) -> list[Callable[[str], bool]]:
    """For each column, a test of values: any text in a column of texts, otherwise a number or a value that occurs there."""
    tests: list[Callable[[str], bool]] = []
    for place in range(width):
        values = [fields[place] for fields in rows if len(fields) > place and not _LINE_END.search(fields[place])]
        distinct = set(values)
        if values and all(_NUMBER.fullmatch(value) for value in distinct):
            tests.append(lambda value: _NUMBER.fullmatch(value) is not None)
        elif values and len(distinct) <= len(values) / 2:
            tests.append(distinct.__contains__)
        else:
            tests.append(lambda value: True)
    return tests


def without_end(line: str) -> str:
    r"""Remove the line end of a line.

    Parameters
    ----------
    line : str

    Examples
    --------
    >>> without_end("so good\r\n")
    'so good'
    """
    return line.removesuffix("\n").removesuffix("\r")


def fits(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row has a field for each name of the header, not counting delimiters at the end of the line.

    Parameters
    ----------
    fields : sequence of str
    header : sequence of str

    Examples
    --------
    >>> fits(["a", "b", ""], ["text", "label"]), fits(["a"], ["text", "label"]), fits(["a"], ["text", ""])
    (True, False, True)
    """
    return len(fields) == len(header) or (not any(fields[len(header):]) and not any(header[len(fields):]))


def choose_reading(lines: Sequence[str], delimiters: str = DELIMITERS, stand_in: str = "") -> Reading | None:
    r"""Choose the reading that explains a file best; None if no delimiter separates its header.

    Parameters
    ----------
    lines : sequence of str
        Lines with their ends.
    delimiters : str
        Characters that may be the delimiter.
    stand_in : str
        As in `Reading`.

    Examples
    --------
    >>> reading = choose_reading(["label\ttext\n", 'ham\t"he said\n', 'ham\tand ends"\n'])
    >>> reading.delimiter, reading.quoted
    ('\t', False)
    """
    header = _header_line(lines)
    # If the header has line ends within quotes, its delimiters may be in a later line.
    begin = header if header.count(QUOTE) % 2 == 0 else "".join(lines[:_HEADER_LINES])
    readings = [_with_or_without_quotes(lines, delimiter, stand_in) for delimiter in delimiters if delimiter in begin]
    readings = [reading for reading in readings if reading.width > 1]
    whole = [reading for reading in readings if reading.failed_at is None]
    if whole:
        return max(whole, key=lambda reading: reading.width)
    return max(readings, key=lambda reading: (reading.failed_at or 0, reading.width), default=None)


def _header_line(lines: Sequence[str]) -> str:
    return next((line for line in lines if without_end(line)), "")


def _with_or_without_quotes(lines: Sequence[str], delimiter: str, stand_in: str) -> Reading:
    literal = Reading(delimiter, quoted=False).tried(lines)
    if first_quoted_line(lines, delimiter) is None:
        return literal
    quoted = Reading(delimiter, quoted=True, stand_in=stand_in).tried(lines)
    # Names in quotes say that quotes enclose fields, also across lines.
    if first_quoted_line([_header_line(lines)], delimiter):
        return replace(quoted, swallowed=[])
    if quoted.failed_at is not None:
        return max(quoted, literal, key=lambda reading: reading.failed_at or len(lines) + 1)
    swallowed = sum(whole for _, _, whole in quoted.swallowed)
    if literal.uneven > quoted.uneven or swallowed:
        return literal if swallowed > literal.uneven - quoted.uneven else quoted
    return quoted if delimiter != "\t" or _is_quoted_by_a_writer(lines, delimiter) else literal


def first_quoted_line(lines: Sequence[str], delimiter: str) -> int | None:
    """Number of the first line with a field that begins with a quote; None if there is none.

    Parameters
    ----------
    lines : sequence of str
    delimiter : str

    Examples
    --------
    >>> first_quoted_line(["text;label", '"so; good";+'], ";")
    2
    """
    inside = delimiter + QUOTE
    return next((number for number, line in enumerate(lines, 1) if line.startswith(QUOTE) or inside in line), None)


def _is_quoted_by_a_writer(lines: Sequence[str], delimiter: str) -> bool:
    """Whether quotes are where a program writes them: around fields that need them, or in a whole column."""
    quoted_fields: Counter[int] = Counter()
    needed = True
    for line in lines[1:]:
        for place, content in enumerate(without_end(line).split(delimiter) if QUOTE in line else ()):
            if content.startswith(QUOTE):
                quoted_fields[place] += 1
                needed = needed and (QUOTE * 2 in content[1:-1] or "\r" in content)
            else:
                # A program does not write a quote in a field that is not quoted.
                needed = needed and QUOTE not in content
    n_rows = sum(not line.isspace() for line in lines) - 1
    return needed or (n_rows >= _QUOTED_COLUMN_ROWS and set(quoted_fields.values()) == {n_rows})


def choose_quoting(lines: Sequence[str], delimiter: str, stand_in: str = "") -> Reading:
    """Choose the better reading of a file with one field in each row, with or without quotes.

    Parameters
    ----------
    lines : sequence of str
        Lines with their ends.
    delimiter : str
        A character that does not occur in the file.
    stand_in : str
        As in `Reading`.
    """
    quoted = Reading(delimiter, quoted=True, stand_in=stand_in).tried(lines)
    literal = Reading(delimiter, quoted=False).tried(lines)
    if quoted.failed_at is not None:
        return literal
    begins = (lines[first - 1] for first, _, _ in quoted.rows(lines))
    # A program that quotes some fields does not write a quote in the others.
    return literal if quoted.long and any(QUOTE in line and not line.startswith(QUOTE) for line in begins) else quoted

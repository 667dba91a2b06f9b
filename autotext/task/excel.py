"""Reading and writing of Excel files."""

from __future__ import annotations

import datetime
import io
import re
import sys
import zipfile
from collections.abc import Iterable
from itertools import zip_longest
from types import ModuleType
from typing import Any

from autotext.errors import TaskError, describe_error
from autotext.silence import without_warnings
from autotext.task.decoding import MOST_BYTES, refuse_other_kinds, too_large
from autotext.task.findings import is_null
from autotext.task.tables import Columns, named_columns

MOST_ROWS, MOST_CELL_CHARACTERS = 1_048_576, 32_767
_MOST_CELLS = 100_000_000
# Characters that XML cannot hold are written as _xHHHH_, and so is the underscore of a text that looks like this.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4})")


def _openpyxl() -> ModuleType:
    try:
        import openpyxl
    except ImportError:
        raise TaskError('Excel files need openpyxl, which is not installed: pip install "autotext[xlsx]". '
                        "Or save the file as .csv.") from None
    return openpyxl


def read_xlsx(data: bytes, name: str) -> tuple[Columns, list[str]]:
    """Read the columns of the first sheet of an .xlsx file, and list what was noticed about it.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for errors.

    Returns
    -------
    dict of str to list, list of str
        Columns, with whole numbers as int, dates as ISO text, and results in place of formulas; and sentences about the file.

    Raises
    ------
    TaskError
        The file is broken, or holds a formula whose result is not saved in it; the message names the cell.
    """
    openpyxl = _openpyxl()
    if not data.startswith(b"PK"):
        refuse_other_kinds(data, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise too_large(name)
        with without_warnings(UserWarning):
            return _first_sheet(openpyxl, data, name)
    except TaskError:
        raise
    except Exception as error:  # openpyxl meets broken files with dozens of unrelated kinds
        raise TaskError(f"{name} is not a readable .xlsx file ({type(error).__name__}: {describe_error(error, 80)}). "
                        "Open it in Excel and save it again, or save it as .csv.") from error


def _first_sheet(openpyxl: ModuleType, data: bytes, name: str) -> tuple[Columns, list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    if not book.worksheets:
        raise TaskError(f"{name} has no sheet with rows.")
    sheet, *others = book.worksheets
    errors: list[str] = []
    rows = [[_value(cell, errors) for cell in row] for row in _cells(sheet, name)]
    if any(value is None for row in rows for value in row):
        _refuse_unknown_results(openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[0], sheet, name)
    filled = [number for number, row in enumerate(rows) if any(value is not None for value in row)]
    if not filled:
        raise TaskError(f"{name}: its first sheet, {sheet.title!r}, is empty. Move the sheet with the rows to the front.")
    notes = []
    if others:
        notes.append(f"{name}: read the first sheet, {sheet.title!r}; not read: "
                     f"{', '.join(repr(other.title) for other in others)}.")
    skipped = filled[-1] - filled[0] + 1 - len(filled)
    if skipped:
        notes.append(f"{name}: {skipped:,} empty rows were skipped; rows are counted without them.")
    if errors:
        notes.append(f"{name}: {len(errors):,} cells hold an Excel error and count as empty: {', '.join(errors[:5])}"
                     f"{', ...' if len(errors) > 5 else ''}.")
    values = [list(column) for column in zip_longest(*(rows[number] for number in filled[1:]))]
    columns, more = named_columns(rows[filled[0]], values, name)
    return columns, notes + more


def _cells(sheet: Any, name: str) -> Iterable[tuple[Any, ...]]:
    # The size that a sheet states is often wrong.
    sheet.reset_dimensions()
    cells = 0
    for number, row in enumerate(sheet.rows):
        cells += len(row)
        if number >= MOST_ROWS or cells > _MOST_CELLS:
            raise TaskError(f"{name} has more than {MOST_ROWS:,} rows or {_MOST_CELLS:,} cells, which are the limits.")
        yield row


def _value(cell: Any, errors: list[str]) -> Any:
    value = cell.value
    if cell.data_type == "e" and value is not None:
        errors.append(f"{cell.coordinate} ({value})")
        return None
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, datetime.timedelta) else value


def _refuse_unknown_results(formulas: Any, results: Any, name: str) -> None:
    """Refuse a formula without a saved result, as programs write that do not compute."""
    for asked, answered in zip(_cells(formulas, name), _cells(results, name), strict=True):
        for formula, result in zip(asked, answered, strict=True):
            if formula.data_type == "f" and result.value is None and result.data_type == "n":
                raise TaskError(f"{name}, cell {formula.coordinate}: the result of this formula is not in the file. "
                                "Open the file in Excel or LibreOffice and save it, which computes it.")


def write_xlsx(columns: Columns, name: str) -> bytes:
    """Write columns as the content of an .xlsx file, where texts such as ``=1+1`` stay texts.

    Parameters
    ----------
    columns : dict of str to list
    name : str
        Name of the file, for errors.

    Raises
    ------
    TaskError
        Excel cannot hold so many rows, or so long a text.

    Examples
    --------
    >>> read_xlsx(write_xlsx({"text": ["=1+1"], "score": [0.5]}, "a.xlsx"), "a.xlsx")
    ({'text': ['=1+1'], 'score': [0.5]}, [])
    """
    openpyxl = _openpyxl()
    from openpyxl.cell import WriteOnlyCell

    for column, values in columns.items():
        long = next((row for row, value in enumerate(values) if len(str(_plain(value))) > MOST_CELL_CHARACTERS), None)
        if long is not None:
            raise TaskError(f"{name}, row {long + 1}, column {column!r}: a cell of Excel holds {MOST_CELL_CHARACTERS:,} "
                            f"characters, not {len(str(_plain(values[long]))):,}; write a .csv file.")
    rows = list(zip(*columns.values(), strict=True))
    if len(rows) >= MOST_ROWS:
        raise TaskError(f"{name}: Excel holds {MOST_ROWS - 1:,} rows, not {len(rows):,}; write a .csv file.")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    for row in [tuple(columns), *rows]:
        cells = [WriteOnlyCell(sheet, _plain(value)) for value in row]
        for cell in cells:
            # Otherwise, text such as "=1+1" would become a formula.
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _plain(value: Any) -> str | int | float | None:
    """Convert a value for Excel: numbers of up to 15 digits, None for missing values, and text for anything else."""
    if is_null(value):
        return None
    most = 10**15 if isinstance(value, int) else sys.float_info.max
    if isinstance(value, int | float) and abs(value) <= most:
        return value
    return _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", str(value))

"""Files and objects to named columns of plain values; nothing typed is ever converted."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autotext.errors import TaskError, describe_error, suggestion
from autotext.task.decoding import decode, refuse_other_kinds, unzip
from autotext.task.delimited import read_delimited
from autotext.task.excel import read_xlsx
from autotext.task.objects import check_names
from autotext.task.tables import Columns

_LINE = 'Each line must be an object such as {"text": "...", "label": "..."}.'
_FROM_PANDAS = " With pandas: frame.to_json('rows.jsonl', orient='records', lines=True)."
_INSTEAD = {
    ".json": ' Write each row as an object on a line of its own, {"text": "...", "label": "..."}, and call the file .jsonl.'
             f"{_FROM_PANDAS}",
    ".xls": " Open it in Excel and save it as .xlsx.", ".xlsm": " Save it as .xlsx.", ".xlsb": " Save it as .xlsx.",
    ".ods": " Save it as .xlsx or .csv.", ".zip": " Unpack it.", ".txt": " Call it .csv, or .tsv if tabs part its columns."}


def read_file(path: Path, encoding: str | None = None) -> tuple[Columns, list[str]]:
    """Columns of a csv, tsv, jsonl, parquet or xlsx file (also with .gz), and what was noticed.

    Parameters
    ----------
    path : Path
    encoding : str or None
        Of the text; None: byte-order mark, else UTF-8, else a guess, which is reported.

    Returns
    -------
    dict of str to list, list of str

    Raises
    ------
    TaskError
        The file is missing, empty, of another kind or broken; the message says where.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = next(iter((suffixes[:-1] if zipped else suffixes)[-1:]), "")
    try:
        _check_file(path, kind)
        data = path.read_bytes()
        data = unzip(data, path.name) if zipped and data else data
    except (OSError, EOFError, zlib.error) as error:
        raise TaskError(f"Cannot read {path.name!r}: {describe_error(error)}.") from error
    if not data.strip():
        raise TaskError(f"{path.name} is empty.")
    return READERS[kind](data, path.name, encoding)


def _check_file(path: Path, kind: str) -> None:
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = suggestion(path.name, beside, limit=0)
        hub = "" if path.suffix else " A data set of the hub is given as hub:owner/name."
        raise TaskError(f"There is no file {str(path)!r}.{near or hub}")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no ordinary file"
        raise TaskError(f"{str(path)!r} is {what}; give a file ({', '.join(READERS)}).")
    if kind not in READERS:
        raise TaskError(f"Cannot read {path.name!r}: its ending must be one of {', '.join(READERS)} (each also with .gz)."
                        f"{_INSTEAD.get(kind, '')}")


def _read_jsonl(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    text, notes = decode(data, name, encoding)
    records: list[dict[str, Any]] = []
    # Not splitlines(): JSON strings may hold U+2028 and the like.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TaskError(f"{name}, line {number}, column {error.colno}: not JSON: {error.msg}. {_LINE}") from None
        except (ValueError, RecursionError):
            raise TaskError(f"{name}, line {number}: a number of too many digits, or lists within lists without end.") from None
        if not isinstance(record, dict):
            raise TaskError(f"{name}, line {number}: {_LINE}{_FROM_PANDAS if isinstance(record, list) else ''}")
        records.append(record)
    names = list(dict.fromkeys(key for record in records for key in record))
    if not names:
        raise TaskError(f"{name} has lines without any field. {_LINE}")
    return {column: [record.get(column) for record in records] for column in names}, notes


def _read_parquet(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not data.startswith(b"PAR1"):
        refuse_other_kinds(data, name)
    try:
        table = pq.read_table(io.BytesIO(data))
        values = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise TaskError(f"{name} is not a readable parquet file: {describe_error(error)}. "
                        "Write it again, or as .jsonl.") from None
    if not table.num_rows:
        raise TaskError(f"{name} has no rows.")
    check_names(table.column_names, name)
    return dict(zip(table.column_names, values, strict=True)), []


def _read_csv(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    text, notes = decode(data, name, encoding)
    columns, more = read_delimited(text, name)
    return columns, notes + more


READERS: dict[str, Callable[[bytes, str, str | None], tuple[Columns, list[str]]]] = {
    ".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet, ".xlsx": read_xlsx}

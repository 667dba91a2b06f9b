"""Files and objects to named columns of plain values; nothing typed is ever converted."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autotext.errors import TaskError, suggestion

Columns = dict[str, list[Any]]
DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_file(path: Path, encoding: str | None = None) -> tuple[Columns, list[str]]:
    """Columns of a csv, tsv, jsonl or parquet file (also with .gz), and what was noticed.

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
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = suggestion(path.name, beside, limit=0)
        raise TaskError(f"There is no file {str(path)!r}.{near if 'Did you mean' in near else ''}")
    if path.is_dir():
        raise TaskError(f"{str(path)!r} is a folder; give a file ({', '.join(READERS)}).")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if zipped else suffixes)[-1:] or [""]
    if kind[0] not in READERS:
        raise TaskError(f"Cannot read {path.name!r}: its ending must be one of {', '.join(READERS)} (each also with .gz).")
    try:
        data = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    except (OSError, EOFError) as error:
        raise TaskError(f"Cannot read {path.name!r}: {error}.") from error
    if not data.strip():
        raise TaskError(f"{path.name} is empty.")
    return READERS[kind[0]](data, path.name, encoding)


def _decode(data: bytes, name: str, encoding: str | None) -> tuple[str, list[str]]:
    bom = next((codec for mark, codec in _BOMS if data.startswith(mark)), None)
    try:
        return data.decode(encoding or bom or "utf-8"), []
    except LookupError:
        raise TaskError(f"{name}: unknown encoding {encoding!r}; for instance 'utf-8', 'cp949', 'gb18030', 'cp932'.") from None
    except UnicodeDecodeError as error:
        if encoding or bom:
            line = data[: error.start].count(b"\n") + 1
            raise TaskError(f"{name}, line {line}: byte {error.start} is not {encoding or bom}. Name the encoding the file "
                            "was saved in: encoding='cp949' (command line: --encoding cp949).") from None
    if b"\0" in data[:4096]:
        raise TaskError(f"{name} is a binary file, not text.")
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise TaskError(f"{name}: cannot tell the encoding. Name it: encoding='cp949' (command line: --encoding cp949).")
    text = data.decode(best.encoding)
    return text, [f"{name}: not UTF-8; read as {best.encoding} (a guess; encoding= or --encoding overrides)."]


def _delimiter(text: str) -> str:
    """The delimiter that parts the header and the first rows into most columns, alike in all of them."""
    lines = text[:200_000].splitlines(keepends=True)[:50]

    def columns(delimiter: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        return len(set(widths[:-1] or widths)) == 1, widths[0] if widths else 0

    found = {delimiter: columns(delimiter) for delimiter in DELIMITERS}
    useful = {delimiter: key for delimiter, key in found.items() if key[1] > 1}
    return max(useful, key=lambda delimiter: (useful[delimiter], -DELIMITERS.index(delimiter))) if useful else ","


def _read_csv(data: bytes, name: str, encoding: str | None, delimiter: str | None = None) -> tuple[Columns, list[str]]:
    text, notes = _decode(data, name, encoding)
    previous = csv.field_size_limit(max(len(text) + 1, 131_072))
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
        header = next(reader, [])
        _check_header(header, name)
        rows: list[list[str]] = []
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise TaskError(f"{name}, line {reader.line_num}: {len(row)} fields where the header has {len(header)}. "
                                "Put a field that holds the delimiter in double quotes.")
            rows.append(row)
    except csv.Error as error:
        raise TaskError(f"{name}, line {reader.line_num}: {error}.") from error
    finally:
        csv.field_size_limit(previous)
    if not rows:
        raise TaskError(f"{name} has a header and no rows.")
    return {column: [row[i] for row in rows] for i, column in enumerate(header)}, notes


def _check_header(header: list[str], name: str) -> None:
    twice = [column for i, column in enumerate(header) if column in header[:i]]
    if twice:
        raise TaskError(f"{name}: two columns are called {twice[0]!r}; rename one.")


def _read_tsv(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    return _read_csv(data, name, encoding, delimiter="\t")


def _read_jsonl(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    text, notes = _decode(data, name, encoding)
    records: list[dict[str, Any]] = []
    # Not splitlines(): JSON strings may hold U+2028 and the like.
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TaskError(f"{name}, line {number}, column {error.colno}: not JSON: {error.msg}.") from None
        if not isinstance(record, dict):
            raise TaskError(f"{name}, line {number}: each line must be an object such as "
                            '{"text": "...", "label": "..."}.')
        records.append(record)
    names = list(dict.fromkeys(key for record in records for key in record))
    return {column: [record.get(column) for record in records] for column in names}, notes


def _read_parquet(data: bytes, name: str, encoding: str | None) -> tuple[Columns, list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise TaskError(f"{name} is not a parquet file: {str(error).splitlines()[0]}") from None
    if not table.num_rows:
        raise TaskError(f"{name} has no rows.")
    return {column: table.column(column).to_pylist() for column in table.column_names}, []


READERS: dict[str, Callable[[bytes, str, str | None], tuple[Columns, list[str]]]] = {
    ".csv": _read_csv, ".tsv": _read_tsv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}


def read_object(data: Any) -> Columns | None:
    """Columns of a DataFrame, a datasets.Dataset or a mapping of columns; None for anything else."""
    if hasattr(data, "column_names") and hasattr(data, "features"):
        names = _class_names(data.features)
        return {column: [names[column][value] if value is not None and value >= 0 else None for value in data[column]]
                if column in names else list(data[column]) for column in data.column_names}
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        return {str(column): data[column].tolist() for column in data.columns}
    if isinstance(data, Mapping) and data and all(isinstance(values, list | tuple) for values in data.values()):
        return {str(column): list(values) for column, values in data.items()}
    return None


def _class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    return {column: list(feature.names) for column, feature in features.items() if hasattr(feature, "names")
            and hasattr(feature, "int2str")}

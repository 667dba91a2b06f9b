"""Rows of a file with predictions beside them."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autotext.errors import TaskError, describe_error
from autotext.pipeline import TextPipeline
from autotext.task import join_columns
from autotext.task.columns import TEXT_NAMES
from autotext.task.excel import write_xlsx
from autotext.task.tables import Columns

LABEL_SEPARATOR = "|"


def predicted_rows(pipeline: TextPipeline, columns: Columns, text: Sequence[str] | None,
                   name: str) -> tuple[Columns, list[str]]:
    """All columns, with label and score beside them, and what was noticed.

    Raises
    ------
    TaskError
        The text column is not there.
    """
    named = _text_columns(pipeline, columns, text, name)
    rows = list(zip(*(columns[column] for column in named), strict=True))
    texts = [join_columns(row) for row in rows]
    empty = [number for number, found in enumerate(texts) if not found.strip()]
    probabilities = pipeline.predict_proba(_as_trained(pipeline, rows))
    labels = pipeline.predict(_as_trained(pipeline, rows))
    several = pipeline.kind_ == "multilabel"
    shown: list[Any] = [LABEL_SEPARATOR.join(map(str, found)) if several else found for found in labels]
    number = {label: place for place, label in enumerate(pipeline.classes_)}
    likeliest = [max((row[number[label]] for label in (found if several else [found])), default=row.max())
                 for found, row in zip(labels, probabilities, strict=True)]
    scores: list[float | None] = [round(float(score), 6) for score in likeliest]
    notes = []
    if empty:
        notes.append(f"{name}: {len(empty):,} rows have no text and got no label, first row {empty[0] + 1}.")
        for place in empty:
            shown[place], scores[place] = None, None
    added: Columns = {_free("label", columns): shown, _free("score", columns): scores}
    notes += [f"{name} already has a column {wanted!r}; the prediction is in {taken!r}."
              for wanted, taken in zip(("label", "score"), added, strict=True) if wanted != taken]
    return {**columns, **added}, notes


def _as_trained(pipeline: TextPipeline, rows: list[tuple[Any, ...]]) -> list[Any]:
    if len(pipeline.columns_) > 1:
        return [dict(zip(pipeline.columns_, row, strict=True)) for row in rows]
    return [join_columns(row) for row in rows]


def _text_columns(pipeline: TextPipeline, columns: Columns, text: Sequence[str] | None, name: str) -> tuple[str, ...]:
    wanted = tuple(text or pipeline.columns_)
    if text and pipeline.columns_ and len(text) != len(pipeline.columns_):
        raise TaskError(f"The pipeline was trained on {len(pipeline.columns_)} text columns; name as many with --text.")
    if not wanted:
        usual = [column for column in columns if column.strip().casefold() in TEXT_NAMES]
        wanted = tuple(usual if len(usual) == 1 else list(columns) if len(columns) == 1 else ())
    missing = [column for column in wanted if column not in columns]
    if missing or not wanted:
        known = ", ".join(map(repr, columns))
        what = f"there is no column {missing[0]!r}" if missing else "cannot tell which column is the text"
        raise TaskError(f"{name}: {what}. Columns: {known}. Name one with --text.")
    return wanted


def _free(name: str, columns: Columns) -> str:
    while name in columns:
        name = f"predicted_{name}"
    return name


def write_rows(columns: Columns, path: Path | None) -> None:
    """Write columns by the ending of a path, CSV with a byte-order mark, which Excel needs; None: CSV on standard output.

    Raises
    ------
    TaskError
        The ending is unknown, or the file cannot be written.
    """
    if path is None:
        sys.stdout.write(_csv(columns, ","))
        return
    check_writable(path)
    content = _encoded(columns, path)
    half = path.with_name(f".{path.name}.half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(content)
        half.replace(path)
    except OSError as error:
        raise TaskError(f"Cannot write {str(path)!r}: {describe_error(error)}. Choose another file with --out.") from error
    finally:
        if half.is_file():
            half.unlink()


def check_writable(path: Path) -> None:
    """Refuse a file that could not be written later, before any time is spent.

    Raises
    ------
    TaskError
        The ending is unknown, or something is in the way.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"):
        raise TaskError(f"Cannot write {path.name!r}: its ending must be .csv, .tsv, .jsonl, .parquet or .xlsx.")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    reason = (errno.EISDIR if path.is_dir() else errno.ENOTDIR if not above.is_dir() else
              errno.EACCES if not os.access(path if path.exists() else above, os.W_OK) else None)
    if reason is not None:
        raise TaskError(f"Cannot write {str(path)!r}: {os.strerror(reason)}. Choose another file with --out.")


def _encoded(columns: Columns, path: Path) -> bytes:
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return write_xlsx(columns, path.name)
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(pa.table({column: _arrow(values) for column, values in columns.items()}), buffer)
        return buffer.getvalue()
    if suffix == ".jsonl":
        rows = zip(*columns.values(), strict=True)
        lines = [json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, default=str) for row in rows]
        return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
    return _csv(columns, "," if suffix == ".csv" else "\t").encode("utf-8-sig", "backslashreplace")


def _arrow(values: list[Any]) -> Any:
    """Values as they are, or as text where they are of several types or no Unicode."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, ValueError, OverflowError):
        written = [None if value is None else str(value).encode("utf-8", "backslashreplace") for value in values]
        return pa.array(written, pa.binary()).cast(pa.string())


def _csv(columns: Columns, delimiter: str) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()

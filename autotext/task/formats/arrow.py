"""Files of Arrow: parquet, feather, and those in which datasets keeps its rows."""

from __future__ import annotations

import io
from typing import Any

from autotext.errors import TaskError, describe_error
from autotext.task.decoding import refuse_other_kinds
from autotext.task.formats.format import Format
from autotext.task.objects import check_names
from autotext.task.tables import Columns

_STREAM = b"\xff\xff\xff\xff"


def _read_parquet(data: bytes, name: str) -> tuple[Columns, list[str]]:
    import pyarrow.parquet as pq

    if not data.startswith(b"PAR1"):
        refuse_other_kinds(data, name)
    return _columns(lambda: pq.read_table(io.BytesIO(data)), "parquet", name), []


def _read_arrow(data: bytes, name: str) -> tuple[Columns, list[str]]:
    import pyarrow as pa
    from pyarrow import feather

    if not data.startswith((b"ARROW1", b"FEA1", _STREAM)):
        refuse_other_kinds(data, name)
    read = (lambda: pa.ipc.open_stream(data).read_all()) if data.startswith(_STREAM) else (
        lambda: feather.read_table(io.BytesIO(data)))
    return _columns(read, "Arrow", name), []


def _columns(read: Any, kind: str, name: str) -> Columns:
    import pyarrow as pa

    try:
        table = read()
        values = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise TaskError(f"{name} is not a readable {kind} file: {describe_error(error)}. "
                        "Write it again, or as .jsonl.") from None
    if not table.num_rows:
        raise TaskError(f"{name} has no rows.")
    check_names(table.column_names, name)
    return dict(zip(table.column_names, values, strict=True))


PARQUET = Format("a parquet file", (".parquet", ".pq"), lambda data: data.startswith(b"PAR1"), _read_parquet)
ARROW = Format("an Arrow file", (".arrow", ".feather"), lambda data: data.startswith((b"ARROW1", b"FEA1")), _read_arrow)

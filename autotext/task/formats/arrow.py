"""Files of Arrow: parquet, feather, and those in which datasets keeps its rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from autotext.errors import TaskError, describe_error
from autotext.task.decoding import refuse_other_kinds
from autotext.task.formats.format import BinaryFormat
from autotext.task.formats.registry import register_format
from autotext.task.objects import check_names
from autotext.task.tables import Columns

_STREAM = b"\xff\xff\xff\xff"
# Of a parquet file, what is decoded at once.
_BYTES_AT_ONCE = 32 * 2**20


def _read_parquet(data: bytes, name: str) -> tuple[Columns, list[str]]:
    import pyarrow.parquet as pq

    if not data.startswith(b"PAR1"):
        refuse_other_kinds(data, name)
    def read() -> Iterator[Any]:
        file = pq.ParquetFile(io.BytesIO(data), pre_buffer=False, buffer_size=_BYTES_AT_ONCE // 16)
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups))
        at_once = max(1, int(_BYTES_AT_ONCE * file.metadata.num_rows / max(size, 1)))
        yield file.schema_arrow.empty_table()
        yield from file.iter_batches(batch_size=at_once)

    return _columns(read, "parquet", name), []


def _read_arrow(data: bytes, name: str) -> tuple[Columns, list[str]]:
    import pyarrow as pa
    from pyarrow import feather

    if not data.startswith((b"ARROW1", b"FEA1", _STREAM)):
        refuse_other_kinds(data, name)
    read = (lambda: [pa.ipc.open_stream(data).read_all()]) if data.startswith(_STREAM) else (
        lambda: [feather.read_table(io.BytesIO(data))])
    return _columns(read, "Arrow", name), []


def _columns(read: Any, kind: str, name: str) -> Columns:
    import pyarrow as pa

    try:
        names: list[str] = []
        values: list[list[Any]] = []
        for part in read():
            names = names or part.schema.names
            values = values or [[] for _ in names]
            for column, found in zip(part.columns, values, strict=True):
                found += column.to_pylist()
        pa.default_memory_pool().release_unused()
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise TaskError(f"{name} is not a readable {kind} file: {describe_error(error)}. "
                        "Write it again, or as .jsonl.") from None
    if not any(values):
        raise TaskError(f"{name} has no rows.")
    check_names(names, name)
    return dict(zip(names, values, strict=True))


register_format(BinaryFormat("a parquet file", (".parquet", ".pq"), _read_parquet, lambda data: data.startswith(b"PAR1")))
register_format(BinaryFormat("an Arrow file", (".arrow", ".feather"), _read_arrow,
                             lambda data: data.startswith((b"ARROW1", b"FEA1"))))

"""The times of the rows of a task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from autotext.errors import TaskError, suggestion
from autotext.task.names import find_name


def row_times(time: str | Sequence[Any], columns: Mapping[str, Sequence[Any]] | None, row_numbers: Sequence[int], n_rows: int,
              name: str) -> tuple[float | None, ...]:
    """Read the time of each row as a number that grows.

    Parameters
    ----------
    time : str or sequence
        A column, or a value for each row: numbers, or ISO dates with or without a time of day. Null or empty: not known.
    columns : mapping of str to sequence, or None
    row_numbers : sequence of int
        Numbers of the rows of the task, which lack neither text nor label.
    n_rows : int
        Number of rows before that.
    name : str
        Name of the data, for messages.

    Raises
    ------
    TaskError
        The column is not there, the values are too many or too few, or one is no time.

    Examples
    --------
    >>> row_times(["2024-03-01", None, "2024-03-01T12:00"], None, [0, 1, 2], 3, "task")
    (1709251200.0, None, 1709294400.0)
    """
    if isinstance(time, str):
        column = find_name(time, columns or ())
        if columns is None or column is None:
            raise TaskError(f"{name}: there is no column {time!r} to use as time.{suggestion(time, columns or ())}")
        values = columns[column]
    else:
        values = time.tolist() if hasattr(time, "tolist") else list(time)
    if len(values) != n_rows:
        raise TaskError(f"There are {n_rows} texts and {len(values)} times; each text needs one, or None.")
    dated = {row: values[row] for row in row_numbers if not _is_missing(values[row])}
    try:
        times = {row: _finite(float(value)) for row, value in dated.items()}
    except (TypeError, ValueError):
        times = {row: _date(value, row, name) for row, value in dated.items()}
    return tuple(times.get(row) for row in row_numbers)


def _is_missing(value: Any) -> bool:
    return value is None or bool(value != value) or (isinstance(value, str) and not value.strip())


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(value)
    return value


def _date(value: Any, row: int, name: str) -> float:
    value = value.item() if hasattr(value, "item") else value
    try:
        read = value if isinstance(value, date) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise TaskError(f"{name}: row {row + 1} has the time {value!r:.40}. Times must all be numbers, or all ISO dates, such "
                        "as 2024-03-01 or 2024-03-01T12:00.") from None
    moment = read if isinstance(read, datetime) else datetime(read.year, read.month, read.day)
    # Times without a zone are read in the same one, which keeps their order.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

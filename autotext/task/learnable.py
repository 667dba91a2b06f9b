"""Whether labels are classes at all, rather than identifiers or numbers to be predicted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autotext.errors import TaskError
from autotext.task.findings import is_null

# With fewer rows it cannot be told; and which share of the rows has a label that no other has.
_FEWEST, _SINGLE_LABELS = 10, 0.9
# More different numbers than any scale of grades has, and fewer rows for each of them than could be learned from.
_MOST_GRADES, _ROWS_EACH = 20, 5
_CANDIDATES = 3


def check_learnable(labels: Sequence[Any], name: str, columns: Mapping[str, Sequence[Any]], used: Sequence[str],
                    label_column: str | None) -> None:
    """Refuse labels that nearly every row has for itself, and fractions of many values.

    Parameters
    ----------
    labels : sequence, n_rows
        One label per row.
    name : str
        What the data are called in an error.
    columns : dict of str to sequence
        All columns, among which the one that was probably meant is looked for.
    used : sequence of str
        Names of the columns that are texts or labels.
    label_column : str or None
        None: the labels came without a name.

    Raises
    ------
    TaskError
        Names the column, and others that hold few values.

    Examples
    --------
    >>> check_learnable(range(20), "a.csv", {"id": range(20), "stars": [1, 2] * 10}, ["id"], "id")
    Traceback (most recent call last):
    autotext.errors.TaskError: a.csv: nearly every row has a label of its own in the column 'id' (20 in 20 rows), so there are \
no classes to learn. Did you mean label='stars' (2 values)?
    """
    if len(labels) < _FEWEST:
        return
    where = "" if label_column is None else f" in the column {label_column!r}"
    counts = Counter(labels)
    if sum(number == 1 for number in counts.values()) > _SINGLE_LABELS * len(labels):
        why = (f"nearly every row has a label of its own{where} ({len(counts):,} in {len(labels):,} rows), so there are no "
               "classes to learn.")
    elif len(counts) > max(_MOST_GRADES, len(labels) / _ROWS_EACH) and _are_fractions(counts):
        why = (f"the labels{where} are numbers with {len(counts):,} different values: to predict a number is regression, and "
               "autotext classifies. Cut them into classes, e.g. low and high.")
    else:
        return
    others = {column: len(set(values)) for column, values in columns.items() if column not in used and _is_like_classes(values)}
    nearest = sorted(others, key=others.__getitem__)[:_CANDIDATES]
    meant = " or ".join(f"label={column!r} ({others[column]} values)" for column in nearest)
    raise TaskError(f"{name}: {why}{f' Did you mean {meant}?' if meant else ' Is it the right column?' if where else ''}")


def _are_fractions(labels: Mapping[Any, int]) -> bool:
    """Whether labels are numbers, also written as text, most of which are not whole."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return False
    return sum(math.isfinite(number) and not number.is_integer() for number in numbers) > len(numbers) / 2


def _is_like_classes(values: Sequence[Any]) -> bool:
    """Whether a column holds few different plain values, most of them in several rows."""
    if not all(is_null(value) or isinstance(value, str | int | float) for value in values):
        return False
    counts = Counter(values)
    return 1 < len(counts) <= max(_MOST_GRADES, len(values) / _ROWS_EACH) and sum(number > 1 for number in counts.values()) > 1

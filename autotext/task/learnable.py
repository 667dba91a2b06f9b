"""Whether labels are classes, rather than identifiers or numbers that should be predicted by regression."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autotext.errors import TaskError
from autotext.task.findings import is_null

# Smallest number of rows with which this can be told, and the fraction of rows with a unique label that shows identifiers.
_FEWEST, _SINGLE_LABELS = 10, 0.9
# Numbers are no classes if there are more different ones than in any scale of grades, and fewer rows for each than these.
_MOST_GRADES, _ROWS_EACH = 20, 5
_CANDIDATES = 3


def check_learnable(labels: Sequence[Any], name: str, columns: Mapping[str, Sequence[Any]], used: Sequence[str],
                    label_column: str | None) -> None:
    """Refuse labels that are unique to nearly every row, and numbers with many different fractions.

    Parameters
    ----------
    labels : sequence, n_rows
        One label per row.
    name : str
        Name of the data, for errors.
    columns : dict of str to sequence
        All columns, from which the error suggests another one.
    used : sequence of str
        Names of the columns that are texts or labels.
    label_column : str or None
        Name of the label column; None: the labels have no name.

    Raises
    ------
    TaskError
        The labels are no classes; the message names columns that could be meant instead.

    Examples
    --------
    >>> check_learnable(range(20), "a.csv", {"id": range(20), "stars": [1, 2] * 10}, ["id"], "id")
    Traceback (most recent call last):
    autotext.errors.TaskError: a.csv: nearly every row has a label of its own in the column 'id' ... Did you mean ...
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
    """Whether labels are numbers, or texts of numbers, most of which are not whole."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return False
    return sum(math.isfinite(number) and not number.is_integer() for number in numbers) > len(numbers) / 2


def _is_like_classes(values: Sequence[Any]) -> bool:
    """Whether a column has few different values, most of which are in several rows."""
    if not all(is_null(value) or isinstance(value, str | int | float) for value in values):
        return False
    counts = Counter(values)
    return 1 < len(counts) <= max(_MOST_GRADES, len(values) / _ROWS_EACH) and sum(number > 1 for number in counts.values()) > 1

"""When a task has so few rows that scores tell little and each row is worth more."""

from __future__ import annotations

from autotext.task.task import Task

_FEW_ROWS_OF_A_CLASS = 100


def has_few_rows(task: Task) -> bool:
    """Whether a task has fewer than 100 rows for each class, on the average.

    Examples
    --------
    >>> has_few_rows(Task(("good", "bad"), (0, 1), ("-", "+"), "binary"))
    True
    """
    return len(task) < _FEW_ROWS_OF_A_CLASS * len(task.classes)

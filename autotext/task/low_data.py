"""The rule for tasks with few rows, where scores are uncertain and each row is valuable."""

from __future__ import annotations

from autotext.task.task import Task

_FEW_ROWS_OF_A_CLASS = 100


def has_few_rows(task: Task) -> bool:
    """Whether a task has fewer than 100 rows per class on average.

    Parameters
    ----------
    task : Task

    Examples
    --------
    >>> has_few_rows(Task(("good", "bad"), (0, 1), ("-", "+"), "binary"))
    True
    """
    return len(task) < _FEW_ROWS_OF_A_CLASS * len(task.classes)

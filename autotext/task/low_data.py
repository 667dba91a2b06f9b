"""The rules for tasks with few rows, where scores are uncertain and each row is valuable.

There are two thresholds, for two questions. Whether the best of many candidates is best by more than luck depends on how many
rows were scored. Which recipes for a pretrained model are worth a try depends on how many examples each class has.
"""

from __future__ import annotations

from autotext.task.task import Task

FEW_ROWS = 400
"""On at most so many scored rows the luckiest of many candidates says little about which one is best."""

FEW_ROWS_PER_CLASS = 100
"""With fewer rows per class, on the average, a pretrained model is trained in ways that make more of each row."""


def has_few_rows(n_rows: int) -> bool:
    """Whether scores on so many rows are too noisy to choose the best of many candidates by.

    Parameters
    ----------
    n_rows : int
        Rows that candidates are scored on.

    Examples
    --------
    >>> has_few_rows(400), has_few_rows(401)
    (True, False)
    """
    return n_rows <= FEW_ROWS


def has_few_rows_per_class(task: Task) -> bool:
    """Whether a task has fewer than 100 rows for each class, on the average.

    Parameters
    ----------
    task : Task

    Examples
    --------
    >>> has_few_rows_per_class(Task(("good", "bad"), (0, 1), ("-", "+"), "binary"))
    True
    """
    return len(task) < FEW_ROWS_PER_CLASS * len(task.classes)

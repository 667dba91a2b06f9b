"""The rows of a task: their order, and samples of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from autotext.arguments import check_integer
from autotext.errors import BenchmarkError
from autotext.fingerprint import fingerprint_strings
from autotext.randomness import generator
from autotext.task import Task, sample_rows

_MOST_ROWS = 2**31 - 1


def order_rows(task: Task) -> Task:
    """Put the rows of a task in an order that depends on their content alone, with labels as text.

    So the same rows give the same fingerprints and samples, whatever file they came from.

    Parameters
    ----------
    task : Task
        With test rows.

    Examples
    --------
    >>> one = Task.read((["a", "b", "c"], [0, 1, 1])).with_test((["d"], [1]))
    >>> other = Task.read((["c", "b", "a"], ["1", "1", "0"])).with_test((["d"], ["1"]))
    >>> order_rows(one).fingerprint == order_rows(other).fingerprint, order_rows(one).classes
    (True, ('0', '1'))
    """
    classes = tuple(sorted({str(label) for label in task.classes}))
    test = None if task.test is None else _ordered(task.test, classes)
    return replace(_ordered(task, classes), test=test)


def _ordered(task: Task, classes: tuple[str, ...]) -> Task:
    multilabel = task.kind == "multilabel"
    labels = [tuple(sorted(map(str, label))) if multilabel else (str(label),) for label in task.labels]
    rows = sorted((fingerprint_strings([text, *named]), text, named) for text, named in zip(task.texts, labels, strict=True))
    return Task(tuple(text for _, text, _ in rows), tuple(named if multilabel else named[0] for _, _, named in rows), classes,
                task.kind, name=task.name, language=task.language, findings=task.findings)


def sample(task: Task, rows: int | None = None, per_class: int | None = None, test_rows: int | None = None,
           seed: int = 0) -> Task:
    """Draw some of the training rows of a task, and some of its test rows.

    Parameters
    ----------
    task : Task
    rows : int, optional
        Most training rows, drawn with the shares of the classes kept; there may be a few less, as copies of a text stay
        together.
    per_class : int, optional
        Training rows of each class instead, or all of a class that has fewer.
    test_rows : int, optional
        Most test rows, which do not depend on the seed.
    seed : int, default=0

    Raises
    ------
    BenchmarkError
        The rows have several labels, and a number for each class is asked for.

    Examples
    --------
    >>> task = Task.read(([f"text {row}" for row in range(300)], [row % 3 for row in range(300)]))
    >>> len(sample(task, rows=40)), len(sample(task, per_class=4))
    (40, 12)
    """
    if per_class is not None:
        task = task.rows(_of_each_class(task, check_integer(per_class, "per_class", 1, _MOST_ROWS), seed))
    elif rows is not None:
        task = task.rows(sample_rows(task.texts, task.targets, check_integer(rows, "rows", 1, _MOST_ROWS), seed))
    if test_rows is not None and task.test is not None:
        test = task.test
        chosen = sample_rows(test.texts, test.targets, check_integer(test_rows, "test_rows", 1, _MOST_ROWS), 0)
        task = replace(task, test=test.rows(chosen))
    return task


def _of_each_class(task: Task, n_rows: int, seed: int) -> NDArray[np.intp]:
    if task.kind == "multilabel":
        raise BenchmarkError(f"{task.name}: its rows have several labels, so there is no number of rows for each class; give "
                             "rows instead.")
    order = generator(seed, "per_class").permutation(len(task))
    targets = task.targets[order]
    return np.sort(np.concatenate([order[targets == target][:n_rows] for target in np.unique(targets)]))

"""Rows whose label is probably wrong, told from out-of-fold probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.task import Task

MOST, CHARACTERS = 1000, 300
"""Rows that are described at most, and characters of their texts that are kept."""


def find_label_issues(targets: NDArray[Any], probabilities: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows and classes that are probably wrong together, the most suspicious first.

    A row is suspected if another class is at least as probable as that class is on average where it is the label, and more
    probable than its label: confident learning (Northcutt, Jiang & Chuang 2021, "Confident learning: estimating uncertainty in
    dataset labels", JAIR 70). Rows are ordered by how much more probable the other class is.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    probabilities : array of shape (n_rows, n_classes)
        Of models that have not seen the row.

    Returns
    -------
    list of (int, int)
        Row, and the class that it has more probably; with several labels, the class that is there, or is missing, wrongly.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05], [0.2, 0.8]])
    >>> find_label_issues(np.array([0, 0, 1, 1, 1]), probabilities)
    [(3, 0)]
    """
    if targets.ndim == 2:
        by_label = [(position, number, margin) for number in range(targets.shape[1])
                    for position, _, margin in _suspected(targets[:, number], np.column_stack(
                        [1.0 - probabilities[:, number], probabilities[:, number]]))]
    else:
        by_label = _suspected(targets, probabilities)
    return [(row, number) for row, number, _ in sorted(by_label, key=lambda issue: (-issue[2], issue[:2]))[:MOST]]


def _suspected(targets: NDArray[Any], probabilities: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Row, other class, and by how much that is more probable."""
    rows, n_classes = np.arange(len(targets)), probabilities.shape[1]
    of_label = probabilities[rows, targets]
    counts = np.bincount(targets, minlength=n_classes)
    usual = np.bincount(targets, of_label, minlength=n_classes) / np.maximum(counts, 1)
    # A class without rows is never confident.
    confident = (probabilities >= np.where(counts > 0, usual, np.inf)) & (np.arange(n_classes) != targets[:, None])
    others = np.where(confident, probabilities, -np.inf)
    best = others.argmax(axis=1)
    margins = others[rows, best] - of_label
    return [(int(row), int(best[row]), float(margins[row])) for row in np.flatnonzero(margins > 0)]


def label_issues(targets: NDArray[Any], probabilities: NDArray[np.float64], rows: NDArray[np.intp],
                 task: Task) -> tuple[dict[str, Any], ...]:
    """Describe rows whose label is probably wrong for those who correct them, the most suspicious first.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    probabilities : array of shape (n_rows, n_classes)
        Of models that have not seen the row.
    rows : array of shape (n_rows,)
        Numbers of these rows in the task.
    task : Task

    Returns
    -------
    tuple of dict
        ``row``, from 1, among those with text and label; ``text``, ``label``, ``suggested`` and ``score``, the probability of
        what is suggested.

    Examples
    --------
    >>> task = Task.read(["so good", "so bad", "good good"], ["+", "-", "-"])
    >>> good = np.array([0.7, 0.1, 0.8])
    >>> label_issues(task.targets, np.column_stack([good, 1 - good]), np.arange(3), task)
    ({'row': 3, 'text': 'good good', 'label': '-', 'suggested': '+', 'score': 0.8},)
    """
    classes, described = task.classes, []
    for row, number in find_label_issues(targets, probabilities):
        score = float(probabilities[row, number])
        if targets.ndim == 2:
            label = [name for name, is_set in zip(classes, targets[row], strict=True) if is_set]
            is_wrong = bool(targets[row, number])
            suggested: Any = [name for place, name in enumerate(classes) if bool(targets[row, place]) != (place == number)]
            score = 1.0 - score if is_wrong else score
        else:
            label, suggested = classes[targets[row]], classes[number]
        described.append({"row": int(rows[row]) + 1, "text": task.texts[rows[row]][:CHARACTERS], "label": label,
                          "suggested": suggested, "score": round(score, 4)})
    return tuple(described)

"""Which labels are confused with which, and the surest wrong answers, with texts of these rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from autotext.report.label_issues import CHARACTERS, MOST
from autotext.scoring.coverage import rows_right
from autotext.task import Task

# Pairs of labels that are kept, and texts of each.
_PAIRS, _EXAMPLES = 200, 3


def confident_errors(targets: NDArray[Any], predictions: NDArray[Any], sure: NDArray[np.float64], rows: NDArray[np.intp],
                     task: Task) -> tuple[dict[str, Any], ...]:
    """Describe wrong answers, the surest first.

    Parameters
    ----------
    targets, predictions : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    sure : array of shape (n_rows,)
        Confidences of the predictions.
    rows : array of shape (n_rows,)
        Numbers of these rows in the task.
    task : Task

    Returns
    -------
    tuple of dict
        ``row``, from 1, among those with text and label; ``text``, its beginning; ``label``, ``predicted`` and ``score``, how
        sure that was. At most 1,000.

    Examples
    --------
    >>> task = Task.read(["so good", "so bad", "good good"], ["+", "-", "-"])
    >>> confident_errors(task.targets, np.array([0, 1, 0]), np.array([0.9, 0.8, 0.7]), np.arange(3), task)
    ({'row': 3, 'text': 'good good', 'label': '-', 'predicted': '+', 'score': 0.7},)
    """
    wrong = np.flatnonzero(~rows_right(predictions, targets))
    surest = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST]
    return tuple({"row": int(rows[row]) + 1, "text": task.texts[rows[row]][:CHARACTERS],
                  "label": _labels(targets[row], task.classes), "predicted": _labels(predictions[row], task.classes),
                  "score": round(float(sure[row]), 4)} for row in surest)


def _labels(target: Any, classes: Sequence[Any]) -> Any:
    return [classes[place] for place in np.flatnonzero(target).tolist()] if np.ndim(target) else classes[target]


def confusions(targets: NDArray[Any], predictions: NDArray[Any], sure: NDArray[np.float64], rows: NDArray[np.intp],
               task: Task) -> tuple[dict[str, Any], ...]:
    """Describe which labels are answered instead of which, the most frequent pairs first.

    Parameters
    ----------
    targets, predictions : array of shape (n_rows,) or (n_rows, n_classes)
    sure : array of shape (n_rows,)
    rows : array of shape (n_rows,)
    task : Task
        As for `confident_errors`.

    Returns
    -------
    tuple of dict
        ``label``, ``predicted``, ``rows``: how many there are, and ``examples``: ``row`` and ``text`` of the surest three. At
        most 200. With several labels for a text, a label that is missing is paired with each that is there wrongly, and with
        None if none is; and the other way round.

    Examples
    --------
    >>> task = Task.read(["so good", "so bad", "good good"], ["+", "-", "-"])
    >>> (pair,) = confusions(task.targets, np.array([0, 1, 0]), np.array([0.9, 0.8, 0.7]), np.arange(3), task)
    >>> pair["label"], pair["predicted"], pair["rows"], pair["examples"]
    ('-', '+', 1, [{'row': 3, 'text': 'good good'}])
    """
    find = _label_sets if targets.ndim == 2 else _single_labels
    pairs, rows_of = find(targets, predictions, len(task.classes))
    names = [*task.classes, None]
    described = []
    for label, predicted, count in pairs:
        of_pair = rows_of(label, predicted)
        surest = of_pair[np.argsort(-sure[of_pair], kind="stable")][:_EXAMPLES]
        examples = [{"row": int(rows[row]) + 1, "text": task.texts[rows[row]][:CHARACTERS]} for row in surest]
        described.append({"label": names[label], "predicted": names[predicted], "rows": count, "examples": examples})
    return tuple(described)


# Numbers of two labels, and how many rows have them so; and what finds these rows.
_Pairs = tuple[list[tuple[int, int, int]], Callable[[int, int], NDArray[np.intp]]]


def _single_labels(targets: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> _Pairs:
    wrong = np.flatnonzero(targets != predictions)
    codes = targets[wrong].astype(np.int64) * n_classes + predictions[wrong]
    values, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_PAIRS]
    pairs = [(*divmod(int(values[place]), n_classes), int(counts[place])) for place in order]
    return pairs, lambda label, predicted: wrong[codes == label * n_classes + predicted]


def _label_sets(targets: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> _Pairs:
    missed, added = (_or_none(side) for side in ((targets > 0) & (predictions == 0), (targets == 0) & (predictions > 0)))
    counts = (csr_matrix(missed, dtype=np.int64).T @ csr_matrix(added, dtype=np.int64)).tocoo()
    # Neither missed nor added is right.
    is_wrong = (counts.row < n_classes) | (counts.col < n_classes)
    entries = zip(counts.row[is_wrong].tolist(), counts.col[is_wrong].tolist(), counts.data[is_wrong].tolist(), strict=True)
    pairs = sorted(entries, key=lambda pair: (-pair[2], pair[:2]))[:_PAIRS]
    return pairs, lambda label, predicted: np.flatnonzero(missed[:, label] & added[:, predicted])


def _or_none(labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Labels, and a column of the rows that have none of them."""
    return np.column_stack([labels, ~labels.any(axis=1)])

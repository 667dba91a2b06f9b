"""What each class adds to a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support


def class_table(targets: NDArray[Any], predictions: NDArray[Any], classes: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """Rows, precision, recall and F1 of each class; those of classes without rows or predictions are 0.

    Parameters
    ----------
    targets, predictions : arrays of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    classes : sequence
        Labels, in the order of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> class_table(np.array([0, 0, 1]), np.array([0, 1, 1]), ["ham", "spam"])[0]
    {'label': 'ham', 'rows': 2, 'precision': 1.0, 'recall': 0.5, 'f1': 0.6667}
    """
    found = precision_recall_fscore_support(targets, predictions, labels=range(len(classes)), average=None, zero_division=0.0)
    return tuple({"label": label, "rows": int(rows), "precision": round(float(precision), 4), "recall": round(float(recall), 4),
                  "f1": round(float(f1), 4)} for label, precision, recall, f1, rows in zip(classes, *found, strict=True))

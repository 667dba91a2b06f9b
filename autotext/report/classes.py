"""Precision, recall and F1 of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from autotext.scoring.metrics import Kind, Metric
from autotext.scoring.scores import predictions_beside

HEADER = f"{'rows':>8}  {'precision':>9}  {'recall':>6}  {'F1':>6}  "
_AVERAGES = ("micro", "macro", "weighted")
_UNSEEN = "(labels that training lacks)"


def class_table(targets: NDArray[Any], predictions: NDArray[Any], classes: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """Number of rows, precision, recall and F1 of each class; 0 for a class without rows or predictions.

    Parameters
    ----------
    targets, predictions : arrays
        As for `Metric.score`. A last entry, whose label is None, counts rows whose label is no class.
    classes : sequence
        Labels, in the order of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> class_table(np.array([0, 0, 1]), np.array([0, 1, 1]), ["ham", "spam"])[0]
    {'label': 'ham', 'rows': 2, 'precision': 1.0, 'recall': 0.5, 'f1': 0.6667}
    """
    scores = precision_recall_fscore_support(targets, predictions_beside(targets, predictions), labels=range(len(classes)),
                                             average=None, zero_division=0.0)
    table = [{"label": label, "rows": int(rows), "precision": round(float(precision), 4), "recall": round(float(recall), 4),
              "f1": round(float(f1), 4)} for label, precision, recall, f1, rows in zip(classes, *scores, strict=True)]
    unseen = int((targets < 0).sum() if targets.ndim == 1 else targets[:, len(classes):].sum())
    return (*table, {"label": None, "rows": unseen, "precision": 0.0, "recall": 0.0, "f1": 0.0}) if unseen else tuple(table)


def class_averages(kind: Kind, targets: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> tuple[dict[str, Any], ...]:
    """Micro, macro and weighted averages of precision, recall and F1.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel"}
    targets, predictions : arrays
        As for `Metric.score`.
    n_classes : int

    Examples
    --------
    >>> import numpy as np
    >>> class_averages("binary", np.array([0, 0, 1]), np.array([0, 1, 1]), 2)[0]
    {'label': 'micro average', 'rows': 3, 'precision': 0.6667, 'recall': 0.6667, 'f1': 0.6667}
    """
    probabilities = np.zeros((len(targets), n_classes))

    def value(name: str, average: str) -> float:
        return round(Metric(f"{name}_{average}", kind).score(targets, predictions, probabilities), 4)

    rows = len(targets) if targets.ndim == 1 else int(targets.sum())
    return tuple({"label": f"{average} average", "rows": rows,
                  **{name: value(name, average) for name in ("precision", "recall", "f1")}} for average in _AVERAGES)


def class_line(entry: Mapping[str, Any]) -> str:
    r"""Format one entry of `class_table` as a line below `HEADER`.

    Parameters
    ----------
    entry : mapping of str to object
        As in `class_table`.

    Examples
    --------
    >>> print(HEADER + "class\n" + class_line({"label": "spam", "rows": 12, "precision": 0.75, "recall": 1.0, "f1": 0.857}))
        rows  precision  recall      F1  class
          12      0.750   1.000   0.857  spam
    """
    label = _UNSEEN if entry["label"] is None else entry["label"]
    return f"{entry['rows']:8,}  {entry['precision']:9.3f}  {entry['recall']:6.3f}  {entry['f1']:6.3f}  {label!s:.60}"

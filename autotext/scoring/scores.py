"""Values of scikit-learn's metrics, also where rows lack a class or have a label that is no class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    class_likelihood_ratios,
    d2_brier_score,
    d2_log_loss_score,
    f1_score,
    jaccard_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from autotext.errors import MetricError, listed
from autotext.silence import without_warnings

RATIOS: dict[str, Callable[..., Any]] = {"f1": f1_score, "jaccard": jaccard_score, "precision": precision_score,
                                         "recall": recall_score}
_LIKELIHOOD_RATIOS = ("positive_likelihood_ratio", "neg_negative_likelihood_ratio")
# Losses, over the rows whose label is a class: each row adds the probability of its class.
_LOSSES: dict[str, Callable[..., Any]] = {
    "neg_log_loss": lambda *rows, **options: -log_loss(*rows, **options),
    "neg_brier_score": lambda *rows, **options: -brier_score_loss(*rows, **options),
    "d2_log_loss_score": d2_log_loss_score, "d2_brier_score": d2_brier_score}
# Rankings, over the same rows: for each class, its rows are ranked against those of the others.
_RANKINGS: dict[str, Callable[..., Any]] = {
    "average_precision": average_precision_score, "roc_auc": roc_auc_score,
    "roc_auc_ovr": partial(roc_auc_score, multi_class="ovr"),
    "roc_auc_ovr_weighted": partial(roc_auc_score, multi_class="ovr", average="weighted"),
    "roc_auc_ovo": partial(roc_auc_score, multi_class="ovo"),
    "roc_auc_ovo_weighted": partial(roc_auc_score, multi_class="ovo", average="weighted")}


@dataclass(frozen=True)
class Rows:
    """Targets, predictions and probabilities of rows that are to be scored.

    Parameters
    ----------
    targets : array of shape (n_rows,), (n_rows, n_classes) or (n_rows, n_classes + 1)
        Class numbers, -1 for a label that is no class; or 0/1 indicators, where a last column is for labels that are no class.
    predictions : array of shape (n_rows,) or (n_rows, n_classes)
    probabilities : array of shape (n_rows, n_classes)
    weights : array of shape (n_rows,) or None

    Examples
    --------
    >>> import numpy as np
    >>> rows = Rows(np.array([0, -1, 1]), np.array([0, 1, 1]), np.full((3, 2), 0.5))
    >>> rows.n_classes, rows.with_class().targets.tolist()
    (2, [0, 1])
    """

    targets: NDArray[Any]
    predictions: NDArray[Any]
    probabilities: NDArray[Any]
    weights: NDArray[Any] | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return self.probabilities.shape[1]

    def with_class(self) -> Rows:
        """The rows, or for several labels the indicators, whose label is a class."""
        if self.targets.ndim == 2:
            return replace(self, targets=self.targets[:, : self.n_classes])
        is_class = self.targets >= 0
        return self if is_class.all() else self[is_class]

    def __getitem__(self, rows: NDArray[np.bool_]) -> Rows:
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.targets[rows], self.predictions[rows], self.probabilities[rows], weights)


def metric_value(name: str, rows: Rows) -> float:
    """Value of a metric of scikit-learn; NaN where it is not defined, see `undefined`.

    Parameters
    ----------
    name : str
    rows : Rows

    Examples
    --------
    >>> import numpy as np
    >>> metric_value("accuracy", Rows(np.array([0, 1, -1]), np.array([0, 1, 1]), np.eye(2)[[0, 1, 1]]))
    0.6666666666666666
    """
    if rows.weights is not None:
        rows = rows[rows.weights > 0]
    if undefined(name, rows.targets, range(rows.n_classes)):
        return float("nan")
    with np.errstate(all="ignore"), without_warnings(UserWarning):
        return float(_value(name, rows))


def _value(name: str, rows: Rows) -> Any:
    family, _, average = name.partition("_")
    with_class = rows.with_class()
    options = {"sample_weight": with_class.weights}
    if family in RATIOS:
        return _ratio(RATIOS[family], average or "binary", rows)
    if name == "accuracy":
        return accuracy_score(rows.targets, predictions_beside(rows.targets, rows.predictions), sample_weight=rows.weights)
    if name == "matthews_corrcoef":
        return matthews_corrcoef(rows.targets, rows.predictions, sample_weight=rows.weights)
    if name == "balanced_accuracy":
        return balanced_accuracy_score(with_class.targets, with_class.predictions, **options)
    if name in _LIKELIHOOD_RATIOS:
        positive, negative = class_likelihood_ratios(with_class.targets, with_class.predictions, labels=[0, 1],
                                                     replace_undefined_by=1.0, **options)
        return positive if name == _LIKELIHOOD_RATIOS[0] else -negative
    if name == "top_k_accuracy":
        return _top_k_accuracy(rows, with_class)
    columns = with_class.probabilities[:, 1] if rows.n_classes == 2 and rows.targets.ndim == 1 else with_class.probabilities
    if name in _LOSSES:
        return _LOSSES[name](with_class.targets, columns, labels=range(rows.n_classes), **options)
    if name.startswith("roc_auc_ovo") and with_class.weights is not None:
        raise MetricError(f"The metric {name!r} takes no sample_weight: use {name.replace('ovo', 'ovr')!r}.")
    return _RANKINGS[name](with_class.targets, columns, **options)


def _ratio(function: Callable[..., Any], average: str, rows: Rows) -> Any:
    """F1, Jaccard, precision or recall, where a label that is no class counts against the predicted class."""
    targets, predictions = rows.targets, predictions_beside(rows.targets, rows.predictions)
    options: dict[str, Any] = {"average": average, "sample_weight": rows.weights, "zero_division": 0.0}
    if average == "binary":
        return function(targets == 1, predictions == 1, **options)
    if average == "macro":
        options["labels"] = np.flatnonzero(_present(targets, rows.n_classes) | _present(predictions, rows.n_classes))
    return function(targets, predictions, **options)


def predictions_beside(targets: NDArray[Any], predictions: NDArray[Any]) -> NDArray[Any]:
    """Add a column of zeros to predicted indicators where the targets have one for labels that are no class.

    Parameters
    ----------
    targets, predictions : arrays
        As in `Rows`.

    Examples
    --------
    >>> import numpy as np
    >>> predictions_beside(np.array([[1, 0, 0], [0, 0, 1]]), np.array([[1, 0], [0, 1]])).tolist()
    [[1, 0, 0], [0, 1, 0]]
    """
    if targets.ndim == 1 or targets.shape[1] == predictions.shape[1]:
        return predictions
    return np.pad(predictions, ((0, 0), (0, 1)))


def _top_k_accuracy(rows: Rows, with_class: Rows) -> float:
    if not len(with_class.targets):
        return 0.0
    among_classes = top_k_accuracy_score(with_class.targets, with_class.probabilities, labels=range(rows.n_classes),
                                         sample_weight=with_class.weights)
    return float(among_classes * np.average(rows.targets >= 0, weights=rows.weights))


def _present(values: NDArray[Any], n_classes: int) -> NDArray[np.bool_]:
    """Whether each class occurs."""
    if values.ndim == 2:
        return np.asarray(values[:, :n_classes].any(axis=0))
    return np.bincount(values[values >= 0], minlength=n_classes) > 0


def undefined(name: str, targets: NDArray[Any], classes: Sequence[Any], row: str = "test row") -> str:
    """Reason why a metric is not defined on some rows; empty if it is.

    Parameters
    ----------
    name : str
    targets : array
        As in `Rows`.
    classes : sequence of object
        Labels, in the order of the numbers.
    row : str, default="test row"
        Name of such a row, for the reason.

    Examples
    --------
    >>> import numpy as np
    >>> undefined("roc_auc_ovr", np.array([0, 2, -1]), ["sport", "travel", "health"])
    "no test row of class 'travel'"
    """
    if not len(targets):
        return f"there is no {row}"
    family, _, average = name.partition("_")
    if name in ("accuracy", "top_k_accuracy") or average == "samples":
        return ""
    if family in RATIOS and average in ("micro", "weighted"):
        return "" if targets.ndim == 1 or targets.any() else f"no {row} has a label"
    present = _present(targets, len(classes))
    lacking = [classes[number] for number in _required_classes(name, len(classes), targets.ndim == 1) if not present[number]]
    if lacking:
        return f"no {row} of class {listed(lacking)}"
    if not present.any():
        return f"no {row} of a class that is known"
    if name == "roc_auc" and targets.ndim == 2:
        everywhere = [label for label, column in zip(classes, targets.T, strict=False) if column.all()]
        return f"no {row} without class {listed(everywhere)}" if everywhere else ""
    # These metrics compare predictions with constant ones, and need two classes.
    if name == "matthews_corrcoef" or name.startswith("d2_"):
        distinct = np.unique(targets if name == "matthews_corrcoef" else targets[targets >= 0])
        return "" if len(distinct) > 1 else f"no {row} of another class than {classes[distinct[0]]!r}"
    return ""


def _required_classes(name: str, n_classes: int, single: bool) -> Sequence[int]:
    """Classes that must have rows."""
    if name in _RANKINGS:
        return [1] if name == "average_precision" and single and n_classes == 2 else range(n_classes)
    return [0, 1] if name in _LIKELIHOOD_RATIOS else [1] if name in RATIOS else []


def unseen(name: str, targets: NDArray[Any], n_classes: int) -> str:
    """Sentence that says how a metric counts rows whose label is no class; empty if there are none.

    Parameters
    ----------
    name : str
    targets : array
        As in `Rows`.
    n_classes : int

    Examples
    --------
    >>> import numpy as np
    >>> unseen("accuracy", np.array([0, -1, 1]), 2)
    '1 of 3 test rows has a label that training lacks; accuracy counts it as wrong.'
    """
    outside = int((targets < 0 if targets.ndim == 1 else targets[:, n_classes:].any(axis=1)).sum())
    if not outside:
        return ""
    has, them = ("has", "it") if outside == 1 else ("have", "them")
    return (f"{outside:,} of {len(targets):,} test rows {has} a label that training lacks; "
            f"{name} {_effect(name, targets.ndim == 1, them)}.")


def absent(name: str, targets: NDArray[Any], classes: Sequence[Any]) -> str:
    """Sentence that says how an average over classes counts those without rows; empty if there are none, or no average.

    Parameters
    ----------
    name : str
    targets : array
        As in `Rows`.
    classes : sequence of object
        Labels, in the order of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> absent("f1_macro", np.array([0, 0]), ["ham", "spam"])
    "No test row of class 'spam'; f1_macro counts it only where it is predicted."
    """
    labels = [label for label, here in zip(classes, _present(targets, len(classes)), strict=True) if not here]
    if not labels or not (name == "balanced_accuracy" or name.endswith("_macro")):
        return ""
    them, are = ("it", "it is") if len(labels) == 1 else ("them", "they are")
    what = f"leaves {them} out" if name == "balanced_accuracy" else f"counts {them} only where {are} predicted"
    return f"No test row of class {listed(labels)}; {name} {what}."


def _effect(name: str, single: bool, them: str) -> str:
    """Clause that says how a metric counts rows whose label is no class."""
    family, _, average = name.partition("_")
    of_classes = family in RATIOS and average in ("", "macro")
    if of_classes and single and family != "recall":
        return f"counts {them} against the class that was predicted" + (", and averages over the known classes" * bool(average))
    if of_classes or name == "balanced_accuracy" or name in (*_LOSSES, *_RANKINGS, *_LIKELIHOOD_RATIOS):
        return f"leaves {them} out"
    return f"counts {them} as wrong"

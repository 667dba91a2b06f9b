"""Scores of candidates on many bootstrap resamples at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from autotext.scoring.metrics import Metric
from autotext.scoring.scores import RATIOS, predictions_beside

_SUMS = ("micro", "macro", "weighted")


class Scorer(Protocol):
    """Function that scores candidates on resamples of the rows."""

    def __call__(self, weights: NDArray[np.float32], candidates: NDArray[np.intp]) -> NDArray[np.float64]:
        """Scores of shape (n_resamples, n_candidates); `weights`, of shape (n_resamples, n_rows), count draws of rows."""
        ...


def makes_scorer(metric: Metric) -> bool:
    """Whether a metric follows from sums over rows of predictions, so that `scorer` can compute it.

    Parameters
    ----------
    metric : Metric

    Examples
    --------
    >>> makes_scorer(Metric("f1_macro", "binary")), makes_scorer(Metric("roc_auc", "binary"))
    (True, False)
    """
    name, _, average = metric.name.partition("_")
    return (metric.name in ("accuracy", "balanced_accuracy", "matthews_corrcoef", *RATIOS)
            or (name in RATIOS and average in (*_SUMS, "samples")))


def scorer(metric: Metric, targets: NDArray[Any], predictions: Sequence[NDArray[Any]], n_classes: int) -> Scorer:
    """Make a scorer of candidates from their predictions; it gives what `Metric.score` gives on repeated rows.

    Parameters
    ----------
    metric : Metric
        A metric for which `makes_scorer` is true.
    targets, predictions : array, sequence of arrays
        As for `Metric.score`.
    n_classes : int

    Examples
    --------
    >>> import numpy as np
    >>> targets = np.array([0, 1, 1])
    >>> accuracy = scorer(Metric("accuracy", "binary"), targets, [np.array([0, 1, 0])], 2)
    >>> accuracy(np.array([[1, 1, 1], [2, 2, 0]], dtype=np.float32), np.array([0])).round(2).tolist()
    [[0.67], [1.0]]
    """
    predictions = [predictions_beside(targets, predicted) for predicted in predictions]
    values = [_row_values(metric, targets, predicted) for predicted in predictions]
    if all(value is not None for value in values):
        return _Means(np.column_stack([np.asarray(value, dtype=np.float32) for value in values]))
    return _Counts(metric, targets, predictions, n_classes)


class Relative:
    """Scorer of candidates of which some answered only on a part of the rows, where they are compared with a reference.

    Parameters
    ----------
    whole : Scorer
        Scores the candidates that answered on all rows, which come first.
    partial : Scorer
        Scores the reference candidate, then those that answered on a part of the rows, on this part.
    rows : int array
        Rows of the part.
    reference : int
        Number of the reference candidate among those of `whole`.
    n_whole : int
        Number of candidates of `whole`.

    Examples
    --------
    >>> import numpy as np
    >>> targets = np.array([0, 1, 0, 1])
    >>> whole = scorer(Metric("accuracy", "binary"), targets, [np.array([0, 1, 1, 0])], 2)
    >>> partial = scorer(Metric("accuracy", "binary"), targets[:2], [np.array([0, 1]), np.array([0, 0])], 2)
    >>> relative = Relative(whole, partial, np.array([0, 1]), reference=0, n_whole=1)
    >>> relative(np.ones((1, 4), dtype=np.float32), np.array([0, 1])).tolist()
    [[0.5, 0.0]]
    """

    def __init__(self, whole: Scorer, partial: Scorer, rows: NDArray[np.intp], reference: int, n_whole: int) -> None:
        self._whole, self._partial, self._rows, self._reference, self._n_whole = whole, partial, rows, reference, n_whole

    def __call__(self, weights: NDArray[np.float32], candidates: NDArray[np.intp]) -> NDArray[np.float64]:
        """See `Scorer`; a candidate of the part gets the reference's score plus the difference between them on the part."""
        scores = np.empty((len(weights), len(candidates)))
        is_whole = candidates < self._n_whole
        if is_whole.any():
            scores[:, is_whole] = self._whole(weights, candidates[is_whole])
        if not is_whole.all():
            numbers = np.concatenate([[0], candidates[~is_whole] - self._n_whole + 1])
            on_part = self._partial(np.ascontiguousarray(weights[:, self._rows]), numbers)
            scores[:, ~is_whole] = self._whole(weights, np.array([self._reference])) + on_part[:, 1:] - on_part[:, :1]
        return scores


class Resampled:
    """Scorer of any metric, which computes it for one resample after the other.

    Parameters
    ----------
    metric : Metric
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    predictions, probabilities : sequences of arrays
        Predictions and probabilities of each candidate.
    folds : list of int arrays
        Rows of each fold, for metrics that are means over folds; without any, all rows are scored together.

    Examples
    --------
    >>> import numpy as np
    >>> targets, probabilities = np.array([0, 1]), np.array([[0.8, 0.2], [0.4, 0.6]])
    >>> loss = Resampled(Metric("neg_log_loss", "binary"), targets, [np.array([0, 1])], [probabilities], [])
    >>> loss(np.array([[2, 1]], dtype=np.float32), np.array([0])).round(3).tolist()
    [[-0.319]]
    """

    def __init__(self, metric: Metric, targets: NDArray[Any], predictions: Sequence[NDArray[Any]],
                 probabilities: Sequence[NDArray[Any]], folds: list[NDArray[np.intp]]) -> None:
        self._metric, self._targets, self._predictions, self._probabilities = metric, targets, predictions, probabilities
        self._folds = [np.arange(len(targets))] if metric.pooled or not folds else folds

    def __call__(self, weights: NDArray[np.float32], candidates: NDArray[np.intp]) -> NDArray[np.float64]:
        """See `Scorer`."""
        return np.array([[self._score(row, number) for number in candidates] for row in weights.astype(np.intp)])

    def _score(self, weights: NDArray[np.intp], number: int) -> float:
        parts = [np.repeat(fold, weights[fold]) for fold in self._folds]
        scores = [self._metric.score(self._targets[rows], self._predictions[number][rows], self._probabilities[number][rows])
                  for rows in parts if len(rows)]
        defined = [score for score in scores if np.isfinite(score)]
        return float(np.mean(defined)) if defined else float("nan")


class _Means:
    """Scorer of a metric that is a mean over rows."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self._values = values

    def __call__(self, weights: NDArray[np.float32], candidates: NDArray[np.intp]) -> NDArray[np.float64]:
        chosen = self._values if len(candidates) == self._values.shape[1] else self._values[:, candidates]
        total = weights.sum(axis=1, dtype=np.float64)[:, None]
        # All values are finite, but some BLAS kernels flag memory beside a small array.
        with np.errstate(invalid="ignore"):
            sums = np.asarray(weights @ chosen, dtype=np.float64)
        return sums / np.where(total > 0, total, np.nan)


class _Counts:
    """Scorer of a metric of the numbers of true, predicted and rightly predicted rows of each class."""

    def __init__(self, metric: Metric, targets: NDArray[Any], predictions: Sequence[NDArray[Any]], n_classes: int) -> None:
        self._metric, self._n_classes = metric, n_classes
        self._true = _indicators(targets, n_classes)
        self._predicted_rows = [_indicators(predicted, n_classes) for predicted in predictions]
        self._hits = [predicted_rows.multiply(self._true).tocsr() for predicted_rows in self._predicted_rows]

    def __call__(self, weights: NDArray[np.float32], candidates: NDArray[np.intp]) -> NDArray[np.float64]:
        turned = np.ascontiguousarray(weights.T, dtype=np.float64)
        true, total = self._true @ turned, turned.sum(axis=0)
        return np.column_stack([_from_counts(self._metric, self._n_classes, self._hits[number] @ turned,
                                             self._predicted_rows[number] @ turned, true, total) for number in candidates])


def _indicators(values: NDArray[Any], n_classes: int) -> csr_matrix:
    """Indicators of shape (n_classes, n_rows); an unknown class counts as one more."""
    if values.ndim == 2:
        return csr_matrix(values.T.astype(np.float64))
    places = (values.astype(np.intp) % (n_classes + 1), np.arange(len(values)))
    return csr_matrix((np.ones(len(values)), places), shape=(n_classes + 1, len(values)))


def _row_values(metric: Metric, targets: NDArray[Any], predicted: NDArray[Any]) -> NDArray[Any] | None:
    name, _, average = metric.name.partition("_")
    if targets.ndim == 1:
        same = metric.name == "accuracy" or (average == "micro" and name != "jaccard")
        return predicted == targets if same else None
    if metric.name == "accuracy":
        return np.asarray((predicted == targets).all(axis=1))
    if average != "samples":
        return None
    return _ratio(name, (predicted & targets).sum(axis=1), predicted.sum(axis=1), targets.sum(axis=1))


def _ratio(name: str, hits: NDArray[Any], predicted_rows: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    over, under = {"f1": (2.0 * hits, predicted_rows + true), "jaccard": (hits, predicted_rows + true - hits),
                   "precision": (hits, predicted_rows), "recall": (hits, true)}[name]
    return np.divide(over, under, out=np.zeros(np.shape(under)), where=np.asarray(under) > 0)


def _from_counts(metric: Metric, n_classes: int, hits: NDArray[np.float64], predicted_rows: NDArray[np.float64],
                 true: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value on each resample; counts have a row for each class, and optionally one for labels of no class."""
    name, _, average = metric.name.partition("_")
    if metric.name == "matthews_corrcoef":
        over = hits.sum(axis=0) * total - (predicted_rows * true).sum(axis=0)
        spread = total**2 - (true**2).sum(axis=0)
        under = np.sqrt((total**2 - (predicted_rows**2).sum(axis=0)) * spread)
        return np.where(spread > 0, np.divide(over, under, out=np.zeros(len(total)), where=under > 0), np.nan)
    if not average:
        return np.where(true[1] > 0, _ratio(name, hits[1], predicted_rows[1], true[1]), np.nan)
    if average == "micro":
        ratios = _ratio(name, hits.sum(axis=0), predicted_rows.sum(axis=0), true.sum(axis=0))
        return np.where(true.any(axis=0), ratios, np.nan)
    if average == "weighted":
        return _mean(_ratio(name, hits, predicted_rows, true), true)
    hits, predicted_rows, true = hits[:n_classes], predicted_rows[:n_classes], true[:n_classes]
    if metric.name == "balanced_accuracy":
        return _mean(_ratio("recall", hits, predicted_rows, true), true > 0)
    # A class without true and predicted rows is not counted.
    return np.where(true.any(axis=0), _mean(_ratio(name, hits, predicted_rows, true), predicted_rows + true > 0), np.nan)


def _mean(values: NDArray[np.float64], weights: NDArray[Any]) -> NDArray[np.float64]:
    under = weights.sum(axis=0, dtype=np.float64)
    return np.divide((values * weights).sum(axis=0), under, out=np.full(values.shape[1], np.nan), where=under > 0)

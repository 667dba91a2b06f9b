"""Calibration: from margins to probabilities and predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, logsumexp, softmax

from autotext.scoring.metrics import Kind, Metric

_CALIBRATION_ROWS = 3000
# With many classes, fewer rows are used, so that the number of margins stays below the first limit.
_CALIBRATION_CELLS, _LEAST_ROWS = 1_000_000, 100
_CANDIDATES = 64
_CUT_METRICS = ("f1", "f1_micro", "f1_macro", "f1_weighted", "f1_samples", "jaccard", "jaccard_micro", "jaccard_macro",
                "jaccard_weighted", "jaccard_samples", "matthews_corrcoef", "balanced_accuracy")


@dataclass(frozen=True)
class Decision:
    """How margins become probabilities and predictions.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel"}
    temperature : float, default=1.0
        Margins are divided by it before they become probabilities.
    threshold : float, default=0.0
        Margin above which the second of two classes, or a label, is predicted.

    Examples
    --------
    >>> import numpy as np
    >>> Decision("binary").predictions(np.array([[0.2, 0.1], [0.0, 3.0]])).tolist()
    [0, 1]
    """

    kind: Kind
    temperature: float = 1.0
    threshold: float = 0.0

    def probabilities(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities, shape (n_rows, n_classes); rows sum to 1 unless there are several labels per text."""
        scaled = margins / self.temperature
        probabilities: NDArray[np.float64] = expit(scaled) if self.kind == "multilabel" else softmax(scaled, axis=1)
        return probabilities

    def predictions(self, margins: NDArray[np.float64]) -> NDArray[Any]:
        """Class numbers, or 0/1 indicators."""
        if self.kind == "multiclass":
            return margins.argmax(axis=1)
        return (self.distances(margins) > 0).astype(np.int8 if self.kind == "multilabel" else np.intp)

    def distances(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances from the decision, of shape (n_rows,) for two classes, else (n_rows, n_classes).

        Above 0 the second of two classes, or a label, is predicted. Of more classes, the one with the largest value is; these
        values are logarithms of probabilities, so that rows can be compared.
        """
        if self.kind == "binary":
            return np.asarray(margins[:, 1] - margins[:, 0] - self.threshold)
        if self.kind == "multilabel":
            return margins - self.threshold
        return np.asarray(log_softmax(margins / self.temperature, axis=1))


def learn_decision(margins: NDArray[np.float64], targets: NDArray[Any], metric: Metric) -> Decision:
    """Learn a temperature, and a threshold where the metric rewards one, from out-of-fold margins.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric

    Notes
    -----
    Temperature scaling: Guo et al. (2017), "On calibration of modern neural networks", ICML.

    Examples
    --------
    >>> import numpy as np
    >>> margins = np.array([[0.0, -0.4], [0.0, -0.3], [0.0, -0.2], [0.0, -0.9], [0.0, -0.8], [0.0, -0.7]] * 5)
    >>> decision = learn_decision(margins, np.array([1, 1, 1, 0, 0, 0] * 5), Metric("f1", "binary"))
    >>> round(decision.threshold, 2), decision.predictions(margins[:1]).tolist()
    (-0.55, [1])
    """
    return Decision(metric.kind, fit_temperature(margins, targets, metric.kind), fit_threshold(margins, targets, metric))


def cross_fitted(margins: NDArray[np.float64], targets: NDArray[Any], metric: Metric,
                 folds: list[NDArray[np.intp]]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Predictions and probabilities for out-of-fold margins, where each fold is decided by what the other folds taught.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric
    folds : list of int array
        Row numbers of each fold.

    Returns
    -------
    predictions, probabilities : arrays
        Rows outside the folds stay zero.

    Examples
    --------
    >>> import numpy as np
    >>> margins, targets = np.array([[0.0, 1.0], [1.0, 0.0]] * 4), np.array([1, 0] * 4)
    >>> cross_fitted(margins, targets, Metric("accuracy", "binary"), [np.arange(4), np.arange(4, 8)])[0].tolist()
    [1, 0, 1, 0, 1, 0, 1, 0]
    """
    predictions = np.zeros(targets.shape, dtype=np.intp)
    probabilities = np.zeros(margins.shape)
    for fold in folds:
        others = np.concatenate([other for other in folds if other is not fold])
        temperature = fit_temperature(margins[others], targets[others], metric.kind) if metric.needs_probabilities else 1.0
        decision = Decision(metric.kind, temperature, fit_threshold(margins[others], targets[others], metric))
        predictions[fold] = decision.predictions(margins[fold])
        probabilities[fold] = decision.probabilities(margins[fold])
    return predictions, probabilities


def fit_temperature(margins: NDArray[np.float64], targets: NDArray[Any], kind: Kind,
                    most_rows: int = _CALIBRATION_ROWS) -> float:
    """Temperature with the smallest log loss on some of the rows, which are taken at even distances.

    Of each of n targets, a fraction of 1 / (n + 2) goes to the nearest other class, so that rows without any error do not make
    every probability 1. A class with a single row is left out: no model that was trained on it predicted that row.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    kind : {"binary", "multiclass", "multilabel"}
    most_rows : int, default=_CALIBRATION_ROWS
        Limit on the rows that are used.

    Notes
    -----
    Smoothed targets: Platt (1999), "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers.

    Examples
    --------
    >>> margins = np.array([[1.0, -1.0], [-1.0, 1.0]] * 30)
    >>> decision = Decision("binary", fit_temperature(margins, np.array([0, 1] * 30), "binary"))
    >>> decision.probabilities(margins[:1]).round(3).tolist()
    [[0.984, 0.016]]
    """
    most_rows = min(most_rows, max(_LEAST_ROWS, _CALIBRATION_CELLS // margins.shape[1]))
    rows = np.linspace(0, len(margins) - 1, min(len(margins), most_rows)).astype(np.intp)
    if kind == "multilabel":
        wanted = targets[rows] == 1
        ahead = np.where(wanted, margins[rows], -margins[rows])[~(wanted & (targets.sum(axis=0) == 1))][:, None]
    else:
        rows = rows[np.bincount(targets)[targets[rows]] > 1]
        rivals = np.arange(margins.shape[1]) != targets[rows][:, None]
        ahead = (margins[rows, targets[rows]][:, None] - margins[rows])[rivals].reshape(len(rows), margins.shape[1] - 1)
    if not len(ahead):
        return 1.0
    nearest, smoothing = ahead.min(axis=1), 1.0 / (len(ahead) + 2.0)

    def loss(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        return float((np.logaddexp(0.0, logsumexp(-ahead / temperature, axis=1)) + smoothing * nearest / temperature).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-6.0, 6.0), method="bounded", options={"xatol": 1e-3}).x))


def fit_threshold(margins: NDArray[np.float64], targets: NDArray[Any], metric: Metric) -> float:
    """Decision threshold with the best score, for metrics of hits and misses such as F1; otherwise 0.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric

    Examples
    --------
    >>> import numpy as np
    >>> margins, targets = np.array([[0.0, 2.0], [0.0, 1.0], [0.0, -1.0], [0.0, -3.0]]), np.array([1, 1, 1, 0])
    >>> fit_threshold(margins, targets, Metric("f1", "binary"))
    -2.0
    """
    if metric.kind == "multiclass" or metric.name not in _CUT_METRICS:
        return 0.0
    one_label = metric.kind == "binary"
    values = (margins[:, 1] - margins[:, 0])[:, None] if one_label else margins
    indicators = targets[:, None] if one_label else targets
    # Candidates lie where the share of predicted labels is between none and three times the true share.
    share = min(1.0, 3.0 * float(indicators.mean()) + 1e-9) if not one_label else 1.0
    candidates = np.unique(np.quantile(values, np.linspace(1.0 - share, 1.0, _CANDIDATES)))
    candidates = np.unique(np.append((candidates[1:] + candidates[:-1]) / 2, 0.0))
    hits, false, missed = _confusion(values, indicators, candidates)
    total = np.float64(len(values))
    scores = _from_counts(metric, hits, false, missed, total - hits - false - missed)
    # The middle one of the best thresholds is farthest from worse ones.
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(candidates[best[len(best) // 2]])


def _confusion(values: NDArray[np.float64], indicators: NDArray[Any],
               candidates: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """True positives, false positives and false negatives, shape (n_candidates, n_labels)."""
    shape = (len(candidates), values.shape[1])
    hits, predicted = np.empty(shape), np.empty(shape)
    for label in range(values.shape[1]):
        order = np.argsort(values[:, label], kind="stable")
        above = len(order) - np.searchsorted(values[order, label], candidates, side="right")
        right = np.concatenate([np.zeros(1), np.cumsum(indicators[order[::-1], label])])
        hits[:, label], predicted[:, label] = right[above], above
    return hits, predicted - hits, indicators.sum(axis=0)[None, :] - hits


def _from_counts(metric: Metric, hits: NDArray[np.float64], false: NDArray[np.float64], missed: NDArray[np.float64],
                 rest: NDArray[np.float64]) -> NDArray[np.float64]:
    name, _, average = metric.name.partition("_")
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric.name == "matthews_corrcoef":
            under = np.sqrt((hits + false) * (hits + missed) * (rest + false) * (rest + missed))
            return np.nan_to_num((hits * rest - false * missed) / under)[:, 0]
        if metric.name == "balanced_accuracy":
            return np.nan_to_num((hits / (hits + missed) + rest / (rest + false)) / 2)[:, 0]
        if metric.kind == "binary" and average:
            hits, false, missed = np.hstack([hits, rest]), np.hstack([false, missed]), np.hstack([missed, false])
        twice = 2.0 if name == "f1" else 1.0
        if average in ("micro", "samples"):
            hits, false, missed = (counts.sum(axis=1, keepdims=True) for counts in (hits, false, missed))
        scores = np.nan_to_num(twice * hits / (twice * hits + false + missed))
    if average == "weighted":
        return np.average(scores, axis=1, weights=(hits + missed)[0])
    return np.asarray(scores.mean(axis=1))


def decide_alone(margins: NDArray[Any], targets: NDArray[Any], metric: Metric) -> NDArray[Any]:
    """Predict from margins, where the decision threshold, if the metric rewards one, is fitted on the same rows.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric

    Examples
    --------
    >>> import numpy as np
    >>> margins = np.array([[0.0, -1.0], [0.0, -2.0], [0.0, -5.0]])
    >>> decide_alone(margins, np.array([1, 1, 0]), Metric("f1", "binary")).tolist()
    [1, 1, 0]
    """
    double = margins.astype(np.float64)
    return Decision(metric.kind, 1.0, fit_threshold(double, targets, metric)).predictions(double)

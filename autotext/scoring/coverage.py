"""How many texts are answered, and how many of these wrongly, if only those are answered that are sure enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import ArgumentError

# Rows of a coverage table.
_POINTS = 50


def confidences(predictions: NDArray[np.intp], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sure each prediction is: its probability; with several labels, that of the least sure label being right.

    Parameters
    ----------
    predictions : array of shape (n_rows,) or (n_rows, n_labels)
        Class numbers, or 0/1 indicators.
    probabilities : array of shape (n_rows, n_classes)

    Examples
    --------
    >>> confidences(np.array([1]), np.array([[0.3, 0.7]])).tolist()
    [0.7]
    >>> confidences(np.array([[1, 0]]), np.array([[0.9, 0.25]])).tolist()
    [0.75]
    """
    if predictions.ndim == 1:
        return np.asarray(probabilities[np.arange(len(predictions)), predictions])
    sure: NDArray[np.float64] = np.where(predictions > 0, probabilities, 1.0 - probabilities).min(axis=1)
    return sure


def rows_right(predictions: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each prediction is right; with several labels, whether all of a row are.

    Parameters
    ----------
    predictions, targets : array of shape (n_rows,) or (n_rows, n_labels)

    Examples
    --------
    >>> rows_right(np.array([[1, 0], [1, 1]]), np.array([[1, 0], [1, 0]])).tolist()
    [True, False]
    """
    right = np.asarray(predictions == targets)
    return right if right.ndim == 1 else np.asarray(right.all(axis=1))


def coverage_table(sure: NDArray[np.float64], is_right: NDArray[np.bool_]) -> tuple[dict[str, float], ...]:
    """Share of rows that are answered, and of these that are wrong, for smaller and smaller least confidences.

    Parameters
    ----------
    sure : array of shape (n_rows,)
        Confidences of predictions on rows that were not learned from.
    is_right : bool array of shape (n_rows,)

    Returns
    -------
    tuple of dict
        ``min_score``, ``answered``, ``error``, at most 50 of them, the last one with all rows.

    Examples
    --------
    >>> coverage_table(np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, False, True, True]))[-2:]
    ({'min_score': 0.7, 'answered': 0.75, 'error': 0.0}, {'min_score': 0.6, 'answered': 1.0, 'error': 0.25})
    """
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~is_right[order])
    counts = np.unique(np.linspace(1, len(sure), min(_POINTS, len(sure))).round().astype(int))
    # Rows that are equally sure are answered together.
    counts = np.unique(np.searchsorted(-sure[order], -sure[order][counts - 1], side="right"))
    return tuple({"min_score": _floor(float(sure[order][count - 1])), "answered": round(count / len(sure), 6),
                  "error": round(float(wrong[count - 1]) / count, 6)} for count in counts.tolist())


def _floor(value: float) -> float:
    """Round down, so that a row that is as sure as this is answered."""
    return float(np.floor(value * 1e6 + 1e-6) / 1e6)


def least_confidence(table: Sequence[Mapping[str, float]], max_error: float) -> float:
    """The least confidence with which as many rows as possible are answered, and no larger share of these wrongly than allowed.

    Parameters
    ----------
    table : sequence of dict
        As `coverage_table` gives it.
    max_error : float

    Raises
    ------
    ArgumentError
        More are wrong however few are answered.

    Examples
    --------
    >>> table = coverage_table(np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, False, True, True]))
    >>> least_confidence(table, 0.1)
    0.7
    """
    allowed = [row for row in table if row["error"] <= max_error]
    if not allowed:
        least = min(row["error"] for row in table)
        raise ArgumentError(f"max_error={max_error:g} cannot be kept: of the surest texts, {least:.1%} are wrong, too, out of "
                            f"fold. Write max_error={np.ceil(least * 1000) / 1000:g} or more.")
    best = max(allowed, key=lambda row: row["answered"])
    return 0.0 if best["answered"] == 1.0 else best["min_score"]

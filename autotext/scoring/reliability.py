"""How often answers are right at each confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Bins of equal width from 0 to 1.
_BINS = 10
# Standard deviations to either side that hold 90 % of a normal distribution.
_HALF = 1.645


def reliability_table(sure: NDArray[np.float64], is_right: NDArray[np.bool_]) -> tuple[dict[str, Any], ...]:
    """Mean confidence of predictions in bins of equal width, and the share of them that is right.

    Parameters
    ----------
    sure : array of shape (n_rows,)
        Confidences of predictions on rows that were not learned from.
    is_right : bool array of shape (n_rows,)

    Returns
    -------
    tuple of dict
        ``confidence``, ``accuracy`` and ``rows`` of each bin that has rows, by rising confidence.

    Examples
    --------
    >>> reliability_table(np.array([0.91, 0.99, 0.55, 1.0]), np.array([True, True, False, False]))[1]
    {'confidence': 0.966667, 'accuracy': 0.666667, 'rows': 3}
    """
    bins = np.clip((sure * _BINS).astype(int), 0, _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    confidence, right = (np.bincount(bins, values, minlength=_BINS) / np.maximum(counts, 1) for values in (sure, is_right))
    return tuple({"confidence": round(float(confidence[place]), 6), "accuracy": round(float(right[place]), 6),
                  "rows": int(counts[place])} for place in np.flatnonzero(counts))


def share_interval(share: float, rows: int) -> tuple[float, float]:
    """90 % interval of a share.

    Parameters
    ----------
    share : float
        From 0 to 1.
    rows : int
        How many rows it is a share of, at least 1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.

    Examples
    --------
    >>> low, high = share_interval(1.0, 10)
    >>> round(low, 2), high
    (0.79, 1.0)
    """
    spread = _HALF * _HALF / rows
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def calibration_error(table: tuple[Any, ...]) -> float:
    """Expected calibration error: by how much confidences differ from what is right, averaged over rows.

    Parameters
    ----------
    table : tuple of dict
        As `reliability_table` gives it.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.

    Examples
    --------
    >>> calibration_error(({"confidence": 0.9, "accuracy": 0.8, "rows": 10},))
    0.1
    """
    rows = sum(entry["rows"] for entry in table)
    return round(sum(entry["rows"] * abs(entry["confidence"] - entry["accuracy"]) for entry in table) / max(rows, 1), 6)

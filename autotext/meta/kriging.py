"""How alike tasks are, and what each says of another, by their meta-features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Share of the difference between tasks that likeness explains; the distance of alike tasks; bounds of their standardized
# meta-features.
_LIKENESS, _DISTANCE, _MOST_APART = 0.5, 0.7, 2.5
# The least that likeness leaves of a variance.
_LEAST_LEFT = 0.5


class Kriging:
    """A Gaussian process over standardized meta-features, which tells how much each prior task says of a new one.

    Parameters
    ----------
    meta_features : sequence of dict of str to float
        Of the prior tasks. What is missing is taken to be usual.

    Notes
    -----
    Rasmussen and Williams (2006), "Gaussian processes for machine learning", chapter 2.

    Examples
    --------
    >>> kriging = Kriging([{"log_rows": 6.0}, {"log_rows": 9.0}, {"log_rows": 12.0}])
    >>> kriging.likeness({"log_rows": 9.0}).round(1).tolist()
    [0.2, 1.0, 0.2]
    """

    def __init__(self, meta_features: Sequence[Mapping[str, float]]) -> None:
        self._names = sorted({name for values in meta_features for name in values} - {"version"})
        points = self._table(meta_features)
        self._mean = np.nanmean(points, axis=0) if self._names else np.zeros(0)
        self._spread = np.nanstd(points, axis=0) + 1e-9 if self._names else np.ones(0)
        self._points = self._standardized(points)
        likeness = _LIKENESS * self._likeness(self._points) + (1.0 - _LIKENESS) * np.eye(len(points))
        self._inverse = np.linalg.inv(likeness)

    def likeness(self, meta_features: Mapping[str, float]) -> NDArray[np.float64]:
        """How alike each prior task is to a new one: 1 if their meta-features are the same, near 0 if they are far apart."""
        return self._likeness(self._standardized(self._table([meta_features])))[0]

    def influence(self, meta_features: Mapping[str, float]) -> tuple[NDArray[np.float64], float]:
        """The influence of each prior task on a new one, and the share of the variance that they leave."""
        likeness = self.likeness(meta_features)
        influence = _LIKENESS * likeness @ self._inverse
        return influence, max(1.0 - _LIKENESS * float(influence @ likeness), _LEAST_LEFT)

    def _table(self, meta_features: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        return np.array([[values.get(name, np.nan) for name in self._names] for values in meta_features])

    def _standardized(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(np.nan_to_num((points - self._mean) / self._spread), -_MOST_APART, _MOST_APART)

    def _likeness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        differences = points[:, None] - self._points[None]
        return np.exp(-(differences**2).sum(axis=2) / max(len(self._names), 1) / (2.0 * _DISTANCE**2))


def scores_on_alike_tasks(scores: NDArray[np.float64], likeness: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of scores on prior tasks, weighted by likeness, and the interval that holds 90 % of the weight.

    Parameters
    ----------
    scores, likeness : arrays of shape (n_tasks,)

    Examples
    --------
    >>> scores_on_alike_tasks(np.array([0.9, 0.5, 0.7]), np.array([1.0, 0.0, 1.0]))
    (0.8, 0.7, 0.9)
    """
    order = np.argsort(scores)
    shares = np.cumsum(likeness[order]) / likeness.sum()
    low, high = (float(scores[order[np.searchsorted(shares, level)]]) for level in (0.05, 0.95 - 1e-9))
    return float(np.average(scores, weights=likeness)), low, high

"""How long evaluations take on a task, told from prior tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autotext.meta.experience import Experience
from autotext.space import Configuration

# Most rows that were searched on in the prior tasks, and in a new one.
_PRIOR_ROWS, _NEW_ROWS = 2000.0, 20_000.0
_LEAST_SECONDS = 1e-4
# How strongly the slopes are drawn to zero, in squared units of the meta-features.
_RIDGE = 3.0


class SecondsModel:
    """Predicts the seconds of evaluations by features and model: linear models of their logarithm over two meta-features.

    The meta-features are the logarithms of the number of classes and of the median length of a text; seconds are proportional
    to the rows.

    Parameters
    ----------
    experience : Experience

    Examples
    --------
    >>> model = SecondsModel(Experience.shipped())
    >>> few, many = ({"log_rows": 7.0, "n_classes": n, "log_length_median": 4.0} for n in (2.0, 100.0))
    >>> model.predict(many)["word_tfidf > ridge"] > model.predict(few)["word_tfidf > ridge"]
    True
    """

    def __init__(self, experience: Experience) -> None:
        columns: dict[str, list[int]] = {}
        for number, values in enumerate(experience.configurations):
            columns.setdefault(Configuration(values).structure, []).append(number)
        points = np.array([_point(task.meta_features) for task in experience.tasks]).reshape(-1, 2)
        self._mean = points.mean(axis=0) if len(points) else np.zeros(2)
        rows = np.array([_n_rows(task.meta_features, _PRIOR_ROWS) for task in experience.tasks])
        self._lines = {structure: line for structure, numbers in columns.items()
                       if (line := _fit_line(points - self._mean, experience.seconds[:, numbers], rows)) is not None}

    def predict(self, meta_features: Mapping[str, float]) -> dict[str, float]:
        """Predict the seconds of an evaluation on a task, by features and model as `Configuration.structure` names them.

        Parameters
        ----------
        meta_features : mapping of str to float
            As `describe` computes them.
        """
        point = np.append(_point(meta_features) - self._mean, 1.0)
        rows = _n_rows(meta_features, _NEW_ROWS)
        return {structure: round(rows * math.exp(float(point @ line)), 5) for structure, line in self._lines.items()}


def _point(meta_features: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([math.log(max(meta_features.get("n_classes", 2.0), 1.0)), meta_features.get("log_length_median", 4.0)])


def _n_rows(meta_features: Mapping[str, float], most: float) -> float:
    return min(math.exp(meta_features.get("log_rows", math.log(_PRIOR_ROWS))), most)


def _fit_line(points: NDArray[np.float64], seconds: NDArray[np.float64],
              rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Two slopes and an intercept of the logarithm of the seconds for a row; None without any seconds."""
    tasks, numbers = np.nonzero(np.isfinite(seconds))
    if not len(tasks):
        return None
    target = np.log(np.maximum(seconds[tasks, numbers], _LEAST_SECONDS) / rows[tasks])
    X = np.column_stack([points[tasks], np.ones(len(tasks))])
    # Several configurations of a task are no more points than one.
    weights = 1.0 / np.bincount(tasks, minlength=len(points))[tasks]
    weighted = (X * weights[:, None]).T
    return np.asarray(np.linalg.solve(weighted @ X + np.diag([_RIDGE, _RIDGE, 1e-6]), weighted @ target))

"""The rows, folds and metric of a cross-validation, which are the same for all configurations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.scoring.metrics import Metric


@dataclass(frozen=True, eq=False)
class Validation:
    """Targets, folds and metric with which configurations are cross-validated.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators, of the rows that are searched on.
    folds : sequence of int arrays
        Rows that each fold holds out; models are trained on all others. Rows in no fold are always trained on.
    n_classes : int
    metric : Metric
    seed : int
        Seed of the models.
    holdout : bool, default=False
        Whether a single fit, on the rows in no fold, serves all folds, which then only divide the held-out rows.

    Examples
    --------
    >>> folds = [np.array([0, 3]), np.array([2])]
    >>> validation = Validation(np.array([0, 1, 1, 0]), folds, 2, Metric("accuracy", "binary"), seed=0)
    >>> validation.rows.tolist(), [positions.tolist() for positions in validation.positions]
    ([0, 2, 3], [[0, 2], [1]])
    """

    targets: NDArray[Any]
    folds: Sequence[NDArray[np.intp]]
    n_classes: int
    metric: Metric
    seed: int
    holdout: bool = False

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Sorted rows that some fold holds out, of shape (n_validation_rows,)."""
        return np.sort(np.concatenate(self.folds))

    @cached_property
    def positions(self) -> list[NDArray[np.intp]]:
        """Positions of the rows of each fold within `rows`."""
        return [np.searchsorted(self.rows, fold) for fold in self.folds]

    @cached_property
    def held_out(self) -> list[NDArray[np.intp]]:
        """Rows that each fit holds out."""
        return [self.rows] if self.holdout else list(self.folds)

    @cached_property
    def held_out_positions(self) -> list[NDArray[np.intp]]:
        """Where the rows that each fit holds out stand within `rows`."""
        return [np.arange(len(self.rows))] if self.holdout else self.positions

    def training_rows(self, number: int) -> NDArray[np.intp]:
        """Sorted rows that a model is trained on."""
        return np.setdiff1d(np.arange(len(self.targets)), self.held_out[number])

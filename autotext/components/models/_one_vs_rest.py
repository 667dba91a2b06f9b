"""Paths of models with one column per class, each class against the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.models._base import LinearHead, LinearModel

Problem = tuple[NDArray[np.intp], int]


class OneVsRest(LinearModel):
    """A linear model whose paths are solved together: all strengths, all classes, all labels; see `solve_together`.

    Alone it is solved by scikit-learn; both stop at a loose tolerance, so a few rows near a boundary may differ.
    """

    loss: ClassVar[str]
    path = "C"
    path_tolerance = 0.1

    @abstractmethod
    def _class_weights(self, counts: NDArray[np.intp], n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight of each column's own rows, and of the others; `counts` are the own rows and the others, shape (n, 2)."""

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[Problem],
                   seed: int) -> Sequence[Sequence[LinearHead]]:
        if models[0] is self:
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]
        try:
            return self._solve_together(models, X, problems, seed)
        except OSError:
            # There is no room on the disk for compiled code.
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]

    def _solve_together(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[Problem],
                        seed: int) -> Sequence[Sequence[LinearHead]]:
        from autotext.components.models._dual import Columns, solve_together

        positive = np.hstack([_own_rows(y, n_classes) for y, n_classes in problems])
        own, others = self._all_weights(positive, problems)
        n_columns = positive.shape[1]
        strengths = np.repeat([float(getattr(model, self.path)) for model in models], n_columns)
        columns = Columns(positive, np.tile(np.arange(n_columns), len(models)), strengths * np.tile(own, len(models)),
                          strengths * np.tile(others, len(models)))
        weights, intercepts = solve_together(X, columns, self.loss, seed)
        heads, start = [], 0
        for _, n_classes in problems:
            width = n_classes if n_classes > 2 else 1
            places = [slice(start + number * n_columns, start + number * n_columns + width) for number in range(len(models))]
            heads.append([LinearHead(weights[:, place], intercepts[place]) for place in places])
            start += width
        return heads

    def _all_weights(self, positive: NDArray[np.bool_],
                     problems: Sequence[Problem]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        counts = np.column_stack([positive.sum(axis=0), (~positive).sum(axis=0)])
        found, start = [], 0
        for _, n_classes in problems:
            width = n_classes if n_classes > 2 else 1
            found.append(self._class_weights(counts[start : start + width], n_classes))
            start += width
        return np.concatenate([own for own, _ in found]), np.concatenate([others for _, others in found])


def _own_rows(y: NDArray[np.intp], n_classes: int) -> NDArray[np.bool_]:
    """Whether a row is of a column's class; two classes share a column."""
    return y[:, None] == (np.arange(n_classes) if n_classes > 2 else np.array([1]))

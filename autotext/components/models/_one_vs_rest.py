"""The base class of linear models that fit each class against the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.linear_model import LinearHead, LinearModel

Problem = tuple[NDArray[np.intp], int]


class OneVsRest(LinearModel):
    """Base class of linear models whose regularization paths are solved at once, over all strengths, classes and labels.

    A single model is solved by scikit-learn. Both solvers stop at a loose tolerance, so that a few rows near a boundary may get
    another answer.
    """

    loss: ClassVar[str]
    regularization_parameter = "C"
    regularization_tolerance = 0.1

    @abstractmethod
    def _class_weights(self, counts: NDArray[np.intp], n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of the positive and the negative rows of each column; `counts` are their numbers, of shape (n_columns, 2)."""

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[Problem],
                   seed: int) -> Sequence[Sequence[LinearHead]]:
        if models[0] is self:
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]
        try:
            return self._solve_together(models, X, problems, seed)
        except OSError:
            # The disk has no space for the compiled code.
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]

    def _solve_together(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[Problem],
                        seed: int) -> Sequence[Sequence[LinearHead]]:
        from autotext.components.models._dual import Columns, solve_together

        positive = np.hstack([_class_rows(y, n_classes) for y, n_classes in problems])
        counts = np.column_stack([positive.sum(axis=0), (~positive).sum(axis=0)])
        n_columns, places = positive.shape[1], _places(problems)
        weighed = [self._class_weights(counts[place], n_classes)
                   for place, (_, n_classes) in zip(places, problems, strict=True)]
        positives, negatives = (np.concatenate(part) for part in zip(*weighed, strict=True))
        strengths = np.repeat([float(getattr(model, self.regularization_parameter)) for model in models], n_columns)
        columns = Columns(positive, np.tile(np.arange(n_columns), len(models)), strengths * np.tile(positives, len(models)),
                          strengths * np.tile(negatives, len(models)))
        weights, intercepts = solve_together(X, columns, self.loss, seed)
        shifts = [number * n_columns for number in range(len(models))]
        return [[LinearHead(weights[:, shift + place.start : shift + place.stop],
                            intercepts[shift + place.start : shift + place.stop]) for shift in shifts] for place in places]


def _places(problems: Sequence[Problem]) -> list[slice]:
    """Columns of each problem; two classes share a column."""
    ends = np.cumsum([n_classes if n_classes > 2 else 1 for _, n_classes in problems]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _class_rows(y: NDArray[np.intp], n_classes: int) -> NDArray[np.bool_]:
    """Whether each row is of the class of each column; two classes share a column."""
    return y[:, None] == (np.arange(n_classes) if n_classes > 2 else np.array([1]))

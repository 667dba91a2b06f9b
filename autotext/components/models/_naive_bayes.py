"""What naive Bayes models share: all that they learn from are the sums of the rows of each class."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.linear_model import LinearHead, LinearModel
from autotext.components.model import Labels

# Sums that are held as dense numbers at once.
_NUMBERS = 4_000_000


class NaiveBayes(LinearModel):
    """A linear model whose weights of a class follow from the sums of its rows and of all rows."""

    grows_with_classes = False
    regularization_parameter = "alpha"
    regularization_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"

    @abstractmethod
    def _weights(self, totals: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of some classes, shape (n_classes, n_features) as their sums; `whole` are the sums over all classes."""

    @abstractmethod
    def _intercept(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Intercepts of classes with so many rows each."""

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        return self._solve_regularization_path([self], X, y, n_classes, seed)[0]

    def _solve_regularization_path(self, models: Sequence[NaiveBayes], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                    seed: int) -> list[LinearHead]:
        totals = sp.csr_matrix((np.ones(len(y)), (y, np.arange(len(y)))), shape=(n_classes, len(y))) @ X
        whole = np.asarray(totals.sum(axis=0)).ravel()
        found = [np.empty((X.shape[1], n_classes), dtype=np.float32) for _ in models]
        for part in _parts(totals):
            dense = totals[part].toarray()
            for model, weights in zip(models, found, strict=True):
                weights[:, part] = model._weights(dense, whole).T
        counts = np.bincount(y, minlength=n_classes)
        return [LinearHead(weights, model._intercept(counts)) for model, weights in zip(models, found, strict=True)]

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[tuple[NDArray[np.intp], int]],
                   seed: int) -> Sequence[Sequence[LinearHead]]:
        if not isinstance(problems, Labels):
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]
        # All labels at once: the rows that have one, less those that do not.
        indicators = sp.csr_matrix(problems.indicators.T).astype(np.float64)
        totals, whole = indicators @ X, np.asarray(X.sum(axis=0)).ravel()
        counts = np.asarray(indicators.sum(axis=1)).ravel()
        heads: list[list[LinearHead]] = []
        for part in _parts(totals):
            dense = totals[part].toarray()
            both = [(model._weights(whole - dense, whole), model._weights(dense, whole)) for model in models]
            columns = [yes.astype(np.float32) - no.astype(np.float32) for no, yes in both]
            for place, count in enumerate(counts[part]):
                shifts = [model._intercept(np.array([X.shape[0] - count, count])) for model in models]
                heads.append([LinearHead(own[place][:, None], np.diff(shift))
                              for own, shift in zip(columns, shifts, strict=True)])
        return heads


def _parts(totals: sp.csr_matrix) -> list[slice]:
    """Rows of sums of classes, as many at a time as may be dense."""
    width = max(1, _NUMBERS // max(totals.shape[1], 1))
    return [slice(start, start + width) for start in range(0, totals.shape[0], width)]

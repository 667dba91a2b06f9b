"""The base class of naive Bayes models, which learn only from sums over the rows of each class."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.linear_model import LinearHead, LinearModel
from autotext.components.model import Labels

# Limit on the sums that are dense at once.
_NUMBERS = 4_000_000


class NaiveBayes(LinearModel):
    """Base class of naive Bayes models, whose weights of a class follow from the sums of its rows and of all rows."""

    grows_with_classes = False
    regularization_parameter = "alpha"
    regularization_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"

    @abstractmethod
    def _weights(self, totals: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of some classes from their sums, both of shape (n_classes, n_features); `whole` sums over all classes."""

    @abstractmethod
    def _intercept(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Intercepts of classes from their numbers of rows."""

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        return self._solve_regularization_path([self], X, y, n_classes, seed)[0]

    def _solve_regularization_path(self, models: Sequence[NaiveBayes], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                                   seed: int) -> list[LinearHead]:
        totals = sp.csr_matrix((np.ones(len(y)), (y, np.arange(len(y)))), shape=(n_classes, len(y))) @ X
        whole = np.asarray(totals.sum(axis=0)).ravel()
        by_model = [np.empty((X.shape[1], n_classes), dtype=np.float32) for _ in models]
        for classes in _batches(totals):
            dense = totals[classes].toarray()
            for model, weights in zip(models, by_model, strict=True):
                weights[:, classes] = model._weights(dense, whole).T
        counts = np.bincount(y, minlength=n_classes)
        return [LinearHead(weights, model._intercept(counts)) for model, weights in zip(models, by_model, strict=True)]

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[tuple[NDArray[np.intp], int]],
                   seed: int) -> Sequence[Sequence[LinearHead]]:
        if not isinstance(problems, Labels):
            return super()._solve_all(models, X, problems, seed)  # type: ignore[return-value]
        # All labels are solved at once: the weights of the rows with a label, less those of the rows without it.
        indicators = sp.csr_matrix(problems.indicators.T).astype(np.float64)
        totals, whole = indicators @ X, np.asarray(X.sum(axis=0)).ravel()
        counts = np.asarray(indicators.sum(axis=1)).ravel()
        heads: list[list[LinearHead]] = []
        for labels in _batches(totals):
            dense = totals[labels].toarray()
            both = [(model._weights(whole - dense, whole), model._weights(dense, whole)) for model in models]
            columns = [yes.astype(np.float32) - no.astype(np.float32) for no, yes in both]
            for place, count in enumerate(counts[labels]):
                shifts = [model._intercept(np.array([X.shape[0] - count, count])) for model in models]
                heads.append([LinearHead(weights[place][:, None], np.diff(shift))
                              for weights, shift in zip(columns, shifts, strict=True)])
        return heads


def _batches(totals: sp.csr_matrix) -> list[slice]:
    """Divide classes, whose sums are the rows of a matrix, into batches that may be dense."""
    width = max(1, _NUMBERS // max(totals.shape[1], 1))
    return [slice(start, start + width) for start in range(0, totals.shape[0], width)]

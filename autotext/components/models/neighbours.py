"""Nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.model import Head, Model
from autotext.components.models._products import row_products
from autotext.components.state_checks import numbers, sparse
from autotext.errors import ComponentError
from autotext.space import Int
from autotext.space.domains import Float

_NUMBERS_AT_ONCE = 8_000_000
# Limit on training rows times classes.
_MOST_INDICATORS = 30_000_000


@register
class Neighbours(Model):
    """Nearest neighbours by dot product, which is the cosine for rows of length 1.

    Parameters
    ----------
    k : int, default=15
        Number of neighbours that vote.
    power : float, default=1.0
        The weight of a vote is the similarity to this power; 0: all votes have the same weight.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = Neighbours(k=1).fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "neighbours"
    grows_with_classes = False
    parameters = {"k": Int(1, 1000, log=True), "power": Float(0.0, 10.0)}

    def __init__(self, k: int = 15, power: float = 1.0) -> None:
        self.k = k
        self.power = power

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> Head:
        raise NotImplementedError("neighbours keep their training rows once for all labels")

    def fit(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int = 0) -> Neighbours:
        """Keep the training rows; see `Model.fit`."""
        if len(y) * n_classes > _MOST_INDICATORS:
            raise MemoryError(f"neighbours on {len(y):,} rows and {n_classes:,} classes")
        self.n_classes_ = n_classes
        self.multilabel_ = y.ndim == 2
        self.rows_ = X.T.tocsr()
        indicators = y if self.multilabel_ else y[:, None] == np.arange(n_classes)
        self.indicators_ = indicators.astype(np.float64)
        return self

    def decision_function(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Logarithms, or for several labels log-odds, of the smoothed shares of votes; shape (n_rows, n_classes)."""
        batch = max(1, _NUMBERS_AT_ONCE // max(self.rows_.shape[1], min(self.k, len(self.indicators_)) * self.n_classes_))
        shares = np.vstack([self._votes(X[start : start + batch]) for start in range(0, X.shape[0], batch)]
                           or [np.zeros((0, self.n_classes_))])
        prior = self.indicators_.mean(axis=0)
        smooth = np.clip((shares * self.k + prior) / (self.k + 1.0), 1e-6, 1 - 1e-6)
        return np.log(smooth) - np.log1p(-smooth) if self.multilabel_ else np.log(smooth)

    def _votes(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        similarity = row_products(X, self.rows_)
        nearest = _largest(similarity, min(self.k, similarity.shape[1]))
        weights = np.take_along_axis(similarity, nearest, axis=1).clip(min=0.0) ** self.power
        total = weights.sum(axis=1, keepdims=True)
        weights = np.where(total > 0, weights, 1.0 / nearest.shape[1]) / np.where(total > 0, total, 1.0)
        votes: NDArray[np.float64] = np.einsum("rk,rkc->rc", weights, self.indicators_[nearest])
        return votes

    def state(self) -> State:
        """The training rows and their classes."""
        return ({"n_classes": self.n_classes_, "multilabel": self.multilabel_, "shape": list(self.rows_.shape)},
                {"data": self.rows_.data, "indices": self.rows_.indices, "indptr": self.rows_.indptr,
                 "marks": self.indicators_})

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self._take_classes(learned)
        self.indicators_ = numbers(arrays, "marks", "f", None, self.n_classes_)
        n_features, n_rows = learned["shape"]
        if n_rows != len(self.indicators_) or not n_rows:
            raise ComponentError(f"it has {n_rows!r} training rows, but the classes of {len(self.indicators_)}")
        self.rows_ = sparse(arrays, n_features, n_rows)


def _largest(values: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Columns of the k largest values of each row, ascending; of equal values the first, so that ties are the same anywhere."""
    # Single precision hides in which order products were added, so that equal products stay equal.
    turned = (-values).astype(np.float32)
    least = np.partition(turned, k - 1, axis=1)[:, k - 1 : k]
    chosen = turned < least
    rows, columns = np.nonzero(turned == least)
    first = np.searchsorted(rows, np.arange(len(values)))
    wanted = np.arange(len(rows)) - first[rows] < (k - chosen.sum(axis=1))[rows]
    chosen[rows[wanted], columns[wanted]] = True
    return np.nonzero(chosen)[1].reshape(len(values), k)

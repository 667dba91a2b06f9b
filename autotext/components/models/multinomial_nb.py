"""Multinomial naive Bayes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.models._base import LinearHead, LinearModel, class_totals, heads_by_class
from autotext.components.registry import register
from autotext.space import Choice, Float


@register
class MultinomialNB(LinearModel):
    """Naive Bayes for counts and weights of terms.

    Parameters
    ----------
    alpha : float, default=0.3
        Added to every count.
    prior : bool, default=True
        Frequent classes are likelier from the start.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = MultinomialNB().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "multinomial_nb"
    grows_with_classes = False
    path = "alpha"
    path_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "prior": Choice((True, False))}

    def __init__(self, alpha: float = 0.3, prior: bool = True) -> None:
        self.alpha = alpha
        self.prior = prior

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        return self._solve_path([self], X, y, n_classes, seed)[0]

    def _solve_path(self, models: Sequence[MultinomialNB], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                    seed: int) -> list[LinearHead]:
        totals = class_totals(X, y, n_classes)
        shares = np.bincount(y, minlength=n_classes) / len(y)
        prior = np.log(shares) if self.prior else np.full(n_classes, -np.log(n_classes))
        return heads_by_class(totals, [model._weights for model in models], prior)

    def _weights(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of shape (n_classes, n_features)."""
        smooth = totals + self.alpha
        return np.log(smooth) - np.log(smooth.sum(axis=1, keepdims=True))

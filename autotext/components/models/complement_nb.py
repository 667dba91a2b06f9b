"""Complement naive Bayes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.models._base import LinearHead, LinearModel, class_totals, heads_by_class
from autotext.components.registry import register
from autotext.space import Choice, Float


@register
class ComplementNB(LinearModel):
    """Naive Bayes from the complement of each class, made for classes of unequal size.

    Parameters
    ----------
    alpha : float, default=0.3
        Added to every count.
    norm : bool, default=False
        Weights of a class sum to 1.

    Notes
    -----
    Rennie et al. (2003), "Tackling the poor assumptions of naive Bayes text classifiers", ICML.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = ComplementNB().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "complement_nb"
    grows_with_classes = False
    path = "alpha"
    path_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "norm": Choice((False, True))}

    def __init__(self, alpha: float = 0.3, norm: bool = False) -> None:
        self.alpha = alpha
        self.norm = norm

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        return self._solve_path([self], X, y, n_classes, seed)[0]

    def _solve_path(self, models: Sequence[ComplementNB], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                    seed: int) -> list[LinearHead]:
        totals = class_totals(X, y, n_classes)
        whole = np.asarray(totals.sum(axis=0))
        return heads_by_class(totals, [partial(model._weights, whole) for model in models], np.zeros(n_classes))

    def _weights(self, whole: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of shape (n_classes, n_features), which come from the totals of all other classes."""
        smooth = whole - totals + self.alpha
        logarithms = np.log(smooth / smooth.sum(axis=1, keepdims=True))
        return logarithms / logarithms.sum(axis=1, keepdims=True) if self.norm else -logarithms

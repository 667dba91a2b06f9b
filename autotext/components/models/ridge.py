"""Ridge regression onto the classes."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifier

from autotext.components.models._base import LinearHead, LinearModel, class_weight, from_estimator
from autotext.components.registry import register
from autotext.space import Choice, Float


@register
class Ridge(LinearModel):
    """Least squares onto +1 and -1 with an L2 penalty.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    balanced : bool, default=False
        Classes weigh alike, however many rows they have.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = Ridge().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "ridge"
    parameters = {"alpha": Float(1e-6, 1e6, log=True), "balanced": Choice((False, True))}

    def __init__(self, alpha: float = 1.0, balanced: bool = False) -> None:
        self.alpha = alpha
        self.balanced = balanced

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        solver = RidgeClassifier(alpha=self.alpha, class_weight=class_weight(self.balanced), solver="sparse_cg", tol=1e-3)
        return from_estimator(solver.fit(X, y))

"""Linear support vector machine."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from autotext.components.component import register
from autotext.components.linear_model import LinearHead, class_weight, from_estimator
from autotext.components.models._one_vs_rest import OneVsRest
from autotext.space import Choice, Float


@register
class LinearSVM(OneVsRest):
    """Linear support vector machine with squared hinge loss, one class against the rest.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the penalty.
    balanced : bool, default=False
        Whether all classes get the same total weight, however many rows they have.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = LinearSVM().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "linear_svm"
    loss = "squared_hinge"
    regularization_factors = (0.25, 4.0)
    parameters = {"C": Float(1e-6, 1e6, log=True), "balanced": Choice((False, True))}

    def __init__(self, C: float = 1.0, balanced: bool = False) -> None:
        self.C = C
        self.balanced = balanced

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        solver = LinearSVC(C=self.C, class_weight=class_weight(self.balanced), dual=True, tol=0.1, max_iter=300,
                           random_state=seed)
        return from_estimator(solver.fit(X, y))

    def _class_weights(self, counts: NDArray[np.intp], n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self.balanced:
            return np.ones(len(counts)), np.ones(len(counts))
        own, others = counts.sum(axis=1) / (n_classes * counts.T)
        # With several classes liblinear weighs the own rows alone.
        return own, others if n_classes == 2 else np.ones(len(counts))

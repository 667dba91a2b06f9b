"""Logistic regression."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from autotext.components.component import register
from autotext.components.linear_model import LinearHead, class_weight, from_estimator
from autotext.components.models._one_vs_rest import OneVsRest
from autotext.space import Choice, Float


@register
class Logistic(OneVsRest):
    """Logistic regression with an L2 penalty, one class against the rest.

    It is solved in the dual, which is several times faster on sparse text than the multinomial form, and as accurate.

    Parameters
    ----------
    C : float, default=10.0
        Inverse strength of the penalty.
    balanced : bool, default=False
        Whether all classes get the same total weight, however many rows they have.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = Logistic().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "logistic"
    loss = "log"
    regularization_factors = (0.2, 5.0)
    parameters = {"C": Float(1e-6, 1e6, log=True), "balanced": Choice((False, True))}

    def __init__(self, C: float = 10.0, balanced: bool = False) -> None:
        self.C = C
        self.balanced = balanced

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        solver = LogisticRegression(C=self.C, class_weight=class_weight(self.balanced), solver="liblinear", dual=True,
                                    tol=0.1, max_iter=300, random_state=seed)
        targets = [y] if n_classes == 2 else [(y == number).astype(np.intp) for number in range(n_classes)]
        heads = [from_estimator(solver.fit(X, target)) for target in targets]
        return LinearHead(np.hstack([head.weights for head in heads]), np.concatenate([head.intercept for head in heads]))

    def _class_weights(self, counts: NDArray[np.intp], n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self.balanced:
            return np.ones(len(counts)), np.ones(len(counts))
        positives, negatives = counts.sum(axis=1) / (2 * counts.T)
        return positives, negatives

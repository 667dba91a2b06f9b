"""Linear models by stochastic gradient descent."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

from autotext.components.component import register
from autotext.components.linear_model import LinearHead, LinearModel, class_weight, from_estimator
from autotext.space import Choice, Float


@register
class SGD(LinearModel):
    """Linear model by stochastic gradient descent, one class against the rest; the fastest with many rows.

    Parameters
    ----------
    loss : {"modified_huber", "log_loss", "hinge"}, default="modified_huber"
    alpha : float, default=1e-4
        Strength of the L2 penalty.
    balanced : bool, default=False
        Whether all classes get the same total weight, however many rows they have.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = SGD().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "sgd"
    regularization_parameter = "alpha"
    regularization_factors = (0.3, 3.0)
    parameters = {"loss": Choice(("modified_huber", "log_loss", "hinge")), "alpha": Float(1e-8, 1.0, log=True),
                  "balanced": Choice((False, True))}

    def __init__(self, loss: str = "modified_huber", alpha: float = 1e-4, balanced: bool = False) -> None:
        self.loss = loss
        self.alpha = alpha
        self.balanced = balanced

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        solver = SGDClassifier(loss=self.loss, alpha=self.alpha, class_weight=class_weight(self.balanced), max_iter=30,
                               tol=1e-3, n_iter_no_change=3, random_state=seed)
        return from_estimator(solver.fit(X, y))

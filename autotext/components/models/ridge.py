"""Ridge classification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import Ridge as RidgeRegression
from sklearn.utils.class_weight import compute_sample_weight

from autotext.components.component import register
from autotext.components.linear_model import LinearHead, LinearModel, class_weight, from_estimator
from autotext.components.models._products import product_cost, row_products
from autotext.space import Choice, Float

_DUAL_ROWS = 8000
_ITERATIONS = 20
# Multiplying sparse numbers by a few dense ones takes about so many times as long as multiplying dense ones.
_SPARSE_COST = 25.0


@register
class Ridge(LinearModel):
    """Ridge classifier: least squares onto +1 and -1 with an L2 penalty.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    balanced : bool, default=False
        Whether all classes get the same total weight, however many rows they have.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = Ridge().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "ridge"
    regularization_parameter = "alpha"
    regularization_factors = (0.25, 4.0)
    parameters = {"alpha": Float(1e-6, 1e6, log=True), "balanced": Choice((False, True))}

    def __init__(self, alpha: float = 1.0, balanced: bool = False) -> None:
        self.alpha = alpha
        self.balanced = balanced

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        return self._solve_regularization_path([self], X, y, n_classes, seed)[0]

    def _solve_regularization_path(self, models: Sequence[Ridge], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                                   seed: int) -> list[LinearHead]:
        weights = compute_sample_weight(class_weight(self.balanced), y)
        targets = np.where(y[:, None] == np.arange(n_classes)[None, :], 1.0, -1.0)[:, 1 if n_classes == 2 else 0 :]
        alphas = [model.alpha for model in models]
        if _dual_is_cheaper(X, targets.shape[1]):
            return _solve_dual(X, targets, weights, alphas)
        solvers = [RidgeRegression(alpha=alpha, solver="sparse_cg", tol=1e-3) for alpha in alphas]
        return [from_estimator(solver.fit(X, targets, sample_weight=weights)) for solver in solvers]


def _dual_is_cheaper(X: sp.csr_matrix, n_columns: int) -> bool:
    """Whether solving a dense system with an unknown per row takes less time than conjugate gradients for every class."""
    n_rows = X.shape[0]
    if n_rows > _DUAL_ROWS:
        return False
    return product_cost(X) + n_rows**3 / 3.0 < _SPARSE_COST * 2.0 * _ITERATIONS * X.nnz * n_columns


def _solve_dual(X: sp.csr_matrix, targets: NDArray[np.float64], weights: NDArray[np.float64],
                alphas: Sequence[float]) -> list[LinearHead]:
    """Solve weighted ridge regression with an intercept in the dual; Saunders, Gammerman & Vovk (1998), ICML."""
    share = weights / weights.sum()
    kernel = row_products(X, X.T.tocsr())
    means = kernel @ share
    kernel += share @ means - means[:, None] - means[None, :]
    center, mean = share @ targets, X.T @ share
    root = np.sqrt(weights)
    kernel *= root[:, None] * root[None, :]
    heads, diagonal = [], kernel.diagonal().copy()
    for number, alpha in enumerate(alphas):
        kernel[np.diag_indices_from(kernel)] = diagonal + alpha
        # The last solution may overwrite the kernel.
        factor = cho_factor(kernel, overwrite_a=number == len(alphas) - 1, check_finite=False)
        dual = root[:, None] * cho_solve(factor, root[:, None] * (targets - center), check_finite=False)
        coefficients = X.T @ dual - np.outer(mean, dual.sum(axis=0))
        heads.append(LinearHead(coefficients, center - mean @ coefficients))
    return heads

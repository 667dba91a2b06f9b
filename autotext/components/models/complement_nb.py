"""Complement naive Bayes."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import ComplementNB as Solver

from autotext.components.models._base import LinearHead, LinearModel
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
    path = "alpha"
    path_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "norm": Choice((False, True))}

    def __init__(self, alpha: float = 0.3, norm: bool = False) -> None:
        self.alpha = alpha
        self.norm = norm

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        fitted = Solver(alpha=self.alpha, norm=self.norm).fit(X, y)
        return LinearHead(fitted.feature_log_prob_.T, np.zeros(n_classes))

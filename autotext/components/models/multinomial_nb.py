"""Multinomial naive Bayes."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB as Solver

from autotext.components.models._base import LinearHead, LinearModel
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
    path = "alpha"
    path_factors = (0.1, 0.3, 3.0, 10.0)
    consumes = "nonnegative"
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "prior": Choice((True, False))}

    def __init__(self, alpha: float = 0.3, prior: bool = True) -> None:
        self.alpha = alpha
        self.prior = prior

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> LinearHead:
        fitted = Solver(alpha=self.alpha, fit_prior=self.prior).fit(X, y)
        return LinearHead(fitted.feature_log_prob_.T, fitted.class_log_prior_)

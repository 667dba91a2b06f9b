"""Multinomial naive Bayes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.models._naive_bayes import NaiveBayes
from autotext.space import Choice, Float


@register
class MultinomialNB(NaiveBayes):
    """Multinomial naive Bayes, for counts and weights of terms.

    Parameters
    ----------
    alpha : float, default=0.3
        Smoothing, which is added to every count.
    prior : bool, default=True
        Whether the prior probability of a class is its share of the rows; otherwise, all are the same.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> model = MultinomialNB().fit(sp.eye(2, format="csr"), np.array([0, 1]), 2)
    >>> model.decision_function(sp.eye(2, format="csr")).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "multinomial_nb"
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "prior": Choice((True, False))}

    def __init__(self, alpha: float = 0.3, prior: bool = True) -> None:
        self.alpha = alpha
        self.prior = prior

    def _weights(self, totals: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        smooth = totals + self.alpha
        return np.log(smooth) - np.log(smooth.sum(axis=1, keepdims=True))

    def _intercept(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        return np.log(counts / counts.sum()) if self.prior else np.full(len(counts), -np.log(len(counts)))

"""Complement naive Bayes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.models._naive_bayes import NaiveBayes
from autotext.space import Choice, Float


@register
class ComplementNB(NaiveBayes):
    """Complement naive Bayes, which estimates a class from the rows of all others and suits classes of unequal size.

    Parameters
    ----------
    alpha : float, default=0.3
        Smoothing, which is added to every count.
    norm : bool, default=False
        Whether the weights of a class are scaled to sum to 1.

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
    parameters = {"alpha": Float(1e-6, 1e3, log=True), "norm": Choice((False, True))}

    def __init__(self, alpha: float = 0.3, norm: bool = False) -> None:
        self.alpha = alpha
        self.norm = norm

    def _weights(self, totals: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        smooth = whole - totals + self.alpha
        logarithms = np.log(smooth / smooth.sum(axis=1, keepdims=True))
        return logarithms / logarithms.sum(axis=1, keepdims=True) if self.norm else -logarithms

    def _intercept(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        return np.zeros(len(counts))

"""Template of a linear model with a regularization path.

Copy it, rename it, and replace `_solve_regularization_path`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import LinearHead, LinearModel, register
from autotext.space import Float


@register
class ShrunkenCentroids(LinearModel):
    """Nearest shrunken centroids (Tibshirani et al. 2002).

    The class with the nearest mean wins; small differences of means are set to zero first.
    A model whose fitted form is no matrix inherits from `autotext.components.Model`, and
    writes `state` and `set_state`.

    Parameters
    ----------
    threshold : float, default=0.001
        Differences between the mean of a class and that of all rows are reduced by it.

    Examples
    --------
    >>> X = sp.eye(2, format="csr")
    >>> model = ShrunkenCentroids().fit(X, np.array([0, 1]), 2)
    >>> model.decision_function(X).argmax(axis=1).tolist()
    [0, 1]
    """

    name = "shrunken_centroids"
    # This parameter says how strongly the model is regularized. Each suggested value is
    # evaluated along with these multiples of it, for which `_solve_regularization_path` shares
    # its work. A model without such a parameter leaves out both and writes `_solve`.
    regularization_parameter = "threshold"
    regularization_factors = (0.2, 5.0)
    parameters = {"threshold": Float(1e-5, 0.1, log=True)}

    def __init__(self, threshold: float = 0.001) -> None:
        self.threshold = threshold

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
               seed: int) -> LinearHead:
        """Fit one problem; `y` holds 0 to `n_classes` - 1, each at least once."""
        return self._solve_regularization_path([self], X, y, n_classes, seed)[0]

    def _solve_regularization_path(self, models: Sequence[ShrunkenCentroids], X: sp.csr_matrix,
                                   y: NDArray[np.intp], n_classes: int,
                                   seed: int) -> list[LinearHead]:
        """One result for each model; only `threshold` differs, so means are computed once."""
        rows = np.arange(len(y))
        indicators = sp.csr_matrix((np.ones(len(y)), (y, rows)), shape=(n_classes, len(y)))
        means = (indicators @ X).toarray() / np.bincount(y, minlength=n_classes)[:, None]
        center = np.asarray(X.mean(axis=0))
        differences = means - center
        heads = []
        for model in models:
            sizes = np.maximum(np.abs(differences) - model.threshold, 0.0)
            centroids = center + np.sign(differences) * sizes
            # The nearest centroid has the greatest margin.
            heads.append(LinearHead(centroids.T, -(centroids**2).sum(axis=1) / 2))
        return heads

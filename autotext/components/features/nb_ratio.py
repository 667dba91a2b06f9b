"""Word n-grams weighted by their log-count ratios between classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.features._sparse import select_columns
from autotext.components.features._words import WordGramFeature
from autotext.space import Choice, Float, Int

_LEAST_WEIGHT = 1e-3
# Limit on the dense numbers, one for each class and n-gram, that are computed at once.
_NUMBERS = 4_000_000


@register
class NBRatio(WordGramFeature):
    """Presence of word n-grams times their largest absolute log-count ratio over the classes; rows have length 1.

    Parameters
    ----------
    ngrams : str, default="1-2"
        Shortest and longest n-gram, in tokens.
    min_df : int, default=1
        N-grams in fewer training documents are left out.
    max_features : int, default=1_000_000
        Limit on the n-grams; the most frequent ones are kept.
    alpha : float, default=1.0
        Smoothing, which is added to every count.

    Notes
    -----
    Wang & Manning (2012), "Baselines and bigrams", ACL. There, the ratio keeps its sign. For a linear model of two classes,
    only its size matters, and without the sign one matrix serves any number of classes or labels.

    Examples
    --------
    >>> import numpy as np
    >>> feature = NBRatio()
    >>> counts = feature.count([["good", "day"], ["bad", "day"]])
    >>> feature.fit(counts, np.array([1, 0])).transform(counts).shape
    (2, 5)
    """

    name = "nb_ratio"
    parameters = {"ngrams": Choice(tuple(f"{low}-{high}" for low in (1, 2, 3) for high in range(low, 6))),
                  "min_df": Int(1, 1000), "max_features": Int(1, 10_000_000, log=True),
                  "alpha": Float(1e-3, 100.0, log=True)}
    legacy = {"max_features": 1_000_000}
    sublinear = False

    def __init__(self, ngrams: str = "1-2", min_df: int = 1, max_features: int = 1_000_000, alpha: float = 1.0) -> None:
        self.ngrams = ngrams
        self.min_df = min_df
        self.max_features = max_features
        self.alpha = alpha

    def _term(self, counts: NDArray[np.int32]) -> NDArray[np.float64]:
        return np.ones(len(counts))

    def _weights(self, matrix: sp.csr_matrix, frequencies: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        matrix = select_columns(matrix, self.columns_)
        present = sp.csr_matrix((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
        if y.ndim == 2:
            indicators = sp.csr_matrix(y.T).astype(np.float64)
        else:
            codes = np.unique(y, return_inverse=True)[1]
            indicators = sp.csr_matrix((np.ones(len(y)), (codes, np.arange(len(y)))))
        class_counts = indicators @ present
        # A minimum keeps words that all classes use equally, without which some rows would be empty.
        weights: NDArray[np.float64] = np.full(matrix.shape[1], _LEAST_WEIGHT)
        at_once = max(1, _NUMBERS // max(matrix.shape[1], 1))
        for start in range(0, class_counts.shape[0], at_once):
            inside = class_counts[start : start + at_once].toarray() + self.alpha
            outside = frequencies[None, :] + 2 * self.alpha - inside
            ratio = np.log(inside / inside.sum(axis=1, keepdims=True)) - np.log(outside / outside.sum(axis=1, keepdims=True))
            weights = np.maximum(weights, np.abs(ratio).max(axis=0))
        return weights

"""Template of a feature component: texts in, a sparse matrix out.

Copy it, rename it, and replace `count` and `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import Counts, Documents, Feature, State, register
from autotext.components.state_checks import numbers
from autotext.space import Int


@register
class WordEndings(Feature):
    """Last letters of each word, hashed into columns and weighted by inverse document frequency.

    Parameters
    ----------
    letters : int, default=3
        Length of an ending; a shorter word is its own ending.
    bits : int, default=12
        There are ``2 ** bits`` columns.

    Examples
    --------
    >>> feature = WordEndings()
    >>> counts = feature.count(["walking and talking", "walked and talked"])
    >>> feature.fit(counts, np.array([0, 1])).transform(counts).shape
    (2, 4096)
    """

    name = "word_endings"
    # "text": strings as normalizers leave them; "tokens": lists of strings; "raw": strings as
    # they were written.
    consumes = "text"
    # "nonnegative" lets naive Bayes use the features; "matrix": numbers of either sign.
    produces = "nonnegative"
    # `count` depends on these parameters only, so that its result is shared by all
    # configurations that agree in them.
    count_parameters = ("letters", "bits")
    parameters = {"letters": Int(1, 5), "bits": Int(8, 18)}

    def __init__(self, letters: int = 3, bits: int = 12) -> None:
        self.letters = letters
        self.bits = bits

    def count(self, documents: Documents) -> Counts:
        """Counts of endings.

        This step knows no labels: it runs once for all rows, and folds take their rows of it.
        """
        columns, pointers = [], [0]
        for text in documents:
            columns += [self._column(word) for word in text.split()]
            pointers.append(len(columns))
        shape = (len(documents), 2**self.bits)
        indices = np.array(columns, dtype=np.int32)
        matrix = sp.csr_matrix((np.ones(len(columns)), indices, pointers), shape=shape)
        matrix.sum_duplicates()
        return Counts(matrix)

    def _column(self, word: str) -> int:
        # Not `hash`, which differs from process to process.
        return crc32(word[-self.letters :].encode("utf-8", "surrogatepass")) % 2**self.bits

    def fit(self, counts: Counts, y: NDArray[Any]) -> WordEndings:
        """Learn from training rows.

        `y` holds class numbers, or 0/1 indicators of shape (n_rows, n_classes).
        """
        frequencies = np.bincount(counts.matrix.indices, minlength=counts.matrix.shape[1])
        self.weights_ = np.log((1.0 + counts.matrix.shape[0]) / (1.0 + frequencies)) + 1.0
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Features of shape (n_rows, n_features); `counts` itself stays as it is."""
        matrix = counts.matrix.copy()
        matrix.data *= self.weights_[matrix.indices]
        # Rows of length 1, as models expect; a text without words has a row of zeros.
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        squares = np.bincount(rows, weights=matrix.data**2, minlength=matrix.shape[0])
        matrix.data /= np.sqrt(squares)[rows]
        return matrix

    def state(self) -> State:
        """All that was learned, as JSON and arrays; this is what a saved pipeline holds."""
        return {}, {"weights": self.weights_}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave; it may come from a stranger, so arrays are checked."""
        self.weights_ = numbers(arrays, "weights", "f", 2**self.bits)

"""TF-IDF of word n-grams, hashed into a fixed number of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils import murmurhash3_32

from autotext.components.component import State, register
from autotext.components.feature import Counts, Documents, Feature
from autotext.components.features._grams import span
from autotext.components.features._sparse import damped, select_columns, unit_rows
from autotext.components.state_checks import ascending, numbers, within
from autotext.components.token_lists import TokenLists
from autotext.space import Choice, Int

_MIX = np.uint64(0x9E3779B97F4A7C15)


@register
class WordHashing(Feature):
    """TF-IDF of hashed n-grams of tokens: without a vocabulary, its memory is bounded, but its columns have no names.

    Parameters
    ----------
    ngrams : str, default="1-2"
        Shortest and longest n-gram, in tokens.
    bits : int, default=18
        The matrix has 2**bits columns.
    sublinear : bool, default=True
        Whether 1 + log(count) replaces the count.

    Notes
    -----
    Weinberger et al. (2009), "Feature hashing for large scale multitask learning", ICML; here without signs.

    Examples
    --------
    >>> feature = WordHashing(bits=10)
    >>> counts = feature.count([["good", "day"], ["bad", "day"]])
    >>> feature.fit(counts, None).transform(counts).shape
    (2, 5)
    """

    name = "word_hashing"
    consumes = "tokens"
    count_parameters = ("ngrams", "bits")
    parameters = {"ngrams": Choice(tuple(f"{low}-{high}" for low in (1, 2, 3) for high in range(low, 6))),
                  "bits": Int(8, 26), "sublinear": Choice((True, False))}

    def __init__(self, ngrams: str = "1-2", bits: int = 18, sublinear: bool = True) -> None:
        self.ngrams = ngrams
        self.bits = bits
        self.sublinear = sublinear

    def count(self, documents: Documents) -> Counts:
        """Count hashed n-grams, which are the same before and after `fit`."""
        low, high = span(self.ngrams)
        tokens = TokenLists.from_documents(documents)
        symbols, rows = tokens.numbers, tokens.rows
        codes = [murmurhash3_32(token.encode("utf-8", "surrogatepass"), positive=True) for token in tokens.distinct]
        hashes = np.array(codes, dtype=np.uint64)[symbols]
        entries, mixed, starts = [], hashes, np.arange(len(hashes))
        for order in range(1, high + 1):
            if order > 1:
                inside = starts + order - 1 < len(rows)
                starts, mixed = starts[inside], mixed[inside]
                same = rows[starts] == rows[starts + order - 1]
                starts = starts[same]
                mixed = (mixed[same] ^ (mixed[same] >> np.uint64(29))) * _MIX + hashes[starts + order - 1]
            if order >= low:
                entries.append((rows[starts], (mixed * _MIX) >> np.uint64(64 - self.bits)))
        where = (np.concatenate([pair[0] for pair in entries]), np.concatenate([pair[1] for pair in entries]).astype(np.int64))
        shape = (len(documents), 2**self.bits)
        return Counts(sp.csr_matrix((np.ones(len(where[0]), dtype=np.int32), where), shape=shape))

    def fit(self, counts: Counts, y: NDArray[Any]) -> WordHashing:
        """Learn inverse document frequencies."""
        matrix = counts.matrix
        frequencies = np.bincount(matrix.indices, minlength=matrix.shape[1])
        # Columns that are empty in training are dropped, as they would only cost the model memory.
        self.columns_ = np.flatnonzero(frequencies)
        self.weights_ = np.log((1.0 + matrix.shape[0]) / (1.0 + frequencies[self.columns_])) + 1.0
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Weight the counts, and scale rows to length 1."""
        matrix = select_columns(counts.matrix, self.columns_)
        data = damped(matrix.data) if self.sublinear else matrix.data.astype(np.float64)
        data *= self.weights_[matrix.indices]
        return unit_rows(sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape))

    def state(self) -> State:
        """Columns in use, and inverse document frequencies."""
        return {}, {"weights": self.weights_, "columns": self.columns_.astype(np.int32)}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self.weights_ = numbers(arrays, "weights", "f", None)
        columns = numbers(arrays, "columns", "i", len(self.weights_))
        self.columns_ = ascending(within(columns, "columns", 0, 2**self.bits), "columns")

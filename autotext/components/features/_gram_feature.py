"""The base class of n-gram features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State
from autotext.components.feature import Counts, Documents, Feature
from autotext.components.features._grams import Grams, span
from autotext.components.features._sparse import damped, select_columns, unit_rows
from autotext.components.state_checks import ascending, numbers, whole, within
from autotext.errors import ComponentError

_LONGEST = 16
# Limit on features times classes, as the weights of a linear model would take gigabytes.
_MOST_WEIGHTS, _LEAST_COLUMNS = 40_000_000, 1000


class GramFeature(Feature):
    """Base class of n-gram features, which are selected by document frequency and weighted by what `fit` has learned.

    A subclass says how documents become symbols (`_learn_counts`, `_count_learned_grams`) and how a column is weighted.
    Its index of ``symbols_``, in ``_lookup``, is deleted when they change.
    """

    min_df: int
    max_features: int
    sublinear: bool
    symbol_type: ClassVar[type] = str

    @abstractmethod
    def _learn_counts(self, documents: Documents) -> Counts:
        """Count every n-gram; the meaning of the counts is a pair of symbols and `Grams`."""

    @abstractmethod
    def _count_learned_grams(self, documents: Documents) -> sp.csr_matrix:
        """Count the n-grams of ``self.symbols_`` and ``self.grams_``."""

    def count(self, documents: Documents) -> Counts:
        """Count the n-grams of documents; see `Feature.count`."""
        if not hasattr(self, "weights_"):
            return self._learn_counts(documents)
        self.compact()
        return Counts(self._count_learned_grams(documents), None)

    def fit(self, counts: Counts, y: NDArray[Any]) -> GramFeature:
        """Select columns and learn their weights; see `Feature.fit`."""
        matrix, (_, grams) = counts.matrix, counts.meaning
        in_range = grams.block(*span(getattr(self, self.range_parameter)))
        frequencies = np.bincount(matrix.indices, minlength=matrix.shape[1])
        # `min_df` is lowered where no n-gram would be left.
        least = min(self.min_df, int(frequencies[in_range].max(initial=1)))
        columns = in_range.start + np.flatnonzero(frequencies[in_range] >= max(least, 1))
        most = min(self.max_features, _most_columns(y))
        if len(columns) > most:
            totals = np.bincount(matrix.indices, weights=matrix.data, minlength=matrix.shape[1])[columns]
            # Ties go to the shorter n-gram, then by code point: the order of the columns.
            columns = np.sort(columns[np.lexsort((columns, -totals))[:most]])
        self.columns_ = columns
        self.weights_ = self._weights(matrix, frequencies[columns], y)
        self._meaning = counts.meaning
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Weight the counts of the selected columns; see `Feature.transform`."""
        matrix = counts.matrix if counts.meaning is None else select_columns(counts.matrix, self.columns_)
        data = self._term(matrix.data)
        data *= self.weights_[matrix.indices]
        return unit_rows(sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape))

    def _term(self, counts: NDArray[np.int32]) -> NDArray[np.float64]:
        """Weights of positive counts, in a new array."""
        return damped(counts) if self.sublinear else counts.astype(np.float64)

    def _weights(self, matrix: sp.csr_matrix, frequencies: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Inverse document frequencies, smoothed as if one more document had every term."""
        weights: NDArray[np.float64] = np.log((1.0 + matrix.shape[0]) / (1.0 + frequencies)) + 1.0
        return weights

    def compact(self) -> None:
        """Delete the n-grams that were not selected; see `Feature.compact`."""
        if self._meaning is None:
            return
        symbols, grams = self._meaning
        self.grams_, symbol_numbers = grams.narrowed(*span(getattr(self, self.range_parameter))).keep(self.columns_)
        self.symbols_ = [symbols[symbol] for symbol in symbol_numbers]
        self._meaning = None
        self.__dict__.pop("_lookup", None)

    def state(self) -> State:
        """The symbols, n-grams and weights."""
        self.compact()
        grams: Grams = self.grams_
        arrays: dict[str, NDArray[Any]] = {"weights": self.weights_}
        for level, columns in enumerate(grams.columns):
            arrays[f"columns{level}"] = columns.astype(np.int32)
        for level, keys in enumerate(grams.keys):
            arrays[f"keys{level}"] = keys
        return {"symbols": self._symbols_to_json(), "n_symbols": grams.n_symbols, "low": grams.low, "high": grams.high}, arrays

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self.symbols_ = self._symbols_from_json(learned["symbols"])
        self.weights_ = numbers(arrays, "weights", "f", None)
        self.grams_ = _checked_grams(learned, arrays, len(self.symbols_), len(self.weights_))
        self._meaning = None
        self.__dict__.pop("_lookup", None)

    def _symbols_to_json(self) -> Any:
        return list(self.symbols_)

    def _symbols_from_json(self, value: Any) -> list[Any]:
        if not isinstance(value, list) or not all(type(symbol) is self.symbol_type for symbol in value):
            raise ComponentError(f"its symbols must be a list of {self.symbol_type.__name__}")
        return value


def _most_columns(y: NDArray[Any] | None) -> int:
    """Largest number of columns for which a linear model can have a weight of every class."""
    classes = 1 if y is None else y.shape[1] if y.ndim == 2 else int(y.max(initial=0)) + 1
    return max(_LEAST_COLUMNS, _MOST_WEIGHTS // classes)


def _checked_grams(learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_symbols: int, n_columns: int) -> Grams:
    """Read the n-grams of a saved state, and check that every number in them refers to something that exists."""
    high = whole(learned, "high", 1, _LONGEST)
    low = whole(learned, "low", 1, high)
    base = whole(learned, "n_symbols", max(n_symbols, 1), max(n_symbols, 1))
    keys, columns, n_shorter = [], [], n_symbols
    for level in range(high):
        if level:
            name = f"keys{level - 1}"
            keys.append(ascending(within(numbers(arrays, name, "i", None), name, 0, n_shorter * base), name))
            n_shorter = len(keys[-1])
        name = f"columns{level}"
        columns.append(within(numbers(arrays, name, "i", n_shorter), name, -1, n_columns))
    grams = Grams(base, low, high, tuple(keys), tuple(columns))
    used = np.concatenate(columns)
    if not np.array_equal(np.sort(used[used >= 0]), np.arange(n_columns)):
        raise ComponentError("its columns are not each taken by one n-gram")
    return grams

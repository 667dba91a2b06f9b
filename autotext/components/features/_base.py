"""What every feature component is, and what all n-gram features share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.sparsefuncs_fast import inplace_csr_row_normalize_l2

from autotext.components.component import Component, State
from autotext.components.features._grams import Grams, span
from autotext.components.state_checks import ascending, numbers, whole, within
from autotext.errors import ComponentError
from autotext.space import Scalar

Documents = Sequence[Any]
_LONGEST = 16
# Where classes are many, a linear model of many features would take gigabytes.
_MOST_WEIGHTS, _LEAST_COLUMNS = 40_000_000, 1000


@dataclass(frozen=True)
class Counts:
    """Label-free counts of some documents: a matrix, and what its columns mean.

    Parameters
    ----------
    matrix : csr_matrix of shape (n_documents, n_columns)
    meaning : object
        Whatever the component needs to count further documents alike.
    """

    matrix: sp.csr_matrix
    meaning: Any = None

    def rows(self, rows: NDArray[np.intp]) -> Counts:
        """Counts of some of the documents."""
        return Counts(self.matrix[rows], self.meaning)


class Feature(Component):
    """Documents to a sparse matrix, in a step that knows no labels and one that learns.

    `count` is the same for every fold, so it is done once; `fit` and `transform` take its rows.
    """

    stage = "features"
    produces = "nonnegative"
    count_parameters: ClassVar[tuple[str, ...] | None] = None
    """Parameters that change what `count` gives before `fit`; None: all."""
    per_text: ClassVar[bool] = False
    """Whether `count` of a text depends on that text alone and costs so much that no text should be counted twice."""
    expensive: ClassVar[bool] = False
    """Whether `fit` takes so long that it is judged on one fold rather than on every one."""
    epoch_multiplier: float = 1.0
    """So many times longer than usual an expensive `fit` lasts: on a part of the rows as long as on all."""
    threads: int = 0
    """That an expensive `fit` may use; 0: as many as its library takes."""
    progress_callback: Callable[[float], None] = staticmethod(lambda seconds: None)
    """Called during a long `fit` with the seconds that it takes in all; may raise to give up."""
    counted_as: ClassVar[str] = ""
    """Shared by components whose `count` gives the same for the same such parameters; empty: no other does."""
    range_parameter: ClassVar[str] = ""
    """One of `count_parameters` that is a range like ``"1-3"``: `fit` takes part of the counts of a wider one; empty: none."""

    @abstractmethod
    def count(self, documents: Documents) -> Counts:
        """Counts of documents: all there is before `fit`, only what was learned after it.

        Parameters
        ----------
        documents : sequence of str, or of lists of str where tokens are consumed
        """

    @abstractmethod
    def fit(self, counts: Counts, y: NDArray[Any]) -> Feature:
        """Learn from the counts of training rows and their targets."""

    @abstractmethod
    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Features from counts that `count` gave before or after `fit`; shape (n_documents, n_features)."""

    @classmethod
    def relative_cost(cls, parameters: Mapping[str, Scalar]) -> float:
        """How long `fit` takes with some parameters, beside others; 1 if they make no difference worth counting."""
        return 1.0

    @property
    def size(self) -> int:
        """Numbers that are multiplied with for every text, beside those of the model."""
        return 0

    def compact(self) -> None:
        """Forget what only further folds would need."""

    def names(self) -> list[str]:
        """What each feature stands for.

        Raises
        ------
        ComponentError
            The component keeps no names.
        """
        raise ComponentError(f"The feature component {self.name!r} keeps no names.")


class GramFeature(Feature):
    """N-grams of symbols, cut by document frequency and weighted by what `fit` learned.

    A subclass says how documents become symbols (`_learn_counts`, `_count_known`) and how a column is weighted.
    What it keeps in ``_lookup`` to find ``symbols_`` by is forgotten when these change.
    """

    min_df: int
    max_features: int
    sublinear: bool
    symbol_type: ClassVar[type] = str

    @abstractmethod
    def _learn_counts(self, documents: Documents) -> Counts:
        """Counts of every n-gram; the meaning is a pair of symbols and `Grams`."""

    @abstractmethod
    def _count_known(self, documents: Documents) -> sp.csr_matrix:
        """Counts of the n-grams of ``self.symbols_`` and ``self.grams_``."""

    def count(self, documents: Documents) -> Counts:
        """Counts of documents; see `Feature.count`."""
        if not hasattr(self, "weights_"):
            return self._learn_counts(documents)
        self.compact()
        return Counts(self._count_known(documents), None)

    def fit(self, counts: Counts, y: NDArray[Any]) -> GramFeature:
        """Choose columns and weigh them; see `Feature.fit`."""
        matrix, (_, grams) = counts.matrix, counts.meaning
        own = grams.block(*span(getattr(self, self.range_parameter)))
        frequencies = np.bincount(matrix.indices, minlength=matrix.shape[1])
        # A cut that would leave nothing is not made.
        least = min(self.min_df, int(frequencies[own].max(initial=1)))
        columns = own.start + np.flatnonzero(frequencies[own] >= max(least, 1))
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
        """Weighted features; see `Feature.transform`."""
        matrix = counts.matrix if counts.meaning is None else select_columns(counts.matrix, self.columns_)
        data = self._term(matrix.data)
        data *= self.weights_[matrix.indices]
        return unit_rows(sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape))

    def _term(self, counts: NDArray[np.int32]) -> NDArray[np.float64]:
        """Weight of counts, each above 0, in a new array."""
        return damped(counts) if self.sublinear else counts.astype(np.float64)

    def _weights(self, matrix: sp.csr_matrix, frequencies: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Inverse document frequency, smoothed as if one more document had every term."""
        weights: NDArray[np.float64] = np.log((1.0 + matrix.shape[0]) / (1.0 + frequencies)) + 1.0
        return weights

    def compact(self) -> None:
        """Forget the n-grams that were not chosen, once `fit` is followed by new documents."""
        if self._meaning is None:
            return
        symbols, grams = self._meaning
        self.grams_, kept = grams.narrowed(*span(getattr(self, self.range_parameter))).keep(self.columns_)
        self.symbols_ = [symbols[symbol] for symbol in kept]
        self._meaning = None
        self.__dict__.pop("_lookup", None)

    def state(self) -> State:
        """Symbols, n-grams and weights."""
        self.compact()
        grams: Grams = self.grams_
        arrays: dict[str, NDArray[Any]] = {"weights": self.weights_}
        for level, columns in enumerate(grams.columns):
            arrays[f"columns{level}"] = columns.astype(np.int32)
        for level, keys in enumerate(grams.keys):
            arrays[f"keys{level}"] = keys
        return {"symbols": self._symbols_to_json(), "n_symbols": grams.n_symbols, "low": grams.low, "high": grams.high}, arrays

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave."""
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
    """Columns for each of which a linear model can have a weight of every class."""
    classes = 1 if y is None else y.shape[1] if y.ndim == 2 else int(y.max(initial=0)) + 1
    return max(_LEAST_COLUMNS, _MOST_WEIGHTS // classes)


def _checked_grams(learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_symbols: int, n_columns: int) -> Grams:
    """N-grams of a saved state, every number of which leads to something that is there."""
    high = whole(learned, "high", 1, _LONGEST)
    low = whole(learned, "low", 1, high)
    base = whole(learned, "n_symbols", max(n_symbols, 1), max(n_symbols, 1))
    keys, columns, known = [], [], n_symbols
    for level in range(high):
        if level:
            name = f"keys{level - 1}"
            keys.append(ascending(within(numbers(arrays, name, "i", None), name, 0, known * base), name))
            known = len(keys[-1])
        name = f"columns{level}"
        columns.append(within(numbers(arrays, name, "i", known), name, -1, n_columns))
    grams = Grams(base, low, high, tuple(keys), tuple(columns))
    taken = np.concatenate(columns)
    if not np.array_equal(np.sort(taken[taken >= 0]), np.arange(n_columns)):
        raise ComponentError("its columns are not each taken by one n-gram")
    return grams


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The matrix with rows of length 1, in place."""
    inplace_csr_row_normalize_l2(matrix)
    return matrix


def damped(counts: NDArray[np.int32]) -> NDArray[np.float64]:
    """``1 + log(count)``, looked up, as the same few counts come again and again."""
    most = int(counts.max(initial=1))
    if most > len(counts):
        return np.log(counts.astype(np.float64)) + 1.0
    with np.errstate(divide="ignore"):
        return (np.log(np.arange(most + 1, dtype=np.float64)) + 1.0)[counts]


def select_columns(matrix: sp.csr_matrix, columns: NDArray[Any]) -> sp.csr_matrix:
    """Some columns, in ascending order, faster than indexing by columns."""
    place = np.full(matrix.shape[1], -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    found = place[matrix.indices]
    entries = np.flatnonzero(found >= 0)
    pointers = np.searchsorted(entries, matrix.indptr).astype(matrix.indptr.dtype)
    return sp.csr_matrix((matrix.data[entries], found[entries], pointers), shape=(matrix.shape[0], len(columns)))

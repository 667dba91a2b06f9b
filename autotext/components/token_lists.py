"""Lists of tokens that are stored as numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class TokenLists(Sequence[list[str]]):
    """Tokens of documents, stored as numbers of the distinct tokens, which takes a tenth of the memory of lists of strings.

    Parameters
    ----------
    documents : sequence of lists of str

    Attributes
    ----------
    distinct : list of str
        The distinct tokens, in code-point order.
    numbers : int array of shape (n_tokens,)
        Index into `distinct` of each token, one document after the other.

    Examples
    --------
    >>> tokens = TokenLists([["a", "b"], [], ["b"]])
    >>> tokens.distinct, tokens.numbers.tolist(), list(tokens)
    (['a', 'b'], [0, 1, 1], [['a', 'b'], [], ['b']])
    """

    def __init__(self, documents: Sequence[list[str]]) -> None:
        self.distinct, numbers = number_strings(chain.from_iterable(documents))
        self.numbers = numbers.astype(np.int32)
        self._ends = np.cumsum([0, *map(len, documents)])

    @classmethod
    def from_documents(cls, documents: Sequence[Any]) -> TokenLists:
        """Convert documents, unless they are `TokenLists` already."""
        return documents if isinstance(documents, TokenLists) else cls(documents)

    @property
    def rows(self) -> Ints:
        """Document of each token."""
        return row_numbers(np.diff(self._ends))

    @property
    def nbytes(self) -> int:
        """Estimated bytes in memory."""
        return self.numbers.nbytes + self._ends.nbytes + sum(map(len, self.distinct)) + 70 * len(self.distinct)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = range(len(self))[index]
        return [self.distinct[number] for number in self.numbers[self._ends[row] : self._ends[row + 1]]]


def number_strings(strings: Iterable[str]) -> tuple[list[str], Ints]:
    """Sort the distinct ones of some strings, and give the index of each string among them.

    Parameters
    ----------
    strings : iterable of str

    Examples
    --------
    >>> number_strings(["b", "a", "b"])
    (['a', 'b'], array([1, 0, 1]))
    """
    # Strings are first numbered in order of appearance, so that each is looked up only once.
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    by_appearance = np.fromiter(map(numbers.__getitem__, strings), dtype=np.int32)
    distinct = sorted(numbers)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[[numbers[string] for string in distinct]] = np.arange(len(distinct))
    return distinct, rank[by_appearance]


def row_numbers(lengths: Sequence[int] | NDArray[Any]) -> Ints:
    """Row of each element, for rows of some lengths one after the other.

    Parameters
    ----------
    lengths : sequence of int

    Examples
    --------
    >>> row_numbers([2, 0, 1])
    array([0, 0, 2])
    """
    return np.repeat(np.arange(len(lengths), dtype=np.int64), np.asarray(lengths, dtype=np.int64))

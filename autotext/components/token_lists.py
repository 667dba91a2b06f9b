"""Lists of tokens held as numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class TokenLists(Sequence[list[str]]):
    """Tokens of some documents as numbers of distinct tokens: a tenth of the memory of the lists, and numbered only once.

    Parameters
    ----------
    documents : sequence of lists of str

    Attributes
    ----------
    distinct : list of str
        In code-point order.
    numbers : int array of shape (n_tokens,)
        Of all documents, one after the other, among `distinct`.

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
        """These documents, numbered unless they are already."""
        return documents if isinstance(documents, TokenLists) else cls(documents)

    @property
    def rows(self) -> Ints:
        """Document of each token."""
        return row_numbers(np.diff(self._ends))

    @property
    def nbytes(self) -> int:
        """Bytes in memory, by estimate."""
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
    """Distinct strings in code-point order, and the number of each string among them."""
    # Numbered as they come, so that each string is looked up once.
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    found = np.fromiter(map(numbers.__getitem__, strings), dtype=np.int32)
    distinct = sorted(numbers)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[[numbers[string] for string in distinct]] = np.arange(len(distinct))
    return distinct, rank[found]


def row_numbers(lengths: Sequence[int] | NDArray[Any]) -> Ints:
    """Row of each element, for rows of these lengths one after the other."""
    return np.repeat(np.arange(len(lengths), dtype=np.int64), np.asarray(lengths, dtype=np.int64))

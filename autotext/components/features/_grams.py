"""N-grams of integer symbols, counted and looked up with arrays instead of strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.token_lists import Ints

_TABLE_PER_KEY = 16


@dataclass(frozen=True)
class Grams:
    """N-grams of `low` to `high` symbols, each identified by the number of its prefix and its last symbol.

    Parameters
    ----------
    n_symbols : int
    low, high : int
    keys : tuple of sorted int arrays
        For each length from 2 to `high`: number of the prefix, among the n-grams one shorter, times `n_symbols`
        plus the last symbol. The rank of a key is the number of its n-gram.
    columns : tuple of int arrays
        For each length from 1 to `high`: the matrix column of each n-gram, or -1.
    """

    n_symbols: int
    low: int
    high: int
    keys: tuple[Ints, ...]
    columns: tuple[Ints, ...]

    @cached_property
    def n_columns(self) -> int:
        """Number of columns of the matrix."""
        return 1 + max((int(columns.max(initial=-1)) for columns in self.columns), default=-1)

    def decode(self) -> list[tuple[int, ...]]:
        """Symbols of the n-gram of each column."""
        of_length: list[tuple[int, ...]] = [(symbol,) for symbol in range(self.n_symbols)]
        by_column: list[tuple[int, ...]] = [()] * self.n_columns
        for level, columns in enumerate(self.columns):
            if level:
                prefixes, symbols = np.divmod(self.keys[level - 1], self.n_symbols)
                of_length = [(*of_length[prefix], symbol)
                             for prefix, symbol in zip(prefixes.tolist(), symbols.tolist(), strict=True)]
            for number in np.flatnonzero(columns >= 0).tolist():
                by_column[columns[number]] = of_length[number]
        return by_column

    def block(self, low: int, high: int) -> slice:
        """Columns of the n-grams of `low` to `high` symbols, where columns are sorted by length."""
        sizes = [int(np.count_nonzero(columns >= 0)) for columns in self.columns[:high]]
        return slice(sum(sizes[: low - 1]), sum(sizes))

    def narrowed(self, low: int, high: int) -> Grams:
        """Copy without the n-grams of more than `high` symbols, and without counting those of fewer than `low`."""
        none = [np.full_like(columns, -1) for columns in self.columns[: low - 1]]
        return replace(self, low=low, high=high, keys=self.keys[: high - 1], columns=(*none, *self.columns[low - 1 : high]))

    def keep(self, chosen: Ints) -> tuple[Grams, Ints]:
        """Copy with only some columns, numbered in the order given; and the symbols that are still needed."""
        place = np.full(self.n_columns, -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        columns = [np.where(old >= 0, place[old], -1) for old in self.columns]
        needed = [new >= 0 for new in columns]
        symbols = needed[0].copy()
        for level in range(self.high - 1, 0, -1):
            prefixes, lasts = np.divmod(self.keys[level - 1][needed[level]], self.n_symbols)
            needed[level - 1][prefixes] = True
            symbols[lasts] = True
        symbols |= needed[0]
        kept_symbols = np.flatnonzero(symbols)
        rank = np.cumsum(symbols) - 1
        n_symbols = max(len(kept_symbols), 1)
        keys, new_columns, numbers = [], [columns[0][kept_symbols]], rank
        for level in range(1, self.high):
            used = needed[level]
            prefixes, lasts = np.divmod(self.keys[level - 1][used], self.n_symbols)
            # Ranks keep the order, so that the new keys are sorted like the old ones.
            keys.append(numbers[prefixes] * n_symbols + rank[lasts])
            new_columns.append(columns[level][used])
            numbers = np.cumsum(used) - 1
        return Grams(n_symbols, self.low, self.high, tuple(keys), tuple(new_columns)), kept_symbols

    def count(self, symbols: Ints, rows: Ints, n_rows: int, together: bool = False) -> sp.csr_matrix:
        """Count the n-grams in sequences of symbols.

        Parameters
        ----------
        symbols : int array of shape (n,)
            All sequences, one after the other; -1 for an unknown symbol.
        rows : int array of shape (n,)
            Number of the sequence of each symbol, ascending.
        n_rows : int
        together : bool, default=False
            Whether all sequences count for one row.

        Returns
        -------
        csr_matrix of shape (n_rows, n_columns)
        """
        starts = np.flatnonzero(symbols >= 0)
        numbers = symbols[starts]
        entries = [(rows[starts], self.columns[0][numbers])] if self.low == 1 and len(self.columns[0]) else []
        for order in range(2, self.high + 1):
            starts, numbers = _windows(starts, numbers, rows, order)
            last = symbols[starts + order - 1]
            sought = np.where(last >= 0, numbers * self.n_symbols + last, -1)
            keys = self.keys[order - 2]
            place = np.searchsorted(keys, sought)
            is_key = place < len(keys)
            is_key[is_key] = keys[place[is_key]] == sought[is_key]
            starts, numbers = starts[is_key], place[is_key]
            if order >= self.low:
                entries.append((rows[starts], self.columns[order - 1][numbers]))
        if together:
            return _row([columns for _, columns in entries], self.n_columns)
        return _matrix(entries, n_rows, self.n_columns)


def learn_grams(symbols: Ints, rows: Ints, n_rows: int, n_symbols: int, low: int, high: int) -> tuple[Grams, sp.csr_matrix]:
    """Learn every n-gram of `low` to `high` symbols in some sequences, and count them in each row; see `Grams.count`.

    Columns are sorted by length, then by symbols.
    """
    starts, numbers = np.arange(len(symbols)), symbols
    keys, columns, entries, n_columns = [], [], [], 0
    n_numbers = n_symbols
    for order in range(1, high + 1):
        if order > 1:
            starts, numbers = _windows(starts, numbers, rows, order)
            level, numbers = _ranked(numbers, symbols[starts + order - 1], n_numbers, n_symbols)
            keys.append(level)
            n_numbers = len(level)
        if order < low:
            columns.append(np.full(n_numbers, -1, dtype=np.int64))
            continue
        columns.append(np.arange(n_columns, n_columns + n_numbers))
        entries.append((rows[starts], numbers + n_columns))
        n_columns += n_numbers
    return Grams(n_symbols, low, high, tuple(keys), tuple(columns)), _matrix(entries, n_rows, n_columns)


def _windows(starts: Ints, numbers: Ints, rows: Ints, order: int) -> tuple[Ints, Ints]:
    """Windows that are still inside their row when they are made one symbol longer."""
    inside = starts + order - 1 < len(rows)
    starts, numbers = starts[inside], numbers[inside]
    same = rows[starts] == rows[starts + order - 1]
    return starts[same], numbers[same]


def _ranked(prefixes: Ints, lasts: Ints, n_prefixes: int, n_symbols: int) -> tuple[Ints, Ints]:
    """Sorted distinct values of ``prefixes * n_symbols + lasts``, and the rank of each, without comparisons."""
    keys = prefixes * n_symbols + lasts
    if n_prefixes * n_symbols <= _TABLE_PER_KEY * len(keys):
        seen = np.zeros(n_prefixes * n_symbols, dtype=bool)
        seen[keys] = True
        level = np.flatnonzero(seen)
        rank = np.empty(len(seen), dtype=np.int32)
        rank[level] = np.arange(len(level), dtype=np.int32)
        return level, rank[keys].astype(np.int64)
    order = _counting_order(lasts, n_symbols)
    order = order[_counting_order(prefixes[order], n_prefixes)]
    keys = keys[order]
    new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[order] = np.cumsum(new) - 1
    return keys[new], ranks


def _counting_order(values: Ints, n_values: int) -> NDArray[Any]:
    """Stable sorting order of small whole numbers, in linear time, by converting a sparse matrix from rows to columns."""
    pointers = np.arange(len(values) + 1, dtype=np.int32)
    ones = np.ones(len(values), dtype=np.int8)
    return sp.csr_matrix((ones, values.astype(np.int32), pointers), shape=(len(values), n_values)).tocsc().indices


def _matrix(entries: Sequence[tuple[Ints, Ints]], n_rows: int, n_columns: int) -> sp.csr_matrix:
    rows = np.concatenate([pair[0] for pair in entries]) if entries else np.zeros(0, dtype=np.int64)
    columns = np.concatenate([pair[1] for pair in entries]) if entries else np.zeros(0, dtype=np.int64)
    wanted = columns >= 0
    if not wanted.all():
        rows, columns = rows[wanted], columns[wanted]
    ones = np.ones(len(rows), dtype=np.int32)
    shape = (n_rows, n_columns)
    return sp.csr_matrix((ones, (rows.astype(np.int32), columns.astype(np.int32))), shape=shape)


def _row(columns_by_length: Sequence[Ints], n_columns: int) -> sp.csr_matrix:
    columns = np.sort(np.concatenate([*columns_by_length, np.zeros(0, dtype=np.int64)]))
    starts = np.flatnonzero(np.append(True, columns[1:] != columns[:-1])) if len(columns) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(starts, len(columns))).astype(np.int32)
    is_column = columns[starts] >= 0
    indices = columns[starts][is_column].astype(np.int32)
    return sp.csr_matrix((counts[is_column], indices, np.array([0, len(indices)], dtype=np.int32)), shape=(1, n_columns))


def span(text: str) -> tuple[int, int]:
    """Read the bounds of a range that is written as ``"1-2"``."""
    low, _, high = text.partition("-")
    return int(low), int(high)

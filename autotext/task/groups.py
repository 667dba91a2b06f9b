"""Rows that belong together: copies of a text, and rows of a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def row_groups(texts: Sequence[str], groups: Sequence[Any] | None = None) -> NDArray[np.intp]:
    """Number of the smallest set of rows that parts neither copies of a text nor a group.

    Parameters
    ----------
    texts : sequence of str, n_rows
    groups : sequence, n_rows, optional
        A row whose group is None is in none.

    Returns
    -------
    int array of shape (n_rows,)
        Numbered in the order of their first rows.

    Examples
    --------
    >>> row_groups(["a", "b", "a", "c", "d"], ["x", "y", "y", "z", None]).tolist()
    [0, 0, 0, 1, 2]
    """
    numbers: dict[Any, int] = {}
    of_text = np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.intp)
    if groups is None:
        return of_text
    known = [row for row, group in enumerate(groups) if group is not None]
    of_group = np.array([numbers.setdefault((groups[row],), len(numbers)) for row in known], dtype=np.intp)
    edges = coo_array((np.ones(len(known)), (of_text[known], of_group)), shape=(len(numbers), len(numbers)))
    found = connected_components(edges, directed=False)[1][of_text]
    first, place = np.unique(found, return_index=True)[1], np.empty(found.max() + 1, dtype=np.intp)
    present = np.unique(found)
    place[present[np.argsort(first, kind="stable")]] = np.arange(len(present))
    return place[found]

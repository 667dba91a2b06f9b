"""Groups of rows that must stay together: copies of a text, and rows of the same group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def row_groups(texts: Sequence[str], groups: Sequence[Any] | None = None) -> NDArray[np.intp]:
    """Number groups of rows such that neither copies of a text nor a given group are separated.

    Parameters
    ----------
    texts : sequence of str, n_rows
    groups : sequence, n_rows, optional
        A row whose group is None belongs to no group.

    Returns
    -------
    int array of shape (n_rows,)
        Groups, numbered in the order of their first rows.

    Examples
    --------
    >>> row_groups(["a", "b", "a", "c", "d"], ["x", "y", "y", "z", None]).tolist()
    [0, 0, 0, 1, 2]
    """
    numbers: dict[Any, int] = {}
    of_text = np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.intp)
    if groups is None:
        return of_text
    grouped = [row for row, group in enumerate(groups) if group is not None]
    of_group = np.array([numbers.setdefault((groups[row],), len(numbers)) for row in grouped], dtype=np.intp)
    edges = coo_array((np.ones(len(grouped)), (of_text[grouped], of_group)), shape=(len(numbers), len(numbers)))
    components = connected_components(edges, directed=False)[1][of_text]
    first, place = np.unique(components, return_index=True)[1], np.empty(components.max() + 1, dtype=np.intp)
    present = np.unique(components)
    place[present[np.argsort(first, kind="stable")]] = np.arange(len(present))
    return place[components]

"""Dot products of sparse rows, as a dense matrix."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_HEAVY_SHARE = 0.15
_FEW_ROWS = 16
_NUMBERS_AT_ONCE = 4_000_000


def row_products(X: sp.csr_matrix, columns: sp.csr_matrix) -> NDArray[np.float64]:
    """Compute ``(X @ columns).toarray()``, several times faster where some features are in many rows.

    A multiplication of sparse numbers takes about thirty times as long as one of dense numbers, so features that many rows have
    are multiplied as dense blocks of bounded size.

    Parameters
    ----------
    X : csr_matrix of shape (n_rows, n_features)
    columns : csr_matrix of shape (n_features, n_columns)

    Returns
    -------
    array of shape (n_rows, n_columns)

    Examples
    --------
    >>> row_products(sp.eye(2, format="csr"), sp.eye(2, format="csr")).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    n_rows, n_columns = X.shape[0], columns.shape[1]
    heavy = np.flatnonzero(np.diff(columns.indptr) > _HEAVY_SHARE * n_columns)
    if n_rows < _FEW_ROWS or not len(heavy):
        heavy = heavy[:0]
    place = np.full(X.shape[1], -1, dtype=np.int32)
    place[heavy] = np.arange(len(heavy), dtype=np.int32)
    indices = place[X.indices]
    light = _entries(X, X.indices, indices < 0, X.shape[1])
    products = np.empty((n_rows, n_columns))
    at_once = max(_FEW_ROWS, _NUMBERS_AT_ONCE // max(n_columns, 1))
    for start in range(0, n_rows, at_once):
        (light[start : start + at_once] @ columns).toarray(out=products[start : start + at_once])
    dense = _entries(X, indices, indices >= 0, len(heavy)).tocsc()
    width = max(1, _NUMBERS_AT_ONCE // max(n_rows, n_columns, 1))
    for start in range(0, len(heavy), width):
        products += dense[:, start : start + width].toarray() @ columns[heavy[start : start + width]].toarray()
    return products


def product_cost(X: sp.csr_matrix) -> float:
    """Cost of ``row_products(X, X.T)``, in multiplications of dense numbers."""
    frequencies = np.bincount(X.indices, minlength=1).astype(np.float64)
    sparse = 30.0 * frequencies**2
    return float(np.where(frequencies > _HEAVY_SHARE * X.shape[0], float(X.shape[0]) ** 2, sparse).sum())


def _entries(X: sp.csr_matrix, indices: NDArray[np.int32], wanted: NDArray[np.bool_], n_columns: int) -> sp.csr_matrix:
    """Select entries of a matrix, with other column numbers."""
    entries = np.flatnonzero(wanted)
    pointers = np.searchsorted(entries, X.indptr).astype(X.indptr.dtype)
    return sp.csr_matrix((X.data[entries], indices[entries], pointers), shape=(X.shape[0], n_columns))

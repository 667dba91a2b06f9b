"""Operations on sparse matrices of counts that several features need."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.sparsefuncs_fast import inplace_csr_row_normalize_l2


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Scale the rows of a matrix to length 1, in place."""
    inplace_csr_row_normalize_l2(matrix)
    return matrix


def damped(counts: NDArray[np.int32]) -> NDArray[np.float64]:
    """Compute ``1 + log(count)`` by looking it up, as most counts are small."""
    most = int(counts.max(initial=1))
    if most > len(counts):
        return np.log(counts.astype(np.float64)) + 1.0
    with np.errstate(divide="ignore"):
        return (np.log(np.arange(most + 1, dtype=np.float64)) + 1.0)[counts]


def select_columns(matrix: sp.csr_matrix, columns: NDArray[Any]) -> sp.csr_matrix:
    """Select columns, in ascending order, faster than by indexing."""
    place = np.full(matrix.shape[1], -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    indices = place[matrix.indices]
    entries = np.flatnonzero(indices >= 0)
    pointers = np.searchsorted(entries, matrix.indptr).astype(matrix.indptr.dtype)
    return sp.csr_matrix((matrix.data[entries], indices[entries], pointers), shape=(matrix.shape[0], len(columns)))

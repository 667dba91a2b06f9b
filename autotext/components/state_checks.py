"""What components check before they take over a saved state, which may come from anyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.errors import ComponentError


def whole(learned: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A whole number of a state.

    Raises
    ------
    ComponentError
        It is missing, no whole number, or outside `low` to `high`.

    Examples
    --------
    >>> whole({"n_classes": 3}, "n_classes", 1, 10)
    3
    """
    value = learned.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ComponentError(f"{name} must be a whole number from {low} to {high}, not {value!r:.40}")
    return value


def numbers(arrays: Mapping[str, NDArray[Any]], name: str, kind: str, *shape: int | None) -> NDArray[Any]:
    """An array of a state, of numbers of 32 or 64 bits.

    Parameters
    ----------
    arrays : mapping of str to array
    name : str
    kind : {"f", "i", "f4"}
        Floating-point or whole numbers, given as 64 bits each; or floating-point ones that are and stay of 32.
    *shape : int or None
        Length along each axis; None: any.

    Raises
    ------
    ComponentError
        It is missing, of another kind or shape, or holds a number that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> numbers({"weights": np.ones(2, dtype=np.float32)}, "weights", "f", 2).dtype
    dtype('float64')
    """
    found = arrays.get(name)
    if found is None:
        raise ComponentError(f"the array {name!r} is missing")
    same = found.ndim == len(shape) and all(wanted in (None, given) for wanted, given in zip(shape, found.shape, strict=True))
    # Of smaller numbers there could be many in a small file.
    wanted_types = {"f": (np.float32, np.float64), "i": (np.int32, np.int64), "f4": (np.float32,)}[kind]
    if found.dtype not in wanted_types or not same:
        raise ComponentError(f"the array {name!r} has the wrong type or shape, {found.dtype} of {found.shape}")
    if kind != "i" and not np.isfinite(found).all():
        raise ComponentError(f"the array {name!r} holds a number that is not finite")
    return found.astype(wanted_types[-1], copy=False)


def within(array: NDArray[Any], name: str, low: int, high: int) -> NDArray[Any]:
    """The same array, refused unless every number is from `low` to `high` - 1.

    Raises
    ------
    ComponentError
        One lies outside.
    """
    if array.size and not low <= int(array.min()) <= int(array.max()) < high:
        raise ComponentError(f"the array {name!r} holds a number outside {low} to {high - 1}")
    return array


def ascending(array: NDArray[Any], name: str) -> NDArray[Any]:
    """The same array, refused unless each number is greater than the one before.

    Raises
    ------
    ComponentError
        One is not.
    """
    if (np.diff(array) <= 0).any():
        raise ComponentError(f"the array {name!r} is not in ascending order")
    return array


def sparse(arrays: Mapping[str, NDArray[Any]], n_rows: int, n_columns: int, prefix: str = "") -> sp.csr_matrix:
    """A sparse matrix of a state, from its arrays ``data``, ``indices`` and ``indptr``.

    Raises
    ------
    ComponentError
        They do not make a matrix of that shape.
    """
    data, indices = numbers(arrays, f"{prefix}data", "f", None), numbers(arrays, f"{prefix}indices", "i", None)
    pointers = numbers(arrays, f"{prefix}indptr", "i", n_rows + 1)
    if pointers[0] != 0 or pointers[-1] != len(data) or len(indices) != len(data) or (np.diff(pointers) < 0).any():
        raise ComponentError(f"the array '{prefix}indptr' does not divide the numbers of the matrix into rows")
    within(indices, f"{prefix}indices", 0, n_columns)
    return sp.csr_matrix((data, indices, pointers), shape=(n_rows, n_columns))

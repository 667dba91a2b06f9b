"""Checks with which components read a saved state, which may come from any source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.errors import ComponentError


def whole(learned: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Read a whole number of a state.

    Parameters
    ----------
    learned : mapping of str to object
        The JSON of the state.
    name : str
    low, high : int
        Bounds, both of which are allowed.

    Raises
    ------
    ComponentError
        The number is missing, not whole, or outside the bounds.

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
    """Read an array of a state, of plain numbers.

    Parameters
    ----------
    arrays : mapping of str to array
    name : str
    kind : {"f", "i", "f4", "i2"}
        ``"f"`` and ``"i"``: floating-point and whole numbers, converted to 64 bits. ``"f4"`` and ``"i2"``: floating-point
        numbers of 32 bits and whole ones of 16, not converted.
    *shape : int or None
        Length along each axis; None: any.

    Raises
    ------
    ComponentError
        The array is missing, of another kind or shape, or holds a number that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> numbers({"weights": np.ones(2, dtype=np.float32)}, "weights", "f", 2).dtype
    dtype('float64')
    """
    array = arrays.get(name)
    if array is None:
        raise ComponentError(f"the array {name!r} is missing")
    fits = array.ndim == len(shape) and all(wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True))
    # Smaller types are refused, as converting them would let a small file fill the memory.
    wanted_types = {"f": (np.float32, np.float64), "i": (np.int32, np.int64), "f4": (np.float32,),
                    "i2": (np.int16,)}[kind]
    if array.dtype not in wanted_types or not fits:
        raise ComponentError(f"the array {name!r} has the wrong type or shape, {array.dtype} of {array.shape}")
    if kind[0] == "f" and not np.isfinite(array).all():
        raise ComponentError(f"the array {name!r} holds a number that is not finite")
    return array.astype(wanted_types[-1], copy=False)


def within(array: NDArray[Any], name: str, low: int, high: int) -> NDArray[Any]:
    """Check that every number of an array is from `low` to `high` - 1, and give the array.

    Parameters
    ----------
    array : array
    name : str
        Name of the array, for the message.
    low, high : int

    Raises
    ------
    ComponentError
        A number is outside.

    Examples
    --------
    >>> within(np.array([0, 4]), "columns", 0, 4)
    Traceback (most recent call last):
    autotext.errors.ComponentError: the array 'columns' holds a number outside 0 to 3
    """
    if array.size and not low <= int(array.min()) <= int(array.max()) < high:
        raise ComponentError(f"the array {name!r} holds a number outside {low} to {high - 1}")
    return array


def ascending(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Check that each number of an array is greater than the one before, and give the array.

    Parameters
    ----------
    array : array
    name : str
        Name of the array, for the message.

    Raises
    ------
    ComponentError
        A number is not.

    Examples
    --------
    >>> ascending(np.array([1, 3, 3]), "keys")
    Traceback (most recent call last):
    autotext.errors.ComponentError: the array 'keys' is not in ascending order
    """
    if (np.diff(array) <= 0).any():
        raise ComponentError(f"the array {name!r} is not in ascending order")
    return array


def sparse(arrays: Mapping[str, NDArray[Any]], n_rows: int, n_columns: int, prefix: str = "") -> sp.csr_matrix:
    """Restore a sparse matrix from the arrays ``data``, ``indices`` and ``indptr`` of a state.

    Parameters
    ----------
    arrays : mapping of str to array
    n_rows, n_columns : int
        Shape of the matrix.
    prefix : str, default=""
        Beginning of the names of the arrays.

    Raises
    ------
    ComponentError
        The arrays do not make a matrix of that shape.

    Examples
    --------
    >>> arrays = {"data": np.array([2.0]), "indices": np.array([1]), "indptr": np.array([0, 0, 1])}
    >>> sparse(arrays, n_rows=2, n_columns=2).toarray().tolist()
    [[0.0, 0.0], [0.0, 2.0]]
    """
    data, indices = numbers(arrays, f"{prefix}data", "f", None), numbers(arrays, f"{prefix}indices", "i", None)
    pointers = numbers(arrays, f"{prefix}indptr", "i", n_rows + 1)
    if pointers[0] != 0 or pointers[-1] != len(data) or len(indices) != len(data) or (np.diff(pointers) < 0).any():
        raise ComponentError(f"the array '{prefix}indptr' does not divide the numbers of the matrix into rows")
    within(indices, f"{prefix}indices", 0, n_columns)
    return sp.csr_matrix((data, indices, pointers), shape=(n_rows, n_columns))

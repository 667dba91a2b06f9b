"""Dual coordinate descent that solves many one-against-the-rest problems together.

One pass over a row updates all classes and all strengths of regularization, whose weights of a feature lie side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray
from sklearn.utils.extmath import row_norms

Floats = NDArray[np.float32]

_AT_A_TIME = 2
_LEFT_SHARE = 0.8
# Limit on the weights that are updated at once.
_WEIGHTS = 32_000_000
_INNER = 0.01


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile a function with numba, and cache the result on disk where that is possible."""
    try:
        return njit(cache=True, fastmath={"contract", "reassoc", "nsz"})(function)
    except RuntimeError:
        return njit(fastmath={"contract", "reassoc", "nsz"})(function)


@dataclass(frozen=True)
class Columns:
    """Two-class problems on the same rows.

    Parameters
    ----------
    positive : bool array of shape (n_rows, n_problems)
        Whether a row is of the positive class.
    wanted : int array of shape (n_columns,)
        Problem of each column of the solution.
    cost_of_positive, cost_of_negative : float arrays of shape (n_columns,)
        Weight of the loss of a row, relative to a penalty of half the squared length.
    """

    positive: NDArray[np.bool_]
    wanted: NDArray[np.intp]
    cost_of_positive: NDArray[np.float64]
    cost_of_negative: NDArray[np.float64]


class _Rows(NamedTuple):
    """A sparse matrix by rows, and the squared length of each row, that of the constant feature included."""

    data: Floats
    indices: NDArray[np.intc]
    indptr: NDArray[np.intc]
    lengths: Floats


def solve_together(X: sp.csr_matrix, columns: Columns, loss: str, seed: int, tolerance: float = 0.15,
                   epochs: int = 16) -> tuple[Floats, Floats]:
    """Compute weights and intercepts of linear classifiers on the same rows.

    Parameters
    ----------
    X : csr_matrix of shape (n_rows, n_features)
    columns : Columns
    loss : {"squared_hinge", "log"}
    seed : int
        Seed of the order of the rows.
    tolerance : float, default=0.15
        Largest violation of the optimality conditions with which a column counts as solved.
    epochs : int, default=16
        Limit on the passes over the rows.

    Returns
    -------
    tuple of arrays
        Shapes (n_features, n_columns) and (n_columns,).

    Notes
    -----
    Hsieh et al. (2008), "A dual coordinate descent method for large-scale linear SVM", ICML; Yu, Huang & Lin (2011), "Dual
    coordinate descent methods for logistic regression and maximum entropy models", Machine Learning 85. The intercept is
    the weight of a constant feature.

    Examples
    --------
    >>> columns = Columns(np.array([[False], [True]]), np.array([0]), np.ones(1), np.ones(1))
    >>> weights, intercepts = solve_together(sp.eye(2, format="csr"), columns, "squared_hinge", 0)
    >>> weights[0, 0] < 0 < weights[1, 0]
    np.True_
    """
    rows = _Rows(X.data.astype(np.float32), X.indices, X.indptr, (row_norms(X, squared=True) + 1.0).astype(np.float32))
    weights = np.zeros((X.shape[1], len(columns.wanted)), dtype=np.float32)
    intercepts = np.zeros(len(columns.wanted), dtype=np.float32)
    width = max(8, _WEIGHTS // max(X.shape[1], 1))
    for start in range(0, len(columns.wanted), width):
        part = np.arange(start, min(start + width, len(columns.wanted)))
        for numbers, solution, intercept in _solve(rows, X.shape[1], columns, part, loss, seed, tolerance, epochs):
            weights[:, numbers], intercepts[numbers] = solution, intercept
    return weights, intercepts


def _solve(rows: _Rows, n_features: int, columns: Columns, pending: NDArray[np.intp], loss: str, seed: int,
           tolerance: float, epochs: int) -> list[tuple[NDArray[np.intp], Floats, Floats]]:
    """Solve some columns, and set converged ones aside, so that passes over the others take less time."""
    signs = np.ascontiguousarray(np.where(columns.positive[:, columns.wanted[pending]], np.float32(1), np.float32(-1)))
    costs = np.stack([columns.cost_of_negative[pending], columns.cost_of_positive[pending]]).astype(np.float32)
    weights, intercepts = np.zeros((n_features, len(pending)), np.float32), np.zeros(len(pending), np.float32)
    duals = np.zeros((2, *signs.shape))
    if loss == "log":
        costs_of_rows = np.where(signs > 0, costs[1], costs[0]).astype(np.float64)
        duals[0] = np.minimum(0.001 * costs_of_rows, 1e-8)
        duals[1] = costs_of_rows - duals[0]
    solved = []
    for epoch in range(0, epochs, _AT_A_TIME):
        violations = np.zeros(len(pending))
        for number in range(epoch, epoch + _AT_A_TIME):
            rows_in_turn = np.random.default_rng([seed, number]).permutation(len(rows.lengths))
            violations = _pass(rows.data, rows.indices, rows.indptr, rows_in_turn, signs, costs, rows.lengths, weights,
                               intercepts, duals, loss == "log")
        is_open = violations > tolerance
        if not is_open.any() or epoch + _AT_A_TIME >= epochs:
            break
        if is_open.mean() < _LEFT_SHARE:
            solved.append((pending[~is_open], weights[:, ~is_open], intercepts[~is_open]))
            signs, costs = np.ascontiguousarray(signs[:, is_open]), np.ascontiguousarray(costs[:, is_open])
            weights, intercepts = np.ascontiguousarray(weights[:, is_open]), intercepts[is_open]
            duals = np.ascontiguousarray(duals[:, :, is_open])
            pending = pending[is_open]
    return [*solved, (pending, weights, intercepts)]


@_compiled
def _margins(data: Any, indices: Any, first: int, end: int, weights: Any, intercepts: Any, margins: Any) -> None:
    for column in range(len(margins)):
        margins[column] = intercepts[column]
    for place in range(first, end):
        value, row = data[place], weights[indices[place]]
        for column in range(len(margins)):
            margins[column] += value * row[column]


@_compiled
def _add(data: Any, indices: Any, first: int, end: int, weights: Any, intercepts: Any, steps: Any) -> None:
    for column in range(len(steps)):
        intercepts[column] += steps[column]
    for place in range(first, end):
        value, row = data[place], weights[indices[place]]
        for column in range(len(steps)):
            row[column] += value * steps[column]


@_compiled
def _clip(length: float, margin: float, cost: float, dual: float, unused: float) -> tuple[float, float, float, float]:
    """Step of the squared hinge loss: the new dual of a row, its change, and how far it was from its optimum."""
    diagonal = 0.5 / cost
    gradient = margin - 1.0 + diagonal * dual
    new = max(dual - gradient / (length + diagonal), 0.0)
    return new, unused, new - dual, abs(gradient) if dual > 0 else -gradient


@_compiled
def _newton(length: float, margin: float, cost: float, dual: float, other_dual: float) -> tuple[float, float, float, float]:
    """Step of the log loss: the two new duals of a row, the change of the first, and how far it was from its optimum."""
    flipped = 0.5 * length * (other_dual - dual) + margin < 0
    old, slope = (other_dual, -margin) if flipped else (dual, margin)
    new = 0.1 * old if cost - old < 0.5 * cost else old
    gradient = slope + length * (new - old) + np.log(new / (cost - new))
    before = abs(gradient)
    for _ in range(100):
        if abs(gradient) < _INNER:
            break
        tried = new - gradient / (length + cost / ((cost - new) * new))
        new = 0.1 * new if tried <= 0 else tried
        gradient = slope + length * (new - old) + np.log(new / (cost - new))
    if flipped:
        return cost - new, new, old - new, before
    return new, cost - new, new - old, before


@_compiled
def _pass(data: Any, indices: Any, indptr: Any, order: Any, signs: Any, costs: Any, lengths: Any, weights: Any,
          intercepts: Any, duals: Any, log: bool) -> Any:
    """Make one pass over all rows, and give how far each column was from its optimum."""
    # Each array for itself: in named tuples they make a pass some 5 % slower.
    n_columns = weights.shape[1]
    margins, steps = np.empty(n_columns, np.float32), np.empty(n_columns, np.float32)
    worst = np.zeros(n_columns)
    for row in order:
        _margins(data, indices, indptr[row], indptr[row + 1], weights, intercepts, margins)
        moved = False
        for column in range(n_columns):
            sign = signs[row, column]
            problem = (lengths[row], sign * margins[column], costs[1 if sign > 0 else 0, column], duals[0, row, column],
                       duals[1, row, column])
            dual, other_dual, step, before = _newton(*problem) if log else _clip(*problem)
            duals[0, row, column], duals[1, row, column] = dual, other_dual
            steps[column] = step * sign
            worst[column] = max(worst[column], before)
            moved |= step != 0.0
        if moved:
            _add(data, indices, indptr[row], indptr[row + 1], weights, intercepts, steps)
    return worst

"""The base class of linear models, and their fitted form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State
from autotext.components.model import Model
from autotext.components.state_checks import numbers
from autotext.errors import ComponentError

# Steps from 0 to the largest coefficient of a column, to which coefficients are rounded.
_STEPS = 32767
_LARGEST_STEP = float(np.finfo(np.float32).max) / (_STEPS + 2)
# Largest model whose coefficients are also kept as doubles; those of a larger one only while few rows are predicted at a time.
_DOUBLES = 10_000_000
_FEW_ROWS = 4


class LinearHead:
    """Fitted linear model: margins are ``X @ coefficients + intercept``, where a single column stands for two classes.

    Parameters
    ----------
    coefficients : array of shape (n_features, n_columns)
    intercept : array of shape (n_columns,)

    Examples
    --------
    >>> head = LinearHead(np.array([[2.0], [-1.0]]), np.array([0.5]))
    >>> head.margins(sp.csr_matrix([[1.0, 0.0], [0.0, 1.0]])).round(3).tolist()
    [[-1.25, 1.25], [0.25, -0.25]]
    """

    def __init__(self, coefficients: NDArray[Any], intercept: NDArray[Any]) -> None:
        weights = np.array(coefficients, dtype=np.float32, order="C")
        # Whole numbers of steps make a small file; they are used from the start, so that saving changes no prediction.
        largest = np.maximum(weights.max(axis=0, initial=0.0), -weights.min(axis=0, initial=0.0))
        steps = largest / np.float32(_STEPS)
        steps[steps == 0.0] = 1.0
        weights /= steps
        self._set(np.rint(weights, out=weights), steps, intercept)

    def _set(self, multiples: NDArray[np.float32], steps: NDArray[np.float32] | None, intercept: NDArray[Any]) -> None:
        self._steps = steps
        if steps is not None:
            multiples *= steps
        self.weights = multiples
        self.intercept = np.atleast_1d(np.asarray(intercept, dtype=np.float32)).astype(np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` restores it from."""
        intercept = self.intercept.astype(np.float32)
        if self._steps is None:
            return {"coefficients": self.weights, "intercept": intercept}
        return {"multiples": np.rint(self.weights / self._steps).astype(np.int16), "steps": self._steps, "intercept": intercept}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_columns: int) -> Self:
        """Restore a head from what `arrays` gave, which may come from any source.

        Parameters
        ----------
        arrays : mapping of str to array
            ``multiples``, ``steps`` and ``intercept``; or ``coefficients`` and ``intercept``, as up to format 2, not rounded.
        n_columns : int
            Number of classes; two may share a column.

        Raises
        ------
        ComponentError
            The arrays have the wrong types or shapes, or make numbers that are not finite.

        Examples
        --------
        >>> head = LinearHead(np.array([[2.0], [-1.0]]), np.array([0.5]))
        >>> (LinearHead.from_arrays(head.arrays(), n_columns=2).weights == head.weights).all()
        np.True_
        """
        name, kind = ("multiples", "i2") if "multiples" in arrays else ("coefficients", "f")
        matrix = numbers(arrays, name, kind, None, None)
        if matrix.shape[1] not in (n_columns, 1 if n_columns == 2 else n_columns):
            raise ComponentError(f"the array {name!r} has {matrix.shape[1]} columns for {n_columns} classes")
        intercept = numbers(arrays, "intercept", "f", matrix.shape[1])
        head = cls.__new__(cls)
        steps = numbers(arrays, "steps", "f4", matrix.shape[1]) if name == "multiples" else None
        if steps is not None and not (np.all(steps > 0.0) and steps.max(initial=0.0) < _LARGEST_STEP):
            raise ComponentError("the array 'steps' holds a number that is not positive, or so large that coefficients are not "
                                 "finite")
        head._set(matrix.astype(np.float32, order="C"), steps, intercept)
        return head

    @cached_property
    def coefficients(self) -> NDArray[np.float64]:
        """The coefficients as doubles, which are made on first use."""
        return self.weights.astype(np.float64)

    def columns(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Values of ``X @ coefficients + intercept``, of shape (n_rows, n_columns)."""
        if self.weights.size <= _DOUBLES or X.shape[0] <= _FEW_ROWS:
            return np.asarray(X @ self.coefficients) + self.intercept
        # Converting all coefficients to doubles at once would take twice the memory of the model.
        width = max(1, _DOUBLES // self.weights.shape[0])
        parts = [X @ self.weights[:, start : start + width].astype(np.float64)
                 for start in range(0, self.weights.shape[1], width)]
        return np.hstack(parts) + self.intercept

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Margins of shape (n_rows, n_classes)."""
        columns = self.columns(X)
        return np.hstack([-columns / 2, columns / 2]) if columns.shape[1] == 1 else columns


class LinearModel(Model):
    """Base class of models whose fitted form is one matrix; a subclass implements `_solve`, which gives a `LinearHead`.

    Examples
    --------
    >>> from autotext.components import component
    >>> X, y = sp.csr_matrix([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    >>> model = component("model", "ridge")(alpha=0.1).fit(X, y, n_classes=2)
    >>> isinstance(model, LinearModel), model.decision_function(X).argmax(axis=1).tolist()
    (True, [0, 1])
    """

    heads_: LinearHead
    sums_blocks = True

    def _compress(self, heads: Sequence[Any]) -> LinearHead:
        if not self.multilabel_:
            return heads[0] if heads[0] is not None else LinearHead(np.zeros((0, 1)), np.zeros(1))
        # One column per label; two-column heads (naive Bayes) are folded into their difference.
        width = max((head.weights.shape[0] for head in heads if head is not None), default=0)
        weights, intercepts = np.zeros((width, len(heads)), dtype=np.float32), np.zeros(len(heads))
        for label, head in enumerate(heads):
            if head is not None:
                folded = head.weights.shape[1] > 1
                weights[:, label] = head.weights[:, 1] - head.weights[:, 0] if folded else head.weights[:, 0]
                intercepts[label] = head.intercept[1] - head.intercept[0] if folded else head.intercept[0]
        return LinearHead(weights, intercepts)

    @property
    def size(self) -> int:
        """Number of coefficients that are not zero."""
        return int(np.count_nonzero(self.heads_.weights))

    def _margins(self, X: sp.csr_matrix) -> list[NDArray[np.float64] | None]:
        if not self.multilabel_:
            return [self.heads_.margins(X) if len(self.seen_[0]) > 1 else None]
        columns = self.heads_.columns(X) if self.heads_.weights.shape[0] else np.zeros((X.shape[0], self.n_classes_))
        return [np.column_stack([-columns[:, label] / 2, columns[:, label] / 2]) if len(seen) > 1 else None
                for label, seen in enumerate(self.seen_)]

    def state(self) -> State:
        """Coefficients as multiples of steps, and the classes of training rows."""
        return ({"n_classes": self.n_classes_, "multilabel": self.multilabel_, "seen": [seen.tolist() for seen in self.seen_]},
                self.heads_.arrays())

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self._take_seen(learned)
        self.heads_ = LinearHead.from_arrays(arrays, self.n_classes_ if self.multilabel_ else len(self.seen_[0]))


def from_estimator(estimator: Any) -> LinearHead:
    """Take the head of a fitted linear classifier of scikit-learn.

    Parameters
    ----------
    estimator : object

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from_estimator(RidgeClassifier().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])).weights.shape
    (2, 1)
    """
    return LinearHead(np.atleast_2d(estimator.coef_).T, estimator.intercept_)


def class_weight(balanced: bool) -> str | None:
    """Value of ``class_weight`` in scikit-learn for the parameter ``balanced`` of a model.

    Parameters
    ----------
    balanced : bool

    Examples
    --------
    >>> class_weight(True), class_weight(False)
    ('balanced', None)
    """
    return "balanced" if balanced else None

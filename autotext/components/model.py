"""The base class of models, which turn features into margins."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import clone

from autotext.components.component import Component
from autotext.components.state_checks import ascending, whole, within
from autotext.errors import ComponentError

_UNSEEN = 10.0
_MOST_CLASSES = 2**31
# Largest number of rows times classes; for features times classes, half as many again are allowed.
_MOST_NUMBERS = 40_000_000


class Head(Protocol):
    """The fitted form of a model, which turns features into margins."""

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Margins of shape (n_rows, n_seen), with one column per class of the training rows."""
        ...


class Model(Component):
    """Base class of models: they turn features into margins, one column per class, where a greater one is likelier.

    A subclass implements `_solve`, which fits one problem where each of the classes 0 to k - 1 has a row. Several labels per
    row, and classes without a training row, are handled here.

    Examples
    --------
    >>> from autotext.components import component
    >>> X, y = sp.csr_matrix([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 2])
    >>> model = component("model", "logistic")().fit(X, y, n_classes=3)
    >>> model.decision_function(X).shape, model.decision_function(X).argmax(axis=1).tolist()
    ((2, 3), [0, 2])
    >>> strong, weak = model.fit_regularization_path(X, y, 3, seed=0, values=[0.01, 100.0])
    >>> strong.C, weak.C
    (0.01, 100.0)
    """

    stage = "model"
    consumes = "matrix"
    produces = "matrix"
    regularization_tolerance: ClassVar[float] = 1e-6
    """How far margins after `fit_regularization_path` may differ from those after `fit`, as the solvers stop early."""
    grows_with_classes: ClassVar[bool] = True
    """Whether ten times as many classes take about ten times as long."""
    sums_blocks: ClassVar[bool] = False
    """Whether ``decision_function`` needs only the shape of a matrix, and its products with dense ones."""

    @abstractmethod
    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> Head:
        """Fit one problem in which every class has a row."""

    def fit(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int = 0) -> Model:
        """Fit on class numbers, or on 0/1 indicators, of which each column is a two-class problem.

        Parameters
        ----------
        X : csr_matrix of shape (n_rows, n_features)
        y : array of shape (n_rows,) or (n_rows, n_classes)
        n_classes : int
            Number of classes, those without a row included.
        seed : int
        """
        self._learn([self], X, y, n_classes, seed)
        return self

    def fit_regularization_path(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int,
                                values: Sequence[float]) -> list[Model]:
        """Fit models that differ only in `regularization_parameter`; the work that they share is done once.

        Each gives the margins of a model fitted alone, up to `regularization_tolerance`.

        Parameters
        ----------
        X, y, n_classes, seed
            See `fit`.
        values : sequence of float
            Values of the parameter that `regularization_parameter` names.

        Returns
        -------
        list of Model
            New models, in the order of `values`.

        Raises
        ------
        ComponentError
            The model has no such parameter.
        """
        if not self.regularization_parameter:
            raise ComponentError(f"The model {self.name!r} has no strength of regularization to fit a path of: use fit.")
        models: list[Model] = [clone(self).set_params(**{self.regularization_parameter: value}) for value in values]
        self._learn(models, X, y, n_classes, seed)
        return models

    def _learn(self, models: Sequence[Any], X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int) -> None:
        is_multilabel = y.ndim == 2
        if is_multilabel:
            all_seen = [np.unique(y[:, label]) for label in range(n_classes)]
            problems: Sequence[tuple[NDArray[np.intp], int]] = Labels(y[:, [len(seen) > 1 for seen in all_seen]])
        else:
            seen, codes = np.unique(y, return_inverse=True)
            all_seen, problems = [seen], [(codes, len(seen))] if len(seen) > 1 else []
        self._check_size(X, n_classes)
        # Where all rows are alike there is nothing to solve.
        solved = iter(self._solve_all(models, X, problems, seed) if len(problems) else ())
        heads: list[Sequence[Head | None]] = [next(solved) if len(seen) > 1 else [None] * len(models) for seen in all_seen]
        for number, model in enumerate(models):
            model.n_classes_, model.multilabel_, model.seen_ = n_classes, is_multilabel, list(all_seen)
            model.heads_ = model._compress([of_target[number] for of_target in heads])

    def _check_size(self, X: sp.csr_matrix, n_classes: int) -> None:
        """Refuse a problem whose numbers for each class and row, or each class and feature, would take gigabytes."""
        rows = X.shape[0] if self.grows_with_classes else 0
        if max(rows * n_classes, X.shape[1] * n_classes / 1.5) > _MOST_NUMBERS:
            raise MemoryError(f"{self.name} on {X.shape[0]:,} rows, {X.shape[1]:,} features and {n_classes:,} classes")

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[tuple[NDArray[np.intp], int]],
                   seed: int) -> Sequence[Sequence[Head]]:
        """Solve problems, given as targets and number of classes; a subclass may override it to share work among them."""
        return [self._solve_regularization_path(models, X, y, n_classes, seed) for y, n_classes in problems]

    def _solve_regularization_path(self, models: Sequence[Any], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                                   seed: int) -> Sequence[Head]:
        """Solve one problem for models that differ only in `regularization_parameter`; a subclass may override it."""
        return [model._solve(X, y, n_classes, seed) for model in models]

    def _compress(self, heads: Sequence[Head | None]) -> Any:
        return heads

    def _margins(self, X: sp.csr_matrix) -> list[NDArray[np.float64] | None]:
        return [head.margins(X) if head is not None else None for head in self.heads_]

    def decision_function(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Margins of shape (n_rows, n_classes); a class without training rows is far behind the others."""
        by_problem = self._margins(X)
        if self.multilabel_:
            return np.column_stack([self._label_margins(margins, seen, X.shape[0])
                                    for margins, seen in zip(by_problem, self.seen_, strict=True)])
        seen = self.seen_[0]
        if len(seen) == self.n_classes_ and by_problem[0] is not None:
            return by_problem[0]
        of_seen = np.zeros((X.shape[0], len(seen))) if by_problem[0] is None else by_problem[0]
        margins = np.repeat(of_seen.min(axis=1, keepdims=True) - _UNSEEN, self.n_classes_, axis=1)
        margins[:, seen] = of_seen
        return margins

    @staticmethod
    def _label_margins(margins: NDArray[np.float64] | None, seen: NDArray[Any], n_rows: int) -> NDArray[np.float64]:
        if margins is None:
            return np.full(n_rows, _UNSEEN if seen[0] else -_UNSEEN)
        return margins[:, 1] - margins[:, 0]

    def _take_classes(self, learned: Mapping[str, Any]) -> None:
        """Restore the classes of a saved state."""
        self.n_classes_ = whole(learned, "n_classes", 1, _MOST_CLASSES)
        self.multilabel_ = learned["multilabel"] is True

    def _take_seen(self, learned: Mapping[str, Any]) -> None:
        """Restore the classes, and which of them, or of "no" and "yes" for each label, had training rows."""
        self._take_classes(learned)
        self.seen_ = [np.array(seen, dtype=np.intp) for seen in learned["seen"]]
        if len(self.seen_) != (self.n_classes_ if self.multilabel_ else 1):
            raise ComponentError(f"it has {len(self.seen_)} lists of classes seen, not one for each problem")
        for seen in self.seen_:
            if seen.ndim != 1 or not len(seen):
                raise ComponentError("a list of classes seen is empty or nested")
            ascending(within(seen, "seen", 0, 2 if self.multilabel_ else self.n_classes_), "seen")

    @property
    def size(self) -> int:
        """Count of the learned numbers that are not zero."""
        return sum(int(np.count_nonzero(array)) for array in self.state()[1].values())


class Labels(Sequence[tuple[NDArray[np.intp], int]]):
    """Two-class problems, one for each column of 0/1 indicators, made one at a time to save memory.

    Parameters
    ----------
    indicators : array of shape (n_rows, n_labels)

    Examples
    --------
    >>> problems = Labels(np.array([[1, 0], [1, 1]]))
    >>> len(problems), problems[1]
    (2, (array([0, 1]), 2))
    """

    def __init__(self, indicators: NDArray[Any]) -> None:
        self.indicators = indicators

    def __len__(self) -> int:
        return self.indicators.shape[1]

    def __getitem__(self, label: Any) -> Any:
        return self.indicators[:, label].astype(np.intp), 2

"""What every model is: features to margins."""

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
# For each row and class; for each feature and class half as much is needed.
_MOST_NUMBERS = 40_000_000


class Head(Protocol):
    """What is left of a model once it is fitted: features to margins."""

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """One column per class seen in training, shape (n_rows, n_seen)."""
        ...


class Model(Component):
    """Features to margins, one column per class, greater is likelier.

    A subclass fits one problem with classes 0 to k - 1, all present, in `_solve`. Several labels, and classes without
    a training row, are handled here, alike for all models.
    """

    stage = "model"
    consumes = "matrix"
    produces = "matrix"
    regularization_tolerance: ClassVar[float] = 1e-6
    """How far margins after `fit_regularization_path` may be from those after `fit`, where two solvers stop nearby."""
    grows_with_classes: ClassVar[bool] = True
    """Whether ten times as many classes take about ten times as long."""
    sums_blocks: ClassVar[bool] = False
    """Whether ``decision_function`` asks no more of a matrix than its shape and products with dense ones."""

    @abstractmethod
    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> Head:
        """Fit one problem in which every class has a row."""

    def fit(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int = 0) -> Model:
        """Fit on class numbers, or on 0/1 indicators: then each label is a two-class problem.

        Parameters
        ----------
        X : csr_matrix of shape (n_rows, n_features)
        y : array of shape (n_rows,) or (n_rows, n_classes)
        n_classes : int
            Also those without a row here.
        seed : int
        """
        self._learn([self], X, y, n_classes, seed)
        return self

    def fit_regularization_path(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int,
                                values: Sequence[float]) -> list[Model]:
        """Fit models that differ in `regularization_parameter` alone; the work that they share is done once.

        Each decides like one fitted alone, up to `regularization_tolerance`.

        Parameters
        ----------
        X, y, n_classes, seed
            See `fit`.
        values : sequence of float
            Of the parameter that `regularization_parameter` names.

        Returns
        -------
        list of Model
            New ones, in the order of `values`.

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
        solved = iter(self._solve_all(models, X, problems, seed))
        heads: list[Sequence[Head | None]] = [next(solved) if len(seen) > 1 else [None] * len(models) for seen in all_seen]
        for number, model in enumerate(models):
            model.n_classes_, model.multilabel_, model.seen_ = n_classes, is_multilabel, list(all_seen)
            model.heads_ = model._compress([of_target[number] for of_target in heads])

    def _check_size(self, X: sp.csr_matrix, n_classes: int) -> None:
        """Refuse what would take gigabytes: a number for each row, or feature, and class."""
        rows = X.shape[0] if self.grows_with_classes else 0
        if max(rows * n_classes, X.shape[1] * n_classes / 2) > _MOST_NUMBERS:
            raise MemoryError(f"{self.name} on {X.shape[0]:,} rows, {X.shape[1]:,} features and {n_classes:,} classes")

    def _solve_all(self, models: Sequence[Any], X: sp.csr_matrix, problems: Sequence[tuple[NDArray[np.intp], int]],
                   seed: int) -> Sequence[Sequence[Head]]:
        """Heads of each problem, given by its targets and its number of classes; likewise for sharing work among problems."""
        return [self._solve_regularization_path(models, X, y, n_classes, seed) for y, n_classes in problems]

    def _solve_regularization_path(self, models: Sequence[Any], X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int,
                    seed: int) -> Sequence[Head]:
        """Head of each model; they differ in `regularization_parameter` alone. A subclass overrides it to share work."""
        return [model._solve(X, y, n_classes, seed) for model in models]

    def _compress(self, heads: Sequence[Head | None]) -> Any:
        return heads

    def _margins(self, X: sp.csr_matrix) -> list[NDArray[np.float64] | None]:
        return [head.margins(X) if head is not None else None for head in self.heads_]

    def decision_function(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Margins of shape (n_rows, n_classes); a class that training never saw comes far behind the others."""
        found = self._margins(X)
        if self.multilabel_:
            return np.column_stack([self._label_margins(margins, seen, X.shape[0])
                                    for margins, seen in zip(found, self.seen_, strict=True)])
        seen = self.seen_[0]
        if len(seen) == self.n_classes_ and found[0] is not None:
            return found[0]
        inside = np.zeros((X.shape[0], len(seen))) if found[0] is None else found[0]
        margins = np.repeat(inside.min(axis=1, keepdims=True) - _UNSEEN, self.n_classes_, axis=1)
        margins[:, seen] = inside
        return margins

    @staticmethod
    def _label_margins(margins: NDArray[np.float64] | None, seen: NDArray[Any], n_rows: int) -> NDArray[np.float64]:
        if margins is None:
            return np.full(n_rows, _UNSEEN if seen[0] else -_UNSEEN)
        return margins[:, 1] - margins[:, 0]

    def _take_classes(self, learned: Mapping[str, Any]) -> None:
        """Take over the classes of a saved state."""
        self.n_classes_ = whole(learned, "n_classes", 1, _MOST_CLASSES)
        self.multilabel_ = learned["multilabel"] is True

    def _take_seen(self, learned: Mapping[str, Any]) -> None:
        """Take over the classes, and which of them, or of "no" and "yes" for each label, were seen."""
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
        """Numbers that are not zero."""
        return sum(int(np.count_nonzero(array)) for array in self.state()[1].values())


class Labels(Sequence[tuple[NDArray[np.intp], int]]):
    """A two-class problem for each column of 0/1 indicators, made when it is asked for: all would take much memory."""

    def __init__(self, indicators: NDArray[Any]) -> None:
        self.indicators = indicators

    def __len__(self) -> int:
        return self.indicators.shape[1]

    def __getitem__(self, label: Any) -> Any:
        return self.indicators[:, label].astype(np.intp), 2

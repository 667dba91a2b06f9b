"""What every feature component is: documents to a sparse matrix."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import Component
from autotext.errors import ComponentError
from autotext.space import Scalar

Documents = Sequence[Any]


@dataclass(frozen=True)
class Counts:
    """Label-free counts of some documents: a matrix, and what its columns mean.

    Parameters
    ----------
    matrix : csr_matrix of shape (n_documents, n_columns)
    meaning : object
        Whatever the component needs to count further documents alike.
    """

    matrix: sp.csr_matrix
    meaning: Any = None

    def rows(self, rows: NDArray[np.intp]) -> Counts:
        """Counts of some of the documents."""
        return Counts(self.matrix[rows], self.meaning)


def _ignore(seconds: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class FitContext:
    """How long an expensive feature trains, what it may use, and who is told of its progress.

    Parameters
    ----------
    epoch_multiplier : float, default=1.0
        How many times longer than usual `Feature.fit` trains, so that it takes as many steps on a part of the rows as on all.
    threads : int, default=0
        Threads that `Feature.fit` and `Feature.transform` may use; 0: as many as their library takes.
    progress_callback : callable, optional
        Called between steps of `Feature.fit` with the seconds that the whole of it will take; may raise to give up.
    """

    epoch_multiplier: float = 1.0
    threads: int = 0
    progress_callback: Callable[[float], None] = _ignore


class Feature(Component):
    """Documents to a sparse matrix, in a step that knows no labels and one that learns.

    `count` is the same for every fold, so it is done once; `fit` and `transform` take its rows.
    """

    stage = "features"
    produces = "nonnegative"
    count_parameters: ClassVar[tuple[str, ...] | None] = None
    """Parameters that change what `count` gives before `fit`; None: all."""
    per_text: ClassVar[bool] = False
    """Whether `count` of a text depends on that text alone and costs so much that no text should be counted twice."""
    expensive: ClassVar[bool] = False
    """Whether `fit` takes so long that it is cross-validated on one fold rather than on every one.

    Then `fit` and `transform` take a `FitContext` as a further argument, which has a default.
    """
    counted_as: ClassVar[str] = ""
    """Shared by components whose `count` gives the same for the same such parameters; empty: no other does."""
    range_parameter: ClassVar[str] = ""
    """One of `count_parameters` that is a range like ``"1-3"``: `fit` takes part of the counts of a wider one; empty: none."""

    @abstractmethod
    def count(self, documents: Documents) -> Counts:
        """Counts of documents: all there is before `fit`, only what was learned after it.

        Parameters
        ----------
        documents : sequence of str, or of lists of str where tokens are consumed
        """

    @abstractmethod
    def fit(self, counts: Counts, y: NDArray[Any]) -> Feature:
        """Learn from the counts of training rows and their targets."""

    @abstractmethod
    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Features from counts that `count` gave before or after `fit`; shape (n_documents, n_features)."""

    @classmethod
    def relative_cost(cls, parameters: Mapping[str, Scalar]) -> float:
        """How long `fit` takes with some parameters, beside others; 1 if they make no difference worth counting."""
        return 1.0

    @property
    def size(self) -> int:
        """Numbers that are multiplied with for every text, beside those of the model."""
        return 0

    def compact(self) -> None:
        """Forget what only further folds would need."""

    def names(self) -> list[str]:
        """What each feature stands for.

        Raises
        ------
        ComponentError
            The component keeps no names.
        """
        raise ComponentError(f"The feature component {self.name!r} keeps no names.")

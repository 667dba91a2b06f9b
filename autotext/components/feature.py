"""The base class of features, which turn documents into a sparse matrix."""

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
    """Counts of some documents, which depend on no labels: a matrix, and the meaning of its columns.

    Parameters
    ----------
    matrix : csr_matrix of shape (n_documents, n_columns)
    meaning : object
        What the component needs to count more documents in the same columns.

    Examples
    --------
    >>> Counts(sp.csr_matrix([[1, 0], [0, 2], [3, 0]])).rows(np.array([0, 2])).matrix.toarray().tolist()
    [[1, 0], [3, 0]]
    """

    matrix: sp.csr_matrix
    meaning: Any = None

    def rows(self, rows: NDArray[np.intp]) -> Counts:
        """Counts of some of the documents."""
        return Counts(self.matrix[rows], self.meaning)


def _ignore(seconds: float) -> None:
    """Default of `FitContext.progress_callback`."""


@dataclass(frozen=True)
class FitContext:
    """How an expensive feature is to be trained: how long, with how many threads, and how it reports its progress.

    Parameters
    ----------
    epoch_multiplier : float, default=1.0
        Factor on the usual number of epochs of `Feature.fit`, so that it takes as many steps on some of the rows as on all.
    threads : int, default=0
        Number of threads that `Feature.fit` and `Feature.transform` may use; 0: as many as their library chooses.
    progress_callback : callable, optional
        Called between steps of `Feature.fit` with the seconds that all of it will take; it may raise an error to end it.

    Examples
    --------
    >>> def stop(seconds):
    ...     if seconds > 60.0:
    ...         raise TimeoutError
    >>> FitContext(threads=1, progress_callback=stop).progress_callback(90.0)
    Traceback (most recent call last):
    TimeoutError
    """

    epoch_multiplier: float = 1.0
    threads: int = 0
    progress_callback: Callable[[float], None] = _ignore


class Feature(Component):
    """Base class of features: they turn documents into a sparse matrix, first without labels, then with them.

    `count` gives the same for every fold, so that it runs once; `fit` and `transform` take rows of what it gave.

    Examples
    --------
    >>> from autotext.components import component
    >>> feature = component("features", "char_tfidf")(span="1-1", min_df=1)
    >>> counts = feature.count(["aab", "b"])
    >>> feature.fit(counts, y=np.array([0, 1])).transform(counts).shape, feature.names()
    ((2, 3), [' ', 'a', 'b'])
    """

    stage = "features"
    produces = "nonnegative"
    count_parameters: ClassVar[tuple[str, ...] | None] = None
    """Parameters on which `count` before `fit` depends; None: all."""
    per_text: ClassVar[bool] = False
    """Whether `count` of a text depends only on that text, and takes so long that no text should be counted twice."""
    expensive: ClassVar[bool] = False
    """Whether `fit` takes so long that it is cross-validated on one fold rather than on every one.

    Then `fit` and `transform` take a `FitContext` as an additional argument with a default.
    """
    counted_as: ClassVar[str] = ""
    """Name that components share whose `count` gives the same for the same `count_parameters`; empty: none do."""
    range_parameter: ClassVar[str] = ""
    """One of `count_parameters` that is a range like ``"1-3"``; `fit` can use counts of a wider range. Empty: there is none."""

    @abstractmethod
    def count(self, documents: Documents) -> Counts:
        """Count documents: everything in them before `fit`, and after it only what `fit` has learned.

        Parameters
        ----------
        documents : sequence of str, or of lists of str where tokens are consumed
        """

    @abstractmethod
    def fit(self, counts: Counts, y: NDArray[Any]) -> Feature:
        """Learn from the counts of training rows and from their targets."""

    @abstractmethod
    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Turn counts, made before or after `fit`, into features of shape (n_documents, n_features)."""

    @classmethod
    def encoding_seconds(cls, texts: Sequence[str]) -> float:
        """Estimate the seconds of `count` on one core, where it is known beforehand that they are many; else 0."""
        return 0.0

    @classmethod
    def relative_cost(cls, parameters: Mapping[str, Scalar]) -> float:
        """Factor on the seconds of `fit` that is due to the values of parameters; 1 where they hardly matter."""
        return 1.0

    @property
    def size(self) -> int:
        """Number of multiplications for every text, without those of the model."""
        return 0

    def compact(self) -> None:
        """Free the memory of what only the fit of another fold would need."""

    def names(self) -> list[str]:
        """Name of each feature, such as its n-gram.

        Raises
        ------
        ComponentError
            The component keeps no names.
        """
        raise ComponentError(f"The feature component {self.name!r} keeps no names.")

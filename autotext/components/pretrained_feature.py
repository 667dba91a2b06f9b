"""The base class of features that read a pretrained model from a folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import Component, State
from autotext.components.feature import Counts, Documents, Feature
from autotext.errors import ComponentError
from autotext.space import Domain, Scalar
from autotext.space.domains import FromTask
from autotext.task import Task

USUAL_CLASSIFIER: dict[str, Scalar] = {"model": "logistic", "model.logistic.C": 10.0, "model.logistic.balanced": False}
"""The part of a configuration for the classifier that usually does well on vectors of a pretrained model."""
USUAL_CLASSIFIERS = ("linear_svm", "logistic")
"""Classifiers that usually do well where vectors of a pretrained model stand beside other features."""


class ModelHolder(Component):
    """Base class of components that hold a model, read from a folder or restored from a saved state.

    A process reads a folder only once. While the model is that of the folder, a pickle of the component holds only the name of
    the folder.

    Parameters
    ----------
    model : str
        Folder of the model.

    Attributes
    ----------
    model_ : object
        The model after training, or from a saved state; absent while it is that of the folder.
    """

    def __init__(self, model: str = "") -> None:
        self.model = model

    @classmethod
    @abstractmethod
    def _read(cls, folder: str) -> Any:
        """Read the model of a folder."""

    @classmethod
    @abstractmethod
    def _from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
        """Restore a model from a state of any source."""

    @property
    def pretrained_model(self) -> Any:
        """The model of the folder, before any training."""
        return _once(cast(Any, type(self)._read), self.model)

    @property
    def network(self) -> Any:
        """The model, after training if there was any."""
        model = getattr(self, "model_", None)
        return self.pretrained_model if model is None else model

    def hold(self) -> None:
        """Keep the model in memory and in pickles, so that its folder is not needed any more."""
        self.model_ = self.network

    def state(self) -> State:
        """The whole model, as JSON and arrays."""
        state: State = self.network.state()
        return state

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self.model_ = self._from_state(learned, arrays)

    def __getstate__(self) -> dict[str, Any]:
        held = {name: value for name, value in super().__getstate__().items() if name != "model_"}
        return {**held, "saved": self.state()} if hasattr(self, "model_") else held

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "saved"})
        if "saved" in state:
            self.set_state(*state["saved"])


class PretrainedFeature(ModelHolder, Feature):
    """Base class of features that are vectors of a pretrained model, which `fit` does not change unless a subclass says so.

    A subclass says which folders it reads (`reads`), reads a model from its folder (`_read`) and from what ``state()`` of the
    model gave (`_from_state`), and computes the vectors of texts (`_vectors`). A saved pipeline contains the model.

    Examples
    --------
    >>> from autotext.components import component
    >>> component("features", "encoder").alone("minilm")["features.encoder.model"]
    'minilm'
    >>> component("features", "encoder").reads("no-such-folder")
    False
    """

    produces = "matrix"
    parameters: ClassVar[Mapping[str, Domain]] = {"model": FromTask("encoders")}
    folder_format: ClassVar[str] = ""
    """What a folder must hold so that `reads` is true, for messages; empty: the messages do not mention it."""
    kind_parameters: ClassVar[tuple[str, ...]] = ("model",)
    """Parameters whose values make different kinds of candidates; with few rows, the best one of each kind is compared."""
    companions: ClassVar[tuple[str, ...]] = ()
    """Names of other such features; a search soon tries each model of this feature together with each of theirs."""
    seconds_per_encoding: ClassVar[float] = 0.0
    """Seconds of `fit` with a `relative_cost` of 1 for each second in which the same model encodes the same texts for another
    feature; 0: the one cannot be predicted from the other."""
    is_trained: ClassVar[bool] = False
    """Whether `fit` trains the model of the folder further, rather than only using its vectors."""
    writes_models: ClassVar[bool] = False
    """Whether `write_model` can write the model, so that another search can use it or train it further."""

    @classmethod
    def reads(cls, folder: str) -> bool:
        """Whether a folder holds a model of the kind that this feature reads.

        Raises
        ------
        ComponentError
            The folder holds such a model, which asks for what is not allowed.
        """
        return False

    @classmethod
    def warm_starts(cls, model: str, task: Task) -> list[dict[str, Scalar]]:
        """Further configurations with a model that a search tries early, in this order; by default, there are none.

        Unless the feature is `expensive`, a search also tries its first configurations with the model beside their features,
        and the model alone.

        Parameters
        ----------
        model : str
            Folder of the model.
        task : Task
        """
        return []

    @classmethod
    def alone(cls, model: str, **parameters: Scalar) -> dict[str, Scalar]:
        """Configuration whose only feature is this one, with a model, some parameters, and the usual classifier."""
        chosen = {f"features.{cls.name}.{name}": value for name, value in {"model": model, **parameters}.items()}
        return {"features": cls.name, **chosen, **USUAL_CLASSIFIER}

    def write_model(self, folder: Path) -> None:
        """Write the model to a new folder, for which `reads` is true; only if `writes_models` is true."""
        raise ComponentError(f"The feature component {self.name!r} writes no models.")

    @abstractmethod
    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        """Vectors of documents, of length 1; shape (n_documents, n_features)."""

    def count(self, documents: Documents) -> Counts:
        """Compute the vectors of documents, which are the same before and after `fit`."""
        return Counts(self._vectors(documents))

    def fit(self, counts: Counts, y: NDArray[Any]) -> PretrainedFeature:
        """Do nothing, as the model is not trained here."""
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Convert the vectors to double precision."""
        return counts.matrix.astype(np.float64)


@cache
def _once(read: Callable[[str], Any], folder: str) -> Any:
    return read(folder)

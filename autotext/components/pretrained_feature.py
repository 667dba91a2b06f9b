"""What features share that come from a model which the user gives as a folder."""

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
from autotext.task.low_data import has_few_rows_per_class

USUAL_CLASSIFIER: dict[str, Scalar] = {"model": "logistic", "model.logistic.C": 10.0, "model.logistic.balanced": False}
"""What usually does well on vectors of a pretrained model, as a part of a configuration."""


class ModelHolder(Component):
    """A component that holds a model, read from a folder or taken over from a saved state.

    Once read in a process, a folder is not read again. A pickle of a component whose model is still that of the folder holds
    the folder alone.

    Parameters
    ----------
    model : str
        Folder.

    Attributes
    ----------
    model_ : object
        The model after training, or from a saved state; absent as long as it is that of the folder.
    """

    def __init__(self, model: str = "") -> None:
        self.model = model

    @classmethod
    @abstractmethod
    def _read(cls, folder: str) -> Any:
        """The model of a folder."""

    @classmethod
    @abstractmethod
    def _from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
        """The model of a state, which may come from anyone."""

    @property
    def pretrained_model(self) -> Any:
        """The model of the folder, as it was before any training."""
        return _once(cast(Any, type(self)._read), self.model)

    @property
    def network(self) -> Any:
        """The model, after whatever it learned."""
        model = getattr(self, "model_", None)
        return self.pretrained_model if model is None else model

    def hold(self) -> None:
        """Keep the model itself, in pickles too: its folder is not needed any more."""
        self.model_ = self.network

    def state(self) -> State:
        """The whole model."""
        found: State = self.network.state()
        return found

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave."""
        self.model_ = self._from_state(learned, arrays)

    def __getstate__(self) -> dict[str, Any]:
        held = {name: value for name, value in super().__getstate__().items() if name != "model_"}
        return {**held, "saved": self.state()} if hasattr(self, "model_") else held

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "saved"})
        if "saved" in state:
            self.set_state(*state["saved"])


class PretrainedFeature(ModelHolder, Feature):
    """Vectors that a pretrained model gives texts. Here it learns nothing; a saved pipeline holds the model.

    A subclass says which folders it reads (`reads`), reads the model from its folder (`_read`) and from what the model's own
    ``state()`` gave (`_from_state`), and gives the vectors of texts (`_vectors`).
    """

    produces = "matrix"
    parameters: ClassVar[Mapping[str, Domain]] = {"model": FromTask("encoders")}
    folder_format: ClassVar[str] = ""
    """What a folder must hold so that `reads` is true, for a message; empty: nothing worth saying."""
    kind_parameters: ClassVar[tuple[str, ...]] = ("model",)
    """Parameters whose values make different kinds of candidates: where rows are few, the best of each kind is refitted."""
    companions: ClassVar[tuple[str, ...]] = ()
    """Names of other such features; a search tries each of its models beside each of theirs early."""
    seconds_per_encoding: ClassVar[float] = 0.0
    """Seconds of `fit` for a `relative_cost` of 1, for each second in which the same model gives another feature vectors of
    the same texts; 0: neither tells anything about the other."""
    is_trained: ClassVar[bool] = False
    """Whether `fit` trains the model of the folder further, rather than only learning from what the model gives."""
    writes_models: ClassVar[bool] = False
    """Whether `write_model` can be used, so that another search trains or uses the model further."""

    @classmethod
    def reads(cls, folder: str) -> bool:
        """Whether a folder holds a model of the kind that this feature reads.

        Raises
        ------
        ComponentError
            It does, but the model asks for what is not allowed.
        """
        return False

    @classmethod
    def warm_starts(cls, model: str, task: Task) -> list[dict[str, Scalar]]:
        """Configurations that a search tries early with a model, in this order.

        Unless the feature is `expensive`, a search also tries what it begins with anyway, with the model beside its n-grams and
        in place of all its features.

        Parameters
        ----------
        model : str
            Folder.
        task : Task
        """
        # Where scores tell little, what is usual is to be among the candidates.
        return [cls.alone(model)] if has_few_rows_per_class(task) else []

    @classmethod
    def alone(cls, model: str, **parameters: Scalar) -> dict[str, Scalar]:
        """The configuration of this feature alone, with a model and values of its other parameters, and a usual classifier."""
        chosen = {f"features.{cls.name}.{name}": value for name, value in {"model": model, **parameters}.items()}
        return {"features": cls.name, **chosen, **USUAL_CLASSIFIER}

    def write_model(self, folder: Path) -> None:
        """Write the model as a new folder for which `reads` is true; only where `writes_models` says that it can."""
        raise ComponentError(f"The feature component {self.name!r} writes no models.")

    @abstractmethod
    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        """Rows of length 1, one for each document."""

    def count(self, documents: Documents) -> Counts:
        """Vectors; the same before and after `fit`."""
        return Counts(self._vectors(documents))

    def fit(self, counts: Counts, y: NDArray[Any]) -> PretrainedFeature:
        """Learn nothing."""
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """The vectors, in double precision."""
        return counts.matrix.astype(np.float64)


@cache
def _once(read: Callable[[str], Any], folder: str) -> Any:
    return read(folder)

"""What every component is, and how it becomes known by its stage and name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from autotext.errors import ComponentError
from autotext.space import STAGES, Domain, Scalar

State = tuple[dict[str, Any], dict[str, NDArray[Any]]]
REGISTERED: dict[str, dict[str, type[Component]]] = {stage: {} for stage in STAGES}
"""Filled by `register`; to be read through `autotext.components.registry`, which imports the shipped components first."""


class Component(BaseEstimator):
    """A scikit-learn-style estimator registered under a name in one stage.

    Attributes
    ----------
    name, stage : str
        Where it stands in a search space.
    version : int
        Raised when the same parameters give other numbers.
    consumes : {"raw", "text", "tokens", "matrix", "nonnegative"}
        Text as it was written, or as normalizers leave it, and so on.
    produces : {"text", "tokens", "matrix", "nonnegative"}
    parameters : mapping of str to Domain
        Legal values of each keyword of ``__init__``.
    scripts : frozenset of str or None
        Writing systems it is for; None: all.
    requires : str
        Module that must be installed.
    extra : str
        Extra of autotext that installs it; empty: autotext itself does.
    regularization_parameter : str
        Parameter of a model that says how strongly it is regularized; empty: none does.
    regularization_factors : tuple of float
        Multiples of its value that a search cross-validates along with it, as they cost little more.
    cost_parameters : tuple of str
        Parameters on whose values the time that it takes depends most; a search predicts it from configurations with the same.
    aliases : mapping of str to str
        Former names of parameters.
    legacy : mapping of str to scalar
        What an absent parameter meant before it existed.
    precision : float
        How far its numbers may differ with what else is computed at the same time; 0: by rounding.
    """

    name: ClassVar[str] = ""
    stage: ClassVar[str] = ""
    version: ClassVar[int] = 1
    consumes: ClassVar[str] = "text"
    produces: ClassVar[str] = "text"
    parameters: ClassVar[Mapping[str, Domain]] = {}
    scripts: ClassVar[frozenset[str] | None] = None
    requires: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    regularization_parameter: ClassVar[str] = ""
    regularization_factors: ClassVar[tuple[float, ...]] = ()
    cost_parameters: ClassVar[tuple[str, ...]] = ()
    aliases: ClassVar[Mapping[str, str]] = {}
    legacy: ClassVar[Mapping[str, Scalar]] = {}
    precision: ClassVar[float] = 0.0

    @classmethod
    def missing_dependency(cls) -> str:
        """Why it cannot be used on this machine; empty if it can."""
        if not cls.requires or cls.requires in sys.modules or find_spec(cls.requires):
            return ""
        wanted = f'"autotext[{cls.extra}]"' if cls.extra else cls.requires
        return f"{cls.requires} is not installed: pip install {wanted}"

    @classmethod
    def unsupported_reason(cls, language: str) -> str:
        """What it lacks for a language, and what serves instead; empty if nothing."""
        return ""

    @classmethod
    def test_params(cls, folder: Path) -> dict[str, Scalar]:
        """Keywords without which contract tests cannot use it, such as a folder that holds a model.

        Parameters
        ----------
        folder : Path
            An empty one, to which files that the keywords name are written.
        """
        return {}

    def state(self) -> State:
        """All that was learned, as JSON and arrays."""
        return {}, {}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave."""


C = TypeVar("C", bound=type[Component])


def register(cls: C) -> C:
    """Class decorator that makes a component known under its stage and name.

    Raises
    ------
    ComponentError
        The stage or name is missing, or another class has the name.
    """
    if cls.stage not in STAGES or not cls.name:
        raise ComponentError(f"{cls.__qualname__}: a component needs a name and a stage, one of {', '.join(STAGES)}.")
    known = REGISTERED[cls.stage].get(cls.name)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ComponentError(f"There already is a {cls.stage} component {cls.name!r}: {known.__module__}.{known.__qualname__}.")
    REGISTERED[cls.stage][cls.name] = cls
    return cls

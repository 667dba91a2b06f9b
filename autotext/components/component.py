"""The base class of all components, and the decorator that registers one under its stage and name."""

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
"""Filled by `register`; read it through `autotext.components.registry`, which imports the shipped components first."""


class Component(BaseEstimator):
    """Base class of all components: estimators in the style of scikit-learn, registered under a name in one stage.

    Attributes
    ----------
    name, stage : str
        Its name and stage in a search space.
    version : int
        Increased when the same parameters give other numbers than before.
    consumes : {"raw", "text", "tokens", "matrix", "nonnegative"}
        What it takes: texts as they were written or as normalizers leave them, lists of tokens, a matrix, or one without
        negative numbers.
    produces : {"text", "tokens", "matrix", "nonnegative"}
        What it gives.
    parameters : mapping of str to Domain
        Legal values of each keyword of ``__init__``.
    scripts : frozenset of str or None
        Writing systems that it is for; None: all.
    requires : str
        Module that must be installed.
    extra : str
        Extra of autotext that installs this module; empty: autotext itself does.
    regularization_parameter : str
        Parameter of a model for the strength of its regularization; empty: there is none.
    regularization_factors : tuple of float
        Multiples of its value that a search cross-validates along with it, as they cost little more.
    cost_parameters : tuple of str
        Parameters on which its time depends most; a search predicts the time from configurations with the same values.
    aliases : mapping of str to str
        Former names of parameters.
    legacy : mapping of str to scalar
        Values of parameters in configurations that were saved before the parameter existed.
    precision : float
        How far its numbers may differ with what else is computed in the same batch; 0: only by rounding.

    Examples
    --------
    >>> from autotext.components import component
    >>> ridge = component("model", "ridge")
    >>> ridge.stage, ridge.regularization_parameter, ridge(alpha=2.0).get_params()["alpha"]
    ('model', 'alpha', 2.0)
    >>> ridge.missing_dependency()
    ''
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
        """Reason why it cannot be used on this machine; empty if it can."""
        if not cls.requires or cls.requires in sys.modules or find_spec(cls.requires):
            return ""
        wanted = f'"autotext[{cls.extra}]"' if cls.extra else cls.requires
        return f"{cls.requires} is not installed: pip install {wanted}"

    @classmethod
    def unsupported_reason(cls, language: str) -> str:
        """Reason why it cannot be used for a language, and what can; empty if it can be used."""
        return ""

    @classmethod
    def test_params(cls, folder: Path) -> dict[str, Scalar]:
        """Keywords that contract tests need to make an instance, such as a folder that holds a model.

        Parameters
        ----------
        folder : Path
            An empty one, to which files that the keywords name are written.
        """
        return {}

    def state(self) -> State:
        """Everything that it has learned, as JSON and arrays."""
        return {}, {}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""


C = TypeVar("C", bound=type[Component])


def register(cls: C) -> C:
    """Class decorator that registers a component under its stage and name.

    Parameters
    ----------
    cls : class of Component

    Raises
    ------
    ComponentError
        The stage or name is missing, or another class has the name.

    Examples
    --------
    >>> @register
    ... class Shouting(Component):
    ...     name = "shouting"
    Traceback (most recent call last):
    autotext.errors.ComponentError: Shouting: a component needs a name and a stage, one of ...
    """
    if cls.stage not in STAGES or not cls.name:
        raise ComponentError(f"{cls.__qualname__}: a component needs a name and a stage, one of {', '.join(STAGES)}.")
    other = REGISTERED[cls.stage].get(cls.name)
    if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ComponentError(f"There already is a {cls.stage} component {cls.name!r}: {other.__module__}.{other.__qualname__}.")
    REGISTERED[cls.stage][cls.name] = cls
    return cls

"""Every meta-learner by name; a new one is one file with one registered class."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from autotext.arguments import argument_error
from autotext.errors import ArgumentError, import_hint, shown, suggestion
from autotext.meta.experience import Experience
from autotext.meta.learner import MetaLearner

# What `meta_learner="default"` is.
_DEFAULT = "portfolio"
# The command line calls a cold start none.
_RESERVED = ("default", "none")
_REGISTERED: dict[str, type[MetaLearner]] = {}

L = TypeVar("L", bound=type[MetaLearner])


def register_meta_learner(cls: L) -> L:
    """Class decorator that makes a meta-learner known under its name.

    ``meta_learner="its name"`` then makes one without arguments, and fits it on the experience that autotext ships.

    Parameters
    ----------
    cls : subclass of MetaLearner
        With a `name`.

    Returns
    -------
    subclass of MetaLearner
        The same.

    Raises
    ------
    ArgumentError
        It is no meta-learner that can be made without arguments, the name is missing, or another class has it.

    Examples
    --------
    >>> from autotext.meta import Portfolio
    >>> @register_meta_learner
    ... class Cautious(Portfolio):
    ...     name = "portfolio"
    Traceback (most recent call last):
    autotext.errors.ArgumentError: There already is a meta-learner 'portfolio': autotext.meta.portfolio.Portfolio; choose ...
    """
    if not (isinstance(cls, type) and issubclass(cls, MetaLearner)) or inspect.isabstract(cls):
        raise argument_error("What is registered", "a subclass of MetaLearner with the methods fit and suggest", cls)
    if not isinstance(cls.name, str) or not cls.name or cls.name in _RESERVED or cls.name.startswith("-"):
        raise argument_error(f"{cls.__qualname__}.name", "a name, such as 'nearest_tasks', other than 'default' and 'none'",
                             cls.name)
    other = _REGISTERED.get(cls.name)
    if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ArgumentError(f"There already is a meta-learner {cls.name!r}: {other.__module__}.{other.__qualname__}; choose "
                            f"another name for {cls.__module__}.{cls.__qualname__}.")
    _REGISTERED[cls.name] = cls
    return cls


def meta_learners() -> Mapping[str, type[MetaLearner]]:
    """Every registered meta-learner by name.

    Examples
    --------
    >>> meta_learners()["portfolio"].__name__
    'Portfolio'
    """
    return _REGISTERED


def shipped_learner(name: str) -> MetaLearner:
    """Meta-learner of a name, fitted on the experience that autotext ships.

    Parameters
    ----------
    name : str
        Of a registered meta-learner; ``"default"`` is the one that measured best.

    Raises
    ------
    ArgumentError
        The name is unknown.

    Examples
    --------
    >>> shipped_learner("default").name
    'portfolio'
    """
    check_learner(name)
    return _fit(_REGISTERED[_DEFAULT if name == "default" else name])


@cache
def _fit(cls: type[MetaLearner]) -> MetaLearner:
    return cls().fit(Experience.shipped())


def check_learner(learner: Any) -> str | MetaLearner | None:
    """Return a meta-learner, the name of a registered one, or None, and refuse anything else.

    Parameters
    ----------
    learner : str, MetaLearner or None

    Raises
    ------
    ArgumentError
        It is something else.

    Examples
    --------
    >>> check_learner("portfolio")
    'portfolio'
    """
    if learner is None or isinstance(learner, MetaLearner):
        return learner
    names = ["default", *_REGISTERED]
    if not isinstance(learner, str):
        expected = f"one of {', '.join(map(repr, names))}, a fitted MetaLearner, or None for a cold start"
        raise argument_error("meta_learner", expected, learner)
    if learner not in names:
        raise ArgumentError(f"Unknown meta-learner {shown(learner)}.{suggestion(learner, names)} None is a cold start. "
                            f"{import_hint('A meta-learner')}")
    return learner

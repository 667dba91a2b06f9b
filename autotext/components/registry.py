"""The registry of components by stage and name; a new component is one file with one registered class."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from autotext.components.component import REGISTERED, Component
from autotext.errors import ComponentError, import_hint, suggestion

_FOLDERS = {"normalizer": "normalizers", "tokenizer": "tokenizers", "features": "features", "model": "models"}


@cache
def _load_shipped() -> None:
    for stage, folder in _FOLDERS.items():
        package = f"autotext.components.{folder}"
        paths = importlib.import_module(package).__path__
        for name in sorted(module.name for module in pkgutil.iter_modules(paths)):
            if name.startswith("_"):
                continue
            module = importlib.import_module(f"{package}.{name}")
            if not any(cls.__module__ == module.__name__ for cls in REGISTERED[stage].values()):
                raise ComponentError(f"{module.__name__} registers no {stage} component.")


def registry() -> Mapping[str, Mapping[str, type[Component]]]:
    """All registered components, by stage and name.

    Examples
    --------
    >>> list(registry()), "ridge" in registry()["model"]
    (['normalizer', 'tokenizer', 'features', 'model'], True)
    """
    _load_shipped()
    return REGISTERED


def component(stage: str, name: str) -> type[Component]:
    """Get the class of a registered component.

    Parameters
    ----------
    stage : {"normalizer", "tokenizer", "features", "model"}
    name : str

    Raises
    ------
    ComponentError
        There is no component of that name, or a package that it needs is not installed.

    Examples
    --------
    >>> component("tokenizer", "words")(min_length=2).transform(["I came, I saw"])
    [['came', 'saw']]
    """
    cls = registry()[stage].get(name)
    if cls is None:
        near = suggestion(name, registry()[stage], limit=20)
        raise ComponentError(f"Unknown {stage} component {name!r}.{near} {import_hint('A component')}")
    if cls.missing_dependency():
        raise ComponentError(f"The {stage} component {name!r} cannot be used: {cls.missing_dependency()}")
    return cls


def outside_modules() -> tuple[str, ...]:
    """Modules outside autotext that have registered components, which workers must import too.

    Raises
    ------
    ComponentError
        A component was defined in a script, a notebook or a REPL, where workers cannot import it.

    Examples
    --------
    >>> outside_modules()
    ()
    """
    modules = []
    for classes in registry().values():
        for cls in classes.values():
            if cls.__module__ == "__main__":
                raise ComponentError(f"The component {cls.__qualname__} is defined in __main__, where worker processes cannot "
                                     "find it: put it in a module and import that.")
            if not cls.__module__.startswith("autotext."):
                modules.append(cls.__module__)
    return tuple(dict.fromkeys(modules))

"""Every component by stage and name; a new one is one file with one registered class."""

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
        for found in sorted(module.name for module in pkgutil.iter_modules(paths)):
            if found.startswith("_"):
                continue
            module = importlib.import_module(f"{package}.{found}")
            if not any(cls.__module__ == module.__name__ for cls in REGISTERED[stage].values()):
                raise ComponentError(f"{module.__name__} registers no {stage} component.")


def registry() -> Mapping[str, Mapping[str, type[Component]]]:
    """Every registered component, by stage and name."""
    _load_shipped()
    return REGISTERED


def component(stage: str, name: str) -> type[Component]:
    """One registered component.

    Raises
    ------
    ComponentError
        There is none of that name, or what it needs is not installed.
    """
    found = registry()[stage].get(name)
    if found is None:
        near = suggestion(name, registry()[stage], limit=20)
        raise ComponentError(f"Unknown {stage} component {name!r}.{near} {import_hint('A component')}")
    if found.missing_dependency():
        raise ComponentError(f"The {stage} component {name!r} cannot be used: {found.missing_dependency()}")
    return found


def outside_modules() -> tuple[str, ...]:
    """Modules outside autotext that registered components, which workers import too.

    Raises
    ------
    ComponentError
        A component was defined in a script, a notebook or a REPL, where no worker finds it.
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

"""Public docstrings: a first sentence, all parameters, and a run example for at least two thirds of classes and functions.

Public are the classes and functions of the package whose names, and the names of whose modules, have no leading underscore,
and the methods and properties of such classes that do not override those of a documented base class. The methods of contract
suites are tests. Examples are run with all other tests, by ``--doctest-modules``.
"""

import functools
import importlib
import inspect
import pkgutil
import re

import pytest

import autotext

LEAST_WITH_EXAMPLE = 2 / 3


def public_modules():
    yield autotext
    for module in pkgutil.walk_packages(autotext.__path__, "autotext."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            yield importlib.import_module(module.name)


def public_members(cls):
    """Methods and properties that a class adds to its base classes."""
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else member
        function = function.func if isinstance(function, functools.cached_property) else getattr(function, "__func__", function)
        is_public = inspect.isfunction(function) and not name.startswith(("_", "test_"))
        if is_public and not any(name in vars(base) for base in cls.__mro__[1:]):
            yield name, function


def public_things():
    """Qualified name and object of each public class and function, and of their members, by kind."""
    things, members = {}, {}
    for module in public_modules():
        for name, value in vars(module).items():
            is_own = getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
            if is_own and (inspect.isclass(value) or inspect.isroutine(value) or hasattr(value, "__wrapped__")):
                things[f"{module.__name__}.{name}"] = value
                if inspect.isclass(value):
                    members.update({f"{module.__name__}.{name}.{key}": member for key, member in public_members(value)})
    return things, members


THINGS, MEMBERS = public_things()


def parameters_of(thing):
    """Names of the parameters that a docstring must list; those of a dataclass are its fields."""
    if inspect.isclass(thing) and ("__init__" not in vars(thing) or getattr(thing, "_is_protocol", False)):
        return []
    return [name for name in inspect.signature(thing).parameters if not name.startswith("_")]


def documented_names(docstring):
    """Names that the section of parameters, or that of attributes, lists."""
    sections = re.split(r"\n\n(?=\w+\n-{3,}\n)", inspect.cleandoc(docstring))
    entries = [line.partition(" : ")[0] for section in sections if section.startswith(("Parameters\n", "Attributes\n"))
               for line in section.splitlines()[2:] if not line.startswith(" ")]
    return {name.strip(" *") for entry in entries for name in entry.split(",")}


@pytest.mark.parametrize("name", [*THINGS, *MEMBERS])
def test_the_first_line_is_a_sentence(name):
    first = inspect.cleandoc({**THINGS, **MEMBERS}[name].__doc__).splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper() or first[0] in "`0123456789"


@pytest.mark.parametrize("name", sorted(THINGS))
def test_all_parameters_are_listed(name):
    assert not set(parameters_of(THINGS[name])) - documented_names(THINGS[name].__doc__)


def test_most_classes_and_functions_have_an_example():
    without = sorted(name for name, thing in THINGS.items() if ">>> " not in thing.__doc__)
    assert 1 - len(without) / len(THINGS) >= LEAST_WITH_EXAMPLE, without

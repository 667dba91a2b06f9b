"""Search spaces with all their parameters, and where the values of each come from."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from autotext.space.domains import Choice, Domain, FromTask
from autotext.space.space import PLACE_PARAMETERS, STAGES, Registry, SearchSpace


@dataclass(frozen=True)
class ResolvedParameter:
    """A parameter of a component in a search space, with its values and their origin.

    Parameters
    ----------
    stage, component, parameter : str
    values : str
        The values that it may have, in words.
    origin : {"file", "component", "task", "call"}
        Where they come from: the file, the default of the component, the language of the task, or an argument of the call.
    """

    stage: str
    component: str
    parameter: str
    values: str
    origin: str


@dataclass(frozen=True)
class ResolvedSpace:
    """A search space with all parameters of its components, also those that its file does not mention.

    Parameters
    ----------
    name : str
    sets : tuple of tuple of str
        Sets of feature components that may be used together.
    components : dict of str to list of str
        Names of the components by stage.
    parameters : tuple of ResolvedParameter
    missing : dict of str to str
        Components that cannot be used on this machine, as ``stage.component``, and what to install.
    """

    name: str
    sets: tuple[tuple[str, ...], ...]
    components: dict[str, list[str]]
    parameters: tuple[ResolvedParameter, ...]
    missing: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Convert to a JSON dict."""
        return asdict(self)

    def __str__(self) -> str:
        width = max((len(entry.parameter) for entry in self.parameters), default=0)
        lines = [f"Search space {self.name!r}"]
        for stage, names in self.components.items():
            form = {"normalizer": "each, in this order", "features": f"one of {len(self.sets)} sets"}.get(stage, "one of")
            lines += ["", f"{stage} ({form})"]
            for name in names:
                reason = self.missing.get(f"{stage}.{name}", "")
                lines.append(f"  {name}" + (f"  -- not usable here: {reason}" if reason else ""))
                lines += [f"    {entry.parameter:{width}}  {entry.values}  [{entry.origin}]" for entry in self.parameters
                          if (entry.stage, entry.component) == (stage, name)]
        return "\n".join([*lines, "", "sets", *(f"  {' + '.join(names)}" for names in self.sets)])


def resolve_space(space: SearchSpace, registry: Registry) -> ResolvedSpace:
    """Find the values of every parameter of a search space, and where they come from.

    Parameters
    ----------
    space : SearchSpace
        A space as it was read, not yet checked for a task.
    registry : mapping
        Components by stage and name.

    Returns
    -------
    ResolvedSpace

    Raises
    ------
    SpaceError
        As in `SearchSpace.check`.

    Examples
    --------
    >>> from autotext.components import registry
    >>> resolved = resolve_space(SearchSpace.read("fast"), registry())
    >>> sorted({entry.origin for entry in resolved.parameters})
    ['component', 'file']
    >>> print(resolved)
    Search space 'fast'
    ...
    """
    space.check_names(registry)
    components = {stage: list(getattr(space, stage)) for stage in STAGES if getattr(space, stage)}
    parameters = tuple(entry for stage, names in components.items() for name in names
                       for entry in _parameters(space, registry, stage, name))
    missing = {f"{stage}.{name}": reason for stage, names in components.items() for name in names
               if (reason := registry[stage][name].missing_dependency())}
    return ResolvedSpace(space.name, space.sets, components, parameters, missing)


def _parameters(space: SearchSpace, registry: Registry, stage: str, name: str) -> Iterator[ResolvedParameter]:
    spec, written = registry[stage][name], getattr(space, stage)[name]
    defaults = inspect.signature(spec).parameters if callable(spec) else {}
    for key in dict.fromkeys([*written, *(key for key in defaults if key in spec.parameters)]):
        if key in written:
            yield ResolvedParameter(stage, name, key, _words(written[key]), _origin(written[key]))
        elif key not in PLACE_PARAMETERS.get(stage, {}):
            yield ResolvedParameter(stage, name, key, repr(defaults[key].default), "component")


def _origin(domain: Domain) -> str:
    return ("call" if domain.call else "task") if isinstance(domain, FromTask) else "file"


def _words(domain: Domain) -> str:
    if isinstance(domain, FromTask):
        return f"given as {domain.attribute}=" if domain.call else "the language of the texts"
    if isinstance(domain, Choice):
        return repr(domain.values[0]) if len(domain.values) == 1 else str(domain)
    return f"{domain}, on a logarithmic scale" if getattr(domain, "log", False) else str(domain)

"""The search space: every pipeline that a search may try."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from autotext.arguments import check_path
from autotext.errors import SpaceError, describe_error, import_hint, suggestion
from autotext.fingerprint import fingerprint
from autotext.space.configuration import Configuration
from autotext.space.domains import Choice, Domain, Float, FromTask, Scalar
from autotext.space.reader import Parameters, find_space_file, read_stages

STAGES = ("normalizer", "tokenizer", "features", "model")
MINIMUM_SHARE = 0.05
# Parameters of the place of a component in the chain, which are not parameters of the component.
PLACE_PARAMETERS: dict[str, dict[str, Domain]] = {"normalizer": {"use": Choice((True, False))},
                                          "features": {"weight": Float(0.01, 100.0, log=True)}}


class ComponentSpec(Protocol):
    """The part of a component's interface that a search space needs."""

    @property
    def consumes(self) -> str:
        """What it takes; see `Component`."""
        ...

    @property
    def produces(self) -> str:
        """What it gives; see `Component`."""
        ...

    @property
    def parameters(self) -> Mapping[str, Domain]:
        """Legal values of each parameter."""
        ...

    @property
    def scripts(self) -> frozenset[str] | None:
        """Writing systems that it is for; None: all."""
        ...

    @property
    def aliases(self) -> Mapping[str, str]:
        """Former names of parameters."""
        ...

    @property
    def regularization_parameter(self) -> str:
        """Parameter for the strength of regularization; empty: there is none."""
        ...

    @property
    def regularization_factors(self) -> tuple[float, ...]:
        """Multiples of its value that a search cross-validates along with it."""
        ...

    @property
    def legacy(self) -> Mapping[str, Scalar]:
        """Values of parameters in configurations that were saved before the parameter existed."""
        ...

    def missing_dependency(self) -> str:
        """Reason why it cannot be used on this machine; empty if it can."""
        ...

    def unsupported_reason(self, language: str) -> str:
        """Reason why it cannot be used for a language, and what can; empty if it can be used."""
        ...


Registry = Mapping[str, Mapping[str, ComponentSpec]]


@dataclass(frozen=True)
class SearchSpace:
    """Every pipeline that a search may try, read from a YAML file; `check` makes it usable for a task.

    Parameters
    ----------
    name : str
    normalizer, tokenizer, features, model : dict of str to dict of str to Domain
        Components of each stage and the domains of their parameters.
    sets : tuple of tuple of str
        Sets of feature components that may be used together.
    registry : mapping or None
        Components by stage and name; None before `check`.
    silent : frozenset of str, default=frozenset()
        Normalizers that `check` removed, as they have no effect on the scripts of the task.

    Examples
    --------
    >>> space = SearchSpace.read("fast")
    >>> space.name, space.registry is None
    ('fast', True)
    >>> from autotext.components import registry
    >>> checked, removed = space.check(registry())
    >>> configuration = checked.sample(np.random.default_rng(0))
    >>> checked.project(configuration) == (configuration, [])
    True
    """

    name: str
    normalizer: Mapping[str, Parameters]
    tokenizer: Mapping[str, Parameters]
    features: Mapping[str, Parameters]
    model: Mapping[str, Parameters]
    sets: tuple[tuple[str, ...], ...]
    registry: Registry | None = field(default=None, repr=False)
    silent: frozenset[str] = frozenset()

    @classmethod
    def read(cls, name: str | Path) -> SearchSpace:
        """Read a space from a file, or a shipped one by its name.

        Raises
        ------
        SpaceError
            The file is missing or no valid space; the message names the YAML path.
        """
        path = find_space_file(str(check_path(name, "space")))
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SpaceError(f"Cannot read the search space {str(path)!r}: {describe_error(error)}.") from error
        return cls(name=path.stem, **read_stages(text, path.name))

    def check(self, registry: Registry, shares: Mapping[str, float] | None = None,
              language: str | None = None,
              encoders: Mapping[str, Sequence[str]] | None = None) -> tuple[SearchSpace, list[str]]:
        """Remove components that cannot be used for a task, and give the rest of the space and the reasons.

        Parameters
        ----------
        registry : mapping
            Components by stage and name.
        shares : mapping of str to float, optional
            Fraction of the characters of each script; components for other scripts are removed.
        language : str, optional
            ISO 639 code that replaces ``{task: language}``; "xx" if it is not known.
        encoders : mapping of str to sequence of str, optional
            Values that replace ``{call: ...}``, by component; a component without any is removed without a reason.

        Returns
        -------
        SearchSpace, list of str

        Raises
        ------
        SpaceError
            A component or parameter is unknown, a domain exceeds what the component allows,
            A component can never be reached, or nothing is left.
        """
        self.check_names(registry)
        removed: dict[tuple[str, str], str] = {}
        silent: set[str] = set()
        for stage in STAGES:
            for name in getattr(self, stage):
                spec = registry[stage][name]
                if shares and spec.scripts and sum(shares.get(script, 0.0) for script in spec.scripts) < MINIMUM_SHARE:
                    removed[stage, name] = f"made for letters that are rare here ({_some(spec.scripts)})"
                    silent.update([name] if stage == "normalizer" else [])
                elif spec.missing_dependency():
                    removed[stage, name] = spec.missing_dependency()
        usable = {stage: {name: {key: _supplied(domain, name, language, encoders or {}) for key, domain in parameters.items()}
                          for name, parameters in getattr(self, stage).items()
                          if (stage, name) not in removed and _is_set(name, parameters, encoders or {})} for stage in STAGES}
        sets = tuple(names for names in self.sets if all(name in usable["features"] for name in names)
                     and (usable["tokenizer"] or all(registry["features"][name].consumes != "tokens" for name in names)))
        if not sets or not usable["model"]:
            raise SpaceError(f"Nothing is left of the search space {self.name!r}: "
                             + "; ".join(f"{stage}.{name} ({why})" for (stage, name), why in removed.items()))
        checked = replace(self, **usable, sets=sets, registry=registry, silent=frozenset(silent))  # type: ignore[arg-type]
        lacking = [f"{stage}.{name}.{key}: {why}" for stage in STAGES for name in usable[stage]
                   for key, domain in getattr(self, stage)[name].items()
                   if domain == FromTask("language") and (why := registry[stage][name].unsupported_reason(language or "xx"))]
        return checked, [f"{stage}.{name}: {why}" for (stage, name), why in removed.items()] + lacking

    def walk(self, choose: Callable[[str, Domain], Scalar]) -> dict[str, Scalar]:
        """Build a configuration by asking for the value of every name that is active, given the values before it.

        Parameters
        ----------
        choose : callable
            Takes a dotted name and its domain, and gives a value.

        Returns
        -------
        dict of str to scalar
            Its components may not fit together; see `incompatibility`.
        """
        if self.registry is None:
            raise SpaceError(f"The search space {self.name!r} must be checked against a registry first.")
        values: dict[str, Scalar] = {}

        def pick(name: str, domain: Domain) -> Scalar:
            values[name] = choose(name, domain)
            return values[name]

        def pick_all(path: str, parameters: Parameters, leave: tuple[str, ...] = ()) -> None:
            for key, domain in parameters.items():
                if key not in leave:
                    pick(f"{path}.{key}", domain)

        blocks = str(pick("features", Choice(tuple("+".join(names) for names in self.sets)))).split("+")
        written = all(self.registry["features"][block].consumes == "raw" for block in blocks if block in self.features)
        for name, parameters in self.normalizer.items() if not written else ():
            if "use" not in parameters or pick(f"normalizer.{name}.use", parameters["use"]):
                pick_all(f"normalizer.{name}", parameters, ("use",))
        if any(self.registry["features"][block].consumes == "tokens" for block in blocks if block in self.features):
            tokenizer = str(pick("tokenizer", Choice(tuple(self.tokenizer))))
            pick_all(f"tokenizer.{tokenizer}", self.tokenizer.get(tokenizer, {}))
        for position, block in enumerate(blocks):
            # Blocks are scaled relative to the first one.
            pick_all(f"features.{block}", self.features.get(block, {}), () if position else ("weight",))
        model = str(pick("model", Choice(tuple(self.model))))
        pick_all(f"model.{model}", self.model.get(model, {}))
        return values

    def incompatibility(self, values: Mapping[str, Scalar]) -> str:
        """Reason why the components of a configuration do not fit together; empty if they do."""
        assert self.registry is not None
        model = str(values["model"])
        if self.registry["model"][model].consumes != "nonnegative":
            return ""
        signed = [block for block in str(values["features"]).split("+")
                  if self.registry["features"][block].produces != "nonnegative"]
        return f"{model} needs numbers of at least 0, which {signed[0]} does not give" if signed else ""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of everything but the name."""
        stages = {stage: {name: {key: repr(domain) for key, domain in parameters.items()}
                          for name, parameters in getattr(self, stage).items()} for stage in STAGES}
        return fingerprint([stages, [list(names) for names in self.sets]])

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Draw a configuration whose components fit together."""
        while True:
            values = self.walk(lambda name, domain: domain.sample(rng))
            if not self.incompatibility(values):
                return Configuration(values)

    def default(self) -> Configuration:
        """Configuration of the first set of features, the first model and the default of each domain."""
        return Configuration(self.walk(lambda name, domain: domain.default))

    def reduced(self, configuration: Configuration) -> list[Configuration]:
        """Take features from a configuration of this space in all possible ways, and change nothing else; most features first.

        Parameters
        ----------
        configuration : Configuration

        Returns
        -------
        list of Configuration
        """
        subsets = [names for names in self.sets if set(names) < set(configuration.blocks)]
        reduced = [Configuration(self.walk(partial(_keep, {**configuration, "features": "+".join(names)})))
                   for names in sorted(subsets, key=len, reverse=True)]
        return [values for values in reduced if not self.incompatibility(values)]

    def project(self, values: Mapping[str, Scalar]) -> tuple[Configuration | None, list[str]]:
        """Translate a configuration of an older version, another space or another task, and list the changes.

        Parameters
        ----------
        values : mapping of str to scalar
            The configuration.

        Returns
        -------
        Configuration or None, list of str
            None if this space has no such pipeline; the last change is then the reason. Values are never clipped.
        """
        renamed, changes = self._rename(values)
        used: set[str] = set()

        def look_up(name: str, domain: Domain) -> Scalar:
            if name not in renamed:
                changes.append(f"{name} was absent")
                return self._legacy(name, domain)
            used.add(name)
            if renamed[name] not in domain:
                raise SpaceError(f"{name} is {renamed[name]!r}, here {domain}")
            return float(renamed[name]) if isinstance(domain, Float) else renamed[name]

        try:
            projected = self.walk(look_up)
        except SpaceError as error:
            return None, [*changes, str(error)]
        for name in sorted(set(renamed) - used):
            if not (name.startswith("normalizer.") and name.split(".")[1] in self.silent):
                return None, [*changes, f"{name} has no place here"]
            changes.append(f"{name} has no effect on these scripts")
        reason = self.incompatibility(projected)
        return (None, [*changes, reason]) if reason else (Configuration(projected), changes)

    def _rename(self, values: Mapping[str, Scalar]) -> tuple[dict[str, Scalar], list[str]]:
        """Replace former names of parameters."""
        assert self.registry is not None
        renamed, changes = dict(values), []
        for stage in STAGES:
            for component in getattr(self, stage):
                for old, new in self.registry[stage][component].aliases.items():
                    if (name := f"{stage}.{component}.{old}") in renamed:
                        renamed[f"{stage}.{component}.{new}"] = renamed.pop(name)
                        changes.append(f"{name} is now called {new}")
        return renamed, changes

    def _legacy(self, name: str, domain: Domain) -> Scalar:
        """Value of a key in configurations that were saved before the key existed."""
        assert self.registry is not None
        stage, component, key = [*name.split("."), "", ""][:3]
        if key == "use" and False in domain:
            return False
        legacy = self.registry[stage][component].legacy if component else {}
        if key in legacy and legacy[key] in domain:
            return legacy[key]
        if isinstance(domain, Choice) and len(domain.values) == 1:
            return domain.values[0]
        raise SpaceError(f"{name} is missing")

    def check_names(self, registry: Registry) -> None:
        """Check that every component and parameter exists, and that the component allows all values of each domain.

        Raises
        ------
        SpaceError
            One does not; the message names the place in the file.
        """
        for stage in STAGES:
            form = {"normalizer": ".chain", "features": ""}.get(stage, ".one_of")
            for name, parameters in getattr(self, stage).items():
                path = f"{self.name}.yaml: stages.{stage}{form}.{name}"
                if name not in registry[stage]:
                    near = suggestion(name, registry[stage], limit=20)
                    raise SpaceError(f"{path}: unknown {stage} component.{near} {import_hint('A component')}")
                _check_parameters(path, parameters, {**registry[stage][name].parameters, **PLACE_PARAMETERS.get(stage, {})})
        self._check_reachable(registry)

    def _check_reachable(self, registry: Registry) -> None:
        needy = [name for name in self.features if registry["features"][name].consumes == "tokens"]
        path = f"{self.name}.yaml: stages"
        if self.tokenizer and not needy:
            raise SpaceError(f"{path}.tokenizer: no feature component uses tokens, so none is ever reached.")
        if needy and not self.tokenizer:
            raise SpaceError(f"{path}.tokenizer is missing: {needy[0]} needs tokens.")
        plain = any(all(registry["features"][name].produces == "nonnegative" for name in names) for names in self.sets)
        for name in self.model:
            if registry["model"][name].consumes == "nonnegative" and not plain:
                raise SpaceError(f"{path}.model.one_of.{name}: needs numbers of at least 0, "
                                 "which no feature set gives, so it is never reached.")


def _keep(values: Mapping[str, Scalar], name: str, domain: Domain) -> Scalar:
    return values.get(name, domain.default)


def _is_set(name: str, parameters: Parameters, encoders: Mapping[str, Sequence[str]]) -> bool:
    return not any(isinstance(domain, FromTask) and domain.call for domain in parameters.values()) or name in encoders


def _supplied(domain: Domain, name: str, language: str | None, encoders: Mapping[str, Sequence[str]]) -> Domain:
    """Replace a domain by the values of the task or the call, if they supply it."""
    if not isinstance(domain, FromTask):
        return domain
    return Choice(tuple(encoders[name]) if domain.call else (language or "xx",))


def _some(scripts: Iterable[str], limit: int = 3) -> str:
    names = sorted(scripts, key=lambda name: (name != "LATIN", name))
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")


def _check_parameters(path: str, parameters: Parameters, legal: Mapping[str, Domain]) -> None:
    for key, domain in parameters.items():
        if key not in legal:
            raise SpaceError(f"{path}.{key}: there is no such parameter.{suggestion(key, legal)}")
        if not domain.within(legal[key]):
            raise SpaceError(f"{path}.{key}: must lie within {legal[key]}.")

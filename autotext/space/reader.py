"""Reader of search-space files, which are YAML with the scalars of JSON, where every type is written out.

The format is::

    version: 1
    stages:
      normalizer: {chain: {NAME: PARAMETERS, ...}}        # in this order; `use: [true, false]` lets one be off
      tokenizer:  {one_of: {NAME: PARAMETERS, ...}}
      features:   {one_of: [[NAME], [NAME, NAME], ...], NAME: PARAMETERS, ...}
      model:      {one_of: {NAME: PARAMETERS, ...}}

A parameter is a scalar (fixed), a list (one of), ``{int: [LOW, HIGH], log: true}``, ``{float: [LOW, HIGH], log: true}``,
``{task: language}``, or what is given to the call: ``{call: encoders}`` and ``{call: transfer_from}``. A feature's ``weight``
is searched where it stands behind another one in a union.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

from autotext.errors import SpaceError, suggestion
from autotext.space.domains import Choice, Domain, Float, FromTask, Int

_MOST_DIGITS = 18
# The scalars that are not text.
_PLAIN = {"tag:yaml.org,2002:bool": r"true|false", "tag:yaml.org,2002:int": r"-?(?:0|[1-9][0-9]*)",
          "tag:yaml.org,2002:float": r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"}
_SURPRISING = re.compile(r"(?:yes|no|on|off|y|n|null|~|true|false)|[-+.]?[0-9][0-9_:.eE+-]*|[-+]?\.(?:inf|nan)", re.IGNORECASE)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with JSON's scalars; anything that YAML would turn into something else is an error."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _pattern in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list("-0123456789tf"))


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    if math.isinf(float(node.value)):
        raise SpaceError(f"line {node.start_mark.line + 1}: {node.value:.20} is larger than any number; write a smaller one.")
    return float(node.value)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > _MOST_DIGITS:
        raise SpaceError(f"line {node.start_mark.line + 1}: {node.value:.20} has more than {_MOST_DIGITS} digits; "
                         "write a smaller number.")
    return int(node.value)


def _construct_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    if not node.style and _SURPRISING.fullmatch(node.value):
        raise SpaceError(f"line {node.start_mark.line + 1}: {node.value!r} could mean several things in YAML; "
                         f'write "{node.value}" in quotes for text, true or false for a choice, or a plain number.')
    return str(node.value)


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise SpaceError(f"line {key_node.start_mark.line + 1}: the key {key!r} must be a name.")
        if key in mapping:
            raise SpaceError(f"line {key_node.start_mark.line + 1}: the key {key!r} stands twice.")
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:str", _construct_text)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)

Parameters = dict[str, Domain]


def read_stages(text: str, source: str) -> dict[str, Any]:
    """Parse the stages of a search-space file, without checking that its components exist.

    Parameters
    ----------
    text : str
        Content of the file.
    source : str
        Name of the file, for errors.

    Returns
    -------
    dict
        ``normalizer``, ``tokenizer`` and ``model`` map component names to parameters;
        ``sets`` lists the feature unions and ``features`` maps their names to parameters.

    Raises
    ------
    SpaceError
        The file is no search space; the message names the place and what to write instead.

    Examples
    --------
    >>> stages = read_stages('''
    ... version: 1
    ... stages:
    ...   features: {one_of: [[char_tfidf]]}
    ...   model: {one_of: {ridge: {alpha: {float: [0.1, 10.0], log: true}}}}
    ... ''', "mine.yaml")
    >>> stages["sets"], stages["model"]
    ((('char_tfidf',),), {'ridge': {'alpha': Float(low=0.1, high=10.0, log=True)}})
    """
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpaceError(f"{source}{where}: not YAML: {getattr(error, 'problem', None) or error}.") from None
    except SpaceError as error:
        raise SpaceError(f"{source}, {error}") from None
    except RecursionError:
        raise SpaceError(f"{source}: not a search space: brackets within brackets without end.") from None
    try:
        return _stages(document)
    except SpaceError as error:
        raise SpaceError(f"{source}: {error}") from None


def _stages(document: Any) -> dict[str, Any]:
    _keys(document, "the file", {"version", "stages"}, {"version", "stages"})
    if document["version"] != 1:
        raise SpaceError(f"version: this autotext reads version 1, not {document['version']!r}.")
    stages = document["stages"]
    _keys(stages, "stages", {"features", "model"}, {"normalizer", "tokenizer", "features", "model"})
    read: dict[str, Any] = {"normalizer": {}, "tokenizer": {}}
    for stage, form in (("normalizer", "chain"), ("tokenizer", "one_of"), ("model", "one_of")):
        if stage in stages:
            path = f"stages.{stage}"
            _keys(stages[stage], path, {form}, {form})
            read[stage] = _components(stages[stage][form], f"{path}.{form}")
    features = stages["features"]
    _keys(features, "stages.features", {"one_of"}, None)
    read["sets"] = _sets(features["one_of"], "stages.features.one_of")
    named = list(dict.fromkeys(name for names in read["sets"] for name in names))
    for name in features:
        if name != "one_of" and name not in named:
            raise SpaceError(f"stages.features.{name}: no set in one_of names this component, so it is never reached."
                             f"{suggestion(name, named)}")
    read["features"] = {name: _parameters(features.get(name, {}), f"stages.features.{name}") for name in named}
    return read


def _keys(value: Any, path: str, required: set[str], allowed: set[str] | None) -> None:
    if not isinstance(value, dict):
        raise SpaceError(f"{path}: must be a mapping of names, not {value!r}.")
    for name in sorted(required - set(value)):
        raise SpaceError(f"{path}: the key {name!r} is missing.")
    for name in value:
        if allowed is not None and name not in allowed:
            raise SpaceError(f"{path}.{name}: unknown key.{suggestion(name, sorted(allowed))}")


def _components(value: Any, path: str) -> dict[str, Parameters]:
    if not isinstance(value, dict) or not value:
        raise SpaceError(f"{path}: must map at least one component name to its parameters, e.g. {{words: {{}}}}.")
    return {name: _parameters(parameters, f"{path}.{name}") for name, parameters in value.items()}


def _sets(value: Any, path: str) -> tuple[tuple[str, ...], ...]:
    good = isinstance(value, list) and value and all(isinstance(names, list) and names for names in value)
    if not good or not all(isinstance(name, str) for names in value for name in names):
        raise SpaceError(f"{path}: must be a list of sets of component names, e.g. [[word_tfidf], [word_tfidf, char_tfidf]].")
    sets = tuple(tuple(names) for names in value)
    for position, names in enumerate(sets):
        if len(set(names)) < len(names):
            raise SpaceError(f"{path}[{position}]: a component stands twice in one set.")
        if sets.index(names) != position:
            raise SpaceError(f"{path}[{position}]: this set stands twice.")
    return sets


def _parameters(value: Any, path: str) -> Parameters:
    if not isinstance(value, dict):
        raise SpaceError(f"{path}: must be a mapping of parameters, e.g. {{}} or {{C: {{float: [0.1, 10.0]}}}}, not {value!r}.")
    return {name: _domain(entry, f"{path}.{name}") for name, entry in value.items()}


def _domain(value: Any, path: str) -> Domain:
    if isinstance(value, str | int | float | bool):
        return Choice((value,))
    if isinstance(value, list):
        if not value:
            raise SpaceError(f"{path}: the list of choices is empty.")
        if not all(isinstance(option, str | int | float | bool) for option in value):
            raise SpaceError(f"{path}: choices must be text, numbers, true or false.")
        if len({(str(option), isinstance(option, str)) for option in value}) < len(value):
            raise SpaceError(f"{path}: a choice stands twice.")
        return Choice(tuple(value))
    if value in ({"task": "language"}, {"call": "encoders"}, {"call": "transfer_from"}):
        return FromTask(*value.values())
    kinds = set(value) & {"int", "float"} if isinstance(value, dict) else set()
    if len(kinds) != 1 or set(value) - {"int", "float", "log"}:
        raise SpaceError(f"{path}: must be a value, a list of choices, {{int: [low, high]}} or "
                         "{float: [low, high], log: true}.")
    return _range(value, kinds.pop(), path)


def _range(value: dict[str, Any], kind: str, path: str) -> Domain:
    bounds, log = value[kind], value.get("log", False)
    number = int if kind == "int" else (int, float)
    good = isinstance(bounds, list) and len(bounds) == 2 and isinstance(log, bool)
    if not good or not all(isinstance(bound, number) and not isinstance(bound, bool) for bound in bounds):
        raise SpaceError(f"{path}: must be {{{kind}: [low, high]}} with two {'whole ' if kind == 'int' else ''}numbers "
                         "and, if wished, log: true.")
    low, high = bounds
    if low > high:
        raise SpaceError(f"{path}: the range is empty: {low} is more than {high}.")
    if log and low <= 0:
        raise SpaceError(f"{path}: with log: true the range must begin above 0, not at {low}.")
    return Int(low, high, log) if kind == "int" else Float(float(low), float(high), log)


def find_space_file(name: str) -> Path:
    """Find the file of a search space, given by its path or by the name of a shipped one.

    Parameters
    ----------
    name : str
        A path that ends in ``.yaml`` or ``.yml``, or a name.

    Raises
    ------
    SpaceError
        There is no such file; the shipped names are listed.

    Examples
    --------
    >>> find_space_file("fast").name
    'fast.yaml'
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise SpaceError(f"There is no search-space file {name!r}.")
        return path
    folder = space_folder()
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise SpaceError(f"Unknown search space {name!r}.{suggestion(name, shipped_spaces())} "
                         "A file of your own is given by its path, ending in .yaml.")
    return path


def shipped_spaces() -> tuple[str, ...]:
    """Names of the search spaces that come with autotext.

    Examples
    --------
    >>> {"default", "fast", "multilingual", "thorough"} <= set(shipped_spaces())
    True
    """
    return tuple(sorted(path.stem for path in space_folder().glob("*.yaml")))


def space_folder() -> Path:
    """Folder of the shipped search spaces.

    Examples
    --------
    >>> (space_folder() / "default.yaml").is_file()
    True
    """
    package = Path(__file__).resolve().parent.parent
    # The folder is inside the package in a wheel, and beside it in an editable install.
    inside = package / "search_spaces"
    return inside if inside.is_dir() else package.parent / "search_spaces"

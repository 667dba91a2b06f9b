"""Reading of YAML files whose scalars are all text, with errors that name the file and the path of the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autotext.errors import BenchmarkError, describe_error, shown, suggestion

FORMAT = 1


class _Loader(yaml.BaseLoader):
    """YAML without types, so that `no`, `1_2` and `-1` stay what was written, and no key may stand twice."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
        if not isinstance(key, str) or key in mapping:
            raise yaml.MarkedYAMLError(problem=f"the key {shown(key)} stands twice, or is no name",
                                       problem_mark=key_node.start_mark)
        mapping[key] = loader.construct_object(value_node, deep=True)  # type: ignore[no-untyped-call]
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


@dataclass(frozen=True)
class Section:
    """A mapping within a YAML file, whose values are read by key.

    Parameters
    ----------
    values : dict
        Values are text, lists and mappings.
    file : str
        Name of the file, for errors.
    path : str, default=""
        Path of the mapping within the file, e.g. ``"source"``.

    Examples
    --------
    >>> section = Section({"rows": {"train": "100"}}, "toy.yaml")
    >>> section.section("rows").number("train")
    100
    >>> section.section("rows").number("test")
    Traceback (most recent call last):
    autotext.errors.BenchmarkError: toy.yaml: rows.test: the key is missing.
    """

    values: Mapping[str, Any]
    file: str
    path: str = ""

    @classmethod
    def read(cls, path: Path) -> Section:
        """Read a file, which must be a mapping and state the version of its format.

        Parameters
        ----------
        path : Path

        Raises
        ------
        BenchmarkError
            The file cannot be read, is not YAML, or of another version.
        """
        try:
            document = yaml.load(path.read_text("utf-8"), Loader=_Loader)
        except (OSError, UnicodeDecodeError, RecursionError) as error:
            raise BenchmarkError(f"{path}: cannot be read: {describe_error(error)}.") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise BenchmarkError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}.") from None
        if not isinstance(document, dict):
            raise BenchmarkError(f"{path}: must be a mapping of names, not {shown(document)}.")
        section = cls(document, str(path))
        if section.number("version") != FORMAT:
            raise section.error("version", f"this autotext reads version {FORMAT}, not {section.number('version')}.")
        return section

    def error(self, key: str, sentence: str) -> BenchmarkError:
        """Make the error about a value.

        Parameters
        ----------
        key : str
        sentence : str
        """
        return BenchmarkError(f"{self.file}: {'.'.join(filter(None, (self.path, key)))}: {sentence}")

    def check_keys(self, *keys: str) -> None:
        """Refuse keys that are none of those that are read.

        Parameters
        ----------
        *keys : str
        """
        for key in self.values:
            if key not in keys:
                raise self.error(key, f"unknown key.{suggestion(key, keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text; without a default it must be there, and not be empty.

        Parameters
        ----------
        key : str
        default : str, optional
        """
        value = self._value(key, default)
        if not isinstance(value, str) or not (value or default is not None):
            raise self.error(key, f"must be a text, not {shown(value)}.")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """Read a whole number of at least 0; without a default it must be there.

        Parameters
        ----------
        key : str
        default : int, optional
        """
        value = self._value(key, None if default is None else str(default))
        if not isinstance(value, str) or not (value.isascii() and value.isdecimal()) or len(value) > 12:
            raise self.error(key, f"must be a whole number, not {shown(value)}.")
        return int(value)

    def optional_number(self, key: str) -> int | None:
        """Read a whole number of at least 1; None if there is none.

        Parameters
        ----------
        key : str
        """
        if key not in self.values:
            return None
        value = self.number(key)
        if value < 1:
            raise self.error(key, "must be at least 1; leave the key out for no limit.")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Read true or false.

        Parameters
        ----------
        key : str
        default : bool, default=False
        """
        value = self._value(key, "true" if default else "false")
        if value not in ("true", "false"):
            raise self.error(key, f"must be true or false, not {shown(value)}.")
        return bool(value == "true")

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read a text, or a list of texts.

        Parameters
        ----------
        key : str
        default : tuple of str, optional
        """
        value = self._value(key, list(default) if default is not None else None)
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and each for each in values):
            raise self.error(key, f"must be a text or a list of texts, not {shown(value)}.")
        return tuple(values)

    def section(self, key: str, default: Mapping[str, Any] | None = None) -> Section:
        """Read a mapping.

        Parameters
        ----------
        key : str
        default : dict, optional
        """
        value = self._value(key, default)
        if not isinstance(value, Mapping):
            raise self.error(key, f"must be a mapping of names, not {shown(value)}.")
        return Section(value, self.file, ".".join(filter(None, (self.path, key))))

    def _value(self, key: str, default: Any) -> Any:
        if key not in self.values and default is None:
            raise self.error(key, "the key is missing.")
        return self.values.get(key, default)

"""Configurations, which are the points of a search space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from autotext.fingerprint import fingerprint
from autotext.space.domains import Scalar


class Configuration(Mapping[str, Scalar]):
    """A point of a search space: an immutable mapping from dotted names to JSON scalars.

    Parameters
    ----------
    values : mapping of str to scalar
        Components and parameters by dotted name. A name is present if and only if it changes the pipeline.

    Examples
    --------
    >>> configuration = Configuration({"model": "logistic", "model.logistic.C": 3.0, "features": "word_tfidf"})
    >>> configuration.blocks, configuration.parameters("model", "logistic")
    (('word_tfidf',), {'C': 3.0})
    >>> configuration.structure, configuration.describe()
    ('word_tfidf > logistic', 'word_tfidf > logistic')
    >>> configuration == Configuration(configuration.to_json()), len(configuration.fingerprint)
    (True, 16)
    """

    def __init__(self, values: Mapping[str, Scalar]) -> None:
        self._values = {name: values[name] for name in sorted(values)}

    def __getitem__(self, name: str) -> Scalar:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return int(self.fingerprint, 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.fingerprint == other.fingerprint

    def __repr__(self) -> str:
        return f"Configuration({self._values!r})"

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits, which are equal for equal values in every process."""
        return fingerprint(self._values)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the feature components, whose columns are concatenated."""
        return tuple(str(self["features"]).split("+"))

    @property
    def structure(self) -> str:
        """Features and model, e.g. ``word_tfidf+char_tfidf > linear_svm``."""
        return f"{self['features']} > {self['model']}"

    def parameters(self, stage: str, component: str) -> dict[str, Scalar]:
        """Parameters of one component, by their names in its ``__init__``."""
        prefix = f"{stage}.{component}."
        return {name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)}

    def to_json(self) -> dict[str, Scalar]:
        """Convert to a plain dict, sorted by name."""
        return dict(self._values)

    def describe(self) -> str:
        """Describe the components in one line, e.g. ``words > word_tfidf + char_tfidf > linear_svm``."""
        parts = [str(self["tokenizer"])] if "tokenizer" in self._values else []
        return " > ".join([*parts, " + ".join(self.blocks), str(self["model"])])

"""Configurations as numbers, over which the scores of a task are nearly linear."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from autotext.space import Configuration, Scalar

# A parameter with so many different numbers is a quantity; one that spans more than this factor is taken by its logarithm.
_QUANTITY, _LOGARITHM = 3, 5.0
# Scale of columns of several components together, which leaves less to them than to the components themselves.
_TOGETHER = 0.5


class ConfigurationFeatures:
    """Turns configurations into rows of numbers.

    There is a column for each feature block, each pair of blocks, each model, and each model with each block. A parameter with
    many values has a column of its value between -1 and 1, another of its square, and one with each block if it is of a model;
    other parameters have a column for each value but the most frequent one.

    Parameters
    ----------
    configurations : sequence of Configuration
        Those that the columns are made for. What others have beside is not told.
    blocks : sequence of str, default=()
        Further feature blocks that get columns, alone and with each model.

    Attributes
    ----------
    names : tuple of str
        Of the columns.

    Examples
    --------
    >>> ridge = {"features": "word_tfidf", "model": "ridge"}
    >>> ridges = [Configuration({**ridge, "model.ridge.alpha": alpha}) for alpha in (0.1, 1.0, 10.0)]
    >>> features = ConfigurationFeatures(ridges)
    >>> features.names
    ('model.ridge.alpha', 'model.ridge.alpha^2', 'model.ridge.alpha|word_tfidf', 'ridge', 'ridge|word_tfidf', 'word_tfidf')
    >>> [round(value, 3) + 0.0 for value in features.transform(ridges)[:, 0].tolist()]
    [-1.0, 0.0, 1.0]
    """

    def __init__(self, configurations: Sequence[Configuration], blocks: Sequence[str] = ()) -> None:
        values: dict[str, Counter[Scalar]] = defaultdict(Counter)
        for configuration in configurations:
            for name in _parameters(configuration):
                values[name][configuration[name]] += 1
        self._ranges = {name: _Range(map(float, counts)) for name, counts in values.items() if _is_quantity(counts)}
        self._usual = {name: counts.most_common(1)[0][0] for name, counts in values.items() if name not in self._ranges}
        names = {name for configuration in configurations for name, _ in self._terms(configuration)}
        models = {str(configuration["model"]) for configuration in configurations}
        names |= {name for block in blocks for name in (block, *(f"{model}|{block}" for model in models))}
        self.names = tuple(sorted(names))
        self._columns = {name: number for number, name in enumerate(self.names)}

    def transform(self, configurations: Sequence[Configuration]) -> NDArray[np.float64]:
        """Numbers of configurations, of shape (n_configurations, n_columns)."""
        rows = np.zeros((len(configurations), len(self.names)))
        for row, configuration in zip(rows, configurations, strict=True):
            for name, value in self._terms(configuration):
                if name in self._columns:
                    row[self._columns[name]] = value
        return rows

    def _terms(self, configuration: Configuration) -> Iterator[tuple[str, float]]:
        blocks, model = sorted(configuration.blocks), str(configuration["model"])
        for block in blocks:
            yield block, 1.0
            yield f"{model}|{block}", _TOGETHER
        for first, second in combinations(blocks, 2):
            yield f"{first}+{second}", 1.0
        yield model, 1.0
        for name in _parameters(configuration):
            value = configuration[name]
            if name in self._ranges and isinstance(value, int | float):
                place = self._ranges[name].place(float(value))
                yield name, place
                yield f"{name}^2", place**2
                for block in blocks if name.startswith("model.") else ():
                    yield f"{name}|{block}", _TOGETHER * place
            elif value != self._usual.get(name):
                yield f"{name}={value}", 1.0


class _Range:
    """The interval of a quantity, whose ends have the places -1 and 1."""

    def __init__(self, values: Iterable[float]) -> None:
        numbers = list(values)
        self._low, self._high = min(numbers), max(numbers)
        self._is_logarithmic = self._low > 0 and self._high / self._low >= _LOGARITHM
        if self._is_logarithmic:
            self._low, self._high = math.log(self._low), math.log(self._high)

    def place(self, value: float) -> float:
        """Between -1 and 1."""
        number = math.log(max(value, 1e-300)) if self._is_logarithmic else value
        return min(1.0, max(-1.0, 2.0 * (number - self._low) / (self._high - self._low) - 1.0))


def _parameters(configuration: Mapping[str, Scalar]) -> list[str]:
    """Names of parameters that are numbers or choices of their own: a weight means nothing where a block stands alone."""
    is_alone = "+" not in str(configuration["features"])
    return [name for name in configuration if name not in ("features", "model")
            and not (is_alone and name.endswith(".weight"))]


def _is_quantity(counts: Mapping[Scalar, int]) -> bool:
    return len(counts) >= _QUANTITY and all(isinstance(value, int | float) and not isinstance(value, bool) for value in counts)

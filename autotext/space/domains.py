"""Domains of parameters: the values that each may have."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Scalar = str | int | float | bool


def _same_type(value: object, other: object) -> bool:
    return isinstance(value, bool) == isinstance(other, bool) and isinstance(value, str) == isinstance(other, str)


@dataclass(frozen=True)
class Choice:
    """A domain of a few values, the first of which is the default.

    Parameters
    ----------
    values : tuple of scalar

    Examples
    --------
    >>> norm = Choice(("l2", "l1"))
    >>> norm.default, "l1" in norm, norm.within(Choice(("l1", "l2", "max"))), str(norm)
    ('l2', True, True, "one of 'l2', 'l1'")
    """

    values: tuple[Scalar, ...]

    def __contains__(self, value: object) -> bool:
        return any(value == option and _same_type(value, option) for option in self.values)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Draw a value, where all are equally likely."""
        return self.values[int(rng.integers(len(self.values)))]

    @property
    def default(self) -> Scalar:
        """The first value."""
        return self.values[0]

    def within(self, other: Domain) -> bool:
        """Whether every value is also one of `other`."""
        return all(value in other for value in self.values)

    def __str__(self) -> str:
        return "one of " + ", ".join(map(repr, self.values))


@dataclass(frozen=True)
class Int:
    """A domain of whole numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : int
    log : bool, default=False
        Whether numbers are drawn uniformly on a logarithmic scale.

    Examples
    --------
    >>> Int(1, 100, log=True).default, 2.5 in Int(1, 100), str(Int(1, 100))
    (10, False, 'a whole number from 1 to 100')
    """

    low: int
    high: int
    log: bool = False

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Draw a number, uniform or uniform in its logarithm."""
        if not self.log:
            return int(rng.integers(self.low, self.high + 1))
        drawn = math.exp(rng.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(drawn), self.low), self.high)

    @property
    def default(self) -> Scalar:
        """The middle."""
        return round(math.sqrt(self.low * self.high)) if self.log else (self.low + self.high) // 2

    def within(self, other: Domain) -> bool:
        """Whether every value is also one of `other`."""
        return self.low in other and self.high in other

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Float:
    """A domain of numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : float
    log : bool, default=False
        Whether numbers are drawn uniformly on a logarithmic scale.

    Examples
    --------
    >>> C = Float(0.01, 100.0, log=True)
    >>> C.default, 3 in C, C.within(Float(0.1, 10.0)), 0.01 <= C.sample(np.random.default_rng(0)) <= 100.0
    (1.0, True, False, True)
    """

    low: float
    high: float
    log: bool = False

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Draw a number, uniform or uniform in its logarithm."""
        if not self.log:
            return float(rng.uniform(self.low, self.high))
        drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(max(drawn, self.low), self.high)

    @property
    def default(self) -> Scalar:
        """The middle."""
        return math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2

    def within(self, other: Domain) -> bool:
        """Whether every value is also one of `other`."""
        return self.low in other and self.high in other

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class FromTask:
    """A domain whose values come from the task (``language``) or from the call (``encoders`` or ``transfer_from``).

    Parameters
    ----------
    attribute : {"language", "encoders", "transfer_from"}

    Examples
    --------
    >>> FromTask("language").call, FromTask("encoders").call
    (False, True)
    >>> FromTask("encoders").default
    Traceback (most recent call last):
    TypeError: the encoders of the task are not known yet
    """

    attribute: str

    @property
    def call(self) -> bool:
        """Whether the values come from the call."""
        return self.attribute != "language"

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Not possible before the space was checked for a task."""
        raise TypeError(f"the {self.attribute} of the task are not known yet")

    @property
    def default(self) -> Scalar:
        """Not possible before the space was checked for a task."""
        raise TypeError(f"the {self.attribute} of the task are not known yet")

    def within(self, other: Domain) -> bool:
        """Give True, as the values are not known before the space is checked for a task."""
        return True

    def __str__(self) -> str:
        return f"the {self.attribute} of the task"


@dataclass(frozen=True)
class Anything:
    """A domain of all scalars, for parameters that a component outside autotext checks itself.

    Examples
    --------
    >>> 3 in Anything(), None in Anything(), str(Anything())
    (True, False, 'any value')
    """

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str | int | float | bool)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Raise an error: a search space must name the values to draw from."""
        raise TypeError("a parameter without bounds cannot be drawn")

    @property
    def default(self) -> Scalar:
        """Raise an error: only the component knows its default."""
        raise TypeError("a parameter without bounds has no default here")

    def within(self, other: Domain) -> bool:
        """Whether `other` holds all scalars, too."""
        return isinstance(other, Anything)

    def __str__(self) -> str:
        return "any value"


Domain = Choice | Int | Float | FromTask | Anything

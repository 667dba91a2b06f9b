"""What a parameter may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Scalar = str | int | float | bool


def _same_type(value: object, other: object) -> bool:
    return isinstance(value, bool) == isinstance(other, bool) and isinstance(value, str) == isinstance(other, str)


@dataclass(frozen=True)
class Choice:
    """One of some values; the first is the default."""

    values: tuple[Scalar, ...]

    def __contains__(self, value: object) -> bool:
        return any(value == option and _same_type(value, option) for option in self.values)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Draw a value, all equally likely."""
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
    """A whole number from `low` to `high`, both included."""

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
    """A number from `low` to `high`, both included."""

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
    """What the task supplies, its ``language``, or the call, ``encoders`` or ``transfer_from``; known in a checked space."""

    attribute: str

    @property
    def call(self) -> bool:
        """Whether it is the call that supplies it."""
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
        """Left open until the space is checked for a task."""
        return True

    def __str__(self) -> str:
        return f"the {self.attribute} of the task"


@dataclass(frozen=True)
class Anything:
    """Any scalar; for parameters whose values a component outside autotext judges itself."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str | int | float | bool)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """Not possible: a search space must say what to choose from."""
        raise TypeError("a parameter without bounds cannot be drawn")

    @property
    def default(self) -> Scalar:
        """Not known here."""
        raise TypeError("a parameter without bounds has no default here")

    def within(self, other: Domain) -> bool:
        """Only within itself."""
        return isinstance(other, Anything)

    def __str__(self) -> str:
        return "any value"


Domain = Choice | Int | Float | FromTask | Anything

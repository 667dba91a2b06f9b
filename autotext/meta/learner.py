"""What every meta-learner is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from autotext.meta.experience import Experience
from autotext.space import Configuration, SearchSpace


@dataclass(frozen=True)
class Suggestion:
    """A configuration to try, and what it would have meant on the prior tasks.

    Parameters
    ----------
    configuration : Configuration
    regret : float
        Mean distance to the best known score on the prior tasks, once this and all before it are tried.
    seconds : float
        Median cost on the prior tasks.
    """

    configuration: Configuration
    regret: float
    seconds: float


@dataclass(frozen=True)
class Ranking:
    """Suggestions, best first, and what became of those that this space cannot say as they were.

    Parameters
    ----------
    suggestions : tuple of Suggestion
    changed : tuple of str
        One entry per suggestion that was translated.
    rejected : tuple of str
        One entry per configuration of the experience that has no place in this space.
    seconds : dict of str to float
        Usual cost on the prior tasks by features and model, as `structure` names them.
    """

    suggestions: tuple[Suggestion, ...]
    changed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


class MetaLearner(ABC):
    """Learns from the results of prior tasks; ranks configurations for a new one.

    Attributes
    ----------
    name : str
        By which ``meta_learner=`` and ``--meta-learner`` take it, if it is registered.
    """

    name: ClassVar[str] = ""

    @abstractmethod
    def fit(self, experience: Experience) -> MetaLearner:
        """Learn from experience, which may be empty, and from nothing else; what was learned before is forgotten."""

    @abstractmethod
    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """At most `k` different configurations of a checked space, best first; the same for the same arguments.

        Parameters
        ----------
        meta_features : dict of str to float
            Unknown names are ignored, missing ones allowed.
        space : SearchSpace
            Checked for the task.
        k : int
        """

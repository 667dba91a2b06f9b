"""The base class of meta-learners, and what they suggest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from autotext.meta.experience import Experience
from autotext.meta.posterior import Posterior
from autotext.space import Configuration, SearchSpace


@dataclass(frozen=True)
class Suggestion:
    """A configuration to try, and how it did on the prior tasks.

    Parameters
    ----------
    configuration : Configuration
    regret : float
        Mean distance to the best score of each prior task, after this configuration and all before it were tried.
    seconds : float
        Median seconds of an evaluation on the prior tasks.
    """

    configuration: Configuration
    regret: float
    seconds: float


@dataclass(frozen=True)
class Ranking:
    """Suggestions of a meta-learner, best first, and which others it had to change or reject for a search space.

    Parameters
    ----------
    suggestions : tuple of Suggestion
    changed : tuple of str
        One entry per suggestion that was changed to fit the space, with the changes.
    rejected : tuple of str
        One entry per configuration of the experience that has no place in this space.
    seconds : dict of str to float
        Seconds that an evaluation would take on a machine like that of the prior tasks, by features and model as
        `Configuration.structure` names them.

    Examples
    --------
    >>> ridge = Suggestion(Configuration({"features": "char_tfidf", "model": "ridge"}), regret=0.02, seconds=1.5)
    >>> [entry.configuration.describe() for entry in Ranking((ridge,)).suggestions]
    ['char_tfidf > ridge']
    """

    suggestions: tuple[Suggestion, ...]
    changed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


class MetaLearner(ABC):
    """Base class of meta-learners, which learn from the results of prior tasks and rank configurations for a new one.

    Attributes
    ----------
    name : str
        Name by which ``meta_learner=`` and ``--meta-learner`` take it, if it is registered.

    Examples
    --------
    >>> class Fastest(MetaLearner):
    ...     def fit(self, experience):
    ...         self._experience = experience
    ...         return self
    ...
    ...     def suggest(self, meta_features, space, k):
    ...         ranked = sorted(self._experience.results, key=lambda result: result.seconds)
    ...         projected = (space.project(self._experience.configurations[result.configuration])[0] for result in ranked)
    ...         legal = dict.fromkeys(configuration for configuration in projected if configuration is not None)
    ...         return Ranking(tuple(Suggestion(configuration, 0.0, 0.0) for configuration in list(legal)[:k]))
    >>> import numpy as np
    >>> from autotext.components import registry
    >>> from autotext.meta.experience import PriorTask, Result
    >>> space = SearchSpace.read("fast").check(registry())[0]
    >>> slow, quick = (space.sample(np.random.default_rng(seed)) for seed in (0, 1))
    >>> task = PriorTask("mails", "mails", "f0", "accuracy", {})
    >>> experience = Experience((task,), (dict(slow), dict(quick)), (Result(0, 0, 0.9, 60.0), Result(0, 1, 0.8, 2.0)))
    >>> Fastest().fit(experience).suggest({}, space, 1).suggestions[0].configuration == quick
    True
    """

    name: ClassVar[str] = ""

    @abstractmethod
    def fit(self, experience: Experience) -> MetaLearner:
        """Learn from the results of prior tasks, of which there may be none; what was learned before is forgotten."""

    @abstractmethod
    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """Suggest at most `k` different configurations of a search space, best first; the same for the same arguments.

        Parameters
        ----------
        meta_features : dict of str to float
            As `describe` gives them. Unknown names are ignored, and names may be missing.
        space : SearchSpace
            A space that `SearchSpace.check` made fit the task.
        k : int
        """

    def start(self, meta_features: Mapping[str, float], space: SearchSpace) -> Posterior | None:
        """Begin to expect something of every configuration of a space, which the results of a search will change.

        None, as here: what `suggest` gives is tried in that order, whatever the results are.

        Parameters
        ----------
        meta_features : dict of str to float
        space : SearchSpace
        """
        return None

    def extended(self, experience: Experience) -> MetaLearner:
        """Make a meta-learner that has learned from the searches of a user, too, which is ready in a fraction of a second.

        Itself, as here: it does not learn from them.

        Parameters
        ----------
        experience : Experience
        """
        return self

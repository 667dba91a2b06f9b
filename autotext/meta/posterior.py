"""The base class of what a meta-learner expects on a task, which the results of a search change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from autotext.space import Configuration


class Posterior(ABC):
    """What a meta-learner expects of the configurations of a space on one task.

    Attributes
    ----------
    pool : tuple of Configuration
        Configurations of prior tasks that the space can express.
    seconds : mapping of str to float
        Seconds that an evaluation would take on a machine like that of the prior tasks, by features and model as
        `Configuration.structure` names them.

    Examples
    --------
    >>> import numpy as np
    >>> class Mean(Posterior):
    ...     seconds = {}
    ...     scores = ()
    ...
    ...     def update(self, configuration, score, is_partial=False):
    ...         self.scores = (*self.scores, score)
    ...
    ...     def predict(self, configurations, running=()):
    ...         mean = np.mean(self.scores) if self.scores else 0.5
    ...         return np.full(len(configurations), mean), np.full(len(configurations), 0.1)
    >>> posterior, ridge = Mean(), Configuration({"features": "char_tfidf", "model": "ridge"})
    >>> posterior.update(ridge, 0.75)
    >>> posterior.predict([ridge])[0].tolist()
    [0.75]
    """

    pool: tuple[Configuration, ...] = ()
    seconds: Mapping[str, float]

    @abstractmethod
    def update(self, configuration: Configuration, score: float, is_partial: bool = False) -> None:
        """Take in the score of a configuration, which may come from a part of the rows."""

    def forecast(self, configuration: Configuration) -> tuple[float, float] | None:
        """Predict what an evaluation will give: its score and the standard deviation of that; None if nothing can be said.

        Parameters
        ----------
        configuration : Configuration
        """
        means, deviations = self.predict([configuration])
        return float(means[0]), float(deviations[0])

    @abstractmethod
    def predict(self, configurations: Sequence[Configuration],
                running: Collection[Configuration] = ()) -> tuple[NDArray[Any], NDArray[Any]]:
        """Predict scores, and their standard deviations apart from what all configurations have in common.

        Parameters
        ----------
        configurations : sequence of Configuration
        running : collection of Configuration, default=()
            Being evaluated: standard deviations are what they will be when the scores of these are known.
        """

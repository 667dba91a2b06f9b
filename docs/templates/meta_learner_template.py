"""Template of a meta-learner: results of prior tasks in, configurations for a new task out.

Copy it, rename class and `name`, and replace `_rank`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autotext import Configuration, Experience, MetaLearner, SearchSpace
from autotext.meta import Ranking, Suggestion, register_meta_learner


@register_meta_learner
class NearestTasks(MetaLearner):
    """Rank configurations by their mean regret on prior tasks; similar ones count more.

    The regret of a configuration on a task is the distance of its score to the best score
    on that task.

    Examples
    --------
    >>> NearestTasks().fit(Experience()).suggest({"log_rows": 6.0}, None, 5).suggestions
    ()
    """

    # `meta_learner="nearest_tasks"` makes one without arguments and fits it on the experience that
    # autotext ships.
    name = "nearest_tasks"

    def fit(self, experience: Experience) -> NearestTasks:
        """Learn from experience, which may be empty."""
        self.experience_ = experience
        scores = np.where(np.isfinite(experience.scores), experience.scores, np.nan)
        self.tasks_ = np.flatnonzero(np.isfinite(scores).any(axis=1))
        regrets = np.zeros((0, scores.shape[1]))
        if len(self.tasks_):
            scores = scores[self.tasks_]
            regrets = np.nanmax(scores, axis=1, keepdims=True) - scores
            # A configuration that failed, or was not tried on a task, counts as the worst one
            # there.
            worst = np.nanmax(regrets, axis=1, keepdims=True)
            regrets = np.where(np.isnan(regrets), worst, regrets)
        self.regrets_ = regrets
        return self

    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """At most `k` different configurations of the space, best first.

        The same arguments give the same result.
        """
        if not len(self.tasks_):
            return Ranking(())
        changed: list[str] = []
        rejected: list[str] = []
        suggestions: dict[Configuration, Suggestion] = {}
        weights = self._similarity(meta_features)
        best = np.full(len(self.tasks_), np.inf)
        for number in self._rank(weights):
            # `project` says a configuration of earlier tasks in the words of this space, or why
            # that cannot be done.
            configuration, changes = space.project(self.experience_.configurations[number])
            if configuration is None:
                rejected.append(changes[-1])
                continue
            if len(suggestions) < k and configuration not in suggestions:
                best = np.minimum(best, self.regrets_[:, number])
                seconds = self.experience_.seconds[:, number]
                cost = float(np.nanmedian(seconds)) if np.isfinite(seconds).any() else 0.0
                regret = float(np.average(best, weights=weights))
                suggestions[configuration] = self._suggestion(configuration, regret, cost)
                changed += ["; ".join(changes)] if changes else []
        return Ranking(tuple(suggestions.values()), tuple(changed), tuple(rejected))

    def _rank(self, weights: NDArray[np.float64]) -> list[int]:
        """Numbers of the configurations, best first."""
        return [int(number) for number in np.argsort(weights @ self.regrets_, kind="stable")]

    def _similarity(self, meta_features: Mapping[str, float]) -> NDArray[np.float64]:
        """Weight of each prior task; names that only one side knows are left out."""
        distances = np.zeros(len(self.tasks_))
        for row, number in enumerate(self.tasks_):
            known = self.experience_.tasks[number].meta_features
            names = sorted(set(known) & set(meta_features))
            shared = [meta_features[name] - known[name] for name in names]
            distances[row] = np.sqrt(np.mean(np.square(shared))) if shared else 0.0
        return np.asarray(1.0 / (1.0 + distances))

    @staticmethod
    def _suggestion(configuration: Configuration, regret: float, seconds: float) -> Suggestion:
        """One entry; `regret` is what is left once this and all entries before it were tried."""
        return Suggestion(configuration, round(regret, 6), seconds)

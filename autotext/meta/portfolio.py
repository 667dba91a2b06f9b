"""The meta-learner that suggests the same list of configurations for every task."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autotext.meta.experience import Experience
from autotext.meta.learner import MetaLearner, Ranking, Suggestion
from autotext.meta.registry import register_meta_learner
from autotext.meta.seconds import SecondsModel
from autotext.space import Configuration, SearchSpace

# Smallest share of the prior tasks on which a configuration must have been tried.
_COVERAGE = 0.5


@register_meta_learner
class Portfolio(MetaLearner):
    """Greedy portfolio: each configuration is the one that most improves the best score so far, averaged over task families.

    Notes
    -----
    The greedy choice is within 1 - 1/e of the best list of its length: Feurer et al. (2022), "Auto-sklearn 2.0:
    hands-free AutoML via meta-learning", JMLR 23. Meta-features tell the seconds alone.

    Examples
    --------
    >>> Portfolio().fit(Experience()).suggest({}, None, 5)
    Ranking(suggestions=(), changed=(), rejected=(), seconds={})
    """

    name = "portfolio"

    def fit(self, experience: Experience) -> Portfolio:
        """Learn from experience; see `MetaLearner.fit`."""
        self._experience, self._seconds = experience, SecondsModel(experience)
        scores = experience.scores
        finite = np.where(np.isfinite(scores), scores, np.nan)
        is_compared = np.isfinite(finite).sum(axis=1) > 1 if scores.size else np.zeros(0, dtype=bool)
        finite, tried = finite[is_compared], ~np.isnan(scores[is_compared])
        if not finite.size:
            self._regrets = np.zeros((0, len(experience.configurations)))
            return self
        regrets = np.nanmax(finite, axis=1, keepdims=True) - finite
        # A configuration that failed, or was not tried, counts as the worst one of that task.
        worst = np.nanmax(regrets, axis=1, keepdims=True)
        self._regrets = np.where(np.isnan(regrets), worst, regrets)
        self._regrets[:, tried.mean(axis=0) < _COVERAGE] = np.inf
        families = [task.family for task, wanted in zip(experience.tasks, is_compared, strict=True) if wanted]
        self._weights = np.array([1.0 / families.count(family) for family in families])
        return self

    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """Greedy list for a space; see `MetaLearner.suggest`."""
        if not self._regrets.size:
            return Ranking(())
        legal, changed, rejected = self._translated(space)
        chosen: dict[Configuration, Suggestion] = {}
        best: NDArray[np.float64] = np.full(len(self._regrets), np.inf)
        # Configurations that were tried on too few tasks are never suggested.
        remaining = {number: configuration for number, configuration in legal.items()
                     if np.isfinite(self._regrets[:, number]).all()}
        while remaining and len(chosen) < k:
            columns = list(remaining)
            after = np.average(np.minimum(self._regrets[:, columns], best[:, None]), axis=0, weights=self._weights)
            number = columns[int(np.argmin(after))]
            best = np.minimum(best, self._regrets[:, number])
            seconds = float(np.nanmedian(self._experience.seconds[:, number]))
            configuration = remaining.pop(number)
            chosen.setdefault(configuration, Suggestion(configuration, round(float(np.min(after)), 6), seconds))
        return Ranking(tuple(chosen.values()), tuple(changed), tuple(rejected), self._seconds.predict(meta_features))

    def _translated(self, space: SearchSpace) -> tuple[dict[int, Configuration], list[str], list[str]]:
        legal: dict[int, Configuration] = {}
        changed, rejected = [], []
        for number, values in enumerate(self._experience.configurations):
            configuration, changes = space.project(values)
            if configuration is None:
                rejected.append(changes[-1])
                continue
            legal[number] = configuration
            changed.extend(["; ".join(changes)] if changes else [])
        return legal, changed, rejected

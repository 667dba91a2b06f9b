"""A meta-learner as a user would write it: what took least time on prior tasks comes first."""

import numpy as np

from autotext import MetaLearner
from autotext.meta import Ranking, Suggestion, register_meta_learner


@register_meta_learner
class QuickestFirst(MetaLearner):
    """Configurations that ended well on some prior task, by their median time."""

    name = "quickest_first"

    def fit(self, experience):
        self.configurations_ = experience.configurations
        scores = np.where(np.isfinite(experience.scores), experience.scores, 0.0)
        self.regrets_ = scores.max(axis=1, keepdims=True, initial=0.0) - scores
        usable = np.isfinite(experience.scores).any(axis=0)
        self.seconds_ = {number: float(np.nanmedian(experience.seconds[:, number])) for number in np.flatnonzero(usable)}
        return self

    def suggest(self, meta_features, space, k):
        suggestions, changed, rejected = {}, [], []
        best = np.full(len(self.regrets_), np.inf)
        for number in sorted(self.seconds_, key=lambda number: (self.seconds_[number], number)):
            configuration, changes = space.project(self.configurations_[number])
            if configuration is None:
                rejected.append(changes[-1])
                continue
            changed += ["; ".join(changes)] if changes else []
            if len(suggestions) < k and configuration not in suggestions:
                best = np.minimum(best, self.regrets_[:, number])
                suggestions[configuration] = Suggestion(configuration, round(float(best.mean()), 6), self.seconds_[number])
        return Ranking(tuple(suggestions.values()), tuple(changed), tuple(rejected))

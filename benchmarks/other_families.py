"""A meta-learner that learns nothing from prior tasks of some families, so that a search on one of them is a fair test.

$ LEFT_OUT='["sst5"]' autotext optimize FILE --import benchmarks/other_families.py --meta-learner other_families
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from autotext import Experience, MetaLearner, Portfolio, SearchSpace
from autotext.meta import Ranking, register_meta_learner

VARIABLE = "LEFT_OUT"


@register_meta_learner
class OtherFamilies(MetaLearner):
    """The default meta-learner, without the families that the environment variable LEFT_OUT lists as JSON."""

    name = "other_families"

    def fit(self, experience: Experience) -> OtherFamilies:
        """Learn from the tasks of all other families."""
        self.learner_ = Portfolio().fit(experience.without(*json.loads(os.environ[VARIABLE])))
        return self

    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """As the default meta-learner does."""
        return self.learner_.suggest(meta_features, space, k)

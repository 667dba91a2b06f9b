"""Meta-features, experience and meta-learners: numbers to configurations, never estimators."""

from autotext.meta.experience import Experience, PriorTask, Result, merge_records
from autotext.meta.experience_folder import ExperienceFolder
from autotext.meta.features import MetaFeatures, describe
from autotext.meta.hierarchical import Hierarchical
from autotext.meta.learner import MetaLearner, Ranking, Suggestion
from autotext.meta.portfolio import Portfolio
from autotext.meta.posterior import Posterior
from autotext.meta.registry import check_learner, meta_learners, register_meta_learner, shipped_learner

__all__ = ["Experience", "ExperienceFolder", "Hierarchical", "MetaFeatures", "MetaLearner", "Portfolio", "Posterior",
           "PriorTask", "Ranking", "Result", "Suggestion", "check_learner", "describe", "merge_records", "meta_learners",
           "register_meta_learner", "shipped_learner"]

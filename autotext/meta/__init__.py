"""Meta-features, experience and meta-learners: numbers to configurations, never estimators."""

from functools import cache

from autotext.errors import AutotextError, suggestion
from autotext.meta.experience import Experience, PriorTask, Result, merge_records
from autotext.meta.features import MetaFeatures, describe
from autotext.meta.learner import MetaLearner, Ranking, Suggestion
from autotext.meta.portfolio import Portfolio

META_LEARNERS: dict[str, type[MetaLearner]] = {"portfolio": Portfolio}
DEFAULT = "portfolio"


@cache
def shipped_learner(name: str) -> MetaLearner:
    """Meta-learner of this name, fitted on the shipped experience; "default" is the one that measured best.

    Raises
    ------
    AutotextError
        The name is unknown.
    """
    if name != "default" and name not in META_LEARNERS:
        raise AutotextError(f"Unknown meta-learner {name!r}.{suggestion(name, ['default', *META_LEARNERS])}")
    return META_LEARNERS[DEFAULT if name == "default" else name]().fit(Experience.shipped())


__all__ = ["META_LEARNERS", "Experience", "MetaFeatures", "MetaLearner", "Portfolio", "PriorTask", "Ranking", "Result",
           "Suggestion", "describe", "merge_records", "shipped_learner"]

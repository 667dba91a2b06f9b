"""Meta-features, experience and meta-learners: numbers to configurations, never estimators."""

from functools import cache
from typing import Any

from autotext.arguments import argument_error
from autotext.errors import ArgumentError, shown, suggestion
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
    ArgumentError
        The name is unknown.
    """
    check_learner(name)
    return META_LEARNERS[DEFAULT if name == "default" else name]().fit(Experience.shipped())


def check_learner(learner: Any) -> str | MetaLearner | None:
    """A meta-learner, the name of one that is shipped, or None.

    Raises
    ------
    ArgumentError
        It is something else.

    Examples
    --------
    >>> check_learner("portfolio")
    'portfolio'
    """
    if learner is None or isinstance(learner, MetaLearner):
        return learner
    names = ["default", *META_LEARNERS]
    if not isinstance(learner, str):
        expected = f"one of {', '.join(map(repr, names))}, a fitted MetaLearner, or None for a cold start"
        raise argument_error("meta_learner", expected, learner)
    if learner not in names:
        raise ArgumentError(f"Unknown meta-learner {shown(learner)}.{suggestion(learner, names)} None is a cold start.")
    return learner


__all__ = ["META_LEARNERS", "Experience", "MetaFeatures", "MetaLearner", "Portfolio", "PriorTask", "Ranking", "Result",
           "Suggestion", "check_learner", "describe", "merge_records", "shipped_learner"]

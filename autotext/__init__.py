"""AutoML for text classification: a meta-learner warm-starts an Optuna search over whole pipelines."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autotext.budget import Budget
    from autotext.errors import (
        ArgumentError,
        ArtifactError,
        AutotextError,
        BudgetError,
        ComponentError,
        MetricError,
        SearchError,
        SpaceError,
        StorageError,
        TaskError,
    )
    from autotext.evaluation import Evaluation
    from autotext.meta import Experience, MetaLearner, Portfolio
    from autotext.optimize import optimize_pipeline
    from autotext.pipeline import TextPipeline, load_pipeline
    from autotext.progress import LiveProgress
    from autotext.recommend import Recommendation, recommend_pipeline
    from autotext.report import Report
    from autotext.space import Configuration, SearchSpace
    from autotext.task import Task

__version__ = "0.1.0"

# Modules are imported when a name of theirs is first used: worker processes need few of them, and Ctrl-C works at once.
_MODULES = {
    "autotext.budget": ("Budget",),
    "autotext.errors": ("ArgumentError", "ArtifactError", "AutotextError", "BudgetError", "ComponentError", "MetricError",
                        "SearchError", "SpaceError", "StorageError", "TaskError"),
    "autotext.evaluation": ("Evaluation",),
    "autotext.meta": ("Experience", "MetaLearner", "Portfolio"),
    "autotext.optimize": ("optimize_pipeline",),
    "autotext.pipeline": ("TextPipeline", "load_pipeline"),
    "autotext.progress": ("LiveProgress",),
    "autotext.recommend": ("Recommendation", "recommend_pipeline"),
    "autotext.report": ("Report",),
    "autotext.space": ("Configuration", "SearchSpace"),
    "autotext.task": ("Task",),
}

__all__ = ["ArgumentError", "ArtifactError", "AutotextError", "Budget", "BudgetError", "ComponentError", "Configuration",
           "Evaluation", "Experience", "LiveProgress", "MetaLearner", "MetricError", "Portfolio", "Recommendation", "Report",
           "SearchError", "SearchSpace", "SpaceError", "StorageError", "Task", "TaskError", "TextPipeline", "load_pipeline",
           "optimize_pipeline", "recommend_pipeline"]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]

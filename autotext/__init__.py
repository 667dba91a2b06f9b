"""AutoML for text classification: a meta-learner warm-starts an Optuna search over whole pipelines."""

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
from autotext.report import Report
from autotext.space import Configuration, SearchSpace
from autotext.task import Task

__version__ = "0.1.0"

__all__ = ["ArgumentError", "ArtifactError", "AutotextError", "Budget", "BudgetError", "ComponentError", "Configuration",
           "Evaluation", "Experience", "LiveProgress", "MetaLearner", "MetricError", "Portfolio", "Report", "SearchError",
           "SearchSpace", "SpaceError", "StorageError", "Task", "TaskError", "TextPipeline", "load_pipeline",
           "optimize_pipeline"]

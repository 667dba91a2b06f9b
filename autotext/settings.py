"""What a call of `optimize_pipeline` asks for, the data apart, checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotext.arguments import argument_error, check_integer, check_items, check_path
from autotext.budget import Budget
from autotext.components import outside_modules
from autotext.components.pretrained import PretrainedModels, find_pretrained
from autotext.errors import ArgumentError
from autotext.meta import Experience, ExperienceFolder, MetaLearner, check_learner
from autotext.pipeline import TextPipeline
from autotext.randomness import check_seed
from autotext.scoring.metrics import metric_name
from autotext.search.clock import Clock
from autotext.search.log import OnEvaluation
from autotext.search.proposer import check_sampler
from autotext.search.storage import check_storage
from autotext.space import SearchSpace
from autotext.workers.pool import Pool, usable_cores

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Space = str | Path | SearchSpace
Models = str | Path | Sequence[str | Path]
Sources = TextPipeline | str | Path | Sequence[TextPipeline | str | Path]
AUTO = "auto"
_MOST_WORKERS = 1024


@dataclass(frozen=True)
class SearchSettings:
    """What a call of `optimize_pipeline` asks for, once its arguments are checked.

    Parameters
    ----------
    budget : Budget
        Limit on the whole call.
    clock : Clock
        Counts the seconds of the budget since the call began.
    space : SearchSpace
        Not yet checked for a task.
    metric : str or None
        Name of a scikit-learn scorer. None: the one that is usual for the kind of task.
    encoders : PretrainedModels or "auto"
        Those for ``"auto"`` depend on the task.
    transfer_from : sequence of TextPipeline or Path
        Fitted pipelines, or folders of saved ones.
    meta_learner : str, MetaLearner or None
        The name of a registered one, or a fitted one. None: a cold start.
    experience : tuple of ExperienceFolder and Experience, or None
        Folder of a user's searches, and what they found. None: nothing is learned from them, nor kept for others.
    sampler : optuna.samplers.BaseSampler or None
        None: a tree-structured Parzen estimator.
    workers : int or Pool
        Number of worker processes, or a pool of running ones.
    seed : int
    storage : Path or None
        Folder that keeps the search. None: it is not kept.
    on_evaluation : callable or None
        Called as ``on_evaluation(evaluation, report_so_far)``.
    modules : tuple of str, optional
        Modules outside autotext that register components; by default those that were imported so far.

    Examples
    --------
    >>> settings = SearchSettings.check(budget="90s", space="fast", metric="F1 macro", encoders=(), transfer_from=(),
    ...                                 meta_learner="default", experience=None, sampler=None, workers=2, seed=0,
    ...                                 storage=None, on_evaluation=None)
    >>> settings.budget.seconds, settings.metric, settings.workers
    (90.0, 'f1_macro', 2)
    """

    budget: Budget
    clock: Clock
    space: SearchSpace
    metric: str | None
    encoders: PretrainedModels | str
    transfer_from: Sequence[TextPipeline | Path]
    meta_learner: str | MetaLearner | None
    experience: tuple[ExperienceFolder, Experience] | None
    sampler: BaseSampler | None
    workers: int | Pool
    seed: int
    storage: Path | None
    on_evaluation: OnEvaluation | None
    modules: tuple[str, ...] = field(default_factory=outside_modules)

    @classmethod
    def check(cls, budget: Any, **others: Any) -> SearchSettings:
        """Settings from the arguments of a call; the clock of the budget starts here.

        Parameters
        ----------
        budget : Budget, str or float
        **others : object
            All other fields by name, as the caller gave them; the budget's clock and the modules apart.

        Raises
        ------
        AutotextError
            Names the first argument that cannot be used, and what to write instead.
        """
        clock = Clock(limits := Budget.parse(budget))
        return cls(limits, clock, **{name: check(others[name]) for name, check in _CHECKS.items()})


def _check_callback(on_evaluation: Any) -> OnEvaluation | None:
    if on_evaluation is not None and not callable(on_evaluation):
        expected = "a function that takes an evaluation and the report so far, or None"
        raise argument_error("on_evaluation", expected, on_evaluation)
    return on_evaluation


def _check_workers(workers: Any) -> int | Pool:
    if isinstance(workers, Pool):
        return workers
    if workers is None:
        return usable_cores()
    return check_integer(workers, "workers", 1, _MOST_WORKERS, ", or None for one per core")


def _check_storage(storage: Any) -> Path | None:
    return None if storage is None else check_storage(check_path(storage, "storage"))


def _check_metric(metric: Any) -> str | None:
    return None if metric is None else metric_name(metric)


def _check_sources(transfer_from: Any) -> list[TextPipeline | Path]:
    sources = check_items(transfer_from, "transfer_from", (TextPipeline, str, PathLike), "a TextPipeline, its folder")
    return [_check_source(source) for source in sources]


def _read_experience(experience: Any) -> tuple[ExperienceFolder, Experience] | None:
    if experience is None:
        return None
    folder = ExperienceFolder(experience)
    folder.prepare()
    return folder, folder.read()


def _check_space(space: Any) -> SearchSpace:
    return space if isinstance(space, SearchSpace) else SearchSpace.read(space)


def _check_source(source: Any) -> TextPipeline | Path:
    if not isinstance(source, TextPipeline):
        return check_path(source, "transfer_from")
    if not hasattr(source, "fitted_"):
        raise ArgumentError("transfer_from: a TextPipeline must be fitted before anything can be transferred from it.")
    return source


def _find_encoders(encoders: Any) -> PretrainedModels | str:
    models = check_items(encoders, "encoders", (str, PathLike), f"{AUTO!r}, a folder or hub id of a model")
    if AUTO not in models:
        return find_pretrained([check_path(model, "encoders") for model in models])
    if len(models) > 1:
        raise ArgumentError(f"encoders: {AUTO!r} chooses all models itself; leave it or the others out.")
    return AUTO


# In this order; the last are those for which files are read, or models fetched from the hub.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "on_evaluation": _check_callback, "workers": _check_workers, "metric": _check_metric, "seed": check_seed,
    "storage": _check_storage, "sampler": check_sampler, "meta_learner": check_learner, "experience": _read_experience,
    "transfer_from": _check_sources, "space": _check_space, "encoders": _find_encoders}

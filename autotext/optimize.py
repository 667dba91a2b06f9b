"""From a data set and a budget to the best pipeline."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from autotext.arguments import names_unknown_arguments
from autotext.budget import Budget
from autotext.components import PretrainedFeature, registry
from autotext.components.catalog import select_from_catalog
from autotext.components.pretrained import PretrainedModels
from autotext.drift import find_drift
from autotext.errors import BudgetError, MetricError
from autotext.fingerprint import fingerprint
from autotext.meta import MetaLearner
from autotext.pipeline import FittedPipeline, TextPipeline
from autotext.pipeline.transfer import find_sources
from autotext.report import Report
from autotext.scoring.held_out import score_held_out
from autotext.scoring.metrics import Metric
from autotext.search.clock import Clock
from autotext.search.proposer import Proposer
from autotext.search.search import FIRST_ROWS, OnEvaluation, Search
from autotext.search.storage import TRANSFER, Scope, Storage
from autotext.search.warm_start import (
    add_pretrained,
    cheapest_configuration,
    order_by_cost,
    suggest_configurations,
    summarize_warm_start,
)
from autotext.settings import SearchSettings
from autotext.space import SearchSpace
from autotext.task import Split, Task, guess_language, script_shares
from autotext.task.columns import Names
from autotext.workers.pool import Pool, started

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Space = str | Path | SearchSpace
Models = str | Path | Sequence[str | Path]
Sources = TextPipeline | str | Path | Sequence[TextPipeline | str | Path]
_WORKER_START = 3.0
_CHARACTERS_PER_SECOND = 4e6
_SHARES_OF, _SHARES_CHARACTERS = 2000, 10_000
# Seconds for the interval around the score on test rows, and those that are left alone at the end.
_INTERVAL = 0.3
_LEAVING = 0.2


@names_unknown_arguments
def optimize_pipeline(dataset: Any, y: Any = None, *, text: Names = None, label: Names = None, test: Any = None,
                      separator: str | None = None, language: str | None = None, encoding: str | None = None,
                      groups: str | Sequence[Any] | None = None, time: str | Sequence[Any] | None = None,
                      space: Space = "default", metric: str | None = None, budget: Budget | str | float = "5m",
                      encoders: Models = (), transfer_from: Sources = (), meta_learner: str | MetaLearner | None = "default",
                      sampler: BaseSampler | None = None, workers: int | Pool | None = None, seed: int = 0,
                      storage: str | Path | None = None, on_evaluation: OnEvaluation | None = None) -> TextPipeline:
    """Find the best text-classification pipeline for a data set within a budget.

    Parameters
    ----------
    dataset : path, table, mapping of columns, list of dicts, texts, (texts, labels) or Task
        Labelled texts, or texts alone. Files are csv, tsv, json, jsonl, parquet, xlsx or others. A string that is no file is
        a hub id.
    y : sequence, array or DataFrame, optional
        Labels, if `dataset` holds none.
    text, label, test, separator, language, encoding, groups, time : optional
        Text and label columns, rows that are never searched on and scored once, what parts several labels in one field, the
        language of the texts, the encoding of files, and columns that say which rows belong together and how old they are;
        as in `Task.read`.
    space : str, path or SearchSpace, default="default"
        A shipped space (``default``, ``fast``, ``thorough``, ``multilingual``), a YAML file, or an object.
    metric : str, optional
        A scikit-learn classification scorer by name; case, spaces and hyphens do not matter. None: accuracy, for several
        labels micro-F1.
    budget : Budget, str or float, default="5m"
        Bounds the whole call: ``"90s"``, ``"5m"``, seconds, or ``Budget(seconds=None, trials=30)``.
    encoders : str, Path or sequence of them, default=()
        Folders or hub ids of static embeddings or (extra ``encoders``) of transformers; ``"auto"``: as language and time suit.
    transfer_from : TextPipeline, str, Path or sequence of them, default=()
        Earlier pipelines, or their folders: their answers become features, and their networks are trained further.
    meta_learner : str, MetaLearner or None, default="default"
        What suggests the first configurations from the results of prior tasks. None: a cold start.
    sampler : optuna.samplers.BaseSampler, optional
        Takes over after the first configurations. None: a tree-structured Parzen estimator.
    workers : int or Pool, optional
        Worker processes; a pool: those that run already, which end with the search. None: one per usable core.
    seed : int, default=0
        From 0 to 2**32 - 1. The same gives the same result with ``workers=1`` and a budget without seconds.
    storage : str or Path, optional
        Folder in which the search survives a kill: the same call goes on where the last one ended. Another search is refused.
    on_evaluation : callable, optional
        Called as ``on_evaluation(evaluation, report_so_far)`` after each evaluation.

    Returns
    -------
    TextPipeline
        Fitted on all rows but the test rows; ``pipeline.report`` says what was tried. One Ctrl-C returns the best so far.

    Raises
    ------
    AutotextError
        Something given cannot be used (the message says what to write instead), or nothing could be fitted.

    Examples
    --------
    >>> texts = ["so good", "very nice", "so bad", "very poor"] * 10
    >>> pipeline = optimize_pipeline(texts, ["+", "+", "-", "-"] * 10, budget=Budget(seconds=None, trials=2), workers=1)
    >>> pipeline.predict(["so nice"])
    array(['+'], dtype=object)
    """
    asked = SearchSettings.check(budget=budget, space=space, metric=metric, encoders=encoders, transfer_from=transfer_from,
                                 meta_learner=meta_learner, sampler=sampler, workers=workers, seed=seed, storage=storage,
                                 on_evaluation=on_evaluation)
    with ExitStack() as stack:
        pool = stack.enter_context(started(asked.workers, asked.budget.memory_mib))
        task = Task.read(dataset, y, text=text, label=label, test=test, separator=separator, language=language,
                         encoding=encoding, groups=groups, time=time)
        return _searched(asked, task, pool, stack)


def _searched(asked: SearchSettings, task: Task, pool: Pool, stack: ExitStack) -> TextPipeline:
    """From a task to the best pipeline and its report."""
    clock, seed = asked.clock, asked.seed
    metric = Metric.named(asked.metric, task.kind)
    shares = script_shares(text[:_SHARES_CHARACTERS] for text in task.texts[:_SHARES_OF])
    language = task.language or guess_language(shares)
    given, missed = _given(asked, language or "xx", stack)
    threading.Thread(target=given.read_ahead, daemon=True).start()
    space, removed = asked.space.check(registry(), shares, language, given)
    given.check_place(space)
    clock.look()
    split = Split.make(task, seed)
    learned = split.read(task.texts)
    characters = sum(map(len, learned))
    _check_time(characters, task, clock, pool)
    if reason := metric.undefined(task.targets[split.rows], task.classes, "row that is searched on"):
        raise MetricError(reason)
    kept = _opened(asked.storage, stack, seed, metric, space, task, split)
    pool.set_up({"texts": learned, "targets": task.targets, "split": split, "metric": metric,
                 "n_classes": len(task.classes), "seed": seed, "modules": asked.modules})
    read = clock.elapsed
    ranking = suggest_configurations(asked.meta_learner, task, space)
    first = cheapest_configuration(task, characters, space, clock.remaining)
    warm = add_pretrained(order_by_cost(ranking, clock, first), given, space, task)
    report = Report(status="running", task=_summary(task, split), metric=metric.name, space=space.name, seed=seed,
                    workers=pool.size, budget=asdict(asked.budget), removed=(*removed, *missed),
                    findings=(*task.findings, *_cut(split)),
                    seconds={"read": read, "describe": clock.elapsed - read},
                    warm_start=summarize_warm_start(asked.meta_learner, ranking),
                    drift=find_drift(task, seed, clock.remaining / clock.slowdown))
    proposer = Proposer(space, warm, seed, asked.sampler, **_begun(kept))
    found = Search(task, split, metric, proposer, first, asked.budget, clock, pool, report, asked.on_evaluation,
                   seed, ranking.seconds, kept).run()
    for part in found.chain.components:
        if isinstance(part, PretrainedFeature):
            part.hold()
    # Nothing more is asked of the workers, nor of the storage.
    stack.close()
    members = found.configuration if isinstance(found.configuration, list) else [found.configuration]
    fitted = FittedPipeline.of_task(members, found.chain, found.decision, task, metric.name, seed)
    notes = (*found.report.notes, *given.notes(found.report.evaluations))
    report = score_held_out(found.report.replace(notes=notes), fitted, task, metric, _interval_seconds(clock),
                             clock.remaining - clock.stretched(_LEAVING))
    return TextPipeline.from_fitted(fitted, report.replace(seconds={**report.seconds, "total": clock.elapsed}))


def _given(asked: SearchSettings, language: str, stack: ExitStack) -> tuple[PretrainedModels, list[str]]:
    """Models and earlier pipelines that the search may use, and a line about each that is not on this machine."""
    encoders, missed = ((asked.encoders, []) if not isinstance(asked.encoders, str)
                        else select_from_catalog(language, asked.budget.seconds))
    if not asked.transfer_from:
        return encoders, missed
    # Where the search survives a kill, what it refers to must, too.
    folder = (Path(stack.enter_context(TemporaryDirectory(prefix="autotext-", ignore_cleanup_errors=True)))
              if asked.storage is None else asked.storage / TRANSFER)
    return encoders.merge(find_sources(asked.transfer_from, folder, frozen=not encoders)), missed


def _opened(folder: Path | None, stack: ExitStack, seed: int, metric: Metric, space: SearchSpace, task: Task,
            split: Split) -> Storage | None:
    if folder is None:
        return None
    data = fingerprint([task.fingerprint, [fold.tolist() for fold in split.folds]])
    identity = {"seed": seed, "metric": metric.name, "task": f"{len(task)} rows, {data}",
                "space": f"{space.name}, {space.fingerprint}"}
    scope = Scope(space, tuple(map(len, split.folds)), len(task.classes), task.kind == "multilabel")
    return stack.enter_context(closing(Storage(folder, identity, scope)))


def _begun(storage: Storage | None) -> dict[str, Any]:
    """What a proposer must know of earlier calls."""
    if storage is None:
        return {}
    progress: dict[str, int] = {}
    for record in storage.records:
        # Of several workers' jobs, one that was proposed early may end late.
        progress = {name: max(number, progress.get(name, 0)) for name, number in record.proposed.items()}
    return {"past": [record.evaluations for record in storage.records], "progress": progress, "journal": storage.journal}


def _interval_seconds(clock: Clock) -> float | None:
    return min(_INTERVAL, max(0.0, clock.remaining - clock.stretched(_LEAVING))) if clock.limited else None


def _cut(split: Split) -> list[str]:
    if split.characters is None:
        return []
    return [f"Texts are long: only the first {split.characters:,} characters of each are learned from; predict reads all."]


def _check_time(characters: int, task: Task, clock: Clock, pool: Pool) -> None:
    """Refuse a budget in which not even the cheapest pipeline can be made."""
    first = characters * min(1.0, FIRST_ROWS / len(task))
    needed = max(0.0, clock.slowdown * _WORKER_START - pool.age) + clock.slowdown * first / _CHARACTERS_PER_SECOND
    if clock.limited and clock.remaining < needed:
        least = clock.elapsed + needed + 1.0
        raise BudgetError(f"The budget is too small for {len(task):,} rows: reading them and fitting the cheapest pipeline "
                          f"takes about {least:.0f} seconds. Write budget={least + 4:.0f} or more.")


def _summary(task: Task, split: Split) -> dict[str, Any]:
    return {"name": task.name, "fingerprint": task.fingerprint, "kind": task.kind, "rows": len(task),
            "search_rows": len(split.rows), "folds": len(split.folds), "classes": len(task.classes)}

"""The entry point of a search: from a data set and a budget to the best pipeline."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotext.arguments import names_unknown_arguments
from autotext.budget import Budget
from autotext.components import registry
from autotext.drift import find_drift
from autotext.meta import MetaLearner
from autotext.pipeline import FittedPipeline, TextPipeline, hold_models
from autotext.report import Report
from autotext.scoring.held_out import score_held_out
from autotext.scoring.metrics import Metric
from autotext.search import setup
from autotext.search.baseline import evaluations_of_baseline, summarize_baseline
from autotext.search.guide import Guide
from autotext.search.log import OnEvaluation, SearchLog
from autotext.search.proposer import Proposer
from autotext.search.search import Search
from autotext.search.warm_start import WarmStart
from autotext.settings import Models, SearchSettings, Sources, Space
from autotext.task import Task, guess_language
from autotext.task.columns import Names
from autotext.workers.messages import Setup
from autotext.workers.pool import Pool, open_pool

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

# Seconds for the interval around the test score, and seconds that are kept free for the end of the call.
_INTERVAL, _LEAVING = 0.3, 0.2


@names_unknown_arguments
def optimize_pipeline(dataset: Any, y: Any = None, *, text: Names = None, label: Names = None, test: Any = None,
                      separator: str | None = None, language: str | None = None, encoding: str | None = None,
                      groups: str | Sequence[Any] | None = None, time: str | Sequence[Any] | None = None,
                      space: Space = "default", metric: str | None = None, budget: Budget | str | float = "5m",
                      encoders: Models = (), transfer_from: Sources = (), meta_learner: str | MetaLearner | None = "default",
                      experience: str | Path | None = None, sampler: BaseSampler | None = None,
                      workers: int | Pool | None = None, seed: int = 0, storage: str | Path | None = None,
                      on_evaluation: OnEvaluation | None = None) -> TextPipeline:
    """Find the best text-classification pipeline for a data set within a budget.

    Parameters
    ----------
    dataset : path, table, mapping of columns, list of dicts, texts, (texts, labels) or Task
        Labelled texts, or texts alone. Files are csv, tsv, json, jsonl, parquet, xlsx or others. A string that is no file is
        the id of a data set on the Hugging Face hub.
    y : sequence, array or DataFrame, optional
        Labels, if `dataset` holds none.
    text, label, test, separator, language, encoding, groups, time : optional
        Text and label columns; a held-out test set, which is scored once; the separator of several labels in one field; the
        language of the texts; the encoding of files; and columns that say which rows belong together and how old they are.
        As in `Task.read`.
    space : str, path or SearchSpace, default="default"
        A shipped space (``default``, ``fast``, ``thorough``, ``multilingual``), a YAML file, or an object.
    metric : str, optional
        A scikit-learn classification scorer by name; case, spaces and hyphens do not matter. None: accuracy, for several
        labels micro-F1.
    budget : Budget, str or float, default="5m"
        Limit on the whole call: ``"90s"``, ``"5m"``, a number of seconds, or ``Budget(seconds=None, trials=30)``.
    encoders : str, Path or sequence of them, default=()
        Folders or hub ids of pretrained static embeddings or (extra ``encoders``) transformers. ``"auto"``: models that suit
        the language and the budget.
    transfer_from : TextPipeline, str, Path or sequence of them, default=()
        Earlier pipelines, or their folders: their predictions become features, and their networks are trained further.
    meta_learner : str, MetaLearner or None, default="default"
        Suggests the first configurations, as prior tasks taught it: a registered name, or a fitted one. None: a cold start.
    experience : str or Path, optional
        Folder to which what the search finds is added, numbers alone; what earlier searches left there is learned from, too.
    sampler : optuna.samplers.BaseSampler, optional
        Suggests the configurations after the first ones. None: a tree-structured Parzen estimator.
    workers : int or Pool, optional
        Number of worker processes, or a pool of running ones, which end with the search. None: one per usable core.
    seed : int, default=0
        From 0 to 2**32 - 1. The same seed gives the same result with ``workers=1`` and a budget without seconds.
    storage : str or Path, optional
        Folder that keeps the search: after a kill, the same call goes on where the last one ended. A folder with a different
        search is refused.
    on_evaluation : callable, optional
        Called as ``on_evaluation(evaluation, report_so_far)`` after each evaluation.

    Returns
    -------
    TextPipeline
        Fitted on all rows but the test rows; ``pipeline.report`` says what was tried. Ctrl-C returns the best pipeline so far.

    Raises
    ------
    AutotextError
        An argument cannot be used, and the message says what to write instead; or nothing could be fitted in time.

    Examples
    --------
    >>> texts = ["so good", "very nice", "so bad", "very poor"] * 10
    >>> pipeline = optimize_pipeline(texts, ["+", "+", "-", "-"] * 10, budget=Budget(seconds=None, trials=2), workers=1)
    >>> pipeline.predict(["so nice"])
    array(['+'], dtype=object)
    """
    asked = SearchSettings.check(budget=budget, space=space, metric=metric, encoders=encoders, transfer_from=transfer_from,
                                 meta_learner=meta_learner, experience=experience, sampler=sampler, workers=workers, seed=seed,
                                 storage=storage, on_evaluation=on_evaluation)
    with ExitStack() as stack:
        pool = stack.enter_context(open_pool(asked.workers, asked.budget.memory_mib))
        task = Task.read(dataset, y, text=text, label=label, test=test, separator=separator, language=language,
                         encoding=encoding, groups=groups, time=time)
        return _search(asked, task, pool, stack)


def _search(asked: SearchSettings, task: Task, pool: Pool, stack: ExitStack) -> TextPipeline:
    """Search for the best pipeline of a task, and write the report."""
    clock, seed = asked.clock, asked.seed
    metric = Metric.named(asked.metric, task.kind)
    shares = setup.find_scripts(task)
    language = task.language or guess_language(shares)
    models, missed = setup.resolve_models(asked.encoders, asked.transfer_from, asked.storage, language or "xx",
                                          asked.budget.seconds, stack)
    space, removed = asked.space.check(registry(), shares, language, models)
    models.check_place(space)
    clock.look()
    split = setup.split_rows(task, seed, None if asked.storage else asked.budget.seconds)
    texts = split.read(task.texts)
    characters = sum(map(len, texts))
    n_first_rows = setup.count_first_rows(characters, task, clock, pool)
    metric.check_defined(task.targets[split.rows], task.classes, "row that is searched on")
    storage = setup.open_storage(asked.storage, seed, metric, space, task, split, stack)
    # This is no daemon thread, as a process that ends while a library is being imported can crash.
    threading.Thread(target=models.read_ahead).start()
    pool.set_up(Setup(texts, task.targets, len(task.classes), split, metric, seed, asked.modules))
    read = clock.elapsed
    kept_in, experience = asked.experience or (None, None)
    learner, notes = setup.resolve_learner(asked.meta_learner, experience, task)
    warm_start = WarmStart.plan(learner, task, characters, space, models, clock, n_first_rows)
    summary = {**setup.summarize_task(task, split), "language": language}
    report = Report(status="running", task=summary, metric=metric.name, space=space.name, seed=seed,
                    workers=pool.size, budget=asdict(asked.budget), removed=(*removed, *missed),
                    findings=(*task.findings, *setup.note_cut_texts(split)),
                    seconds={"read": read, "describe": clock.elapsed - read}, warm_start=warm_start.summary,
                    notes=tuple(notes), drift=find_drift(task, seed, clock.remaining / clock.slowdown))
    guide = None
    if warm_start.posterior is not None and asked.sampler is None:
        guide = Guide(warm_start.posterior, space, seed, metric.best)
    proposer = Proposer(space, warm_start.configurations if guide is None else warm_start.without_suggestions(), seed,
                        asked.sampler, guide=guide, **({} if storage is None else storage.resumed))
    validation = setup.hold_out(task, split, metric, seed)
    result = Search(task, split, validation, proposer, warm_start, clock, pool,
                    SearchLog(report, clock, storage, asked.on_evaluation)).run()
    hold_models(result.chain)
    stack.close()  # The workers and the storage are not needed any more.
    members = result.configuration if isinstance(result.configuration, list) else [result.configuration]
    fitted = FittedPipeline.from_task(members, result.chain, result.decision, task, metric.name, seed)
    notes = [*result.report.notes, *models.notes(result.report.evaluations)]
    notes += [] if kept_in is None else setup.keep_experience(kept_in, task, result.report, warm_start.meta_features)
    baseline = summarize_baseline(evaluations_of_baseline(warm_start.baseline, space, result.report.evaluations),
                                  validation.targets, len(task.classes), metric)
    report = score_held_out(result.report.replace(notes=tuple(notes), baseline=baseline), fitted, task, metric,
                            clock.at_most(_INTERVAL, _LEAVING), clock.remaining - clock.stretched(_LEAVING))
    return TextPipeline.from_fitted(fitted, report.replace(seconds={**report.seconds, "total": clock.elapsed}))

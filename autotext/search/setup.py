"""What is prepared before a search begins: its models, its storage, its validation, and whether there is time for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autotext.components.catalog import select_from_catalog
from autotext.components.pretrained import PretrainedModels
from autotext.errors import BudgetError, describe_error
from autotext.fingerprint import fingerprint
from autotext.meta import Experience, ExperienceFolder, Hierarchical, MetaLearner, PriorTask, shipped_learner
from autotext.pipeline import TextPipeline
from autotext.pipeline.transfer import find_sources
from autotext.report import Report
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.clock import Clock
from autotext.search.storage import TRANSFER, Scope, Storage
from autotext.space import SearchSpace
from autotext.task import Split, Task, script_shares
from autotext.workers.pool import Pool

# Seconds that a linear model over words and characters takes to fit, for each character, and for each character and class.
_FIT_SECONDS, _FIT_SECONDS_OF_CLASS = 2.5e-7, 1.7e-8
_FEWEST_EVALUATIONS = 15
_SCRIPT_TEXTS, _SCRIPT_CHARACTERS = 2000, 10_000
# Characters of which words are counted in a second; the share of the time left in which the first pipeline is fitted, on fewer
# rows if need be; and the most and the fewest rows that it is fitted on.
_CHARACTERS_PER_SECOND = 5e6
_FIRST_SHARE = 0.5
_MOST_FIRST_ROWS, _LEAST_FIRST_ROWS = 2000, 200


def resolve_models(encoders: PretrainedModels | str, transfer_from: Sequence[TextPipeline | Path], storage: Path | None,
                   language: str, seconds: float | None, stack: ExitStack) -> tuple[PretrainedModels, list[str]]:
    """Find the pretrained models and earlier pipelines that a search may use, and name those that are not on this machine.

    Parameters
    ----------
    encoders : PretrainedModels or "auto"
        ``"auto"``: those of the catalog that suit the language and the seconds.
    transfer_from : sequence of TextPipeline or Path
    storage : Path or None
        Folder in which the search survives a kill; what it refers to is kept there, else in a temporary folder.
    language : str
    seconds : float or None
    stack : ExitStack
        Removes the temporary folder when it is closed.
    """
    models, missed = (encoders, []) if not isinstance(encoders, str) else select_from_catalog(language, seconds)
    if not transfer_from:
        return models, missed
    folder = (Path(stack.enter_context(TemporaryDirectory(prefix="autotext-", ignore_cleanup_errors=True)))
              if storage is None else storage / TRANSFER)
    return models.merge(find_sources(transfer_from, folder, frozen=not models)), missed


def resolve_learner(learner: str | MetaLearner | None, experience: Experience | None,
                    task: Task) -> tuple[MetaLearner | None, list[str]]:
    """Find the meta-learner of a search, let it learn from a user's searches, and say in a note if it cannot.

    Parameters
    ----------
    learner : str, MetaLearner or None
        Name of a registered one, a fitted one, or None. Where there is something to learn from, the default is the one that
        listens, as the portfolio cannot learn from it.
    experience : Experience or None
        What a user's searches found; what they found on exactly the rows of the task is not learned from, as chance would count
        twice.
    task : Task
    """
    experience = None if experience is None else experience.without_rows(task.fingerprint)
    has_experience = experience is not None and bool(experience.tasks)
    if isinstance(learner, str):
        learner = shipped_learner(Hierarchical.name if learner == "default" and has_experience else learner)
    if learner is None or experience is None or not has_experience:
        return learner, []
    extended = learner.extended(experience)
    cannot = f"{type(learner).__name__} does not learn from the searches in experience."
    return extended, [cannot] if extended is learner else []


def keep_experience(folder: ExperienceFolder, task: Task, report: Report, meta_features: Mapping[str, float]) -> list[str]:
    """Keep what a search found for later ones, and say in a note if that is not possible.

    Parameters
    ----------
    folder : ExperienceFolder
    task : Task
    report : Report
    meta_features : dict of str to float
        Of the task.
    """
    try:
        folder.add(PriorTask(task.name, task.name, task.fingerprint, report.metric, meta_features), report.evaluations)
    except OSError as error:
        return [f"What was found could not be kept in {str(folder.path)!r} for later searches: {describe_error(error)}."]
    return []


def open_storage(folder: Path | None, seed: int, metric: Metric, space: SearchSpace, task: Task, split: Split,
                 stack: ExitStack) -> Storage | None:
    """Open the storage of a search, and refuse it if it belongs to another one.

    Parameters
    ----------
    folder : Path or None
        Made if it does not exist.
    seed : int
    metric : Metric
    space : SearchSpace
        Checked for the task.
    task : Task
    split : Split
    stack : ExitStack
        Closes the storage when it is closed.

    Returns
    -------
    Storage or None
        None without a folder.

    Raises
    ------
    StorageError
        The folder holds a search with another seed, metric, space, task or split, or it cannot be used.
    """
    if folder is None:
        return None
    data = fingerprint([task.fingerprint, [fold.tolist() for fold in split.folds]])
    identity = {"seed": seed, "metric": metric.name, "task": f"{len(task)} rows, {data}",
                "space": f"{space.name}, {space.fingerprint}"}
    scope = Scope(space, tuple(map(len, split.folds)), len(task.classes), task.kind == "multilabel")
    return stack.enter_context(closing(Storage(folder, identity, scope)))


def find_scripts(task: Task) -> dict[str, float]:
    """Share of the letters of a task that belong to each script, told from the beginnings of some of its texts.

    Parameters
    ----------
    task : Task
    """
    return script_shares(text[:_SCRIPT_CHARACTERS] for text in task.texts[:_SCRIPT_TEXTS])


def split_rows(task: Task, seed: int, seconds: float | None) -> Split:
    """Split a task into folds, or into a holdout where a search of some seconds could only cross-validate few candidates.

    Parameters
    ----------
    task : Task
    seed : int
    seconds : float or None
        Budget of the search; None: without limit.
    """
    split = Split.make(task, seed)
    characters = sum(len(text) for text in split.read([task.texts[row] for row in split.rows]))
    evaluation = len(split.folds) * characters * (_FIT_SECONDS + _FIT_SECONDS_OF_CLASS * len(task.classes))
    if seconds is None or _FEWEST_EVALUATIONS * evaluation <= seconds:
        return split
    return Split.make(task, seed, holdout=True)


def hold_out(task: Task, split: Split, metric: Metric, seed: int) -> Validation:
    """Make the validation of the rows of a split that some fold holds out, apart from those that are always trained on.

    Parameters
    ----------
    task : Task
    split : Split
    metric : Metric
    seed : int

    Examples
    --------
    >>> task = Task.read(([f"text {number}" for number in range(40)], ["a", "b"] * 20))
    >>> validation = hold_out(task, Split.make(task, seed=0), Metric.named(None, task.kind), seed=0)
    >>> len(validation.targets), len(validation.folds)
    (40, 5)
    """
    targets = task.targets[split.rows[split.validation_rows]]
    return Validation(targets, split.validation_folds, len(task.classes), metric, seed)


def count_first_rows(characters: int, task: Task, clock: Clock, pool: Pool) -> int:
    """Count the rows that the first pipeline is fitted on, which are so few that it is ready in half of the time left.

    Parameters
    ----------
    characters : int
        Of all texts, as far as they are learned from.
    task : Task
    clock : Clock
    pool : Pool

    Raises
    ------
    BudgetError
        There is no time even for 200 rows. The message names a budget that is enough.
    """
    most = min(_MOST_FIRST_ROWS, len(task))
    if not clock.limited:
        return most
    start = pool.start_left(clock.slowdown)
    seconds_per_row = max(clock.slowdown * characters / len(task) / _CHARACTERS_PER_SECOND, 1e-9)
    n_rows = min(most, int(max(_FIRST_SHARE * (clock.remaining - start) / seconds_per_row, 0)))
    if n_rows < min(_LEAST_FIRST_ROWS, most):
        least = clock.elapsed + start + min(_LEAST_FIRST_ROWS, most) * seconds_per_row / _FIRST_SHARE + 1.0
        raise BudgetError(f"The budget is too small for {len(task):,} rows: reading them and fitting the cheapest pipeline "
                          f"takes about {least:.0f} seconds. Write budget={least + 4:.0f} or more.")
    return n_rows


def summarize_task(task: Task, split: Split) -> dict[str, Any]:
    """What a report says of a task: its name, its kind, and the numbers of its rows, folds and classes.

    Parameters
    ----------
    task : Task
    split : Split

    Examples
    --------
    >>> task = Task.read(([f"text {number}" for number in range(40)], ["a", "b"] * 20))
    >>> summary = summarize_task(task, Split.make(task, seed=0))
    >>> summary["rows"], summary["search_rows"], summary["folds"], summary["classes"]
    (40, 40, 5, 2)
    """
    return {"name": task.name, "fingerprint": task.fingerprint, "kind": task.kind, "rows": len(task),
            "search_rows": len(split.rows), "folds": len(split.folds), "holdout": split.holdout, "classes": len(task.classes)}


def note_cut_texts(split: Split) -> list[str]:
    """Lines for the report: one where texts are so long that the search reads only their beginnings, none otherwise.

    Parameters
    ----------
    split : Split
    """
    if split.characters is None:
        return []
    return [f"Texts are long: only the first {split.characters:,} characters of each are learned from; predict reads all."]

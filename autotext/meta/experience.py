"""Results of prior tasks, from which a meta-learner learns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.arguments import check_path
from autotext.errors import AutotextError, describe_error, shown
from autotext.fingerprint import fingerprint
from autotext.space import Scalar
from autotext.writing import write_file

FORMAT = 1
# No number of an experience is as large.
_MOST = 1e100
SHIPPED = Path(__file__).parent / "prior" / "experience.json"


@dataclass(frozen=True)
class PriorTask:
    """A prior task, on which configurations were evaluated.

    Parameters
    ----------
    name, family : str
        Tasks of one family share data, a source or a translation; a benchmark leaves out the family of its own task.
    fingerprint : str
        Fingerprint of the rows used.
    metric : str
        Name of the metric of the scores.
    meta_features : dict of str to float

    Examples
    --------
    >>> PriorTask("imdb", "imdb", "f1", "accuracy", {"log_rows": 10.1}).family
    'imdb'
    """

    name: str
    family: str
    fingerprint: str
    metric: str
    meta_features: Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """The result of one configuration on one prior task.

    Parameters
    ----------
    task, configuration : int
        Indices into the lists of an `Experience`.
    score : float or None
        Greater is better; None if the evaluation failed.
    seconds : float
        Wall-clock time of the evaluation, on the machine where it ran.

    Examples
    --------
    >>> Result(task=0, configuration=3, score=0.91, seconds=2.5).score
    0.91
    """

    task: int
    configuration: int
    score: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Experience:
    """Results of prior tasks: how well configurations did on them, and how long they took.

    Parameters
    ----------
    tasks : tuple of PriorTask
    configurations : tuple of dict of str to scalar
    results : tuple of Result
    versions : dict of str to str
        Packages with which the results were made.

    Examples
    --------
    >>> experience = Experience.shipped()
    >>> len(experience.without("clinc150").tasks) < len(experience.tasks)
    True
    >>> experience.scores.shape == experience.seconds.shape == (len(experience.tasks), len(experience.configurations))
    True
    """

    tasks: tuple[PriorTask, ...] = ()
    configurations: tuple[Mapping[str, Scalar], ...] = ()
    results: tuple[Result, ...] = ()
    versions: Mapping[str, str] | None = None

    @classmethod
    def shipped(cls) -> Experience:
        """Read the experience that comes with autotext."""
        return cls.read(SHIPPED)

    @classmethod
    def read(cls, path: str | Path) -> Experience:
        """Read experience from a file that `write` made.

        Raises
        ------
        AutotextError
            The file is missing, broken or of a newer format.
        """
        path = check_path(path, "path")
        try:
            document = json.loads(path.read_text("utf-8"))
            if document["format"] > FORMAT:
                raise AutotextError(f"{path}: format {document['format']}; this autotext reads up to {FORMAT}.")
            _check_content(document)
            return cls(tuple(PriorTask(**task) for task in document["tasks"]), tuple(document["configurations"]),
                       tuple(Result(*cell) for cell in document["results"]), document["versions"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = f"there is no {error}" if isinstance(error, KeyError) else describe_error(error)
            raise AutotextError(f"Cannot read the experience in {str(path)!r}: {reason}. It is not as autotext writes it: move "
                                "it elsewhere, or export it anew.") from error

    def write(self, path: str | Path) -> None:
        """Write to a JSON file; the same content gives the same bytes."""
        lines = [f'"format": {FORMAT}', f'"versions": {json.dumps(self.versions or {}, sort_keys=True)}']
        tables: dict[str, list[Any]] = {
            "tasks": [{**vars(task), "meta_features": dict(task.meta_features)} for task in self.tasks],
            "configurations": [dict(values) for values in self.configurations],
            "results": [[cell.task, cell.configuration, cell.score, cell.seconds] for cell in self.results]}
        for name, rows in tables.items():
            body = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=True) for row in rows)
            lines.append(f'"{name}": [\n{body}\n]')
        write_file(check_path(path, "path"), ("{" + ",\n".join(lines) + "}\n").encode())

    def merge(self, *others: Experience) -> Experience:
        """Put further experience beside this one; tasks are the same if their rows are, and later results replace earlier ones.

        Examples
        --------
        >>> shipped = Experience.shipped()
        >>> len(shipped.merge(shipped).results) == len(shipped.results)
        True
        """
        tasks: dict[tuple[str, str], PriorTask] = {}
        configurations: dict[str, Mapping[str, Scalar]] = {}
        cells: dict[tuple[tuple[str, str], str], Result] = {}
        for part in (self, *others):
            keys = [(task.fingerprint, task.metric) for task in part.tasks]
            names = [fingerprint(dict(values)) for values in part.configurations]
            for key, task in zip(keys, part.tasks, strict=True):
                # A task that came without a name keeps the one that is known.
                if key not in tasks or task.name != task.fingerprint:
                    tasks[key] = task
            configurations.update(zip(names, part.configurations, strict=True))
            cells.update({(keys[cell.task], names[cell.configuration]): cell for cell in part.results})
        task_place = {key: place for place, key in enumerate(tasks)}
        configuration_place = {name: place for place, name in enumerate(configurations)}
        results = tuple(replace(cell, task=task_place[key], configuration=configuration_place[name])
                        for (key, name), cell in cells.items())
        return Experience(tuple(tasks.values()), tuple(configurations.values()), results, self.versions)

    def without(self, *families: str) -> Experience:
        """Copy the experience without the tasks of some families."""
        return self._of_tasks([task.family not in families for task in self.tasks])

    def without_rows(self, task_fingerprint: str) -> Experience:
        """Copy the experience without tasks that have exactly the rows of a fingerprint."""
        return self._of_tasks([task.fingerprint != task_fingerprint for task in self.tasks])

    def _of_tasks(self, wanted: Sequence[bool]) -> Experience:
        remaining = [number for number, is_wanted in enumerate(wanted) if is_wanted]
        place = {number: new for new, number in enumerate(remaining)}
        results = tuple(Result(place[cell.task], cell.configuration, cell.score, cell.seconds)
                        for cell in self.results if cell.task in place)
        return Experience(tuple(self.tasks[number] for number in remaining), self.configurations, results, self.versions)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Scores, of shape (n_tasks, n_configurations); -inf where an evaluation failed, NaN where there was none."""
        table = np.full((len(self.tasks), len(self.configurations)), np.nan)
        for cell in self.results:
            table[cell.task, cell.configuration] = -np.inf if cell.score is None else cell.score
        return table

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds of the evaluations, of shape (n_tasks, n_configurations); NaN where there was none."""
        table = np.full((len(self.tasks), len(self.configurations)), np.nan)
        for cell in self.results:
            table[cell.task, cell.configuration] = cell.seconds
        return table

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the content."""
        return fingerprint([[vars(task) | {"meta_features": dict(task.meta_features)} for task in self.tasks],
                            [dict(values) for values in self.configurations],
                            [[cell.task, cell.configuration, cell.score, cell.seconds] for cell in self.results]])


def _check_content(document: Mapping[str, Any]) -> None:
    """Refuse what no `Experience` wrote, as such a file may come from others."""
    for task in document["tasks"]:
        if (not all(isinstance(task[name], str) for name in ("name", "family", "fingerprint", "metric"))
                or not all(map(_is_number, dict(task["meta_features"]).values()))):
            raise ValueError(f"a prior task cannot be {shown(task)}")
    for values in document["configurations"]:
        named = isinstance(values["features"], str) and isinstance(values["model"], str)
        if not named or not all(isinstance(value, str | bool) or _is_number(value) for value in values.values()):
            raise ValueError(f"a configuration cannot be {shown(values)}")
    sizes = len(document["tasks"]), len(document["configurations"])
    for cell in document["results"]:
        task, configuration, score, seconds = cell
        places = type(task) is type(configuration) is int and 0 <= task < sizes[0] and 0 <= configuration < sizes[1]
        if not places or not (score is None or _is_number(score)) or not _is_number(seconds) or seconds < 0:
            raise ValueError(f"a result cannot be {shown(cell)}")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _MOST


def merge_records(records: Sequence[Mapping[str, Any]]) -> Experience:
    """Merge recorded lines into experience, which is the same for any order of the lines.

    Parameters
    ----------
    records : sequence of dict
        ``{"task": {...}}`` describes a task; ``{"task_name", "configuration", "score", "seconds"}`` is a result.

    Returns
    -------
    Experience

    Examples
    --------
    >>> task = {"name": "mails", "family": "mails", "fingerprint": "f0", "metric": "accuracy", "meta_features": {}}
    >>> result = {"task_name": "mails", "configuration": {"model": "ridge"}, "score": 0.9, "seconds": 1.5}
    >>> merge_records([result, {"task": task}]).results
    (Result(task=0, configuration=0, score=0.9, seconds=1.5),)
    """
    tasks = sorted((PriorTask(**record["task"]) for record in records if "task" in record), key=lambda task: task.name)
    results = [record for record in records if "task_name" in record]
    distinct = {fingerprint(dict(record["configuration"])): record["configuration"] for record in results}
    configurations = {name: number for number, name in enumerate(sorted(distinct))}
    place = {task.name: number for number, task in enumerate(tasks)}
    cells = {(place[record["task_name"]], configurations[fingerprint(dict(record["configuration"]))]): record
             for record in results if record["task_name"] in place}
    versions: Mapping[str, str] = next((record["versions"] for record in records if "versions" in record), {})
    rounded = tuple(Result(task, configuration, None if record["score"] is None else round(record["score"], 5),
                           round(record["seconds"], 3)) for (task, configuration), record in sorted(cells.items()))
    return Experience(tuple(tasks), tuple(distinct[name] for name in configurations), rounded, versions)

"""Results of prior tasks, from which a meta-learner learns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.arguments import check_path
from autotext.errors import AutotextError, describe_error
from autotext.fingerprint import fingerprint
from autotext.space import Scalar
from autotext.writing import write_file

FORMAT = 1
SHIPPED = Path(__file__).parent / "prior" / "experience.json"


@dataclass(frozen=True)
class PriorTask:
    """A task on which configurations were evaluated.

    Parameters
    ----------
    name, family : str
        Tasks of one family share data, a source or a translation; what is measured never meets its own family.
    fingerprint : str
        Of the rows used.
    metric : str
    meta_features : dict of str to float
    """

    name: str
    family: str
    fingerprint: str
    metric: str
    meta_features: Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """One configuration on one prior task; `score` is None if it did not end well.

    Parameters
    ----------
    task, configuration : int
        Places in the lists of an `Experience`.
    score : float or None
        Greater is better.
    seconds : float
        Of the evaluation, on the machine where it ran.
    """

    task: int
    configuration: int
    score: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Experience:
    """A collection of results: which configurations did how well on which tasks.

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
    """

    tasks: tuple[PriorTask, ...] = ()
    configurations: tuple[Mapping[str, Scalar], ...] = ()
    results: tuple[Result, ...] = ()
    versions: Mapping[str, str] | None = None

    @classmethod
    def shipped(cls) -> Experience:
        """What comes with autotext."""
        return cls.read(SHIPPED)

    @classmethod
    def read(cls, path: str | Path) -> Experience:
        """Experience from a file that `write` made.

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
            return cls(tuple(PriorTask(**task) for task in document["tasks"]), tuple(document["configurations"]),
                       tuple(Result(*cell) for cell in document["results"]), document["versions"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AutotextError(f"Cannot read the experience in {str(path)!r}: {describe_error(error)}.") from error

    def write(self, path: str | Path) -> None:
        """Write to a file, the same bytes for the same content."""
        lines = [f'"format": {FORMAT}', f'"versions": {json.dumps(self.versions or {}, sort_keys=True)}']
        tables: dict[str, list[Any]] = {
            "tasks": [{**vars(task), "meta_features": dict(task.meta_features)} for task in self.tasks],
            "configurations": [dict(values) for values in self.configurations],
            "results": [[cell.task, cell.configuration, cell.score, cell.seconds] for cell in self.results]}
        for name, rows in tables.items():
            body = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=True) for row in rows)
            lines.append(f'"{name}": [\n{body}\n]')
        write_file(check_path(path, "path"), ("{" + ",\n".join(lines) + "}\n").encode())

    def without(self, *families: str) -> Experience:
        """The experience that is left when all tasks of some families are taken away."""
        kept = [number for number, task in enumerate(self.tasks) if task.family not in families]
        place = {number: new for new, number in enumerate(kept)}
        results = tuple(Result(place[cell.task], cell.configuration, cell.score, cell.seconds)
                        for cell in self.results if cell.task in place)
        return Experience(tuple(self.tasks[number] for number in kept), self.configurations, results, self.versions)

    def without_task(self, task_fingerprint: str) -> Experience:
        """The experience without the families of any task that has exactly these rows."""
        return self.without(*{task.family for task in self.tasks if task.fingerprint == task_fingerprint})

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Scores, shape (n_tasks, n_configurations); -inf where one failed, NaN where it was not tried."""
        table = np.full((len(self.tasks), len(self.configurations)), np.nan)
        for cell in self.results:
            table[cell.task, cell.configuration] = -np.inf if cell.score is None else cell.score
        return table

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds, shape (n_tasks, n_configurations); NaN where it was not tried."""
        table = np.full((len(self.tasks), len(self.configurations)), np.nan)
        for cell in self.results:
            table[cell.task, cell.configuration] = cell.seconds
        return table

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the content."""
        return fingerprint([[vars(task) | {"meta_features": dict(task.meta_features)} for task in self.tasks],
                            [dict(values) for values in self.configurations],
                            [[cell.task, cell.configuration, cell.score, cell.seconds] for cell in self.results]])


def merge_records(records: Sequence[Mapping[str, Any]]) -> Experience:
    """Experience from recorded lines, the same for the same lines in any order.

    Parameters
    ----------
    records : sequence of dict
        ``{"task": {...}}`` describes a task; ``{"task_name", "configuration", "score", "seconds"}`` is a result.

    Returns
    -------
    Experience
    """
    tasks = sorted((PriorTask(**record["task"]) for record in records if "task" in record), key=lambda task: task.name)
    results = [record for record in records if "task_name" in record]
    known = {fingerprint(dict(record["configuration"])): record["configuration"] for record in results}
    configurations = {name: number for number, name in enumerate(sorted(known))}
    place = {task.name: number for number, task in enumerate(tasks)}
    cells = {(place[record["task_name"]], configurations[fingerprint(dict(record["configuration"]))]): record
             for record in results if record["task_name"] in place}
    versions: Mapping[str, str] = next((record["versions"] for record in records if "versions" in record), {})
    found = tuple(Result(task, configuration, None if record["score"] is None else round(record["score"], 5),
                         round(record["seconds"], 3)) for (task, configuration), record in sorted(cells.items()))
    return Experience(tuple(tasks), tuple(known[name] for name in configurations), found, versions)

"""Scores of arms on tasks, each the mean over seeds, where the floor of its task stands in for a run without a score."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from autotext.benchmark.lines import Line, arm_label
from autotext.scoring.metrics import KINDS

Key = TypeVar("Key", str, int)

# Statuses of runs that say nothing about an arm.
_NOT_TRIED = ("abstained", "unavailable")
# Decimals of means, so that equal scores tie in whatever order they were added up.
_DECIMALS = 12


@dataclass(frozen=True)
class GridTask:
    """What is the same for all runs on a task.

    Parameters
    ----------
    name, family, language, kind, metric : str
    floor : float
        Score of always answering the most frequent label, the mean over seeds.
    n_seeds : int
        Number of seeds that any arm ran with.
    """

    name: str
    family: str
    language: str
    kind: str
    metric: str
    floor: float
    n_seeds: int


@dataclass(frozen=True)
class Grid:
    """Scores of arms on tasks.

    Parameters
    ----------
    tasks : tuple of GridTask
        Sorted by name.
    arms : tuple of str
        Sorted; see `arm_label`.
    scores : array of shape (n_tasks, n_arms)
        Means over the seeds of each task.
    seeds : int array of shape (n_tasks, n_arms)
        Number of runs that have a score.
    reasons : dict of (str, str) to str
        By task and arm, why runs have no score. Such a run counts as the floor of its task, or as the worst score of the arm
        there if that is lower, so that no score rises by a failure.
    left_out : dict of str to str
        Arms that were not tried on any of the tasks, and why.

    Examples
    --------
    >>> line = {"task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "arm": "majority", "encoder": "",
    ...         "seed": 0, "status": "ok", "error": "", "metric": "accuracy", "score": 0.2, "floor": 0.2}
    >>> grid = Grid.from_lines([line, {**line, "seed": 1}, {**line, "arm": "tfidf_lr", "score": 0.9}])
    >>> grid.arms, grid.scores.tolist(), grid.reasons
    (('majority', 'tfidf_lr'), [[0.2, 0.55]], {('snips', 'tfidf_lr'): 'not run (seed 1)'})
    """

    tasks: tuple[GridTask, ...]
    arms: tuple[str, ...]
    scores: NDArray[np.float64]
    seeds: NDArray[np.int64]
    reasons: Mapping[tuple[str, str], str]
    left_out: Mapping[str, str]

    @classmethod
    def from_lines(cls, lines: Iterable[Line], kinds: Sequence[str] = KINDS) -> Grid:
        """Arrange lines as a grid.

        Parameters
        ----------
        lines : iterable of dict
            Of the same limits, no two of the same run; each task has a floor and a metric.
        kinds : sequence of str, optional
            Kinds of tasks that it is restricted to.
        """
        lines = [line for line in lines if line["kind"] in kinds]
        by_arm = grouped(lines, arm_label)
        left_out = {arm: _without_repeats(map(reason_of, mine)) for arm, mine in by_arm.items()
                    if all(line["status"] in _NOT_TRIED for line in mine)}
        arms = tuple(arm for arm in by_arm if arm not in left_out)
        by_task = grouped([line for line in lines if arm_label(line) in arms], lambda line: str(line["task"]))
        cells = [[_cell(on_task, arm) for arm in arms] for on_task in by_task.values()]
        reasons = {(task, arm): reason for task, row in zip(by_task, cells, strict=True)
                   for arm, (_, _, reason) in zip(arms, row, strict=True) if reason}
        values = np.array([[cell[:2] for cell in row] for row in cells], dtype=float).reshape(len(by_task), len(arms), 2)
        return cls(tuple(_task(name, on_task) for name, on_task in by_task.items()), arms, values[:, :, 0],
                   values[:, :, 1].astype(int), reasons, left_out)

    def select(self, arms: Sequence[str]) -> Grid:
        """The same scores of some of the arms.

        Parameters
        ----------
        arms : sequence of str
            In the order that they are to have.
        """
        places = [self.arms.index(arm) for arm in arms]
        reasons = {place: reason for place, reason in self.reasons.items() if place[1] in arms}
        return Grid(self.tasks, tuple(arms), self.scores[:, places], self.seeds[:, places], reasons, {})


def floors_of(on_task: Iterable[Line]) -> dict[int, float]:
    """Floor of a task by seed; where no line of a seed has it, the mean of those of other seeds.

    Parameters
    ----------
    on_task : iterable of dict
        Lines of the task.

    Examples
    --------
    >>> floors_of([{"seed": 0, "floor": 0.25}, {"seed": 1, "floor": 0.75}, {"seed": 2, "floor": None}])
    {0: 0.25, 1: 0.75, 2: 0.5}
    """
    by_seed = grouped(on_task, lambda line: int(line["seed"]))
    floors = {seed: min(values) for seed, mine in by_seed.items()
              if (values := [line["floor"] for line in mine if line["floor"] is not None])}
    return {seed: floors[seed] if seed in floors else average(list(floors.values())) for seed in by_seed} if floors else {}


def grouped(lines: Iterable[Line], key: Callable[[Line], Key]) -> dict[Key, list[Line]]:
    """Lines by a key, which is sorted.

    Parameters
    ----------
    lines : iterable of dict
    key : callable

    Examples
    --------
    >>> grouped([{"seed": 1}, {"seed": 0}, {"seed": 1}], lambda line: line["seed"])
    {0: [{'seed': 0}], 1: [{'seed': 1}, {'seed': 1}]}
    """
    groups: dict[Key, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return dict(sorted(groups.items()))


def average(values: Sequence[float]) -> float:
    """Mean that does not depend on the order of the values.

    Parameters
    ----------
    values : sequence of float

    Examples
    --------
    >>> average([0.1, 0.2, 0.6]) == average([0.6, 0.2, 0.1])
    True
    """
    return round(math.fsum(values) / len(values), _DECIMALS)


def reason_of(line: Line) -> str:
    """Why a run has no score: its status, and the error if there was one.

    Parameters
    ----------
    line : dict

    Examples
    --------
    >>> reason_of({"status": "failed", "error": "out of labels"})
    'failed: out of labels'
    """
    return f"{line['status']}: {line['error']}" if line["error"] else str(line["status"])


def _task(name: str, on_task: Sequence[Line]) -> GridTask:
    # Sorted, so that nothing depends on the order of lines where these contradict each other.
    first = {field: min(str(line[field]) for line in on_task if line[field] is not None)
             for field in ("family", "language", "kind", "metric")}
    floors = floors_of(on_task)
    return GridTask(name, **first, floor=average(list(floors.values())), n_seeds=len(floors))


def _cell(on_task: Sequence[Line], arm: str) -> tuple[float, int, str]:
    """Score of an arm on a task, the number of runs that have one, and why others have none."""
    floors = floors_of(on_task)
    lines = {line["seed"]: line for line in on_task if arm_label(line) == arm}
    scored = {seed: float(line["score"]) for seed, line in lines.items() if line["status"] == "ok"}
    worst = min(scored.values(), default=math.inf)
    values = [scored[seed] if seed in scored else min(floor, worst) for seed, floor in floors.items()]
    seeds_of: dict[str, list[int]] = {}
    for seed in floors.keys() - scored.keys():
        seeds_of.setdefault(reason_of(lines[seed]) if seed in lines else "not run", []).append(seed)
    reasons = [f"{reason} (seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, sorted(seeds)))})"
               if len(seeds) < len(floors) else reason for reason, seeds in sorted(seeds_of.items())]
    return average(values), len(scored), "; ".join(reasons)


def _without_repeats(texts: Iterable[str]) -> str:
    return "; ".join(sorted(set(texts)))

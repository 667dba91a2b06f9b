"""Comparison of the arms of a benchmark: a table for each group of tasks and arms, with ranks, tests, ratings and costs."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autotext.benchmark import statistics
from autotext.benchmark.anytime import Anytime, anytime, by_budget
from autotext.benchmark.grid import Grid
from autotext.benchmark.lines import Limits, Line, arm_label, checked_lines, read_lines
from autotext.benchmark.notes import notes_on_limits, notes_on_runs, notes_on_table
from autotext.benchmark.selection import choose_limits, last_runs, on_same_rows
from autotext.errors import BenchmarkError, suggestion

GROUPS: Mapping[str, tuple[str, ...]] = {"Single-label tasks": ("binary", "multiclass"), "Multi-label tasks": ("multilabel",)}
"""Kinds of tasks that are compared apart from others."""
COSTS = ("fit_seconds", "overrun", "worst_overrun", "peak_mib", "texts_per_second", "artifact_mb")
"""Costs of an arm: medians, and the worst overrun. An overrun is the time of a fit as a multiple of the budget."""

# Runs whose costs count: what a failed one took says nothing about the arm.
_COMPLETE = ("ok", "timeout")

Interval = tuple[float, float, float]


class AgainstBest(NamedTuple):
    """An arm against the best of others on each task.

    Parameters
    ----------
    share : float
        Share of tasks on which it is above the best of the others.
    points : float
        Mean difference in points, which are hundredths of a score.
    low, high : float
        Ends of the 95 % interval of the difference, from a bootstrap over families.
    n_tasks : int
    """

    share: float
    points: float
    low: float
    high: float
    n_tasks: int


@dataclass(frozen=True)
class Table:
    """Some arms on some tasks.

    Parameters
    ----------
    title : str
    arms : tuple of str
        Sorted by mean rank.
    arm_kinds : dict of str to str
        ``"system"`` or ``"model"``, by arm.
    tasks : tuple of str
    families, languages, metrics : dict of str to str
        By task.
    floors : dict of str to float
        By task, the score of always answering the most frequent label.
    scores : array of shape (n_tasks, n_arms)
        Means over seeds; see `Grid` for what counts where a run has no score.
    seeds : int array of shape (n_tasks, n_arms)
        Number of runs that have a score.
    n_seeds : dict of str to int
        By task, the number of runs that each arm should have.
    reasons : dict of (str, str) to str
        By task and arm, why runs have no score.
    ranks : array of shape (n_arms,)
        Mean ranks; ties are averaged.
    friedman_p, critical_difference : float or None
        P-value of the Friedman test, and critical difference of the Nemenyi test.
    cliques : tuple of tuples of str
        Arms that are not told apart. All of them, where the Friedman test does not reject that they are alike.
    pairwise_p : array of shape (n_arms, n_arms)
        P-values of Wilcoxon signed-rank tests, adjusted by Holm's method.
    elo, improvability, means : dict of str to (float, float, float)
        By arm, value and 95 % interval, whose ends are NaN where there are too few families. The first two are empty without
        bencheval, and Elo where there is only one arm.
    wins : int array of shape (n_arms, n_arms, 3)
        Tasks on which an arm is above, equal to and below another one.
    costs : dict of str to dict of str to (float or None)
        By arm and name; see `COSTS`.
    statuses : dict of str to dict of str to int
        By arm, how its runs ended.

    Examples
    --------
    >>> line = {"version": 1, "task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "fingerprint": "aa",
    ...         "arm": "autotext", "arm_kind": "system", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1, "status": "ok",
    ...         "metric": "accuracy", "score": 0.95, "floor": 0.2}
    >>> lines = [line, {**line, "arm": "tfidf_lr", "score": 0.9}, {**line, "arm": "majority", "score": 0.2}]
    >>> table = Comparison.from_lines(lines).tables[0]
    >>> table.arms, table.ranks.tolist(), round(table.against_best("autotext").points)
    (('autotext', 'tfidf_lr', 'majority'), [1.0, 2.0, 3.0], 5)
    """

    title: str
    arms: tuple[str, ...]
    arm_kinds: Mapping[str, str]
    tasks: tuple[str, ...]
    families: Mapping[str, str]
    languages: Mapping[str, str]
    metrics: Mapping[str, str]
    floors: Mapping[str, float]
    scores: NDArray[np.float64]
    seeds: NDArray[np.int64]
    n_seeds: Mapping[str, int]
    reasons: Mapping[tuple[str, str], str]
    ranks: NDArray[np.float64]
    friedman_p: float | None
    critical_difference: float | None
    cliques: tuple[tuple[str, ...], ...]
    pairwise_p: NDArray[np.float64]
    elo: Mapping[str, Interval]
    improvability: Mapping[str, Interval]
    means: Mapping[str, Interval]
    wins: NDArray[np.int64]
    costs: Mapping[str, Mapping[str, float | None]]
    statuses: Mapping[str, Mapping[str, int]]

    @property
    def imputed(self) -> NDArray[np.bool_]:
        """Which scores, of shape (n_tasks, n_arms), count a floor for any run without a score."""
        return self.seeds < np.array([self.n_seeds[task] for task in self.tasks], dtype=int)[:, None]

    @property
    def bests(self) -> NDArray[np.bool_]:
        """Which scores, of shape (n_tasks, n_arms), are the best of their task."""
        return np.asarray(self.scores == self.scores.max(axis=1, keepdims=True))

    def against_best(self, arm: str, others: Sequence[str] | None = None) -> AgainstBest | None:
        """Compare an arm with the best of others on each task, which need not be the same on all.

        Parameters
        ----------
        arm : str
        others : sequence of str, optional
            None: its peers, which are all arms whose name does not begin with ``autotext``.

        Returns
        -------
        AgainstBest or None
            None: there are no others.

        Raises
        ------
        BenchmarkError
            An arm is not in the table.
        """
        others = [name for name in self.arms if not name.startswith("autotext")] if others is None else others
        for name in (arm, *others):
            if name not in self.arms:
                raise BenchmarkError(f"{name!r} is no arm of {self.title!r}.{suggestion(name, self.arms)}")
        columns = [self.arms.index(name) for name in others if name != arm]
        if not columns:
            return None
        differences = (self.scores[:, self.arms.index(arm)] - self.scores[:, columns].max(axis=1)).round(10)
        families = [self.families[task] for task in self.tasks]
        points, low, high = statistics.family_interval(100 * differences[:, None], families)[0].tolist()
        return AgainstBest(float((differences > 0).mean()), points, low, high, len(self.tasks))


@dataclass(frozen=True)
class Comparison:
    """Everything that the runs of a benchmark with the same limits tell.

    Parameters
    ----------
    suites : tuple of str
    limits : Limits
    other_limits : tuple of Limits
        Those of other runs, which could be compared instead.
    tables : tuple of Table
        For each of `GROUPS`. Where some arms have an encoder and others do not, each of both is compared, and then all arms.
    lines : tuple of dict
        Lines that are compared.
    notes : tuple of str
        What a reader must know about the runs.
    anytime : Anytime
    by_budget : dict of str to dict of str to tuple of (float, float)
        By group and arm, mean scores at each budget in seconds, if there are several.

    Examples
    --------
    >>> line = {"version": 1, "task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "fingerprint": "aa",
    ...         "arm": "tfidf_lr", "arm_kind": "model", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1, "status": "ok",
    ...         "metric": "accuracy", "score": 0.9, "floor": 0.2}
    >>> compared = Comparison.from_lines([line, {**line, "arm": "flaml", "status": "timeout", "score": None}])
    >>> [table.title for table in compared.tables], str(compared.limits)
    (['Single-label tasks'], '60 s on 1 core')
    >>> for note in compared.notes:
    ...     print(note)
    flaml: runs without a score: 1 of 1 ('snips, seed 0: timeout').
    Single-label tasks: scores that count the floor of their task for runs without a score: 1 of 2.
    """

    suites: tuple[str, ...]
    limits: Limits
    other_limits: tuple[Limits, ...]
    tables: tuple[Table, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    anytime: Anytime
    by_budget: Mapping[str, Mapping[str, tuple[tuple[float, float], ...]]]

    @classmethod
    def read(cls, path: Path, seconds: float | None = None, trials: int | None = None, cpus: int | None = None,
             rows: int | None = None) -> Comparison:
        """Compare the runs of a file.

        Parameters
        ----------
        path : Path
            A file of lines, such as ``runs.jsonl`` in the folder of a benchmark.
        seconds, trials, cpus, rows : float or int, optional
            Limits of the runs; the largest are compared where they are not given. See `choose_limits`.

        Raises
        ------
        BenchmarkError
            The file cannot be read, a line is malformed, or there is nothing to compare.
        """
        lines, notes = read_lines(path)
        return cls.from_lines(lines, choose_limits(lines, seconds, trials, cpus, rows), notes)

    @classmethod
    def from_lines(cls, lines: Iterable[Line], limits: Limits | None = None, notes: Sequence[str] = ()) -> Comparison:
        """Compare runs.

        Parameters
        ----------
        lines : iterable of dict
        limits : Limits, optional
            None: the largest that any run has.
        notes : sequence of str, optional
            What is already to be said about the lines.

        Raises
        ------
        BenchmarkError
            A line is malformed, or there is nothing to compare.
        """
        runs, repeated = last_runs(checked_lines(lines))
        limits = choose_limits(runs) if limits is None else limits
        by_limits = {other: on_same_rows([line for line in runs if Limits.from_line(line) == other])
                     for other in sorted(set(map(Limits.from_line, runs)), key=lambda other: other.size)}
        compared, set_aside = by_limits[limits]
        tables, on_tables = _tables(compared)
        alike = {other: mine for other, (mine, _) in by_limits.items() if other[1:] == limits[1:]}
        counts = Counter(map(Limits.from_line, runs))
        return cls(tuple(sorted({str(line["suite"]) for line in compared if line["suite"]})), limits,
                   tuple(other for other in by_limits if other != limits), tables, tuple(compared),
                   (*notes, *repeated, *notes_on_limits(counts, limits), *set_aside, *notes_on_runs(compared), *on_tables),
                   anytime(compared), {title: points for title, kinds in GROUPS.items() if (points := by_budget(alike, kinds))})


def _tables(lines: Sequence[Line]) -> tuple[tuple[Table, ...], list[str]]:
    tables, notes = [], []
    for group, kinds in GROUPS.items():
        on_kinds = [line for line in lines if line["kind"] in kinds]
        encoded, others = ([line for line in on_kinds if bool(line["encoder"]) is has] for has in (True, False))
        halves = [(f"{group}, without an encoder", others), (f"{group}, with an encoder", encoded)]
        for title, mine in (*(halves if encoded and others else ()), (group, on_kinds)):
            grid = Grid.from_lines(mine)
            # All arms are in the table of the whole group, so that of a half tells nothing of an arm that is alone there.
            if grid.tasks and (title == group or len(grid.arms) > 1):
                tables.append(_table(title, grid, mine))
                notes += notes_on_table(tables[-1])
        notes += _notes_on_left_out(group, Grid.from_lines(on_kinds), {arm_label(line) for line in lines})
    if tables and not tables[0].improvability:
        notes.append('Elo and improvability are missing: pip install "autotext[benchmark]".')
    return tuple(tables), notes


def _notes_on_left_out(group: str, grid: Grid, arms: Iterable[str]) -> list[str]:
    if not grid.arms and not grid.left_out:
        return []
    not_run = {arm: "not run" for arm in arms if arm not in grid.arms and arm not in grid.left_out}
    return [f"{group}: {arm} is left out: {why}." for arm, why in sorted({**grid.left_out, **not_run}.items())]


def _table(title: str, grid: Grid, lines: Sequence[Line]) -> Table:
    ranks = statistics.mean_ranks(grid.scores)
    order = sorted(range(len(grid.arms)), key=lambda number: (ranks[number], grid.arms[number]))
    grid, ranks = grid.select([grid.arms[number] for number in order]), ranks[order]
    arms, scores, names = grid.arms, grid.scores, [task.name for task in grid.tasks]
    families = [task.family for task in grid.tasks]
    p_value, difference = statistics.friedman_p(scores), statistics.critical_difference(len(arms), len(names))
    # Arms are told apart only if the test of all of them says that they differ.
    differs = difference is not None and (p_value is None or p_value < statistics.ALPHA)
    groups = statistics.cliques(ranks, difference if difference is not None and differs else np.inf)
    mine = {arm: [line for line in lines if arm_label(line) == arm] for arm in arms}
    return Table(
        title, arms, {arm: str(mine[arm][0]["arm_kind"]) for arm in arms}, tuple(names),
        dict(zip(names, families, strict=True)), {task.name: task.language for task in grid.tasks},
        {task.name: task.metric for task in grid.tasks}, {task.name: task.floor for task in grid.tasks}, scores, grid.seeds,
        {task.name: task.n_seeds for task in grid.tasks}, grid.reasons, ranks, p_value, difference,
        tuple(tuple(arms[number] for number in group) for group in groups), statistics.pairwise_p(scores),
        *_rated(grid, families), _by_arm(arms, statistics.family_interval(scores, families)), statistics.wins(scores),
        {arm: _costs(mine[arm]) for arm in arms}, {arm: dict(Counter(line["status"] for line in mine[arm])) for arm in arms})


def _rated(grid: Grid, families: Sequence[str]) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Elo and improvability, as far as they can be had."""
    errors = statistics.errors_of(grid.scores, [task.metric for task in grid.tasks])
    if importlib.util.find_spec("bencheval") is None:
        return {}, {}
    elo = _by_arm(grid.arms, statistics.elo(errors, families)) if len(grid.arms) > 1 else {}
    return elo, _by_arm(grid.arms, statistics.improvability(errors, families))


def _by_arm(arms: Sequence[str], intervals: NDArray[np.float64]) -> dict[str, Interval]:
    return {arm: (value, low, high) for arm, (value, low, high) in zip(arms, intervals.tolist(), strict=True)}


def _costs(lines: Sequence[Line]) -> dict[str, float | None]:
    complete = [line for line in lines if line["status"] in _COMPLETE]
    costs = {name: [float(line[name]) for line in complete if line[name] is not None]
             for name in ("fit_seconds", "peak_mib", "texts_per_second", "artifact_mb")}
    # A model takes the time that it takes, so it has no budget to overrun.
    costs["overrun"] = [line["fit_seconds"] / line["seconds"] for line in complete
                        if line["arm_kind"] == "system" and line["seconds"] and line["fit_seconds"] is not None]
    medians = {name: float(np.median(values)) if values else None for name, values in costs.items()}
    return {name: max(costs["overrun"], default=None) if name == "worst_overrun" else medians[name] for name in COSTS}

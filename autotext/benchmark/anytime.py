"""Scores against time: what systems had reached after so many seconds, and what they reach with smaller and larger budgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autotext.benchmark.grid import Grid, average
from autotext.benchmark.lines import Limits, Line, arm_label

_N_POINTS, _FIRST = 60, 0.1


class Anytime(NamedTuple):
    """Best validation scores so far, at seconds that are the same for all arms and tasks.

    Each arm validates in a way of its own, so these curves tell when it stops to improve rather than which arm is better.

    Parameters
    ----------
    seconds : array of shape (n_points,)
        In geometric progression; empty if no run left a curve.
    curves : dict of (str, str) to array of shape (n_points,)
        By task and arm, the mean over its runs; NaN until each of them has a score.
    """

    seconds: NDArray[np.float64]
    curves: Mapping[tuple[str, str], NDArray[np.float64]]


def anytime(lines: Iterable[Line]) -> Anytime:
    """Bring the curves of runs to the same seconds.

    Parameters
    ----------
    lines : iterable of dict

    Examples
    --------
    >>> line = {"task": "snips", "arm": "autotext", "encoder": "", "curve": [[1.0, 0.5], [10.0, 0.75]]}
    >>> reached = anytime([line])
    >>> reached.seconds[[0, -1]].tolist(), reached.curves["snips", "autotext"][[0, -2, -1]].tolist()
    ([1.0, 10.0], [0.5, 0.5, 0.75])
    """
    curves: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for line in lines:
        if line["curve"]:
            points = np.array(sorted(line["curve"]), dtype=float)
            curves.setdefault((str(line["task"]), arm_label(line)), []).append(points)
    if not curves:
        return Anytime(np.array([]), {})
    moments = np.concatenate([points[:, 0] for runs in curves.values() for points in runs])
    first = max(_FIRST, float(moments.min()))
    # The ends as they are, since their logarithms are rounded.
    seconds = np.geomspace(first, max(first, float(moments.max())), _N_POINTS)
    return Anytime(seconds, {place: np.mean([_reached(points, seconds) for points in _ordered(runs)], axis=0)
                             for place, runs in sorted(curves.items())})


def _ordered(runs: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Runs in an order that does not depend on that of their lines, so that sums do not either."""
    return sorted(runs, key=lambda points: points.tolist())


def _reached(points: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    best = np.concatenate([[np.nan], np.maximum.accumulate(points[:, 1])])
    return np.asarray(best[np.searchsorted(points[:, 0], seconds, side="right")])


def by_budget(lines: Mapping[Limits, Sequence[Line]], kinds: Sequence[str]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Mean score of each arm at each budget, over the tasks that were run at all of these budgets.

    Parameters
    ----------
    lines : dict of Limits to list of dict
        Lines that may be compared, by limits that differ in seconds alone.
    kinds : sequence of str
        Kinds of tasks that are a part of it.

    Returns
    -------
    dict of str to tuple of (float, float)
        By arm, budgets in seconds and mean scores; empty if there are fewer than two, or no task was run at all of them.
    """
    grids = {limits.seconds: Grid.from_lines(mine, kinds) for limits, mine in lines.items() if limits.seconds is not None}
    grids = {seconds: grid for seconds, grid in grids.items() if grid.tasks}
    tasks = set.intersection(*({task.name for task in grid.tasks} for grid in grids.values())) if len(grids) > 1 else set()
    points: dict[str, list[tuple[float, float]]] = {}
    for seconds, grid in sorted(grids.items()):
        rows = [number for number, task in enumerate(grid.tasks) if task.name in tasks]
        for column, arm in enumerate(grid.arms if rows else ()):
            points.setdefault(arm, []).append((seconds, average(grid.scores[rows, column].tolist())))
    return {arm: tuple(mine) for arm, mine in sorted(points.items())}

"""Plots of a comparison: ranks, ratings, scores against costs, wins, and progress over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from autotext.benchmark.comparison import Comparison, Table
from autotext.html import Axis, Bar, Figure, Point, Series, bars, critical_difference, heat_table, legend, line_plot, scatter

MOST_ARMS, MOST_TASKS = 30, 30
"""Arms, the best ones, that plots show, and tasks whose progress is shown."""
# Cost, title, axis, and in which direction it is better.
_COSTS = (("fit_seconds", "Score and time to fit", "seconds to fit, median", "lower x"),
          ("peak_mib", "Score and memory", "MiB at the peak, median", "lower x"),
          ("texts_per_second", "Score and throughput", "texts per second, median", "higher x"),
          ("artifact_mb", "Score and size", "MB of what is saved, median", "lower x"))
_KINDS = ("system", "model")


def rank_figures(table: Table) -> list[Figure]:
    """Diagram of mean ranks, and ratings or mean scores with their intervals; none where there is only one arm.

    Parameters
    ----------
    table : Table
    """
    arms = table.arms[:MOST_ARMS]
    if len(arms) < 2:
        return []
    ranks = dict(zip(arms, table.ranks.tolist(), strict=False))
    cut = _cut(table)
    figures = [Figure("Mean ranks", f"Bars join arms that are not told apart at the 5 % level (Nemenyi test).{cut}",
                      critical_difference(ranks, table.critical_difference, table.cliques, f"Mean ranks: {table.title}"))]
    values, label, decimals = ((table.elo, "Elo", 0) if table.elo else (table.means, "mean score", 3))
    rows = [Bar(arm, *values[arm], group=_group(table, arm)) for arm in sorted(arms, key=lambda arm: -values[arm][0])]
    title = "Elo ratings" if table.elo else "Mean scores"
    figures.append(Figure(title, f"With 95 % intervals from a bootstrap over families of tasks.{cut}",
                          bars(rows, Axis(label), f"{title}: {table.title}", decimals)))
    return figures


def cost_figures(table: Table) -> list[Figure]:
    """Mean scores against each cost that any arm has; none where there is only one arm.

    Parameters
    ----------
    table : Table
    """
    figures: list[Figure] = []
    for cost, title, label, front in _COSTS if len(table.arms) > 1 else ():
        points = [Point(arm, np.nan if (value := table.costs[arm][cost]) is None else value, table.means[arm][0],
                        _group(table, arm)) for arm in table.arms[:MOST_ARMS]]
        if any(np.isfinite(point.x) for point in points):
            # A cost of zero has no place on a logarithmic axis, as that of an arm which saves nothing.
            is_log = all(point.x > 0 for point in points if np.isfinite(point.x))
            figures.append(Figure(title, f"Better is {'left' if front == 'lower x' else 'right'} and up.{_cut(table)}", scatter(
                points, Axis(label, is_log=is_log), Axis("mean score"), f"{title}: {table.title}", front)))
    return figures


def win_table(table: Table) -> Markup | None:
    """On how many tasks each arm is above, equal to and below each other one; None where there is only one arm.

    Parameters
    ----------
    table : Table
    """
    arms = table.arms[:MOST_ARMS]
    if len(arms) < 2:
        return None
    wins = table.wins[:len(arms), :len(arms)]
    balance: NDArray[np.float64] = (wins[..., 0] - wins[..., 2]).astype(float)
    np.fill_diagonal(balance, np.nan)
    texts = [["" if first == second else "–".join(map(str, wins[first, second])) for second in range(len(arms))]
             for first in range(len(arms))]
    return heat_table(balance.tolist(), arms, arms, f"Tasks on which the arm of the row is above – equal to – below the arm of "
                      f"the column.{_cut(table)}", texts, is_diverging=True)


def progress_figures(comparison: Comparison) -> tuple[list[Figure], Markup, str]:
    """Validation scores over time, a plot for each task; the legend of all, and what is left out.

    Parameters
    ----------
    comparison : Comparison
    """
    seconds, curves = comparison.anytime
    numbers = arm_numbers(comparison)
    all_names = [arm for arm in numbers if any(arm == other for _, other in curves)]
    names = all_names[:MOST_ARMS]
    tasks = [task for task in dict.fromkeys(task for table in comparison.tables for task in table.tasks)
             if any((task, arm) in curves for arm in names)]
    axis = Axis("seconds", is_log=len(seconds) > 1 and seconds[-1] > 20 * seconds[0])
    figures = []
    for task in tasks[:MOST_TASKS]:
        series = [Series(arm, *_changes(seconds, curves[task, arm]), number=numbers[arm]) for arm in names
                  if (task, arm) in curves]
        figures.append(Figure(task, "", line_plot(series, axis, Axis("validation score"), f"Validation score over time: {task}",
                                                  steps=True, has_legend=False)))
    left_out = [f"Of {count} {what}, the first {most}." for what, count, most in
                (("tasks", len(tasks), MOST_TASKS), ("arms", len(all_names), MOST_ARMS)) if count > most]
    return figures, legend(names, [numbers[arm] for arm in names]), " ".join(left_out)


def arm_numbers(comparison: Comparison) -> dict[str, int]:
    """Numbers of arms, by which they have the same colour in all plots.

    Parameters
    ----------
    comparison : Comparison
    """
    names = dict.fromkeys(arm for table in comparison.tables for arm in table.arms)
    return {arm: number for number, arm in enumerate(names)}


def _changes(seconds: NDArray[np.float64], scores: NDArray[np.float64]) -> tuple[Sequence[float], Sequence[float]]:
    """Points of a curve of steps where it rises, and its end."""
    kept = np.flatnonzero(np.isfinite(scores))
    kept = kept[[place in (0, len(kept) - 1) or scores[kept[place]] != scores[kept[place - 1]] for place in range(len(kept))]]
    return seconds[kept].tolist(), scores[kept].tolist()


def budget_figures(comparison: Comparison) -> list[Figure]:
    """Mean scores at each budget, for each group of tasks that ran with several.

    Parameters
    ----------
    comparison : Comparison
    """
    figures, numbers = [], arm_numbers(comparison)
    for group, arms in comparison.by_budget.items():
        # An arm that ran with other budgets alone is in none of the tables.
        by_rank = sorted(arms, key=lambda arm: numbers.get(arm, len(numbers)))[:MOST_ARMS]
        series = [Series(arm, [x for x, _ in arms[arm]], [y for _, y in arms[arm]], number=numbers.get(arm, len(numbers)))
                  for arm in by_rank]
        cut = f" Of {len(arms)} arms, the first {MOST_ARMS}." if len(arms) > MOST_ARMS else ""
        figures.append(Figure(group, f"Means over the tasks that ran at all of these budgets.{cut}", line_plot(
            series, Axis("budget in seconds", is_log=True), Axis("mean score"), f"Mean score by budget: {group}")))
    return figures


def _cut(table: Table) -> str:
    return f" Of {len(table.arms)} arms, the {MOST_ARMS} with the best mean ranks." if len(table.arms) > MOST_ARMS else ""


def _group(table: Table, arm: str) -> int:
    return _KINDS.index(kind) if (kind := table.arm_kinds[arm]) in _KINDS else len(_KINDS)

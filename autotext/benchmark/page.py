"""The page of a comparison: outcome, tables, plots, notes, and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from autotext.benchmark.comparison import Comparison, Interval, Table
from autotext.benchmark.figures import budget_figures, cost_figures, progress_figures, rank_figures, win_table
from autotext.benchmark.provenance import list_tasks, list_versions, repeat_command
from autotext.html import render
from autotext.html.numbers import MISSING, format_memory, format_number, format_seconds
from autotext.html.svg import element

_COLUMNS = ("Arm", "Mean rank", "Mean score", "Elo", "Improvability", "Best on", "Fit", "Overrun", "Memory", "Texts/s", "Size",
            "Runs")


def render_comparison(comparison: Comparison) -> str:
    """Page of a comparison, which needs no other file and no network.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Examples
    --------
    >>> line = {"version": 1, "task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "fingerprint": "aa",
    ...         "arm": "autotext", "arm_kind": "system", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1, "status": "ok",
    ...         "metric": "accuracy", "score": 0.95, "floor": 0.2}
    >>> html = render_comparison(Comparison.from_lines([line, {**line, "arm": "tfidf_lr", "score": 0.9}]))
    >>> "has the best mean rank" in html
    True
    """
    sections = [{"title": table.title, "outcome": _outcome(table), "peers": _against_peers(table), "columns": _COLUMNS,
                 "summary": _summary(table), "ranks": rank_figures(table), "costs": cost_figures(table), "table": table,
                 "scores": _scores(table), "reasons": _reasons(table), "wins": win_table(table), "tests": _tests(table)}
                for table in comparison.tables]
    arms = list(dict.fromkeys(arm for table in comparison.tables for arm in table.arms))
    n_tasks = len({task for table in comparison.tables for task in table.tasks})
    suites = ", ".join(comparison.suites)
    progress, progress_legend, progress_cut = progress_figures(comparison)
    return render(
        "comparison", title=f"{_count(len(arms), 'arm')} on {_count(n_tasks, 'task')}" + (f": {suites}" if suites else ""),
        language="en", limits=str(comparison.limits), runs=_count(len(comparison.lines), "run"),
        seeds=_count(len({line["seed"] for line in comparison.lines}), "seed"),
        sections=sections, progress=progress, progress_legend=progress_legend, progress_cut=progress_cut,
        budgets=budget_figures(comparison),
        notes=comparison.notes, command=repeat_command(comparison), tasks=list_tasks(comparison),
        versions=list_versions(comparison), machines=_machines(comparison))


def _outcome(table: Table) -> Markup:
    """One sentence: who has the best mean rank, by how much, and whether that tells it apart."""
    first, n_tasks = table.arms[0], _count(len(table.tasks), "task")
    if len(table.arms) == 1:
        return Markup("Only {} has scores ({}), so there is nothing to compare it with.").format(_bold(first), n_tasks)
    second, ranks = table.arms[1], [format_number(float(rank), 2) for rank in table.ranks[:2]]
    if table.ranks[0] == table.ranks[1]:
        start = Markup("{} and {} share the best mean rank on {}, {}.").format(_bold(first), _bold(second), n_tasks, ranks[0])
    else:
        start = Markup("{} has the best mean rank on {}, {}, ahead of {} by {} ({}).").format(
            _bold(first), n_tasks, ranks[0], _bold(second), format_number(float(table.ranks[1] - table.ranks[0]), 2), ranks[1])
    return Markup("{} {}").format(start, _told_apart(table))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _told_apart(table: Table) -> str:
    if table.critical_difference is None:
        return "One task tells no arms apart."
    difference = f"critical difference {table.critical_difference:.2f}"
    test = "" if table.friedman_p is None else f"Friedman p{_p_value(table.friedman_p, ' = ')}, "
    alike = next((clique for clique in table.cliques if table.arms[0] in clique), (table.arms[0],))
    if len(alike) == len(table.arms):
        which = "The two" if len(alike) == 2 else f"No two of all {len(alike)} arms"
        return f"{which} are {'not ' if len(alike) == 2 else ''}told apart ({test}{difference})."
    if len(alike) == 1:
        return f"It is told apart from all others ({test}{difference})."
    return f"It is not told apart from the next {len(alike) - 1}, but from all after these ({test}{difference})."


def _p_value(value: float, equals: str = "") -> str:
    return " < 0.001" if value < 0.001 else f"{equals}{value:.3f}"


def _bold(arm: str) -> Markup:
    return element("b", element("bdi", arm))


def _against_peers(table: Table) -> Markup | None:
    """How autotext does against the best of its peers on each task, which is a stronger opponent than any of them."""
    against = table.against_best("autotext") if "autotext" in table.arms else None
    if against is None:
        return None
    interval = "" if np.isnan(against.low) else (f", 95 % interval {format_number(against.low, 2)} to "
                                                 f"{format_number(against.high, 2)}")
    return Markup("Against the best of its peers on each task, {} is above on {:.0f} % of tasks, by {} points on average{}."
                  ).format(_bold("autotext"), 100 * against.share, format_number(against.points, 2), interval)


def _interval(values: Interval | None, decimals: int, scale: float = 1.0) -> Markup:
    """A value, and its interval in small type."""
    if values is None:
        return Markup(MISSING)
    value, low, high = (scale * bound for bound in values)
    ends = "" if np.isnan(low) or np.isinf(value) else f"{format_number(low, decimals)}–{format_number(high, decimals)}"
    return Markup("{}{}").format(format_number(value, decimals), element("small", ends) if ends else "")


def _summary(table: Table) -> list[dict[str, object]]:
    """Rows of the table of arms: the name, and cells with whether they are the best of their column."""
    n_best = table.bests.sum(axis=0).tolist()
    rows = [[*_merits(table, arm, float(table.ranks[number]), int(n_best[number])), *_costs(table, arm)]
            for number, arm in enumerate(table.arms)]
    tops = [max(merit for _, merit in column) for column in zip(*rows, strict=True)]
    return [{"arm": arm, "kind": table.arm_kinds[arm],
             "cells": [(text, merit == top > -np.inf) for (text, merit), top in zip(row, tops, strict=True)]}
            for arm, row in zip(table.arms, rows, strict=True)]


def _merits(table: Table, arm: str, rank: float, n_best: int) -> list[tuple[object, float]]:
    """Cells about scores, and how good they are."""
    mean, elo, improvability = table.means[arm], table.elo.get(arm), table.improvability.get(arm)
    return [(format_number(rank, 2), -rank), (_interval(mean, 3), mean[0]), (_interval(elo, 0), elo[0] if elo else -np.inf),
            (_interval(improvability, 1, 100), -improvability[0] if improvability else -np.inf), (n_best, n_best)]


def _costs(table: Table, arm: str) -> list[tuple[object, float]]:
    """Cells about costs, none of which is said to be the best, as scores differ."""
    costs = table.costs[arm]
    texts = (format_seconds(costs["fit_seconds"]), _overrun(costs), format_memory(costs["peak_mib"]),
             format_number(costs["texts_per_second"], 0), _megabytes(costs["artifact_mb"]), _runs(table.statuses[arm]))
    return [(text, -np.inf) for text in texts]


def _overrun(costs: Mapping[str, float | None]) -> Markup:
    if costs["overrun"] is None:
        return Markup(MISSING)
    return Markup("{}×{}").format(format_number(costs["overrun"], 2),
                                  element("small", f"worst {format_number(costs['worst_overrun'], 2)}×"))


def _megabytes(value: float | None) -> str:
    return MISSING if value is None else f"{format_number(value, 0 if value >= 10 else 1)} MB"


def _runs(statuses: Mapping[str, int]) -> Markup:
    others = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()) if status != "ok")
    return Markup("{} ok{}").format(statuses.get("ok", 0), element("small", others, class_="imputed") if others else "")


def _scores(table: Table) -> list[dict[str, object]]:
    """Rows of the table of tasks; of each score, whether it is the best, and why runs have none."""
    bests, imputed = table.bests, table.imputed
    return [{"task": task, "language": table.languages[task], "metric": table.metrics[task],
             "floor": format_number(table.floors[task]),
             "cells": [{"text": format_number(float(table.scores[row, column])), "is_best": bool(bests[row, column]),
                        "reason": table.reasons.get((task, arm), "without a score") if imputed[row, column] else ""}
                       for column, arm in enumerate(table.arms)]} for row, task in enumerate(table.tasks)]


def _reasons(table: Table) -> list[tuple[str, str, str]]:
    """Arms, reasons why runs have no score, and tasks where that is so."""
    tasks: dict[tuple[str, str], list[str]] = {}
    for (task, arm), reason in table.reasons.items():
        tasks.setdefault((arm, reason), []).append(task)
    return [(arm, reason, ", ".join(names)) for (arm, reason), names in sorted(tasks.items())]


def _tests(table: Table) -> list[tuple[str, str, str]]:
    """Pairs of the first arm with others, the mean difference of their scores, and whether it is more than chance."""
    differences = table.scores[:, :1] - table.scores
    return [(arm, format_number(100 * float(differences[:, column].mean()), 2), _p_value(float(table.pairwise_p[0, column])))
            for column, arm in enumerate(table.arms) if column]


def _machines(comparison: Comparison) -> Sequence[str]:
    described = {f"{machine.get('cpu', 'unknown processor')}, {machine.get('cores', '?')} cores, "
                 f"{machine.get('memory_gib', '?')} GiB" for line in comparison.lines if (machine := line["machine"])}
    return sorted(described)

"""The rows and columns of a comparison's tables, whatever they are written as."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from autotext.benchmark.comparison import Comparison, Interval, Table
from autotext.benchmark.statistics import ALPHA

MISSING = "–"


class Cell(NamedTuple):
    """A cell of a sheet.

    Parameters
    ----------
    text : str
    is_best : bool, default=False
        Whether it stands out.
    is_imputed : bool, default=False
        Whether it counts the floor of its task for some run.
    """

    text: str
    is_best: bool = False
    is_imputed: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table as it is printed.

    Parameters
    ----------
    title : str
    columns : tuple of str
    rows : tuple of tuples of Cell
    n_labels : int
        Number of columns, from the left, that are names rather than numbers.
    remarks : tuple of str
        What stands below it.
    details : tuple of str, optional
        What stands below it where there is room.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_labels: int
    remarks: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def sheets_of(table: Table) -> tuple[Sheet, ...]:
    """Sheets of a table: its arms, their scores, each two of them, and costs.

    Parameters
    ----------
    table : Table
    """
    return (_arms(table), _scores(table), *([_pairs(table)] if len(table.arms) > 1 else []), _costs(table))


def budget_sheets(comparison: Comparison) -> tuple[Sheet, ...]:
    """Sheets of the mean scores at each budget, for each group of tasks.

    Parameters
    ----------
    comparison : Comparison
    """
    sheets = []
    for title, points in comparison.by_budget.items():
        budgets = sorted({seconds for mine in points.values() for seconds, _ in mine})
        rows = tuple((Cell(arm), *(Cell(f"{scores[seconds]:.3f}" if seconds in scores else MISSING) for seconds in budgets))
                     for arm, scores in ((arm, dict(mine)) for arm, mine in points.items()))
        sheets.append(Sheet(f"{title}: mean scores by budget", ("Arm", *(f"{seconds:g} s" for seconds in budgets)), rows, 1,
                            ("Means over the tasks that were run at all of these budgets.",)))
    return tuple(sheets)


def _arms(table: Table) -> Sheet:
    # Elo and improvability are there only with bencheval.
    rated = [(name, values, digits, scale) for name, values, digits, scale in (
        ("Elo", table.elo, 0, 1.0), ("Improvability, %", table.improvability, 1, 100.0)) if values]
    rows = tuple((Cell(arm), Cell(table.arm_kinds[arm]), Cell(f"{rank:.2f}", rank == table.ranks.min()),
                  *(Cell(interval(values[arm], digits, scale)) for _, values, digits, scale in rated),
                  Cell(interval(table.means[arm], 3)), Cell(str(int(table.bests[:, number].sum()))),
                  Cell(str(int(table.imputed[:, number].sum()))))
                 for number, (arm, rank) in enumerate(zip(table.arms, table.ranks, strict=True)))
    columns = ("Arm", "Kind", "Mean rank", *(name for name, *_ in rated), "Mean score", "Best on", "Imputed")
    return Sheet(f"{table.title}: arms", columns, rows, 2, tuple(_remarks(table)), tuple(_against_peers(table)))


def _remarks(table: Table) -> Iterable[str]:
    n_families = len(set(table.families.values()))
    yield (f"Tasks: {len(table.tasks)}, families: {n_families}. In brackets: 95 % intervals of a bootstrap over families. Best "
           "on: tasks on which no arm is above it. Imputed: scores that count the floor of their task for some run.")
    if table.friedman_p is not None:
        verdict = "differ" if table.friedman_p < ALPHA else "are not shown to differ"
        yield f"Friedman test: p = {table.friedman_p:.2g}; the arms {verdict}."
    if table.critical_difference is not None:
        apart = "; ".join(", ".join(clique) for clique in table.cliques) or "none"
        yield (f"Critical difference of mean ranks (Nemenyi, {100 * ALPHA:g} %): {table.critical_difference:.2f}. Not told "
               f"apart: {apart}.")
    if any(map(math.isinf, (value for value, _, _ in table.elo.values()))):
        yield "An infinite Elo: above, or below, all rated arms on every task."


def _against_peers(table: Table) -> Iterable[str]:
    for arm in table.arms:
        if arm.startswith("autotext") and (against := table.against_best(arm)) is not None:
            points = interval((against.points, against.low, against.high), 1, sign="+")
            yield (f"{arm}: above the best of its peers, task by task, on {round(against.share * against.n_tasks)} of "
                   f"{against.n_tasks} tasks; mean difference {points} points.")


def _scores(table: Table) -> Sheet:
    rows = tuple((Cell(task), Cell(table.languages[task]), Cell(table.metrics[task]), Cell(f"{table.floors[task]:.3f}"),
                  *(Cell(f"{score:.3f}", bool(is_best), bool(is_imputed)) for score, is_best, is_imputed in
                    zip(table.scores[number], table.bests[number], table.imputed[number], strict=True)))
                 for number, task in enumerate(table.tasks))
    n_imputed = int(table.imputed.sum())
    remarks = ["Means over seeds. Floor: score of always answering the most frequent label."]
    if n_imputed:
        remarks.append(f"†: counts the floor for a run without a score ({n_imputed} of {table.imputed.size} scores).")
    details = tuple(f"{task}, {arm}: {reason}." for (task, arm), reason in sorted(table.reasons.items()))
    columns = ("Task", "Language", "Metric", "Floor", *table.arms)
    return Sheet(f"{table.title}: scores", columns, rows, 3, tuple(remarks), details)


def _pairs(table: Table) -> Sheet:
    def cell(number: int, other: int) -> Cell:
        if number == other:
            return Cell(MISSING)
        return Cell("/".join(map(str, table.wins[number, other])), bool(table.pairwise_p[number, other] < ALPHA))

    numbers = range(len(table.arms))
    rows = tuple((Cell(arm), *(cell(number, other) for other in numbers)) for number, arm in enumerate(table.arms))
    return Sheet(f"{table.title}: wins, ties and losses", ("Arm", *table.arms), rows, 1, (
        "Tasks on which the arm of the row is above, equal to and below that of the column. Bold: p < "
        f"{ALPHA:g} by a Wilcoxon signed-rank test, adjusted for all pairs by Holm's method.",))


def _costs(table: Table) -> Sheet:
    digits = {"fit_seconds": 1, "overrun": 2, "worst_overrun": 2, "peak_mib": 0, "texts_per_second": 0, "artifact_mb": 2}
    names = ("Fit, s", "Fit / budget", "Worst fit / budget", "Peak, MiB", "Texts / s", "Saved, MB")
    rows = tuple((Cell(arm), *(Cell(number(table.costs[arm][name], places)) for name, places in digits.items()),
                  Cell(", ".join(f"{count} {status}" for status, count in sorted(table.statuses[arm].items()))))
                 for arm in table.arms)
    return Sheet(f"{table.title}: costs", ("Arm", *names, "Runs"), rows, 1,
                 ("Medians over runs. Only systems have a budget; models take the time that they take.",))


def number(value: float | None, digits: int, sign: str = "") -> str:
    """A number in words that a reader expects.

    Parameters
    ----------
    value : float or None
    digits : int
        Number of decimals.
    sign : str, default=""
        "+": also positive numbers have a sign.

    Examples
    --------
    >>> number(1234.5, 0), number(None, 2), number(-math.inf, 0), number(0.25, 1, "+")
    ('1,234', '–', '−∞', '+0.2')
    """
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:{sign},.{digits}f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"
    return text.replace("-", "−")


def interval(values: Interval, digits: int, scale: float = 1.0, sign: str = "") -> str:
    """A value with its interval in brackets, if it has one.

    Parameters
    ----------
    values : tuple of float
        Value, low and high.
    digits : int
        Number of decimals.
    scale : float, default=1.0
        What the values are multiplied by.
    sign : str, default=""
        See `number`.

    Examples
    --------
    >>> interval((0.5, 0.25, 0.75), 2), interval((0.5, math.nan, math.nan), 0, 100.0)
    ('0.50 [0.25, 0.75]', '50')
    """
    value, low, high = (number(scale * value, digits, sign) for value in values)
    return value if MISSING in (low, high) or low == high == value else f"{value} [{low}, {high}]"

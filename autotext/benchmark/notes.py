"""What a reader of a comparison must know about its runs: failures, busy cores, several machines or versions, alike tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from autotext.benchmark.grid import grouped, reason_of
from autotext.benchmark.lines import Limits, Line, arm_label
from autotext.errors import listed
from autotext.fingerprint import canonical

if TYPE_CHECKING:
    from autotext.benchmark.comparison import Table

_MOST_EXAMPLES = 3


def notes_on_runs(lines: Sequence[Line]) -> list[str]:
    """Sentences about runs that failed or were disturbed, and about what they have not in common.

    Parameters
    ----------
    lines : sequence of dict
        Those that are compared.

    Examples
    --------
    >>> line = {"task": "snips", "arm": "flaml", "encoder": "", "seed": 0, "status": "timeout", "error": "", "machine": None,
    ...         "versions": None, "disturbed": True}
    >>> notes_on_runs([line])  # doctest: +NORMALIZE_WHITESPACE
    ["flaml: runs without a score: 1 of 1 ('snips, seed 0: timeout').",
     "Runs that other processes disturbed: 1 of 1 ('snips, flaml, seed 0')."]
    """
    return [*_failures(lines), *_disturbances(lines), *_machines(lines), *_versions(lines)]


def notes_on_limits(runs: Mapping[Limits, int], limits: Limits) -> list[str]:
    """Sentences about runs with other limits, which are not compared.

    Parameters
    ----------
    runs : dict of Limits to int
        Number of runs.
    limits : Limits
        Those that are compared.

    Examples
    --------
    >>> notes_on_limits({Limits(10.0, None, 1, None): 2}, Limits(60.0, None, 1, None))
    ['Runs at 10 s on 1 core, which are not compared with these at 60 s on 1 core: 2.']
    """
    others = sorted((other for other in runs if other != limits), key=lambda other: other.size)
    return [f"Runs at {other}, which are not compared with these at {limits}: {runs[other]:,}." for other in others]


def notes_on_table(table: Table) -> list[str]:
    """Sentences about scores of a table that count a floor, and about tasks that are alike.

    Parameters
    ----------
    table : Table
    """
    notes = []
    if imputed := int(table.imputed.sum()):
        notes.append(f"{table.title}: scores that count the floor of their task for runs without a score: {imputed} of "
                     f"{table.imputed.size}.")
    n_families = len(set(table.families.values()))
    if n_families < len(table.tasks):
        notes.append(f"{table.title}: {len(table.tasks)} tasks are of {n_families} families. Ranks, tests and means count "
                     "tasks; Elo and all intervals count families.")
    if len(metrics := sorted(set(table.metrics.values()))) > 1:
        notes.append(f"{table.title}: means are over scores of several metrics: {', '.join(metrics)}.")
    return notes


def _failures(lines: Iterable[Line]) -> Iterator[str]:
    for arm, mine in grouped(lines, arm_label).items():
        failed = [line for line in mine if line["status"] not in ("ok", "abstained", "unavailable")]
        if failed:
            examples = [f"{line['task']}, seed {line['seed']}: {reason_of(line)}" for line in failed]
            yield (f"{arm}: runs without a score: {len(failed)} of {len(mine)} "
                   f"({listed(sorted(examples), _MOST_EXAMPLES)}).")


def _disturbances(lines: Sequence[Line]) -> Iterator[str]:
    disturbed = sorted(f"{line['task']}, {arm_label(line)}, seed {line['seed']}" for line in lines if line["disturbed"])
    if disturbed:
        yield (f"Runs that other processes disturbed: {len(disturbed)} of {len(lines)} "
               f"({listed(disturbed, _MOST_EXAMPLES)}).")


def _machines(lines: Iterable[Line]) -> Iterator[str]:
    machines = {canonical(line["machine"]) for line in lines if line["machine"]}
    if len(machines) > 1:
        yield f"Runs are of {len(machines)} machines, so times differ for reasons that are not those of arms."


def _versions(lines: Iterable[Line]) -> Iterator[str]:
    for arm, mine in grouped(lines, arm_label).items():
        versions: dict[str, set[str]] = {}
        for line in mine:
            for package, version in (line["versions"] or {}).items():
                versions.setdefault(package, set()).add(str(version))
        mixed = [f"{package} {' and '.join(sorted(numbers))}" for package, numbers in sorted(versions.items())
                 if len(numbers) > 1]
        if mixed:
            yield f"{arm}: runs are of several versions: {', '.join(mixed)}."

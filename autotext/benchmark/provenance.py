"""Where the figures of a comparison come from: the command, the tasks and their rows, and the versions of what ran."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from autotext.benchmark.comparison import Comparison
from autotext.benchmark.grid import grouped
from autotext.benchmark.lines import arm_label


class TaskRows(NamedTuple):
    """Rows of a task that runs were on.

    Parameters
    ----------
    task, family, language, kind : str
    classes, rows, test_rows : str
        Numbers, or several where seeds differ.
    fingerprints : str
        Of the rows, a seed after the other.
    """

    task: str
    family: str
    language: str
    kind: str
    classes: str
    rows: str
    test_rows: str
    fingerprints: str


def repeat_command(comparison: Comparison) -> str:
    """Command that runs and compares the same again; where local copies of tasks are is for the reader to say.

    Parameters
    ----------
    comparison : Comparison
    """
    limits, lines = comparison.limits, comparison.lines
    seconds = [] if limits.seconds is None else [f"{limits.seconds:g}s"]
    trials = [] if limits.trials is None else [f"{limits.trials}trials"]
    options = [("--suite", list(comparison.suites)), ("--arms", sorted({str(line["arm"]) for line in lines})),
               ("--budget", (seconds or trials)[:1]), ("--seeds", [str(len({line["seed"] for line in lines}))]),
               ("--cpus", [str(limits.cpus)]), ("--rows", [] if limits.rows is None else [str(limits.rows)]),
               ("--encoder", sorted({str(line["encoder"]) for line in lines if line["encoder"]})), ("--out", ["FOLDER"])]
    written = (" ".join([name, *map(shlex.quote, values)]) for name, values in options if values)
    return " ".join(["autotext benchmark run", *written])


def list_tasks(comparison: Comparison) -> list[TaskRows]:
    """Tasks with their sizes and fingerprints.

    Parameters
    ----------
    comparison : Comparison
    """
    listed = []
    for task, lines in grouped(comparison.lines, lambda line: str(line["task"])).items():
        first = lines[0]
        classes, rows, test_rows = (
            ", ".join(dict.fromkeys(f"{line[name]:,}" for line in lines if isinstance(line.get(name), int)))
            for name in ("classes", "rows", "test_rows"))
        fingerprints = ", ".join(dict.fromkeys(str(line["fingerprint"]) for line in lines))
        listed.append(TaskRows(task, str(first["family"]), str(first["language"]), str(first["kind"]), classes, rows, test_rows,
                               fingerprints))
    return listed


def list_versions(comparison: Comparison) -> list[tuple[str, str]]:
    """Arms, and the versions of the packages that their runs used.

    Parameters
    ----------
    comparison : Comparison
    """
    listed = []
    for arm, lines in grouped(comparison.lines, arm_label).items():
        versions: dict[str, dict[str, None]] = {}
        for line in lines:
            for package, version in (line["versions"] or {}).items():
                versions.setdefault(str(package), {})[str(version)] = None
        listed.append((arm, ", ".join(f"{package} {' and '.join(numbers)}" for package, numbers in sorted(versions.items()))
                       or "not recorded"))
    return listed

"""Which lines of a benchmark are compared: the last of each run, of the same limits, and on the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from autotext.benchmark.grid import floors_of, grouped
from autotext.benchmark.lines import Limits, Line, arm_label, line_key
from autotext.errors import BenchmarkError, listed


def last_runs(lines: Iterable[Line]) -> tuple[list[Line], list[str]]:
    """The last line of each run, since runs that failed may be repeated.

    Parameters
    ----------
    lines : iterable of dict

    Returns
    -------
    lines : list of dict
    notes : list of str
        Says how many runs have several lines.

    Examples
    --------
    >>> line = {"task": "snips", "arm": "majority", "encoder": "", "seed": 0, "seconds": 60.0, "trials": None, "cpus": 1,
    ...         "most_rows": None}
    >>> lines, notes = last_runs([{**line, "status": "failed"}, {**line, "status": "ok"}])
    >>> [line["status"] for line in lines], notes
    (['ok'], ['Runs with several lines, of which the last counts: 1.'])
    """
    lines = list(lines)
    counts = Counter(map(line_key, lines))
    repeated = sum(count > 1 for count in counts.values())
    note = f"Runs with several lines, of which the last counts: {repeated}."
    return list({line_key(line): line for line in lines}.values()), [note] if repeated else []


def choose_limits(lines: Iterable[Line], seconds: float | None = None, trials: int | None = None, cpus: int | None = None,
                  rows: int | None = None) -> Limits:
    """The largest limits of any run, among those that are asked for.

    Parameters
    ----------
    lines : iterable of dict
    seconds, trials, cpus, rows : float or int, optional
        What the limits must be. None: whatever is largest.

    Raises
    ------
    BenchmarkError
        No run has such limits.

    Examples
    --------
    >>> line = {"trials": None, "cpus": 1, "most_rows": None}
    >>> print(choose_limits([{**line, "seconds": 10.0}, {**line, "seconds": 60.0}]))
    60 s on 1 core
    """
    options = sorted({Limits.from_line(line) for line in lines}, key=lambda limits: limits.size, reverse=True)
    asked = Limits(seconds, trials, cpus or 0, rows)
    for limits in options:
        if all(wanted in (None, 0, value) for wanted, value in zip(asked, limits, strict=True)):
            return limits
    if not options:
        raise BenchmarkError("There are no runs to compare; autotext benchmark run makes some.")
    wanted = ", ".join(f"{name}={value:g}" for name, value in asked._asdict().items() if value)
    raise BenchmarkError(f"No run has the limits {wanted}; there are runs at {listed([str(limits) for limits in options], 8)}.")


def on_same_rows(lines: Iterable[Line]) -> tuple[list[Line], list[str]]:
    """Lines whose scores may be compared: those of a task and seed are of the same rows and metric.

    Parameters
    ----------
    lines : iterable of dict
        Of the same limits.

    Returns
    -------
    lines : list of dict
        Where some are of other rows, those on the rows that most arms ran on.
    notes : list of str
        Says what was set aside.

    Examples
    --------
    >>> line = {"task": "snips", "seed": 0, "fingerprint": "aa", "metric": "accuracy", "kind": "binary", "floor": 0.5,
    ...         "arm": "a", "encoder": ""}
    >>> on_same_rows([line, {**line, "arm": "b"}, {**line, "arm": "c", "fingerprint": "bb"}])[1]
    ["Runs on 'snips' that are set aside, as they are of other rows or another metric than most: 1 ('c')."]
    """
    kept: list[Line] = []
    notes = []
    for task, on_task in grouped(lines, lambda line: str(line["task"])).items():
        same, others = _of_most_arms(on_task)
        floors, metrics = floors_of(same), sorted({str(line["metric"]) for line in same if line["metric"] is not None})
        if not floors or not metrics:
            notes.append(f"Runs on {task!r} that are set aside, as no line says its floor and metric: {len(same)}.")
        else:
            # Runs that failed early may not say them.
            kept += [{**line, "floor": floors[line["seed"]] if line["floor"] is None else line["floor"],
                      "metric": line["metric"] or metrics[0]} for line in same]
        if others:
            notes.append(f"Runs on {task!r} that are set aside, as they are of other rows or another metric than most: "
                         f"{len(others)} ({listed(sorted({arm_label(line) for line in others}))}).")
    return kept, notes


def _of_most_arms(on_task: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines of a task, seed by seed, on the rows that most arms ran on, and the other ones."""
    same: list[Line] = []
    others: list[Line] = []
    for lines in grouped(on_task, lambda line: int(line["seed"])).values():
        counts = Counter((line["kind"], line["fingerprint"], line["metric"]) for line in lines if line["metric"] is not None)
        if not counts:
            counts = Counter((line["kind"], line["fingerprint"], None) for line in lines)
        kind, fingerprint, metric = max(sorted(counts, key=str), key=lambda data: counts[data])
        for line in lines:
            is_same = (line["kind"], line["fingerprint"]) == (kind, fingerprint) and line["metric"] in (None, metric)
            (same if is_same else others).append(line)
    return same, others

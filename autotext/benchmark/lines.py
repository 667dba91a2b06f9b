"""Lines that the runs of a benchmark leave: reading them, and which of them may be compared with each other."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from autotext.errors import BenchmarkError, describe_error, shown, suggestion
from autotext.scoring.metrics import KINDS

LINE_VERSION = 1
"""Version of the lines that runs leave."""
STATUSES = ("ok", "failed", "timeout", "memory", "abstained", "unavailable")
"""How a run may end. An arm abstains from kinds of tasks that it does not do, and is unavailable if it cannot be installed."""

Line = Mapping[str, Any]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_curve(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))
                                           for point in value)


_AGAIN = "Delete the line, and its run is carried out again."

_Check = Callable[[object], bool]
# What each field must be, in words, and whether it may be null where a run has no score.
_TEXT = ("task", "family", "language", "fingerprint", "arm", "arm_kind", "encoder")
_NULLABLE = ("suite", "metric", "score", "floor", "fit_seconds", "peak_mib", "texts_per_second", "artifact_mb", "seconds",
             "trials", "most_rows", "error", "load", "curve", "versions", "machine", "disturbed")
_FIELDS: dict[str, tuple[str, _Check]] = {
    **{name: ("text", _is_text) for name in (*_TEXT, "suite", "metric", "error")},
    **{name: ("a whole number", _is_count) for name in ("seed", "cpus", "trials", "most_rows")},
    **{name: ("a number", _is_number) for name in ("seconds", "score", "floor", "fit_seconds", "peak_mib", "texts_per_second",
                                                   "artifact_mb", "load")},
    "kind": (f"one of {', '.join(KINDS)}", lambda value: value in KINDS),
    "status": (f"one of {', '.join(STATUSES)}", lambda value: value in STATUSES),
    "curve": ("a list of [seconds, score]", _is_curve),
    "versions": ("an object", _is_object),
    "machine": ("an object", _is_object),
    "disturbed": ("true or false", lambda value: isinstance(value, bool)),
}


class Limits(NamedTuple):
    """Limits that runs must have in common to be compared with each other.

    Parameters
    ----------
    seconds : float or None
    trials : int or None
    cpus : int
    rows : int or None
        Most training rows. None: as the suite says.

    Examples
    --------
    >>> print(Limits(60.0, None, 1, None))
    60 s on 1 core
    """

    seconds: float | None
    trials: int | None
    cpus: int
    rows: int | None

    @classmethod
    def from_line(cls, line: Line) -> Limits:
        """Limits of the run that left a line.

        Parameters
        ----------
        line : dict
        """
        return cls(line["seconds"], line["trials"], line["cpus"], line["most_rows"])

    @property
    def size(self) -> tuple[float, float, float, float]:
        """What limits are ordered by: seconds first, then trials, cores and rows."""
        return self.seconds or 0.0, self.trials or 0.0, self.cpus, math.inf if self.rows is None else self.rows

    def __str__(self) -> str:
        budget = [f"{self.seconds:g} s"] if self.seconds is not None else []
        budget += [f"{self.trials} trials"] if self.trials is not None else []
        rows = "" if self.rows is None else f", at most {self.rows:,} rows"
        return f"{' or '.join(budget) or 'no budget'} on {self.cpus} core{'s' if self.cpus > 1 else ''}{rows}"


def arm_label(line: Line) -> str:
    """Name of an arm in tables, where the encoder that it used is a part of it.

    Parameters
    ----------
    line : dict

    Examples
    --------
    >>> arm_label({"arm": "setfit", "encoder": "all-MiniLM-L6-v2"})
    'setfit + all-MiniLM-L6-v2'
    """
    return f"{line['arm']} + {line['encoder']}" if line["encoder"] else str(line["arm"])


def line_key(line: Line) -> tuple[object, ...]:
    """What tells the run of a line from others.

    Parameters
    ----------
    line : dict

    Examples
    --------
    >>> line_key({"task": "snips", "arm": "majority", "encoder": "", "seed": 0, "seconds": 60.0, "trials": None, "cpus": 1,
    ...           "most_rows": None})
    ('snips', 'majority', '', 0, 60.0, None, 1, None)
    """
    return (line["task"], line["arm"], line["encoder"], line["seed"], *Limits.from_line(line))


def read_lines(path: Path) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """Read the lines of a benchmark.

    Parameters
    ----------
    path : Path
        A file of JSON lines.

    Returns
    -------
    lines : tuple of dict
    notes : tuple of str
        Says so if the last line was set aside, as it has no line break: the process that wrote it was stopped.

    Raises
    ------
    BenchmarkError
        The file cannot be read, or a line is of an unknown version or malformed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "runs.jsonl")
    >>> _ = path.write_text('{"version": 1, "task": "sn')
    >>> read_lines(path)[1]
    ('The last line of runs.jsonl is torn and was set aside; its run counts as not run.',)
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BenchmarkError(f"{str(path)!r} cannot be read: {describe_error(error)}. Make it by: autotext benchmark run --out "
                             f"{path.parent}") from error
    *whole, torn = data.split(b"\n")
    lines = tuple(_parse(line, f"{path.name}, line {number}") for number, line in enumerate(whole, start=1) if line.strip())
    notes = (f"The last line of {path.name} is torn and was set aside; its run counts as not run.",) if torn.strip() else ()
    return lines, notes


def checked_lines(lines: Iterable[Line]) -> tuple[dict[str, Any], ...]:
    """Lines that come from elsewhere than a file, checked; fields that may be null are there in all of them.

    Parameters
    ----------
    lines : iterable of dict

    Raises
    ------
    BenchmarkError
        A line is of an unknown version or malformed.

    Examples
    --------
    >>> checked_lines([{"version": 2}])
    Traceback (most recent call last):
    autotext.errors.BenchmarkError: line 1: version 2 is unknown; this autotext reads 1. Install the one that wrote it.
    """
    return tuple(_checked(line, f"line {number}") for number, line in enumerate(lines, start=1))


def _parse(text: bytes, place: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one
        raise BenchmarkError(f"{place}: {shown(text.decode('utf-8', 'replace'), 40)} is not JSON. {_AGAIN}") from error
    return _checked(line, place)


def _checked(line: object, place: str) -> dict[str, Any]:
    if not isinstance(line, Mapping):
        raise BenchmarkError(f"{place}: {shown(line, 40)} is no JSON object. {_AGAIN}")
    version = line.get("version")
    if version != LINE_VERSION or isinstance(version, bool):
        raise BenchmarkError(f"{place}: version {shown(version, 40)} is unknown; this autotext reads {LINE_VERSION}. "
                             "Install the one that wrote it.")
    for name, (wanted, is_valid) in _FIELDS.items():
        value = line.get(name)
        if (value is None and name in _NULLABLE) or is_valid(value):
            continue
        hint = suggestion(value, STATUSES) if name == "status" else ""
        raise BenchmarkError(f"{place}: {name} must be {wanted}, not {shown(value, 40)}.{hint} {_AGAIN}")
    if line["status"] == "ok" and any(line.get(name) is None for name in ("score", "metric", "floor")):
        raise BenchmarkError(f"{place}: status is 'ok', but score, metric or floor is missing. {_AGAIN}")
    return {**dict.fromkeys(_NULLABLE), **line}

"""Texts with `cats`, as spaCy's text categorizers are trained on: a number for each class."""

from __future__ import annotations

from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.format import Annotations, listed_rows, single_labels
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns


def _recognise(columns: Columns) -> bool:
    cats = [row for row in columns.get("cats", []) if row is not None]
    return "label" not in columns and bool(cats) and all(isinstance(row, dict) for row in cats)


def _read(columns: Columns, name: str) -> tuple[Columns, list[str]]:
    for number, row in enumerate(columns["cats"], start=1):
        odd = next((key for key, value in (row or {}).items() if not isinstance(value, int | float | None)), None)
        if odd is not None:
            raise TaskError(f"{name}, row {number}: cats must give a number for each class, and {odd!r} has {row[odd]!r:.60}.")
    names = {key for row in columns["cats"] for key in row or ()}
    if len(names) == 1:
        (only,) = names
        said = [(row or {}).get(only) for row in columns["cats"]]
        labels: list[Any] = [None if value is None else only if value >= 0.5 else f"not {only}" for value in said]
        notes = [f"the only class is {only!r}; the texts without it were read as 'not {only}'."]
    else:
        labels, notes = _select_labels(columns["cats"])
    rest = {key: values for key, values in columns.items() if key != "cats"}
    return {**rest, "label": labels}, [f"{name}, from spaCy: {note}" for note in notes]


def _select_labels(cats: list[dict[str, float] | None]) -> tuple[list[Any], list[str]]:
    """Labels of each row: the classes of at least 0.5, in a list unless each row has exactly one; and notes for the user."""
    chosen = [None if not row else [key for key, value in row.items() if value is not None and value >= 0.5] for row in cats]
    if any(len(row) > 1 for row in chosen if row):
        return list(chosen), []
    without = [number for number, row in enumerate(chosen) if not row]
    notes = [f"{len(without):,} rows have no class of 0.5 or more: {listed_rows(without)}."] if without else []
    return single_labels([row or None for row in chosen])[0], notes


register_format(Annotations("texts with cats, as spaCy has them", _read, _recognise))

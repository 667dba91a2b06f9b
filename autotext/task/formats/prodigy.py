"""Exports of Prodigy: an answer to each question whether a text has a label, or which ones."""

from __future__ import annotations

from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.format import Annotations, listed_rows, single_labels
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns

_ANSWERS = {"accept", "reject", "ignore", None}


def _recognise(columns: Columns) -> bool:
    answers, labels = columns.get("answer", []), columns.get("label", [])
    if "text" not in columns or not (labels or "accept" in columns):
        return False
    if not all(value is None or isinstance(value, str) for value in (*answers, *labels)):
        return False
    return set(answers) <= _ANSWERS and bool({"accept", "reject"} & set(answers))


def _read(columns: Columns, name: str) -> tuple[Columns, list[str]]:
    notes: list[str] = []
    labels = _choices(columns) if "accept" in columns else _answers(columns, notes)
    if all(label is None for label in labels):
        raise TaskError(f"{name}, from Prodigy: no answer accepts a label.")
    without = [number for number, label in enumerate(labels) if label is None]
    if without:
        notes.append(f"{len(without):,} rows were rejected or ignored, which tells no label: {listed_rows(without)}.")
    return {**columns, "label": labels}, [f"{name}, from Prodigy: {note}" for note in notes]


def _choices(columns: Columns) -> list[Any]:
    accepted = [chosen if answer == "accept" and isinstance(chosen, list) else None
                for chosen, answer in zip(columns["accept"], columns["answer"], strict=True)]
    return single_labels([chosen or None for chosen in accepted] if _is_single(columns) else accepted)[0]


def _is_single(columns: Columns) -> bool:
    configuration = columns.get("config", [])
    return bool(configuration) and all(isinstance(row, dict) and row.get("choice_style") == "single" for row in configuration)


def _answers(columns: Columns, notes: list[str]) -> list[Any]:
    asked = {label for label in columns["label"] if label is not None}
    rows = list(zip(columns["label"], columns["answer"], strict=True))
    if len(asked) == 1 and "reject" in columns["answer"]:
        (label,) = asked
        notes.append(f"the only label is {label!r}; rejected rows were read as 'not {label}'.")
        return [{"accept": label, "reject": f"not {label}"}.get(answer) if asked_for is not None else None
                for asked_for, answer in rows]
    return [label if answer == "accept" else None for label, answer in rows]


register_format(Annotations("an export of Prodigy", _read, _recognise))

"""Exports of Label Studio: JSON, JSON-MIN and CSV."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.format import Annotations, listed_rows, single_labels
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns


def _recognise(columns: Columns) -> bool:
    return ("data" in columns and "annotations" in columns
            and all(isinstance(row, dict) for row in columns["data"])
            and all(isinstance(row, list) for row in columns["annotations"]))


def _read(columns: Columns, name: str) -> tuple[Columns, list[str]]:
    answers = [_answers(row) for row in columns["annotations"]]
    questions = list(dict.fromkeys(question for row in answers for question in row))
    if not questions:
        raise TaskError(f"{name}, from Label Studio: no annotation chooses among classes (Choices); marks within texts are not "
                        "labels of texts.")
    fields = list(dict.fromkeys(field for row in columns["data"] for field in row))
    read: Columns = {field: [row.get(field) for row in columns["data"]] for field in fields}
    notes: list[str] = []
    for question in questions:
        voted = [_majority(row.get(question, [])) for row in answers]
        tied = [number for number, (label, votes) in enumerate(zip(voted, answers, strict=True))
                if label is None and votes.get(question)]
        if tied:
            notes.append(f"annotators disagree on {question!r}, and no answer has most votes: {listed_rows(tied)}.")
        column = "label" if len(questions) == 1 and "label" not in read else question
        read[column], said = single_labels(voted)
        notes += said
    return read, [f"{name}, from Label Studio: {note}" for note in dict.fromkeys(notes)]


def _answers(annotations: list[Any]) -> dict[str, list[tuple[str, ...]]]:
    """What each annotator chose, by the name of the question."""
    answers: dict[str, list[tuple[str, ...]]] = {}
    for annotation in annotations:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        results = annotation.get("result")
        for result in results if isinstance(results, list) else ():
            value = result.get("value") if isinstance(result, dict) else None
            if isinstance(value, dict) and isinstance(value.get("choices"), list):
                answers.setdefault(str(result.get("from_name", "label")), []).append(tuple(map(str, value["choices"])))
    return answers


def _majority(votes: list[tuple[str, ...]]) -> list[Any] | None:
    ranked = Counter(votes).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return list(ranked[0][0])


def _recognise_short(columns: Columns) -> bool:
    return {"annotation_id", "lead_time"} <= set(columns)


def _read_short(columns: Columns, name: str) -> tuple[Columns, list[str]]:
    """JSON-MIN and CSV hold a chosen class as text, several as an object, in CSV written as JSON."""
    return {column: [_chosen(value) for value in values] for column, values in columns.items()}, []


def _chosen(value: Any) -> Any:
    if isinstance(value, str) and value.startswith('{"choices":'):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value["choices"] if isinstance(value, dict) and isinstance(value.get("choices"), list) else value


register_format(Annotations("an export of Label Studio", _read, _recognise))
register_format(Annotations("a short export of Label Studio", _read_short, _recognise_short))

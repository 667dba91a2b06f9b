"""Exports of doccano, for text classification."""

from __future__ import annotations

from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.format import Annotations, listed_rows, single_labels
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns


def _recognise(columns: Columns) -> bool:
    """By its comments, or by texts called data beside lists of labels; other tools write lists of labels, too."""
    labels = columns.get("label", columns.get("labels", []))
    mark = "Comments" in columns or ("data" in columns and "text" not in columns and "id" in columns)
    return bool(mark and labels and ("text" in columns or "data" in columns)
                and all(label is None or isinstance(label, list) for label in labels))


def _read(columns: Columns, name: str) -> tuple[Columns, list[str]]:
    label = "label" if "label" in columns else "labels"
    named: Columns = {"text" if key == "data" and "text" not in columns else "label" if key == label else key: values
                      for key, values in columns.items()}
    if any(isinstance(part, list | dict) for row in named["label"] for part in row or ()):
        raise TaskError(f"{name}: these labels of doccano mark parts of texts. Export a project of text classification, or "
                        "write a label for each text.")
    empty = [number for number, row in enumerate(named["label"]) if not row]
    labels: list[Any] = [row or None for row in named["label"]]
    named["label"], notes = single_labels(labels)
    if empty:
        notes.append(f"An empty list of labels, {listed_rows(empty)}, was taken to mean that nobody has labelled the text yet.")
    return named, [f"{name}, from doccano: {note}" for note in notes]


register_format(Annotations("an export of doccano", _read, _recognise))

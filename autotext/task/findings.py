"""Findings: sentences about the rows of a task, with the numbers of the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from autotext.errors import TaskError
from autotext.scoring.metrics import Kind


def is_null(value: Any) -> bool:
    """Whether a value stands for a missing one: None, NaN, or a null of pandas.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> is_null(None), is_null(float("nan")), is_null("None")
    (True, True, False)
    """
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")


def complete_rows(texts: Sequence[Any], labels: Sequence[Any], name: str) -> tuple[list[int], list[int], list[str]]:
    """Find the rows with text and label, those with text only, and sentences about all others.

    Parameters
    ----------
    texts, labels : sequences, n_rows
    name : str
        Name of the data, for the sentences.

    Raises
    ------
    TaskError
        No row has text and label.

    Examples
    --------
    >>> complete_rows(["a", "b", None], ["x", None, "y"], "a.csv")[:2]
    ([0], [1])
    """
    empty, unlabelled, complete = [], [], []
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if is_null(text) or not str(text).strip():
            empty.append(row)
        elif _no_label(label):
            unlabelled.append(row)
        else:
            complete.append(row)
    if not complete:
        raise TaskError(f"{name}: no row has both a text and a label: of {len(texts):,} rows {len(empty):,} lack the text and "
                        f"{len(unlabelled):,} the label. Are these the right columns?")
    findings = []
    if empty:
        findings.append(f"{name}: {_count(empty, 'row')} left out, no text: {_numbers(empty)}.")
    if unlabelled:
        findings.append(f"{name}: {_count(unlabelled, 'row')} set aside, no label: {_numbers(unlabelled)}. "
                     "Nothing is learned from them; predict can label them.")
    return complete, unlabelled, findings


def _no_label(label: Any) -> bool:
    return (is_null(label) or (isinstance(label, str) and not label.strip())
            or (isinstance(label, tuple) and any(map(is_null, label))))


def _count(things: Sequence[Any], noun: str) -> str:
    return f"{len(things):,} {noun}{'s' if len(things) > 1 else ''}"


def _numbers(rows: Sequence[int], limit: int = 10) -> str:
    shown = ", ".join(str(row + 1) for row in rows[:limit])
    return f"row{'s' if len(rows) > 1 else ''} {shown}" + (f" and {len(rows) - limit:,} more" if len(rows) > limit else "")


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}..."


def _listed(names: Sequence[str], limit: int = 5) -> str:
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else ".")


def unknown_classes(present: Iterable[Any], classes: Sequence[Any], name: str) -> list[str]:
    """Findings about labels that no training row has.

    Parameters
    ----------
    present : iterable of object
        Labels of the rows.
    classes : sequence of object
    name : str
        Name of the rows, for the sentence.

    Examples
    --------
    >>> unknown_classes(["ham", "new"], ["ham", "spam"], "test.csv")
    ["test.csv: 1 label not among the training rows: 'new'."]
    """
    unknown = sorted(_short(repr(label)) for label in set(present) - set(classes))
    if not unknown:
        return []
    return [f"{name}: {_count(unknown, 'label')} not among the training rows: {_listed(unknown)}"]


def collect_findings(texts: Sequence[str], labels: Sequence[Any], row_numbers: Sequence[int], kind: Kind) -> list[str]:
    """Findings about copies, contradictions, similar labels, and classes that are too small to be evaluated.

    Parameters
    ----------
    texts, labels : sequences, n_rows
    row_numbers : sequence of int, n_rows
        Number that each row had as it was read.
    kind : {"binary", "multiclass", "multilabel"}

    Examples
    --------
    >>> collect_findings(["a", "b", "c"], ["x", "x", "y"], [0, 1, 2], "binary")
    ["1 of 2 classes has a single row and cannot be judged, only learned in the end: 'y' (row 3)."]
    """
    findings = []
    seen: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        seen[text].append(row)
    copies = sum(len(rows) - 1 for rows in seen.values())
    if copies:
        findings.append(f"{copies:,} rows repeat the text of another; copies stay in the same fold.")
    clash = [row for rows in seen.values() if len({labels[row] for row in rows}) > 1 for row in rows]
    if clash:
        findings.append(f"{len(clash):,} rows have the text of another row and a different label: "
                        f"{_numbers([row_numbers[row] for row in clash])}.")
    rows_by_label: dict[Any, list[int]] = defaultdict(list)
    for row, row_labels in enumerate(labels):
        for label in row_labels if kind == "multilabel" else (row_labels,):
            rows_by_label[label].append(row_numbers[row])
    return findings + _look_alikes(rows_by_label) + _single_rows(rows_by_label)


def _look_alikes(classes: Iterable[Any]) -> list[str]:
    alike: dict[str, list[str]] = defaultdict(list)
    for label in classes:
        alike[" ".join(str(label).split()).casefold()].append(_short(repr(label)))
    pairs = [" and ".join(sorted(names)) for names in alike.values() if len(names) > 1]
    return [f"Classes differ only in case or spaces and were kept apart: {_listed(sorted(pairs))}"] if pairs else []


def _single_rows(by_label: dict[Any, list[int]]) -> list[str]:
    single = {repr(label): rows[0] for label, rows in by_label.items() if len(rows) == 1}
    if not single:
        return []
    shown = [f"{_short(label)} (row {single[label] + 1})" for label in sorted(single)]
    return [f"{len(single):,} of {len(by_label):,} classes {'have' if len(single) > 1 else 'has'} a single row and cannot be "
            f"judged, only learned in the end: {_listed(shown)}"
            f"{' Is the label column the right one?' if len(single) == len(by_label) else ''}"]

"""A labelled text-classification problem, frozen."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import TaskError, suggestion
from autotext.fingerprint import fingerprint_strings
from autotext.metrics import Kind
from autotext.task.columns import check_texts, choose_columns
from autotext.task.hub import load_from_hub
from autotext.task.languages import language_code
from autotext.task.noticed import complete_rows, is_null, noticed, unknown_classes
from autotext.task.order import row_times
from autotext.task.readers import is_table, read_file, read_object
from autotext.task.tables import Columns

Label = str | int | float | bool
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True, eq=False)
class Task:
    """A labelled text-classification problem, frozen; made by `Task.read`.

    Parameters
    ----------
    texts : tuple of str, n_rows
        Several text columns are joined by line breaks, in the order named.
    labels : tuple, n_rows
        A label for each text; for multi-label tasks a tuple of labels, perhaps empty.
    classes : tuple
        Every label, sorted, in the type given.
    kind : {"binary", "multiclass", "multilabel"}
    columns : tuple of str
        Names of the text columns; empty if the texts had none.
    name : str
    language : str or None
        ISO 639 code, if the user said it.
    findings : tuple of str
        What was noticed about the data, with row numbers; rows count from 1, as they were read.
    test : Task or None
        Rows never searched on.
    groups : tuple or None
        What each row belongs to, None for nothing; rows of one group are never parted when rows are held out.
    times : tuple or None
        When each row came about, as a number that grows; None where it is not known.
    unlabelled : tuple of str
        Texts that came without a label: nothing is learned from them, ``pipeline.predict`` can label them.
    """

    texts: tuple[str, ...]
    labels: tuple[Any, ...]
    classes: tuple[Label, ...]
    kind: Kind
    columns: tuple[str, ...] = ()
    name: str = "task"
    language: str | None = None
    findings: tuple[str, ...] = ()
    test: Task | None = None
    groups: tuple[Any, ...] | None = None
    times: tuple[float | None, ...] | None = None
    unlabelled: tuple[str, ...] = ()

    @classmethod
    def read(cls, dataset: Any, *, text: str | Sequence[str] | None = None, label: str | None = None,
             test: Any = None, separator: str | None = None, language: str | None = None,
             encoding: str | None = None, groups: str | Sequence[Any] | None = None,
             time: str | Sequence[Any] | None = None) -> Task:
        """Task from a file, an object or a hub id.

        Parameters
        ----------
        dataset : path, DataFrame, datasets.Dataset, datasets.DatasetDict, (texts, labels), mapping or Task
            Files are csv, tsv, jsonl, parquet or xlsx. A string that is no file is a hub id; ``"hub:owner/name"`` always is.
        text : str or sequence of str, optional
            Text columns; guessed when only one reading is possible.
        label : str, optional
            Label column; likewise. Lists of labels make a multi-label task.
        test : like `dataset`, optional
            Rows never searched on.
        separator : str, optional
            Parts the labels within one field, e.g. ``"|"``; makes a multi-label task.
        language : str, optional
            Of the texts: an ISO 639 code, a locale or an English name (``"ko"``, ``"ko-KR"``, ``"Korean"``).
        encoding : str, optional
            Of csv, tsv and jsonl files.
        groups : str or sequence, optional
            Column, or a value for each text, that says what a text belongs to (its author, its thread, its document). Rows
            of one group are never parted when rows are held out. Null: the row is on its own.
        time : str or sequence, optional
            Column, or a value for each text, of numbers or ISO dates; the Report says whether newer texts differ from older.

        Returns
        -------
        Task

        Raises
        ------
        TaskError
            The data cannot be read as a task; the message says what, where and what to do.

        Examples
        --------
        >>> task = Task.read((["so good", "so bad", "fine"], [1, 0, 1]))
        >>> task.classes, task.kind
        ((0, 1), 'binary')
        """
        if isinstance(dataset, Task):
            return dataset if test is None else dataset.with_test(test, separator=separator, encoding=encoding)
        language = None if language is None else language_code(language)
        columns, name, notes, inside = _columns(dataset, encoding)
        if not isinstance(columns, dict):
            texts, labels = columns
            named: tuple[str, ...] = ()
        else:
            free = [column for column in columns if column not in _names(groups, time)]
            named, label = choose_columns(free, text, label, name)
            texts, labels = _joined(columns, named, name), columns[label]
        task, kept = _checked(texts, labels, separator, _Source(name, named, label, tuple(notes)), language)
        by_name = columns if isinstance(columns, dict) else None
        task = replace(task, groups=None if groups is None else _groups(groups, columns, kept, len(texts), name),
                       times=None if time is None else row_times(time, by_name, kept, len(texts), name))
        held_out = inside if test is None else test
        return task if held_out is None else task.with_test(held_out, label=label, separator=separator, encoding=encoding)

    def with_test(self, test: Any, *, label: str | None = None, separator: str | None = None,
                  encoding: str | None = None) -> Task:
        """The same task with rows that are never searched on."""
        if isinstance(test, Task):
            read = test
        else:
            columns, name, notes, _ = _columns(test, encoding)
            if isinstance(columns, dict):
                named, label = choose_columns(list(columns), self.columns or None, label, name)
                texts, labels = _joined(columns, named, name), columns[label]
            else:
                texts, labels = columns
            source = _Source(name, self.columns, label, tuple(notes))
            read = _checked(texts, labels, separator, source, self.language, like=self)[0]
        return replace(self, findings=self.findings + read.findings, test=read)

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def targets(self) -> NDArray[Any]:
        """Class numbers, shape (n_rows,), or 0/1 indicators, shape (n_rows, n_classes); -1 for an unknown class."""
        return self.encode(self.labels)

    def encode(self, labels: Sequence[Any]) -> NDArray[Any]:
        """Labels as `targets`."""
        return encode_labels(labels, self.classes, self.kind)

    @cached_property
    def fingerprint(self) -> str:
        """Identifies texts, labels and their order."""
        return fingerprint_strings([self.kind, *self.texts, *(repr(label) for label in self.labels)])

    def rows(self, rows: NDArray[np.intp]) -> Task:
        """The task with some of its rows, all of its classes."""
        groups = None if self.groups is None else tuple(self.groups[row] for row in rows)
        times = None if self.times is None else tuple(self.times[row] for row in rows)
        return replace(self, texts=tuple(self.texts[row] for row in rows), labels=tuple(self.labels[row] for row in rows),
                       groups=groups, times=times)


def encode_labels(labels: Sequence[Any], classes: Sequence[Label], kind: Kind) -> NDArray[Any]:
    """Class numbers, or 0/1 indicators for several labels; a label that is no class gives -1, or no mark."""
    number = {label: i for i, label in enumerate(classes)}
    if kind != "multilabel":
        return np.array([number.get(label, -1) for label in labels], dtype=np.intp)
    indicators = np.zeros((len(labels), len(classes)), dtype=np.int8)
    for row, given in enumerate(labels):
        for label in given:
            if label in number:
                indicators[row, number[label]] = 1
    return indicators


def join_columns(values: Sequence[Any]) -> str:
    """One text of the text columns of a row; a null counts as empty."""
    return "\n".join("" if is_null(value) else str(value) for value in values)


def _names(*given: Any) -> list[str]:
    """Those that name a column, rather than being one."""
    return [one for one in given if isinstance(one, str)]


def _columns(dataset: Any, encoding: str | None) -> tuple[Columns | tuple[Any, Any], str, list[str], Any]:
    """Columns (or texts and labels), a name, notes, and a test split that came along."""
    if isinstance(dataset, str) and dataset.startswith("hub:"):
        return _split(load_from_hub(dataset[4:]), dataset)
    if isinstance(dataset, str | Path):
        path = Path(dataset)
        if isinstance(dataset, str) and not path.suffix and _HUB_NAME.fullmatch(dataset) and not os.path.exists(dataset):
            return _split(load_from_hub(dataset), f"hub:{dataset}")
        if "://" in str(dataset):
            raise TaskError(f"{dataset!r} is a web address. Download the file and give its name; a data set of the hub is "
                            "given as 'hub:owner/name'.")
        columns, notes = read_file(path, encoding)
        return columns, path.name, notes, None
    if isinstance(dataset, tuple) and len(dataset) == 2:
        if any(isinstance(part, str | bytes) or not hasattr(part, "__iter__") for part in dataset):
            raise TaskError("A pair must be a list of texts and a list of labels: (['so good', 'so bad'], ['+', '-']).")
        texts, labels = (part.tolist() if hasattr(part, "tolist") else list(part) for part in dataset)
        if len(texts) != len(labels):
            raise TaskError(f"There are {len(texts)} texts and {len(labels)} labels; each text needs one.")
        return (texts, labels), "task", [], None
    if isinstance(dataset, Mapping) and any(map(is_table, dataset.values())):
        return _split(dataset, "task")
    columns_read = read_object(dataset)
    if columns_read is None:
        raise TaskError(f"Cannot read a task from {type(dataset).__name__}. Give a file name, a DataFrame, a datasets.Dataset, "
                        "a DatasetDict, a pair (texts, labels) or a mapping of columns.")
    return columns_read, "task", [], None


def _split(splits: Mapping[str, Any], name: str) -> tuple[Columns, str, list[str], Any]:
    if "train" not in splits:
        raise TaskError(f"{name}: there is no 'train' split among {', '.join(map(repr, splits))}.")
    columns = read_object(splits["train"])
    if columns is None:
        raise TaskError(f"{name}: cannot read its 'train' split ({type(splits['train']).__name__}).")
    others = [split for split in splits if split not in ("train", "test")]
    notes = [f"{name}: the split {split!r} was not used." for split in others]
    return columns, name, notes, splits.get("test")


def _joined(columns: Columns, named: Sequence[str], name: str) -> list[Any]:
    for column in named:
        check_texts(columns[column], f"{name}: the column {column!r}")
    if len(named) == 1:
        return columns[named[0]]
    rows = zip(*(columns[name] for name in named), strict=True)
    return [None if all(is_null(value) for value in row) else join_columns(row) for row in rows]


def _groups(groups: str | Sequence[Any], columns: Columns | tuple[Any, Any], kept: Sequence[int], n_rows: int,
            name: str) -> tuple[Any, ...]:
    """The group of each row kept."""
    if isinstance(groups, str):
        known = list(columns) if isinstance(columns, dict) else []
        if groups not in known or not isinstance(columns, dict):
            raise TaskError(f"{name}: there is no column {groups!r} to use as groups.{suggestion(groups, known)}")
        values: list[Any] = columns[groups]
    elif hasattr(groups, "__iter__"):
        values = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    else:
        raise TaskError(f"groups must name a column or hold a value for each text, not {groups!r:.80}.")
    if len(values) != n_rows:
        raise TaskError(f"There are {n_rows} texts and {len(values)} groups; each text needs one, or None.")
    plain = [None if is_null(values[row]) or values[row] == "" else _plain(values[row]) for row in kept]
    try:
        hash(tuple(plain))
    except TypeError:
        raise TaskError("Groups must be text or numbers, one for each row.") from None
    return tuple(plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class _Source:
    """What data are called, and what reading them brought to light."""

    name: str
    columns: tuple[str, ...]
    label: str | None
    notes: tuple[str, ...]


def _checked(texts: Sequence[Any], labels: Sequence[Any], separator: str | None, source: _Source, language: str | None,
             like: Task | None = None) -> tuple[Task, list[int]]:
    """Task of the rows that have both text and label, and the numbers of these rows."""
    name = source.name
    if separator is not None and (not isinstance(separator, str) or not separator):
        raise TaskError(f"The separator must be what stands between two labels, e.g. '|', not {separator!r}.")
    if not source.columns:
        check_texts(texts, f"{name}: the texts")
    labels = _checked_labels([_parted(label, separator) for label in labels], source)
    multilabel = any(isinstance(label, tuple) for label in labels)
    kept, unlabelled, findings = complete_rows(texts, labels, name)
    chosen_texts = [str(texts[row]) for row in kept]
    chosen, merged = _one_type([_tuple(labels[row]) if multilabel else labels[row] for row in kept], multilabel)
    task = Task(tuple(chosen_texts), tuple(chosen), (), "multilabel" if multilabel else "multiclass", source.columns, name,
                language, unlabelled=tuple(str(texts[row]) for row in unlabelled))
    if like is not None:
        return _as_test(task, like, (*source.notes, *findings)), kept
    classes = tuple(sorted({label for row in chosen for label in (row if multilabel else (row,))}))
    kind = _kind(classes, multilabel, name)
    if len(set(chosen_texts)) < 2:
        raise TaskError(f"{name}: all texts are the same, so there is nothing to learn from. Is the text column the right one?")
    findings += merged + noticed(chosen_texts, chosen, kept, kind)
    return replace(task, classes=classes, kind=kind, findings=(*source.notes, *findings)), kept


def _as_test(task: Task, like: Task, findings: Sequence[str]) -> Task:
    """Rows with the classes of the training rows, also where the two files wrote them in different types."""
    if task.kind != like.kind and "multilabel" in (task.kind, like.kind):
        raise TaskError(f"{task.name}: these rows have {'lists of labels' if task.kind == 'multilabel' else 'single labels'}, "
                        "the training rows do not.")
    written = {str(label): label for label in like.classes}
    known = {label: label for label in like.classes}

    def one(label: Any) -> Any:
        return known.get(label, written.get(str(label), label))

    several = task.kind == "multilabel"
    labels = [tuple(map(one, row)) if several else one(row) for row in task.labels]
    present = {label for row in labels for label in (row if several else (row,))}
    return replace(task, labels=tuple(labels), classes=like.classes, kind=like.kind,
                   findings=(*findings, *unknown_classes(present, like.classes, task.name)))


def _parted(label: Any, separator: str | None) -> Any:
    if hasattr(label, "tolist"):
        label = label.tolist()
    if isinstance(label, list | tuple | set | frozenset):
        parts = sorted(label, key=repr) if isinstance(label, set | frozenset) else label
        return tuple(_plain(part) for part in parts)
    if separator is not None and isinstance(label, str):
        return tuple(part.strip() for part in label.split(separator) if part.strip())
    return _plain(label)


def _checked_labels(labels: list[Any], source: _Source) -> list[Any]:
    where = f"{source.name}: the labels" + (f" in column {source.label!r}" if source.label is not None else "")
    for row, label in enumerate(labels):
        for part in _tuple(label):
            if not is_null(part) and (not isinstance(part, str | int | float | bool) or part in (math.inf, -math.inf)):
                raise TaskError(f"{where} must be text, numbers or booleans, or lists of them, but row {row + 1} holds "
                                f"{type(part).__name__}: {part!r:.80}. Write them as text, or name another column with label=.")
    return [tuple(dict.fromkeys(label)) if isinstance(label, tuple) else label for label in labels]


def _tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _one_type(labels: list[Any], multilabel: bool) -> tuple[list[Any], list[str]]:
    kinds = {type(label) for row in labels for label in (row if multilabel else (row,))}
    if len(kinds) < 2:
        return labels, []
    merged = [tuple(dict.fromkeys(map(_written, row))) if multilabel else _written(row) for row in labels]
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    return merged, [f"Labels came in several types ({names}) and were all read as text, so that 1 and '1' are one class."]


def _written(label: Any) -> str:
    """A label as text; 1.0 beside 1 is the same number."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _kind(classes: tuple[Any, ...], multilabel: bool, name: str) -> Kind:
    if not classes:
        raise TaskError(f"{name}: no row has a label.")
    if multilabel:
        return "multilabel"
    if len(classes) == 1:
        raise TaskError(f"{name}: there is only one class, {classes[0]!r:.80}; a classifier needs at least two. "
                        "Is the label column the right one?")
    return "binary" if len(classes) == 2 else "multiclass"

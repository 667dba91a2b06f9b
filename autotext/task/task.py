"""Tasks: labelled text-classification problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.arguments import names_unknown_arguments
from autotext.errors import ArgumentError, TaskError, suggestion
from autotext.fingerprint import fingerprint_strings
from autotext.scoring.metrics import Kind
from autotext.task.arguments import check_reading
from autotext.task.columns import Names, choose_columns, find_columns
from autotext.task.findings import collect_findings, complete_rows, is_null, unknown_classes
from autotext.task.groups import row_groups
from autotext.task.inputs import Inputs, read_inputs
from autotext.task.labels import Label, Labels, encode_labels, labels_as, labels_of_columns, read_labels, unified
from autotext.task.languages import language_code
from autotext.task.learnable import check_learnable
from autotext.task.names import find_name
from autotext.task.texts import find_text_columns, join_columns
from autotext.task.times import row_times


@dataclass(frozen=True, eq=False)
class Task:
    """A labelled text-classification problem, which is immutable; `Task.read` makes one from data.

    Parameters
    ----------
    texts : tuple of str, n_rows
        Texts. Several text columns are joined by line breaks, in the order given.
    labels : tuple, n_rows
        A label for each text; for multi-label tasks a tuple of labels, which may be empty.
    classes : tuple
        Every label, sorted, in the type given; those of an indicator matrix in the order of its columns.
    kind : {"binary", "multiclass", "multilabel"}
    columns : tuple of str
        Names of the text columns; empty if the texts had none.
    name : str
    language : str or None
        ISO 639 code, if the user gave it.
    findings : tuple of str
        Sentences about the data, with row numbers; rows count from 1, as they were read.
    test : Task or None
        Held-out test rows.
    groups : tuple or None
        Group of each row, None for no group; rows of one group are always held out together.
    times : tuple or None
        Time of each row, as a number that grows; None where it is not known.
    unlabelled : tuple of str
        Texts without a label, from which nothing is learned; ``pipeline.predict`` can label them.
    label_columns : tuple of str
        Names of the label columns, several of an indicator matrix; empty if the labels had none.
    indicators : bool
        Whether the labels came as an indicator matrix.

    Examples
    --------
    >>> task = Task.read({"text": ["so good", "so bad", "fine"], "stars": [5, 1, 5]}, label="stars")
    >>> task.classes, task.targets.tolist(), len(task)
    ((1, 5), [1, 0, 1], 3)
    >>> task.with_test((["really good"], [5])).test.texts
    ('really good',)
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
    label_columns: tuple[str, ...] = ()
    indicators: bool = False

    @classmethod
    @names_unknown_arguments
    def read(cls, dataset: Any, y: Any = None, *, text: Names = None, label: Names = None, test: Any = None,
             separator: str | None = None, language: str | None = None, encoding: str | None = None,
             groups: str | Sequence[Any] | None = None, time: str | Sequence[Any] | None = None) -> Task:
        """Read a task from a file, an object or a hub id.

        Parameters
        ----------
        dataset : path, table, mapping of columns, list of dicts, (texts, labels), texts or Task
            Files are csv, tsv, json, jsonl, parquet, xlsx or others. A table is a DataFrame of any library, an Arrow table, or
            a Dataset, IterableDataset or DatasetDict of datasets. A string that is no file is a hub id; ``"hub:owner/name"``
            always is.
        y : sequence, array or DataFrame, optional
            Labels, if `dataset` holds none: one for each text, a list for each, or indicators of shape (n_rows, n_classes).
        text : str, int or sequence of them, optional
            Text columns; guessed if only one choice is possible. With `y`, all columns of a table are texts.
        label : str, int or sequence of them, optional
            Label column; guessed likewise. Lists of labels make a multi-label task, and so do several columns of 0 and 1.
        test : like `dataset`, or the name of one of its splits, optional
            Held-out test rows.
        separator : str, optional
            Separator of several labels within one field, e.g. ``"|"``, which makes a multi-label task; not that of columns.
        language : str, optional
            Language of the texts: an ISO 639 code, a locale or an English name (``"ko"``, ``"ko-KR"``, ``"Korean"``).
        encoding : str, optional
            Encoding of csv, tsv and jsonl files.
        groups : str or sequence, optional
            Column, or a value for each text, of its author, thread or document, which is held out as a whole. Null: none.
        time : str or sequence, optional
            Column, or a value for each text, of numbers or ISO dates. The report says whether newer texts differ from older.

        Returns
        -------
        Task

        Raises
        ------
        TaskError
            The data cannot be read as a task; the message says what, where and what to do.

        Examples
        --------
        >>> Task.read(["so good", "so bad", "fine"], [1, 0, 1]).kind
        'binary'
        """
        check_reading(text, label, separator, language, encoding, groups, time)
        if isinstance(dataset, Task):
            if any(value is not None for value in (y, text, label, language, groups, time)):
                raise ArgumentError("A Task was read already: give y, text, label, language, groups and time to Task.read.")
            return dataset if test is None else dataset.with_test(test, separator=separator, encoding=encoding)
        language = None if language is None else language_code(language)
        dataset, y = _pair(dataset, y)
        inputs = read_inputs(dataset, encoding)
        texts, labels, columns, label_columns = _texts_and_labels(inputs, y, text, label, _names(groups, time), separator)
        task, row_numbers = _make(texts, labels, inputs, language)
        task = replace(task, columns=columns, label_columns=label_columns,
                       groups=None if groups is None else _groups(groups, inputs, row_numbers),
                       times=None if time is None else row_times(time, inputs.columns, row_numbers, len(inputs), inputs.name))
        if task.kind != "multilabel":
            check_learnable(task.labels, task.name, {} if inputs.plain else inputs.columns, (*columns, *label_columns),
                            next(iter(label_columns), None))
        return _with_split(task, inputs, test, separator, encoding)

    def with_test(self, test: Any, *, label: Names = None, separator: str | None = None,
                  encoding: str | None = None) -> Task:
        """Copy the task with held-out test rows, which have the same columns as the training rows.

        Parameters
        ----------
        test : like the data of `Task.read`
        label : str, int or sequence of them, optional
            Label columns, if their names differ.
        separator, encoding : str, optional
            As in `Task.read`.

        Raises
        ------
        TaskError
            The rows cannot be read, or have labels of another kind.
        """
        if isinstance(test, Task):
            return replace(self, test=_as_test(test, Labels(list(test.labels)), self, test.findings))
        test, y = _pair(test, None)
        inputs = read_inputs(test, encoding, name="the test rows")
        return replace(self, **_read_test(self, inputs, y, label, separator))

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def targets(self) -> NDArray[Any]:
        """Class numbers of shape (n_rows,), or 0/1 indicators of shape (n_rows, n_classes); see `encode_labels`."""
        return self.encode(self.labels)

    def row_groups(self) -> NDArray[np.intp]:
        """Group number of each row, where copies of a text and rows of one of `groups` belong together; see `row_groups`."""
        return row_groups(self.texts, self.groups)

    def encode(self, labels: Sequence[Any]) -> NDArray[Any]:
        """Encode labels like those in `targets`."""
        return encode_labels(labels, self.classes, self.kind)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the texts and labels in their order."""
        return fingerprint_strings([self.kind, *self.texts, *(repr(label) for label in self.labels)])

    def rows(self, rows: NDArray[np.intp]) -> Task:
        """Copy the task with some of its rows, and all of its classes."""
        groups = None if self.groups is None else tuple(self.groups[row] for row in rows)
        times = None if self.times is None else tuple(self.times[row] for row in rows)
        return replace(self, texts=tuple(self.texts[row] for row in rows), labels=tuple(self.labels[row] for row in rows),
                       groups=groups, times=times)


def _names(*values: Any) -> list[str]:
    """Those of some values that are names of columns, rather than columns."""
    return [value for value in values if isinstance(value, str)]


def _pair(dataset: Any, y: Any) -> tuple[Any, Any]:
    """Split a pair of texts and labels; anything else stays as it is."""
    if not isinstance(dataset, tuple) or y is not None:
        return dataset, y
    if len(dataset) != 2 or any(isinstance(part, str | bytes) or not hasattr(part, "__iter__") for part in dataset):
        raise TaskError("A tuple must be a list of texts and a list of labels: (['so good', 'so bad'], ['+', '-']).")
    return dataset


def _texts_and_labels(inputs: Inputs, y: Any, text: Names, label: Names, others: Sequence[str],
                      separator: str | None) -> tuple[list[Any], Labels, tuple[str, ...], tuple[str, ...]]:
    """Texts and labels of the rows, and the names of their columns."""
    name = inputs.name
    if y is None:
        _check_labelled(inputs)
        free = {column: values for column, values in inputs.columns.items() if column not in others}
        columns, label_columns = choose_columns(free, text, label, name)
        return join_columns(inputs, columns), _labels_of(inputs, label_columns, separator), columns, label_columns
    if label is not None:
        raise TaskError(f"{name}: labels are given as y and as the column {label!r}; give one of them.")
    columns = () if inputs.plain else _columns_beside(inputs, text, others)
    labels = read_labels(y, f"{name}: the labels", separator)
    if len(labels.values) != len(inputs):
        raise TaskError(f"There are {len(inputs)} texts and {len(labels.values)} labels; each text needs one.")
    named = getattr(y, "name", None)
    return (join_columns(inputs, columns or ("text",)), labels, columns,
            (named,) if isinstance(named, str) and not inputs.plain else ())


def _check_labelled(inputs: Inputs) -> None:
    """Refuse texts that come without labels."""
    if inputs.plain:
        first = next(iter(inputs.columns["text"]), None)
        pairs = " Of pairs of a text and its label make two lists: texts, labels = zip(*pairs)."
        raise TaskError(f"{inputs.name}: there are texts without labels: give both, (texts, labels), or a table with columns "
                        f"for both.{pairs if isinstance(first, tuple | list) else ''}")


def _columns_beside(inputs: Inputs, text: Names, others: Sequence[str]) -> tuple[str, ...]:
    """Text columns of a table whose labels are given separately: those named, else all, which must then be texts."""
    free = {column: values for column, values in inputs.columns.items() if column not in others}
    if text is not None:
        return find_columns(text, "text", free, inputs.name)
    for column, values in free.items():
        first = next((value for value in values if not is_null(value)), "")
        if not isinstance(first, str):
            raise TaskError(f"{inputs.name}: the column {column!r} holds {type(first).__name__}, not text. Give only the text "
                            f"columns, or name them: text={[name for name in free if name != column][:3]!r}.")
    return tuple(free)


def _labels_of(inputs: Inputs, columns: Sequence[str], separator: str | None) -> Labels:
    where = f"{inputs.name}: the labels in column"
    if len(columns) == 1:
        return read_labels(inputs.columns[columns[0]], f"{where} {columns[0]!r}", separator)
    return labels_of_columns([inputs.columns[name] for name in columns], columns, f"{where}s {', '.join(map(repr, columns))}")


def _with_split(task: Task, inputs: Inputs, test: Any, separator: str | None, encoding: str | None) -> Task:
    """Add test rows to a task: the given ones, else those of a split of the data set, if it has labels."""
    by_name = isinstance(test, str) and test in inputs.splits
    if isinstance(test, str) and inputs.splits and not by_name and not Path(test).suffix and ":" not in test:
        raise TaskError(f"{inputs.name}: there is no split {test!r} to use as test.{suggestion(test, inputs.splits)}")
    notes = [f"{inputs.name}: the split {split!r} was not used; test={split!r} scores the result on it."
             for split in inputs.splits if split != ("test" if test is None else test)]
    task = replace(task, findings=(*notes, *task.findings)) if notes else task
    if test is None and "test" not in inputs.splits:
        return task
    if test is not None and not by_name:
        return task.with_test(test, separator=separator, encoding=encoding)
    split = "test" if test is None else test
    rows = read_inputs(inputs.splits[split], encoding, name=f"{inputs.name}: the split {split!r}")
    if test is None and _hides_labels(rows, task):
        return replace(task, findings=(*task.findings, f"{rows.name} has no labels and was left aside."))
    return replace(task, **_read_test(task, rows, None, None, separator))


def _hides_labels(rows: Inputs, task: Task) -> bool:
    """Whether the labels of a split are kept secret: it has no label column, or only nulls or -1 in it."""
    columns = [find_name(name, rows.columns) for name in task.label_columns]
    if None in columns:
        return True
    hidden = {-1} - set(task.classes)
    return all(is_null(value) or (isinstance(value, int) and value in hidden)
               for column in columns for value in rows.columns[str(column)])


def _read_test(task: Task, inputs: Inputs, y: Any, label: Names, separator: str | None) -> dict[str, Any]:
    """Fields of a task that its test rows change."""
    if y is not None:
        columns = find_text_columns(inputs, task.columns)
        labels = read_labels(y, f"{inputs.name}: the labels", separator)
        if len(labels.values) != len(inputs):
            raise TaskError(f"There are {len(inputs)} texts and {len(labels.values)} labels in {inputs.name}; each text needs "
                            "one.")
    else:
        _check_labelled(inputs)
        usual = label or tuple(filter(None, (find_name(name, inputs.columns) for name in task.label_columns)))
        columns, label_columns = choose_columns(inputs.columns, task.columns or None, usual or None, inputs.name)
        labels = _labels_of(inputs, label_columns, separator)
    read, _ = _make(join_columns(inputs, columns), labels, inputs, task.language, like=task)
    return {"test": read, "findings": task.findings + read.findings}


def _groups(groups: str | Sequence[Any], inputs: Inputs, row_numbers: Sequence[int]) -> tuple[Any, ...]:
    """Group of each row of the task."""
    if isinstance(groups, str):
        column = None if inputs.plain else find_name(groups, inputs.columns)
        if column is None:
            known = () if inputs.plain else inputs.columns
            raise TaskError(f"{inputs.name}: there is no column {groups!r} to use as groups.{suggestion(groups, known)}")
        values: list[Any] = inputs.columns[column]
    else:
        values = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    if len(values) != len(inputs):
        raise TaskError(f"There are {len(inputs)} texts and {len(values)} groups; each text needs one, or None.")
    plain = [None if is_null(values[row]) or values[row] == "" else _plain(values[row]) for row in row_numbers]
    try:
        hash(tuple(plain))
    except TypeError:
        raise TaskError("Groups must be text or numbers, one for each row.") from None
    return tuple(plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _make(texts: Sequence[Any], labels: Labels, inputs: Inputs, language: str | None,
          like: Task | None = None) -> tuple[Task, list[int]]:
    """Make a task of the rows with both text and label; also gives the numbers of these rows."""
    name = inputs.name
    multilabel = any(isinstance(label, tuple) for label in labels.values)
    row_numbers, unlabelled, findings = complete_rows(texts, labels.values, name)
    chosen_texts = tuple(str(texts[row]) for row in row_numbers)
    chosen = [_tuple(labels.values[row]) if multilabel else labels.values[row] for row in row_numbers]
    task = Task(chosen_texts, tuple(chosen), (), "multilabel" if multilabel else "multiclass", name=name, language=language,
                unlabelled=tuple(str(texts[row]) for row in unlabelled), indicators=bool(labels.classes))
    if like is not None:
        return _as_test(task, Labels(chosen, labels.classes), like, (*inputs.notes, *findings)), row_numbers
    chosen, merged = unified(chosen, multilabel)
    classes = labels.classes or tuple(sorted({label for row in chosen for label in (row if multilabel else (row,))}))
    kind = _kind(classes if any(chosen) or not multilabel else (), multilabel, name)
    if len(row_numbers) == 1:
        raise TaskError(f"{name}: only row {row_numbers[0] + 1} has both a text and a label; a classifier needs at least two "
                        "classes.")
    if len(set(chosen_texts)) < 2:
        raise TaskError(f"{name}: all texts are the same, so there is nothing to learn from. Is the text column the right one?")
    findings += [*labels.findings, *merged, *collect_findings(chosen_texts, chosen, row_numbers, kind)]
    return replace(task, labels=tuple(chosen), classes=classes, kind=kind, findings=(*inputs.notes, *findings)), row_numbers


def _as_test(task: Task, labels: Labels, like: Task, findings: Sequence[str]) -> Task:
    """Make test rows with the classes of the training rows, also where the types of their labels differ."""
    matched = tuple(labels_as(labels, like.classes, like.kind, task.name))
    present = {label for row in matched for label in (row if like.kind == "multilabel" else (row,))}
    return replace(task, labels=matched, classes=like.classes, kind=like.kind, columns=like.columns,
                   label_columns=like.label_columns, indicators=like.indicators,
                   findings=(*findings, *unknown_classes(present, like.classes, task.name)))


def _tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _kind(classes: tuple[Any, ...], multilabel: bool, name: str) -> Kind:
    if not classes:
        raise TaskError(f"{name}: no row has a label.")
    if multilabel:
        return "multilabel"
    if len(classes) == 1:
        raise TaskError(f"{name}: there is only one class, {classes[0]!r:.80}; a classifier needs at least two. "
                        "Is the label column the right one?")
    return "binary" if len(classes) == 2 else "multiclass"

"""A labelled text-classification problem, frozen."""

from __future__ import annotations

from collections import Counter, defaultdict
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
from autotext.task.columns import choose_columns
from autotext.task.languages import language_code
from autotext.task.readers import Columns, read_file, read_object

Label = str | int | float | bool


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

    @classmethod
    def read(cls, dataset: Any, *, text: str | Sequence[str] | None = None, label: str | None = None,
             test: Any = None, separator: str | None = None, language: str | None = None,
             encoding: str | None = None, groups: str | Sequence[Any] | None = None) -> Task:
        """Task from a file, an object or a hub id.

        Parameters
        ----------
        dataset : path, DataFrame, datasets.Dataset, datasets.DatasetDict, (texts, labels), mapping or Task
            Files are csv, tsv, jsonl or parquet. A string that is no file is a hub id; ``"hub:owner/name"`` always is.
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
            Column, or a value for each text, that says what a text belongs to (its author, its thread, its document).
            Rows of one group are never parted when rows are held out. Null: the row is on its own.

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
            free = [column for column in columns if not isinstance(groups, str) or column != groups]
            named, label = choose_columns(free, text, label, name)
            texts, labels = _joined(columns, named), columns[label]
        task = _checked(texts, labels, separator, name, named, language, notes)
        if groups is not None:
            task = replace(task, groups=_groups(groups, columns, _kept_rows(texts, labels, name)[0], len(texts), name))
        test = inside if test is None else test
        return task if test is None else task.with_test(test, label=label, separator=separator, encoding=encoding)

    def with_test(self, test: Any, *, label: str | None = None, separator: str | None = None,
                  encoding: str | None = None) -> Task:
        """The same task with rows that are never searched on."""
        if isinstance(test, Task):
            read = test
        else:
            columns, name, notes, _ = _columns(test, encoding)
            if isinstance(columns, dict):
                named, label = choose_columns(list(columns), self.columns or None, label, name)
                texts, labels = _joined(columns, named), columns[label]
            else:
                texts, labels = columns
            read = _checked(texts, labels, separator, name, self.columns, self.language, notes, like=self)
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
        return replace(self, texts=tuple(self.texts[row] for row in rows), labels=tuple(self.labels[row] for row in rows),
                       groups=groups)


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
    return "\n".join("" if _is_null(value) else str(value) for value in values)


def _columns(dataset: Any, encoding: str | None) -> tuple[Columns | tuple[Any, Any], str, list[str], Any]:
    """Columns (or texts and labels), a name, notes, and a test split that came along."""
    if isinstance(dataset, str) and dataset.startswith("hub:"):
        return _split(_from_hub(dataset[4:]), dataset)
    if isinstance(dataset, str | Path):
        path = Path(dataset)
        if isinstance(dataset, str) and not path.exists() and not path.suffix and dataset.count("/") == 1:
            return _split(_from_hub(dataset), f"hub:{dataset}")
        columns, notes = read_file(path, encoding)
        return columns, path.name, notes, None
    if isinstance(dataset, tuple) and len(dataset) == 2:
        texts, labels = (part.tolist() if hasattr(part, "tolist") else list(part) for part in dataset)
        if len(texts) != len(labels):
            raise TaskError(f"There are {len(texts)} texts and {len(labels)} labels; each text needs one.")
        return (texts, labels), "task", [], None
    if isinstance(dataset, Mapping) and "train" in dataset and not isinstance(dataset["train"], list | tuple):
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


def _from_hub(name: str) -> Any:
    import tempfile

    import datasets

    with tempfile.TemporaryDirectory(prefix="autotext-") as cache:
        try:
            found = datasets.load_dataset(name, cache_dir=cache, keep_in_memory=True)
        except Exception as error:  # the hub client raises dozens of unrelated kinds
            cause = error
            while cause.__cause__ is not None:
                cause = cause.__cause__  # type: ignore[assignment]
            raise TaskError(f"There is no file {name!r}, and the hub data set of that name could not be loaded: "
                            f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}") from error
    return found


def _joined(columns: Columns, named: Sequence[str]) -> list[Any]:
    if len(named) == 1:
        return columns[named[0]]
    rows = zip(*(columns[name] for name in named), strict=True)
    return [None if all(_is_null(value) for value in row) else join_columns(row) for row in rows]


def _groups(groups: str | Sequence[Any], columns: Columns | tuple[Any, Any], kept: Sequence[int], n_rows: int,
            name: str) -> tuple[Any, ...]:
    """The group of each row kept."""
    if isinstance(groups, str):
        known = list(columns) if isinstance(columns, dict) else []
        if groups not in known or not isinstance(columns, dict):
            raise TaskError(f"{name}: there is no column {groups!r} to use as groups.{suggestion(groups, known)}")
        values: list[Any] = columns[groups]
    else:
        values = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    if len(values) != n_rows:
        raise TaskError(f"There are {n_rows} texts and {len(values)} groups; each text needs one, or None.")
    plain = [None if _is_null(values[row]) or values[row] == "" else _plain(values[row]) for row in kept]
    try:
        hash(tuple(plain))
    except TypeError:
        raise TaskError("Groups must be text or numbers, one for each row.") from None
    return tuple(plain)


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _checked(texts: Sequence[Any], labels: Sequence[Any], separator: str | None, name: str, columns: tuple[str, ...],
             language: str | None, notes: Sequence[str], like: Task | None = None) -> Task:
    labels = [_parted(label, separator) for label in labels]
    multilabel = any(isinstance(label, tuple) for label in labels)
    kept, findings = _kept_rows(texts, labels, name)
    chosen_texts = [texts[row] if isinstance(texts[row], str) else str(texts[row]) for row in kept]
    chosen = [_tuple(labels[row]) if multilabel else labels[row] for row in kept]
    chosen, merged = _one_type(chosen, multilabel)
    present = {label for row in chosen for label in (row if multilabel else (row,))}
    if like is not None:
        findings += _unknown_classes(present, like, name)
        if multilabel != (like.kind == "multilabel"):
            raise TaskError(f"{name}: these rows have {'lists of labels' if multilabel else 'single labels'}, "
                            "the training rows do not.")
        return Task(tuple(chosen_texts), tuple(chosen), like.classes, like.kind, columns, name, language, tuple(findings))
    classes = tuple(sorted(present))
    kind = _kind(classes, multilabel, name)
    findings += merged + _noticed(chosen_texts, chosen, kept, kind)
    if len(set(chosen_texts)) < 2:
        raise TaskError(f"{name}: all texts are the same, so there is nothing to learn from. Is the text column the right one?")
    return Task(tuple(chosen_texts), tuple(chosen), classes, kind, columns, name, language, tuple([*notes, *findings]))


def _parted(label: Any, separator: str | None) -> Any:
    if hasattr(label, "tolist"):
        label = label.tolist()
    if isinstance(label, list | tuple | set | frozenset):
        parts = sorted(label, key=repr) if isinstance(label, set | frozenset) else label
        return tuple(dict.fromkeys(_plain(part) for part in parts))
    if separator is not None and isinstance(label, str):
        return tuple(dict.fromkeys(part.strip() for part in label.split(separator) if part.strip()))
    return _plain(label)


def _tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _kept_rows(texts: Sequence[Any], labels: Sequence[Any], name: str) -> tuple[list[int], list[str]]:
    left: dict[str, list[int]] = defaultdict(list)
    kept: list[int] = []
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if _is_null(text) or not str(text).strip():
            left["no text"].append(row)
        elif _is_null(label) or label == "" or (isinstance(label, tuple) and any(_is_null(part) for part in label)):
            left["no label"].append(row)
        else:
            kept.append(row)
    if not kept:
        raise TaskError(f"{name}: no row has both a text and a label.")
    return kept, [f"{name}: {len(rows):,} rows left out, {why}: {_numbers(rows)}." for why, rows in left.items()]


def _numbers(rows: Sequence[int], limit: int = 10) -> str:
    shown = ", ".join(str(row + 1) for row in rows[:limit])
    return f"row{'s' if len(rows) > 1 else ''} {shown}" + (f" and {len(rows) - limit:,} more" if len(rows) > limit else "")


def _one_type(labels: list[Any], multilabel: bool) -> tuple[list[Any], list[str]]:
    kinds = {type(label) for row in labels for label in (row if multilabel else (row,))}
    bad = kinds - {str, int, float, bool}
    if bad:
        raise TaskError(f"Labels must be text, numbers or booleans, not {', '.join(sorted(kind.__name__ for kind in bad))}.")
    if len(kinds) < 2:
        return labels, []
    merged = [tuple(dict.fromkeys(map(str, row))) if multilabel else str(row) for row in labels]
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    return merged, [f"Labels came in several types ({names}) and were all read as text, so that 1 and '1' are one class."]


def _kind(classes: tuple[Any, ...], multilabel: bool, name: str) -> Kind:
    if not classes:
        raise TaskError(f"{name}: no row has a label.")
    if multilabel:
        return "multilabel"
    if len(classes) == 1:
        raise TaskError(f"{name}: there is only one class, {classes[0]!r}; a classifier needs at least two.")
    return "binary" if len(classes) == 2 else "multiclass"


def _unknown_classes(present: set[Any], like: Task, name: str) -> list[str]:
    unknown = sorted(map(repr, present - set(like.classes)))
    if not unknown:
        return []
    return [f"{name}: {len(unknown)} classes are not among the training rows and count as wrong: {', '.join(unknown[:5])}."]


def _noticed(texts: Sequence[str], labels: Sequence[Any], kept: Sequence[int], kind: Kind) -> list[str]:
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
                        f"{_numbers([kept[row] for row in clash])}.")
    counts = Counter(label for row in labels for label in (row if kind == "multilabel" else (row,)))
    single = sorted(repr(label) for label, count in counts.items() if count == 1)
    if single:
        findings.append(f"{len(single):,} classes have a single row: {', '.join(single[:5])}"
                        f"{', ...' if len(single) > 5 else ''}; they are learned in the end, but cannot be judged.")
    return findings

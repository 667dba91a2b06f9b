"""Labels in every form: one for each text, lists of them, or an indicator matrix."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.errors import TaskError, listed
from autotext.scoring.metrics import Kind
from autotext.task.findings import is_null
from autotext.task.names import visible
from autotext.task.objects import read_sequence, read_table

Label = str | int | float | bool
_INDICATORS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


@dataclass(frozen=True)
class Labels:
    """Labels of rows, as they were read.

    Parameters
    ----------
    values : list, n_rows
        A label for each row, or a tuple of labels; None where there is none.
    classes : tuple, default=()
        Class of each column if the labels came as an indicator matrix.

    Examples
    --------
    >>> labels = read_labels([["spam", "rude"], [], None], "the labels")
    >>> labels.values, labels.classes
    ([('spam', 'rude'), (), None], ())
    """

    values: list[Any]
    classes: tuple[Label, ...] = ()

    @property
    def findings(self) -> list[str]:
        """Sentences for the user about how an indicator matrix was read."""
        if not self.classes:
            return []
        said = [f"The labels are an indicator matrix: each of its {len(self.classes):,} columns is a class"
                + (", numbered from 0." if self.classes == tuple(range(len(self.classes))) else ".")]
        present = {label for row in self.values for label in row or ()}
        absent = [repr(label) for label in self.classes if label not in present]
        if absent:
            said.append(f"No row has the {'classes' if len(absent) > 1 else 'class'} {', '.join(absent[:5])}"
                        f"{', ...' if len(absent) > 5 else ''}, so nothing is learned of it.")
        if all(isinstance(row, tuple) and len(row) == 1 for row in self.values):
            said.append("Every row of it has exactly one label. If classes exclude each other, give one label for each text: "
                        "classes[matrix.argmax(axis=1)].")
        return said


def read_labels(labels: Any, where: str, separator: str | None = None) -> Labels:
    """Read labels from a sequence of labels, of lists of labels, or from an indicator matrix.

    Parameters
    ----------
    labels : sequence, Series, array of shape (n_rows,), (n_rows, 1) or (n_rows, n_classes), sparse matrix or DataFrame
        A matrix of several columns holds 0 and 1; the columns of a DataFrame are named like the classes.
    where : str
        Name of the labels, for errors.
    separator : str or None, default=None
        Separator of several labels in one field.

    Returns
    -------
    Labels

    Raises
    ------
    TaskError
        A matrix holds something else than 0 and 1, or a label is neither text nor a number.

    Examples
    --------
    >>> import numpy as np
    >>> read_labels(np.array([[1, 0, 1], [0, 0, 0]]), "the labels").values
    [(0, 2), ()]
    >>> read_labels(["a|b", "b"], "the labels", separator="|").values
    [('a', 'b'), ('b',)]
    """
    columns = read_table(labels, where)
    if columns is not None and len(columns) > 1:
        return labels_of_columns(list(columns.values()), list(columns), where)
    if columns is not None:
        labels = next(iter(columns.values()))
    if sp.issparse(labels) or getattr(labels, "ndim", 1) == 2:
        matrix: Any = labels if sp.issparse(labels) else np.asarray(labels)
        if matrix.shape[1] > 1 and (sp.issparse(matrix) or matrix.dtype.kind in "biuf"):
            return _from_matrix(matrix, range(matrix.shape[1]), where)
        labels = (matrix.toarray() if sp.issparse(matrix) else matrix)[:, 0] if matrix.shape[1] == 1 else matrix
    values = [_plain_label(label, separator) for label in _read_rows(labels, where)]
    if _are_indicators(values):
        return _from_matrix(np.array(values, dtype=object), range(len(values[0])), where)
    return Labels(_checked(values, where))


def labels_of_columns(columns: Sequence[Sequence[Any]], names: Sequence[str], where: str) -> Labels:
    """Read labels from several columns of 0 and 1, one for each class; a row with a missing value has no label.

    Parameters
    ----------
    columns : sequence of sequence of object
    names : sequence of str
        Classes of the columns.
    where : str
        Name of the labels, for errors.

    Examples
    --------
    >>> labels_of_columns([["1", "0"], ["1", ""]], ["spam", "rude"], "a.csv").values
    [('spam', 'rude'), None]
    """
    return _from_matrix(np.array([list(row) for row in zip(*columns, strict=True)], dtype=object), names, where)


def _read_rows(labels: Any, where: str) -> list[Any]:
    if getattr(labels, "ndim", 1) == 2:
        return list(labels)
    if isinstance(labels, str):
        raise TaskError(f"{where} must be a sequence, not the text {labels!r:.60}; a column of a table is named with label=.")
    return read_sequence(labels, where)


def _from_matrix(matrix: Any, classes: Sequence[Any], where: str) -> Labels:
    """Read labels from a dense or sparse matrix of 0 and 1; a row with a null has no label."""
    if len(set(classes)) < len(classes):
        twice = next(name for name, times in Counter(classes).items() if times > 1)
        raise TaskError(f"{where}: two columns of the indicator matrix are called {twice!r}; rename one.")
    if not sp.issparse(matrix) and matrix.dtype.kind not in "biuf":
        matrix = np.array([[_read_indicator(value) for value in row] for row in matrix.tolist()], dtype=np.float64)
    indicators = sp.csr_matrix(matrix)
    indicators.eliminate_zeros()
    wrong = np.flatnonzero((indicators.data != 1) & (indicators.data == indicators.data))
    if len(wrong):
        row, column = int(np.searchsorted(indicators.indptr, wrong[0], side="right")), int(indicators.indices[wrong[0]])
        raise TaskError(f"{where} are an indicator matrix, which holds 0 and 1, but row {row} of the column "
                        f"{classes[column]!r} holds something else. Of probabilities or scores take the "
                        "labels: classes[matrix.argmax(axis=1)].")
    rows = [slice(start, end) for start, end in zip(indicators.indptr[:-1], indicators.indptr[1:], strict=True)]
    missing = np.isnan(indicators.data.astype(np.float64))
    values = [None if missing[row].any() else tuple(classes[place] for place in indicators.indices[row]) for row in rows]
    return Labels(values, tuple(classes))


def _read_indicator(value: Any) -> float:
    """Read 0 or 1; NaN for a missing value, and 2 for anything else."""
    if is_null(value) or value == "":
        return math.nan
    if isinstance(value, str):
        return _INDICATORS.get(value.strip().casefold(), 2)
    return float(value) if value in (0, 1) else 2.0


def _are_indicators(values: Sequence[Any]) -> bool:
    """Whether rows are lists of 0 and 1 of the same length, which cannot be lists of labels, as these do not repeat."""
    if not values or not isinstance(values[0], tuple) or len(values[0]) < 2:
        return False
    width = len(values[0])
    return all(isinstance(row, tuple) and len(row) == width
               and all(isinstance(mark, int | float) and mark in (0, 1) for mark in row) for row in values)


def _plain_label(label: Any, separator: str | None) -> Any:
    if hasattr(label, "tolist"):
        label = label.tolist()
    if isinstance(label, list | tuple | set | frozenset):
        parts = sorted(label, key=repr) if isinstance(label, set | frozenset) else label
        return tuple(_plain(part) for part in parts)
    if separator is not None and isinstance(label, str):
        return tuple(part.strip() for part in label.split(separator) if part.strip())
    return _plain(label)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _checked(labels: list[Any], where: str) -> list[Any]:
    for row, label in enumerate(labels):
        for part in label if isinstance(label, tuple) else (label,):
            if not is_null(part) and (not isinstance(part, str | int | float | bool) or part in (math.inf, -math.inf)):
                raise TaskError(f"{where} must be text, numbers or booleans, or lists of them, but row {row + 1} holds "
                                f"{type(part).__name__}: {part!r:.80}. Write them as text, or name another column with label=.")
    return [tuple(dict.fromkeys(label)) if isinstance(label, tuple) else label for label in labels]


def unified(labels: list[Any], multilabel: bool) -> tuple[list[Any], list[str]]:
    """Unify labels such that all have one type and those that look the same are the same; and list what was changed.

    Parameters
    ----------
    labels : list
        Labels, or tuples of labels.
    multilabel : bool

    Examples
    --------
    >>> unified([1, "1", 1.0], False)[0]
    ['1', '1', '1']
    """
    every_label = Counter(label for row in labels for label in (row if multilabel else (row,)))
    kinds = sorted({type(label).__name__ for row in labels for label in (row if multilabel else (row,))})
    replaced, findings = {}, []
    if len(kinds) > 1:
        replaced = {(type(label), label): written(label) for row in labels for label in (row if multilabel else (row,))}
        findings = [f"Labels came in several types ({', '.join(kinds)}) and were all read as text, so that 1 and '1' are one "
                    "class."]
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in every_label:
        spellings[visible(written(label))].append(written(label))
    alike = {form for form, names in spellings.items() if len(set(names)) > 1}
    if alike:
        findings.append(f"Labels that differ only in invisible characters or in how accents and syllables are composed are "
                        f"one class: {', '.join(map(repr, sorted(alike)[:5]))}{', ...' if len(alike) > 5 else '.'}")

    def unify(label: Any) -> Any:
        text = replaced.get((type(label), label), label)
        return visible(text) if isinstance(text, str) and visible(text) in alike else text

    if not replaced and not alike:
        return labels, []
    return [tuple(dict.fromkeys(map(unify, row))) if multilabel else unify(row) for row in labels], findings


def written(label: Any) -> str:
    """Write a label as text, where 1.0 becomes ``"1"``.

    Parameters
    ----------
    label : object

    Examples
    --------
    >>> written(1.0), written(0.5), written(True), written("1")
    ('1', '0.5', 'True', '1')
    """
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def match_labels(labels: Iterable[Any], classes: Sequence[Any]) -> list[Any]:
    """Replace labels by the classes that they stand for, also where they have another type.

    Parameters
    ----------
    labels : iterable
        Labels, or tuples of labels.
    classes : sequence

    Returns
    -------
    list
        A label that is no class stays as it is.

    Examples
    --------
    >>> match_labels(["1", 0, ("1", "0"), "new"], [0, 1])
    [1, 0, (1, 0), 'new']
    """
    by_label = {label: label for label in classes}
    per_text = {written(label): label for label in classes}
    by_form = {visible(text): label for text, label in per_text.items()}

    def convert(label: Any) -> Any:
        if isinstance(label, tuple):
            return tuple(map(convert, label))
        if label in by_label:
            return by_label[label]
        text = written(label)
        return per_text.get(text, by_form.get(visible(text), label))

    return [convert(_plain(label)) for label in labels]


def labels_as(labels: Labels, classes: Sequence[Any], kind: Kind, where: str) -> list[Any]:
    """Convert labels of other rows to the classes and the kind of a task.

    Parameters
    ----------
    labels : Labels
    classes : sequence
    kind : {"binary", "multiclass", "multilabel"}
    where : str
        Name of the rows, for errors.

    Returns
    -------
    list
        A label for each row, or a tuple of labels; one that is no class stays as it is.

    Raises
    ------
    TaskError
        The rows have lists of labels and the classes exclude each other, or the other way round; an indicator matrix without
        names has other columns than there are classes; or no label is a class.

    Examples
    --------
    >>> labels_as(read_labels([[1, 0], [1, 1]], "y"), ["rude", "spam"], "multilabel", "y")
    [('rude',), ('rude', 'spam')]
    """
    values = _in_kind(labels.values, classes, kind, where)
    if labels.classes == tuple(range(len(labels.classes))) and labels.classes:
        if len(labels.classes) != len(classes):
            raise TaskError(f"{where}: the indicator matrix has {len(labels.classes):,} columns and there are {len(classes):,} "
                            "classes; give a column for each class, or a DataFrame whose columns are called as they are.")
        values = [None if row is None else tuple(classes[place] for place in row) for row in values]
    matched = match_labels(values, classes)
    present = dict.fromkeys(label for row in matched for label in (row if isinstance(row, tuple) else (row,))
                            if not is_null(label))
    if present and not any(label in present for label in classes):
        raise TaskError(f"{where}: no label is known from training: {listed(list(present))} here, {listed(classes)} there. "
                        "Are these the labels that were meant?")
    return matched


def _in_kind(values: Sequence[Any], classes: Sequence[Any], kind: Kind, where: str) -> list[Any]:
    """Convert between labels and lists of one label, as the kind of the task requires."""
    in_lists = any(isinstance(label, tuple) for label in values)
    if in_lists == (kind == "multilabel"):
        return list(values)
    if in_lists and all(label is None or len(label) == 1 for label in values):
        return [None if label is None else label[0] for label in values]
    known_labels = set(classes)
    if not in_lists and all(is_null(label) or label in known_labels for label in match_labels(values, classes)):
        return [None if is_null(label) else (label,) for label in values]
    raise TaskError(f"{where}: these rows have {'lists of labels' if in_lists else 'single labels'}, the training rows "
                    f"{'do not' if in_lists else 'have lists of labels'}.")


def encode_labels(labels: Sequence[Any], classes: Sequence[Any], kind: Kind) -> NDArray[Any]:
    """Encode labels as class numbers, or as 0/1 indicators if there are several per row.

    A label that is no class becomes -1, or an indicator in one more column, which exists only in this case.

    Parameters
    ----------
    labels : sequence of object
    classes : sequence of object
    kind : {"binary", "multiclass", "multilabel"}

    Examples
    --------
    >>> encode_labels([("b",), ("a", "new")], ["a", "b"], "multilabel").tolist()
    [[0, 1, 0], [1, 0, 1]]
    """
    number = {label: i for i, label in enumerate(classes)}
    if kind != "multilabel":
        return np.array([number.get(label, -1) for label in labels], dtype=np.intp)
    indicators = np.zeros((len(labels), len(classes) + 1), dtype=np.int8)
    for row, marked in enumerate(labels):
        indicators[row, [number.get(label, len(classes)) for label in marked]] = 1
    return indicators if indicators[:, -1].any() else indicators[:, :-1].copy()


def label_array(labels: Sequence[Label]) -> NDArray[Any]:
    """Make an array of labels of their own type; text becomes objects, which keep any length.

    Parameters
    ----------
    labels : sequence of label

    Examples
    --------
    >>> label_array([1, 2]).dtype, label_array(["a", "bc"])
    (dtype('int64'), array(['a', 'bc'], dtype=object))
    """
    kinds = {type(label) for label in labels}
    dtype: Any = {bool: np.bool_, int: np.int64, float: np.float64}.get(kinds.pop(), object) if len(kinds) == 1 else object
    if dtype is np.int64 and not all(-(2**63) <= int(label) < 2**63 for label in labels):
        dtype = object
    array = np.empty(len(labels), dtype=dtype)
    array[:] = labels
    return array

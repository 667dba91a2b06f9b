"""Conversion of tables, rows and sequences of any library to named columns of plain values, which keep their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from autotext.errors import TaskError
from autotext.task.tables import Columns


def read_table(data: Any, where: str) -> Columns | None:
    """Read the columns of a data frame of any library, an Arrow table, a data set or a mapping; None for anything else.

    Parameters
    ----------
    data : object
    where : str
        Name of the data, for errors.

    Returns
    -------
    dict of str to list, or None

    Raises
    ------
    TaskError
        Columns differ in length, or two have the same name.

    Examples
    --------
    >>> read_table({"text": ("so good", "so bad"), "label": [1, 0]}, "the data")
    {'text': ['so good', 'so bad'], 'label': [1, 0]}
    """
    if is_dataset(data):
        return _of_dataset(data)
    if isinstance(data, Mapping):
        return _of_mapping(_of_bunch(data) if {"data", "target"} <= set(data) else data, where)
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        names = [str(column) for column in data.columns]
        check_names(names, where)
        return {name: data.iloc[:, place].tolist() for place, name in enumerate(names)}
    if hasattr(data, "to_pylist") and hasattr(data, "schema"):
        check_names(data.schema.names, where)
        return {name: data.column(place).to_pylist() for place, name in enumerate(data.schema.names)}
    import narwhals as nw

    frame = nw.from_native(data, pass_through=True)
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return {str(name): frame.get_column(name).to_list() for name in frame.columns} if isinstance(frame, nw.DataFrame) else None


def read_sequence(data: Any, where: str) -> list[Any]:
    """Read the values of a sequence of any library: a list, an array, a Series, an Arrow array or a generator.

    Parameters
    ----------
    data : object
    where : str
        Name of the values, for errors.

    Raises
    ------
    TaskError
        The object is no sequence, or has rows and columns.

    Examples
    --------
    >>> import numpy as np
    >>> read_sequence(np.array(["so good", "so bad"]), "the texts")
    ['so good', 'so bad']
    """
    if getattr(data, "ndim", 1) == 2 and data.shape[1] == 1:
        data = data[:, 0]
    if getattr(data, "ndim", 1) != 1:
        shape = " x ".join(map(str, data.shape)) or "no dimension"
        raise TaskError(f"{where} are an array of {shape}; give one value for each row, or a DataFrame with named columns.")
    for method in ("tolist", "to_list", "to_pylist"):
        if hasattr(data, method):
            return list(getattr(data, method)())
    if isinstance(data, str | bytes | Set) or not isinstance(data, Iterable):
        why = ", which has no order" if isinstance(data, Set) else ""
        raise TaskError(f"{where} must be a sequence, such as a list or a Series, not {type(data).__name__}{why}.")
    return list(data)


def rows_to_columns(rows: Sequence[Any], where: str) -> tuple[Columns, dict[str, int]]:
    """Convert rows that are mappings to columns; also gives the first row that lacks each incomplete column.

    Parameters
    ----------
    rows : sequence of object
    where : str
        Name of the data, for errors.

    Raises
    ------
    TaskError
        A row is no mapping.

    Examples
    --------
    >>> rows_to_columns([{"text": "a", "label": 1}, {"text": "b"}], "the data")
    ({'text': ['a', 'b'], 'label': [1, None]}, {'label': 1})
    """
    names: dict[str, None] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TaskError(f"{where}: row 1 is a mapping of columns, row {number + 1} is {type(row).__name__}: {row!r:.60}. "
                            "Give all rows the same form.")
        names.update(dict.fromkeys(map(str, row)))
    columns: Columns = {name: [] for name in names}
    lacking: dict[str, int] = {}
    for number, row in enumerate(rows):
        by_name = {str(key): value for key, value in row.items()}
        for name, values in columns.items():
            values.append(by_name.get(name))
            if name not in by_name:
                lacking.setdefault(name, number)
    return columns, lacking


def is_table(data: Any) -> bool:
    """Whether an object has columns, so that a mapping of such objects is a mapping of splits.

    Parameters
    ----------
    data : object

    Examples
    --------
    >>> is_table({"text": ["so good"]}), is_table(["so good"])
    (True, False)
    """
    lazy = hasattr(data, "collect_schema")
    return is_dataset(data) or isinstance(data, Mapping) or lazy or hasattr(data, "columns")


def is_dataset(data: Any) -> bool:
    """Whether an object is a data set of the library ``datasets``, in memory or iterable.

    Parameters
    ----------
    data : object

    Examples
    --------
    >>> is_dataset({"text": ["so good"]})
    False
    """
    return hasattr(data, "column_names") and hasattr(data, "features")


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse two columns with the same name.

    Parameters
    ----------
    names : sequence of str
    where : str
        Name of the data, for errors.

    Raises
    ------
    TaskError
        Two columns have the same name.

    Examples
    --------
    >>> check_names(["text", "label", "text"], "a.csv")
    Traceback (most recent call last):
    autotext.errors.TaskError: ...'text'...
    """
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise TaskError(f"{where}: two columns are called {twice!r}; rename one.")


def _of_dataset(data: Any) -> Columns:
    if hasattr(data, "__len__"):
        columns = {str(name): data[name] for name in data.column_names}
    else:
        columns = rows_to_columns(list(data), "The data set")[0]
    features = data.features or {}
    return {name: _named(values, features.get(name)) for name, values in columns.items()}


def _named(values: Any, feature: Any) -> list[Any]:
    """Values of a data set's column, where class numbers are replaced by their names."""
    of_parts = getattr(feature, "feature", None)
    if of_parts is not None and hasattr(of_parts, "int2str"):
        rows = list(values)
        if _are_indicators(rows, len(of_parts.names)):
            return [None if row is None else [name for name, mark in zip(of_parts.names, row, strict=True) if mark]
                    for row in rows]
        return [None if row is None else _named(row, of_parts) for row in rows]
    if not hasattr(feature, "int2str"):
        return list(values)
    return [None if number is None or number < 0 else feature.names[number] for number in values]


def _are_indicators(rows: Sequence[Sequence[int] | None], n_classes: int) -> bool:
    """Whether rows have 0 or 1 for each class, rather than the numbers of their classes, which would not repeat."""
    labelled = [list(row) for row in rows if row is not None]
    return (all(len(row) == n_classes and set(row) <= {0, 1} for row in labelled)
            and any(len(set(row)) < len(row) for row in labelled))


def _of_bunch(data: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and labels of a Bunch of scikit-learn, or of a mapping with the same keys."""
    names = data.get("target_names")
    labels = data["target"] if names is None else [names[number] for number in data["target"]]
    return {"text": data["data"], "label": labels}


def _of_mapping(data: Mapping[Any, Any], where: str) -> Columns | None:
    if not data or not all(map(_is_column, data.values())):
        return None
    columns = {str(name): _listed(values) for name, values in data.items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise TaskError(f"{where}: columns differ in length: "
                        f"{', '.join(f'{name!r} has {length:,}' for name, length in lengths.items())}.")
    return columns


def _is_column(values: Any) -> bool:
    array = any(hasattr(values, method) for method in ("tolist", "to_list", "to_pylist"))
    return isinstance(values, list | tuple) or (array and getattr(values, "ndim", 1) > 0)


def _listed(values: Any) -> list[Any]:
    return list(values) if getattr(values, "ndim", 1) > 1 else read_sequence(values, "A column")

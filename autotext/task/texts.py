"""The texts of rows: which columns they are in, and one string for each row."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autotext.errors import TaskError, suggestion
from autotext.task.columns import TEXT_NAMES, is_usual, text_likeness
from autotext.task.findings import is_null
from autotext.task.inputs import Inputs, read_inputs
from autotext.task.names import find_name

_WHERE = "the texts to predict"


def read_texts(data: Any, trained: Sequence[str] = ()) -> list[str]:
    """Read texts to predict in any form, as one string for each row.

    Parameters
    ----------
    data : sequence of str, table, path, mapping, or list of mappings
    trained : sequence of str, default=()
        Text columns of the training rows; empty if their texts had no name.

    Returns
    -------
    list of str

    Raises
    ------
    TaskError
        A row has no text, a column is missing, or several columns could be meant.

    Examples
    --------
    >>> read_texts({"id": [1, 2], "text": ["so good", "so bad"]})
    ['so good', 'so bad']
    """
    if isinstance(data, str) and not (data.startswith("hub:") or _is_file(data)):
        no_file = f"There is no file {data!r}. " if Path(data[-100:]).suffix and not data.count(" ") else ""
        raise TaskError(f"{no_file}Give a list of texts; for one text write predict([text]), or call the pipeline itself.")
    _refuse_row(data, trained)
    inputs = read_inputs(data, name=_WHERE)
    names = find_text_columns(inputs, trained)
    texts = join_columns(inputs, names)
    missing = next((row for row, text in enumerate(texts) if is_null(text)), None)
    if missing is not None:
        raise TaskError(f"Row {missing + 1} of {inputs.name} has no text: {inputs.columns[names[0]][missing]!r}. Leave it out, "
                        "or write '' for an empty text.")
    if inputs.plain and len(texts) == 1 and _is_file(str(texts[0])):
        warnings.warn(f"{texts[0]!r} is read as a text, though there is a file of that name. For the texts inside it give the "
                      "name itself, not in a list.", stacklevel=4)
    return [str(text) for text in texts]


def _refuse_row(data: Any, trained: Sequence[str]) -> None:
    """Refuse a Series that is a row of a table, rather than a column of texts."""
    names = list(data.index) if hasattr(data, "to_frame") and hasattr(data, "index") else []
    if any(isinstance(name, str) and (name in trained or is_usual(name, TEXT_NAMES)) for name in names):
        raise TaskError(f"A Series with the index {_listed(names)} looks like one row of a table: give frame.iloc[[0]], or, if "
                        "its values are texts, series.tolist().")


def find_text_columns(inputs: Inputs, trained: Sequence[str] = ()) -> tuple[str, ...]:
    """Find the columns of some rows that correspond to the text columns of the training rows.

    Parameters
    ----------
    inputs : Inputs
    trained : sequence of str
        Text columns of the training rows. Empty: their texts had no name, and only one choice must be possible.

    Raises
    ------
    TaskError
        A column is missing, or several could be meant.

    Examples
    --------
    >>> find_text_columns(Inputs({"id": [1], "review": ["so good"]}), ["review"])
    ('review',)
    """
    if inputs.plain:
        if len(trained) > 1:
            raise TaskError(f"The pipeline was trained on the columns {_listed(trained)}: give a DataFrame, or a "
                            "list of dicts, with these columns, not texts without a name.")
        return tuple(inputs.columns)
    if trained:
        return tuple(_find_trained(name, inputs) for name in trained)
    usual = [name for name in inputs.columns if is_usual(name, TEXT_NAMES)]
    names = usual if len(usual) == 1 else list(inputs.columns) if len(inputs.columns) == 1 else []
    if not names:
        if not inputs.columns:
            raise TaskError(f"{inputs.name}: there are no columns. Give a list of texts.")
        example = max(usual or inputs.columns, key=lambda name: text_likeness(inputs.columns[name]))
        raise TaskError(f"The pipeline was trained on texts without a column name, and these rows have the columns "
                        f"{_listed(list(inputs.columns))}. Give only the texts: data[{example!r}].")
    return (_find_trained(names[0], inputs),)


def _find_trained(name: str, inputs: Inputs) -> str:
    column = find_name(name, inputs.columns)
    if column is None:
        raise TaskError(f"There is no column {name!r}, which the pipeline was trained on.{suggestion(name, inputs.columns)}")
    if column in inputs.lacking:
        raise TaskError(f"Row {inputs.lacking[column] + 1} of {inputs.name} has no {column!r}, which other rows have.")
    return column


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")


def _is_file(text: str) -> bool:
    path = Path(text)
    try:
        return len(text) < 4096 and bool(path.suffix) and path.expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def join_columns(inputs: Inputs, names: Sequence[str]) -> list[Any]:
    r"""Join the text columns of each row by line breaks; None where all of them are null.

    Parameters
    ----------
    inputs : Inputs
    names : sequence of str
        Names of the text columns.

    Raises
    ------
    TaskError
        A column holds something that is no text.

    Examples
    --------
    >>> join_columns(Inputs({"title": ["a", None], "body": ["b", None]}), ["title", "body"])
    ['a\nb', None]
    """
    for name in names:
        check_texts(inputs.columns[name], inputs.name if inputs.plain else f"{inputs.name}: the column {name!r}")
    if inputs.plain and inputs.columns["text"] and not any(isinstance(text, str) for text in inputs.columns["text"]):
        values = [text for text in inputs.columns["text"] if not is_null(text)]
        if values:
            raise TaskError(f"{inputs.name}: none of the texts is text; the first is {type(values[0]).__name__}: "
                            f"{values[0]!r:.60}. Were texts and labels given in the wrong order?")
    if len(names) == 1:
        return inputs.columns[names[0]]
    rows = zip(*(inputs.columns[name] for name in names), strict=True)
    return [None if all(map(is_null, row)) else "\n".join("" if is_null(value) else str(value) for value in row)
            for row in rows]


def check_texts(values: Sequence[Any], where: str) -> None:
    """Refuse values that are no texts, such as the lists of a nested column.

    Parameters
    ----------
    values : sequence
        Texts, numbers, or nulls.
    where : str
        Name of the values, for errors.

    Raises
    ------
    TaskError
        A row has something else; the message names the row, and says what to do.

    Examples
    --------
    >>> check_texts(["so good", 5, None], "a.parquet: the column 'text'")
    """
    for row, value in enumerate(values):
        if is_null(value) or isinstance(value, str | int | float):
            continue
        if isinstance(value, Mapping):
            kind = f"a record ({', '.join(map(repr, list(value)[:5]))})"
            remedy = "Make a column of the field that holds the text, and name that column"
        elif isinstance(value, list | tuple | set | frozenset) or (hasattr(value, "ndim") and value.ndim):
            kind, remedy = f"a {type(value).__name__}", "Join its parts into one text, or name another column"
        elif isinstance(value, bytes):
            kind, remedy = "bytes", "Decode them to text, or name another column"
        elif isinstance(value, os.PathLike):
            kind, remedy = f"a path, {str(value)!r:.60}", "Read the file first, or name another column"
        else:
            continue
        raise TaskError(f"{where} cannot be read as text: row {row + 1} holds {kind}. {remedy} "
                        "with text= (command line: --text).")

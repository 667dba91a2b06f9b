"""Reading of data in any form, for searches, pipelines and the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.folder import read_folder
from autotext.task.hub import load_from_hub
from autotext.task.objects import is_table, read_sequence, read_table, rows_to_columns
from autotext.task.readers import read_file
from autotext.task.tables import Columns

_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_FORMS = ("Give a file name, a DataFrame, an Arrow table, a datasets.Dataset or DatasetDict, a mapping of columns, a list of "
          "dicts, or texts and labels: (texts, labels).")


@dataclass(frozen=True)
class Inputs:
    """Rows as named columns, from any source.

    Parameters
    ----------
    columns : dict of str to list
        Columns of equal length. Texts without a name are in a column ``"text"``.
    name : str
        Name of the data, for messages.
    notes : tuple of str
        Sentences about the data.
    plain : bool, default=False
        Whether there are only texts, whose column has no name.
    lacking : dict of str to int
        Columns that some row did not have, with the number of the first such row.
    splits : dict of str to object
        Other splits of the data set by name, not read yet.

    Examples
    --------
    >>> inputs = read_inputs({"text": ["so good", "so bad"], "stars": [5, 1]})
    >>> list(inputs.columns), len(inputs), inputs.plain
    (['text', 'stars'], 2, False)
    """

    columns: Columns
    name: str = "task"
    notes: tuple[str, ...] = ()
    plain: bool = False
    lacking: Mapping[str, int] = field(default_factory=dict)
    splits: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_inputs(data: Any, encoding: str | None = None, name: str = "task") -> Inputs:
    """Read the rows of a file, a hub data set, a table of any library, mappings, or a sequence of texts.

    Parameters
    ----------
    data : str, path, table, mapping, or sequence
        A string that is no file is a hub id if it looks like one; ``"hub:owner/name"`` always is. If there are splits, the
        rows of ``"train"`` are read.
    encoding : str or None, default=None
        Encoding of text files; None: found by `decode`.
    name : str, default="task"
        Name of the data, for messages; files keep their own names.

    Returns
    -------
    Inputs

    Raises
    ------
    TaskError
        The data cannot be read; the message says where and what to do.

    Examples
    --------
    >>> read_inputs([{"text": "so good", "id": 1}, {"text": "so bad", "id": 2}]).columns
    {'text': ['so good', 'so bad'], 'id': [1, 2]}
    >>> read_inputs(("so good", "so bad")).plain
    True
    """
    if isinstance(data, str | os.PathLike):
        return _read_place(data, encoding)
    if isinstance(data, Mapping) and data and any(map(is_table, data.values())):
        return _read_splits(data, name)
    where = "The data" if name == "task" else name
    columns = read_table(data, where)
    if columns is not None:
        return Inputs(columns, name)
    if isinstance(data, Mapping):
        return _read_row(data, name)
    if not isinstance(data, Iterable) or isinstance(data, bytes):
        raise TaskError(f"Cannot read rows from {type(data).__name__}. {_FORMS}")
    rows = read_sequence(data, "The texts")
    if rows and isinstance(rows[0], Mapping):
        columns, lacking = rows_to_columns(rows, where)
        return Inputs(columns, name, lacking=lacking)
    return Inputs({"text": rows}, name, plain=True)


def _read_place(data: str | os.PathLike[Any], encoding: str | None) -> Inputs:
    place = os.fspath(data)
    if isinstance(place, bytes):
        raise TaskError(f"Give the file name as text, not as bytes: {os.fsdecode(place)!r}.")
    if isinstance(data, str) and data.startswith("hub:"):
        return _read_splits(load_from_hub(data[4:]), data)
    path = Path(place).expanduser()
    if isinstance(data, str) and not path.suffix and _HUB_NAME.fullmatch(data) and not os.path.exists(path):
        return _read_splits(load_from_hub(data), f"hub:{data}")
    if "://" in place:
        raise TaskError(f"{place!r} is a web address. Download the file and give its name; a data set of the hub is "
                        "given as 'hub:owner/name'.")
    if os.path.isdir(path):
        content, notes = read_folder(path, encoding)
        inputs = read_inputs(content, name=path.name)
        return replace(inputs, notes=(*notes, *inputs.notes))
    columns, notes = read_file(path, encoding)
    # A single column with this name holds texts, whatever the text column of the training rows was called.
    return Inputs(columns, path.name, tuple(notes), plain=list(columns) == ["text"])


def _read_splits(splits: Mapping[str, Any], name: str) -> Inputs:
    if "train" not in splits:
        raise TaskError(f"{name}: there is no 'train' split among {', '.join(map(repr, splits))}. Give the rows of one: "
                        f"data[{next(iter(splits))!r}].")
    train = read_inputs(splits["train"], name=name)
    return Inputs(train.columns, name, train.notes, train.plain, train.lacking,
                  {str(split): rows for split, rows in splits.items() if split != "train"})


def _read_row(data: Mapping[Any, Any], name: str) -> Inputs:
    if not data or any(hasattr(value, "__len__") and not isinstance(value, str) for value in data.values()):
        mixed = ", ".join(f"{key!r}: {type(value).__name__}" for key, value in list(data.items())[:5])
        raise TaskError(f"Cannot read rows from a mapping of {mixed or 'nothing'}. A mapping holds columns, "
                        "{'text': ['so good', ...]}, or one row, {'text': 'so good'}.")
    return Inputs({str(key): [value] for key, value in data.items()}, name)

"""The files of a task's training and test rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autotext.benchmark.sampling import order_rows
from autotext.benchmark.source import SIDES
from autotext.errors import BenchmarkError, describe_error
from autotext.task import Task, make_folds
from autotext.task.formats import readable_endings
from autotext.writing import remove, temporary

# A table without test rows is cut into so many parts, one of which becomes the test rows.
_CUTS = 4


def table_files(folder: Path) -> tuple[Path, ...]:
    """The files of training and test rows in a folder, called train and test with any ending that can be read.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    BenchmarkError
        There is not one of each.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("train.csv", "test.csv.gz", "notes.md"):
    ...     (folder / name).touch()
    >>> [path.name for path in table_files(folder)]
    ['train.csv', 'test.csv.gz']
    """
    sides = {side: [path for path in sorted(folder.iterdir()) if is_table(path) and stem(path) == side] for side in SIDES}
    for side, paths in sides.items():
        if len(paths) != 1:
            raise BenchmarkError(f"{str(folder)!r} must hold one file of {side} rows, e.g. {side}.csv, and holds "
                                 f"{', '.join(path.name for path in paths) or 'none'}.")
    return sides["train"][0], sides["test"][0]


def is_table(path: Path) -> bool:
    """Whether a path is a file with an ending that can be read.

    Parameters
    ----------
    path : Path
    """
    return path.is_file() and path.name.lower().removesuffix(".gz").endswith(tuple(readable_endings()))


def stem(path: Path) -> str:
    """Name of a file without its ending, nor that of packing.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> stem(Path("reviews.csv.gz"))
    'reviews'
    """
    return Path(path.name[:-3] if path.name.lower().endswith(".gz") else path.name).stem


def read_tables(tables: Sequence[Path], name: str) -> Task:
    """Read training rows with test rows; of a single file, a quarter becomes the test rows, and copies of a text stay together.

    Parameters
    ----------
    tables : sequence of Path
        Training and test rows, or one file of both.
    name : str
        For messages.

    Raises
    ------
    BenchmarkError, TaskError
        The rows cannot be read, or are too few.
    """
    task = Task.read(tables[0])
    if len(tables) > 1:
        return task.with_test(tables[1])
    if len(set(task.texts)) < _CUTS:
        raise BenchmarkError(f"{name}: {len(set(task.texts))} different texts are too few to cut off test rows; give at least "
                             f"{_CUTS}.")
    # The test rows are the same whatever order the rows of the file are in.
    ordered = order_rows(task)
    folds = make_folds(ordered.texts, ordered.targets, _CUTS, seed=0)
    return replace(ordered.rows(np.sort(np.concatenate(folds[1:]))), test=ordered.rows(folds[0]))


def keep_tables(task: Task, folder: Path) -> None:
    """Write rows to a new folder, which is there whole or not at all.

    Parameters
    ----------
    task : Task
        With test rows.
    folder : Path
        Locked by the caller.

    Raises
    ------
    BenchmarkError
        It cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    assert task.test is not None
    beside = temporary(folder.parent)
    try:
        beside.mkdir()
        for side, rows in (("train", task), ("test", task.test)):
            labels = {"labels": list(map(list, rows.labels))} if task.kind == "multilabel" else {"label": list(rows.labels)}
            parquet.write_table(pa.table({"text": list(rows.texts), **labels}), beside / f"{side}.parquet")
        os.replace(beside, folder)
    except OSError as error:
        raise BenchmarkError(f"The rows of {task.name} cannot be kept in {str(folder)!r}: {describe_error(error)}.") from error
    finally:
        remove(beside)

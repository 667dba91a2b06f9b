"""Folders of data: what datasets saved, or files that are called as splits are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotext.errors import TaskError, describe_error
from autotext.task.formats.registry import readable_endings
from autotext.task.readers import read_file
from autotext.task.tables import Columns

_SPLIT = re.compile(r"(train|training|test|validation|valid|val|dev)(?:[-_.].*)?", re.IGNORECASE)
_SHARD = re.compile(r"[-_]\d+(?:-of-\d+)?\.[^.]+(?:\.gz)?$")
_NAMES = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation"}


def read_folder(path: Path, encoding: str | None = None) -> tuple[Mapping[str, Any] | Any, list[str]]:
    """Splits of a folder, or its only table, and what was noticed.

    Parameters
    ----------
    path : Path
        Made by ``save_to_disk``, or with files such as ``train.csv`` and ``test.csv``, or ``train-00000-of-00002.parquet``,
        in it or in its folder ``data``.
    encoding : str or None, default=None
        Of text files; None: found out.

    Returns
    -------
    datasets.Dataset, or mapping of split to datasets.Dataset or to dict of str to list; list of str

    Raises
    ------
    TaskError
        The folder holds nothing of the kind; the message says what it may hold.
    """
    if (path / "dataset_dict.json").is_file() or (path / "state.json").is_file():
        return _saved_to_disk(path), []
    splits = _split_files(path) or _split_files(path / "data")
    if not splits:
        raise TaskError(f"{str(path)!r} is a folder without files called train, test or validation. Give a file "
                        f"({', '.join(readable_endings())}).{_of_classes(path)}")
    notes: list[str] = []
    return {split: _joined(files, encoding, notes) for split, files in splits.items()}, notes


def _saved_to_disk(path: Path) -> Any:
    import datasets

    try:
        return datasets.load_from_disk(str(path), keep_in_memory=True)
    except Exception as error:  # datasets meets broken folders with dozens of unrelated kinds
        raise TaskError(f"{str(path)!r} is not a readable folder of datasets: {describe_error(error)}. Save it again with "
                        "save_to_disk.") from error


def _split_files(folder: Path) -> dict[str, list[Path]]:
    splits: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        stem = file.name.lower().removesuffix(".gz")
        ending = next((each for each in readable_endings() if stem.endswith(each)), None)
        match = _SPLIT.fullmatch(stem.removesuffix(ending)) if ending and file.is_file() else None
        if match:
            splits[_NAMES.get(match[1], match[1])].append(file)
    return dict(splits)


def _joined(files: list[Path], encoding: str | None, notes: list[str]) -> Columns:
    """Rows of all files of a split, which must be numbered shards with the same columns."""
    if len(files) > 1 and not all(_SHARD.search(file.name) for file in files):
        raise TaskError(f"{str(files[0].parent)!r} holds several files that might be one split: "
                        f"{', '.join(file.name for file in files)}. Give the one that is meant.")
    joined: Columns = {}
    for file in files:
        columns, more = read_file(file, encoding)
        notes.extend(more)
        if joined and set(columns) != set(joined):
            raise TaskError(f"{file.name} has other columns than {files[0].name}: {', '.join(map(repr, columns))}.")
        for name, values in columns.items():
            joined.setdefault(name, []).extend(values)
    return joined


def _of_classes(path: Path) -> str:
    """What to type where each class is a folder of texts."""
    if not any(child.is_dir() and next(child.glob("*.txt"), None) for child in path.iterdir()):
        return ""
    return (" For a folder of texts for each class: files = sklearn.datasets.load_files("
            f"{str(path)!r}, encoding='utf-8'), then give (files.data, files.target).")

"""Files in the folder of a model that a user gives, who may have it from anyone: plain, bounded, and read as what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from autotext.errors import ComponentError, describe_error
from autotext.untrusted import JSON_BYTES, read_bytes, read_json

_WEIGHTS = ".safetensors"
_READ = (".json", ".txt", ".model", ".jinja", _WEIGHTS)


def check_files(folder: Path) -> None:
    """See that what transformers may open there is a file that ends, and small enough for the memory that is free.

    Raises
    ------
    ComponentError
        It is not; the message begins with its name.
    """
    weights, free = 0, psutil.virtual_memory().available
    for path in sorted(folder.iterdir()):
        if path.suffix not in _READ or path.is_dir():
            continue
        # Links are followed, as those of the hub's cache must be.
        if not path.is_file():
            raise ComponentError(f"{path.name} is no file that can be read")
        size, limit = path.stat().st_size, JSON_BYTES
        if path.suffix == _WEIGHTS:
            weights += size
            size, limit = weights, free
        if size > limit:
            raise ComponentError(f"{path.name} has {size / 2**20:,.0f} MiB, more than the {limit / 2**20:,.0f} MiB that can be "
                                 "read")


def document(folder: Path, name: str) -> dict[str, Any]:
    """An object of a JSON file; empty if there is no such file.

    Raises
    ------
    ComponentError
        It cannot be read, or is no object.
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        found = read_json(read_bytes(path.resolve()))
    except (OSError, ValueError, RecursionError) as error:
        raise ComponentError(f"{name} cannot be read: {describe_error(error)}") from error
    if not isinstance(found, dict):
        raise ComponentError(f"{name} is no JSON object")
    return found


def read_text(path: Path) -> str:
    """A file in UTF-8.

    Raises
    ------
    ComponentError
        It is in anything else.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ComponentError(f"{path.name} cannot be read: {describe_error(error)}") from error


def check_finite(name: str, array: NDArray[Any]) -> None:
    """Refuse weights with a number that is not finite, which would show in some answers only.

    Raises
    ------
    ComponentError
        There is one.
    """
    if not np.isfinite(array).all():
        raise ComponentError(f"the weights {name!r:.80} hold a number that is not finite")

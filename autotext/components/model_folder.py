"""Files in the folder of a pretrained model of any source: plain, of bounded size, and read as what their names say."""

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
    """Check that every file that transformers may open is a plain one, and small enough for the free memory.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ComponentError
        A file is not; the message begins with its name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / "config.json").symlink_to("gone.json")
    ...     check_files(Path(folder))
    Traceback (most recent call last):
    autotext.errors.ComponentError: config.json is no file that can be read
    """
    weights, free = 0, psutil.virtual_memory().available
    for path in sorted(folder.iterdir()):
        if path.suffix not in _READ or path.is_dir():
            continue
        # Links are followed, since the hub's cache consists of them.
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
    """Read the object of a JSON file; empty if there is no such file.

    Parameters
    ----------
    folder : Path
    name : str
        File name.

    Raises
    ------
    ComponentError
        The file cannot be read, or holds no object.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "config.json").write_text('{"hidden_size": 32}')
    ...     document(Path(folder), "config.json"), document(Path(folder), "tokenizer_config.json")
    ({'hidden_size': 32}, {})
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        content = read_json(read_bytes(path.resolve()))
    except (OSError, ValueError, RecursionError) as error:
        raise ComponentError(f"{name} cannot be read: {describe_error(error)}") from error
    if not isinstance(content, dict):
        raise ComponentError(f"{name} is no JSON object")
    return content


def read_text(path: Path) -> str:
    """Read a file in UTF-8.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ComponentError
        The file is in another encoding.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ComponentError(f"{path.name} cannot be read: {describe_error(error)}") from error


def check_finite(name: str, array: NDArray[Any]) -> None:
    """Refuse weights that are not all finite, which would show only in some predictions.

    Parameters
    ----------
    name : str
        Name of the weights, for the message.
    array : array

    Raises
    ------
    ComponentError
        A number is not finite.

    Examples
    --------
    >>> check_finite("bias", np.array([0.5, np.nan]))
    Traceback (most recent call last):
    autotext.errors.ComponentError: the weights 'bias' hold a number that is not finite
    """
    if not np.isfinite(array).all():
        raise ComponentError(f"the weights {name!r:.80} hold a number that is not finite")

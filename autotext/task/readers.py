"""Reading of files of any format as named columns of plain values, which keep their types."""

from __future__ import annotations

import zlib
from pathlib import Path

from autotext.errors import TaskError, describe_error, suggestion
from autotext.task.decoding import unzip
from autotext.task.formats import read_content, readable_endings, refuse_unsupported
from autotext.task.tables import Columns


def read_file(path: Path, encoding: str | None = None) -> tuple[Columns, list[str]]:
    r"""Read the columns of a file of any format in `autotext.task.formats`, optionally with .gz, and list what was noticed.

    Parameters
    ----------
    path : Path
    encoding : str or None
        Encoding of the text; None: found by `decode`.

    Returns
    -------
    dict of str to list, list of str

    Raises
    ------
    TaskError
        The file is missing, empty, of another kind or broken; the message says where.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.csv").write_text("text,label\nso good,+\n")
    ...     read_file(Path(folder) / "a.csv")
    ({'text': ['so good'], 'label': ['+']}, [])
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = next(iter((suffixes[:-1] if zipped else suffixes)[-1:]), "")
    _check_file(path)
    refuse_unsupported(path.name, kind)
    return read_content(_content(path, zipped), path.name, kind, encoding)


def _content(path: Path, zipped: bool) -> bytes:
    try:
        data = path.read_bytes()
        data = unzip(data, path.name) if zipped and data else data
    except (OSError, EOFError, zlib.error) as error:
        raise TaskError(f"Cannot read {path.name!r}: {describe_error(error)}.") from error
    if not data.strip():
        raise TaskError(f"{path.name} is empty.")
    return data


def _check_file(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = suggestion(path.name, beside, limit=0)
        hub = "" if path.suffix else " A data set of the hub is given as hub:owner/name."
        raise TaskError(f"There is no file {str(path)!r}.{near or hub}") from None
    except (OSError, ValueError) as error:
        raise TaskError(f"Cannot read {path.name!r}: {describe_error(error)}.") from error
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no ordinary file"
        raise TaskError(f"{str(path)!r} is {what}; give a file ({', '.join(readable_endings())}).")

"""Folders that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autotext.errors import ArtifactError, describe_error


@contextmanager
def made_beside(folder: Path, mark: str) -> Iterator[Path]:
    """An empty folder, which takes the place of another if all goes well.

    Parameters
    ----------
    folder : Path
        New, empty, or with a file of the name `mark`: then it is replaced.
    mark : str

    Raises
    ------
    ArtifactError
        It holds something else, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))):
        raise ArtifactError(f"{str(folder)!r} holds something that is not a pipeline; choose a new or empty folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            yield beside
            if folder.exists():
                shutil.rmtree(folder)
            os.chmod(beside, 0o755)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"Cannot write the pipeline to {str(folder)!r}: {describe_error(error)}.") from error

"""Data sets of the Hugging Face hub, or of a folder in the same format."""

from __future__ import annotations

import tempfile
from typing import Any

from autotext.errors import TaskError, describe_error


def load_from_hub(name: str) -> Any:
    """Load all splits of a data set of the hub, or of a local folder of csv, json or parquet files, into memory.

    Parameters
    ----------
    name : str
        ``"owner/name"``, or a path such as ``"./folder"``.

    Raises
    ------
    TaskError
        The data set does not exist, or cannot be reached or read.
    """
    import datasets

    if not name.strip():
        raise TaskError("A data set of the hub is given as hub:owner/name.")
    with tempfile.TemporaryDirectory(prefix="autotext-") as cache:
        try:
            return datasets.load_dataset(name, cache_dir=cache, keep_in_memory=True)
        except Exception as error:  # the hub client raises dozens of unrelated kinds
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            raise TaskError(f"The hub data set {name!r} could not be loaded: {type(cause).__name__}: "
                            f"{describe_error(cause, 200)}. If a file was meant, there is none of that name; if the hub cannot "
                            "be reached from here, download the data set elsewhere and give its files.") from error

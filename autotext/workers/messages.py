"""Messages between a search and its workers, which are its own processes: pickle is safe here."""

from __future__ import annotations

import pickle
from typing import IO, Any


def send(file: IO[bytes], message: Any) -> None:
    """Write one message; large arrays are not copied."""
    pickle.dump(message, file, protocol=pickle.HIGHEST_PROTOCOL)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read one message.

    Raises
    ------
    EOFError
        The other side is gone.
    """
    try:
        return pickle.load(file)
    except pickle.UnpicklingError as error:
        raise EOFError from error

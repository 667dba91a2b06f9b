"""Messages between a search and its workers.

They are pickled, which is safe, as the search has started the workers itself.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from autotext.scoring.metrics import Metric
    from autotext.space import Configuration
    from autotext.task import Split


@dataclass(frozen=True, eq=False)
class Setup:
    """Tells a worker about the task; it is the first message that a worker gets.

    Parameters
    ----------
    texts : sequence of str, n_rows
        All texts of the task, test rows aside, as far as they are learned from.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    n_classes : int
    split : Split
        Rows that are searched on, and their folds.
    metric : Metric
    seed : int
    modules : sequence of str, default=()
        Modules that the worker imports, as they register components.
    n_processes : int, default=1
        Number of workers in the pool, which share the cores.
    """

    texts: Sequence[str]
    targets: NDArray[Any]
    n_classes: int
    split: Split
    metric: Metric
    seed: int
    modules: Sequence[str] = ()
    n_processes: int = 1


@dataclass(frozen=True, eq=False)
class CrossValidate:
    """Asks a worker to cross-validate a configuration.

    Parameters
    ----------
    configuration : Configuration
    regularization_path : sequence of Configuration, default=()
        Configurations that differ from it in the regularization strength alone; they are cross-validated, too.
    has_rival : bool, default=False
        Whether there is a candidate with which an expensive one can be compared on the first fold alone.
    subsample : float, default=1.0
        Share of the training rows of each fold that is learned from.
    """

    configuration: Configuration
    regularization_path: Sequence[Configuration] = ()
    has_rival: bool = False
    subsample: float = 1.0


@dataclass(frozen=True, eq=False)
class Fit:
    """Asks a worker to fit a configuration.

    Parameters
    ----------
    configuration : Configuration
    rows : int array, optional
        Rows of the task to fit on. None: all.
    """

    configuration: Configuration
    rows: NDArray[np.intp] | None = None


Request = CrossValidate | Fit


@dataclass(frozen=True, eq=False)
class Assignment:
    """A request with the number of its job, and the seconds that it may take.

    Parameters
    ----------
    job : int
        Number of the job, which its answer has, too.
    request : CrossValidate or Fit
    timeout : float or None
        Seconds. None: as many as it needs.
    """

    job: int
    request: Request
    timeout: float | None


@dataclass(frozen=True)
class Cancel:
    """Tells a worker to stop a job.

    Parameters
    ----------
    job : int
        Number of the job; if the worker has another one, it goes on with that.
    """

    job: int


@dataclass(frozen=True)
class Ready:
    """Tells the search that a worker has started, and waits for its first job."""


@dataclass(frozen=True)
class Started:
    """Tells the search that a worker has begun a job.

    Parameters
    ----------
    job : int
        Number of the job.
    """

    job: int


@dataclass(frozen=True, eq=False)
class Answer:
    """Tells the search how a job ended, and its result.

    Parameters
    ----------
    job : int
        Number of the job.
    status : {"ok", "cancelled", "timeout", "memory", "failed"}, default="ok"
    error : str, default=""
        The traceback or the reason, if the status is not ``"ok"``.
    value : list of CrossValidationResult, Chain or None
        The result: of each configuration, or the fitted chain. None if the status is not ``"ok"``.
    seconds, computing : float, default=0.0
        Seconds that passed, and seconds of processor time.
    estimated_seconds : float, default=0.0
        Seconds that the job would have taken, if the worker stopped it because they are too many; else 0.
    """

    job: int
    status: str = "ok"
    error: str = ""
    value: Any = None
    seconds: float = 0.0
    computing: float = 0.0
    estimated_seconds: float = 0.0


def send(file: IO[bytes], message: object) -> None:
    """Write a message to a pipe.

    Parameters
    ----------
    file : binary file
        Open for writing; it is flushed.
    message : object
        Must be picklable.

    Examples
    --------
    >>> import io
    >>> pipe = io.BytesIO()
    >>> send(pipe, Started(job=3))
    >>> _ = pipe.seek(0)
    >>> receive(pipe)
    Started(job=3)
    """
    pickle.dump(message, file, protocol=pickle.HIGHEST_PROTOCOL)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read the next message from a pipe, and wait for it if necessary.

    Parameters
    ----------
    file : binary file
        Open for reading, and written by `send`.

    Raises
    ------
    EOFError
        The process that writes has ended.

    Examples
    --------
    >>> import io
    >>> receive(io.BytesIO())
    Traceback (most recent call last):
    EOFError: Ran out of input
    """
    try:
        return pickle.load(file)
    except pickle.UnpicklingError as error:
        raise EOFError from error

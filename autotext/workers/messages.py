"""Messages between a search and its workers, which are its own processes: pickle is safe here."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from autotext.cross_validation.pruning import Pruner
    from autotext.scoring.metrics import Metric
    from autotext.space import Configuration
    from autotext.task import Split


@dataclass(frozen=True, eq=False)
class Setup:
    """What a worker must know about a task before it can do anything.

    Parameters
    ----------
    texts : sequence of str
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    n_classes : int
    split : Split
    metric : Metric
    seed : int
    modules : sequence of str, optional
        Modules to import, which register components.
    n_processes : int, default=1
        Workers of the pool, which share the processor.
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
    """Asks for the cross-validation of a configuration.

    Parameters
    ----------
    configuration : Configuration
    regularization_path : sequence of Configuration, optional
        Others that differ from it in the regularization strength alone.
    pruner : Pruner, optional
        Decides after the first fold whether the others are worth their time.
    subsample : float, default=1.0
        Share of the training rows of each fold that is learned from.
    """

    configuration: Configuration
    regularization_path: Sequence[Configuration] = ()
    pruner: Pruner | None = None
    subsample: float = 1.0


@dataclass(frozen=True, eq=False)
class Fit:
    """Asks for a fitted chain.

    Parameters
    ----------
    configuration : Configuration
    rows : int array, optional
        Those to fit on; None: all.
    """

    configuration: Configuration
    rows: NDArray[np.intp] | None = None


Request = CrossValidate | Fit


@dataclass(frozen=True, eq=False)
class Assignment:
    """A request with the number of its job, and the seconds that it may take."""

    job: int
    request: Request
    timeout: float | None


@dataclass(frozen=True)
class Cancel:
    """The parent no longer wants the answer of a job."""

    job: int


@dataclass(frozen=True)
class Ready:
    """The worker has finished starting."""


@dataclass(frozen=True)
class Started:
    """The worker has begun a job."""

    job: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a job.

    Parameters
    ----------
    job : int
    status : {"ok", "cancelled", "timeout", "memory", "failed"}
    error : str
        The traceback, or the reason; empty if all is well.
    value : object
        Cross-validation results, or a fitted chain.
    seconds, computing : float
        Seconds that passed, and seconds of the processor.
    estimated_seconds : float
        Seconds that it would have taken, if it was given up for that.
    """

    job: int
    status: str = "ok"
    error: str = ""
    value: Any = None
    seconds: float = 0.0
    computing: float = 0.0
    estimated_seconds: float = 0.0


def send(file: IO[bytes], message: object) -> None:
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

"""The program of a worker process, which cross-validates and fits configurations until the process of the search ends.

It is started as ``python -m autotext.workers.worker``, so that the script of the user is not imported a second time.
"""

from __future__ import annotations

import _thread
import contextlib
import importlib
import io
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from autotext.workers.messages import (
    Answer,
    Assignment,
    Cancel,
    CrossValidate,
    Fit,
    Ready,
    Request,
    Setup,
    Started,
    receive,
    send,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Seconds of processor time beyond its timeout after which the system ends a worker.
GRACE = 2.0


class _StandardError(io.RawIOBase):
    """Standard error, which is a file of the parent: what a full disk cannot hold is lost, and nothing fails for it."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def write(self, data: Buffer) -> int:
        view = memoryview(data)
        with contextlib.suppress(OSError):
            os.write(2, view)
        return view.nbytes


class CancelledError(Exception):
    """Raised within a job that the search has cancelled."""


class _Inbox:
    """Reads messages in a thread, so that a cancelled job, or the end of the parent process, interrupts the work.

    Parameters
    ----------
    file : binary file
        The pipe from the parent process.
    folder : str or None
        Folder of data that the workers share; it is removed if the parent process ends without removing it.
    """

    def __init__(self, file: BinaryIO, folder: str | None) -> None:
        self._file, self.folder = file, folder
        self.messages: queue.SimpleQueue[Setup | Assignment] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.running: int | None = None
        signal.signal(signal.SIGINT, self._give_up)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                message = receive(self._file)
            except Exception:
                leave(self.folder)
            if isinstance(message, Cancel):
                self.cancelled.add(message.job)
                _thread.interrupt_main()
            else:
                self.messages.put(message)

    def _give_up(self, *_: object) -> None:
        """Handle an interrupt: stop the running job if it was cancelled, and do nothing otherwise."""
        if self.running in self.cancelled:
            self.running = None
            raise CancelledError


def leave(folder: str | None) -> NoReturn:
    """End this process and the processes that it has started, as the parent process is gone.

    Parameters
    ----------
    folder : str or None
        Folder of data that the workers share, which the parent can no longer remove; it is removed here.
    """
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    if os.name == "posix" and os.getpgid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take over standard input and output as pipes to the parent; what components print or read then goes nowhere.

    What they complain of goes on to the parent, as far as there is room for it.
    """
    sys.stderr = io.TextIOWrapper(_StandardError(), "utf-8", "backslashreplace", write_through=True)  # type: ignore[type-var]
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return incoming, outgoing


def _limit_cpu(seconds: float | None, cores: int = 1) -> None:
    """Limit the processor time of this process, in case that the parent cannot end it in time.

    Parameters
    ----------
    seconds : float or None
        Seconds that a job may take. None: no limit.
    cores : int, default=1
        Cores that the job may keep busy.
    """
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = resource.RLIM_INFINITY if seconds is None else int(used.ru_utime + used.ru_stime + cores * seconds + GRACE) + 1
    if hard != resource.RLIM_INFINITY:
        soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


class _Work:
    """Cross-validates and fits configurations of one task, with caches that its jobs share.

    Parameters
    ----------
    setup : Setup
    inbox : _Inbox
        Knows which jobs are cancelled.
    """

    def __init__(self, setup: Setup, inbox: _Inbox) -> None:
        from autotext.cross_validation.count_cache import CountCache
        from autotext.cross_validation.shared_cache import SharedCache
        from autotext.cross_validation.text_cache import TextCache

        self.inbox, self._setup = inbox, setup
        self._search_targets = setup.targets[setup.split.rows]
        self._shared_cache = SharedCache(inbox.folder)
        texts = [setup.texts[row] for row in setup.split.rows]
        self._text_cache = TextCache(texts, self._shared_cache, setup.n_processes)
        self._count_cache = CountCache(texts, shared_cache=self._shared_cache, per_text=self._text_cache)

    def n_cores(self, request: Request) -> int:
        """Number of cores that a job may keep busy: all for an expensive configuration, which runs alone."""
        from autotext.components import is_expensive

        return self._setup.n_processes if is_expensive(request.configuration) else 1

    def do(self, assignment: Assignment) -> Any:
        """Do what is asked, and return cross-validation results or a fitted chain."""
        match assignment.request:
            case CrossValidate() as request:
                return self._cross_validate(request, assignment)
            case Fit() as request:
                return self._fit(request)

    def _cross_validate(self, request: CrossValidate, assignment: Assignment) -> Any:
        from autotext.cross_validation.cross_validate import cross_validate
        from autotext.scoring.validation import Validation

        def check() -> None:
            if assignment.job in self.inbox.cancelled:
                raise CancelledError

        setup = self._setup
        validation = Validation(self._search_targets, setup.split.folds, setup.n_classes, setup.metric,
                                self._model_seed(request), setup.split.holdout)
        return cross_validate((request.configuration, *request.regularization_path), self._count_cache, validation, check=check,
                              has_rival=request.has_rival, subsample=request.subsample, seconds=assignment.timeout,
                              threads=setup.n_processes)

    def _fit(self, request: Fit) -> Any:
        import numpy as np

        from autotext.cross_validation.count_cache import CountCache
        from autotext.cross_validation.cross_validate import fit_chain

        setup = self._setup
        rows = np.arange(len(setup.texts)) if request.rows is None else request.rows
        same = len(rows) == len(setup.split.rows) and (rows == setup.split.rows).all()
        counts = self._count_cache if same else CountCache([setup.texts[row] for row in rows], shared_cache=self._shared_cache,
                                                           per_text=self._text_cache)
        return fit_chain(request.configuration, counts, setup.targets[rows], setup.n_classes, self._model_seed(request),
                         threads=setup.n_processes)

    def _model_seed(self, request: Request) -> int:
        """Derive the seed of a configuration from that of the search."""
        from autotext.components import component
        from autotext.randomness import derive
        from autotext.space import Configuration

        # It is the same along a regularization path, so that each of its configurations can be evaluated alone, too.
        values = request.configuration
        strength = f"model.{values['model']}.{component('model', str(values['model'])).regularization_parameter}"
        others = Configuration({name: values[name] for name in values if name != strength})
        return derive(self._setup.seed, "model", others.fingerprint)


def _answer(work: _Work, assignment: Assignment) -> Answer:
    """Do a job, and turn its result, or the exception that ended it, into an answer."""
    from autotext.cross_validation.text_cache import TooSlowError

    started, computed = time.perf_counter(), time.process_time()
    outcome: dict[str, Any]
    try:
        with warnings.catch_warnings():
            # Solvers warn when they stop before they converge; the score shows whether that matters.
            warnings.simplefilter("ignore")
            work.inbox.running = assignment.job
            outcome = {"value": work.do(assignment)}
            work.inbox.running = None
    except CancelledError:
        outcome = {"status": "cancelled"}
    except TooSlowError as error:
        outcome = {"status": "timeout", "error": f"given up early: {error}", "estimated_seconds": error.seconds}
    except MemoryError as error:
        outcome = {"status": "memory", "error": f"MemoryError: {error}".removesuffix(": ")}
    except BaseException:
        outcome = {"status": "failed", "error": traceback.format_exc()}
    return Answer(assignment.job, seconds=time.perf_counter() - started, computing=time.process_time() - computed, **outcome)


def _warm_up() -> None:
    """Import what nearly every job needs, and compile or load its code, while the parent still reads the data.

    Otherwise the first job would take longer than it counts for.
    """
    import numpy as np
    import scipy.sparse as sp

    from autotext.components import component

    importlib.import_module("autotext.cross_validation.cross_validate")
    component("tokenizer", "words")().transform(["a word"])
    component("model", "linear_svm")().fit_regularization_path(sp.eye(2, format="csr"), np.arange(2), 2, 0, [1.0])  # type: ignore[attr-defined]


def serve(folder: str | None) -> NoReturn:
    """Do the jobs that the parent process sends to standard input, until it ends.

    Parameters
    ----------
    folder : str or None
        Folder of data that all workers of a pool share. None: they share none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = _take_pipes()
    _warm_up()
    # The thread starts only now, as it unpickles objects whose modules must not be imported by two threads at once.
    inbox = _Inbox(incoming, folder)
    send(outgoing, Ready())
    work: _Work | None = None
    while True:
        message = inbox.messages.get()
        if isinstance(message, Setup):
            for module in message.modules:
                importlib.import_module(module)
            work = _Work(message, inbox)
            continue
        assert work is not None
        send(outgoing, Started(message.job))
        _limit_cpu(message.timeout, work.n_cores(message.request))
        answer = _answer(work, message)
        _limit_cpu(None)
        try:
            send(outgoing, answer)
        except (BrokenPipeError, OSError):
            leave(folder)


if __name__ == "__main__":
    try:
        serve(sys.argv[1] if len(sys.argv) > 1 else None)
    except Exception:
        traceback.print_exc()
        sys.exit(1)

"""Worker processes with limits on time and memory, as the search uses them."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import psutil

from autotext.errors import SearchError
from autotext.workers.messages import Answer, Assignment, Cancel, Ready, Request, Setup, Started
from autotext.workers.process import Inbox, WorkerProcess

# Seconds between two measurements of how much memory workers use.
_POLL = 0.2
# So many worker processes in a row may fail to start before the search fails.
_STARTS = 3
# Seconds that a worker has to stop a job when it is asked to; after them it is killed.
_GRACE = 0.5


@dataclass
class Job:
    """A request that a worker works on, and later its answer.

    Parameters
    ----------
    number : int
    request : CrossValidate or Fit
    timeout : float or None
        Seconds after which the job is stopped. None: never.
    note : object, default=None
        Anything that the search wants to have at hand when the job has ended.
    waits : bool, default=True
        Whether the timeout counts from the moment when the worker begins, and the worker is asked to stop the job before it
        is killed. False: the timeout counts from the submission, and the worker is killed at once.
    started : float or None, default=None
        Time on the monotonic clock when the worker began.
    deadline : float or None, default=None
        Time on the monotonic clock when the worker is asked to stop, or is killed.
    asked : bool, default=False
        Whether the worker was asked to stop the job because its timeout is over.
    status, error, value, seconds, computing, estimated_seconds
        As in `Answer`; the status is empty until the job has ended or was cancelled.
    peak_mib : float, default=0.0
        Most memory in MiB that the worker used during the job.
    """

    number: int
    request: Request
    timeout: float | None
    note: object = None
    waits: bool = True
    started: float | None = None
    deadline: float | None = None
    asked: bool = False
    status: str = ""
    error: str = ""
    value: Any = None
    seconds: float = 0.0
    estimated_seconds: float = 0.0
    computing: float = 0.0
    peak_mib: float = 0.0


@dataclass(eq=False)
class _Worker:
    """A worker process, its job, and what is known about it.

    ``reason`` is the status and the error that its job gets when the process is killed, ``starts`` the number of processes that
    were started in a row until one was ready, and ``did`` the fingerprints of the configurations that it had.
    """

    process: WorkerProcess
    ready: bool = False
    job: Job | None = None
    reason: tuple[str, str] = ("", "")
    peak_mib: float = 0.0
    starts: int = 1
    did: set[str] = field(default_factory=set)


class Pool:
    """Worker processes that do one job after the other, with a timeout and a memory limit that hold even inside C code.

    Leaving the ``with`` block ends the processes.

    Parameters
    ----------
    workers : int
        Number of processes.
    memory_mib : float, optional
        Memory in MiB that one worker may use; a worker that uses more is killed. None: see `default_memory_mib`.

    Attributes
    ----------
    size : int
        Number of workers, busy or not.
    memory_mib : float
        Memory in MiB that one worker may use.
    grace : float
        Seconds that a worker has to stop a job whose timeout is over, before it is killed.
    """

    def __init__(self, workers: int, memory_mib: float | None = None) -> None:
        self.size = workers
        self.memory_mib = default_memory_mib(workers) if memory_mib is None else memory_mib
        self._inbox: Inbox = queue.SimpleQueue()
        self._setup: Setup | None = None
        self._numbers = itertools.count()
        self._polled = 0.0
        self.grace = _GRACE
        self._began = time.monotonic()
        self._folder = _temporary_folder() if workers > 1 else None
        self._workers = [_Worker(WorkerProcess(self._inbox, self._folder)) for _ in range(workers)]
        for worker in self._workers:
            worker.process.listen()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def set_up(self, setup: Setup) -> None:
        """Tell all workers about the task, and those that replace them later, too."""
        self._setup = replace(setup, n_processes=self.size)
        for worker in self._workers:
            worker.process.send(self._setup)

    def start_left(self, slowdown: float = 1.0) -> float:
        """Estimate the seconds until a worker has finished starting; only to be asked before any job.

        Parameters
        ----------
        slowdown : float, default=1.0
            Seconds that pass for each second of computing.
        """
        self._take(0.0)
        is_ready = any(worker.ready for worker in self._workers)
        seconds = slowdown * max(worker.process.start_seconds for worker in self._workers)
        return 0.0 if is_ready else max(0.0, seconds - (time.monotonic() - self._began))

    @property
    def idle(self) -> int:
        """Number of workers without a job."""
        return sum(worker.job is None for worker in self._workers)

    @property
    def ready(self) -> bool:
        """Whether some worker has no job and has finished starting."""
        return any(worker.job is None and worker.ready for worker in self._workers)

    @property
    def jobs(self) -> list[Job]:
        """Jobs that workers have not yet answered."""
        return [worker.job for worker in self._workers if worker.job is not None]

    def submit(self, request: Request, timeout: float | None, note: object = None, waits: bool = True) -> Job:
        """Send a request to an idle worker.

        A worker that has finished starting is preferred, and among those one that had the same configuration before.

        Parameters
        ----------
        request : CrossValidate or Fit
        timeout : float or None
            Seconds after which the job is stopped. None: never.
        note : object, default=None
            Becomes the note of the job.
        waits : bool, default=True
            Whether the timeout counts from the moment when the worker begins. False: it counts from now.
        """
        fingerprint = request.configuration.fingerprint
        worker = min((worker for worker in self._workers if worker.job is None),
                     key=lambda worker: (not worker.ready, fingerprint not in worker.did))
        worker.did.add(fingerprint)
        job = Job(next(self._numbers), request, timeout, note, waits)
        if not waits and timeout is not None:
            job.deadline = time.monotonic() + timeout
        worker.job, worker.peak_mib = job, 0.0
        worker.process.send(Assignment(job.number, request, timeout))
        return job

    def cancel(self, job: Job, grace: float = _GRACE) -> None:
        """Ask the worker of a job to stop it; after `grace` seconds the worker is killed."""
        for worker in self._workers:
            if worker.job is job:
                worker.process.send(Cancel(job.number))
                job.deadline = min(job.deadline or float("inf"), time.monotonic() + grace)
                job.status = "cancelled"

    def wait(self, seconds: float) -> list[Job]:
        """Wait until some job ends, at most so many seconds, and return the jobs that ended."""
        deadline = time.monotonic() + seconds
        while True:
            ended = self._take(max(0.0, min(_POLL, deadline - time.monotonic())))
            ended += self._enforce()
            if ended or time.monotonic() >= deadline:
                return ended

    def _take(self, timeout: float) -> list[Job]:
        """Wait for messages of the workers, at most `timeout` seconds, and return the jobs that they end."""
        ended = []
        with contextlib.suppress(queue.Empty):
            process, message = self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()
            while True:
                # Messages of a process that was replaced are ignored.
                for worker in [worker for worker in self._workers if worker.process is process]:
                    ended += self._handle(worker, message)
                process, message = self._inbox.get_nowait()
        return ended

    def _handle(self, worker: _Worker, message: object) -> list[Job]:
        """Act on a message of a worker, where None means that its process has ended; return the job that it ends, if any."""
        job = worker.job
        match message:
            case None:
                return self._replace(worker)
            case Ready():
                worker.ready, worker.starts = True, 1
            case Started(number) if job is not None and job.number == number:
                job.started = time.monotonic()
                if job.timeout is not None:
                    job.deadline = min(job.deadline or float("inf"), job.started + job.timeout)
            case Answer() if job is not None and message.job == job.number:
                worker.job = None
                return [_answered(job, message, worker.peak_mib or worker.process.memory_mib)]
        return []

    def _enforce(self) -> list[Job]:
        """Stop jobs that are past their deadline, kill workers that use too much memory, and return the jobs that ended."""
        now = time.monotonic()
        look = now - self._polled >= _POLL
        self._polled = now if look else self._polled
        ended = []
        for worker in list(self._workers):
            job = worker.job
            if job is None:
                continue
            if look:
                worker.peak_mib = max(worker.peak_mib, worker.process.memory_mib)
            if job.deadline is not None and now > job.deadline:
                if job.waits and not job.asked and job.status != "cancelled":
                    # A job that can be interrupted is stopped without losing the worker.
                    job.asked, job.deadline = True, now + self.grace
                    worker.process.send(Cancel(job.number))
                    continue
                worker.reason = _stopped(now - (job.started or now))
            elif worker.peak_mib > self.memory_mib:
                worker.reason = ("memory", f"stopped at {worker.peak_mib:,.0f} MiB; a worker may use {self.memory_mib:,.0f}")
            if worker.reason[0]:
                ended += self._replace(worker)
        return ended

    def _replace(self, worker: _Worker) -> list[Job]:
        """Kill a worker if it still runs, start another in its place, and return the job that it had, if any."""
        worker.process.kill()
        job, words = worker.job, worker.process.last_words()
        if not worker.ready and worker.starts >= _STARTS:
            raise SearchError(f"A worker process could not start: {words}")
        fresh = _Worker(WorkerProcess(self._inbox, self._folder), starts=worker.starts + (0 if worker.ready else 1))
        fresh.process.listen()
        if self._setup is not None:
            fresh.process.send(self._setup)
        self._workers[self._workers.index(worker)] = fresh
        if job is None:
            return []
        if job.status != "cancelled":
            job.status, job.error = worker.reason if worker.reason[0] else worker.process.cause_of_death(words)
        job.peak_mib = worker.peak_mib
        job.seconds = time.monotonic() - job.started if job.started else 0.0
        return [job]


def _answered(job: Job, answer: Answer, peak_mib: float) -> Job:
    """Enter an answer in its job, whose status stays ``"cancelled"`` if it was cancelled."""
    job.error, job.value, job.seconds = answer.error, answer.value, answer.seconds
    job.estimated_seconds, job.computing, job.peak_mib = answer.estimated_seconds, answer.computing, peak_mib
    if job.status != "cancelled":
        job.status = answer.status
        if job.asked and job.status == "cancelled":
            job.status, job.error = _stopped(job.seconds)
    return job


def _stopped(seconds: float) -> tuple[str, str]:
    return "timeout", f"stopped after {seconds:.1f} s"


def open_pool(workers: int | Pool, memory_mib: float | None) -> Pool:
    """Start a pool of workers, or set the memory limit of one that is running.

    Parameters
    ----------
    workers : int or Pool
        Number of processes to start, or a running pool, which is returned.
    memory_mib : float or None
        Memory in MiB that one worker may use. None: see `default_memory_mib`, or the limit that the running pool has.
    """
    if not isinstance(workers, Pool):
        return Pool(workers, memory_mib)
    workers.memory_mib = workers.memory_mib if memory_mib is None else memory_mib
    return workers


def _temporary_folder() -> str | None:
    """Make a folder for data that workers share; None where it cannot be made."""
    with contextlib.suppress(OSError):
        return tempfile.mkdtemp(prefix="autotext-")
    return None


def default_memory_mib(workers: int) -> float:
    """Memory in MiB that one worker may use: together they may use 70 % of what the machine, or the container, has left.

    Parameters
    ----------
    workers : int
        Number of workers.

    Examples
    --------
    >>> default_memory_mib(1000)
    256.0
    """
    total = float(psutil.virtual_memory().available)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            total = min(total, float(file.read()))
    return max(256.0, 0.7 * total / 2**20 / workers)


def usable_cores() -> int:
    """Number of cores that this process may use.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    counted: Callable[[int], Any] | None = getattr(os, "sched_getaffinity", None)
    return len(counted(0)) if counted else os.cpu_count() or 1

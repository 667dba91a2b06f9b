"""Guarded worker processes, as seen from the search."""

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

# Seconds between two looks at how much memory workers use.
_POLL = 0.2
_STARTS = 3
# Seconds in which a worker gives a job up, if it can be interrupted.
_GRACE = 0.5


@dataclass
class Job:
    """Something asked of a worker, and later the answer.

    Parameters
    ----------
    number : int
    request : CrossValidate or Fit
    timeout : float or None
        Seconds after which it is given up.
    note : object
        Whatever the search wants back with the answer.
    waits : bool, default=True
        The timeout counts from when the worker begins, and then it is asked to give the job up before it is killed.
    started : float or None
        Moment when the worker began, and
    deadline : float or None
        moment when it will be killed.
    status, error, value, seconds, computing, estimated_seconds
        Those of the answer; the status is empty before.
    peak_mib : float
        Most memory that the worker used meanwhile.
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
    """A worker process and what it is doing."""

    process: WorkerProcess
    ready: bool = False
    job: Job | None = None
    reason: tuple[str, str] = ("", "")
    peak_mib: float = 0.0
    starts: int = 1
    did: set[str] = field(default_factory=set)


class Pool:
    """Persistent worker processes, each with a timeout and a memory limit that hold even inside C code.

    Parameters
    ----------
    workers : int
    memory_mib : float, optional
        Of one worker; a worker above it is killed. None: a safe share of what the machine has.
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
        """Give every worker, also later ones, what it needs to know about the task."""
        self._setup = replace(setup, n_processes=self.size)
        for worker in self._workers:
            worker.process.send(self._setup)

    @property
    def age(self) -> float:
        """Seconds since the workers were started."""
        return time.monotonic() - self._began

    @property
    def idle(self) -> int:
        """Workers without a job."""
        return sum(worker.job is None for worker in self._workers)

    @property
    def ready(self) -> bool:
        """Whether some worker has no job and has finished starting."""
        return any(worker.job is None and worker.ready for worker in self._workers)

    @property
    def jobs(self) -> list[Job]:
        """Jobs under way."""
        return [worker.job for worker in self._workers if worker.job is not None]

    def submit(self, request: Request, timeout: float | None, note: object = None, waits: bool = True) -> Job:
        """Give a job to an idle worker: one that has finished starting, and that knows the configuration, if possible.

        Parameters
        ----------
        request : CrossValidate or Fit
        timeout : float or None
            Seconds.
        note : object
            Comes back with the answer.
        waits : bool, default=True
            The timeout counts from when the worker begins; False: from now.
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
        """Ask for a job to be given up; after `grace` seconds its worker is killed."""
        for worker in self._workers:
            if worker.job is job:
                worker.process.send(Cancel(job.number))
                job.deadline = min(job.deadline or float("inf"), time.monotonic() + grace)
                job.status = "cancelled"

    def wait(self, seconds: float) -> list[Job]:
        """Jobs that ended, as soon as there are any, or none after some time."""
        deadline = time.monotonic() + seconds
        while True:
            ended = self._take(max(0.0, min(_POLL, deadline - time.monotonic())))
            ended += self._enforce()
            if ended or time.monotonic() >= deadline:
                return ended

    def _take(self, timeout: float) -> list[Job]:
        ended = []
        with contextlib.suppress(queue.Empty):
            process, message = self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()
            while True:
                # A process that was replaced has nothing more to say.
                for worker in [worker for worker in self._workers if worker.process is process]:
                    ended += self._handle(worker, message)
                process, message = self._inbox.get_nowait()
        return ended

    def _handle(self, worker: _Worker, message: object) -> list[Job]:
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
        """Kill what is past its deadline or its memory."""
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
                    # What can be interrupted need not cost a worker.
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
        """A fresh worker in place of a dead or killed one; its job has ended."""
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
    """The job with its answer; what was cancelled stays so."""
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
    """A pool of so many new workers, or the one given, which may use so much memory each."""
    if not isinstance(workers, Pool):
        return Pool(workers, memory_mib)
    workers.memory_mib = workers.memory_mib if memory_mib is None else memory_mib
    return workers


def _temporary_folder() -> str | None:
    """A folder for what workers share; None where there is no room for one."""
    with contextlib.suppress(OSError):
        return tempfile.mkdtemp(prefix="autotext-")
    return None


def default_memory_mib(workers: int) -> float:
    """Safe share of the machine's, or the container's, memory for one worker."""
    total = float(psutil.virtual_memory().available)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            total = min(total, float(file.read()))
    return max(256.0, 0.7 * total / 2**20 / workers)


def usable_cores() -> int:
    """Processors that this process may use."""
    counted: Callable[[int], Any] | None = getattr(os, "sched_getaffinity", None)
    return len(counted(0)) if counted else os.cpu_count() or 1

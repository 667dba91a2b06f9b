"""Guarded worker processes, as seen from the search."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psutil

from autotext.errors import SearchError
from autotext.workers.messages import receive, send

_POLL = 0.2
_STARTS = 3
# Seconds in which a worker gives a job up, if it can be interrupted.
_GRACE = 0.5
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
               "RAYON_NUM_THREADS")


@dataclass
class Job:
    """Something asked of a worker, and later the answer.

    Parameters
    ----------
    number : int
    message : dict
        As the worker gets it.
    deadline : float or None
        Seconds after which it is killed.
    note : object
        Whatever the search wants back with the answer.
    waits : bool, default=True
        The deadline counts from when the worker begins, and then it is asked to give the job up before it is killed.
    estimated_seconds : float
        Seconds that it would have taken, if the worker gave it up for that.
    computing : float
        Of `seconds`, those of the processor; more than all of them where several cores were used.
    """

    number: int
    message: dict[str, Any]
    deadline: float | None
    note: Any = None
    waits: bool = True
    started: float | None = None
    ends: float | None = None
    asked: bool = False
    status: str = ""
    error: str = ""
    value: Any = None
    seconds: float = 0.0
    estimated_seconds: float = 0.0
    computing: float = 0.0
    peak_mib: float = 0.0


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    stderr: Any
    outbox: queue.SimpleQueue[Any]
    ready: bool = False
    job: Job | None = None
    reason: tuple[str, str] = ("", "")
    peak_mib: float = 0.0
    starts: int = 1
    did: set[str] = field(default_factory=set)
    threads: list[threading.Thread] = field(default_factory=list)
    number: int = field(default_factory=itertools.count().__next__)


class Pool:
    """Persistent worker processes, each with a deadline and a memory limit that hold even inside C code.

    Parameters
    ----------
    workers : int
    memory_mib : float, optional
        Of one worker; a worker above it is killed. None: a safe share of what the machine has.
    """

    def __init__(self, workers: int, memory_mib: float | None = None) -> None:
        self.memory_mib = default_memory_mib(workers) if memory_mib is None else memory_mib
        self._inbox: queue.SimpleQueue[tuple[_Worker, dict[str, Any] | None]] = queue.SimpleQueue()
        self._setup: dict[str, Any] | None = None
        self._numbers = itertools.count()
        self._polled = 0.0
        self.grace = _GRACE
        self._began = time.monotonic()
        self._folder = _temporary_folder() if workers > 1 else None
        self._workers = [self._start() for _ in range(workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._kill(worker)
        for worker in self._workers:
            worker.stderr.close()
            for thread in worker.threads:
                thread.join(1.0)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def set_up(self, setup: dict[str, Any]) -> None:
        """Give every worker, also later ones, what it needs to know about the task."""
        self._setup = {"do": "setup", "processes": self.size, **setup}
        for worker in self._workers:
            worker.outbox.put(self._setup)

    @property
    def age(self) -> float:
        """Seconds since the workers were started."""
        return time.monotonic() - self._began

    @property
    def size(self) -> int:
        """Workers, busy or not."""
        return len(self._workers)

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

    def submit(self, message: dict[str, Any], deadline: float | None, note: Any = None, waits: bool = True) -> Job:
        """Give a job to an idle worker: one that has finished starting, and that knows the configuration, if possible.

        Parameters
        ----------
        message : dict
            With ``do`` and ``configuration``.
        deadline : float or None
            Seconds.
        note : object
            Comes back with the answer.
        waits : bool, default=True
            The deadline counts from when the worker begins; False: from now.
        """
        known = message["configuration"].fingerprint
        worker = min((worker for worker in self._workers if worker.job is None),
                     key=lambda worker: (not worker.ready, known not in worker.did))
        worker.did.add(known)
        number = next(self._numbers)
        job = Job(number, {**message, "job": number, "deadline": deadline}, deadline, note, waits)
        if not waits and deadline is not None:
            job.ends = time.monotonic() + deadline
        worker.job, worker.peak_mib = job, 0.0
        worker.outbox.put(job.message)
        return job

    def cancel(self, job: Job, grace: float = _GRACE) -> None:
        """Ask for a job to be given up; after `grace` seconds its worker is killed."""
        for worker in self._workers:
            if worker.job is job:
                worker.outbox.put({"do": "cancel", "job": job.number})
                job.ends = min(job.ends or float("inf"), time.monotonic() + grace)
                job.status = "cancelled"

    def wait(self, seconds: float) -> list[Job]:
        """Jobs that ended, as soon as there are any, or none after some time."""
        until = time.monotonic() + seconds
        while True:
            ended = self._take(max(0.0, min(_POLL, until - time.monotonic())))
            ended += self._enforce()
            if ended or time.monotonic() >= until:
                return ended

    def _take(self, timeout: float) -> list[Job]:
        ended = []
        with contextlib.suppress(queue.Empty):
            worker, message = self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()
            while True:
                ended += self._handle(worker, message)
                worker, message = self._inbox.get_nowait()
        return ended

    def _handle(self, worker: _Worker, message: dict[str, Any] | None) -> list[Job]:
        if worker not in self._workers:
            return []
        if message is None:
            return self._replace(worker)
        if "ready" in message:
            worker.ready, worker.starts = True, 1
        elif "started" in message and worker.job is not None and worker.job.number == message["started"]:
            worker.job.started = time.monotonic()
            if worker.job.deadline is not None:
                worker.job.ends = min(worker.job.ends or float("inf"), worker.job.started + worker.job.deadline)
        elif worker.job is not None and message.get("job") == worker.job.number:
            job, worker.job = worker.job, None
            job.error, job.value, job.seconds = message["error"], message["value"], message["seconds"]
            if job.status != "cancelled":
                job.status = message["status"]
                if job.asked and job.status == "cancelled":
                    job.status, job.error = _stopped(job.seconds)
            job.estimated_seconds, job.computing = message["estimated_seconds"], message["computing"]
            job.peak_mib = max(worker.peak_mib, _pss_mib(worker.process.pid) if not worker.peak_mib else 0.0)
            return [job]
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
                worker.peak_mib = max(worker.peak_mib, _pss_mib(worker.process.pid))
            if job.ends is not None and now > job.ends:
                if job.waits and not job.asked and job.status != "cancelled":
                    # What can be interrupted need not cost a worker.
                    job.asked, job.ends = True, now + self.grace
                    worker.outbox.put({"do": "cancel", "job": job.number})
                    continue
                worker.reason = _stopped(now - (job.started or now))
            elif worker.peak_mib > self.memory_mib:
                worker.reason = ("memory", f"stopped at {worker.peak_mib:,.0f} MiB; a worker may use {self.memory_mib:,.0f}")
            if worker.reason[0]:
                ended += self._replace(worker)
        return ended

    def _replace(self, worker: _Worker) -> list[Job]:
        """A fresh worker in place of a dead or killed one; its job has ended."""
        self._kill(worker)
        job, message = worker.job, _last_words(worker)
        if not worker.ready and worker.starts >= _STARTS:
            raise SearchError(f"A worker process could not start: {message}")
        fresh = self._start()
        fresh.starts = worker.starts + (0 if worker.ready else 1)
        if self._setup is not None:
            fresh.outbox.put(self._setup)
        self._workers[self._workers.index(worker)] = fresh
        if job is None:
            return []
        if job.status != "cancelled":
            job.status, job.error = worker.reason if worker.reason[0] else _cause(worker.process.returncode, message)
        job.peak_mib = worker.peak_mib
        job.seconds = time.monotonic() - job.started if job.started else 0.0
        return [job]

    def _start(self) -> _Worker:
        # What else is in sys.path, Python passes over too.
        paths = [os.fsdecode(path) or os.getcwd() for path in sys.path if isinstance(path, str | bytes | os.PathLike)]
        environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "TOKENIZERS_PARALLELISM": "false",
                       "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        command = [sys.executable, "-P", "-m", "autotext.workers.worker", *([self._folder] if self._folder else [])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment,
                                   start_new_session=True)
        worker = _Worker(process, stderr, queue.SimpleQueue())
        for target in (self._listen, self._talk):
            worker.threads.append(threading.Thread(target=target, args=(worker,), daemon=True))
            worker.threads[-1].start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        try:
            with worker.process.stdout:
                while True:
                    self._inbox.put((worker, receive(worker.process.stdout)))
        except (EOFError, OSError, ValueError):
            self._inbox.put((worker, None))

    @staticmethod
    def _talk(worker: _Worker) -> None:
        assert worker.process.stdin is not None
        with contextlib.suppress(OSError, ValueError), worker.process.stdin:
            while (message := worker.outbox.get()) is not None:
                send(worker.process.stdin, message)

    @staticmethod
    def _kill(worker: _Worker) -> None:
        if worker.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.name == "posix":
                    os.killpg(worker.process.pid, signal.SIGKILL)
                else:
                    worker.process.kill()
        worker.outbox.put(None)
        worker.process.wait()


def _stopped(seconds: float) -> tuple[str, str]:
    return "timeout", f"stopped after {seconds:.1f} s"


def started(workers: int | Pool, memory_mib: float | None) -> Pool:
    """So many new workers, or those of a pool, which may use so much memory each."""
    if not isinstance(workers, Pool):
        return Pool(workers, memory_mib)
    workers.memory_mib = workers.memory_mib if memory_mib is None else memory_mib
    return workers


def _temporary_folder() -> str | None:
    """A folder for what workers share; None where there is no room for one."""
    with contextlib.suppress(OSError):
        return tempfile.mkdtemp(prefix="autotext-")
    return None


def _last_words(worker: _Worker) -> str:
    with contextlib.suppress(ValueError, OSError):
        worker.stderr.seek(0, os.SEEK_END)
        worker.stderr.seek(max(0, worker.stderr.tell() - 4000))
        words = worker.stderr.read().decode("utf-8", "replace").strip()
        worker.stderr.close()
        return str(words)
    return ""


def _cause(code: int | None, words: str) -> tuple[str, str]:
    """Status and reason of a worker that died by itself."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in {number.value for number in signal.Signals} else str(-code)
        if name == "SIGXCPU":
            return "timeout", "stopped by the limit on processor time"
        return "failed", f"{words}\nthe worker process died by {name}".strip()
    return "failed", f"{words}\nthe worker process ended with code {code}".strip()


def _pss_mib(pid: int) -> float:
    """Memory of a process in MiB: its proportional share where the system tells, else what is its own."""
    with contextlib.suppress(psutil.Error, OSError):
        found = psutil.Process(pid).memory_full_info()
        return float(getattr(found, "pss", 0) or found.uss) / 2**20
    return 0.0


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

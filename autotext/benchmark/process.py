"""The process of one run, watched from outside: limits on its time and memory, and what it cost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

# Seconds between two looks at a process, and between two measurements of its memory.
_POLL, _MEMORY_POLL = 0.05, 0.5
# Seconds that any step but the fit may take.
_STEP_SECONDS = 1800.0


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it cost.

    Parameters
    ----------
    status : {"ok", "failed", "timeout", "memory", "interrupted"}
    error : str
        Last line that it printed, or the limit that it broke.
    wall_seconds, cpu_seconds : float
        Of the whole process, its children included.
    peak_mib : float
        Most memory of it and its children together, by proportional set sizes where the system has them.
    load : float or None
        Share of its cores that other processes took meanwhile. None: it was not bound to cores.

    Examples
    --------
    >>> import sys, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run_watched([sys.executable, "-c", "raise SystemExit('no data')"], Path(folder), {}).error
    'no data'
    """

    status: str
    error: str
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    load: float | None


def run_watched(command: Sequence[str], folder: Path, environment: Mapping[str, str], *, cores: Sequence[int] = (),
                fit_seconds: float = _STEP_SECONDS, memory_mib: float | None = None, stop: Event | None = None) -> Ended:
    """Run a command until it ends, breaks a limit or is to stop, and kill whatever it leaves.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Where it announces its steps, and where ``log.txt`` gets what it prints.
    environment : mapping of str to str
        Added to the variables of this process.
    cores : sequence of int, optional
        Cores that it binds itself to.
    fit_seconds : float, default=1800
        Seconds of the step ``fit`` after which it is killed.
    memory_mib : float, optional
    stop : Event, optional
        Kills it when it is set.

    Returns
    -------
    Ended
    """
    began, busy = time.monotonic(), _busy_seconds(cores)
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder,
                                   env={**os.environ, **environment}, start_new_session=True)
        monitor = _Monitor(process.pid, folder, fit_seconds, memory_mib, stop)
        try:
            code, cpu_seconds = monitor.wait()
        finally:
            _kill(process.pid)
            process.returncode = 0
    wall = time.monotonic() - began
    load = None if not cores else max(0.0, (_busy_seconds(cores) - busy - cpu_seconds) / (wall * len(cores)))
    status, error = monitor.broken or (("ok", "") if code == 0 else ("failed", _last_line(folder / "log.txt", code)))
    return Ended(status, error, wall, cpu_seconds, monitor.peak_mib, load)


class _Monitor:
    """Waits for a process while it keeps its limits."""

    def __init__(self, pid: int, folder: Path, fit_seconds: float, memory_mib: float | None, stop: Event | None) -> None:
        self.peak_mib = 0.0
        self.broken: tuple[str, str] | None = None
        self._pid, self._folder, self._fit_seconds = pid, folder, fit_seconds
        self._memory_mib, self._stop = memory_mib, stop
        self._measured, self._step, self._step_began = 0.0, "start", time.monotonic()

    def wait(self) -> tuple[int, float]:
        """Exit status, and processor seconds of the process and of its children."""
        while True:
            ended, status, usage = os.wait4(self._pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
            if self.broken is None and (broken := self._broken_limit()):
                self.broken = broken
                _kill(self._pid)
            time.sleep(_POLL)

    def _broken_limit(self) -> tuple[str, str] | None:
        now = time.monotonic()
        if self._stop is not None and self._stop.is_set():
            return "interrupted", "stopped by the user"
        steps = [step for step in ("save", "predict", "fit", "prepare") if (self._folder / f"{step}.started").exists()]
        if steps and steps[0] != self._step:
            self._step, self._step_began = steps[0], now
        limit = self._fit_seconds if self._step == "fit" else _STEP_SECONDS
        if now - self._step_began > limit:
            return "timeout", f"{self._step} was killed after {limit:.0f} s"
        if now - self._measured > _MEMORY_POLL:
            self._measured = now
            self.peak_mib = max(self.peak_mib, _memory_mib(self._pid))
            if self._memory_mib is not None and self.peak_mib > self._memory_mib:
                return "memory", f"{self._step} was killed at {self.peak_mib:.0f} MiB"
        return None


def _memory_mib(pid: int) -> float:
    total = 0
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
    return total / 2**20


def _busy_seconds(cores: Sequence[int]) -> float:
    if not cores:
        return 0.0
    by_core = psutil.cpu_times(percpu=True)
    return float(sum(sum(by_core[core]) - by_core[core].idle - getattr(by_core[core], "iowait", 0.0)
                     - getattr(by_core[core], "guest", 0.0) - getattr(by_core[core], "guest_nice", 0.0)
                     for core in cores if core < len(by_core)))


def _kill(pid: int) -> None:
    """Kill a process, its group, and its children in groups of their own."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _last_line(path: Path, code: int) -> str:
    lines = [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"it ended with {code}"
    return lines[-1][:300] if lines else reason

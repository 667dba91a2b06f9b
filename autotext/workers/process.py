"""A worker process and its pipes, as the pool of workers uses them."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from functools import partial
from typing import Any

import psutil

from autotext.workers.forked import ForkedProcess, may_fork
from autotext.workers.messages import receive, send
from autotext.workers.worker import serve

# Environment variables that keep numerical libraries from starting threads of their own: a worker computes with one thread.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
               "RAYON_NUM_THREADS")
# Bytes of the standard error of a process that ended which an error message quotes, at most.
_LAST_WORDS = 4000
# Seconds of computing until a worker is ready: a new process, or a copy of this one.
_START_SECONDS, _COPY_SECONDS = 3.0, 0.5

Inbox = queue.SimpleQueue[tuple["WorkerProcess", Any]]


class WorkerProcess:
    """A process that does one job after the other, and the threads that send it messages and receive its answers.

    Parameters
    ----------
    inbox : queue
        Gets a pair of the process and a message for each message that it sends, and of the process and None when it ends.
    folder : str or None
        Folder of data that all workers of a pool share. None: they share none.

    Attributes
    ----------
    start_seconds : float
        Seconds of computing that the process usually takes to start.
    """

    def __init__(self, inbox: Inbox, folder: str | None) -> None:
        self._inbox = inbox
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        # Python ignores entries of sys.path that are no paths, too.
        paths = [os.fsdecode(path) or os.getcwd() for path in sys.path if isinstance(path, str | bytes | os.PathLike)]
        environment = {**dict.fromkeys(_ONE_THREAD, "1"), "TOKENIZERS_PARALLELISM": "false",
                       "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
        self._process: subprocess.Popen[bytes] | ForkedProcess
        if may_fork():
            self._process = ForkedProcess(partial(serve, folder), environment, self._stderr)
        else:
            command = [sys.executable, "-P", "-m", "autotext.workers.worker", *([folder] if folder else [])]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
                                             env={**os.environ, **environment}, start_new_session=True)
        self.start_seconds = _COPY_SECONDS if isinstance(self._process, ForkedProcess) else _START_SECONDS
        self._threads: list[threading.Thread] = []

    def listen(self) -> None:
        """Start the threads that read and write.

        This comes after all processes of a pool are started, as a process that has threads should not be forked.
        """
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._talk)]
        for thread in self._threads:
            thread.start()

    def send(self, message: object) -> None:
        """Send a message without waiting for the process to read it."""
        self._outbox.put(message)

    def kill(self) -> None:
        """End the process, and the processes that it has started."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.name == "posix":
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        self._outbox.put(None)
        self._process.wait()

    def close(self) -> None:
        """Close the files and end the threads of a process that was killed."""
        self._stderr.close()
        for thread in self._threads:
            thread.join(1.0)

    @property
    def memory_mib(self) -> float:
        """Memory of the process in MiB; of shared pages it has its part where the system can tell, and none elsewhere."""
        with contextlib.suppress(psutil.Error, OSError):
            memory = psutil.Process(self._process.pid).memory_full_info()
            return float(getattr(memory, "pss", 0) or memory.uss) / 2**20
        return 0.0

    def last_words(self) -> str:
        """The end of what a process that has ended wrote to its standard error; this closes the file."""
        with contextlib.suppress(ValueError, OSError):
            self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, self._stderr.tell() - _LAST_WORDS))
            words = self._stderr.read().decode("utf-8", "replace").strip()
            self._stderr.close()
            return str(words)
        return ""

    def cause_of_death(self, words: str) -> tuple[str, str]:
        """Tell why a process has ended by itself.

        Parameters
        ----------
        words : str
            As `last_words` gave them.

        Returns
        -------
        str, str
            A status as in `Answer`, and an error message.
        """
        code = self._process.returncode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in {number.value for number in signal.Signals} else str(-code)
            if name == "SIGXCPU":
                return "timeout", "stopped by the limit on processor time"
            return "failed", _with_reason(words, f"the worker process died by {name}")
        return "failed", _with_reason(words, f"the worker process ended with code {code}")

    def _listen(self) -> None:
        """Put the messages of the process into the inbox, until it ends."""
        assert self._process.stdout is not None
        try:
            with self._process.stdout:
                while True:
                    self._inbox.put((self, receive(self._process.stdout)))
        except (EOFError, OSError, ValueError):
            self._inbox.put((self, None))

    def _talk(self) -> None:
        """Send the messages of the outbox to the process, until it is killed."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdin:
            while (message := self._outbox.get()) is not None:
                send(self._process.stdin, message)


def _with_reason(words: str, end: str) -> str:
    """What a process wrote, then how it ended with the last line of that, as notes quote the last line alone."""
    return f"{words}\n{end}: {words.splitlines()[-1].strip()}" if words else end

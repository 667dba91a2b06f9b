"""Worker processes that are forked.

A copy of this process has imported already what a new process would need a second or two to import.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import IO, Any, NoReturn

# Libraries whose threads or devices do not work in a forked process.
_UNSAFE = ("torch", "tensorflow", "jax", "cupy", "mxnet", "paddle", "pyspark", "ray")
# Settings of scikit-learn that change its results, with the values that they have in a new process.
_SKLEARN_DEFAULTS = {"assume_finite": False, "array_api_dispatch": False, "transform_output": "default",
                     "enable_metadata_routing": False, "skip_parameter_validation": False}


def may_fork() -> bool:
    """Whether this process can be forked safely: on Linux, without other threads, a GPU, or libraries that do not allow it.

    Examples
    --------
    >>> import threading
    >>> release = threading.Event()
    >>> thread = threading.Thread(target=release.wait)
    >>> thread.start()
    >>> may_fork()
    False
    >>> release.set()
    >>> thread.join()
    """
    return (sys.platform == "linux" and threading.active_count() == 1 and threading.current_thread() is threading.main_thread()
            and not any(name in sys.modules for name in _UNSAFE) and not _has_driver())


def _has_driver() -> bool:
    """Whether a library, whichever it is, has loaded the driver of a GPU, which a forked process could not use."""
    try:
        with open("/proc/self/maps") as maps:
            return any("/libcuda.so" in line for line in maps)
    except OSError:
        return False


class ForkedProcess:
    """A forked process that runs a function and ends, with the methods and attributes of `subprocess.Popen` that are needed.

    Parameters
    ----------
    function : callable
        Called without arguments in the forked process, whose standard input and output are pipes.
    environment : mapping of str to str
        Environment variables that are set in the forked process.
    stderr : binary file
        Becomes the standard error of the forked process.

    Attributes
    ----------
    pid : int
        Number of the process.
    stdin, stdout : binary file
        Ends of the pipes, open for writing and for reading.
    returncode : int or None
        Exit code, negative for a signal; None until `poll` or `wait` has seen the end of the process.
    """

    def __init__(self, function: Callable[[], None], environment: Mapping[str, str], stderr: IO[bytes]) -> None:
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(function, environment, (their_input, their_output, stderr.fileno()))
        os.close(their_input)
        os.close(their_output)
        self.stdin: IO[bytes] = os.fdopen(our_output, "wb")
        self.stdout: IO[bytes] = os.fdopen(our_input, "rb")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the process runs."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait until the process ends, and return its exit code."""
        return self._reap(0)

    def kill(self) -> None:
        """End the process at once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        """Ask the system for the exit code; 0 where other code has waited for the process, as then it is not known."""
        if self.returncode is None:
            pid, status = self.pid, 0
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _serve(function: Callable[[], None], environment: Mapping[str, str], files: tuple[int, int, int]) -> NoReturn:
    """Run a function in the forked process, and end it; files and exit handlers of the original process are left alone."""
    try:
        os.setsid()
        for target, file in enumerate(files):
            os.dup2(file, target)
        faulthandler.disable()
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        sys.stdin, sys.stdout, sys.stderr = (open(0, closefd=False), open(1, "w", closefd=False),  # noqa: SIM115
                                             open(2, "w", closefd=False))  # noqa: SIM115
        os.environ.update(environment)
        _reset()
        function()
    except BaseException:
        with contextlib.suppress(Exception):
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _reset() -> None:
    """Set everything that the user may have changed, such as warning filters, to what it is in a new process."""
    import numpy as np
    import sklearn
    import threadpoolctl

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    # A new process would find modules by all of these, and Python itself only by strings.
    sys.path[:] = [os.fsdecode(path) for path in sys.path if isinstance(path, str | bytes | os.PathLike)]
    sys.settrace(None)
    sys.setprofile(None)
    # The garbage collector leaves the objects of the original process alone, so that their memory stays shared.
    gc.freeze()
    gc.enable()
    warnings.resetwarnings()
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    defaults: dict[str, Any] = dict(_SKLEARN_DEFAULTS)
    sklearn.set_config(**defaults)
    threadpoolctl.threadpool_limits(1)

"""A worker as a copy of this process, which has imported already what a new one would import for a second or two."""

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

# Libraries whose threads or devices a copy cannot use.
_UNSAFE = ("torch", "tensorflow", "jax", "cupy", "mxnet", "paddle", "pyspark", "ray")
# What changes how scikit-learn computes, as a new process has it.
_SKLEARN_DEFAULTS = {"assume_finite": False, "array_api_dispatch": False, "transform_output": "default",
                     "enable_metadata_routing": False, "skip_parameter_validation": False}


def may_fork() -> bool:
    """Whether a copy of this process is as good as a new one: on Linux, without other threads or a library that forbids it."""
    return (sys.platform == "linux" and threading.active_count() == 1 and threading.current_thread() is threading.main_thread()
            and not any(name in sys.modules for name in _UNSAFE))


class ForkedProcess:
    """A copy of this process that runs a function and ends; what a pool uses of `subprocess.Popen`.

    Parameters
    ----------
    function : callable
        Called in the copy, whose standard input and output are pipes.
    environment : mapping of str to str
        Set in the copy.
    stderr : file
        Becomes the standard error of the copy.
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
        """Exit code, negative for a signal, or None while the process runs."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        """Exit code, once the process has ended."""
        return self._reap(0)

    def kill(self) -> None:
        """End the process at once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            # Where another has waited for it, how it ended is not known.
            pid, status = self.pid, 0
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _serve(function: Callable[[], None], environment: Mapping[str, str], files: tuple[int, int, int]) -> NoReturn:
    """In the copy: forget what belongs to the original, run the function, and end without its exit handlers."""
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
    """Bring what users may have set back to what it is in a new process."""
    import numpy as np
    import sklearn
    import threadpoolctl

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    sys.settrace(None)
    sys.setprofile(None)
    # Objects of the original are not looked through again, so their memory stays shared.
    gc.freeze()
    gc.enable()
    warnings.resetwarnings()
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    defaults: dict[str, Any] = dict(_SKLEARN_DEFAULTS)
    sklearn.set_config(**defaults)
    threadpoolctl.threadpool_limits(1)

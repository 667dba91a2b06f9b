"""A worker process: judges and fits configurations until its parent is gone.

Started as ``python -m autotext.workers.worker``, so that the caller's script is never imported again.
"""

from __future__ import annotations

import _thread
import importlib
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
import warnings
from typing import Any, BinaryIO

from autotext.workers.messages import receive, send

GRACE = 2.0


class CancelledError(Exception):
    """The parent no longer wants the result."""


class _Inbox:
    """Reads messages in a thread, so that the parent's end is noticed while work goes on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.running: int | None = None
        signal.signal(signal.SIGINT, self._give_up)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                message = receive(self._file)
            except Exception:
                leave()
            if message["do"] == "cancel":
                self.cancelled.add(message["job"])
                _thread.interrupt_main()
            else:
                self.messages.put(message)

    def _give_up(self, *_: object) -> None:
        """Leave the job under way if it was cancelled; whatever else interrupts is not for workers."""
        if self.running in self.cancelled:
            self.running = None
            raise CancelledError


def leave() -> None:
    """End this process and all it started, and remove the folder that nobody else will."""
    if folder := _shared_folder():
        shutil.rmtree(folder, ignore_errors=True)
    if os.name == "posix" and os.getpgid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _shared_folder() -> str | None:
    """Folder of this run's workers, as the parent named it."""
    return sys.argv[1] if len(sys.argv) > 1 else None


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, with standard input and output freed for whatever components do with them."""
    given, asked = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return given, asked


def _limit_cpu(seconds: float | None, cores: int = 1) -> None:
    """Backstop for the parent's deadline: processor time ends even a loop that holds the interpreter lock."""
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
    """What is known about the task, and the two things that can be asked."""

    def __init__(self, setup: dict[str, Any], inbox: _Inbox) -> None:
        from autotext.cross_validation.count_cache import CountCache
        from autotext.cross_validation.shared_cache import SharedCache
        from autotext.cross_validation.text_cache import TextCache

        self.inbox = inbox
        self._texts, self._targets, self._split = setup["texts"], setup["targets"], setup["split"]
        self._metric, self._n_classes, self._seed = setup["metric"], setup["n_classes"], setup["seed"]
        self._processes = setup["processes"]
        self._search_targets = self._targets[self._split.rows]
        self._shared = SharedCache(_shared_folder())
        texts = [self._texts[row] for row in self._split.rows]
        self._by_text = TextCache(texts, self._shared, self._processes)
        self._prepared = CountCache(texts, shared=self._shared, per_text=self._by_text)

    def cores(self, message: dict[str, Any]) -> int:
        """How many cores a job may keep busy."""
        from autotext.components import is_expensive

        return self._processes if is_expensive(message["configuration"]) else 1

    def cross_validate(self, message: dict[str, Any]) -> Any:
        """Cross-validate a configuration and its path."""
        from autotext.cross_validation.cross_validate import cross_validate
        from autotext.scoring.validation import Validation

        def check() -> None:
            if message["job"] in self.inbox.cancelled:
                raise CancelledError

        validation = Validation(self._search_targets, self._split.folds, self._n_classes, self._metric,
                                self._model_seed(message))
        return cross_validate((message["configuration"], *message.get("path", ())), self._prepared, validation, check=check,
                              pruner=message.get("pruner"), subsample=message.get("subsample", 1.0),
                              seconds=message["deadline"], threads=self._processes)

    def fit(self, message: dict[str, Any]) -> Any:
        """Fit a configuration on some rows, or on all."""
        import numpy as np

        from autotext.cross_validation.count_cache import CountCache
        from autotext.cross_validation.cross_validate import fit_chain

        rows = message["rows"]
        rows = np.arange(len(self._texts)) if rows is None else rows
        same = len(rows) == len(self._split.rows) and (rows == self._split.rows).all()
        prepared = self._prepared if same else CountCache([self._texts[row] for row in rows], shared=self._shared,
                                                        per_text=self._by_text)
        return fit_chain(message["configuration"], prepared, self._targets[rows], self._n_classes, self._model_seed(message),
                         threads=self._processes)

    def _model_seed(self, message: dict[str, Any]) -> int:
        from autotext.components import component
        from autotext.randomness import derive
        from autotext.space import Configuration

        # The same along a path, so that each of its configurations can be repeated alone.
        given = message["configuration"]
        strength = f"model.{given['model']}.{component('model', str(given['model'])).regularization_parameter}"
        return derive(self._seed, "model", Configuration({name: given[name] for name in given if name != strength}).fingerprint)


def _answer(work: _Work, message: dict[str, Any]) -> dict[str, Any]:
    from autotext.cross_validation.text_cache import TooSlowError

    started, computed = time.perf_counter(), time.process_time()
    answer: dict[str, Any] = {"job": message["job"], "status": "ok", "error": "", "value": None, "estimated_seconds": 0.0}
    try:
        with warnings.catch_warnings():
            # Solvers that stop early say so by a warning; the score says the rest.
            warnings.simplefilter("ignore")
            work.inbox.running = message["job"]
            answer["value"] = (work.cross_validate if message["do"] == "judge" else work.fit)(message)
            work.inbox.running = None
    except CancelledError:
        answer["status"] = "cancelled"
    except TooSlowError as error:
        answer.update(status="timeout", error=f"given up early: {error}", estimated_seconds=error.seconds)
    except MemoryError as error:
        answer.update(status="memory", error=f"MemoryError: {error}".removesuffix(": "))
    except BaseException:
        answer.update(status="failed", error=traceback.format_exc())
    answer.update(seconds=time.perf_counter() - started, computing=time.process_time() - computed)
    return answer


def _warm_up() -> None:
    """Load what nearly every job needs, compiled code included, while the parent still reads; then jobs take what they take."""
    import numpy as np
    import scipy.sparse as sp

    from autotext.components import component

    importlib.import_module("autotext.cross_validation.cross_validate")
    component("model", "linear_svm")().fit_regularization_path(sp.eye(2, format="csr"), np.arange(2), 2, 0, [1.0])  # type: ignore[attr-defined]


def main() -> None:
    """Serve until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given, asked = _take_pipes()
    _warm_up()
    # Not earlier: what it reads are objects of modules that two threads must not import at once.
    inbox = _Inbox(given)
    send(asked, {"ready": True})
    work: _Work | None = None
    while True:
        message = inbox.messages.get()
        if message["do"] == "setup":
            for module in message["modules"]:
                importlib.import_module(module)
            work = _Work(message, inbox)
            continue
        assert work is not None
        send(asked, {"started": message["job"]})
        _limit_cpu(message["deadline"], work.cores(message))
        answer = _answer(work, message)
        _limit_cpu(None)
        try:
            send(asked, answer)
        except (BrokenPipeError, OSError):
            leave()


if __name__ == "__main__":
    try:
        main()
    except Exception:
        traceback.print_exc()
        sys.exit(1)

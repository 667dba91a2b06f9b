"""The progress of a search as one line, for terminals and notebooks."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

from autotext.arguments import argument_error
from autotext.budget import Budget
from autotext.evaluation import Evaluation
from autotext.report import Report
from autotext.space import Configuration

_TICK = 0.5
_WIDTH = 110


class LiveProgress:
    """Shows the progress of a search as one line: elapsed time and budget, trials, best score, current pipeline.

    Parameters
    ----------
    budget : Budget, str or float, optional
        The budget of the search, shown beside the time. None: only the time is shown.
    stream : text file, optional
        None: standard error. In a file that is neither a terminal nor a notebook, each new best score is a new line.

    Notes
    -----
    As a context manager, it also updates the time between evaluations, and clears the line in the end.

    Examples
    --------
    >>> with LiveProgress(stream=sys.stdout) as progress:
    ...     pass  # optimize_pipeline(..., on_evaluation=progress)
    """

    def __init__(self, budget: Budget | str | float | None = None, stream: TextIO | None = None) -> None:
        if stream is not None and not hasattr(stream, "write"):
            raise argument_error("stream", "a text file, or None for standard error", stream)
        self._budget = None if budget is None else Budget.parse(budget)
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() or "ipykernel" in sys.modules
        self._ascii = not _can_print(self._stream, "▸·")
        self._started = time.monotonic() - (self._budget.spent if self._budget else 0.0)
        self._report: Report | None = None
        self._current = "starting"
        self._best: float | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> LiveProgress:
        if self._live:
            self._thread = threading.Thread(target=self._tick, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._live:
            self._thread.join()
            with self._lock:
                self._stream.write("\r" + " " * _WIDTH + "\r")
                self._stream.flush()

    def __call__(self, evaluation: Evaluation, report: Report) -> None:
        """Show an evaluation; for the argument ``on_evaluation`` of `optimize_pipeline`."""
        self._report, self._current = report, Configuration(evaluation.configuration).describe()
        improved = report.best is not None and report.best.score != self._best
        self._best = report.best.score if report.best else None
        if self._live:
            self._draw()
        elif improved:
            self._stream.write(self.line() + "\n")
            self._stream.flush()

    def line(self) -> str:
        """The text of the line."""
        elapsed = time.monotonic() - self._started
        limit = f"/{self._budget.seconds:.0f}" if self._budget and self._budget.seconds else ""
        most = f"/{self._budget.trials}" if self._budget and self._budget.trials else ""
        trials = f"{self._report.trials if self._report else 0}{most}"
        best = f"best {self._best:.4f}" if self._best is not None else "best -"
        mark, point = ("> ", " | ") if self._ascii else ("▸ ", " · ")
        text = mark + point.join([f"{elapsed:.0f}{limit} s", f"{trials} trials", best, self._current])
        if self._ascii:
            text = text.encode("ascii", "replace").decode()
        return text[:_WIDTH]

    def _tick(self) -> None:
        while not self._stop.wait(_TICK):
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            self._stream.write("\r" + self.line().ljust(_WIDTH))
            self._stream.flush()


def _can_print(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

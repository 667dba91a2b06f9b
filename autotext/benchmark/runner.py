"""A benchmark: arms on the tasks of a suite, run where they have not run yet, one line for each run."""

from __future__ import annotations

import json
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from autotext.benchmark.arms import Arm
from autotext.benchmark.environments import default_environments, install_environment
from autotext.benchmark.lines import line_key, read_lines
from autotext.benchmark.runs import Conditions, Run, execute
from autotext.benchmark.suites import Suite
from autotext.errors import BenchmarkError, describe_error
from autotext.meta import Experience
from autotext.workers.pool import usable_cores
from autotext.writing import lock

LINES = "runs.jsonl"
"""Name of the file of lines in the folder of a benchmark."""

OnLine = Callable[[dict[str, Any], int, int], None]


class Benchmark:
    """Arms on the tasks of a suite under the same conditions, and the folder that keeps what came of them.

    Parameters
    ----------
    suite : Suite
    arms : sequence of Arm
    folder : Path
        Gets ``runs.jsonl``, a line for each run, and ``logs/`` of those that failed. Runs with a line are not repeated.
    conditions : Conditions
    seeds : sequence of int, default=(0,)
        Each draws its rows, where there are more than wanted, and seeds the arms.
    retry : bool, default=False
        Whether runs that failed before run again.

    Raises
    ------
    BenchmarkError
        An arm needs an encoder and none is given, or two arms have the same name.

    Examples
    --------
    >>> import tempfile
    >>> benchmark = Benchmark(Suite.read("quick"), [Arm.read("majority")], Path(tempfile.mkdtemp()), Conditions(60.0, None))
    >>> len(benchmark.missing())
    6
    """

    def __init__(self, suite: Suite, arms: Sequence[Arm], folder: Path, conditions: Conditions, seeds: Sequence[int] = (0,),
                 retry: bool = False) -> None:
        self.suite, self.arms, self.folder = suite, tuple(arms), folder
        self.conditions, self.seeds, self._retry = conditions, tuple(seeds), retry
        names = [arm.name for arm in arms]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise BenchmarkError(f"There are two arms called {twice[0]!r}: rename the file of one of them.")
        if not conditions.encoder and (needing := [arm.name for arm in arms if arm.needs_encoder]):
            raise BenchmarkError(f"{', '.join(needing)}: needs the folder of a transformer, e.g. --encoder all-MiniLM-L6-v2.")

    @property
    def lines_path(self) -> Path:
        """The file of lines."""
        return self.folder / LINES

    def missing(self) -> list[Run]:
        """Runs that have no line yet: all arms on all tasks with the first seed, then with the next.

        Raises
        ------
        BenchmarkError
            The lines cannot be read.
        """
        finished = {line_key(line) for line in self._lines()
                    if line["status"] != "unavailable" and (line["status"] in ("ok", "abstained") or not self._retry)}
        runs = [Run(self.suite.name, entry, arm, seed, self.conditions, "") for seed in self.seeds
                for entry in self.suite.entries for arm in self.arms]
        return [run for run in runs if run.key not in finished]

    def check(self, runs: Sequence[Run]) -> None:
        """Read the tasks of runs, and refuse those that an arm could have met before.

        Parameters
        ----------
        runs : sequence of Run

        Raises
        ------
        BenchmarkError, TaskError
            A task cannot be read, differs from what its file says, or leaks.
        """
        experience = Experience.shipped()
        for entry in dict.fromkeys(run.entry for run in runs):
            entry.check(experience, tasks_dir=self.conditions.tasks_dir)

    def run(self, jobs: int = 1, executor: Executor | None = None, environments: Path | None = None,
            on_line: OnLine | None = None) -> None:
        """Carry out what is missing; it may be stopped and called again at any time.

        Parameters
        ----------
        jobs : int, default=1
            Runs at the same time, each on cores of its own.
        executor : concurrent.futures.Executor, optional
            Where runs are carried out instead, such as joblib's loky executor or that of a Dask client; they are not bound
            to cores there.
        environments : Path, optional
            Where the environments of arms are kept.
        on_line : callable, optional
            Called as ``on_line(line, number, n_missing)`` after each run.

        Raises
        ------
        BenchmarkError
            There are not enough cores, a task leaks, or another process writes to the folder.
        KeyboardInterrupt
            By the user; lines of runs that had ended are kept.
        """
        needed_cores = jobs * self.conditions.cpus
        if executor is None and needed_cores > usable_cores():
            raise BenchmarkError(f"{jobs} runs at a time on {self.conditions.cpus} cores each need {needed_cores} cores, and "
                                 f"there are {usable_cores()}; give fewer jobs or cpus.")
        with self._open_lines() as file:
            runs = self.missing()
            self.check(runs)
            runs = self._installed(runs, environments or default_environments())
            stop = Event()
            try:
                for number, line in enumerate(self._carried_out(runs, jobs, executor, stop), start=1):
                    file.write(json.dumps(line, ensure_ascii=True, allow_nan=False).encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                    if on_line is not None:
                        on_line(line, number, len(runs))
            finally:
                stop.set()

    @contextmanager
    def _open_lines(self) -> Iterator[BinaryIO]:
        """The file of lines, locked, without what a killed process left of a line."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.lines_path.open("ab")
        except OSError as error:
            raise BenchmarkError(f"No lines can be written in {str(self.folder)!r}: {describe_error(error)}; name another "
                                 "folder.") from error
        with file:
            if not lock(file.fileno(), wait=False):
                raise BenchmarkError(f"Another benchmark writes to {str(self.folder)!r}; wait for it, or name another folder.")
            _cut_torn_line(self.lines_path)
            yield file

    def _lines(self) -> list[dict[str, Any]]:
        return list(read_lines(self.lines_path)[0]) if self.lines_path.exists() else []

    def _installed(self, runs: Sequence[Run], environments: Path) -> list[Run]:
        """Runs with the Python of their arm; those of an arm that cannot be installed say so, once."""
        pythons: dict[Arm, tuple[str, str]] = {}
        for arm in dict.fromkeys(run.arm for run in runs):
            try:
                pythons[arm] = str(install_environment(arm, environments)), ""
            except (BenchmarkError, OSError) as error:
                pythons[arm] = "", describe_error(error, 600)
        recorded = {line_key(line) for line in self._lines() if line["status"] == "unavailable"}
        prepared = [replace(run, python=pythons[run.arm][0], unavailable=pythons[run.arm][1]) for run in runs]
        return [run for run in prepared if not (run.unavailable and run.key in recorded)]

    def _carried_out(self, runs: Sequence[Run], jobs: int, executor: Executor | None, stop: Event) -> Iterator[dict[str, Any]]:
        """Lines, as their runs end."""
        if executor is not None:
            yield from (future.result() for future in as_completed([executor.submit(execute, run) for run in runs]))
            return
        cores: queue.SimpleQueue[tuple[int, ...]] = queue.SimpleQueue()
        usable, cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [], self.conditions.cpus
        for job in range(jobs):
            cores.put(tuple(usable[job * cpus : (job + 1) * cpus]))

        def carry_out(run: Run) -> dict[str, Any]:
            run_cores = cores.get()
            try:
                return execute(run, run_cores, stop, self._log_path(run))
            finally:
                cores.put(run_cores)

        with ThreadPoolExecutor(jobs) as threads:
            futures: list[Future[dict[str, Any]]] = [threads.submit(carry_out, run) for run in runs]
            try:
                yield from (line for future in as_completed(futures) if (line := future.result())["status"] != "interrupted")
            finally:
                stop.set()
                for future in futures:
                    future.cancel()

    def _log_path(self, run: Run) -> Path:
        seconds, trials = self.conditions.seconds, self.conditions.trials
        budget = f"{seconds:g}s" if seconds is not None else f"{trials}trials"
        return self.folder / "logs" / f"{run.entry.name}-{run.arm.name}-{run.seed}-{budget}.txt"


def _cut_torn_line(path: Path) -> None:
    """Cut off what a killed process left of a line; its run has no line, so it runs again."""
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)

"""The commands ``autotext benchmark suites | tasks | arms | run | compare``."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from autotext.arguments import check_path
from autotext.benchmark.arms import Arm, shipped_arms
from autotext.benchmark.comparison import Comparison
from autotext.benchmark.lines import Limits, read_lines
from autotext.benchmark.page import render_comparison
from autotext.benchmark.runner import LINES, Benchmark
from autotext.benchmark.runs import Conditions
from autotext.benchmark.selection import choose_limits
from autotext.benchmark.suites import Suite, shipped_suites
from autotext.benchmark.tables import write_tables
from autotext.benchmark.tasks import BenchmarkTask, shipped_tasks
from autotext.budget import Budget
from autotext.errors import BenchmarkError, describe_error, suggestion
from autotext.writing import replace_file

_DEFAULT_ARMS = ("autotext", "tfidf_lr", "majority")
_PAGE = "comparison.html"
_EPILOG = """examples:
  autotext benchmark run --suite quick --budget 30s --jobs 2 --out first
  autotext benchmark run --suite my_csv_files/ --arms autotext tfidf_lr my_system.py --seeds 3 --out mine
  autotext benchmark compare mine
"""


def add_benchmark_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands about benchmarks to the command line.

    Parameters
    ----------
    commands : subparsers of argparse

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_benchmark_commands(parser.add_subparsers())
    >>> parser.parse_args(["benchmark", "run", "--suite", "quick", "--out", "first"]).seeds
    1
    """
    benchmark = commands.add_parser("benchmark", help="compare systems and models on suites of tasks",
                                    description="Compare systems and models on suites of tasks, under the same conditions.",
                                    epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = benchmark.add_subparsers(title="commands", required=True, metavar="COMMAND")
    actions.add_parser("suites", help="list the suites of tasks").set_defaults(run=_list_suites)
    tasks = actions.add_parser("tasks", help="list the tasks, their sources and licences")
    tasks.add_argument("--suite", metavar="S", help="only those of a suite")
    tasks.set_defaults(run=_list_tasks)
    actions.add_parser("arms", help="list the systems and models that can be compared").set_defaults(run=_list_arms)
    _run_parser(actions)
    compare = actions.add_parser("compare", help="make tables and a page of the lines of runs",
                                 description="Make tables in Markdown, LaTeX and CSV, and a page, of what runs left.")
    compare.add_argument("folder", metavar="DIR", type=Path, help="folder that run wrote")
    compare.add_argument("--arms", nargs="+", metavar="A", help="only these, in tables of their own")
    compare.add_argument("--budget", help="of the runs to compare, if there are several (default: the largest)")
    compare.add_argument("--out", metavar="DIR", type=Path, help="where tables and page go (default: the same folder)")
    compare.set_defaults(run=_compare)
    for action in actions.choices.values():
        action.set_defaults(imports=[])


def _run_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = actions.add_parser("run", help="run what has not run yet, then compare",
                             description="Run systems and models on the tasks of a suite, each in a process of its own with "
                             "the same rows, cores and time. It may be stopped at any time: the same command goes on. What "
                             "autotext learned from tasks of a family is left out where one of them is evaluated.")
    run.add_argument("--suite", required=True, metavar="S", help=f"{', '.join(shipped_suites())}; a .yaml file; or a folder "
                     "of tables, each with a text and a label column")
    run.add_argument("--out", required=True, metavar="DIR", type=Path, help="folder of the lines, tables and page")
    run.add_argument("--arms", nargs="+", default=list(_DEFAULT_ARMS), metavar="A", help="autotext benchmark arms lists them; "
                     f"a .py file, or module:Class, of your own (default: {' '.join(_DEFAULT_ARMS)})")
    run.add_argument("--budget", default="60s", metavar="B", help="of a system in a run: 60s, 5m or 30trials (default: 60s)")
    run.add_argument("--seeds", type=int, default=1, metavar="N", help="number of repetitions with other seeds (default: 1)")
    run.add_argument("--cpus", type=int, default=1, metavar="N", help="cores of each run (default: 1)")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at a time, on cores of their own (default: 1)")
    run.add_argument("--rows", type=int, metavar="N", help="most training rows (default: as the suite says)")
    run.add_argument("--memory", type=float, metavar="MIB", help="memory at which a run is killed")
    run.add_argument("--encoder", metavar="DIR", type=Path, help="folder of a transformer, for the arms that need one")
    run.add_argument("--tasks-dir", metavar="DIR", type=Path, help="local copies of the tasks: NAME/train.parquet and "
                     "NAME/test.parquet, or csv (default: they are fetched from their public sources)")
    run.add_argument("--environments", metavar="DIR", type=Path, help="where the environments of peers are kept (default: in "
                     "the user's cache)")
    run.add_argument("--retry", action="store_true", help="run again what failed")
    run.set_defaults(run=_run)


def _list_suites(_: argparse.Namespace) -> None:
    for name in shipped_suites():
        suite = Suite.read(name)
        languages = sorted({entry.task.language for entry in suite.entries})
        print(f"{name:16} {len(suite.entries):3} tasks  {', '.join(languages)}\n{'':16} {suite.about}")


def _list_tasks(arguments: argparse.Namespace) -> None:
    tasks = [BenchmarkTask.read(name) for name in shipped_tasks()] if arguments.suite is None else list(dict.fromkeys(
        entry.task for entry in Suite.read(arguments.suite).entries))
    print(f"{'task':26} {'lang':5} {'kind':11} {'classes':>7} {'train':>7} {'test':>7}  {'family':24} licence; source")
    for task in tasks:
        print(f"{task.name:26} {task.language:5} {task.kind:11} {task.classes:7,} {task.rows['train']:7,} "
              f"{task.rows['test']:7,}  {task.family:24} {task.source.licence}; {task.source.place}")


def _list_arms(_: argparse.Namespace) -> None:
    for name in shipped_arms():
        arm = Arm.read(name)
        needs = ["an encoder"] if arm.needs_encoder else []
        needs += ["an environment of its own"] if arm.requirements else []
        print(f"{name:22} {arm.kind:7} {arm.about}" + (f" Needs {' and '.join(needs)}." if needs else ""))


def _run(arguments: argparse.Namespace) -> None:
    seconds, trials = _read_budget(arguments.budget)
    for option in ("seeds", "cpus", "jobs"):
        if getattr(arguments, option) < 1:
            raise BenchmarkError(f"--{option} must be at least 1, not {getattr(arguments, option)}.")
    if arguments.encoder is not None and not arguments.encoder.is_dir():
        raise BenchmarkError(f"--encoder: there is no folder {str(arguments.encoder)!r}.")
    if arguments.tasks_dir is not None and not arguments.tasks_dir.is_dir():
        raise BenchmarkError(f"--tasks-dir: there is no folder {str(arguments.tasks_dir)!r}.")
    conditions = Conditions(seconds, trials, arguments.cpus, arguments.memory, arguments.rows,
                            str(arguments.encoder.resolve()) if arguments.encoder else "", arguments.tasks_dir)
    benchmark = Benchmark(Suite.read(arguments.suite), [Arm.read(name) for name in arguments.arms],
                          check_path(arguments.out, "--out"), conditions, range(arguments.seeds), arguments.retry)
    missing = benchmark.missing()
    for note in benchmark.suite.notes:
        print(f"! {note}", file=sys.stderr)
    print(f"{len(missing)} runs, each {Limits(seconds, trials, arguments.cpus, arguments.rows)}, {arguments.jobs} at a time"
          + (f": about {_minutes(len(missing), seconds, arguments.jobs)}" if seconds else ""), file=sys.stderr)
    progress = _Progress()
    try:
        benchmark.run(arguments.jobs, environments=arguments.environments, on_line=progress)
    except KeyboardInterrupt:
        print(f"\ninterrupted after {progress.number} of {len(missing)} runs; the same command goes on with the rest",
              file=sys.stderr)
        sys.exit(130)
    _write_comparison(arguments.out, arguments.out, (seconds, trials))


def _minutes(n_runs: int, seconds: float, jobs: int) -> str:
    # Starting, predicting and scoring take about a fifth of a minute more.
    minutes = n_runs * (seconds + 12.0) / jobs / 60.0
    return f"{minutes / 60.0:.1f} hours" if minutes > 90 else f"{max(2.0, minutes):.0f} minutes"


class _Progress:
    """Prints a line for each run that ended."""

    def __init__(self) -> None:
        self.number, self._began = 0, time.monotonic()

    def __call__(self, line: dict[str, Any], number: int, n_runs: int) -> None:
        self.number = number
        outcome = (f"{line['metric']} {line['score']:.4f} in {line['fit_seconds']:.1f} s" if line["status"] == "ok"
                   else f"{line['status']}: {line['error']}")
        left = (time.monotonic() - self._began) / number * (n_runs - number) / 60.0
        print(f"[{number}/{n_runs}] {line['task']}  {line['arm']}  seed {line['seed']}  {outcome}"
              + (", disturbed" if line["disturbed"] else "") + (f"  ({left:.0f} min left)" if number < n_runs else ""),
              file=sys.stderr)


def _compare(arguments: argparse.Namespace) -> None:
    if not (arguments.folder / LINES).is_file():
        raise BenchmarkError(f"There is no {LINES} in {str(arguments.folder)!r}; autotext benchmark run ... --out "
                             f"{arguments.folder} writes one.")
    budget = _read_budget(arguments.budget) if arguments.budget else (None, None)
    _write_comparison(arguments.folder, check_path(arguments.out or arguments.folder, "--out"), budget, arguments.arms)


def _write_comparison(folder: Path, out: Path, budget: tuple[float | None, int | None],
                      arms: list[str] | None = None) -> None:
    lines, notes = read_lines(folder / LINES)
    if unknown := sorted(set(arms or ()) - {line["arm"] for line in lines}):
        raise BenchmarkError(f"--arms: there are no runs of {unknown[0]!r} in {str(folder)!r}."
                             + suggestion(unknown[0], sorted({line["arm"] for line in lines})))
    chosen = [line for line in lines if arms is None or line["arm"] in arms]
    comparison = Comparison.from_lines(chosen, choose_limits(chosen, *budget), notes)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_tables(comparison, out)
        replace_file(out / _PAGE, render_comparison(comparison).encode())
    except OSError as error:
        raise BenchmarkError(f"Nothing can be written in {str(out)!r}: {describe_error(error)}.") from error
    print((out / "comparison.md").read_text("utf-8"))
    print(f"{out / _PAGE} has the plots.")


def _read_budget(text: str) -> tuple[float | None, int | None]:
    """Seconds and trials of a budget such as ``60s`` or ``30trials``."""
    if match := re.fullmatch(r"(\d+) ?trials?", text.strip()):
        budget = Budget(seconds=None, trials=int(match[1]))
        return None, budget.trials
    return Budget.parse(text).seconds, None

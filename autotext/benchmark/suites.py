"""Suites of benchmarks: lists of tasks, each in a file of its own, or a folder of tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from autotext.benchmark.leaks import check_leak
from autotext.benchmark.sampling import sample
from autotext.benchmark.source import SIDES
from autotext.benchmark.task_files import is_table, table_files
from autotext.benchmark.tasks import BenchmarkTask, suites_folder
from autotext.benchmark.yaml_section import Section
from autotext.errors import BenchmarkError, suggestion
from autotext.meta import Experience
from autotext.task import Task


@dataclass(frozen=True)
class SuiteEntry:
    """A task as a suite runs it.

    Parameters
    ----------
    name : str
        That of the task; with a number of rows for each class ``"clinc150@8"``.
    task : BenchmarkTask
    rows : int or None
        Most training rows, where the benchmark sets no other limit. None: all.
    per_class : int or None
        Training rows of each class instead.
    test_rows : int or None
        Most test rows. None: all.

    Examples
    --------
    >>> [entry.name for entry in Suite.read("few_shot").entries if entry.task.name == "clinc150"]
    ['clinc150@8', 'clinc150@32']
    """

    name: str
    task: BenchmarkTask
    rows: int | None = None
    per_class: int | None = None
    test_rows: int | None = None

    def load(self, tasks_dir: Path | None = None, rows: int | None = None, seed: int = 0, cache: Path | None = None) -> Task:
        """Read or fetch the task, and draw the rows of a run.

        Parameters
        ----------
        tasks_dir, cache : Path, optional
            As in `BenchmarkTask.load`.
        rows : int, optional
            Most training rows. None: as the suite says.
        seed : int, default=0
            Draws the training rows, where there are more; the test rows are always the same.

        Raises
        ------
        BenchmarkError
            The rows cannot be read or fetched, or are others than the task file says.
        """
        task = self.task.load(tasks_dir, cache)
        return sample(task, self.rows if rows is None else rows, self.per_class, self.test_rows, seed)

    def check(self, experience: Experience, tasks_dir: Path | None = None, cache: Path | None = None) -> None:
        """Refuse a task whose rows cannot be read, or from which something was learned that is not left out.

        Parameters
        ----------
        experience : Experience
            What is learned from, with all families.
        tasks_dir, cache : Path, optional
            As in `BenchmarkTask.load`.

        Raises
        ------
        BenchmarkError
            The message says which rows, and what to do.
        """
        check_leak(self.task.load(tasks_dir, cache), self.task.family, experience)


@dataclass(frozen=True)
class Suite:
    """A list of tasks.

    Parameters
    ----------
    name : str
    about : str
        What it is for, in a line.
    entries : tuple of SuiteEntry
    notes : tuple of str
        Sentences about files of a folder that are no tasks.

    Examples
    --------
    >>> suite = Suite.read("multilabel")
    >>> {entry.task.kind for entry in suite.entries}
    {'multilabel'}
    """

    name: str
    about: str
    entries: tuple[SuiteEntry, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, suite: str | Path) -> Suite:
        """Read a suite.

        Parameters
        ----------
        suite : str or Path
            Name of a shipped one; path of a ``.yaml`` file, whose tasks are looked for in the folder ``tasks`` beside it and
            then among the shipped ones; or a folder in which each table, and each folder with train.csv and test.csv or
            alike, is a task.

        Raises
        ------
        BenchmarkError
            There is no such suite, or it is not valid; the message names the file and the path of the key.
        """
        name = str(suite)
        if name.endswith((".yaml", ".yml")):
            if not Path(name).is_file():
                raise BenchmarkError(f"There is no suite file {name!r}.")
            return cls._of_file(Path(name))
        if name in shipped_suites() and isinstance(suite, str):
            return cls._of_file(suites_folder() / f"{name}.yaml")
        if Path(name).is_dir():
            return cls._of_folder(Path(name))
        raise BenchmarkError(f"Unknown suite {name!r}.{suggestion(name, shipped_suites())} A suite of your own is a path that "
                             "ends in .yaml, or a folder of tables.")

    @classmethod
    def _of_file(cls, path: Path) -> Suite:
        section = Section.read(path)
        section.check_keys("version", "about", "rows", "test_rows", "tasks")
        listed = section.values.get("tasks")
        if not isinstance(listed, list) or not listed:
            raise section.error("tasks", "must be a list of at least one task, e.g. [poem_sentiment].")
        rows, test_rows = section.optional_number("rows"), section.optional_number("test_rows")
        tasks: dict[str, BenchmarkTask] = {}
        entries: list[SuiteEntry] = []
        for place, value in enumerate(listed):
            where = f"tasks[{place}]"
            entry = Section(value if isinstance(value, dict) else {"task": value}, section.file, where)
            entry.check_keys("task", "per_class")
            name, per_class = entry.text("task"), entry.optional_number("per_class")
            try:
                tasks.setdefault(name, BenchmarkTask.read(name, [path.parent / "tasks"]))
            except BenchmarkError as error:
                raise section.error(where, str(error)) from None
            task = tasks[name]
            if per_class is not None and task.kind == "multilabel":
                raise entry.error("per_class", f"{name} has several labels for a text, so there is no number of rows for each "
                                               "class.")
            entries.append(SuiteEntry(task.name if per_class is None else f"{task.name}@{per_class}", task, rows, per_class,
                                      test_rows))
        suite = cls(path.stem, section.text("about"), tuple(entries))
        if twice := suite._twice():
            raise section.error("tasks", f"{twice} stands twice.")
        return suite

    @classmethod
    def _of_folder(cls, folder: Path) -> Suite:
        children = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
        if _holds_sides(folder):
            tables, others = [folder], []
        else:
            tables = [child for child in children if is_table(child) or (child.is_dir() and _holds_sides(child))]
            others = [child for child in children if child not in tables]
        if not tables:
            raise BenchmarkError(f"{str(folder)!r} holds no task: a table, e.g. reviews.csv, or a folder with train.csv and "
                                 "test.csv.")
        notes = [f"{child} was left aside, as it is no table and no folder with train.csv and test.csv." for child in others]
        tasks = [BenchmarkTask.of_tables(table) for table in tables]
        suite = cls(folder.resolve().name, f"tables in {folder}", tuple(SuiteEntry(task.name, task) for task in tasks),
                    tuple(notes))
        if twice := suite._twice():
            raise BenchmarkError(f"{str(folder)!r} holds two tasks called {twice!r}; rename one.")
        return suite

    def _twice(self) -> str:
        return next((name for name, count in Counter(entry.name for entry in self.entries).items() if count > 1), "")


def _holds_sides(folder: Path) -> bool:
    """Whether a folder has files of training and of test rows, so that it is a task."""
    try:
        return len(table_files(folder)) == len(SIDES)
    except BenchmarkError:
        return False


def shipped_suites() -> tuple[str, ...]:
    """Names of the suites that come with autotext.

    Examples
    --------
    >>> {"quick", "english", "multilingual"} <= set(shipped_suites())
    True
    """
    return tuple(sorted(path.stem for path in suites_folder().glob("*.yaml")))

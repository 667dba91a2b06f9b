"""Tasks of benchmarks: what is known of each, in a file of its own, and how its rows are read or fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autotext.benchmark.fetching import fetch_rows, without_test_texts
from autotext.benchmark.leaks import check_overlap
from autotext.benchmark.sampling import order_rows
from autotext.benchmark.source import SIDES, Layout, Source
from autotext.benchmark.task_files import keep_tables, read_tables, stem, table_files
from autotext.benchmark.yaml_section import Section
from autotext.errors import AutotextError, BenchmarkError, MetricError, TaskError, describe_error, suggestion
from autotext.fingerprint import fingerprint
from autotext.scoring.metrics import KINDS, Kind, Metric
from autotext.task import Task, guess_language, language_code, script_shares
from autotext.writing import locked

_KEYS = ("version", "name", "about", "family", "language", "kind", "metric", "classes", "rows", "fingerprint",
         "recurring_texts", "source", "fetch")


@dataclass(frozen=True, eq=False)
class BenchmarkTask:
    """What is known of a task before its rows are read.

    Parameters
    ----------
    name : str
    about : str
        What is classified by what, in a line.
    family : str
        Tasks of one family share data, a source or a translation: what was learned of one is left out for all.
    language : str
        ISO 639 code; empty if it is not known.
    kind : {"binary", "multiclass", "multilabel"}
    metric : str or None
        None: the default of the kind.
    classes : int
        How many there are.
    rows : dict of str to int
        Number of rows of ``"train"`` and ``"test"``.
    fingerprint : dict of str to str
        Fingerprints of these rows in the order of `order_rows`; empty if none are stated.
    source : Source
    layout : Layout or None
        How the files of the source are read; None: they cannot be fetched.
    recurring_texts : bool
        Whether test texts may be training texts, as they recur by nature.
    file : Path
        The task file, or the table, or the folder of tables.
    tables : tuple of Path
        Training and test rows, or one file of both; empty if the rows are in a folder of tasks or fetched.

    Examples
    --------
    >>> task = BenchmarkTask.read("poem_sentiment")
    >>> task.kind, task.classes, task.rows, task.source.place
    ('multiclass', 4, {'train': 997, 'test': 104}, 'github.com/google-research-datasets/poem-sentiment@612e9a1f86')
    """

    name: str
    about: str
    family: str
    language: str
    kind: Kind
    metric: str | None
    classes: int
    rows: Mapping[str, int]
    fingerprint: Mapping[str, str]
    source: Source
    layout: Layout | None
    recurring_texts: bool
    file: Path
    tables: tuple[Path, ...] = field(default=())

    @classmethod
    def read(cls, name: str | Path, folders: Sequence[Path] = ()) -> BenchmarkTask:
        """Read a task file.

        Parameters
        ----------
        name : str or Path
            Name of a task, or path of a ``.yaml`` file.
        folders : sequence of Path, optional
            Where files of tasks are looked for before the shipped ones.

        Raises
        ------
        BenchmarkError
            There is no such task, or its file is not valid; the message names the file and the path of the key.
        """
        path = _task_file(str(name), folders)
        section = Section.read(path)
        section.check_keys(*_KEYS)
        if section.text("name") != path.stem:
            raise section.error("name", f"must be that of the file, {path.stem!r}, not {section.text('name')!r}.")
        kind = next((each for each in KINDS if each == section.text("kind")), None)
        if kind is None:
            raise section.error("kind", f"must be one of {', '.join(KINDS)}, not {section.text('kind')!r}.")
        metric = section.text("metric", "") or None
        try:
            Metric.named(metric, kind)
        except MetricError as error:
            raise section.error("metric", str(error)) from None
        try:
            language = language_code(section.text("language"))
        except AutotextError as error:
            raise section.error("language", str(error)) from None
        source = Source.read(section.section("source"))
        layout = Layout.read(section.section("fetch"), source) if "fetch" in section.values else None
        rows, stated = section.section("rows"), section.section("fingerprint", {})
        rows.check_keys(*SIDES)
        stated.check_keys(*SIDES)
        return cls(path.stem, section.text("about"), section.text("family"), language, kind, metric, section.number("classes"),
                   {side: rows.number(side) for side in SIDES},
                   {side: stated.text(side) for side in SIDES} if stated.values else {}, source, layout,
                   section.flag("recurring_texts"), path)

    @classmethod
    def of_tables(cls, path: Path) -> BenchmarkTask:
        """Make a task of a table, of which a quarter becomes the test rows, or of a folder with train.csv and test.csv.

        Parameters
        ----------
        path : Path

        Raises
        ------
        BenchmarkError, TaskError
            The rows cannot be read as a task, or test texts are training texts.
        """
        tables = table_files(path) if path.is_dir() else (path,)
        rows = read_tables(tables, path.name)
        check_overlap(rows, path.name)
        task = order_rows(rows)
        assert task.test is not None
        name = stem(path) if path.is_file() else path.name
        return cls(name, f"rows of {path}", name, guess_language(script_shares(list(task.texts))) or "", task.kind, None,
                   len(task.classes), {"train": len(task), "test": len(task.test)},
                   {"train": task.fingerprint, "test": task.test.fingerprint},
                   Source(url=str(path), split="as given" if len(tables) > 1 else "made: a quarter of the rows, seed 0"), None,
                   False, path, tables)

    def load(self, tasks_dir: Path | None = None, cache: Path | None = None) -> Task:
        """Read or fetch all rows, check them, and put them in the order of `order_rows`.

        Parameters
        ----------
        tasks_dir : Path, optional
            Folder with a folder for each task, which holds train.parquet and test.parquet, or other tables. None: the rows are
            fetched from the public source, and kept.
        cache : Path, optional
            Where fetched rows are kept. None: `default_cache`.

        Returns
        -------
        Task
            With test rows.

        Raises
        ------
        BenchmarkError
            The rows are missing or cannot be fetched, are others than the task file says, or test texts are training texts.
        """
        if self.tables:
            return self._checked(read_tables(self.tables, self.name), "Tables must not change between runs.")
        if tasks_dir is not None:
            folder = tasks_dir / self.name
            if not folder.is_dir():
                beside = [path.name for path in tasks_dir.iterdir()] if tasks_dir.is_dir() else []
                raise BenchmarkError(f"There is no folder {str(folder)!r} for the task {self.name!r}."
                                     f"{suggestion(self.name, beside, limit=0)} {self._instead()}")
            return self._checked(read_tables(table_files(folder), self.name), self._instead())
        if self.layout is None:
            notes = f" {self.source.notes}" if self.source.notes else ""
            raise BenchmarkError(f"{self.name} cannot be fetched, as its rows are not simply those of public files.{notes} "
                                 f"{self._instead()}")
        return self._fetched(self.layout, cache or default_cache())

    def _fetched(self, layout: Layout, cache: Path) -> Task:
        key = fingerprint([self.source.address(""), self.source.hub, dict(self.source.files), vars(layout), self.kind])
        folder = cache / f"{self.name}-{key}"
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BenchmarkError(f"The rows of {self.name} cannot be kept in {str(cache)!r}: {describe_error(error)}. "
                                 f"{self._instead()}") from error
        with locked(cache):
            if not folder.is_dir():
                try:
                    task = fetch_rows(self.source, layout, self.kind == "multilabel")
                except (BenchmarkError, TaskError) as error:
                    raise BenchmarkError(f"{self.name} cannot be fetched: {str(error).rstrip('.')}. Nothing was kept. Where "
                                         f"there is a network, the same command fetches it. {self._instead()}") from error
                task = task if self.recurring_texts else without_test_texts(task)
                checked = self._checked(task, "The public source has changed, or is read in another way than it was.")
                keep_tables(checked, folder)
                return checked
        return self._checked(read_tables(table_files(folder), self.name), f"Delete {folder} to fetch it anew.")

    def _instead(self) -> str:
        files = self.source.file_names
        listed = ", ".join(files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else "")
        return (f"Get {listed or 'the rows'} of {self.source.place} (split: {self.source.split or 'as published'}), write the "
                f"columns text and label to FOLDER/{self.name}/train.csv and test.csv, and give --tasks-dir FOLDER.")

    def _checked(self, task: Task, remedy: str) -> Task:
        """Refuse rows that are others than stated, and order them."""
        if not self.recurring_texts:
            check_overlap(task, self.name)
        task = replace(order_rows(task), name=self.name, language=self.language or None)
        assert task.test is not None
        if (task.kind, len(task.classes)) != (self.kind, self.classes):
            raise BenchmarkError(f"{self.name}: the training rows are a {task.kind} task of {len(task.classes)} classes, and "
                                 f"{self.file} says {self.kind}, {self.classes}. {remedy}")
        for side, rows in (("train", task), ("test", task.test)):
            stated = self.fingerprint.get(side, rows.fingerprint)
            if (len(rows), rows.fingerprint) != (self.rows[side], stated):
                raise BenchmarkError(f"{self.name}: the {side} rows are not those of {self.file}: {len(rows):,} rows with the "
                                     f"fingerprint {rows.fingerprint}, not {self.rows[side]:,} with {stated}. {remedy}")
        return task


def default_cache() -> Path:
    """Folder in which fetched rows are kept unless another one is chosen.

    Examples
    --------
    >>> default_cache().name
    'tasks'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autotext" / "tasks"


def _task_file(name: str, folders: Sequence[Path]) -> Path:
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise BenchmarkError(f"There is no task file {name!r}.")
        return Path(name)
    places = [*folders, suites_folder() / "tasks"]
    path = next((place / f"{name}.yaml" for place in places if (place / f"{name}.yaml").is_file()), None)
    if path is None:
        names = [each.stem for place in places for each in sorted(place.glob("*.yaml"))]
        raise BenchmarkError(f"Unknown task {name!r}.{suggestion(name, names)} autotext benchmark tasks lists all; a task of "
                             "your own is a file tasks/NAME.yaml beside the file of its suite.")
    return path


def shipped_tasks() -> tuple[str, ...]:
    """Names of the tasks that come with autotext.

    Examples
    --------
    >>> {"clinc150", "ko_3i4k"} <= set(shipped_tasks())
    True
    """
    return tuple(sorted(path.stem for path in (suites_folder() / "tasks").glob("*.yaml")))


def suites_folder() -> Path:
    """Folder of the shipped suites, with the tasks in its folder ``tasks``.

    Examples
    --------
    >>> (suites_folder() / "quick.yaml").is_file()
    True
    """
    package = Path(__file__).resolve().parent.parent
    # The folder is inside the package in a wheel, and beside it in an editable install.
    inside = package / "suites"
    return inside if inside.is_dir() else package.parent / "benchmarks" / "suites"

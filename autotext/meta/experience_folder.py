"""A folder in which a user's searches leave what they found, so that later ones learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autotext.arguments import check_path
from autotext.errors import AutotextError, describe_error, suggestion
from autotext.evaluation import Evaluation
from autotext.meta.experience import Experience, PriorTask, Result
from autotext.writing import check_file

# How candidates ended whose results say something of other tasks and machines, too.
_LASTING = ("ok", "failed")


class ExperienceFolder:
    """Results of searches, in a file for each search: numbers and names of components, never texts or labels.

    Parameters
    ----------
    path : str or Path
        A folder; it is made when the first search is added.

    Raises
    ------
    AutotextError
        The path is a file.

    Examples
    --------
    >>> import tempfile
    >>> evaluation = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "f0", "search", "ok", 0.8, seconds=1.5)
    >>> with tempfile.TemporaryDirectory() as path:
    ...     folder = ExperienceFolder(path)
    ...     folder.add(PriorTask("mails", "mails", "f1", "accuracy", {"log_rows": 7.0}), [evaluation])
    ...     folder.read().results
    (Result(task=0, configuration=0, score=0.8, seconds=1.5),)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = check_path(path, "experience")
        if self.path.exists() and not self.path.is_dir():
            raise AutotextError(f"experience: {str(self.path)!r} is a file; name a folder, which is made if there is none.")

    @property
    def files(self) -> list[Path]:
        """The files of all searches."""
        return sorted(path for path in self.path.glob("*.json") if path.is_file())

    def read(self) -> Experience:
        """Read what all searches found.

        Raises
        ------
        AutotextError
            A file cannot be read; the message names it.
        """
        return Experience().merge(*map(Experience.read, self.files))

    def add(self, task: PriorTask, evaluations: Sequence[Evaluation]) -> None:
        """Write what a search found to a file, whose name depends on the content.

        Parameters
        ----------
        task : PriorTask
        evaluations : sequence of Evaluation
            Those that ran out of time or memory are left out, as others may have more.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        lasting = [evaluation for evaluation in evaluations if evaluation.status in _LASTING]
        if not lasting:
            return
        results = tuple(Result(0, place, None if evaluation.score is None else round(evaluation.score, 5),
                               round(evaluation.seconds, 3)) for place, evaluation in enumerate(lasting))
        self._write(Experience((task,), tuple(evaluation.configuration for evaluation in lasting), results))

    def merge(self, experience: Experience) -> None:
        """Write each task of some experience to a file."""
        for number, task in enumerate(experience.tasks):
            cells = [cell for cell in experience.results if cell.task == number]
            results = tuple(replace(cell, task=0, configuration=place) for place, cell in enumerate(cells))
            configurations = tuple(experience.configurations[cell.configuration] for cell in cells)
            self._write(Experience((task,), configurations, results, experience.versions))

    def forget(self, name: str) -> int:
        """Delete all results of the tasks of a name, or of rows of a fingerprint, under whatever name, and count the results.

        Parameters
        ----------
        name : str

        Raises
        ------
        AutotextError
            There are none.
        """
        parts = {path: Experience.read(path) for path in self.files}
        tasks = [task for part in parts.values() for task in part.tasks]
        rows = {task.fingerprint for task in tasks if name in (task.name, task.fingerprint)}
        if not rows:
            near = suggestion(name, sorted({task.name for task in tasks}))
            raise AutotextError(f"There is nothing of a task {name!r} in {str(self.path)!r}.{near}")
        n_results = 0
        for path, part in parts.items():
            left = part
            for fingerprint in rows:
                left = left.without_rows(fingerprint)
            if len(left.tasks) < len(part.tasks):
                n_results += len(part.results) - len(left.results)
                self.merge(left)
                path.unlink()
        return n_results

    def prepare(self) -> None:
        """Make the folder, and refuse it if nothing can be written there.

        Raises
        ------
        AutotextError
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            check_file(self.path / "new.json")
        except OSError as error:
            raise AutotextError(f"experience: nothing can be written in {str(self.path)!r}: {describe_error(error)}. Name "
                                "another folder.") from error

    def _write(self, experience: Experience) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        experience.write(self.path / f"{experience.fingerprint}.json")


def without_folders(experience: Experience) -> Experience:
    """Copy experience without the results of configurations with pretrained models, which name folders of this machine.

    Parameters
    ----------
    experience : Experience

    Examples
    --------
    >>> values = {"features": "encoder", "features.encoder.model": "/home/me/minilm", "model": "ridge"}
    >>> task = PriorTask("mails", "mails", "f1", "accuracy", {})
    >>> without_folders(Experience((task,), (values,), (Result(0, 0, 0.9, 1.0),))).configurations
    ()
    """
    kept = [number for number, values in enumerate(experience.configurations)
            if not any(name.startswith("features.") and name.endswith(".model") for name in values)]
    place = {number: new for new, number in enumerate(kept)}
    results = tuple(replace(cell, configuration=place[cell.configuration]) for cell in experience.results
                    if cell.configuration in place)
    return replace(experience, configurations=tuple(experience.configurations[number] for number in kept), results=results)


def anonymous(experience: Experience) -> Experience:
    """Copy experience without the names of tasks, which are replaced by the fingerprints of their rows.

    Parameters
    ----------
    experience : Experience

    Examples
    --------
    >>> anonymous(Experience((PriorTask("mails", "mails", "f1", "accuracy", {}),))).tasks[0].name
    'f1'
    """
    tasks = tuple(replace(task, name=task.fingerprint, family=task.fingerprint) for task in experience.tasks)
    return replace(experience, tasks=tasks)

"""One run of a benchmark: an arm on a task, in a process of its own, scored from outside."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from autotext.benchmark import harness
from autotext.benchmark.arms import Arm
from autotext.benchmark.lines import LINE_VERSION, line_key
from autotext.benchmark.process import Ended, run_watched
from autotext.benchmark.suites import SuiteEntry
from autotext.errors import describe_error
from autotext.evaluation import json_value
from autotext.fingerprint import fingerprint
from autotext.scoring.metrics import Metric, metric_names
from autotext.search.baseline import answer_most_frequent
from autotext.task import Task

# Multiple of the budget, and seconds beyond it, after which a fit is killed.
_KILL_MULTIPLE, _KILL_SECONDS = 2.0, 60.0
# Metrics of every line, where they apply to the kind of task.
_METRICS = ("accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "matthews_corrcoef", "neg_log_loss", "roc_auc_ovr")
# Share of its cores that other processes may take before a run counts as disturbed.
_DISTURBED = 0.1
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
            "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True)
class Conditions:
    """Conditions that are the same for all runs of a benchmark.

    Parameters
    ----------
    seconds, trials : float or None, int or None
        The budget of systems; models take the time that they take.
    cpus : int, default=1
        Cores of each run.
    memory_mib : float or None, default=None
        Memory at which a run is killed.
    rows : int or None, default=None
        Most training rows. None: as the suite says.
    encoder : str, default=""
        Folder of a pretrained transformer, for the arms that need one.
    tasks_dir : Path or None, default=None
        Local copies of the tasks. None: they are fetched from their public sources.

    Examples
    --------
    >>> Conditions(seconds=60.0, trials=None).limits
    {'seconds': 60.0, 'trials': None, 'cpus': 1, 'most_rows': None}
    """

    seconds: float | None
    trials: int | None
    cpus: int = 1
    memory_mib: float | None = None
    rows: int | None = None
    encoder: str = ""
    tasks_dir: Path | None = None

    @property
    def limits(self) -> dict[str, Any]:
        """The part of a line that says what runs must have in common to be compared."""
        return {"seconds": self.seconds, "trials": self.trials, "cpus": self.cpus, "most_rows": self.rows}


@dataclass(frozen=True)
class Run:
    """An arm on a task with one seed; all that a process of any executor needs.

    Parameters
    ----------
    suite : str
    entry : SuiteEntry
    arm : Arm
    seed : int
    conditions : Conditions
    python : str
        Python that runs the arm.
    unavailable : str, default=""
        Why the arm cannot run here.
    """

    suite: str
    entry: SuiteEntry
    arm: Arm
    seed: int
    conditions: Conditions
    python: str
    unavailable: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells a run from others."""
        return line_key({"task": self.entry.name, "arm": self.arm.name, "encoder": self.encoder_name, "seed": self.seed,
                         **self.conditions.limits})

    @property
    def encoder_name(self) -> str:
        """Name of the encoder that the arm uses; empty if it needs none."""
        return Path(self.conditions.encoder).name if self.arm.needs_encoder else ""


def execute(run: Run, cores: Sequence[int] = (), stop: Event | None = None, keep_log: Path | None = None) -> dict[str, Any]:
    """Carry out a run and return its line.

    Parameters
    ----------
    run : Run
    cores : sequence of int, optional
        Cores that the process binds itself to. Empty: it is not bound.
    stop : threading.Event, optional
        Kills the process when it is set; the status is then ``"interrupted"``.
    keep_log : Path, optional
        File that gets what a process that failed had printed.

    Returns
    -------
    dict
        A line of ``runs.jsonl``.
    """
    task = run.entry.load(tasks_dir=run.conditions.tasks_dir, rows=run.conditions.rows, seed=run.seed)
    line = _described(run, task)
    if run.unavailable:
        return {**line, "status": "unavailable", "error": run.unavailable}
    if task.kind not in run.arm.handles:
        return {**line, "status": "abstained", "error": f"it does not do {task.kind} tasks"}
    with tempfile.TemporaryDirectory(prefix="autotext-run-") as name:
        folder = Path(name)
        _write_job(run, task, folder, cores)
        limit = {} if run.conditions.seconds is None else {
            "fit_seconds": _KILL_MULTIPLE * run.conditions.seconds + _KILL_SECONDS}
        # -P: modules beside the harness must not be mistaken for those of the standard library.
        ended = run_watched([run.python, "-P", harness.__file__, str(folder / "job.json")], folder, _environment(run, folder),
                            cores=cores, memory_mib=run.conditions.memory_mib, stop=stop, **limit)
        line |= _costs(ended)
        if ended.status == "ok":
            line |= _scored(line, task, folder / "result.json")
        if line["status"] not in ("ok", "interrupted") and keep_log is not None:
            keep_log.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "log.txt", keep_log)
    return dict(json_value(line))


def _described(run: Run, task: Task) -> dict[str, Any]:
    """The part of a line that does not depend on how the run ends."""
    about, limits = run.entry.task, run.conditions
    assert task.test is not None
    metric = Metric.named(about.metric, task.kind)
    targets = task.encode(task.test.labels)
    answer, rates = answer_most_frequent(task.targets, len(task.classes), task.kind)
    floor = metric.score(targets, np.repeat(answer[None], len(targets), axis=0), np.tile(rates, (len(targets), 1)))
    return {
        "version": LINE_VERSION, "suite": run.suite, "task": run.entry.name, "family": about.family,
        "language": about.language, "kind": task.kind, "classes": len(task.classes), "rows": len(task),
        "test_rows": len(task.test), **limits.limits,
        "fingerprint": fingerprint([task.fingerprint, task.test.fingerprint]),
        "arm": run.arm.name, "arm_kind": run.arm.kind,
        "encoder": run.encoder_name, "seed": run.seed, "status": "ok", "error": "",
        "metric": metric.name, "score": None, "scores": {},
        "floor": round(floor, 5),
        "fit_seconds": None, "predict_seconds": None, "wall_seconds": None, "cpu_seconds": None, "peak_mib": None,
        "texts_per_second": None, "artifact_mb": None, "curve": [], "versions": {"autotext": version("autotext")},
        "machine": _machine(), "load": None, "disturbed": False,
    }


@cache
def _machine() -> dict[str, Any]:
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (match := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text("utf-8", errors="replace"))):
        name = match[1]
    return {"cpu": name, "cores": psutil.cpu_count() or 1, "memory_gib": round(psutil.virtual_memory().total / 2**30)}


def _write_job(run: Run, task: Task, folder: Path, cores: Sequence[int]) -> None:
    limits = run.conditions
    scratch = folder / "scratch"
    scratch.mkdir()
    described = {
        "seconds": limits.seconds, "trials": limits.trials, "seed": run.seed, "cpus": limits.cpus,
        "memory_mib": limits.memory_mib, "kind": task.kind, "language": run.entry.task.language,
        "metric": Metric.named(run.entry.task.metric, task.kind).name, "family": run.entry.task.family,
        "encoder": limits.encoder if run.arm.needs_encoder else "", "folder": str(scratch),
    }
    # Modules of the user are importable from the folder of the call, as in the process that started the run.
    path = [os.getcwd()] if not run.arm.target.endswith(".py") else []
    job = {"target": run.arm.target, "cores": list(cores), "path": path, "job": described,
           "packages": [re.split(r"[=<>!~\[ @]", package, maxsplit=1)[0] for package in
                        (run.arm.requirements or ("autotext", "scikit-learn", "optuna", "numpy"))]}
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    assert task.test is not None
    data = {"texts": task.texts, "labels": [_as_text(label) for label in task.labels], "test_texts": task.test.texts}
    # Escaped, so that also lone surrogates survive the file.
    (folder / "data.json").write_text(json.dumps(data), "ascii")


def _as_text(label: Any) -> Any:
    return [str(name) for name in label] if isinstance(label, list | tuple) else str(label)


def _environment(run: Run, folder: Path) -> dict[str, str]:
    threads = dict.fromkeys(_THREADS, str(run.conditions.cpus))
    # An arm in an environment of its own must not import packages from that of the caller, nor find what another run cached.
    others = {"PYTHONPATH": "", "HOME": str(folder / "scratch")} if run.python != sys.executable else {}
    return {**threads, **others, "TOKENIZERS_PARALLELISM": "false", "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1"}


def _costs(ended: Ended) -> dict[str, Any]:
    return {"status": ended.status, "error": ended.error, "wall_seconds": round(ended.wall_seconds, 2),
            "cpu_seconds": round(ended.cpu_seconds, 2), "peak_mib": round(ended.peak_mib),
            "load": None if ended.load is None else round(ended.load, 3),
            "disturbed": bool(ended.load is not None and ended.load > _DISTURBED)}


def _scored(line: Mapping[str, Any], task: Task, path: Path) -> dict[str, Any]:
    """What a result adds to a line; a result that makes no sense is a failure."""
    try:
        result = json.loads(path.read_text("utf-8"))
        predictions, probabilities = _read_answers(task, result)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {"status": "failed", "error": f"its result cannot be used: {error}"[:300]}
    assert task.test is not None
    targets, scores = task.encode(task.test.labels), {}
    for name in (line["metric"], *_METRICS):
        metric = Metric(name, task.kind) if name in metric_names(task.kind) else None
        if metric is None or (probabilities is None and _needs_probabilities(metric)):
            continue
        placeholder = np.zeros((len(predictions), len(task.classes)))
        try:
            scores[name] = round(metric.score(targets, predictions, placeholder if probabilities is None else probabilities), 5)
        except ValueError as error:
            if name == line["metric"]:
                return {"status": "failed", "error": f"{name} has no value: {describe_error(error)}"}
    if line["metric"] not in scores:
        return {"status": "failed", "error": f"{line['metric']} needs probabilities, which it does not give"}
    texts_per_second = len(task.test) / max(result["predict_seconds"], 1e-9)
    return {"score": scores[line["metric"]], "scores": scores, "fit_seconds": round(result["fit_seconds"], 2),
            "predict_seconds": round(result["predict_seconds"], 3), "texts_per_second": round(texts_per_second, 1),
            "cpu_seconds": max(line["cpu_seconds"] or 0.0, round(result["cpu_seconds"], 2)),
            "artifact_mb": result.get("artifact_mb") and round(result["artifact_mb"], 6),
            "curve": [[round(second, 2), round(score, 5)] for second, score in result["curve"]],
            "versions": {"autotext": version("autotext"), **result["versions"]}}


def _needs_probabilities(metric: Metric) -> bool:
    return metric.needs_probabilities or metric.name.startswith(("roc_auc", "average_precision", "top_k"))


def _read_answers(task: Task, result: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Predictions and probabilities in the order of the task's classes.

    Raises
    ------
    ValueError
        There are too few answers, or an answer is no class.
    """
    assert task.test is not None
    numbers = {str(name): number for number, name in enumerate(task.classes)}
    answers = result["labels"]
    if len(answers) != len(task.test):
        raise ValueError(f"{len(answers)} answers to {len(task.test)} texts")
    if task.kind == "multilabel":
        predictions = np.zeros((len(answers), len(numbers)), dtype=int)
        for row, labels in enumerate(answers):
            predictions[row, [_number(label, numbers) for label in labels]] = 1
    else:
        predictions = np.array([_number(label, numbers) for label in answers])
    if result.get("probabilities") is None:
        return predictions, None
    values = np.asarray(result["probabilities"], dtype=float)
    if values.shape != (len(answers), len(result["classes"])):
        raise ValueError(f"probabilities of shape {values.shape} for {len(answers)} texts and "
                         f"{len(result['classes'])} classes")
    probabilities = np.zeros((len(answers), len(numbers)))
    probabilities[:, [_number(label, numbers) for label in result["classes"]]] = values
    return predictions, _normalized(probabilities, task)


def _normalized(probabilities: NDArray[Any], task: Task) -> NDArray[Any] | None:
    """Probabilities whose rows sum to one, as rounding and one-against-all models leave other sums; None if they are none."""
    if not np.isfinite(probabilities).all() or probabilities.min() < 0:
        return None
    if task.kind == "multilabel":
        return probabilities if probabilities.max() <= 1 + 1e-6 else None
    sums = probabilities.sum(axis=1, keepdims=True)
    return probabilities / sums if sums.min() > 0 else None


def _number(label: Any, numbers: Mapping[str, int]) -> int:
    if not isinstance(label, str) or label not in numbers:
        raise ValueError(f"it answers {label!r:.60}, which is no class")
    return numbers[label]

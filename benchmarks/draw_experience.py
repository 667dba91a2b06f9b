"""Evaluate configurations that are drawn within good structures on prior tasks; every result is a line, written as it comes.

$ python benchmarks/draw_experience.py --tasks-dir TASKS                  # 2,000 rows, then 300 rows in three draws
$ python benchmarks/draw_experience.py --tasks-dir TASKS --parts large    # 6,000 rows of the large tasks

Lines go to results/experience/drawn/PART/TASK.jsonl, and each configuration once to configurations.jsonl there. A task
gets a half of the configurations of its own, and all tasks get the next few in turn, so that what there is at any moment is
balanced over tasks. Run again, it goes on where it ended. Seconds are those of the processor, so that other processes matter
little. The shipped experience does not contain these lines yet.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autotext.pipeline  # noqa: F401 - registers a component of the default space
from autotext.budget import Budget
from autotext.components import registry
from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.errors import MetricError
from autotext.meta import describe
from autotext.pipeline import cross_fitted
from autotext.randomness import generator
from autotext.scoring.metrics import Metric
from autotext.search.proposer import Proposal, regularization_path
from autotext.search.search import make_evaluations
from autotext.space import Configuration, SearchSpace
from autotext.task import Split, Task, guess_language, sample_rows, script_shares
from autotext.workers.messages import CrossValidate, Setup
from autotext.workers.pool import Job, Pool, default_memory_mib

RESULTS = Path(__file__).parent / "results" / "experience" / "drawn"
CONFIGURATIONS = RESULTS / "configurations.jsonl"
TIMEOUT = 120.0
IN_TURN = 34
FEATURES = ("char_tfidf+sentences", "word_tfidf+char_tfidf+sentences", "nb_ratio+char_tfidf+sentences",
            "word_tfidf+char_tfidf+surface+sentences", "word_tfidf+char_tfidf+wordllama", "nb_ratio+char_tfidf+wordllama",
            "word_tfidf+char_tfidf+wordllama+surface", "word_tfidf+char_tfidf", "char_tfidf", "nb_ratio+char_tfidf",
            "char_tfidf+surface", "word_tfidf+char_tfidf+surface", "nb_ratio+char_tfidf+surface", "word_tfidf")
# Models that did well are drawn more often.
MODELS = ("linear_svm", "linear_svm", "logistic", "ridge", "ridge", "sgd", "complement_nb")
METRICS = {"binary": ("accuracy", "f1_macro", "balanced_accuracy", "neg_log_loss", "matthews_corrcoef", "roc_auc"),
           "multiclass": ("accuracy", "f1_macro", "balanced_accuracy", "neg_log_loss", "matthews_corrcoef"),
           "multilabel": ("f1_micro", "f1_macro", "f1_samples", "accuracy")}
LANDMARKS = (("word_tfidf", "complement_nb"), ("char_tfidf", "ridge"), ("sentences", "ridge"), ("word_tfidf", "linear_svm"),
             ("nb_ratio", "ridge"), ("wordllama", "ridge"))


@dataclass(frozen=True)
class Part:
    """What is evaluated together: rows of each task, draws of them, folds, configurations of each task, and the least rows."""

    rows: int
    draws: int
    folds: int | None
    configurations: int
    least_rows: int


PARTS = {"draws": Part(2000, 1, 3, 100, 0), "small": Part(300, 3, None, 60, 0), "large": Part(6000, 1, 3, 40, 6000),
         "landmarks": Part(500, 3, 3, len(LANDMARKS), 0)}


def draw_configurations(space: SearchSpace, part: str, name: str, draw: int) -> list[Configuration]:
    """Configurations of a task: a half of its own of those that all tasks share."""
    if part == "landmarks":
        return [Configuration(space.walk(lambda key, domain, pair=pair: pair[("features", "model").index(key)]
                              if key in ("features", "model") else domain.default)) for pair in LANDMARKS]
    rng = generator(0, "drawn experience")
    number = 2 * PARTS[part].configurations
    drawn: dict[Configuration, None] = {}
    while len(drawn) < number:
        wanted = {"features": FEATURES[rng.integers(len(FEATURES))], "model": MODELS[rng.integers(len(MODELS))]}
        usual = rng.random() < 0.5
        values = space.walk(lambda key, domain, wanted=wanted, usual=usual: wanted[key] if key in wanted else domain.default
                            if usual and key.startswith("normalizer.") else domain.sample(rng))
        if not space.incompatibility(values):
            drawn[Configuration(values)] = None
    order = generator(0, "half", name, draw).permutation(number)[: PARTS[part].configurations]
    return [list(drawn)[place] for place in sorted(order)] if part == "draws" else [list(drawn)[place] for place in order]


class Recorder:
    """Evaluates configurations on one sample of a task, and writes lines."""

    def __init__(self, folder: Path, part: str, draw: int) -> None:
        about = json.loads((folder / "task.json").read_text("utf-8"))
        whole = Task.read(folder / "train.parquet")
        self.name, self.part, self.draw = about["name"], part, draw
        self.path = RESULTS / part / f"{folder.name}.jsonl"
        rows = sample_rows(whole.texts, whole.targets, PARTS[part].rows, draw)
        self.task = whole.rows(rows)
        self.metric = Metric.default(self.task.kind)
        self.split = Split.make(self.task, draw, PARTS[part].rows, PARTS[part].folds)
        language = self.task.language or guess_language({})
        self.space = SearchSpace.read("default").check(registry(), script_shares(whole.texts[:2000]), language)[0]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()] if self.path.exists() else []
        self.done = {line["configuration"] for line in lines if line.get("draw") == draw and "configuration" in line}
        if not any(line.get("draw") == draw for line in lines):
            self.write({"task": {"name": self.name, "family": about["family"], "fingerprint": whole.fingerprint,
                                 "metric": self.metric.name, "meta_features": describe(self.task)}, "draw": draw,
                        "rows": len(self.task), "folds": len(self.split.folds),
                        "components": {f"{stage}.{name}": cls.version for stage, classes in registry().items()
                                       for name, cls in classes.items()}})

    def write(self, line: dict[str, Any]) -> None:
        """Append a line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")

    def record(self, wanted: list[Configuration], pool: Pool, keep: Callable[[Configuration], None]) -> None:
        """Evaluate what has no line yet."""
        queue = [here for here in (self.space.project(one)[0] for one in wanted)
                 if here is not None and here.fingerprint not in self.done]
        if not queue:
            return
        pool.set_up(Setup(self.task.texts, self.task.targets, len(self.task.classes), self.split, self.metric, self.draw))
        while queue or pool.jobs:
            while queue and pool.idle:
                here = queue.pop(0)
                path = tuple(regularization_path(self.space, here))
                pool.submit(CrossValidate(here, path), TIMEOUT, Proposal(0, here, path, "search", None))  # type: ignore[arg-type]
            for job in pool.wait(5.0):
                for line, configuration in self.lines(job):
                    keep(configuration)
                    self.write(line)

    def lines(self, job: Job) -> Iterator[tuple[dict[str, Any], Configuration]]:
        """A line for each configuration of a job."""
        proposal: Proposal = job.note  # type: ignore[assignment]
        stretch = job.computing / max(job.seconds, 1e-6)
        results = job.value if job.status == "ok" else [None] * len(proposal.configurations)
        evaluations = make_evaluations(job, proposal)
        for configuration, evaluation, result in zip(proposal.configurations, evaluations, results, strict=False):
            stages = {stage: round(seconds * stretch, 4) for stage, seconds in evaluation.stage_seconds.items()}
            yield {"draw": self.draw, "configuration": configuration.fingerprint, "origin": evaluation.origin,
                   "status": evaluation.status, "score": evaluation.score and round(evaluation.score, 6),
                   "fold_scores": [round(score, 5) for score in evaluation.fold_scores], "metrics": self.metrics(result),
                   "seconds": round(evaluation.seconds * stretch, 4), "stage_seconds": stages, "size": evaluation.size,
                   "memory_mib": round(evaluation.memory_mib),
                   **({"error": evaluation.error[-300:]} if evaluation.error else {})}, configuration

    def metrics(self, result: CrossValidationResult | None) -> dict[str, float]:
        """Every usual metric of the kind, out of fold, as decided for the default metric."""
        if result is None:
            return {}
        rows = self.split.rows[self.split.validation_rows]
        targets, folds = self.task.targets[rows], self.split.validation_folds
        probabilities = cross_fitted(result.margins, targets, self.metric, folds)[1]
        scores = {}
        for name in METRICS[self.task.kind]:
            try:
                score = Metric.named(name, self.task.kind).cross_validated(targets, result.predictions, probabilities, folds)[0]
            except MetricError:
                continue
            scores[name] = round(score, 5)
        return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=["draws", "small"])
    parser.add_argument("--only", nargs="*", help="names of tasks")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {json.loads(line)["fingerprint"] for line in CONFIGURATIONS.read_text("utf-8").splitlines()} \
        if CONFIGURATIONS.exists() else set()

    def keep(configuration: Configuration) -> None:
        if configuration.fingerprint not in kept:
            kept.add(configuration.fingerprint)
            with CONFIGURATIONS.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"fingerprint": configuration.fingerprint, "values": configuration.to_json()},
                                      sort_keys=True) + "\n")

    space, _ = SearchSpace.read("default").check(registry())
    folders = [path.parent for path in sorted(arguments.tasks_dir.glob("*/task.json"))
               if not arguments.only or path.parent.name in arguments.only]
    for name in arguments.parts:
        part = PARTS[name]
        for first in range(0, part.configurations, IN_TURN):
            for folder in folders:
                for draw in range(part.draws):
                    print(name, first, folder.name, draw, flush=True)
                    wanted = draw_configurations(space, name, folder.name, draw)[first: first + IN_TURN]
                    recorder = Recorder(folder, name, draw)
                    if len(recorder.task) < part.least_rows * 0.95:
                        continue
                    with Pool(arguments.workers, Budget().memory_mib or default_memory_mib(arguments.workers)) as pool:
                        recorder.record(wanted, pool, keep)


if __name__ == "__main__":
    main()

"""Evaluations per minute: our cross-validation with shared counts against scikit-learn pipelines refitted on every fold.

$ python benchmarks/evaluations.py --tasks-dir TASKS               # runs what is missing, then prints the table
$ python benchmarks/evaluations.py --tasks-dir TASKS --table-only

40 configurations drawn from the default space, at most 3,000 rows, the folds of a search, one process and one BLAS thread
each side; racing, paths and workers play no part. Beside it, a search that draws 40 configurations at random, with all three
(two workers): configurations judged per minute, those of paths included.

scikit-learn judges every fourth of them (`plain.py`). Two differences of scores are printed: as judged, and checked again
outside the time without the cut of `max_features`, where ties fall otherwise, and with another model for those of
`plain.OTHERWISE`. The checked ones must be below 1e-9. word_hashing is left out of the check: its hash function is not
scikit-learn's. Lines go to results/evaluations.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import optuna
from plain import OTHERWISE, pipeline
from tasks import RESULTS, append, done, load

from autotext import Budget, optimize_pipeline
from autotext.components import registry
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.cross_validate import cross_validate
from autotext.randomness import derive
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.space import Configuration, SearchSpace
from autotext.task import Split, Task, guess_language, script_shares

OUT = RESULTS / "evaluations.jsonl"
TASKS = ("sms_spam", "newsgroups20", "clinc150", "movie_reviews_long", "ko_nsmc", "zh_thucnews")
SIDES = ("scikit-learn", "autotext", "search")
CONFIGURATIONS, EVERY, ROWS, SEED = 40, 4, 3000, 0
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def drawn(task: Task) -> list[Configuration]:
    shares = script_shares(task.texts)
    space, _ = SearchSpace.read("default").check(registry(), shares, guess_language(shares))
    rng = np.random.default_rng(SEED)
    return [space.sample(rng) for _ in range(CONFIGURATIONS)]


def plain_score(configuration: Configuration, seed: int, task: Task, split: Split, metric: Metric) -> float:
    predictions = np.zeros(len(task), dtype=np.intp)
    n_classes = len(task.classes)
    for fold in split.folds:
        train = np.setdiff1d(np.arange(len(task)), fold)
        fitted = pipeline(configuration, n_classes, seed).fit([task.texts[row] for row in train], task.targets[train])
        predictions[fold] = fitted.predict([task.texts[row] for row in fold])
    return metric.score(task.targets, predictions, np.zeros((len(task), n_classes)))


def checked(configuration: Configuration) -> Configuration:
    """The same without a cut that ties could meet, and with a model in which rounding and definitions play no part."""
    values = {name: 10_000_000 if name.endswith("max_features") else value for name, value in configuration.items()}
    if configuration["model"] in OTHERWISE:
        values = {name: value for name, value in values.items() if not name.startswith("model")}
        signed = "wordllama" in configuration.blocks
        values |= ({"model": "linear_svm", "model.linear_svm.C": 1.0} if signed
                   else {"model": "multinomial_nb", "model.multinomial_nb.alpha": 0.3})
    return Configuration(values)


def one_side(path: Path, side: str, check: bool) -> dict:
    """Scores and seconds of each configuration, in this process."""
    warnings.simplefilter("ignore")
    task = Task.read(path)
    split, metric = Split.make(task, SEED, ROWS), Metric.default(task.kind)
    configurations = drawn(task) if side == "autotext" else drawn(task)[::EVERY]
    prepared = CountCache(task.texts)

    def score(configuration: Configuration, check: bool = False) -> float:
        seed = derive(SEED, "model", configuration.fingerprint)
        judged = checked(configuration) if check else configuration
        if side == "scikit-learn":
            return plain_score(judged, seed, task, split, metric)
        validation = Validation(task.targets, split.folds, len(task.classes), metric, seed)
        return cross_validate([judged], prepared, validation)[0].score

    scores, seconds = [], []
    started = time.perf_counter()
    for configuration in configurations:
        before = time.perf_counter()
        scores.append(score(configuration))
        seconds.append(round(time.perf_counter() - before, 3))
    total = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"per_minute": round(60 * len(scores) / total, 2), "peak_mib": round(peak), "scores": scores, "seconds": seconds,
            "checked": [score(configuration, check=True) for configuration in drawn(task)[::EVERY]] if check else [],
            "models": [f"{configuration['features']} {configuration['model']}" for configuration in configurations]}


def search(path: Path) -> dict:
    """Configurations judged per minute by a search with paths and two workers."""
    warnings.simplefilter("ignore")
    pipeline = optimize_pipeline(path, budget=Budget(seconds=None, trials=CONFIGURATIONS), workers=2, seed=SEED,
                                 meta_learner=None, sampler=optuna.samplers.RandomSampler(seed=SEED))
    report = pipeline.report
    assert report is not None
    judged = [entry for entry in report.evaluations if entry.status == "ok"]
    return {"per_minute": round(60 * len(judged) / report.seconds["search"], 2), "judged": len(judged),
            "suggested": report.trials, "statuses": report.statuses}


def run(tasks_dir: Path, name: str, side: str, repetition: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        _, _, train, _ = load(tasks_dir, name, SEED, ROWS, Path(folder))
        command = [sys.executable, __file__, "--tasks-dir", str(tasks_dir), "--inside", str(train), side, str(repetition)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD})
    if ended.returncode:
        raise SystemExit(f"{name}, {side}: {ended.stderr}")
    return {"task": name, "side": side, "repetition": repetition, **json.loads(ended.stdout)}


def differences(ours: dict, plain: dict) -> tuple[float, float]:
    """Largest difference of the checked scores, other hash functions apart, and of the scores as judged."""
    hashed = [model.startswith("word_hashing") for model in plain["models"]]
    strict = [abs(one - other) for one, other, free in zip(ours["checked"], plain["checked"], hashed, strict=True) if not free]
    judged = [abs(one - other) for one, other in zip(ours["scores"][::EVERY], plain["scores"], strict=True)]
    return max(strict, default=0.0), max(judged)


def table() -> None:
    lines: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        lines[line["task"], line["side"]].append(line)
    print(f"{'task':20} {'scikit-learn':>12} {'autotext':>9} {'ratio':>6} {'same 10':>8} {'MiB':>11}  "
          f"{'checked':>7} {'judged':>7}  with paths, 2 workers")
    ratios, all_ratios = [], []
    for name in TASKS:
        if any((name, side) not in lines for side in SIDES):
            continue
        plain, ours, searched = (lines[name, side] for side in SIDES)
        speed = [float(np.median([line["per_minute"] for line in side])) for side in (plain, ours, searched)]
        same = (np.median([sum(line["seconds"]) for line in plain])
                / np.median([sum(line["seconds"][::EVERY]) for line in ours]))
        ratios.append(speed[1] / speed[0])
        all_ratios.append(speed[2] / speed[0])
        strict, free = differences(ours[0], plain[0])
        both = f"{speed[2]:5.0f}/min {all_ratios[-1]:5.1f}x"
        print(f"{name:20} {speed[0]:8.1f}/min {speed[1]:5.0f}/min {ratios[-1]:5.1f}x {same:7.1f}x "
              f"{plain[0]['peak_mib']:5}/{ours[0]['peak_mib']:5}  {strict:7.1e} {free:7.4f}  {both}")
    if ratios:
        print(f"geometric mean {np.exp(np.mean(np.log(ratios))):.2f}x, with all {np.exp(np.mean(np.log(all_ratios))):.2f}x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--table-only", action="store_true")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        path, side, repetition = arguments.inside
        print(json.dumps(search(Path(path)) if side == SIDES[2] else one_side(Path(path), side, check=repetition == "0")))
        return
    for repetition in range(arguments.repetitions):
        for name in arguments.tasks:
            for side in SIDES[:: 1 if repetition % 2 else -1]:
                if not arguments.table_only and (name, side, repetition) not in done(OUT, "task", "side", "repetition"):
                    append(OUT, run(arguments.tasks_dir, name, side, repetition))
    table()


if __name__ == "__main__":
    main()

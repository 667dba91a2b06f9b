"""Whether the honest score is honest: its mean error, and how often its 90 % interval covers the test score.

$ nice python benchmarks/calibration.py --tasks-dir TASKS             # runs what is missing, then prints the table
$ python benchmarks/calibration.py --tasks-dir TASKS --table-only

Training and test rows of a task are pooled and cut anew for each re-split; copies of a text stay on one side. A small
search without a clock is made on the training rows, and the pipeline scored on the others. Lines go to
results/calibration.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from tasks import RESULTS, append, done

from autotext import Budget, optimize_pipeline
from autotext.meta import Experience, Portfolio
from autotext.task import Task, sample_rows

OUT = RESULTS / "calibration.jsonl"
TASKS = ("sms_spam", "tweet_emotion", "ko_nsmc", "atis", "movie_reviews_long", "nlupp_banking_multilabel")
MOST_TEST = 3000
SIDE = 1.645


def cut(task: Task, seed: int, rows: int) -> tuple[Task, Task]:
    """Training and test rows, which share no text."""
    chosen = sample_rows(task.texts, task.targets, min(len(task) // 2, rows), seed)
    others = np.setdiff1d(np.arange(len(task)), chosen)
    if len(others) > MOST_TEST:
        others = np.random.default_rng(seed).choice(others, MOST_TEST, replace=False)
    return task.rows(chosen), task.rows(others)


def pooled(tasks_dir: Path, name: str) -> Task:
    read = Task.read(tasks_dir / name / "train.parquet", test=tasks_dir / name / "test.parquet")
    assert read.test is not None
    whole = (list(read.texts + read.test.texts), list(read.labels + read.test.labels))
    return Task.read(whole)


def run(tasks_dir: Path, name: str, seed: int, rows: int, trials: int) -> dict:
    about = json.loads((tasks_dir / name / "task.json").read_text("utf-8"))
    train, test = cut(pooled(tasks_dir, name), seed, rows)
    train = Task.read((list(train.texts), list(train.labels)))
    learner = Portfolio().fit(Experience.shipped().without(about["family"]))
    started = time.monotonic()
    pipeline = optimize_pipeline(train, space="fast", budget=Budget(seconds=None, trials=trials), workers=1, seed=seed,
                                 meta_learner=learner)
    report = pipeline.report
    assert report is not None
    assert report.honest_score is not None
    assert report.honest_interval is not None
    return {"task": name, "seed": seed, "rows": rows, "trials": trials, "metric": report.metric, "train": len(train),
            "test": len(test), "raw": report.score, "honest": round(report.honest_score, 5),
            "low": round(report.honest_interval[0], 5), "high": round(report.honest_interval[1], 5),
            "score": round(pipeline.score(list(test.texts), test.labels), 5), "wall": round(time.monotonic() - started, 2)}


def table(rows: int, trials: int) -> None:
    """By task: points of raw and honest score above the test score, coverage, width beside the binomial one."""
    lines: dict[str, list[dict]] = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        if (line["rows"], line["trials"]) == (rows, trials):
            lines[line["task"]].append(line)
    lines["all"] = [line for own in lines.values() for line in own]
    print(f"{'task':26} {'splits':>6} {'raw':>6} {'honest':>6} {'sd':>5} {'covered':>7} {'width':>6}")
    for name, own in lines.items():
        raw, honest = ([100 * (line[which] - line["score"]) for line in own] for which in ("raw", "honest"))
        covered = np.mean([line["low"] <= line["score"] <= line["high"] for line in own])
        widths = [(line["high"] - line["low"]) / (2 * SIDE * np.sqrt(line["honest"] * (1 - line["honest"]) / line["train"]))
                  for line in own if line["metric"] == "accuracy" and line["honest"] < 1]
        print(f"{name:26} {len(own):6} {np.mean(raw):+6.2f} {np.mean(honest):+6.2f} {np.std(honest):5.2f} {covered:7.0%} "
              + (f"{np.mean(widths):6.2f}" if widths else f"{'-':>6}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for seed in range(arguments.splits):
        for name in arguments.tasks:
            key = (name, seed, arguments.rows, arguments.trials)
            if arguments.table_only or key in done(OUT, "task", "seed", "rows", "trials"):
                continue
            append(OUT, run(arguments.tasks_dir, name, seed, arguments.rows, arguments.trials))
    table(arguments.rows, arguments.trials)


if __name__ == "__main__":
    main()

"""Test scores and seconds of recommended pipelines, beside searches of 60 seconds.

$ taskset -c 0 python benchmarks/recommendations.py --tasks-dir TASKS   # runs what is missing, then the table
$ python benchmarks/recommendations.py --table

The tasks and rows are those of `budgets.py`, whose lines are the other side; the task's family is left out of the experience.
Lines go to results/recommendations.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

# Before NumPy is loaded.
os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import numpy as np
from budgets import OUT as SEARCHES
from budgets import TASKS
from tasks import METRICS, RESULTS, append, done, load

from autotext import Experience, Task, recommend_pipeline
from autotext.meta import Hierarchical

OUT = RESULTS / "recommendations.jsonl"
ROWS = 5000


def run(tasks_dir: Path, name: str) -> dict:
    """One line."""
    with tempfile.TemporaryDirectory() as folder:
        about, metric, train, test = load(tasks_dir, name, 0, ROWS, Path(folder))
        learner = Hierarchical().fit(Experience.shipped().without(about["family"]))
        recommend_pipeline((["so good", "so bad"] * 10, ["+", "-"] * 10)).fit()  # imports and compiles what is needed
        task = Task.read(train)
        started = time.perf_counter()
        recommendation = recommend_pipeline(task, metric=METRICS.get(name), meta_learner=learner)
        named = time.perf_counter()
        pipeline = recommendation.fit()
        fitted = time.perf_counter()
        score = pipeline.fitted_.score_task(task.with_test(test).test)
    assert pipeline.report is not None
    return {"task": name, "score": round(score, 5), "cross_validated": round(float(pipeline.report.score or 0.0), 5),
            "named": round(named - started, 2), "fitted": round(fitted - named, 2), "metric": metric.name,
            "expected": round(recommendation.seconds, 2), "pipeline": recommendation.configuration.describe()}


def print_table() -> None:
    """Scores beside those of 60 seconds, and seconds."""
    searched: dict[str, list[float]] = {}
    for line in map(json.loads, SEARCHES.read_text("utf-8").splitlines()):
        if (line["arm"], line["budget"], line["rows"], line["encoder"]) == ("autotext", 60.0, ROWS, ""):
            searched.setdefault(line["task"], []).append(line["score"] or 0.0)
    lines = [json.loads(text) for text in OUT.read_text("utf-8").splitlines()]
    print(f"{'':22}{'score':>8}{'60 s':>8}{'named':>8}{'fitted':>8}{'expected':>9}  pipeline")
    for line in lines:
        print(f"{line['task']:22}{100 * line['score']:8.2f}{100 * np.mean(searched[line['task']]):8.2f}{line['named']:8.2f}"
              f"{line['fitted']:8.2f}{line['expected']:9.2f}  {line['pipeline']}")
    ours, theirs = (np.array(values) for values in ([line["score"] for line in lines],
                                                    [np.mean(searched[line["task"]]) for line in lines]))
    print(f"{'mean':22}{100 * ours.mean():8.2f}{100 * theirs.mean():8.2f}   {ours.mean() / theirs.mean():.1%} of the searches")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    for name in TASKS if not arguments.table else ():
        if (name,) not in done(OUT, "task"):
            append(OUT, run(arguments.tasks_dir, name))
    print_table()


if __name__ == "__main__":
    main()

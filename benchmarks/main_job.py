"""The main job on real tasks: wall time seen from outside, and the test score beside the stored baseline.

$ python benchmarks/main_job.py --tasks-dir TASKS               # runs what is missing, then prints the table
$ python benchmarks/main_job.py --tasks-dir TASKS --table-only

Each run is the command ``autotext optimize`` in a process of its own, with the task's family left out of the experience.
The best candidate of the same search is also fitted alone, outside the budget. Lines go to results/main_job.jsonl. Run
`baseline.py` for the other side. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tasks import MAIN, METRICS, RESULTS, append, done, load, without_families

from autotext import TextPipeline, load_pipeline
from autotext.space import Configuration
from autotext.task import Task

OUT = RESULTS / "main_job.jsonl"


def run(tasks_dir: Path, name: str, seed: int, rows: int, budget: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, metric, train, test = load(tasks_dir, name, seed, rows, Path(folder))
        options, environment = without_families(about["family"])
        command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", f"{budget:g}s", "--seed", str(seed),
                   *options, "--out", f"{folder}/pipeline", "--json",
                   *(["--metric", METRICS[name]] if name in METRICS else [])]
        started = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        wall = time.monotonic() - started
        if ended.returncode:
            raise SystemExit(f"{name}: {ended.stderr}")
        report = json.loads(ended.stdout)
        pipeline = load_pipeline(f"{folder}/pipeline")
        task = Task.read(train).with_test(test)
        assert task.test is not None
        score = pipeline.fitted_.score_task(task.test)
        single = best_alone(pipeline, report, task, seed) if report["ensemble"] else score
    statuses: dict[str, int] = defaultdict(int)
    for evaluation in report["evaluations"]:
        statuses[evaluation["status"]] += 1
    return {"task": name, "seed": seed, "rows": rows, "budget": budget, "metric": metric.name, "score": round(score, 5),
            "single": round(single, 5), "search_score": report["score"], "honest": report["honest_score"],
            "wall": round(wall, 2), "tried": len(report["evaluations"]),
            "suggested": sum(entry["origin"] != "path" for entry in report["evaluations"]),
            "statuses": dict(statuses), "configuration": [dict(member) for member in pipeline.members],
            "notes": report["notes"]}


def best_alone(pipeline: TextPipeline, report: dict, task: Task, seed: int) -> float:
    """Test score of the best candidate of the same search without the others, fitted outside the budget."""
    best = next(entry for entry in report["evaluations"] if entry["fingerprint"] == report["chosen"])
    alone = TextPipeline(Configuration(best["configuration"]), metric=pipeline.metric, seed=seed)
    assert task.test is not None
    return alone.fit(task.texts, task.labels).fitted_.score_task(task.test)


def table(budget: float, rows: int) -> None:
    """Mean over seeds beside the baseline, in points."""
    ours, single, walls, base = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        if (line["budget"], line["rows"]) == (budget, rows):
            ours[line["task"]].append(line["score"])
            single[line["task"]].append(line["single"])
            walls[line["task"]].append(line["wall"])
    for line in map(json.loads, (RESULTS / "baseline.jsonl").read_text("utf-8").splitlines()):
        if line["rows"] == rows:
            base[line["task"]].append(line["score"])
    gains = {name: 100 * (sum(ours[name]) / len(ours[name]) - sum(base[name]) / len(base[name]))
             for name in MAIN if name in ours and name in base}
    together = {name: 100 * (sum(ours[name]) - sum(single[name])) / len(ours[name]) for name in gains}
    print(f"{'task':26} {'baseline':>8} {'autotext':>8} {'gain':>6} {'alone':>8} {'gain':>6}  {'longest wall':>12}")
    for name, gain in gains.items():
        mean = [sum(values[name]) / len(values[name]) for values in (base, ours, single)]
        print(f"{name:26} {mean[0]:8.4f} {mean[1]:8.4f} {gain:+6.2f} {mean[2]:8.4f} {together[name]:+6.2f}  "
              f"{max(walls[name]):10.1f} s")
    limit = 1.02 * budget + 1.5
    late = sum(wall > limit for values in walls.values() for wall in values)
    if gains:
        print(f"not below by more than 0.5 points on {sum(gain >= -0.5 for gain in gains.values())} of {len(gains)}, "
              f"mean gain {sum(gains.values()) / len(gains):+.2f} points, median {statistics.median(gains.values()):+.2f}; "
              f"longest {max(map(max, walls.values())):.1f} s; over {limit:.1f} s: {late} runs")
        print(f"ensemble less the best alone: mean {sum(together.values()) / len(together):+.2f} points, "
              f"worse by more than 0.7 on {sum(gain < -0.7 for gain in together.values())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--tasks", nargs="+", default=list(MAIN))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for name in arguments.tasks:
            key = (name, seed, arguments.rows, arguments.budget)
            if arguments.table_only or key in done(OUT, "task", "seed", "rows", "budget"):
                continue
            append(OUT, run(arguments.tasks_dir, name, seed, arguments.rows, arguments.budget))
    table(arguments.budget, arguments.rows)


if __name__ == "__main__":
    main()

"""Searches on one core that three busy processes share, beside the same searches on a quiet core and the stored baseline.

$ python benchmarks/load.py --tasks-dir TASKS          # runs what is missing, quiet and loaded; then prints the table
$ python benchmarks/load.py --tasks-dir TASKS --busy 3 --tasks ko_nsmc
$ python benchmarks/load.py --tasks-dir TASKS --table-only

Each run is the command ``autotext optimize --workers 1`` in a process of its own, pinned to one core, with the task's family
left out of the experience. Lines go to results/load.jsonl. Run `baseline.py` with the same tasks for the other side. Nothing
else should run meanwhile. Needs Linux, for pinning.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tasks import METRICS, RESULTS, append, done, load, without_families

from autotext import load_pipeline
from autotext.task import Task

OUT = RESULTS / "load.jsonl"
TASKS = ("movie_reviews_long", "newsgroups20", "clinc150", "atis", "tweet_emotion", "ko_nsmc", "ko_3i4k", "zh_thucnews",
         "zh_iflytek", "th_wisesight", "nlupp_banking_multilabel", "goemotions_multilabel")
BUSY = "while True: pass"


@contextlib.contextmanager
def busy(number: int) -> Iterator[None]:
    """Processes that keep the core of this one busy."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run(tasks_dir: Path, name: str, seed: int, rows: int, budget: float, n_busy: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, metric, train, test = load(tasks_dir, name, seed, rows, Path(folder))
        options, environment = without_families(about["family"])
        command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", f"{budget:g}s", "--seed", str(seed),
                   "--workers", "1", *options, "--out", f"{folder}/pipeline", "--json",
                   *(["--metric", METRICS[name]] if name in METRICS else [])]
        with busy(n_busy):
            started = time.monotonic()
            ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            wall = time.monotonic() - started
        line = {"task": name, "seed": seed, "rows": rows, "budget": budget, "busy": n_busy, "metric": metric.name,
                "wall": round(wall, 2), "exit": ended.returncode}
        if ended.returncode:
            return {**line, "score": None, "error": ended.stderr[-500:]}
        report = json.loads(ended.stdout)
        held_out = Task.read(train).with_test(test).test
        assert held_out is not None
        score = load_pipeline(f"{folder}/pipeline").fitted_.score_task(held_out)
    # What was judged has a score of its first fold at least.
    judged = sum(bool(entry["fold_scores"]) for entry in report["evaluations"])
    return {**line, "score": round(score, 5), "judged": judged, "answer": report["chosen"] or "first", "members":
            max(1, len(report["ensemble"])), "seconds": {stage: round(took, 1) for stage, took in report["seconds"].items()},
            "notes": report["notes"]}


def table(budget: float, rows: int) -> None:
    """Quiet and loaded scores beside the baseline, means over seeds, and what must not have happened."""
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    lines = [line for line in map(json.loads, OUT.read_text("utf-8").splitlines())
             if (line["budget"], line["rows"]) == (budget, rows)]
    for line in lines:
        scores[line["task"]]["loaded" if line["busy"] else "quiet"].append(line["score"] or 0.0)
    for line in map(json.loads, (RESULTS / "baseline.jsonl").read_text("utf-8").splitlines()):
        if line["rows"] == rows:
            scores[line["task"]]["baseline"].append(line["score"])
    names = [name for name in TASKS if {"loaded", "baseline"} <= set(scores[name])]
    print(f"{'task':26} {'baseline':>8} {'quiet':>8} {'loaded':>8} {'less baseline':>14}  {'longest wall':>12}  judged  answer")
    gains = {}
    for name in names:
        baseline, quiet, loaded = (sum(scores[name][side]) / max(len(scores[name][side]), 1)
                                   for side in ("baseline", "quiet", "loaded"))
        gains[name] = 100 * (loaded - baseline)
        runs = [line for line in lines if line["task"] == name and line["busy"]]
        answers = ["none" if line["exit"] else line["answer"] if line["answer"] == "first" else f"{line['members']} judged"
                   for line in runs]
        print(f"{name:26} {baseline:8.4f} {quiet:8.4f} {loaded:8.4f} {gains[name]:+14.2f}  "
              f"{max(line['wall'] for line in runs):10.1f} s  {min(line.get('judged', 0) for line in runs):6}  "
              f"{', '.join(answers)}")
    limit = 1.02 * budget + 1.5
    print(f"loaded: not below the baseline by more than a point on {sum(gain >= -1.0 for gain in gains.values())} of "
          f"{len(gains)}; failed: {sum(line['exit'] != 0 for line in lines)} of {len(lines)} runs; over {limit:.1f} s: "
          f"{sum(line['wall'] > limit for line in lines)}; the first pipeline answered where another was judged: "
          f"{sum(line.get('answer') == 'first' and line['judged'] > 0 for line in lines)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 3], help="processes that share the core (default: 0 3)")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="that everything is pinned to")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    for seed in arguments.seeds:
        for name in arguments.tasks:
            for n_busy in arguments.busy:
                key = (name, seed, arguments.rows, arguments.budget, n_busy)
                if not arguments.table_only and key not in done(OUT, "task", "seed", "rows", "budget", "busy"):
                    append(OUT, run(arguments.tasks_dir, name, seed, arguments.rows, arguments.budget, n_busy))
    table(arguments.budget, arguments.rows)


if __name__ == "__main__":
    main()

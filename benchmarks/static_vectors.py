"""Few rows with and without the static word vectors of wordllama, in test score.

$ python benchmarks/static_vectors.py --tasks-dir TASKS              # runs what is missing, then prints the table
$ python benchmarks/static_vectors.py --tasks-dir TASKS --table-only

``autotext optimize --budget 60s`` on two draws of 1,000 rows of eight English tasks, in the space ``default`` and in the same
without them; the family of the task is left out of the experience. Lines go to results/static_vectors.jsonl. Nothing else
should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from encoders import space_without
from tasks import RESULTS, append, done, load, without_families

from autotext import load_pipeline
from autotext.task import Task

OUT = RESULTS / "static_vectors.jsonl"
TASKS = ("atis", "clinc150", "sst5", "tweet_emotion", "stackoverflow_titles", "customer_reviews", "bbc_news",
         "crisis_info_type")
ROWS, BUDGET = 1000, 60


def run(tasks_dir: Path, name: str, draw: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, metric, path, test_path = load(tasks_dir, name, draw, ROWS, Path(folder))
        test = Task.read(path).with_test(test_path).test
        assert test is not None
        options, environment = without_families(about["family"])
        line: dict = {"task": name, "draw": draw, "budget": BUDGET}
        for side, space in (("with", "default"), ("without", str(space_without("wordllama", Path(folder))))):
            command = [sys.executable, "-m", "autotext", "optimize", str(path), "--budget", f"{BUDGET}s", "--seed", str(draw),
                       "--space", space, "--metric", metric.name, *options, "--out", f"{folder}/{side}", "--json"]
            subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            pipeline = load_pipeline(f"{folder}/{side}")
            line[side] = round(float(pipeline.fitted_.score_task(test)), 5)
            line[f"{side}_features"] = [str(member["features"]) for member in pipeline.members]
    return line


def table() -> None:
    lines = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        lines[line["task"]].append(line)
    gains = []
    for name, own in lines.items():
        sides = [np.mean([line[side] for line in own]) for side in ("without", "with")]
        gains.append(100 * (sides[1] - sides[0]))
        print(f"{name:22} {len(own)} draws: without {sides[0]:.4f}, with {sides[1]:.4f}, gain {gains[-1]:+.2f} points")
    print(f"mean gain {np.mean(gains):+.2f} points on {len(gains)} tasks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for draw in range(arguments.draws):
        for name in TASKS:
            if not arguments.table_only and (name, draw) not in done(OUT, "task", "draw"):
                append(OUT, run(arguments.tasks_dir, name, draw))
    table()


if __name__ == "__main__":
    main()

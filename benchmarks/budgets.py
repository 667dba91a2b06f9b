"""Test scores at several budgets on one core, of this code or of another checkout, beside a tuned TF-IDF + LR.

$ python benchmarks/budgets.py --tasks-dir TASKS --budgets 5 10 60                      # runs what is missing, then the table
$ python benchmarks/budgets.py --tasks-dir TASKS --budgets 60 --checkout DIR --arm before
$ python benchmarks/budgets.py --tasks-dir TASKS --budgets 60 --rows 1000 --without sentences   # of the default space
$ python benchmarks/budgets.py --tasks-dir TASKS --budgets 30 --learner shuffled   # or inverted, cold, hierarchical
$ python benchmarks/budgets.py --table

Each run is a process of its own on one core, whose budget counts from its start, with the task's family left out of the
experience. Training rows are at most `--rows`. Lines go to results/budgets.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from tasks import METRICS, RESULTS, append, done, load, packaged

from autotext.meta import Experience, meta_learners

TASKS = ("clinc150", "snips", "atis", "tweet_emotion", "cola", "stackoverflow_titles", "disaster_tweets", "product_titles",
         "ko_3i4k", "ko_nsmc", "zh_thucnews", "th_wisesight", "es_tweet_sentiment", "de_gnad10", "tr_tweet_emotions",
         "movie_reviews_long")
OUT = RESULTS / "budgets.jsonl"
BASELINE = "TF-IDF + LR"
# The test score of a process whose arguments are the training file, the test file, family, seconds, seed, metric, encoder, the
# file of a search space, and that of a fitted meta-learner, as the shipped one is fitted beforehand, too.
AUTOTEXT = """
import json, pathlib, pickle, sys, tempfile, time
import psutil
from autotext import Budget, optimize_pipeline
from autotext.meta import Experience, Portfolio
train, test, family, seconds, seed, metric, encoder, space, learner = sys.argv[1:]
spent = time.time() - psutil.Process().create_time()
if learner:
    learner = pickle.loads(pathlib.Path(learner).read_bytes())
else:
    learner = Portfolio().fit(Experience.shipped().without(family))
pipeline = optimize_pipeline(train, budget=Budget(seconds=float(seconds), spent=spent), workers=1, seed=int(seed),
                             metric=metric or None, encoders=[encoder] if encoder else (), meta_learner=learner,
                             **({"space": space} if space else {}))
wall = time.time() - psutil.Process().create_time()
from autotext.task import Task
report = pipeline.report
held_out = Task.read(train).with_test(test).test
started = time.perf_counter()
score = pipeline.fitted_.score_task(held_out)
pace = len(held_out) / (time.perf_counter() - started)
singles = []
for text in sorted(held_out.texts, key=len)[len(held_out) // 4 :][:40]:
    started = time.perf_counter()
    pipeline.predict([text])
    singles.append(time.perf_counter() - started)
with tempfile.TemporaryDirectory() as folder:
    size = sum(path.stat().st_size for path in pathlib.Path(pipeline.save(folder + "/pipeline")).iterdir())
print(json.dumps({"score": score, "call": wall, "tried": len(report.evaluations), "chosen": report.chosen is not None,
                  "members": [member["features"] + " " + member["model"] for member in map(dict, pipeline.members)],
                  "mb": round(size / 1e6, 2), "texts_per_second": round(pace), "ms": round(1000 * sorted(singles)[20], 2),
                  "expected": report.expected_score, "notes": list(report.notes), "seconds": dict(report.seconds)}))
"""
LR = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from autotext.scoring.metrics import Metric
from autotext.task import Task
train, test, family, seconds, seed, metric, encoder, space, learner = sys.argv[1:]
task = Task.read(train).with_test(test)
metric = Metric.named(metric or None, task.kind)
started = time.perf_counter()
pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=100))
search = GridSearchCV(pipeline, {"logisticregression__C": [1.0, 10.0, 100.0]}, cv=3, scoring=metric.name)
search.fit(task.texts, task.targets)
score = metric.score(task.test.targets, search.predict(task.test.texts), search.predict_proba(task.test.texts))
print(json.dumps({"score": score, "call": time.perf_counter() - started, "tried": 3, "chosen": True, "notes": [], "members": [],
                  "expected": None, "seconds": {}}))
"""


def run(arguments: argparse.Namespace, name: str, seed: int, budget: float) -> dict:
    """One line."""
    encoder = str(arguments.encoder or "")
    with tempfile.TemporaryDirectory() as folder:
        about, metric, train, test = load(arguments.tasks_dir, name, seed, arguments.rows, Path(folder))
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        if arguments.checkout:
            environment["PYTHONPATH"] = str(arguments.checkout)
        space = without_feature(arguments.without, Path(folder)) if arguments.without else ""
        learner = fitted_learner(arguments.learner, about["family"], Path(folder)) if arguments.learner else ""
        script = LR if arguments.arm == BASELINE else AUTOTEXT
        command = ["taskset", "-c", str(arguments.core), sys.executable, "-c", script, str(train), str(test), about["family"],
                   f"{budget:g}", str(seed), METRICS.get(name, ""), encoder, str(space), str(learner)]
        load_before, started = os.getloadavg()[0], time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment,
                               cwd=arguments.checkout or Path(__file__).parent.parent)
        wall = time.monotonic() - started
    line = {"arm": arguments.arm, "task": name, "seed": seed, "budget": budget, "rows": arguments.rows, "metric": metric.name,
            "encoder": Path(encoder).name, "wall": round(wall, 2), "load": round(load_before, 2)}
    if ended.returncode:
        return {**line, "score": None, "error": ended.stderr.strip().splitlines()[-1]}
    result = json.loads(ended.stdout.splitlines()[-1])
    result["notes"] = [note.replace(encoder, line["encoder"]) if encoder else note for note in result["notes"]]
    return {**line, **result, "score": round(result["score"], 5), "call": round(result["call"], 2)}


def fitted_learner(name: str, family: str, folder: Path) -> Path:
    """Write a meta-learner that was fitted without a family."""
    path = folder / "learner.pickle"
    path.write_bytes(fit_without(name, family))
    return path


@cache
def fit_without(name: str, family: str) -> bytes:
    """A pickled meta-learner: none for a cold start, one of what misleads, or a registered one."""
    experience = Experience.shipped().without(family)
    if name == "cold":
        return pickle.dumps(None)
    if name in MISLEADING:
        return pickle.dumps(meta_learners()["hierarchical"]().fit(MISLEADING[name](experience)))
    return pickle.dumps(meta_learners()[name]().fit(experience))


def shuffled(experience: Experience) -> Experience:
    """Experience in which the scores of each task belong to other configurations."""
    rng = np.random.default_rng(0)
    scores = np.array([np.nan if cell.score is None else cell.score for cell in experience.results])
    tasks = np.array([cell.task for cell in experience.results])
    for task in range(len(experience.tasks)):
        scores[tasks == task] = rng.permutation(scores[tasks == task])
    return with_scores(experience, scores)


def inverted(experience: Experience) -> Experience:
    """Experience in which the best of each task is the worst."""
    scores = np.array([np.nan if cell.score is None else cell.score for cell in experience.results])
    tasks = np.array([cell.task for cell in experience.results])
    for task in range(len(experience.tasks)):
        of_task = scores[tasks == task]
        scores[tasks == task] = np.nanmin(of_task) + np.nanmax(of_task) - of_task
    return with_scores(experience, scores)


def with_scores(experience: Experience, scores: np.ndarray) -> Experience:
    results = tuple(replace(cell, score=None if np.isnan(score) else float(score))
                    for cell, score in zip(experience.results, scores, strict=True))
    return replace(experience, results=results)


MISLEADING: dict[str, Callable[[Experience], Experience]] = {"shuffled": shuffled, "inverted": inverted}


def without_feature(name: str, folder: Path) -> Path:
    """Write the default space without a feature component."""
    lines = (Path(__file__).parent.parent / "search_spaces" / "default.yaml").read_text("utf-8").splitlines()
    out, skips = [], False
    for line in lines:
        skips = line.strip() == f"{name}:" or (skips and line.startswith(" " * 6))
        if not skips and not (line.lstrip().startswith("- [") and name in line):
            out.append(line)
    path = folder / "space.yaml"
    path.write_text("\n".join(out) + "\n", "utf-8")
    return path


def table(path: Path) -> None:
    """Means over seeds by task, in points, a column for each arm and budget."""
    scores: dict[tuple, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in map(json.loads, path.read_text("utf-8").splitlines()):
        column = (line["rows"], line["arm"], line["encoder"], line["budget"])
        scores[column][line["task"]].append(100 * (line["score"] or 0.0))
    for rows in sorted({column[0] for column in scores}):
        columns = sorted(column for column in scores if column[0] == rows)
        print(f"{rows:,} rows")
        print(f"{'':22}" + "".join(f"{f'{arm[:9]} {budget:g}':>13}" for _, arm, _, budget in columns))
        print(f"{'':22}" + "".join(f"{encoder[:12]:>13}" for _, _, encoder, _ in columns))
        names = [name for name in dict.fromkeys(name for column in columns for name in scores[column])]
        for name in names:
            print(f"{name:22}" + "".join(f"{np.mean(scores[column][name]):13.2f}" if name in scores[column] else f"{'':13}"
                                         for column in columns))
        common = [name for name in names if all(name in scores[column] for column in columns)]
        print(f"{f'mean of {len(common)}':22}" + "".join(
            f"{np.mean([np.mean(scores[column][name]) for name in common]):13.2f}" for column in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--budgets", type=float, nargs="+", default=[5.0, 10.0, 60.0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--arm", default="autotext")
    parser.add_argument("--learner", default="", help="name of a meta-learner, or cold, shuffled or inverted (a listening one, "
                        "of experience that misleads); also the name of the arm")
    parser.add_argument("--checkout", type=Path)
    parser.add_argument("--without", default="", metavar="FEATURE", help="leave a feature component out of the default space")
    parser.add_argument("--encoder", nargs="?", const=packaged(), default=None)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.learner:
        arguments.arm = arguments.learner
    if arguments.without:
        arguments.arm = f"without {arguments.without}"
    keys = ("arm", "task", "seed", "budget", "rows", "encoder")
    for seed in arguments.seeds if not arguments.table else ():
        for budget in arguments.budgets if arguments.arm != BASELINE else [0.0]:
            for name in arguments.tasks:
                encoder = Path(str(arguments.encoder or "")).name
                if (arguments.arm, name, seed, budget, arguments.rows, encoder) not in done(arguments.out, *keys):
                    append(arguments.out, run(arguments, name, seed, budget))
    table(arguments.out)


if __name__ == "__main__":
    main()

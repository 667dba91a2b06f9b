"""Reports of searches that never were, made by what makes those of searches."""

import numpy as np

from autotext import Evaluation, Report
from autotext.report.classes import class_table
from autotext.report.label_issues import label_issues
from autotext.report.mistakes import confident_errors, confusions
from autotext.scoring.coverage import confidences, coverage_table, rows_right
from autotext.scoring.reliability import reliability_table
from autotext.task import Task

HOSTILE = ["<script>top.ran = 1</script>", "</style><img src=x onerror=top.ran=1>", "{{ 7 * 7 }}{% raw %}",
           "\u202eright to left\u202e", "שלום עולם מה שלומך", "z\u0300" * 200, "\ud800 lone", "\x00\x1b[31m", "a" * 2000,
           '" onmouseover="top.ran=1', "한국어 문장"]


def made_report(texts=None, labels=("good", "bad", "so-so"), n_rows=120, seed=0, **changes):
    """A report with mistakes of each kind; a field for each of ``changes``."""
    rng = np.random.default_rng(seed)
    texts = [f"{number} {(texts or ['a text'])[number % len(texts or ['a text'])]}" for number in range(n_rows)]
    task = Task.read(texts, [labels[number % len(labels)] for number in range(n_rows)])
    targets, rows = task.targets, np.arange(len(task))
    if targets.ndim == 2:
        probabilities = np.clip(0.7 * targets + rng.uniform(0, 0.45, targets.shape), 0, 1)
        predictions = (probabilities > 0.42).astype(int)
    else:
        probabilities = rng.dirichlet(np.full(len(task.classes), 0.5), n_rows)
        probabilities = 0.5 * probabilities + 0.5 * np.eye(len(task.classes))[targets]
        predictions = np.where(rng.random(n_rows) < 0.3, rng.integers(len(task.classes), size=n_rows), targets)
    sure = confidences(predictions, probabilities)
    is_right = rows_right(predictions, targets)
    values = {
        "task": {"name": "reviews.csv", "fingerprint": "ab12", "kind": task.kind, "rows": n_rows, "search_rows": n_rows,
                 "folds": 3, "holdout": False, "classes": len(task.classes), "language": "ko"},
        "evaluations": made_evaluations(rng), "chosen": "f3", "score": 0.9, "expected_score": 0.89,
        "expected_interval": (0.87, 0.91),
        "resamples": 200, "seconds": {"search": 15.0, "total": 20.0}, "baseline": {
            "most_frequent": 0.4, "tfidf_logistic": 0.85, "seconds": 1.0},
        "warm_start": {"suggested": 16, "tried": 5, "changed": ["a was absent"] * 3, "rejected": []},
        "removed": ("tokenizer.kiwi: for HANGUL letters",), "findings": ("3 rows repeat another.",), "notes": ("a note",),
        "class_table": class_table(targets, predictions, task.classes), "coverage": coverage_table(sure, is_right),
        "reliability": reliability_table(sure, is_right), "label_issues": label_issues(targets, probabilities, rows, task),
        "errors": confident_errors(targets, predictions, sure, rows, task),
        "confusions": confusions(targets, predictions, sure, rows, task)}
    return Report("finished", values.pop("task"), "accuracy", "default", 0, 2, {"seconds": 20.0}, **{**values, **changes})


def made_evaluations(rng, number=40):
    return tuple(Evaluation(
        place, {"normalizer.casing.use": bool(place % 2), "tokenizer": "words", "tokenizer.words.min_length": 1,
                "features": ("word_tfidf", "word_tfidf+char_tfidf")[place % 3 == 0],
                "model": ("ridge", "linear_svm")[place % 2],
                **({"model.linear_svm.C": 0.5 * place} if place % 2 else {})},
        f"f{place}", ("warm", "path", "search")[place % 3], "failed" if place == 7 else "ok",
        None if place == 7 else 0.7 + 0.01 * (place % 2) + 0.1 * rng.random(), () if place == 7 else (0.7, 0.8), 1.5, size=100,
        error="Traceback\nValueError: too bad" if place == 7 else "",
        forecast={"score": 0.8, "deviation": 0.02, "seconds": 1.0, "took": 2.0} if place % 3 == 0 else {})
        for place in range(number))

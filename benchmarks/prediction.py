"""Texts per second of a fitted pipeline: words and characters, linear SVM, beside scikit-learn's own.

$ python benchmarks/prediction.py --tasks-dir TASKS               # runs what is missing, then prints the table
$ python benchmarks/prediction.py --tasks-dir TASKS --table-only

Both sides are fitted on the same rows with the same parameters, then predict 10,000 other texts in one call (repeated where
there are fewer) and 300 texts one by one. Three alternating repetitions in one process, one BLAS thread. Labels must
be the same, margins equal to 1e-5 of their size (single precision of our coefficients). Lines go to
results/prediction.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

# Before numpy is loaded.
os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC
from tasks import RESULTS, append, done

from autotext.components.tokenizers.words import Words
from autotext.pipeline import TextPipeline
from autotext.task import Task, sample_rows

OUT = RESULTS / "prediction.jsonl"
TASKS = ("sms_spam", "newsgroups20", "clinc150", "ko_nsmc", "zh_thucnews")
TEXTS, SINGLE, ROWS = 10_000, 300, 3000
CONFIGURATION = {"tokenizer": "words", "features": "word_tfidf+char_tfidf", "features.word_tfidf.ngrams": "1-2",
                 "features.word_tfidf.sublinear": False, "features.char_tfidf.span": "2-5", "features.char_tfidf.min_df": 1,
                 "features.char_tfidf.sublinear": False, "features.char_tfidf.max_features": 10_000_000, "model": "linear_svm"}


def words(text: str) -> list[str]:
    return Words().transform([text])[0]


def plain(task: Task, seed: int):
    """The pipeline that a user of scikit-learn writes; its own token pattern where that sees the same words."""
    same = all(Words(min_length=2).transform([text])[0] == TfidfVectorizer().build_tokenizer()(text) for text in task.texts)
    how = {"token_pattern": r"(?u)\b\w+\b"} if same else {"tokenizer": words, "token_pattern": None}
    union = FeatureUnion([("words", TfidfVectorizer(ngram_range=(1, 2), lowercase=False, **how)),
                          ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False))])
    return make_pipeline(union, LinearSVC(dual=True, tol=0.1, max_iter=300, random_state=seed)).fit(task.texts, task.targets)


def seconds(predict, texts: list[str]) -> float:
    started = time.perf_counter()
    predict(texts)
    return time.perf_counter() - started


def one_by_one(predict):
    return lambda texts: [predict([text]) for text in texts]


def run(tasks_dir: Path, name: str, repetitions: int) -> list[dict]:
    task, test = (Task.read(tasks_dir / name / f"{part}.parquet") for part in ("train", "test"))
    rows = sample_rows(task.texts, task.targets, ROWS, 0) if len(task) > ROWS else np.arange(len(task))
    others = [*test.texts, *(task.texts[row] for row in np.setdiff1d(np.arange(len(task)), rows))]
    task = task.rows(rows)
    ours = TextPipeline(CONFIGURATION).fit(task.texts, [task.classes[number] for number in task.targets])
    theirs = plain(task, ours.seed)
    texts = (others * (TEXTS // len(others) + 1))[:TEXTS]
    labels = [ours.classes_[number] for number in theirs.predict(texts)]
    margins, other = ours.fitted_.chain.margins(texts[:500]), theirs.decision_function(texts[:500])
    apart = np.abs((margins[:, 1] - margins[:, 0] if margins.shape[1] == 2 else margins) - other).max() / np.abs(other).max()
    lines = []
    for repetition in range(repetitions):
        line = {"task": name, "repetition": repetition, "same": float(np.mean([one == other for one, other
                in zip(ours.predict(texts), labels, strict=True)])), "apart": float(apart)}
        sides = {"autotext": ours.predict, "scikit-learn": theirs.predict}
        for side, predict in (sides if repetition % 2 else dict(reversed(sides.items()))).items():
            line[f"batch {side}"] = round(seconds(predict, texts), 3)
            line[f"single {side}"] = round(seconds(one_by_one(predict), texts[:SINGLE]), 3)
        lines.append(line)
    return lines


def table() -> None:
    lines = [json.loads(line) for line in OUT.read_text("utf-8").splitlines()]
    print(f"{'task':14} {'texts/s in a batch':>22} {'ratio':>6} {'ms a single text':>18} {'ratio':>6} {'same':>7} {'apart':>8}")
    for name in TASKS:
        own = [line for line in lines if line["task"] == name]
        if not own:
            continue
        spent = {key: float(np.median([line[key] for line in own])) for key in own[0] if key[:5] in ("batch", "singl")}
        batch, single = ([spent[f"{way} {side}"] for side in ("scikit-learn", "autotext")] for way in ("batch", "single"))
        print(f"{name:14} {TEXTS / batch[0]:10.0f} /{TEXTS / batch[1]:10.0f} {batch[0] / batch[1]:5.1f}x "
              f"{1000 * single[0] / SINGLE:8.2f} /{1000 * single[1] / SINGLE:8.2f} {single[0] / single[1]:5.1f}x "
              f"{min(line['same'] for line in own):7.4f} {max(line['apart'] for line in own):8.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.tasks:
        if not arguments.table_only and (name,) not in done(OUT, "task"):
            for line in run(arguments.tasks_dir, name, arguments.repetitions):
                append(OUT, line)
    table()


if __name__ == "__main__":
    main()

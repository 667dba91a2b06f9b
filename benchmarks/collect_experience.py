"""Evaluate configurations of the default space on prior tasks; every result is a line, written as it comes.

Seconds are those of the processor, so that other processes matter little.

$ python benchmarks/collect_experience.py --tasks-dir TASKS

TASKS holds a folder per task with train.parquet and task.json (name, family). Run again, it goes on where it ended.
`benchmarks/build_experience.py` makes the shipped experience from the lines.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path

import autotext.pipeline  # noqa: F401 - registers a component of the default space
from autotext.budget import Budget
from autotext.components import registry
from autotext.fingerprint import fingerprint
from autotext.meta import describe
from autotext.randomness import generator
from autotext.scoring.metrics import Metric
from autotext.space import Configuration, SearchSpace
from autotext.task import Split, Task, guess_language, script_shares
from autotext.workers.messages import CrossValidate, Setup
from autotext.workers.pool import Pool, default_memory_mib, usable_cores

RESULTS = Path(__file__).parent / "results" / "experience"
ROWS, FOLDS, RANDOM, TIMEOUT = 2000, 3, 30, 20.0
# Vectors of all texts may be made by the first.
TIMEOUT_WITH_VECTORS = 120.0

NORMAL = {"normalizer.markup.use": False, "normalizer.unicode.form": "NFKC", "normalizer.entities.use": False,
          "normalizer.casing.use": True, "normalizer.diacritics.use": False, "normalizer.jamo.use": False}
WORDS = {"tokenizer": "words", "tokenizer.words.min_length": 1, "tokenizer.words.symbols": True}
WORD = {"features.word_tfidf.ngrams": "1-2", "features.word_tfidf.min_df": 1, "features.word_tfidf.sublinear": True,
        "features.word_tfidf.max_features": 100000}
CHAR = {"features.char_tfidf.span": "2-5", "features.char_tfidf.min_df": 2, "features.char_tfidf.max_features": 200000,
        "features.char_tfidf.sublinear": True}
RATIO = {"features.nb_ratio.ngrams": "1-2", "features.nb_ratio.min_df": 1, "features.nb_ratio.alpha": 1.0,
         "features.nb_ratio.max_features": 100000}
SURFACE = {"features.surface.bins": 8, "features.surface.weight": 0.3}
FEATURES = {
    "word": {"features": "word_tfidf", **WORD, **WORDS},
    "unigram": {"features": "word_tfidf", **WORD, **WORDS, "features.word_tfidf.ngrams": "1-1"},
    "char": {"features": "char_tfidf", **CHAR},
    "jamo": {"features": "char_tfidf", **CHAR, "features.char_tfidf.span": "1-5", "normalizer.jamo.use": True},
    "both": {"features": "word_tfidf+char_tfidf", **WORD, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0},
    "both_jamo": {"features": "word_tfidf+char_tfidf", **WORD, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                  "features.char_tfidf.span": "1-5", "normalizer.jamo.use": True},
    "both_cased": {"features": "word_tfidf+char_tfidf", **WORD, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                   "normalizer.casing.use": False},
    "ratio": {"features": "nb_ratio", **RATIO, **WORDS},
    "ratio_char": {"features": "nb_ratio+char_tfidf", **RATIO, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0},
    "ratio_entities": {"features": "nb_ratio+char_tfidf", **RATIO, **CHAR, **WORDS, "features.char_tfidf.weight": 1.5,
                       "normalizer.entities.use": True, "normalizer.entities.urls": True,
                       "normalizer.entities.mentions": True, "normalizer.entities.numbers": False,
                       "normalizer.entities.emoji": True},
    "llama": {"features": "wordllama"},
    "char_llama": {"features": "char_tfidf+wordllama", **CHAR, "features.wordllama.weight": 1.0},
    "both_llama": {"features": "word_tfidf+char_tfidf+wordllama", **WORD, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                   "features.wordllama.weight": 1.0},
    "ratio_llama": {"features": "nb_ratio+char_tfidf+wordllama", **RATIO, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                    "features.wordllama.weight": 1.0},
    "char_surface": {"features": "char_tfidf+surface", **CHAR, **SURFACE},
    "both_surface": {"features": "word_tfidf+char_tfidf+surface", **WORD, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                     **SURFACE},
    "ratio_surface": {"features": "nb_ratio+char_tfidf+surface", **RATIO, **CHAR, **WORDS, "features.char_tfidf.weight": 1.0,
                      **SURFACE},
    "llama_surface": {"features": "word_tfidf+char_tfidf+wordllama+surface", **WORD, **CHAR, **WORDS,
                      "features.char_tfidf.weight": 1.0, "features.wordllama.weight": 1.0, **SURFACE},
    "sentences": {"features": "sentences"},
    "char_sentences": {"features": "char_tfidf+sentences", **CHAR, "features.sentences.weight": 1.0},
    "both_sentences": {"features": "word_tfidf+char_tfidf+sentences", **WORD, **CHAR, **WORDS,
                       "features.char_tfidf.weight": 1.0, "features.sentences.weight": 1.0},
    "ratio_sentences": {"features": "nb_ratio+char_tfidf+sentences", **RATIO, **CHAR, **WORDS,
                        "features.char_tfidf.weight": 1.0, "features.sentences.weight": 1.0},
    "surface_sentences": {"features": "word_tfidf+char_tfidf+surface+sentences", **WORD, **CHAR, **WORDS,
                          "features.char_tfidf.weight": 1.0, "features.sentences.weight": 1.5, **SURFACE},
    "word3": {"features": "word_tfidf", **WORD, **WORDS, "features.word_tfidf.ngrams": "1-3"},
}
MODELS = {
    "svm_low": {"model": "linear_svm", "model.linear_svm.C": 0.1, "model.linear_svm.balanced": False},
    "svm": {"model": "linear_svm", "model.linear_svm.C": 0.4, "model.linear_svm.balanced": True},
    "logistic": {"model": "logistic", "model.logistic.C": 30.0, "model.logistic.balanced": False},
    "ridge": {"model": "ridge", "model.ridge.alpha": 1.0, "model.ridge.balanced": False},
    "complement": {"model": "complement_nb", "model.complement_nb.alpha": 0.3},
}


def configurations(space: SearchSpace) -> list[Configuration]:
    """What is evaluated on every task: a grid of usual choices, then draws of the whole space."""
    grid = [Configuration({**NORMAL, **features, **model}) for features in FEATURES.values() for model in MODELS.values()
            if not {"wordllama", "sentences"} & set(str(features["features"]).split("+"))
            or model["model"] != "complement_nb"]
    rng = generator(0, "experience")
    return list(dict.fromkeys([*grid, *(space.sample(rng) for _ in range(RANDOM))]))


def record_task(folder: Path, out: Path, wanted: list[Configuration], pool: Pool, space: SearchSpace) -> None:
    about = json.loads((folder / "task.json").read_text("utf-8"))
    task = Task.read(folder / "train.parquet")
    metric = Metric.default(task.kind)
    done = set()
    if out.exists():
        lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        done = {fingerprint(line["configuration"]) for line in lines if "configuration" in line}
    else:
        versions = {name: version(name) for name in ("autotext", "scikit-learn", "numpy", "scipy", "tokenizers")}
        header = {"name": about["name"], "family": about["family"], "fingerprint": task.fingerprint, "metric": metric.name,
                  "meta_features": describe(task)}
        out.write_text(json.dumps({"task": header, "versions": versions}, sort_keys=True) + "\n", "utf-8")
    split = Split.make(task, 0, ROWS, FOLDS)
    checked, _ = space.check(registry(), script_shares(task.texts[:2000]), task.language or guess_language({}))
    pool.set_up(Setup(task.texts, task.targets, len(task.classes), split, metric, 0))
    queue = [(original, checked.project(original)[0]) for original in wanted if original.fingerprint not in done]
    queue = [(original, here) for original, here in queue if here is not None]
    with out.open("a", encoding="utf-8") as file:
        while queue or pool.jobs:
            while queue and pool.idle:
                original, here = queue.pop(0)
                timeout = TIMEOUT_WITH_VECTORS if "sentences" in here.blocks else TIMEOUT
                pool.submit(CrossValidate(here), timeout, original)
            for job in pool.wait(5.0):
                line = {"task_name": about["name"], "configuration": job.note.to_json(), "status": job.status,
                        "score": job.value[0].score if job.status == "ok" else None, "seconds": round(job.computing, 4),
                        "size": job.value[0].size if job.status == "ok" else None}
                file.write(json.dumps(line, sort_keys=True) + "\n")
                file.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="names of tasks")
    parser.add_argument("--with-feature", default="", help="only configurations that use this feature component")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    space, _ = SearchSpace.read("default").check(registry())
    wanted = [one for one in configurations(space) if not arguments.with_feature or arguments.with_feature in one.blocks]
    folders = sorted(path.parent for path in arguments.tasks_dir.glob("*/task.json"))
    for number, folder in enumerate(folders):
        if arguments.only and folder.name not in arguments.only:
            continue
        print(f"{number + 1}/{len(folders)} {folder.name}", flush=True)
        workers = usable_cores()
        with Pool(workers, Budget().memory_mib or default_memory_mib(workers)) as pool:
            record_task(folder, RESULTS / f"{folder.name}.jsonl", wanted, pool, space)


if __name__ == "__main__":
    main()

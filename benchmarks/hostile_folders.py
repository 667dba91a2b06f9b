"""Folders from strangers: thousands of pipelines and searches, changed at random and sealed again, are loaded by a child each.

$ python benchmarks/hostile_folders.py --cases 0:2000            # pipelines
$ python benchmarks/hostile_folders.py --storage --cases 0:500   # folders of searches
$ python benchmarks/hostile_folders.py --table-only

A case is named by its number alone, so that any one can be repeated; those that have a line are not run again. A child may not
open a socket, take more than ten seconds of processor time, or more memory than four times the bytes of the folder and 500 MB;
it must refuse the folder with an error of autotext, or give finite answers. Everything else is a fault. Lines go to
results/hostile_folders.jsonl.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM"):
    os.environ[_name] = "false" if _name.startswith("TOK") else "1"
# What is changed, and how, the tests use too.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
import psutil
from conftest import QUICK, toy
from pipeline import hostile
from search import hostile_storage
from tasks import RESULTS, append

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.errors import AutotextError

OUT = RESULTS / "hostile_folders.jsonl"
SECONDS, WALL, TIMES, MEGABYTES = 10.0, 90.0, 4, 500
TEXTS = ["The film was great", "", "\0", "한국어 문장", "zz " * 300, "naïve ﷺ ½ \ud83d"]
# Large folders take a hundred times as long as small ones, so one case in so many is of these.
LARGE_EVERY = 40
TRIALS = 4
REFUSED, LOADED, FAULT = "refused", "harmless", "FAULT"


def guarded(task, limit=None):
    """What a function gives in a child, with its processor time and how far its memory grew; or what became of the child."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        status = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            Path("/proc/self/clear_refs").write_text("5")
            before, began = _memory("VmRSS"), time.process_time()
            try:
                said = task()
            except BaseException:
                said = [FAULT, traceback.format_exc()[-1500:]]
            grown = max(0, _memory("VmHWM") - before)
            os.write(writing, json.dumps([*said, time.process_time() - began, grown]).encode()[:60_000])
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    until, process, why = time.monotonic() + WALL, psutil.Process(child), ""
    with os.fdopen(reading, "rb") as file:
        while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            used = process.cpu_times()
            if time.monotonic() > until or used.user + used.system > 4 * SECONDS:
                why = f"never ended: {used.user + used.system:.0f} s of processor time"
            elif limit and process.memory_info().rss > 3 * limit + 2**30:
                why = f"took {process.memory_info().rss / 1e6:,.0f} MB and more"
            if why:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.02)
        _, status = os.waitpid(child, 0)
        data = file.read()
    if status or not data:
        return [FAULT, why or f"ended with status {status}", 0.0, 0]
    return json.loads(data)


def _memory(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def no_sockets(opened):
    """Note every socket that is opened, and refuse it."""
    def hook(event, arguments):
        if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
            opened.append(f"{event} {arguments[1:]!r:.80}")
            raise OSError("no socket may be opened")

    sys.addaudithook(hook)


def judge(work):
    """Outcome of a function: refused, harmless or a fault, and what was said."""
    opened = []
    no_sockets(opened)
    warnings.simplefilter("ignore")
    try:
        outcome = [LOADED, work()]
    except AutotextError as error:
        outcome = [REFUSED, str(error)[:300]]
    except BaseException:
        outcome = [FAULT, traceback.format_exc()[-1500:]]
    return [FAULT, f"opened a socket: {opened}"] if opened else outcome


def use(folder):
    pipeline = load_pipeline(folder)
    probabilities = pipeline.predict_proba(TEXTS)
    assert np.isfinite(probabilities).all(), "answers that are not finite"
    assert len(pipeline.predict(TEXTS)) == len(TEXTS)
    return f"{len(str(pipeline.report))} characters of report"


def bytes_of(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def checked(outcome, size):
    """The outcome, a fault where bounds were passed."""
    verdict, said, seconds, grown = outcome
    if verdict != FAULT and seconds > SECONDS:
        verdict, said = FAULT, f"{seconds:.1f} s: {said}"
    if verdict != FAULT and grown > TIMES * size + MEGABYTES * 10**6:
        verdict, said = FAULT, f"{grown / 1e6:,.0f} MB for {size / 1e6:,.1f} MB: {said}"
    return verdict, said


def make_originals(folder):
    """Small pipelines that have each kind of component; made in a process of its own, as torch must not be forked."""
    from autotext.components.tiny_models import write_tiny_static_model, write_tiny_transformer

    (folder / "pipelines").mkdir(parents=True)
    texts = toy("multiclass")[0]
    static = write_tiny_static_model(folder / "given-static", texts)
    encoder = write_tiny_transformer(folder / "given-encoder", texts)
    grams = {"tokenizer": "words", "features": "word_tfidf+char_tfidf+surface", "features.char_tfidf.min_df": 1}
    of_encoder = {"features": "encoder", "features.encoder.model": encoder, "model": "logistic"}
    made = {
        "linear": ({**grams, "model": "linear_svm", "normalizer.casing.use": True}, "multiclass"),
        "neighbours": ({"tokenizer": "subwords", "features": "nb_ratio", "model": "neighbours"}, "multilabel"),
        "unigram": ({"tokenizer": "subwords", "tokenizer.subwords.algorithm": "unigram", "features": "nb_ratio",
                     "model": "ridge"}, "binary"),
        "bayes": ({"tokenizer": "characters", "features": "word_tfidf", "model": "complement_nb"}, "chinese"),
        "forest": ({"tokenizer": "words", "features": "word_hashing", "features.word_hashing.bits": 10,
                    "model": "RandomForestClassifier", "model.RandomForestClassifier.n_estimators": 4}, "multiclass"),
        "kernel": ({"features": "char_tfidf", "model": "SVC"}, "multiclass"),
        "bernoulli": ({"features": "char_tfidf", "model": "BernoulliNB"}, "multilabel"),
        "static": ({"features": "static_embedding", "features.static_embedding.model": static, "model": "logistic"},
                   "multiclass"),
        "encoder": (of_encoder, "binary"),
        "fine": ({"features": "fine_tuned", "features.fine_tuned.model": encoder, "features.fine_tuned.epochs": 1,
                  "model": "logistic"}, "multiclass"),
        "ensemble": ([of_encoder, {**of_encoder, "model": "ridge"}, {"features": "char_tfidf", "model": "sgd"}], "binary")}
    for name, (configuration, kind) in made.items():
        TextPipeline(configuration).fit(*toy(kind)).save(folder / "pipelines" / name)
    TextPipeline({"features": "transferred", "features.transferred.model": str(folder / "pipelines" / "linear"),
                  "model": "logistic"}).fit(*toy("binary")).save(folder / "pipelines" / "transferred")


def pipelines(originals, number):
    rng = np.random.default_rng([number, 15])
    small = [name for name in hostile.GENERATORS if name != "large"]
    kind = "large" if number % LARGE_EVERY == 0 else small[number % len(small)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "hostile"
        # What is large would leave memory behind, in which the child would find room.
        make = guarded if kind == "large" else (lambda task: task())
        made = make(lambda: ["made", hostile.hostile(originals / "pipelines", folder, rng, kind)])
        if made[0] != "made":
            raise SystemExit(f"case {number} could not be made: {made[1]}")
        size = bytes_of(folder)
        outcome = guarded(lambda: judge(lambda: use(folder)), TIMES * size + MEGABYTES * 10**6)
    verdict, said = checked(outcome, size)
    return _line("pipeline", number, kind, verdict, f"{made[1][:200]}: {said}", size, outcome)


def _line(what, number, kind, verdict, said, size, outcome):
    line = {"what": what, "case": number, "kind": kind, "verdict": verdict, "bytes": size, "seconds": round(outcome[2], 2),
            "grown": outcome[3]}
    return {**line, "said": said} if verdict == FAULT else line


def search(place, trials):
    """A small search in the folder ``storage`` of a place; further trials go on where the last ones ended."""
    (place / "quick.yaml").write_text(QUICK, "utf-8")
    return optimize_pipeline(toy("multiclass"), space=place / "quick.yaml", budget=Budget(seconds=None, trials=trials),
                             workers=1, storage=place / "storage")


def searches(originals, number):
    rng = np.random.default_rng([number, 16])
    kind = list(hostile_storage.GENERATORS)[number % len(hostile_storage.GENERATORS)]
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        said = hostile_storage.hostile(originals / "storage", place / "storage", rng, kind)
        size = bytes_of(place)

        def go_on():
            report = search(place, TRIALS).report
            return f"{report.resumed} evaluations taken over; " + "; ".join(note for note in report.notes if "lost" in note)

        outcome = guarded(lambda: judge(go_on), TIMES * size + MEGABYTES * 10**6)
    verdict, told = checked(outcome, size)
    return _line("search", number, kind, verdict, f"{said[:200]}: {told}", size, outcome)


def _lines():
    return [json.loads(line) for line in OUT.read_text("utf-8").splitlines()] if OUT.exists() else []


def table():
    latest = {(line["what"], line["case"]): line for line in _lines()}
    print(f"{'what':<10}{'kind':<12}{'cases':>6}{REFUSED:>9}{LOADED:>10}{FAULT:>7}{'most s':>8}{'most MB':>9}"
          f"{'beyond 500 MB':>15}")
    for what, kind in sorted({(line["what"], line["kind"]) for line in latest.values()}):
        group = [line for line in latest.values() if (line["what"], line["kind"]) == (what, kind)]
        counts = Counter(line["verdict"] for line in group)
        seconds, grown = max(line["seconds"] for line in group), max(line["grown"] for line in group) / 1e6
        times = max(0.0, *((line["grown"] - MEGABYTES * 10**6) / line["bytes"] for line in group if line["bytes"]), 0.0)
        print(f"{what:<10}{kind:<12}{len(group):>6}{counts[REFUSED]:>9}{counts[LOADED]:>10}{counts[FAULT]:>7}{seconds:>8.1f}"
              f"{grown:>9,.0f}{times:>7.1f} x bytes")
    for line in latest.values():
        if line["verdict"] == FAULT:
            print(f"\n{line['what']} {line['case']} ({line['kind']}): {line['said'][:200]} ... {line['said'][-1500:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="0:200")
    parser.add_argument("--step", type=int, default=1, help="40 from a multiple of it: the large ones alone")
    parser.add_argument("--storage", action="store_true")
    parser.add_argument("--table-only", action="store_true")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many seconds")
    parser.add_argument("--originals", type=Path, help="folder that keeps the pipelines that are changed")
    asked = parser.parse_args()
    if not asked.table_only:
        first, last = map(int, asked.cases.split(":"))
        originals = asked.originals or Path(tempfile.mkdtemp())
        if asked.storage:
            originals.mkdir(exist_ok=True)
            if not (originals / "storage").is_dir():
                made = guarded(lambda: ["made", str(search(originals, TRIALS))])
                assert made[0] == "made", made[1]
        elif not (originals / "pipelines" / "transferred").is_dir():
            made = guarded(lambda: ["made", make_originals(originals) or ""])
            assert made[0] == "made", made[1]
        import torch
        import transformers.models.bert.modeling_bert  # noqa: F401

        torch.set_num_threads(1)
        gc.collect()
        gc.freeze()
        until = time.monotonic() + asked.seconds
        known = {(line["what"], line["case"]) for line in _lines()}
        for number in range(first, last, asked.step):
            if ("search" if asked.storage else "pipeline", number) in known:
                continue
            if time.monotonic() > until:
                print(f"stopped before case {number}")
                break
            append(OUT, (searches if asked.storage else pipelines)(originals, number))
        if not asked.originals:
            shutil.rmtree(originals)
    table()


if __name__ == "__main__":
    main()

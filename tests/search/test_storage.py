import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import optuna
import pytest
from conftest import QUICK, toy
from search import hostile_storage

from autotext import Budget, StorageError, Task, optimize_pipeline
from autotext.search import out_of_fold
from autotext.search.storage import Scope, Storage, _checksum, _encode_line
from autotext.space import Configuration

HERE = Path(__file__).parent.parent
TRIALS = 14
RUN = """
import json, os, signal, sys, threading
from autotext import Budget, optimize_pipeline
from conftest import toy

early, late = json.loads(sys.argv[1])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def after(seconds):
    timer = threading.Timer(seconds, die)
    timer.daemon = True
    timer.start()

if early is not None:
    after(early)
pipeline = optimize_pipeline(toy("multiclass"), space="quick.yaml", budget=Budget(seconds=None, trials={trials}), workers=1,
                             storage=sys.argv[2] if len(sys.argv) > 2 else None,
                             on_evaluation=lambda *_: after(late) if late is not None else None)
report = pipeline.report
print(json.dumps([[entry.fingerprint for entry in report.evaluations], [entry.score for entry in report.evaluations],
                  [entry.number for entry in report.evaluations], report.chosen, report.score, report.expected_score,
                  report.expected_interval, report.duplicates, report.illegal, report.warm_start,
                  pipeline.fitted_.decision.temperature, pipeline.predict_proba(toy("multiclass")[0]).tolist()]))
""".replace("{trials}", str(TRIALS))


def search(folder, trials, name="multiclass", **changes):
    space = folder.parent / "quick.yaml"
    space.write_text(QUICK, "utf-8")
    given = {"space": space, "budget": Budget(seconds=None, trials=trials), "workers": 1, "storage": folder, **changes}
    return optimize_pipeline(toy(name) if isinstance(name, str) else name, **given)


def lines(folder):
    path = folder / "evaluations.jsonl"
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def opened(folder, scope=None):
    identity = json.loads((folder / "search.json").read_bytes())
    identity.pop("format")
    return Storage(folder, identity, scope)


@pytest.fixture
def scope(checked):
    """What the evaluations of the search that is kept can be."""
    texts, labels = toy("multiclass")
    return Scope(checked(QUICK, texts), (15, 15, 14, 14, 14), len(set(labels)), multilabel=False)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with the search of five trials."""
    folder = tmp_path_factory.mktemp("kept") / "storage"
    search(folder, 5)
    return folder


@pytest.fixture
def copy(kept, tmp_path):
    return Path(shutil.copytree(kept, tmp_path / "storage"))


def test_ten_kills_change_nothing(tmp_path):
    (tmp_path / "quick.yaml").write_text(QUICK, "utf-8")

    def run(*arguments):
        command = [sys.executable, "-c", RUN, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
                              env={"PYTHONPATH": str(HERE), "PATH": "/usr/bin:/bin"})

    undisturbed = run("[null, null]")
    assert undisturbed.returncode == 0, undisturbed.stderr
    rng = random.Random(0)
    seen, kills = [], 0
    while kills < 10:
        # Some die before anything was judged, most a moment after a judgement.
        moment = [rng.uniform(0.5, 2.5), None] if kills % 5 == 4 else [None, rng.choice([0.0, rng.uniform(0.0, 0.05)])]
        ended = run(json.dumps(moment), str(tmp_path / "storage"))
        if ended.returncode == 0:
            break
        kills += 1
        now = lines(tmp_path / "storage")
        assert [line for line in now if line.endswith(b"\n")][: len(seen)] == seen
        seen = [line for line in now if line.endswith(b"\n")]
    assert kills >= 5
    assert len(seen) >= 3
    last = run("[null, null]", str(tmp_path / "storage"))
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout) == json.loads(undisturbed.stdout)
    fingerprints = json.loads(last.stdout)[0]
    assert len(fingerprints) == len(set(fingerprints)) > TRIALS
    assert len(lines(tmp_path / "storage")) == TRIALS


def test_the_log_opens_after_truncation_at_every_byte_of_its_last_line(copy):
    log = copy / "evaluations.jsonl"
    *_, last = lines(copy)
    whole = log.read_bytes()
    for cut in range(len(last) + 1):
        log.write_bytes(whole[: len(whole) - cut])
        storage = opened(copy)
        storage.close()
        # Without its line break alone, a line is still whole.
        assert len(storage.records) == (5 if cut < 2 else 4)
        assert log.read_bytes() == (whole if cut < 2 else whole[: -len(last)])


def test_several_calls_go_on_where_the_last_one_ended(copy, kept):
    undisturbed = search(kept.parent / "other", 8)
    seen = []
    pipeline = search(copy, 8, on_evaluation=lambda evaluation, report: seen.append(evaluation.number))
    earlier = sum(len(json.loads(line)["evaluations"]) for line in lines(kept))
    assert pipeline.report.resumed == earlier > 5
    assert seen == [entry.number for entry in pipeline.report.evaluations[earlier:]]
    assert f"{earlier} by earlier calls" in str(pipeline.report)
    assert pipeline.report.chosen == undisturbed.report.chosen
    assert pipeline.report.expected_interval == undisturbed.report.expected_interval
    assert [entry.fingerprint for entry in pipeline.report.evaluations] == [
        entry.fingerprint for entry in undisturbed.report.evaluations]
    assert len(lines(copy)) == 8


def test_a_finished_search_only_fits_again(copy):
    seen = []
    pipeline = search(copy, 5, on_evaluation=lambda *_: seen.append(1))
    assert seen == []
    assert pipeline.predict(toy("multiclass")[0]).tolist() == toy("multiclass")[1]


def test_the_study_opens_as_optuna_dashboard_would(copy):
    search(copy, 7)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(copy / "optuna.journal")))
    study = optuna.load_study(study_name="autotext", storage=storage)
    written = [entry for line in lines(copy) for entry in json.loads(line)["evaluations"]]
    assert len(study.trials) == len(written) > 7
    assert [trial.value for trial in study.trials] == [entry["score"] for entry in written]
    for trial, entry in zip(study.trials, written, strict=True):
        assert trial.params.items() <= entry["configuration"].items()
        assert trial.user_attrs["pipeline"].endswith(entry["configuration"]["model"])


@pytest.mark.parametrize(("changes", "message"), [
    ({"seed": 1}, "another seed"), ({"metric": "f1_macro"}, "another metric"), ({"space": "fast"}, "another space"),
    ({"name": "korean"}, "another task")])
def test_a_folder_of_another_search_is_refused(copy, changes, message):
    before = lines(copy)
    with pytest.raises(StorageError, match=f"{message}.*give storage another folder"):
        search(copy, 6, **changes)
    assert lines(copy) == before


def test_other_folds_of_the_same_rows_are_another_task(copy):
    texts, labels = toy("multiclass")
    task = Task.read((texts, labels), groups=[row % 6 for row in range(len(texts))])
    with pytest.raises(StorageError, match="another task"):
        search(copy, 6, task)


def test_what_is_in_the_way_is_left_alone(tmp_path, copy):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(StorageError, match=r"holds 'thesis.txt' and no search"):
        search(tmp_path / "mine", 1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="Cannot keep the search"):
        search(tmp_path / "file", 1)
    (copy / "search.json").write_text('{"format": 99}')
    with pytest.raises(StorageError, match="format 99"):
        search(copy, 1)
    (copy / "search.json").write_text("{")
    with pytest.raises(StorageError, match="damaged"):
        search(copy, 1)


def test_one_search_at_a_time(copy):
    first = opened(copy)
    try:
        with pytest.raises(StorageError, match="Another search is running"):
            opened(copy)
    finally:
        first.close()
    opened(copy).close()


def test_a_changed_line_is_named(copy):
    log = copy / "evaluations.jsonl"
    third = lines(copy)[2]
    log.write_bytes(log.read_bytes().replace(third, third.replace(b'"number":', b'"number":1', 1)))
    with pytest.raises(StorageError, match="line 3"):
        opened(copy)


def test_a_candidate_without_its_predictions_counts_as_never_made(copy):
    names = [json.loads(line)["evaluations"][0]["fingerprint"] for line in lines(copy)]
    (copy / "out-of-fold" / f"{names[0]}.npy").unlink()
    (copy / "out-of-fold" / f"{names[1]}.npy").write_bytes(b"damaged")
    pipeline = search(copy, 6)
    earlier = sum(len(json.loads(line)["evaluations"]) for line in lines(copy)[:5])
    assert pipeline.report.resumed == earlier - 2
    assert not {names[0], names[1]} & {entry.fingerprint for entry in pipeline.report.evaluations[: earlier - 2]}
    assert any("2 evaluations" in note and "never made" in note for note in pipeline.report.notes)


def rewrite(folder, change, number=0):
    """Change the content of a line, with a checksum that is right."""
    documents = [json.loads(line) for line in lines(folder)]
    change(documents[number])
    for document in documents:
        document.pop("checksum", None)
    (folder / "evaluations.jsonl").write_bytes(b"".join(map(_encode_line, documents)))


def first(**changes):
    return lambda document: document["evaluations"][0].update(changes)


CHANGED = {
    "an unknown field": (first(more=1), "an evaluation holds number, "),
    "a missing field": (lambda document: document["evaluations"][0].pop("status"), "an evaluation needs 'status'"),
    "no evaluation": (lambda document: document["evaluations"].insert(0, 5), "an evaluation holds number, .*not 5"),
    "none at all": (lambda document: document.update(evaluations=[]), "must hold evaluations, proposed and arrays"),
    "another key": (lambda document: document.update(more=1), "must hold evaluations, proposed and arrays"),
    "a score of text": (first(score="x"), "score of an evaluation cannot be 'x'"),
    "a score that is true": (first(score=True), "score of an evaluation cannot be True"),
    "an absurd score": (first(score=1e308), "score of an evaluation cannot be 1e\\+308"),
    "no score": (first(score=None), "ok ones have a score"),
    "fold scores of text": (first(fold_scores=["x"]), "fold_scores of an evaluation cannot be"),
    "no fold scores": (first(fold_scores=[]), "needs 5 fold_scores"),
    "a fold score less": (first(fold_scores=[1.0] * 4), "needs 5 fold_scores"),
    "negative seconds": (first(seconds=-1.0), "seconds of an evaluation cannot be -1"),
    "no stages": (first(stage_seconds={}), "stage_seconds of fit, predict, prepare"),
    "a negative number": (first(number=-1), "number of an evaluation cannot be -1"),
    "an endless number": (first(number=10**30), "number of an evaluation cannot be 1000000"),
    "an unknown status": (first(status="fine"), "status of an evaluation cannot be 'fine'"),
    "a status of a list": (first(status=["ok"]), "status of an evaluation cannot be"),
    "an origin of nothing": (first(origin=None), "origin of an evaluation cannot be None"),
    "a configuration of text": (first(configuration="x"), "configuration of an evaluation cannot be 'x'"),
    "another configuration": (first(configuration={"model": "ridge"}), "is not that of its configuration"),
    "an unknown model": (first(configuration={"model": "x"}, fingerprint=Configuration({"model": "x"}).fingerprint),
                         "not one of the space"),
    "a path as a name": (first(fingerprint="../../x"), "'../../x' is not that of its configuration"),
    "a NUL in a name": (first(fingerprint="a\0b"), r"'a\\x00b' is not that of its configuration"),
    "a NUL in the name of an array": (lambda document: document["arrays"].update({"a\0b": ["", ""]}), "arrays of other cand"),
    "a missing key": (lambda document: document.pop("proposed"), "must hold evaluations, proposed and arrays"),
    "arrays of others": (lambda document: document["arrays"].update({"../../x": ["", ""]}), "arrays of other candidates"),
    "arrays of one kind": (lambda document: document.update(arrays={key: ["x"] for key in document["arrays"]}), "."),
    "progress of text": (lambda document: document["proposed"].update(asked="x"), "proposed must be whole numbers"),
    "progress below 0": (lambda document: document["proposed"].update(asked=-5), "proposed must be whole numbers"),
    "progress of a list": (lambda document: document.update(proposed=[]), "."),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_a_line_cannot_hold_is_named_with_the_line(copy, scope, name):
    change, said = CHANGED[name]
    rewrite(copy, change)
    with pytest.raises(StorageError, match=rf"evaluations\.jsonl', line 1: .*{said}.*give storage another folder") as raised:
        opened(copy, scope)
    assert "\n" not in str(raised.value)


ARRAYS = {
    "objects": np.array([{"a": 1}], dtype=object), "wrong lengths": np.zeros(3, np.uint8), "a wrong kind": np.zeros(72),
    "two axes": np.zeros((72, 2), np.uint8), "classes that are not there": np.full(72, 200, np.uint8),
    "nothing": np.zeros((0, 72), np.uint8)}  # fmt: skip


@pytest.mark.parametrize("name", [*ARRAYS, "a huge shape", "another format"])
def test_arrays_that_do_not_fit_count_as_lost(copy, scope, name):
    buffer = io.BytesIO()
    np.save(buffer, ARRAYS.get(name, np.zeros(1)), allow_pickle=True)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
    others = {"a huge shape": b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header, "another format": b"x" * 500}
    data = others.get(name, buffer.getvalue())
    chosen = json.loads(lines(copy)[0])["evaluations"][0]["fingerprint"]
    (copy / "out-of-fold" / f"{chosen}.npy").write_bytes(data)
    rewrite(copy, lambda document: document["arrays"].update({chosen: [_checksum(data), ""]}))
    storage = opened(copy, scope)
    storage.close()
    assert chosen not in {entry.fingerprint for record in storage.records for entry in record.evaluations}
    assert storage.lost == 1


@pytest.mark.parametrize("text", ["[" * 200_000, "NaN", "\0" * 1000, "{}", "5", '{"checksum": 1}', "9" * 10**5,
                                  '{"a": 1, "a": 2}'])  # fmt: skip
def test_text_that_is_no_line_is_named_or_cut_off_where_it_is_the_last(copy, text):
    log = copy / "evaluations.jsonl"
    whole = lines(copy)
    log.write_bytes(b"".join([whole[0], text.encode() + b"\n", *whole[1:]]))
    with pytest.raises(StorageError, match="line 2: the line was changed"):
        opened(copy)
    log.write_bytes(b"".join([*whole, text.encode()]))
    storage = opened(copy)
    storage.close()
    assert (len(storage.records), storage.lost) == (5, 1)
    assert lines(copy) == whole


PLACES = {"a pipe": os.mkfifo, "a folder": Path.mkdir, "a link": lambda path: path.symlink_to("/dev/zero"),
          "deep": lambda path: path.write_text("[" * 200_000), "a list": lambda path: path.write_text("[]"),
          "a true format": lambda path: path.write_text('{"format": true}'),
          "twice": lambda path: path.write_text('{"a": 1, "a": 2}')}


@pytest.mark.parametrize("name", ["search.json", "evaluations.jsonl", "optuna.journal", "out-of-fold"])
@pytest.mark.parametrize("way", PLACES)
def test_what_is_no_file_of_a_search_is_refused(copy, name, way):
    if name != "search.json" and (way not in ("a pipe", "a folder", "a link") or (name, way) == ("out-of-fold", "a folder")):
        return
    path = copy / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    PLACES[way](path)
    identity = {"task": "x"}
    with pytest.raises(StorageError, match=r"give storage another folder|pip install"):
        Storage(copy, json.loads((copy / "search.json").read_bytes()) if name != "search.json" else identity)


@pytest.mark.parametrize("way", ["a pipe", "a folder", "a link"])
def test_what_is_no_array_of_a_candidate_is_refused(copy, way):
    path = min((copy / "out-of-fold").iterdir())
    path.unlink()
    PLACES[way](path)
    with pytest.raises(StorageError, match=f"{path.name}' is a link or no plain file; give storage another folder"):
        opened(copy)


def test_a_line_that_never_ends_is_named_unread(copy):
    with (copy / "evaluations.jsonl").open("ab") as file:
        file.truncate(2**42)
    with pytest.raises(StorageError, match=r"evaluations\.jsonl', line 6: the line was changed"):
        opened(copy)


def test_lines_after_one_that_was_torn_are_not_cut_off(copy):
    log = copy / "evaluations.jsonl"
    with log.open("ab") as file:
        file.write(b"\n" * 5_000_000)
    size, began = log.stat().st_size, time.process_time()
    with pytest.raises(StorageError, match=r"evaluations\.jsonl', line 6: the line was changed"):
        opened(copy)
    assert time.process_time() - began < 2
    assert log.stat().st_size == size


def test_arrays_that_memory_could_not_hold_count_as_lost(copy):
    chosen = json.loads(lines(copy)[0])["evaluations"][0]["fingerprint"]
    with (copy / "out-of-fold" / f"{chosen}.npy").open("ab") as file:
        file.truncate(2**42)
    storage = opened(copy)
    storage.close()
    assert storage.lost == 1


@pytest.mark.parametrize("kind", hostile_storage.GENERATORS)
def test_folders_that_are_changed_at_random_are_refused_or_harmless(kept, scope, tmp_path, kind):
    identity = json.loads((kept / "search.json").read_bytes())
    for number in range(10):
        folder = tmp_path / str(number) / "storage"
        hostile_storage.hostile(kept, folder, np.random.default_rng([number, 0]), kind)
        with contextlib.suppress(StorageError):
            Storage(folder, identity, scope).close()


def test_a_full_disk_ends_the_keeping_not_the_search(copy, monkeypatch):
    from autotext.search import storage

    def full(*_):
        raise OSError(28, "No space left on device")

    before = lines(copy)
    monkeypatch.setattr(storage.os, "write", full)
    pipeline = search(copy, 8)
    assert len([entry for entry in pipeline.report.evaluations if entry.origin != "path"]) == 8
    assert any("No space left" in note for note in pipeline.report.notes)
    assert lines(copy) == before


def test_margins_are_kept_of_the_best_only(tmp_path, monkeypatch):
    monkeypatch.setattr(out_of_fold, "_KEPT_BYTES", 1)
    pipeline = search(tmp_path / "storage", 8)
    folder = tmp_path / "storage" / "out-of-fold"
    margins = {path.name.removesuffix(".margins.npy") for path in folder.glob("*.margins.npy")}
    assert margins == {entry.fingerprint for entry in pipeline.report.leaderboard[:3]}
    assert len(list(folder.glob("*.npy"))) == len(pipeline.report.evaluations) + 3
    resumed = search(tmp_path / "storage", 9)
    assert np.isfinite(resumed.report.score)


def test_scores_that_json_has_no_number_for_survive(tmp_path):
    texts = [f"{word} {number}" for number in range(6) for word in ("good", "bad", "fair")] + ["rare thing"]
    labels = ["+", "-", "-"] * 6 + ["+"]
    folder = tmp_path / "storage"

    def run(trials):
        (tmp_path / "quick.yaml").write_text(QUICK, "utf-8")
        return optimize_pipeline((texts, labels), space=tmp_path / "quick.yaml", metric="roc_auc", workers=1, storage=folder,
                                 budget=Budget(seconds=None, trials=trials))

    first = run(2).report
    assert run(3).report.resumed == len(first.evaluations)

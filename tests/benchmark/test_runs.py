"""One run: what an arm is given, and what its line says of it."""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from arms_of_users import BROKEN, write_arm, write_broken_arm, write_suite
from sklearn.metrics import f1_score

from autotext.benchmark import Arm, Conditions, Suite
from autotext.benchmark.lines import checked_lines, line_key
from autotext.benchmark.runs import Run, execute


@pytest.fixture
def run(tmp_path):
    entry = Suite.read(write_suite(tmp_path)).entries[0]

    def make(arm, entry=entry, seconds=1.0, seed=0, **limits):
        return Run("tables", entry, Arm.read(arm), seed, Conditions(seconds, None, **limits), sys.executable)
    return make


def test_a_line_tells_everything_of_a_run(run, tmp_path):
    line = execute(run(write_arm(tmp_path, "first_word")))
    assert (line["status"], line["score"], line["floor"]) == ("ok", 1.0, 0.5)
    assert (line["task"], line["family"], line["arm"], line["arm_kind"]) == ("verdicts0", "verdicts0", "first_word", "model")
    assert (line["rows"], line["test_rows"], line["classes"]) == (72, 24, 2)
    assert line["scores"]["f1_macro"] == 1.0
    assert "neg_log_loss" not in line["scores"]
    assert line["curve"] == [[0.5, 0.7]]
    assert min(line[cost] for cost in ("artifact_mb", "cpu_seconds", "texts_per_second")) > 0
    assert {"python", "autotext"} <= set(line["versions"])
    assert checked_lines([line]) == (json.loads(json.dumps(line)),)


def test_the_key_of_a_run_is_that_of_its_line(run, tmp_path):
    one = run(write_arm(tmp_path, "first_word"), seed=3, rows=40, cpus=1)
    assert line_key(execute(one)) == one.key


@pytest.mark.parametrize("name", BROKEN)
def test_an_arm_that_does_not_work_leaves_a_line_that_says_why(name, run, tmp_path, monkeypatch):
    monkeypatch.setattr("autotext.benchmark.runs._KILL_SECONDS", 1.0)
    line = execute(run(write_broken_arm(tmp_path, name), seconds=0.5), keep_log=tmp_path / "logs" / "log.txt")
    assert (line["status"], line["score"]) == (BROKEN[name][2], None)
    assert BROKEN[name][3] in line["error"]
    assert (tmp_path / "logs" / "log.txt").exists()
    assert checked_lines([line])


def test_an_arm_that_takes_too_much_memory_is_killed(run, tmp_path):
    source = ("import time\n\nclass Hungry:\n    def fit(self, texts, labels, job):\n        self.data = bytearray(10**9)\n"
              "        time.sleep(600)\n\n    def predict(self, texts):\n        return []\n")
    line = execute(run(write_arm(tmp_path, "hungry", source), memory_mib=400.0))
    assert line["status"] == "memory"
    assert line["peak_mib"] > 400


def test_an_arm_abstains_from_what_it_does_not_handle(run, tmp_path):
    arm = write_arm(tmp_path, "several", 'class Several:\n    handles = ("multilabel",)\n    def fit(self, *a): ...\n'
                    "    def predict(self, texts): ...\n")
    line = execute(run(arm))
    assert (line["status"], line["error"]) == ("abstained", "it does not do binary tasks")


def test_an_arm_sees_no_test_labels_and_gets_what_it_needs(run, tmp_path):
    source = ("import json, pathlib\n\nclass Nosy:\n    def fit(self, texts, labels, job):\n"
              "        self.seen = {'job': vars(job), 'texts': len(texts), 'labels': sorted(set(labels)),\n"
              "                     'files': sorted(path.name for path in pathlib.Path('.').iterdir()),\n"
              "                     'data': sorted(json.load(open('data.json')))}\n\n"
              "    def predict(self, texts):\n        raise ValueError(json.dumps(self.seen))\n")
    execute(run(write_arm(tmp_path, "nosy", source)), keep_log=tmp_path / "log.txt")
    seen = json.loads((tmp_path / "log.txt").read_text().rpartition("ValueError: ")[2])
    assert (seen["texts"], seen["labels"]) == (72, ["bad", "good"])
    assert seen["data"] == ["labels", "test_texts", "texts"]
    assert not {name for name in seen["files"] if name.endswith((".csv", ".parquet"))}
    expected = {"seconds": 1.0, "cpus": 1, "kind": "binary", "metric": "accuracy", "family": "verdicts0", "encoder": ""}
    assert expected.items() <= seen["job"].items()


def test_probabilities_are_put_into_the_order_of_the_classes(run, tmp_path):
    source = ("class Sure:\n    classes = ['good', 'bad']\n    def fit(self, *a): ...\n"
              "    def predict(self, texts):\n        return [text.split()[0] for text in texts]\n"
              "    def predict_proba(self, texts):\n"
              "        return [[0.9, 0.1] if text.startswith('good') else [0.1, 0.9] for text in texts]\n")
    line = execute(run(write_arm(tmp_path, "sure", source)))
    assert line["scores"]["neg_log_loss"] == pytest.approx(np.log(0.9), abs=1e-4)


def test_probabilities_that_do_not_sum_to_one_are_scaled_and_what_is_none_counts_as_missing(run, tmp_path):
    source = ("class Sure:\n    classes = ['good', 'bad']\n    def fit(self, *a): ...\n"
              "    def predict(self, texts):\n        return [text.split()[0] for text in texts]\n"
              "    def predict_proba(self, texts):\n"
              "        return [[1.8, 0.2] if text.startswith('good') else [SMALL, 1.8] for text in texts]\n")
    line = execute(run(write_arm(tmp_path, "scaled", source.replace("SMALL", "0.2"))))
    assert line["scores"]["neg_log_loss"] == pytest.approx(np.log(0.9), abs=1e-4)
    line = execute(run(write_arm(tmp_path, "odd", source.replace("SMALL", "-0.2"))))
    assert (line["score"], "neg_log_loss" in line["scores"]) == (1.0, False)


def test_several_labels_are_scored_like_scikit_learn_does(run, tmp_path):
    rows = [{"text": f"{a} {b} {number}", "labels": [a, b] if number % 2 else [a]} for number in range(20)
            for a, b in (("x", "y"), ("y", "z"))]
    folder = tmp_path / "several"
    folder.mkdir()
    (folder / "tags.jsonl").write_text("\n".join(map(json.dumps, rows)))
    entry = Suite.read(folder).entries[0]
    source = ("class First:\n    def fit(self, *a): ...\n    def predict(self, texts):\n"
              "        return [[text.split()[0]] for text in texts]\n")
    line = execute(run(write_arm(tmp_path, "first", source), entry))
    task = entry.load()
    truth = task.encode(task.test.labels)
    answers = np.array([[name == text.split()[0] for name in task.classes] for text in task.test.texts]).astype(int)
    assert line["score"] == pytest.approx(f1_score(truth, answers, average="micro"), abs=1e-5)


def test_a_module_beside_the_caller_can_be_an_arm(run, tmp_path, monkeypatch):
    write_arm(tmp_path, "my_arms")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert execute(run("my_arms:Toy"))["score"] == 1.0


def test_texts_with_any_characters_arrive_as_they_are(run, tmp_path):
    odd = ["a\nb", "nul\x00byte", "👩‍👩‍👧 가나다", "\u202eright to left", '"quoted", comma']
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "odd.jsonl").write_text("\n".join(json.dumps({"text": f"{text} {number}", "label": str(number % 2)})
                                                for number in range(12) for text in odd))
    source = ("class Echo:\n    def fit(self, texts, labels, job):\n        self.texts = texts\n"
              "    def predict(self, texts):\n        raise ValueError(ascii(sorted(self.texts + texts)))\n")
    entry = Suite.read(folder).entries[0]
    execute(run(write_arm(tmp_path, "echo", source), entry), keep_log=tmp_path / "log.txt")
    task = entry.load()
    assert ascii(sorted([*task.texts, *task.test.texts])) in Path(tmp_path / "log.txt").read_text("utf-8")


def test_a_run_can_be_sent_to_another_process(run, tmp_path):
    one = run(write_arm(tmp_path, "first_word"))
    assert pickle.loads(pickle.dumps(one)).key == one.key

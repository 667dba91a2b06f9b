import csv
import io
import json
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from autotext import Task, TextPipeline, load_pipeline
from autotext.cli import main as cli
from autotext.cli.main import main
from autotext.cli.printing import print_json

THINGS = ("음식이", "배송이", "가격이", "색상이", "소리가", "화면이", "service", "screen")
ROWS = [(f"{thing} {said}", label) for thing in THINGS
        for said, label in (("정말 좋아요", "긍정"), ("very good", "긍정"), ("너무 별로예요", "부정"), ("is poor", "부정"))]


def write(path, rows, header=("내용", "분류"), encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(autouse=True)
def _young_process(monkeypatch):
    """Budgets count from the start of the process, which here is that of all tests."""
    monkeypatch.setattr("psutil.Process.create_time", lambda process: time.time())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    data = write(folder / "리뷰.csv", ROWS, encoding="cp949")
    command = [sys.executable, "-m", "autotext", "optimize", str(data), "--trials", "2", "--workers", "1", "--space", "fast",
               "--out", str(folder / "model")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder, ended


def test_optimize_guesses_korean_columns_and_encoding_and_says_so(trained):
    folder, ended = trained
    assert "optimizing accuracy for 2 trials" in ended.stderr.splitlines()[0]
    assert "cp949" in ended.stdout
    assert "autotext predict" in ended.stdout
    assert load_pipeline(folder / "model").classes_.tolist() == ["긍정", "부정"]


def test_predict_keeps_columns_and_writes_what_excel_opens(trained, capsys):
    folder, _ = trained
    new = write(folder / "new.csv", [("화면이 좋아요", "a"), ("", "b")], header=("내용", "id"))
    main(["predict", str(folder / "model"), str(new), "--out", str(folder / "out.csv")])
    data = (folder / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[0]["label"] in ("긍정", "부정")
    assert 0 < float(rows[0]["score"]) <= 1
    assert rows[1]["label"] == ""
    assert "1 rows have no text" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".parquet"])
def test_predict_writes_other_formats(trained, suffix):
    from autotext.task.readers import read_file

    folder, _ = trained
    new = write(folder / "more.csv", ROWS[:5])
    out = folder / f"out{suffix}"
    main(["predict", str(folder / "model"), str(new), "--out", str(out)])
    columns, _ = read_file(out)
    assert list(columns) == ["내용", "분류", "label", "score"]
    assert len(columns["label"]) == 5


def test_predict_does_not_overwrite_a_column_of_the_user(trained, capsys):
    folder, _ = trained
    new = write(folder / "taken.csv", [("좋아요", "mine")], header=("내용", "label"))
    main(["predict", str(folder / "model"), str(new)])
    printed = capsys.readouterr()
    rows = list(csv.DictReader(printed.out.splitlines()))
    assert rows[0]["label"] == "mine"
    assert rows[0]["predicted_label"] in ("긍정", "부정")
    assert "already has a column 'label'" in printed.err


def test_evaluate_and_inspect(trained, capsys):
    folder, _ = trained
    data = write(folder / "held.csv", ROWS)
    main(["evaluate", str(folder / "model"), str(data), "--json"])
    evaluated = json.loads(capsys.readouterr().out)
    assert evaluated["rows"] == len(ROWS)
    assert evaluated["score"] > 0.8
    assert [entry["label"] for entry in evaluated["classes"]] == ["긍정", "부정"]
    assert [entry["rows"] for entry in evaluated["classes"]] == [len(ROWS) / 2] * 2
    main(["inspect", str(folder / "model")])
    assert "Chosen pipeline" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    (["optimize", "nothing.csv"], "There is no file 'nothing.csv'"),
    (["optimize", "DATA", "--budget", "5 bananas"], "Cannot read the budget '5 bananas'"),
    (["optimize", "DATA", "--budget", "0.05s"], "too small"),
    (["optimize", "DATA", "--metric", "accuracc"], "Did you mean 'accuracy'"),
    (["optimize", "DATA", "--metric", "r2"], "does not judge a classifier"),
    (["optimize", "DATA", "--space", "defalt"], "Did you mean 'default'"),
    (["optimize", "DATA", "--label", "분유"], "no column '분유'"),
    (["optimize", "DATA", "--meta-learner", "oracle"], "Unknown meta-learner 'oracle'"),
    (["optimize", "DATA", "--out", "FULL"], "'letter.txt', which is no part of a pipeline"),
    (["predict", "FULL", "DATA"], "not a pipeline folder"),
    (["predict", "nowhere", "DATA"], "does not exist"),
])
def test_bad_input_is_one_message_and_exit_code_2(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    data = write(tmp_path / "data.csv", ROWS)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    before = sorted(path.name for path in tmp_path.iterdir())
    given = [{"DATA": str(data), "FULL": str(tmp_path / "full")}.get(word, word) for word in arguments]
    with pytest.raises(SystemExit) as left:
        main(given)
    assert left.value.code == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(("typed", "seconds", "trials", "said"), [
    ([], 300.0, None, "for 300 s"), (["--budget", "2 hours"], 7200.0, None, "for 7200 s"),
    (["--trials", "30"], None, 30, "for 30 trials"),
    (["--trials", "30", "--budget", "90s"], 90.0, 30, "for 90 s or 30 trials")])
def test_trials_alone_are_a_budget_without_a_time(tmp_path, monkeypatch, capsys, typed, seconds, trials, said):
    asked = []
    monkeypatch.setattr("autotext.cli.main.optimize_pipeline",
                        lambda task, **given: asked.append(given["budget"]) or sys.exit(0))
    with pytest.raises(SystemExit):
        main(["optimize", str(write(tmp_path / "data.csv", ROWS)), "--out", str(tmp_path / "out"), *typed])
    assert (asked[0].seconds, asked[0].trials) == (seconds, trials)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "message"), [
    (["optimize", "data.csv", "--trials", "0"], "trials must be a whole number from 1"),
    (["optimize", "data.csv", "--trials", "many"], "--trials: invalid int value"),
    (["optimize", "data.csv", "--budget", ""], "Cannot read the budget ''"),
    (["optimize", "data.csv", "--out", ""], "--out: it must be a path"),
    (["optimize", "data.csv", "--storage", ""], "--storage: it must be a path"),
    (["predict", "", "data.csv"], "DIR: it must be a path"),
    (["optimize", "data.csv", "--seed", "-1"], "seed must be a whole number from 0"),
    (["optimize", "data.csv", "--workers", "0"], "workers must be a whole number from 1"),
])
def test_options_are_checked(tmp_path, monkeypatch, capsys, typed, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "data.csv", ROWS)
    with pytest.raises(SystemExit, match="2"):
        main(typed)
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_help_of_every_command(capsys):
    for command in ([], ["optimize"], ["predict"], ["evaluate"], ["inspect"], ["export"], ["demo"]):
        with pytest.raises(SystemExit) as left:
            main([*command, "--help"])
        assert left.value.code == 0
        assert "usage: autotext" in capsys.readouterr().out


def test_a_time_column_that_is_not_there_is_refused(tmp_path, capsys):
    data = write(tmp_path / "dated.csv", [(*row, "2024-01-01") for row in ROWS], header=("내용", "분류", "date"))
    with pytest.raises(SystemExit, match="2"):
        main(["optimize", str(data), "--time", "dates", "--out", str(tmp_path / "model")])
    assert "there is no column 'dates' to use as time. Did you mean 'date'?" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_a_text_or_standard_input_can_be_labelled(trained, capsys, monkeypatch):
    folder, _ = trained
    main(["predict", str(folder / "model"), "화면이 정말 좋아요"])
    printed = capsys.readouterr()
    rows = list(csv.DictReader(printed.out.splitlines()))
    assert [(row["text"], row["label"]) for row in rows] == [("화면이 정말 좋아요", "긍정")]
    assert "There is no file '화면이 정말 좋아요', so this is the text that is labelled" in printed.err
    monkeypatch.setattr("sys.stdin", io.StringIO("소리가 너무 별로예요\n\n가격이 정말 좋아요\n"))
    main(["predict", str(folder / "model"), "-"])
    printed = capsys.readouterr()
    assert [row["label"] for row in csv.DictReader(printed.out.splitlines())] == ["부정", "", "긍정"]
    assert "standard input: 1 rows have no text" in printed.err
    with pytest.raises(SystemExit, match="2"):
        main(["predict", str(folder / "model"), "nothing.csv"])
    assert "There is no file 'nothing.csv'" in capsys.readouterr().err


def test_evaluate_takes_the_label_column_of_training(tmp_path, capsys):
    texts, labels = zip(*ROWS, strict=True)
    frame = pd.DataFrame({"id": range(len(texts)), "말": texts, "stars": labels, "label": ["other"] * len(texts)})
    task = Task.read(frame, text="말", label="stars")
    pipeline = TextPipeline({"features": "char_tfidf", "model": "multinomial_nb"})
    pipeline.fit(frame[["말"]], frame["stars"]).save(tmp_path / "model")
    frame.to_csv(tmp_path / "held.csv", index=False)
    main(["evaluate", str(tmp_path / "model"), str(tmp_path / "held.csv"), "--json"])
    assert json.loads(capsys.readouterr().out)["score"] == pipeline.score(list(task.texts), list(task.labels)) > 0.8
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", str(tmp_path / "model"), str(tmp_path / "held.csv"), "--label", "label", "--json"])
    assert "no label is known from training: 'other' here, '긍정', '부정' there" in capsys.readouterr().err


def _strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(("metric", "labels", "score", "said"), [
    ("accuracy", ["a", "b", "c", "new"], 0.75, "1 of 4 test rows has a label that training lacks; accuracy counts it as wrong"),
    ("f1_macro", ["a", "b", "b"], 1.0, "No test row of class 'c'; f1_macro counts it only where it is predicted"),
    ("roc_auc_ovr", ["a", "b", "b"], None, "roc_auc_ovr is undefined: no test row of class 'c'"),
    ("neg_log_loss", ["a", "b", "c", "new", "newer"], True, "2 of 5 test rows have a label that training lacks"),
])
def test_evaluate_adds_up_whatever_labels_the_rows_have(tmp_path, capsys, metric, labels, score, said):
    texts = ["apple pie", "bread and butter", "cold cuts"]
    TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "multinomial_nb"}, metric=metric).fit(
        texts * 4, ["a", "b", "c"] * 4).save(tmp_path / "model")
    rows = [(texts["abc".find(label)] if label in "abc" else "apple", label) for label in labels]
    held = write(tmp_path / "held.csv", rows, header=("text", "label"))
    main(["evaluate", str(tmp_path / "model"), str(held), "--json"])
    printed = capsys.readouterr()
    evaluated = _strict(printed.out)
    assert (evaluated["score"] is not None) if score is True else evaluated["score"] == score
    assert said in printed.err
    assert any(said in note for note in evaluated["notes"])
    assert sum(entry["rows"] for entry in evaluated["classes"]) == evaluated["rows"] == len(labels)
    assert [entry["label"] for entry in evaluated["classes"]] == ["a", "b", "c"] + [None] * ("new" in labels)
    micro, macro, weighted = evaluated["averages"]
    assert micro["recall"] == weighted["recall"] == round(1 - sum(len(label) > 1 for label in labels) / len(labels), 4)
    met = [entry["precision"] for entry in evaluated["classes"][:3] if entry["rows"] or entry["precision"]]
    assert macro["precision"] == pytest.approx(np.mean(met), abs=1e-4)
    main(["evaluate", str(tmp_path / "model"), str(held)])
    text = capsys.readouterr().out
    assert f"{metric}: {'undefined' if score is None else ''}" in text
    assert ("(labels that training lacks)" in text) == ("new" in labels)


def test_what_a_slow_disk_will_take_to_save_is_part_of_the_budget(tmp_path, monkeypatch):
    arguments = cli._parser().parse_args(["optimize", "rows.csv", "--budget", "60s"])
    spent = []
    for seconds in (0.0, 2.0):
        monkeypatch.setattr(os, "fsync", lambda descriptor, seconds=seconds: time.sleep(seconds))
        spent.append(cli._budget(arguments, tmp_path / "missing" / "pipeline").spent)
    assert spent[1] - spent[0] > 10.0


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "한국어 é"), ("cp949", "\\ud55c\\uad6d\\uc5b4 \\u00e9"),
                                                 ("ascii", "\\ud55c\\uad6d\\uc5b4 \\u00e9")])
def test_json_is_valid_in_the_encoding_of_any_terminal(encoding, shown, monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding, "backslashreplace", write_through=True))
    print_json({"label": "한국어 é"})
    written = buffer.getvalue().decode(encoding)
    assert json.loads(written) == {"label": "한국어 é"}
    assert shown in written

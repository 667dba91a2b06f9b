"""Any input: read, or refused in one message that names value, place and remedy; reported and survived, or no task."""

import gzip
import json
import re
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from autotext import Budget, Task, TaskError, optimize_pipeline
from autotext.cli.main import main
from autotext.task.readers import read_file

THINGS = ("film", "book", "room", "meal", "영화는", "책은")
SAID = {"good": ("lovely", "great", "정말 좋아요"), "bad": ("awful", "dull", "너무 별로예요")}
ROWS = [(f"{thing} {word}", label) for thing in THINGS for label, words in SAID.items() for word in words]
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)
SPACE = """version: 1
stages:
  tokenizer: {one_of: {words: {min_length: 1}}}
  features: {one_of: [[word_tfidf]], word_tfidf: {ngrams: "1-1"}}
  model: {one_of: {ridge: {alpha: 1.0}}}
"""


def put(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


FILES = {
    "missing": ("good.cvs", None, (r"no file 'good\.cvs'", "'good.csv'")),
    "binary": ("a.csv", bytes(range(256)) * 40, (r"a\.csv is a binary file",)),
    "zip as csv": ("a.csv", b"PK\x03\x04" + b"\0" * 99, (r"a\.csv is an Excel or zip file", r"\.xlsx")),
    "old excel": ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 99, ("an Excel file, an old one", r"Save it in Excel as \.xlsx")),
    "xls": ("a.xls", b"\xd0\xcf\x11\xe0", (r"a\.xls", r"save it as \.xlsx")),
    "web page": ("a.csv", "<!DOCTYPE html>\n<html></html>", ("a web page", "Download")),
    "undecodable": ("a.csv", CSV.encode()[:-3] + b"\xff\n",
                    ("--encoding utf-8", r"line 37: byte \d+ is not utf-8", "encoding=")),
    "empty": ("a.csv", "", (r"a\.csv is empty",)),
    "only a mark": ("a.csv", b"\xff\xfe", (r"a\.csv is empty",)),
    "header only": ("a.csv", "text,label\n", ("header and no rows",)),
    "ragged row": ("a.csv", CSV + "so good, really,good\n", ("line 38: 3 fields where the header has 2", "double quotes")),
    "ambiguous column": ("a.csv", "a,b,c\n1,2,3\n", ("'a', 'b', 'c'", "--label")),
    "missing column": ("a.csv", CSV, ("--label lable", "no column 'lable'", "Did you mean 'label'")),
    "one class": ("a.csv", "text,label\na,x\nb,x\n", ("only one class, 'x'", "at least two")),
    "empty texts": ("a.csv", "text,label\n,x\n ,y\n", ("no row has both",)),
    "equal texts": ("a.csv", "text,label\na,x\na,y\n", ("all texts are the same",)),
    "broken line": ("a.jsonl", '{"text": "a", "label": "b"}\n' * 16 + '{"text": }\n',
                    ("line 17, column 10: not JSON", "such as")),
    "json": ("a.json", "[]", (r"a\.json: the list is empty", r"orient='records'")),
    "broken parquet": ("a.parquet", b"PAR1 nothing", (r"a\.parquet is not a readable parquet file",)),
    "broken excel": ("a.xlsx", b"nothing", (r"a\.xlsx is not a readable \.xlsx file", "Excel")),
    "broken gz": ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], (r"Cannot read 'a\.csv\.gz'",)),
}
OPTIONS = {
    "budget 0": (["--budget", "0"], ("budget must be positive, .*not '0'", "90s")),
    "budget below 0": (["--budget=-5"], ("budget must be positive, .*not '-5'", "90s")),
    "budget too small": (["--budget", "0.05s"], ("too small", "budget=")),
    "budget of bananas": (["--budget", "5 bananas"], ("budget '5 bananas'", "90s")),
    "metric": (["--metric", "acuracy"], ("'acuracy'", "Did you mean 'accuracy'")),
    "space": (["--space", "fats"], ("'fats'", "Did you mean 'fast'")),
    "missing space file": (["--space", "mine.yaml"], ("no search-space file 'mine.yaml'",)),
    "test file": (["--test", "tset.csv"], ("no file 'tset.csv'",)),
    "group": (["--group", "author"], ("no column 'author'",)),
    "workers": (["--workers", "0"], ("whole number from 1", "not 0")),
    "output below a file": (["--out", "good.csv/model"], ("good.csv", "--out")),
    "output is a file": (["--out", "good.csv"], ("'good.csv' is a file, and a pipeline is saved as a folder", "--out")),
    "output in no folder": (["--out", "a b/model"], ("there is no folder 'a b'", "mkdir -p 'a b'", "--out")),
    "output holds something": (["--out", "."], ("holds 'good.csv', which is no part of a pipeline", "--out")),
}
SPACES = {
    "not YAML": (SPACE.replace("}}", "}"), "not YAML"),
    "empty domain": (SPACE.replace("alpha: 1.0", "alpha: []"),
                     r"stages\.model\.one_of\.ridge\.alpha: the list of choices is empty"),
    "empty range": (SPACE.replace("1.0", "{float: [2.0, 1.0]}"), r"ridge\.alpha: the range is empty"),
    "wrong type": (SPACE.replace("1.0", '"1.0"'), r"stages\.model\.one_of\.ridge\.alpha"),
    "wrong parameter": (SPACE.replace("alpha", "alhpa"), r"stages\.model\.one_of\.ridge\.alhpa: .*Did you mean 'alpha'"),
    "component": (SPACE.replace("ridge", "rigde"), r"stages\.model\.one_of\.rigde: .*Did you mean 'ridge'"),
    "stage": (SPACE.replace("model:", "modle:"), r"the key 'model' is missing"),
    "no mapping": ("[]", "must be a mapping"),
    "no text": (b"\xff\xfe\x00", "mine.yaml"),
    "empty": ("", "must be a mapping"),
}


def refused(capsys, folder, arguments, messages):
    """The command ends with 2, says why in a line or two, and leaves nothing behind."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("autotext: ")
    for message in messages:
        assert re.search(message, last), last
    assert sorted(folder.rglob("*")) == before


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "good.csv", CSV)
    return tmp_path


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_task_are_refused(folder, capsys, case):
    name, content, (first, *rest) = FILES[case]
    more = first.split() if first.startswith("--") else []
    if content is not None:
        put(folder, name, content)
    messages = rest if more else [first, *rest]
    refused(capsys, folder, ["optimize", name, "--out", "model", *more], messages)


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_mean_nothing_are_refused(folder, capsys, case):
    arguments, messages = OPTIONS[case]
    out = [] if "--out" in arguments else ["--out", "model"]
    refused(capsys, folder, ["optimize", "good.csv", *out, *arguments], messages)


@pytest.mark.parametrize("case", SPACES)
def test_spaces_that_cannot_be_searched_are_refused(folder, capsys, case):
    content, message = SPACES[case]
    put(folder, "mine.yaml", content)
    refused(capsys, folder, ["optimize", "good.csv", "--space", "mine.yaml", "--workers", "1", "--out", "model"], [message])


def test_folders_that_are_no_pipeline_are_refused(folder, capsys):
    (folder / "empty").mkdir()
    for name, message in (("empty", "'empty'"), ("nowhere", "'nowhere'"), ("good.csv", "'good.csv'")):
        for command in (["predict", name, "good.csv", "--out", "out.csv"], ["evaluate", name, "good.csv"], ["inspect", name]):
            refused(capsys, folder, command, [message])


@pytest.mark.parametrize(("out", "message"), [("good.csv/out.csv", "Not a directory"), ("out.doc", r"'out\.doc'.*\.xlsx"),
                                              ("out", "its ending"), ("taken.csv", "Is a directory")])
def test_output_that_cannot_be_written_is_refused_before_any_work(folder, capsys, out, message):
    (folder / "taken.csv").mkdir()
    refused(capsys, folder, ["predict", "nowhere", "good.csv", "--out", out], [message])


SURVIVED = {
    "five rows": (TEXTS[:5], [*LABELS[:4], "bad"], []),
    "nulls": ([None, *TEXTS, "unsaid", float("nan")], ["good", *LABELS, None, "bad"],
              ["2 rows left out, no text: rows 1, 39", "1 row set aside, no label: row 38"]),
    "single row": ([*TEXTS, "once"], [*LABELS, "rare"], ["1 of 3 classes has a single row", "'rare' (row 37)"]),
    "half of the classes once": (TEXTS[:27], [f"class {number}" for number in range(18) for _ in range(1 + number % 2)],
                                 ["9 of 18 classes have a single row and cannot be judged, only learned in the end"]),
    "contradictions": ([*TEXTS, TEXTS[0]], [*LABELS, "bad"], ["different label: rows 1, 37"]),
    "mixed labels": (TEXTS, [1, "1", 2] * 12, ["several types (int, str)"]),
    "long texts": ([*TEXTS, "word " * 200_000, "x" * 1_000_000], [*LABELS, "good", "bad"], []),
    "control characters": ([f"{text}\0\x01\x1b" for text in TEXTS], [f"{label}\0" for label in LABELS], []),
    "lone surrogates": ([f"{text} \ud83d" for text in TEXTS], [f"{label}\udfff" for label in LABELS], []),
    "mixed scripts": ([f"{text} это 好 ด مرحبا 🎉" for text in TEXTS], LABELS, []),
    "look-alikes": (TEXTS, [*LABELS[:-1], "Bad "], ["'Bad ' and 'bad'", "single row"]),
}


@pytest.mark.parametrize("case", SURVIVED)
def test_flaws_are_reported_and_survived(case, quick, tmp_path):
    texts, labels, said = SURVIVED[case]
    pipeline = optimize_pipeline((texts, labels), budget=Budget(seconds=None, trials=2), workers=1, space=quick)
    findings = " ".join(pipeline.report.findings)
    assert all(words in findings for words in said), findings
    assert "None" not in pipeline.classes_
    assert len(pipeline.classes_) == len({str(label) for label in labels if label is not None})
    assert len(pipeline.predict(["film great", "", "\0", "\ud800"])) == 4
    assert pipeline.save(tmp_path / "saved").is_dir()
    assert json.dumps(pipeline.report.to_json())


def test_half_of_ten_thousand_classes_cannot_be_judged_and_that_is_said():
    labels = [f"class {number}" for number in range(10_000) for _ in range(1 + 2 * (number % 2))]
    began = time.perf_counter()
    task = Task.read(([f"text {number}" for number in range(len(labels))], labels))
    assert any("5,000 of 10,000 classes have a single row and cannot be judged" in finding for finding in task.findings)
    assert time.perf_counter() - began < 5


def test_rows_without_a_label_are_there_to_predict(tmp_path, quick):
    data, model = put(tmp_path, "part.csv", CSV + "so great,\nso dull,\n"), tmp_path / "model"
    command = [sys.executable, "-m", "autotext", "optimize", str(data), "--space", str(quick), "--budget", "12s"]
    said = subprocess.run([*command, "--workers", "1", "--out", str(model)], capture_output=True, text=True, check=True).stdout
    assert "2 rows set aside, no label: rows 37, 38" in said
    assert f"autotext predict {model} {data} --out labelled.csv  # its 2 rows without a label, too" in said
    main(["predict", str(model), str(data), "--out", str(tmp_path / "labelled.xlsx")])
    columns, _ = read_file(tmp_path / "labelled.xlsx")
    assert columns["label"][-2:] == [None, None]
    assert set(columns["predicted_label"][-2:]) <= {"good", "bad"}
    assert Task.read(data).unlabelled == ("so great", "so dull")


def test_rows_of_one_class_or_of_unknown_ones_can_be_evaluated(folder, quick, capsys):
    budget = Budget(seconds=None, trials=1)
    optimize_pipeline((TEXTS, [int(label == "good") for label in LABELS]), budget=budget, workers=1, space=quick).save("model")
    put(folder, "held.csv", "text,label\nfilm lovely,1\nbook great,1\n")
    main(["evaluate", "model", "held.csv", "--json"])
    assert json.loads(capsys.readouterr().out)["score"] == 1.0
    put(folder, "held.csv", "text,label\nfilm lovely,1\nbook great,good\n")
    main(["evaluate", "model", "held.csv"])
    said = capsys.readouterr()
    assert "! held.csv: 1 label not among the training rows: 'good'." in said.err
    assert "accuracy: 0.5000" in said.out


def test_files_of_every_kind_of_office(tmp_path):
    korean = "내용,분류\n" + "배송이 빠르고 품질도 좋아요,긍정\n정말 별로입니다 다시는 안 사요,부정\n" * 10
    task = Task.read(put(tmp_path, "cp949.csv", korean.encode("cp949")))
    assert (task.columns, task.classes) == (("내용",), ("긍정", "부정"))
    assert "'배송이 빠르고 품질도 좋아요,긍정'" in task.findings[0]
    content = "sep=;\r\ntext;label;;\r\ngood, so;+;;\r\nbad;-;;\r\n;;;\r\n"
    for encoding in ("utf-8-sig", "utf-16"):
        task = Task.read(put(tmp_path, "bom.csv", content.encode(encoding)))
        assert (task.texts, task.labels) == (("good, so", "bad"), ("+", "-"))
    assert Task.read(put(tmp_path, "said.csv", "\ufefftext,label\na,x\nb,y\n"), encoding="utf-8").columns == ("text",)
    columns = {"text": ["a", "b"], "label": [["x"], ["x", "y"]], "meta": [{"id": 1}, {"id": 2}]}
    pq.write_table(pa.table(columns), tmp_path / "nested.parquet")
    assert Task.read(tmp_path / "nested.parquet").kind == "multilabel"
    with pytest.raises(TaskError, match=r"'meta' cannot be read as text: row 1 holds a record \('id'\)\. .*--text"):
        Task.read(tmp_path / "nested.parquet", text="meta")
    with pytest.raises(TaskError, match=r"labels in column 'meta' must be text.*row 1 holds dict"):
        Task.read(tmp_path / "nested.parquet", label="meta")

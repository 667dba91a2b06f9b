"""Files of other tools: read as they were meant, or refused with the line that converts them."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from autotext import Task, TaskError, TextPipeline
from autotext.task.inputs import read_inputs
from autotext.task.readers import read_file

DATA = Path(__file__).parents[1] / "data"
FRAME = pd.DataFrame({"text": ["so good", "so bad", "fine"], "label": ["+", "-", "+"]})
COLUMNS = {"text": ["so good", "so bad", "fine"], "label": ["+", "-", "+"]}


def put(folder, name, content):
    content = content if isinstance(content, str | bytes) else json.dumps(content)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


def test_fasttext():
    columns, notes = read_file(DATA / "fasttext.txt")
    assert columns == {"text": ["nice thing", "poor thing"], "label": ["pos", "neg"]}
    assert notes == []
    assert Task.read(DATA / "fasttext.txt").classes == ("neg", "pos")


@pytest.mark.parametrize("name", ["a.txt", "a.train", "a.ft", "a", "a.csv", "a.train.gz"])
def test_fasttext_is_known_by_its_content(tmp_path, name):
    content = b"__label__a __label__b two labels\r\n\r\n__label__c one , label\r\nnone\r\n"
    columns, _ = read_file(put(tmp_path, name, gzip.compress(content) if name.endswith(".gz") else content))
    assert columns == {"text": ["two labels", "one , label", "none"], "label": [["a", "b"], ["c"], None]}


@pytest.mark.parametrize(("name", "content"), [
    ("a.json", FRAME.to_json(orient="records")),
    ("a.json", FRAME.to_json(orient="records", indent=2)),
    ("a.json", FRAME.to_json(orient="columns")),
    ("a.json", FRAME.to_json(orient="index")),
    ("a.json", FRAME.to_json(orient="split")),
    ("a.json", FRAME.to_json(orient="records", lines=True)),
    ("a.jsonl", FRAME.to_json(orient="records", indent=2)),
    ("a.ndjson", FRAME.to_json(orient="records", lines=True)),
    ("a.jsonlines", FRAME.to_json(orient="records", lines=True)),
    ("a.csv", FRAME.to_json(orient="records")),
    ("a.json", COLUMNS),
    ("a.json", [list(row) for row in zip(*COLUMNS.values(), strict=True)]),
    ("a.json", {"version": 1, "data": FRAME.to_dict("records")}),
    ("a.json", {"rasa_nlu_data": {"common_examples": FRAME.to_dict("records"), "regex_features": []}}),
    ("a.json.gz", gzip.compress(FRAME.to_json(orient="records").encode(), mtime=0)),
])
def test_json_holds_rows_in_many_ways(tmp_path, name, content):
    assert read_file(put(tmp_path, name, content))[0] == COLUMNS


def test_json_as_pandas_writes_tables_and_lists_of_texts(tmp_path):
    columns, _ = read_file(put(tmp_path, "a.json", FRAME.to_json(orient="table")))
    assert {name: columns[name] for name in COLUMNS} == COLUMNS
    assert read_file(put(tmp_path, "b.json", ["so good", "so bad"]))[0] == {"text": ["so good", "so bad"]}
    assert read_file(put(tmp_path, "c.json", {"text": "so good", "label": "+"}))[0] == {"text": ["so good"], "label": ["+"]}
    assert read_file(put(tmp_path, "d.jsonl", {"text": "a", "label": ["+"]}))[0] == {"text": ["a"], "label": [["+"]]}


@pytest.mark.parametrize(("content", "message"), [
    ({"train": [{"text": "a"}], "val": [{"text": "b"}]}, r"several lists of rows, 'train', 'val'\. Give one of .*json\.load"),
    ({"1": {"2": "a"}, "3": {"2": "b"}}, "cannot tell which part holds the rows; at the top are '1', '3'"),
    (b'[{"text": "a"}, ]', r"line 1, column 17: not JSON"),
    (b'[\n{"text": "a"},\n{"text" "b"}]', r"line 3, column 9: not JSON"),
    ([], "the list is empty"),
    ([{"text": "a"}, "b"], "element 2 is no object"),
    (b"12", "holds one int, no rows"),
    (b"[" * 100_000, "lists within lists without end"),
])
def test_json_without_rows_is_refused(tmp_path, content, message):
    with pytest.raises(TaskError, match=message):
        read_file(put(tmp_path, "a.json", content))


def test_doccano(tmp_path):
    columns, notes = read_file(DATA / "doccano.jsonl")
    assert columns["text"] == ["parcel is late", "parcel arrived"]
    assert columns["label"] == ["complaint", "praise"]
    assert notes == ["doccano.jsonl, from doccano: Every labelled row has exactly one label, so classes are taken to exclude "
                     "each other."]
    rows = [{"id": 1, "text": "a", "label": ["x", "y"], "Comments": []}, {"id": 2, "text": "b", "label": [], "Comments": []}]
    columns, notes = read_file(put(tmp_path, "a.json", rows))
    assert columns["label"] == [["x", "y"], None]
    assert "An empty list of labels, row 2, was taken to mean that nobody has labelled the text yet" in notes[0]
    spans = [{"id": 1, "text": "Ann slept", "label": [[0, 3, "PER"]], "Comments": []}]
    with pytest.raises(TaskError, match="mark parts of texts"):
        read_file(put(tmp_path, "b.json", spans))


def test_lists_of_labels_without_a_tool_stay_lists(tmp_path):
    rows = [{"text": "a", "label": ["x"]}, {"text": "b", "label": []}]
    assert read_file(put(tmp_path, "a.json", rows)) == ({"text": ["a", "b"], "label": [["x"], []]}, [])


def test_prodigy(tmp_path):
    columns, notes = read_file(DATA / "prodigy.jsonl")
    assert columns["label"] == ["SPAM", None, "HAM"]
    assert notes == ["prodigy.jsonl, from Prodigy: 1 rows were rejected or ignored, which tells no label: row 2."]
    answers = [("a", "accept"), ("b", "reject"), ("c", "ignore")]
    one = [{"text": text, "label": "SPAM", "answer": answer} for text, answer in answers]
    columns, notes = read_file(put(tmp_path, "a.json", one))
    assert columns["label"] == ["SPAM", "not SPAM", None]
    assert "rejected rows were read as 'not SPAM'" in notes[0]
    with pytest.raises(TaskError, match="no answer accepts a label"):
        read_file(put(tmp_path, "b.json", [{"text": "a", "label": "X", "answer": "ignore"},
                                           {"text": "a", "label": "Y", "answer": "reject"}]))


def test_prodigy_with_choices(tmp_path):
    rows = [{"text": "a", "accept": ["x"], "answer": "accept"}, {"text": "b", "accept": ["y"], "answer": "accept"},
            {"text": "c", "accept": ["y"], "answer": "reject"}]
    assert read_file(put(tmp_path, "a.json", rows))[0]["label"] == ["x", "y", None]
    rows[1]["accept"] = ["x", "y"]
    rows[2] = {"text": "c", "accept": [], "answer": "accept"}
    assert read_file(put(tmp_path, "b.json", rows))[0]["label"] == [["x"], ["x", "y"], []]


def studio(text, *choices, cancelled=False, question="sentiment"):
    result = [{"from_name": question, "to_name": "text", "type": "choices", "value": {"choices": list(chosen)}}
              for chosen in choices]
    return {"id": 1, "data": {"text": text, "source": "web"}, "predictions": [],
            "annotations": [{"id": number, "was_cancelled": cancelled, "result": [each]} for number, each in enumerate(result)]}


def test_label_studio(tmp_path):
    rows = [studio("a", ["good"]), studio("b", ["bad"], ["bad"], ["good"]), studio("c", ["bad"], ["good"]), studio("d"),
            studio("e", ["bad"], cancelled=True)]
    columns, notes = read_file(put(tmp_path, "a.json", rows))
    assert columns == {"text": list("abcde"), "source": ["web"] * 5, "label": ["good", "bad", None, None, None]}
    assert "annotators disagree on 'sentiment', and no answer has most votes: row 3" in notes[0]
    columns, _ = read_file(put(tmp_path, "b.json", [studio("a", ["good", "cheap"]), studio("b", ["bad"])]))
    assert columns["label"] == [["good", "cheap"], ["bad"]]
    with pytest.raises(TaskError, match="no annotation chooses among classes"):
        read_file(put(tmp_path, "c.json", [studio("a")]))


def test_short_forms_of_label_studio(tmp_path):
    more = {"annotator": 1, "annotation_id": 2, "lead_time": 1.5}
    rows = [{"text": "a", "id": 1, "sentiment": "good", **more},
            {"text": "b", "id": 2, "sentiment": {"choices": ["x", "y"]}, **more}]
    assert read_file(put(tmp_path, "a.json", rows))[0]["sentiment"] == ["good", ["x", "y"]]
    frame = pd.DataFrame(rows)
    frame["sentiment"] = ["good", json.dumps({"choices": ["x", "y"]})]
    assert read_file(put(tmp_path, "a.csv", frame.to_csv(index=False)))[0]["sentiment"] == ["good", ["x", "y"]]


RASA = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hey
    - hi from [Paris](city) to [home]{"entity": "place"}
- intent: yes
  examples: |
    - 12:30
    - no
- synonym: home
  examples: |
    - house
"""


@pytest.mark.parametrize("name", ["nlu.yml", "nlu.yaml", "nlu.txt"])
def test_rasa(tmp_path, name):
    columns, notes = read_file(put(tmp_path, name, RASA))
    assert columns == {"text": ["hey", "hi from Paris to home", "12:30", "no"], "label": ["greet", "greet", "yes", "yes"]}
    assert f"{name}: not read, as they are no intents: synonym." in notes


@pytest.mark.parametrize(("content", "message"), [
    ("- text: a\n", "is YAML, but not of Rasa NLU"),
    ("nlu:\n- intent: a\n", "has no examples of an intent"),
    ("nlu: [\n- intent: a\n", "is not readable YAML"),
    ("nlu:\n- intent: a\n  examples: [[1]]\n", "an example is no text"),
])
def test_other_yaml_is_refused(tmp_path, content, message):
    with pytest.raises(TaskError, match=message):
        read_file(put(tmp_path, "a.yml", content))


def test_cats_of_spacy(tmp_path):
    rows = [{"text": "a", "cats": {"A": 1.0, "B": 0.0}}, {"text": "b", "cats": {"A": 0.2, "B": 0.8}},
            {"text": "c", "cats": {"A": 0.0, "B": 0.0}}]
    columns, notes = read_file(put(tmp_path, "a.json", rows))
    assert columns == {"text": ["a", "b", "c"], "label": ["A", "B", None]}
    assert "1 rows have no class of 0.5 or more: row 3" in notes[0]
    rows[0]["cats"]["B"] = 1
    assert read_file(put(tmp_path, "b.json", rows))[0]["label"] == [["A", "B"], ["B"], []]
    pairs = [["a", {"cats": {"POSITIVE": True}}], ["b", {"cats": {"POSITIVE": False}}]]
    assert read_file(put(tmp_path, "c.json", pairs))[0]["label"] == ["POSITIVE", "not POSITIVE"]
    with pytest.raises(TaskError, match="row 1: cats must give a number for each class, and 'A' has 'x'"):
        read_file(put(tmp_path, "d.json", [{"text": "a", "cats": {"A": "x"}}]))


def test_arrow_files(tmp_path):
    table = pa.table(COLUMNS)
    feather.write_feather(table, tmp_path / "a.feather")
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    shutil.copy(tmp_path / "a.feather", tmp_path / "b.csv")
    for name in ("a.feather", "a.arrow", "b.csv"):
        assert read_file(tmp_path / name)[0] == COLUMNS
    with pytest.raises(TaskError, match=r"c\.arrow is not a readable Arrow file"):
        read_file(put(tmp_path, "c.arrow", b"ARROW1 no"))


@pytest.mark.parametrize(("name", "content", "columns"), [
    ("new.txt", "so good, I think\n\nso bad\n", {"text": ["so good, I think", "", "so bad"]}),
    ("new.txt", "text\tlabel\nso good\t+\n", {"text": ["so good"], "label": ["+"]}),
    ("new.txt", "review,label\nso good,+\n", {"review": ["so good"], "label": ["+"]}),
    ("new.tab", "text\tlabel\nso good\t+\n", {"text": ["so good"], "label": ["+"]}),
    ("new.tsv", "text,label\nso good,+\n", {"text": ["so good"], "label": ["+"]}),
])
def test_text_files(tmp_path, name, content, columns):
    assert read_file(put(tmp_path, name, content))[0] == columns


def test_lines_of_text_can_be_labelled_by_any_pipeline(tmp_path):
    pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"})
    pipeline.fit(pd.DataFrame({"review": ["good", "bad"] * 3}), ["+", "-"] * 3)
    assert list(pipeline.predict(str(put(tmp_path, "new.txt", "good\nbad\n")))) == ["+", "-"]


@pytest.mark.parametrize(("name", "message"), [
    ("a.conll", "marks words, and this program classifies whole texts"),
    ("a.sav", r"pandas\.read_spss\('a\.sav'\)\.to_parquet\('rows\.parquet'\)"),
    ("a.pkl", r"can run code\. If you trust it.*read_pickle\('a\.pkl'\)"),
    ("a.zip", "Unpack it"), ("a.xls", r"save it as \.xlsx"), ("a.spacy", "DocBin"), ("a.docx", "its ending must be one of"),
    ("a", "its ending must be one of"),
])
def test_other_files_are_refused_with_what_to_do(tmp_path, name, message):
    with pytest.raises(TaskError, match=message):
        read_file(put(tmp_path, name, b"anything"))


def test_the_line_that_converts_files_of_spacy_does(tmp_path):
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("en")("so good")
    doc.cats = {"A": 1.0, "B": 0.0}
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "a.spacy")
    with pytest.raises(TaskError) as refused:
        read_file(tmp_path / "a.spacy")
    line = str(refused.value).partition("Convert it: ")[2].replace("python", sys.executable, 1)
    subprocess.run(line, shell=True, check=True, cwd=tmp_path, env={"PYTHONWARNINGS": "ignore"})
    assert read_file(tmp_path / "rows.jsonl")[0] == {"text": ["so good"], "label": ["A"]}


def test_folders_of_datasets(tmp_path):
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])})
    train = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    train.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": train, "test": train}).save_to_disk(tmp_path / "both")
    assert read_inputs(tmp_path / "one").columns == {"text": ["a", "b"], "label": ["good", "bad"]}
    both = read_inputs(str(tmp_path / "both"))
    assert both.columns == {"text": ["a", "b"], "label": ["good", "bad"]}
    assert list(both.splits) == ["test"]
    (tmp_path / "one" / "state.json").write_text("{}")
    with pytest.raises(TaskError, match="is not a readable folder of datasets"):
        read_inputs(tmp_path / "one")


def test_folders_of_splits(tmp_path):
    put(tmp_path, "train.csv", "text,label\na,+\nb,-\n")
    put(tmp_path, "dev.csv", "text,label\nc,+\n")
    put(tmp_path, "README.md", "about")
    inputs = read_inputs(tmp_path)
    assert inputs.columns == {"text": ["a", "b"], "label": ["+", "-"]}
    assert inputs.splits == {"validation": {"text": ["c"], "label": ["+"]}}
    put(tmp_path, "train.jsonl", '{"text": "a", "label": "+"}')
    with pytest.raises(TaskError, match=r"several files that might be one split: train\.csv, train\.jsonl"):
        read_inputs(tmp_path)


def test_folders_of_numbered_parts(tmp_path):
    (tmp_path / "data").mkdir()
    for number, text in enumerate("ab"):
        pd.DataFrame({"text": [text], "label": [number]}).to_parquet(tmp_path / "data" / f"train-0000{number}-of-00002.parquet")
    assert read_inputs(tmp_path).columns == {"text": ["a", "b"], "label": [0, 1]}


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(TaskError, match="is a folder without files called train, test or validation"):
        read_inputs(tmp_path)
    (tmp_path / "pos").mkdir()
    put(tmp_path / "pos", "1.txt", "good")
    with pytest.raises(TaskError, match=r"sklearn\.datasets\.load_files\("):
        read_inputs(tmp_path)


@pytest.mark.parametrize(("training", "test", "labels"), [
    ("__label__a __label__b x\n__label__a y\n__label__b z\n", "__label__b w\n__label__a v\n", (("b",), ("a",))),
    ("__label__a x\n__label__b y\n", '{"text": "w", "label": ["b"]}\n{"text": "v", "label": ["a"]}\n', ("b", "a")),
])
def test_test_rows_with_one_label_each_fit_training_rows_with_lists_and_the_other_way_round(tmp_path, training, test, labels):
    task = Task.read(put(tmp_path, "a.txt", training), test=put(tmp_path, "b.txt", test))
    assert task.test.labels == labels
    with pytest.raises(TaskError, match="these rows have"):
        Task.read(put(tmp_path, "a.txt", training), test=put(tmp_path, "c.txt", '{"text": "w", "label": ["b", "a", "c"]}\n' if
                  labels == ("b", "a") else "__label__b|a w\n"))

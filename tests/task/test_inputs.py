import os
import unicodedata

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.utils import Bunch

from autotext import Task, TaskError

TEXTS = ["so good", "so bad", "fine", "awful"]
LABELS = ["+", "-", "+", "-"]
COLUMNS = {"text": TEXTS, "label": LABELS}
FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["-", "+"])})
NUMBERED = {"text": TEXTS, "label": [1, 0, 1, 0]}


class Place(os.PathLike):
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@pytest.mark.parametrize("data", [
    COLUMNS, pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pl.LazyFrame(COLUMNS), pa.table(COLUMNS),
    pa.RecordBatch.from_pydict(COLUMNS), datasets.Dataset.from_dict(COLUMNS),
    datasets.Dataset.from_dict(COLUMNS).to_iterable_dataset(), datasets.Dataset.from_dict(NUMBERED, features=FEATURES),
    datasets.Dataset.from_dict(NUMBERED, features=FEATURES).to_iterable_dataset(),
    [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)], (TEXTS, LABELS),
    (np.array(TEXTS), pd.Series(LABELS)), (pa.array(TEXTS), pl.Series(LABELS)), (pd.DataFrame({"text": TEXTS}), LABELS),
    Bunch(data=TEXTS, target=np.array([1, 0, 1, 0]), target_names=["-", "+"], DESCR="about", filenames=None),
    datasets.DatasetDict(train=datasets.Dataset.from_dict(COLUMNS)), {"train": pl.DataFrame(COLUMNS)},
], ids=lambda data: type(data).__name__)
def test_a_task_is_read_from_every_form(data):
    task = Task.read(data)
    assert (task.texts, task.labels) == (tuple(TEXTS), tuple(LABELS))


def test_texts_and_labels_may_be_given_apart():
    expected = Task.read(COLUMNS)
    for texts in (TEXTS, np.array(TEXTS), pd.Series(TEXTS), pd.DataFrame({"text": TEXTS}), [{"text": text} for text in TEXTS]):
        task = Task.read(texts, LABELS)
        assert (task.texts, task.labels) == (expected.texts, expected.labels)
    two = Task.read(pd.DataFrame({"title": TEXTS, "body": TEXTS, "author": list("abab")}), pd.Series(LABELS, name="stars"),
                    groups="author")
    assert (two.columns, two.label_columns) == (("title", "body"), ("stars",))
    assert (two.texts[0], two.groups[0]) == ("so good\nso good", "a")
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "text": TEXTS})
    assert Task.read(frame, LABELS, text="text").columns == ("text",)
    with pytest.raises(TaskError, match=r"the column 'id' holds int, not text.*text=\['text'\]"):
        Task.read(frame, LABELS)
    with pytest.raises(TaskError, match="labels are given as y and as the column 'label'"):
        Task.read(COLUMNS, LABELS, label="label")
    for labels, message in (("label", "column of a table is named with label="), (5, "must be a sequence.*not int"),
                            (set("+-"), "which has no order"), (np.zeros((4, 2, 2)), "an array of 4 x 2 x 2"),
                            (np.full((4, 2), 0.5), "row 1 of the column 0 holds something else")):
        with pytest.raises(TaskError, match=message):
            Task.read(TEXTS, labels)
    with pytest.raises(TaskError, match="4 texts and 2 labels"):
        Task.read(TEXTS, LABELS[:2])
    with pytest.raises(TaskError, match=r"none of the texts is text; the first is int: 1\. Were texts and labels"):
        Task.read([1, 0, 1, 0], TEXTS)


def test_columns_may_be_numbered():
    frame = pd.DataFrame([["1", "good", "a"], ["2", "bad", "b"]])
    task = Task.read(frame, text=1, label=2)
    assert (task.texts, task.labels, task.columns, task.label_columns) == (("good", "bad"), ("a", "b"), ("1",), ("2",))
    with pytest.raises(TaskError, match="no column '7' to use as label"):
        Task.read(frame, text=1, label=7)


def test_paths_of_every_kind_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    pd.DataFrame(COLUMNS).to_csv(tmp_path / "rows.csv", index=False)
    for path in (tmp_path / "rows.csv", str(tmp_path / "rows.csv"), Place(tmp_path / "rows.csv"), "~/rows.csv"):
        assert Task.read(path).texts == tuple(TEXTS)


def test_names_and_labels_that_look_the_same_are_the_same():
    decomposed = unicodedata.normalize("NFD", "내용")
    task = Task.read({decomposed: TEXTS, "분\u200b류": LABELS}, text="내용", label="분류")
    assert task.texts == tuple(TEXTS)
    labels = ["긍정", unicodedata.normalize("NFD", "긍정"), "부\u200b정", "부정"]
    task = Task.read(TEXTS, labels)
    assert (task.labels, task.classes) == (("긍정", "긍정", "부정", "부정"), ("긍정", "부정"))
    assert any("are one class: '긍정', '부정'" in finding for finding in task.findings)
    test = Task.read(TEXTS, ["긍정", "부정"] * 2, test=(["fine"], [unicodedata.normalize("NFD", "부정")])).test
    assert test.labels == ("부정",)


def test_the_column_that_is_suggested_is_the_likeliest():
    columns = {"id": ["17", "18", "19", "20"], "words": [f"this is text number {n}" for n in range(4)],
               "stars": ["1", "2", "1", "2"]}
    with pytest.raises(TaskError, match="Say so: text='words'"):
        Task.read(columns, label="stars")
    with pytest.raises(TaskError, match="Say so: label='stars'"):
        Task.read({name: columns[name] for name in ("stars", "id", "words")}, text="words")


@pytest.mark.parametrize("hidden", [[-1, -1], [None, None], None])
def test_a_test_split_with_hidden_labels_is_left_aside(hidden):
    test = {"text": ["x", "y"], **({} if hidden is None else {"label": hidden})}
    task = Task.read({"train": NUMBERED, "validation": {"text": ["z"], "label": [1]}, "test": test})
    assert task.test is None
    assert any("the split 'test' has no labels and was left aside" in finding for finding in task.findings)
    assert any("'validation' was not used; test='validation'" in finding for finding in task.findings)
    held_out = Task.read({"train": NUMBERED, "validation": {"text": ["z"], "label": [1]}, "test": test}, test="validation")
    assert (held_out.test.texts, held_out.test.labels) == (("z",), (1,))


def test_minus_one_is_a_label_where_training_rows_have_it():
    splits = {"train": {"text": TEXTS, "label": [1, -1, 1, -1]}, "test": {"text": ["x"], "label": [-1]}}
    assert Task.read(splits).test.labels == (-1,)


MATRIX = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_indicators_may_be_columns_of_a_table(tmp_path):
    frame = pd.DataFrame({"text": TEXTS, "rude": MATRIX[:, 0], "spam": MATRIX[:, 1], "old": MATRIX[:, 2]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    for data in (frame, tmp_path / "rows.csv", datasets.Dataset.from_pandas(frame)):
        task = Task.read(data, label=["rude", "spam", "old"])
        assert task.classes == ("rude", "spam", "old")
        assert task.labels == (("rude",), ("spam",), ("rude", "spam"), ())
        assert task.indicators
        assert any("each of its 3 columns is a class" in finding for finding in task.findings)
    tested = Task.read(frame, label=["rude", "spam", "old"], test=tmp_path / "rows.csv").test
    assert tested.labels == task.labels
    with pytest.raises(TaskError, match=r"which holds 0 and 1, but row 2 of the column 'spam' holds something else"):
        Task.read(frame.assign(spam=[0, 0.5, 0, 0]), label=["rude", "spam"])


def test_a_column_of_marks_is_an_indicator_matrix():
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": MATRIX.tolist()})
    assert Task.read(data).labels == ((0,), (1,), (0, 1), ())
    assert Task.read((TEXTS, [[1], [0], [1, 0], [2]])).labels == ((1,), (0,), (1, 0), (2,))
    assert "No row has the class 2, so nothing is learned of it." in Task.read(TEXTS, MATRIX).findings
    with pytest.raises(TaskError, match="no row has a label"):
        Task.read(TEXTS, np.zeros((4, 3)))
    task = Task.read(TEXTS, np.eye(2)[[0, 1, 1, 0]])
    assert task.labels == ((0,), (1,), (1,), (0,))
    assert any("Every row of it has exactly one label" in finding for finding in task.findings)


@pytest.mark.parametrize("separated", [("a;b", ";"), ("a b", " ")])
def test_separator_is_what_parts_labels(tmp_path, separated):
    (tmp_path / "rows.csv").write_text(f"text,label\ngood,{separated[0]}\nbad,b\n", "utf-8")
    assert Task.read(tmp_path / "rows.csv", separator=separated[1]).labels == (("a", "b"), ("b",))
